"""Votes held in a hall: each is a round of its own that begins at the vote, or the round's vote.

So a hall has the same box, ledger, count and record as a ward: nothing here knows a second way to
a figure. Whoever opens a vote holds the meeting's round first and its stage last.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from ballots.hall_rolls import copy_roll, hall_entry, people_present
from ballots.hall_rules import ItemSettings, rules_for
from ballots.hall_votes import (
    HallVote,
    current_vote,
    hall_vote_in,
    is_open,
    open_vote_in,
    votes_in,
    votes_of,
)
from ballots.holding import is_held, opens_at, release, take_back
from ballots.keys import KeyStore
from ballots.last_call import LAST_CALL, call_off, extend, stop
from ballots.moves import take_forward
from ballots.paper_holders import hold_papers_of
from ballots.purchases import (
    affordable,
    balance_of,
    bought_in,
    left_under_caps,
    projects_left,
    waiting_votes,
)
from ballots.refusals import BallotRefusal
from ballots.rehearsal import wipe_practice
from ballots.voting_rules import rules_of, set_rules
from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, AssemblyAct, AssemblyState
from neighbourhoods.assemblies import ItemKind as Kind
from neighbourhoods.attendance import is_quorate
from neighbourhoods.database import hold_round, now
from neighbourhoods.duties import check_free_to_run
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import PhaseStart, Round, RoundKind
from neighbourhoods.stage import log_act, undo, undoable

__all__ = [
    "LAST_CALL",
    "HallVote",
    "balance_of",
    "bought_in",
    "call_off",
    "current_vote",
    "extend",
    "hall_entry",
    "hall_vote_in",
    "is_held",
    "is_open",
    "open_vote",
    "open_vote_in",
    "opens_at",
    "release",
    "stop",
    "undo_act",
    "votes_in",
    "votes_of",
    "wipe_practice",
]

VOTED_ON = (Kind.SCORES, Kind.BALLOT, Kind.PURCHASE)


def open_vote(session: Session, keys: KeyStore, item: AgendaItem, by: Person) -> HallVote:
    """Open the vote of an agenda's item for the people who are present, and log who did.

    Refused while the meeting is not under way or another vote of it is open, if too few are
    present, if nothing is left that could be voted on, or while whoever opens it has not declared
    that no interest keeps them from it.
    """
    assembly = item.assembly
    hold_round(session, assembly.round_id, alone=True)
    session.refresh(assembly)
    session.refresh(item)
    check_free_to_run(session, assembly, by)
    before = current_vote(session, item)
    wanted = ItemSettings.of(item)
    _check_may_open(session, item, before)
    present = len(people_present(session, assembly))
    if wanted.own_count:
        _check_present(assembly, present)
    vote = HallVote(
        item=item,
        number=before.number + 1 if before else 1,
        opened_at=now(session),
        opened_by_id=by.id,
        opened_here=True,
        present=present,
        held=wanted.held,
    )
    why = f"{assembly.title}: {item.title}"
    if wanted.own_count:
        vote.the_round = _begin_round(session, item, wanted, vote.number)
        if item.seconds is not None:
            _close_after(session, vote.the_round, item.seconds)
        take_forward(session, keys, vote.the_round, Phase.VOTE, by, why)
    else:
        vote.the_round = assembly.the_round
        vote.opened_here = _open_or_follow(session, keys, item, by, why)
    session.add(vote)
    session.flush()
    if vote.the_round.phase == Phase.VOTE:
        hold_papers_of(session, keys, vote.the_round, assembly)
    log_act(session, assembly, ActKind.OPEN_VOTE, by, item.title)
    return vote


def _check_may_open(session: Session, item: AgendaItem, before: HallVote | None) -> None:
    if item.kind not in VOTED_ON:
        raise Refused(BallotRefusal.NOT_A_VOTE)
    if item.assembly.state != AssemblyState.UNDER_WAY:
        raise Refused(BallotRefusal.MEETING_NOT_UNDER_WAY)
    for vote in votes_in(session, item.assembly):
        if is_open(session, vote) and (vote.item_id == item.id or vote.opened_here):
            raise Refused(BallotRefusal.HALL_VOTE_OPEN)
    if before is not None and item.kind != Kind.PURCHASE:
        raise Refused(BallotRefusal.VOTED_ALREADY)
    if item.kind == Kind.PURCHASE and waiting_votes(session, item.assembly):
        raise Refused(BallotRefusal.SPENDING_UNKNOWN)


def _check_present(assembly: Assembly, present: int) -> None:
    if present == 0:
        raise Refused(BallotRefusal.NOBODY_PRESENT)
    if not is_quorate(assembly, present):
        raise Refused(BallotRefusal.QUORUM_MISSING, actual=present, limit=assembly.quorum)


def _begin_round(session: Session, item: AgendaItem, wanted: ItemSettings, number: int) -> Round:
    """A round of its own for one vote: projects, rules, roll and timetable, before it opens."""
    assembly, balance = item.assembly, balance_of(session, item.assembly)
    caps = left_under_caps(session, assembly, wanted.category_caps)
    projects = projects_left(session, assembly, wanted.projects)
    if item.kind == Kind.PURCHASE:
        projects = affordable(projects, balance, caps)
    if balance == 0 or not projects:
        raise Refused(BallotRefusal.NOTHING_FITS)
    main = assembly.the_round
    again = f" ({number})" if number > 1 else ""
    hall_round = Round(
        fund=main.fund,
        title=f"{assembly.title}: {item.title}"[: 120 - len(again)] + again,
        purpose=main.purpose,
        promise=main.promise,
        budget_pence=balance,
        phase=Phase.SET_UP,
        kind=RoundKind.PRACTICE if assembly.is_practice else RoundKind.HALL,
        within=main,
    )
    session.add(hall_round)
    session.flush()
    session.add_all([_copied(project, hall_round) for project in projects])
    session.flush()
    set_rules(session, hall_round, rules_for(item, wanted, rules_of(session, main.id), projects))
    copy_roll(session, assembly, hall_round)
    return hall_round


def _copied(project: Project, hall_round: Round) -> Project:
    """A project as it stands on the meeting's paper; its proposal stays with the meeting's."""
    return Project(
        round_id=hall_round.id,
        code=project.code,
        title=project.title,
        summary=project.summary,
        category=project.category,
        place=project.place,
        cost_pence=project.cost_pence,
        area=project.area,
        minimum_cost_pence=project.minimum_cost_pence,
        beneficiaries=project.beneficiaries,
        criteria=dict(project.criteria),
    )


def _close_after(session: Session, the_round: Round, seconds: int) -> None:
    closes_at = now(session) + timedelta(seconds=seconds)
    session.add(PhaseStart(round_id=the_round.id, phase=Phase.COUNT, starts_at=closes_at))
    session.flush()
    session.expire(the_round, ["starts"])


def _open_or_follow(
    session: Session, keys: KeyStore, item: AgendaItem, by: Person, why: str
) -> bool:
    """Open the vote of the meeting's own round; whether it was not open already."""
    main = item.assembly.the_round
    session.refresh(main)
    if main.phase == Phase.DEBATE and not item.assembly.is_practice:
        if item.seconds is not None and main.vote_closes_at is None:
            _close_after(session, main, item.seconds)
        take_forward(session, keys, main, Phase.VOTE, by, why)
        return True
    if is_past(main.phase, Phase.VOTE):
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    closes_at = main.vote_closes_at
    if main.phase != Phase.VOTE or (closes_at is not None and closes_at <= now(session)):
        raise Refused(BallotRefusal.VOTE_CLOSED)
    return False


def undo_act(session: Session, keys: KeyStore, assembly: Assembly, by: Person) -> AssemblyAct:
    """Undo the newest act of a meeting within ten seconds.

    A stop is called off; an outcome that was let go is sealed again.
    """
    act = undoable(session, assembly)
    if act is not None and act.kind == ActKind.STOP_VOTE:
        called = [vote for vote in votes_in(session, assembly) if vote.called_at is not None]
        if called:
            return call_off(session, keys, called[-1], by)
    if act is not None and act.kind == ActKind.REVEAL:
        votes = votes_in(session, assembly)
        released = {vote.released_at: vote for vote in votes if vote.released_at is not None}
        take_back(session, released[max(released)])
    return undo(session, assembly, by)
