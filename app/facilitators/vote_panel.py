"""The votes on a console: what can be opened, what is open, what waits for its reveal."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.ties_waiting import TieWaiting, tie_waiting
from ballots.hall import (
    HallVote,
    balance_of,
    current_vote,
    hall_vote_in,
    is_held,
    is_open,
    open_vote_in,
    opens_at,
)
from ballots.outcome import outcome_of
from ballots.paper_ballots import papers_out
from ballots.tally import public_tally
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from neighbourhoods.stage import VOTES


@dataclass(frozen=True)
class VotePanel:
    """One vote as a facilitator handles it; never more of it than the public tally tells."""

    item: AgendaItem
    vote: HallVote | None
    the_round: Round | None
    can_open: bool
    is_open: bool
    # Whether the hall may stop it: not a vote that was open before the meeting.
    can_stop: bool
    last_call: bool
    closes_at: datetime | None
    turnout: int
    roll: int
    is_held: bool
    # When the outcome is opened that was let go, while that can still be undone.
    opens_at: datetime | None
    is_counted: bool
    # Ballot papers that the tellers have not entered: until then nothing is counted.
    papers_out: int
    tie: TieWaiting | None
    # What is left to buy for; only in a buying round.
    balance_pence: int | None

    @property
    def can_release(self) -> bool:
        """Whether the outcome waits for one explicit act."""
        waits = self.vote is not None and not self.is_open and self.is_held
        return waits and self.opens_at is None

    @property
    def is_being_counted(self) -> bool:
        """Whether the outcome will be there in a moment."""
        over = self.the_round is not None and self.the_round.phase == Phase.COUNT
        # The clock closes the box a moment after the countdown ends.
        over = over or (self.vote is not None and not self.is_open and not self.is_counted)
        return over and not self.is_held and not self.tie


def vote_panels(session: Session, assembly: Assembly) -> tuple[VotePanel, ...]:
    """The vote of the item on stage, and before it one that is open beside it."""
    item = assembly.stage.item
    panels = []
    beside = open_vote_in(session, assembly)
    shown = _vote_of(session, assembly, item)
    if beside is not None and (item is None or beside.item_id != item.id) and beside != shown:
        panels.append(_panel(session, assembly, beside.item, beside))
    if item is not None and (item.kind in VOTES or item.kind == ItemKind.REVEAL):
        panels.append(_panel(session, assembly, item, shown))
    return tuple(panels)


def _vote_of(session: Session, assembly: Assembly, item: AgendaItem | None) -> HallVote | None:
    if item is None:
        return None
    if item.kind in VOTES:
        return current_vote(session, item)
    if item.kind != ItemKind.REVEAL:
        return None
    shown = item.settings.get("vote_item")
    if isinstance(shown, int):
        return current_vote(session, session.get_one(AgendaItem, shown))
    return hall_vote_in(session, assembly.round_id)


def _panel(
    session: Session, assembly: Assembly, item: AgendaItem, vote: HallVote | None
) -> VotePanel:
    own = item.kind == ItemKind.REVEAL and "vote_item" not in item.settings
    the_round = vote.the_round if vote else (assembly.the_round if own else None)
    open_now = vote is not None and is_open(session, vote)
    is_sealed = the_round is not None and is_held(session, the_round.id)
    tally = public_tally(session, the_round) if the_round else None
    again = item.kind == ItemKind.PURCHASE and not open_now
    buys = item.kind == ItemKind.PURCHASE
    return VotePanel(
        item=item,
        vote=vote,
        the_round=the_round,
        can_open=item.kind in VOTES and (vote is None or again),
        is_open=open_now,
        can_stop=open_now and vote is not None and vote.opened_here,
        last_call=open_now and vote is not None and vote.called_at is not None,
        closes_at=the_round.vote_closes_at if the_round and open_now else None,
        turnout=tally.turnout if tally else 0,
        roll=tally.roll_size if tally else 0,
        is_held=is_sealed,
        opens_at=opens_at(vote) if vote and is_sealed else None,
        is_counted=the_round is not None and outcome_of(session, the_round.id) is not None,
        papers_out=papers_out(session, the_round.id) if the_round and not open_now else 0,
        tie=tie_waiting(the_round) if the_round and the_round.phase == Phase.COUNT else None,
        balance_pence=balance_of(session, assembly) if buys else None,
    )
