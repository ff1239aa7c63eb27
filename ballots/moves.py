"""Move a round on, by hand or by the timetable, doing what each move entails."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from ballots.affording import shortfall_pence
from ballots.counting import RuleError
from ballots.covered import Counted
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append
from ballots.notices import move_money, publish_notice
from ballots.opening import open_box
from ballots.outcome import count_votes, outcome_of, paid_pence
from ballots.paper_ballots import count_papers
from ballots.purchases import committed_before, purchased_within
from ballots.record import decisions_in_short, publish_record, record_of
from ballots.sealing import close_box
from ballots.signoff import begin_sign_off, sign_off_of
from ballots.voting_rules import VotingRules, paper_for, rules_of, why_conditions_fail
from neighbourhoods.database import hold_round, now, take_time
from neighbourhoods.eligibility import roll_size
from neighbourhoods.people import Person, councillors_for
from neighbourhoods.phases import MOVES, ORDER, Phase, is_past
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import (
    Round,
    RoundKind,
    RoundMove,
    left_for_rounds,
    move_round,
    votes_within,
)
from neighbourhoods.screening import awaiting_screening

BY_TIMETABLE = "timetable"
AFTER_COUNT = "counted"
AFTER_SIGN_OFF = "signed-off"
# The close of a city’s secret vote opens and seals every ballot between two statements.
MOST_SECONDS_AT_ONCE = 120


class Blocker(StrEnum):
    """What still has to be done before a round can move."""

    NO_TIMETABLE = "no-timetable"
    NOT_SCREENED = "proposals-not-screened"
    NO_PROJECTS = "no-projects"
    NO_RULES = "no-rules"
    PAPER_IMPOSSIBLE = "paper-impossible"
    CONDITIONS_IMPOSSIBLE = "conditions-impossible"
    NO_ROLL = "no-roll"
    NO_COUNCILLORS = "no-councillors"
    CLOSE_NOT_AHEAD = "close-not-ahead"
    PAPERS_UNSETTLED = "papers-unsettled"
    PAPERS_OUT = "papers-out"
    NOT_COUNTED = "not-counted"
    NOT_AGREED = "not-agreed"
    BOUGHT_IN_HALL = "bought-in-hall"
    NOTHING_DECIDED_IN_HALL = "nothing-decided-in-hall"
    HALL_VOTES_WAIT = "hall-votes-wait"
    MONEY_TAKEN = "money-taken"
    FUND_SHORT = "fund-short"


@dataclass(frozen=True)
class Obstacle:
    """One blocker, and how many things (or pence) it concerns."""

    blocker: Blocker
    number: int = 0


class NotReady(Refused):
    """A move was refused because something is still to be done."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        """Carry everything that is still to be done."""
        super().__init__(Refusal.NOT_READY)
        self.obstacles = obstacles


def obstacles_before(session: Session, the_round: Round, to_phase: Phase) -> list[Obstacle]:
    """Everything still to be done before a round can enter a phase."""
    found: list[Obstacle] = []
    if to_phase == Phase.DEBATE:
        unscreened = len(awaiting_screening(session, the_round))
        if unscreened:
            found.append(Obstacle(Blocker.NOT_SCREENED, unscreened))
    if to_phase == Phase.VOTE:
        found += _before_vote(session, the_round)
    if to_phase == Phase.COUNT:
        found += _papers_before_count(session, the_round)
    if to_phase == Phase.SIGN_OFF and outcome_of(session, the_round.id) is None:
        found.append(Obstacle(Blocker.NOT_COUNTED))
    if to_phase == Phase.DELIVERY and the_round.phase == Phase.DEBATE:
        return found + _before_skipping_vote(session, the_round)
    if to_phase == Phase.DELIVERY:
        if not sign_off_of(session, the_round).agreed:
            found.append(Obstacle(Blocker.NOT_AGREED))
        if is_money_taken(session, the_round):
            found.append(Obstacle(Blocker.MONEY_TAKEN))
        else:
            found += _short_by(shortfall_pence(session, the_round))
    return found


def _before_skipping_vote(session: Session, the_round: Round) -> list[Obstacle]:
    """Halls have decided all there was: at least one vote is signed, and none is on its way."""
    votes = votes_within(session, the_round)
    waiting = [vote for vote in votes if is_past(vote.phase, Phase.DELIVERY)]
    if waiting:
        return [Obstacle(Blocker.HALL_VOTES_WAIT, len(waiting))]
    return [] if votes else [Obstacle(Blocker.NOTHING_DECIDED_IN_HALL)]


def is_money_taken(session: Session, the_round: Round) -> bool:
    """Whether votes that share the money of this one have had so much signed that it is too dear.

    What was signed before is paid once, whoever decides on it again.
    """
    before, outcome = committed_before(session, the_round), outcome_of(session, the_round.id)
    if not before or outcome is None:
        return False
    new = sum(pence for code, pence in paid_pence(outcome).items() if code not in before)
    return sum(before.values()) + new > (the_round.within or the_round).budget_pence


def _papers_before_count(session: Session, the_round: Round) -> list[Obstacle]:
    papers = count_papers(session, the_round.id)
    waiting = {Blocker.PAPERS_UNSETTLED: papers.unsettled, Blocker.PAPERS_OUT: papers.out}
    return [Obstacle(blocker, number) for blocker, number in waiting.items() if number]


def _short_by(pence: int) -> list[Obstacle]:
    return [Obstacle(Blocker.FUND_SHORT, pence)] if pence > 0 else []


def _before_vote(session: Session, the_round: Round) -> list[Obstacle]:
    found = []
    unscreened = len(awaiting_screening(session, the_round))
    if unscreened:
        found.append(Obstacle(Blocker.NOT_SCREENED, unscreened))
    rules = rules_of(session, the_round.id)
    if rules is None:
        found.append(Obstacle(Blocker.NO_RULES))
    else:
        found += _before_voting_under(session, the_round, rules)
    if roll_size(session, the_round.id) == 0:
        found.append(Obstacle(Blocker.NO_ROLL))
    # A rehearsal is signed by nobody.
    signed = the_round.kind != RoundKind.PRACTICE
    if signed and not councillors_for(session, the_round.community):
        found.append(Obstacle(Blocker.NO_COUNCILLORS))
    closes_at = the_round.vote_closes_at
    if closes_at is not None and closes_at <= now(session):
        found.append(Obstacle(Blocker.CLOSE_NOT_AHEAD))
    return found


def _before_voting_under(session: Session, the_round: Round, rules: VotingRules) -> list[Obstacle]:
    """What the chosen rules still lack: a paper that can be filled in, money, what was bought."""
    found = []
    try:
        if not paper_for(session, the_round, rules).projects:
            found.append(Obstacle(Blocker.NO_PROJECTS))
    except (ValueError, RuleError):
        found.append(Obstacle(Blocker.PAPER_IMPOSSIBLE))
    if why_conditions_fail(session, the_round, rules):
        found.append(Obstacle(Blocker.CONDITIONS_IMPOSSIBLE))
    bought = {each.code for each in purchased_within(session, the_round)}
    if unknown := bought.difference(rules.rule.already_chosen):
        found.append(Obstacle(Blocker.BOUGHT_IN_HALL, len(unknown)))
    if the_round.kind == RoundKind.FULL:
        # What the last winner may overspend is other money of the fund: it has to be there.
        asked = the_round.budget_pence + rules.rule.overspend_pence
        found += _short_by(asked - left_for_rounds(session, the_round.fund, besides=the_round))
    return found


def take_forward(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    to_phase: Phase,
    by: Person | None,
    why: str,
) -> RoundMove:
    """Move a round, with all that the move entails; NotReady says what is still to be done.

    Opening the vote freezes its rules and makes its key. Closing it waits for ballots in
    flight: casting holds the round too, so from here on a ballot is counted or refused; those that
    waited are sealed. It also waits for papers that are out.
    """
    take_time(session, MOST_SECONDS_AT_ONCE)
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    if to_phase not in MOVES[the_round.phase]:
        raise Refused(Refusal.NO_SUCH_MOVE)
    backwards = is_past(to_phase, the_round.phase)
    obstacles = [] if backwards else obstacles_before(session, the_round, to_phase)
    if obstacles:
        raise NotReady(obstacles)
    if to_phase == Phase.VOTE:
        open_box(session, keys, the_round)
    if to_phase == Phase.COUNT:
        close_box(session, keys, the_round)
    return move_round(session, the_round, to_phase, by, why)


def count_closed(
    session: Session, keys: KeyStore, the_round: Round, counted: Counted | None = None
) -> RoundMove:
    """Count a closed vote and hand the outcome to the councillors."""
    count_votes(session, keys, the_round, counted)
    move = take_forward(session, keys, the_round, Phase.SIGN_OFF, None, AFTER_COUNT)
    begin_sign_off(session, the_round)
    return move


def conclude_sign_off(session: Session, keys: KeyStore, the_round: Round) -> RoundMove | None:
    """If the last stage is done: freeze the record and its notice, and begin delivery.

    Where an earlier decision was sent back, its record stays, and only a new notice is published.
    Money moves once nobody may call the decision in any more: `move_money`. Nothing is concluded
    while the money is taken by votes that were signed before: then officers look at it.
    """
    if the_round.phase != Phase.SIGN_OFF or not sign_off_of(session, the_round).agreed:
        return None
    # Two votes of one round share its money: one of them is signed after the other.
    hold_round(session, (the_round.within or the_round).id, alone=True)
    if is_money_taken(session, the_round):
        return None
    move = take_forward(session, keys, the_round, Phase.DELIVERY, None, AFTER_SIGN_OFF)
    session.refresh(the_round, ["moves"])
    record = record_of(session, the_round.id)
    if record is None:
        record = publish_record(session, the_round)
        body = {"record_sha256": record.digest, "decisions": decisions_in_short(session, the_round)}
        append(session, keys, the_round.id, EntryKind.SIGNED, body)
    publish_notice(session, keys, the_round, record)
    move_money(session, the_round)
    return move


def due_phase(session: Session, the_round: Round) -> Phase | None:
    """The phase whose date has come, if the timetable may move the round there."""
    if the_round.phase in (Phase.COUNT, Phase.SIGN_OFF):
        return None  # people decide these, not dates
    later = ORDER[ORDER.index(the_round.phase) + 1 :]
    for phase in later:
        starts_at = the_round.starts_at(phase)
        if starts_at is not None:
            due = starts_at <= now(session) and phase in MOVES[the_round.phase]
            return phase if due else None
    return None


def move_if_due(session: Session, keys: KeyStore, the_round: Round) -> RoundMove | None:
    """Move a round whose date has come, unless something is still to be done."""
    phase = due_phase(session, the_round)
    if phase is None:
        return None
    try:
        return take_forward(session, keys, the_round, phase, None, BY_TIMETABLE)
    except NotReady:
        return None
