"""What there is to do for a round: how its tasks stand, and what each next phase still needs."""

from dataclasses import dataclass
from enum import StrEnum

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.display import moment_words, pounds
from app.labels import label
from app.obstacle_wording import obstacle_in_words
from app.public.rule_words import asks_more_than_a_vote, conditions_in_words
from app.wording import say
from ballots.moves import Blocker, Obstacle, due_phase, obstacles_before
from ballots.voting_rules import rules_of, why_conditions_fail
from neighbourhoods.eligibility import roll_size
from neighbourhoods.people import councillors_for
from neighbourhoods.phases import MOVES, ORDER, Phase, is_past
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from neighbourhoods.screening import awaiting_screening


class TaskState(StrEnum):
    """How far a task is done."""

    DONE = "done"
    NOT_STARTED = "not-started"
    NEEDS_ATTENTION = "needs-attention"


@dataclass(frozen=True)
class Task:
    """One line of a round's task list: what, where, how far, and a short fact about it."""

    title: str
    href: str | None
    state: TaskState
    hint: str


@dataclass(frozen=True)
class NextMove:
    """A phase that a round may go to, and what still has to be done first."""

    phase: Phase
    backwards: bool
    to_do: tuple[str, ...]


def tasks_of(session: Session, the_round: Round) -> list[Task]:
    """The tasks of setting a round up, in the order an officer does them."""
    blockers = {
        obstacle.blocker: obstacle for obstacle in obstacles_before(session, the_round, Phase.VOTE)
    }
    if not is_past(the_round.phase, Phase.VOTE):
        blockers = {}  # the vote has opened: none of this can change or matter any more
    return [
        _describing(the_round),
        _dating(the_round, blockers),
        _choosing_rules(session, the_round, blockers),
        *_setting_conditions(session, the_round, blockers),
        _importing_roll(session, the_round),
        _filling_paper(session, the_round, blockers),
        _naming_councillors(session, the_round),
    ]


def _describing(the_round: Round) -> Task:
    promised = bool(the_round.promise)
    return Task(
        _("Title, purpose and budget"),
        url_for("officers.describe", round_id=the_round.id),
        TaskState.DONE if promised else TaskState.NEEDS_ATTENTION,
        _("Budget %(sum)s", sum=pounds(the_round.budget_pence))
        if promised
        else _("Say what will be done with the answer."),
    )


def _dating(the_round: Round, blockers: dict[Blocker, Obstacle]) -> Task:
    opens, closes = the_round.starts_at(Phase.VOTE), the_round.vote_closes_at
    state, hint = TaskState.NOT_STARTED, _("The vote needs a day to open and a day to close.")
    if closes is not None and Blocker.CLOSE_NOT_AHEAD in blockers:
        state, hint = TaskState.NEEDS_ATTENTION, _("The day on which the vote closes has passed.")
    elif opens is not None and closes is not None:
        state = TaskState.DONE
        hint = _("The vote closes at %(moment)s", moment=moment_words(closes))
    elif not is_past(the_round.phase, Phase.VOTE):
        state, hint = TaskState.DONE, _("None were set: the round moves by hand.")
    elif the_round.starts:
        state = TaskState.NEEDS_ATTENTION
    href = url_for("officers.timetable", round_id=the_round.id)
    return Task(_("Dates"), href, state, hint)


def _choosing_rules(session: Session, the_round: Round, blockers: dict[Blocker, Obstacle]) -> Task:
    rules = rules_of(session, the_round.id)
    href = url_for("officers.rules", round_id=the_round.id)
    title = _("Ballot paper and rules")
    if rules is None:
        return Task(title, href, TaskState.NOT_STARTED, _("How people vote, and how it is counted"))
    # No limits fit a paper that has no projects yet: that is no fault of the limits.
    if Blocker.PAPER_IMPOSSIBLE in blockers and projects_in(session, the_round.id):
        words = obstacle_in_words(blockers[Blocker.PAPER_IMPOSSIBLE])
        return Task(title, href, TaskState.NEEDS_ATTENTION, words)
    return Task(title, href, TaskState.DONE, label(rules.ballot_format))


def _setting_conditions(
    session: Session, the_round: Round, blockers: dict[Blocker, Obstacle]
) -> list[Task]:
    """Nothing to see before there are rules: no round needs conditions."""
    rules = rules_of(session, the_round.id)
    if rules is None:
        return []
    title, href = _("Conditions"), url_for("officers.conditions", round_id=the_round.id)
    if Blocker.CONDITIONS_IMPOSSIBLE in blockers and projects_in(session, the_round.id):
        why = why_conditions_fail(session, the_round, rules)
        hint = say(why) if why else ""
        return [Task(title, href, TaskState.NEEDS_ATTENTION, hint)]
    number = len(conditions_in_words(rules.rule, {})) + asks_more_than_a_vote(rules.rule)
    hint = (
        ngettext("%(num)d condition", "%(num)d conditions", number)
        if number
        else _("None, and none is needed")
    )
    return [Task(title, href, TaskState.DONE, hint)]


def _importing_roll(session: Session, the_round: Round) -> Task:
    people = roll_size(session, the_round.id)
    return Task(
        _("Electoral roll"),
        url_for("officers.roll", round_id=the_round.id),
        TaskState.DONE if people else TaskState.NOT_STARTED,
        ngettext("%(people)s person can vote", "%(people)s people can vote", people, people=people)
        if people
        else _("Who can vote"),
    )


def _filling_paper(session: Session, the_round: Round, blockers: dict[Blocker, Obstacle]) -> Task:
    on_paper = len(projects_in(session, the_round.id))
    state = TaskState.DONE if on_paper else TaskState.NOT_STARTED
    hint = ngettext("%(num)d project", "%(num)d projects", on_paper)
    waiting = len(awaiting_screening(session, the_round))
    # Ideas still coming in are nobody's fault; once screening began, they wait for an officer.
    if Blocker.NOT_SCREENED in blockers and not is_past(the_round.phase, Phase.SCREENING):
        state = TaskState.NEEDS_ATTENTION
        hint = obstacle_in_words(blockers[Blocker.NOT_SCREENED])
    elif waiting and is_past(the_round.phase, Phase.VOTE):
        hint = ngettext("%(num)d proposal so far", "%(num)d proposals so far", waiting)
    href = url_for("officers.screening", round_id=the_round.id)
    return Task(_("Projects on the ballot paper"), href, state, hint)


def _naming_councillors(session: Session, the_round: Round) -> Task:
    names = [
        person.name or person.email for person in councillors_for(session, the_round.community)
    ]
    return Task(
        _("Councillors who will sign"),
        None,
        TaskState.DONE if names else TaskState.NEEDS_ATTENTION,
        ", ".join(names)
        if names
        else _("Nobody answers for this community. Appoint a councillor first."),
    )


def next_moves(session: Session, the_round: Round) -> list[NextMove]:
    """Where a round may go from its phase, forwards first."""
    allowed = [phase for phase in ORDER if phase in MOVES[the_round.phase]]
    moves = [_next_move(session, the_round, phase) for phase in allowed]
    return sorted(moves, key=lambda move: move.backwards)


def _next_move(session: Session, the_round: Round, phase: Phase) -> NextMove:
    backwards = is_past(phase, the_round.phase)
    # Counting is the move itself there, so “count the votes” is no obstacle to it.
    nothing_first = backwards or the_round.phase == Phase.COUNT
    obstacles = [] if nothing_first else obstacles_before(session, the_round, phase)
    return NextMove(phase, backwards, tuple(obstacle_in_words(found) for found in obstacles))


def held_back(session: Session, the_round: Round) -> NextMove | None:
    """The phase whose date has come but which something still to be done holds back."""
    phase = due_phase(session, the_round)
    if phase is None:
        return None
    move = _next_move(session, the_round, phase)
    return move if move.to_do else None
