"""Where a round stands, in words: its state, its timetable, and the one thing to do now."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.display import date_words, moment_words
from app.labels import label
from neighbourhoods.phases import ORDER, Phase, is_past
from neighbourhoods.rounds import Round

# What wants a resident's attention first.
URGENCY = (
    Phase.VOTE,
    Phase.IDEAS,
    Phase.DEBATE,
    Phase.SCREENING,
    Phase.COUNT,
    Phase.SIGN_OFF,
    Phase.SET_UP,
    Phase.DELIVERY,
    Phase.REVIEW,
)
OPEN_PHASES = URGENCY[:6]
DONE_PHASES = (Phase.DELIVERY, Phase.REVIEW)
# Every round comes to these, dated or not.
_ALWAYS = frozenset({Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF, Phase.DELIVERY})


@dataclass(frozen=True)
class Doing:
    """One thing somebody can do, and where."""

    text: str
    link: str


@dataclass(frozen=True)
class Step:
    """One phase in a round's timetable: past, now or next."""

    phase: Phase
    name: str
    when: str
    state: str
    note: str | None = None


@dataclass(frozen=True)
class Standing:
    """A round as a card shows it."""

    the_round: Round
    state: str
    tag: str
    tone: str
    link: str


# For each phase: the sentence without a date, and the one with the date on which it ends.
_SENTENCES: dict[Phase, tuple[str, str]] = {
    Phase.SET_UP: (_l("Not open yet."), _l("Not open yet. It opens at %(when)s.")),
    Phase.IDEAS: (_l("Open for ideas."), _l("Open for ideas until %(when)s.")),
    Phase.SCREENING: (
        _l("Officers are checking what every proposal costs and whether it can be done."),
        _l("Officers are checking every proposal. The debate opens at %(when)s."),
    ),
    Phase.DEBATE: (
        _l("Open for debate."),
        _l("Open for debate. Voting opens at %(when)s."),
    ),
    Phase.VOTE: (_l("Voting is open."), _l("Voting is open until %(when)s.")),
    Phase.COUNT: (_l("Voting has closed. The votes are being counted."), ""),
    Phase.SIGN_OFF: (
        _l("Residents have chosen. The outcome is waiting to be decided on and signed."),
        "",
    ),
    Phase.DELIVERY: (_l("The council has decided on what residents chose, and signed it."), ""),
    Phase.REVIEW: (_l("Finished. Looking back at what was delivered."), ""),
}


def ends_at(the_round: Round) -> datetime | None:
    """When the phase the round stands in ends by the timetable, if that is known."""
    later = ORDER[ORDER.index(the_round.phase) + 1 :]
    return next(filter(None, map(the_round.starts_at, later)), None)


def by_urgency(rounds: list[Round]) -> list[Round]:
    """Rounds in the order in which they want attention: the vote that closes soonest first."""

    def key_of(the_round: Round) -> tuple[int, bool, float, int]:
        end = ends_at(the_round)
        moment = end.timestamp() if end else 0.0
        return URGENCY.index(the_round.phase), end is None, moment, -the_round.id

    return sorted(rounds, key=key_of)


def state_words(the_round: Round, now: datetime) -> str:
    """The state of a round in one sentence, with the moment that matters."""
    end = ends_at(the_round)
    if end is not None and end <= now:
        end = None  # due at any moment, so the date says nothing any more
        if the_round.phase == Phase.VOTE:
            return _("Voting has closed. The votes are about to be counted.")
    undated, dated = _SENTENCES[the_round.phase]
    return str(dated) % {"when": moment_words(end)} if end and dated else str(undated)


def standing(the_round: Round, now: datetime) -> Standing:
    """A round as a card shows it."""
    tag, tone = {
        Phase.SET_UP: (_("Coming"), "quiet"),
        Phase.IDEAS: (_("Ideas wanted"), "now"),
        Phase.SCREENING: (_("Being checked"), "wait"),
        Phase.DEBATE: (_("In debate"), "now"),
        Phase.VOTE: (_("Vote now"), "now"),
        Phase.COUNT: (_("Being counted"), "wait"),
        Phase.SIGN_OFF: (_("Waiting to be signed"), "wait"),
        Phase.DELIVERY: (_("Decided"), "good"),
        Phase.REVIEW: (_("Finished"), "quiet"),
    }[the_round.phase]
    link = url_for("public.show_round", round_id=the_round.id)
    return Standing(the_round, state_words(the_round, now), tag, tone, link)


def main_action(the_round: Round) -> Doing | None:
    """The one thing anybody can do about a round now; None while it is being set up."""
    if the_round.phase == Phase.SET_UP:
        return None
    endpoint, text = {
        Phase.IDEAS: ("residents.propose", _("Make a proposal")),
        Phase.SCREENING: ("public.proposals", _("Read and back proposals")),
        Phase.DEBATE: ("public.proposals", _("Read and debate the projects")),
        Phase.VOTE: ("residents.booth", _("Vote now")),
        Phase.COUNT: ("public.tally", _("See how many voted")),
        Phase.SIGN_OFF: ("public.outcome", _("Read the outcome")),
        Phase.DELIVERY: ("public.delivery", _("See what becomes of the projects")),
        Phase.REVIEW: ("public.delivery", _("See what was delivered")),
    }[the_round.phase]
    return Doing(text, url_for(endpoint, round_id=the_round.id))


def timetable(the_round: Round) -> list[Step]:
    """Every phase that the round went through or is going to, with its date in words."""
    began = {move.to_phase: move.moved_at for move in the_round.moves}
    current = the_round.phase
    steps = []
    for phase in ORDER[1:]:
        if phase == current:
            steps.append(_step_now(the_round, began.get(phase)))
        elif is_past(phase, current):
            if phase in began:
                steps.append(Step(phase, label(phase), date_words(began[phase]), "past"))
        elif the_round.starts_at(phase) or phase in _ALWAYS:
            steps.append(_step_next(the_round, phase))
    return steps


def _step_now(the_round: Round, began_at: datetime | None) -> Step:
    end = ends_at(the_round)
    if end is not None and the_round.phase not in (Phase.COUNT, Phase.SIGN_OFF):
        when = _("Until %(when)s", when=moment_words(end))
    else:
        when = _("Since %(when)s", when=date_words(began_at)) if began_at else ""
    return Step(the_round.phase, label(the_round.phase), when, "now")


def _step_next(the_round: Round, phase: Phase) -> Step:
    starts_at = the_round.starts_at(phase)
    if phase == Phase.SIGN_OFF:
        when = _("When the votes are counted")
    elif phase == Phase.DELIVERY:
        when = _("When the outcome is signed")
    elif starts_at is None:
        when = _("No date yet")
    else:
        when = _("From %(when)s", when=moment_words(starts_at))
    return Step(phase, label(phase), when, "next")


def near_steps(steps: list[Step]) -> list[Step]:
    """The part of a timetable that fits a phone: where the round stands, and what comes next."""
    here = next((at for at, step in enumerate(steps) if step.state == "now"), 0)
    return steps[max(0, here - 1) : here + 2]
