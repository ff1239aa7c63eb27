"""Which votes a meeting has held: one row for each, beside the round in which it is voted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.assemblies import AgendaItem, Assembly
from neighbourhoods.database import Base, Moment, UTCDateTime, now
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundKind


class HallVote(Base):
    """Which vote an item of an agenda opened, and whether its outcome waits for the reveal."""

    __tablename__ = "hall_votes"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("present >= 0", name="present"),
        CheckConstraint("held OR released_at IS NULL", name="released"),
        CheckConstraint("closed_before_call IS NULL OR called_at IS NOT NULL", name="called"),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    # A purchase is voted on again and again, until nothing fits.
    number: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    opened_at: Mapped[Moment]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    # Whether the hall opened it, or follows a vote that was open already: it may not close one
    # of which everybody was told when it closes.
    opened_here: Mapped[bool]
    # How many people were checked in when it opened.
    present: Mapped[int]
    # Nobody learns the outcome, and nobody counts, until one explicit act in the hall.
    held: Mapped[bool]
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When its last call was made, while there is one.
    called_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # While its last call can be called off: when it would have closed before, if there was a time.
    closed_before_call: Mapped[datetime | None] = mapped_column(UTCDateTime)

    item: Mapped[AgendaItem] = relationship()
    the_round: Mapped[Round] = relationship()

    @property
    def is_own(self) -> bool:
        """Whether the hall counts for itself, and does not vote in the meeting's round."""
        return self.the_round.kind != RoundKind.FULL


def votes_of(session: Session, item: AgendaItem) -> list[HallVote]:
    """The votes that an item opened, oldest first."""
    query = select(HallVote).where(HallVote.item_id == item.id).order_by(HallVote.number)
    return list(session.scalars(query))


def current_vote(session: Session, item: AgendaItem) -> HallVote | None:
    """The newest vote that an item opened, open or over."""
    found = votes_of(session, item)
    return found[-1] if found else None


def votes_in(session: Session, assembly: Assembly) -> list[HallVote]:
    """Every vote of a meeting, in the order they opened."""
    return list(session.scalars(_votes_in(assembly.id)))


def open_vote_in(session: Session, assembly: Assembly) -> HallVote | None:
    """The vote of a meeting that takes ballots now, by the database's clock; the newest of them."""
    found = session.scalars(_votes_in(assembly.id).join(Round).where(Round.phase == Phase.VOTE))
    return next((vote for vote in reversed(found.all()) if is_open(session, vote)), None)


def is_open(session: Session, vote: HallVote) -> bool:
    """Whether a vote takes ballots now, by the database's clock."""
    closes_at = vote.the_round.vote_closes_at
    return vote.the_round.phase == Phase.VOTE and (closes_at is None or now(session) < closes_at)


def hall_vote_in(session: Session, round_id: int) -> HallVote | None:
    """The newest vote of a meeting that is voted in this round."""
    query = select(HallVote).where(HallVote.round_id == round_id)
    return session.scalar(query.order_by(HallVote.opened_at.desc()).limit(1))


def _votes_in(assembly_id: int) -> Select[HallVote]:
    return (
        select(HallVote)
        .join(AgendaItem)
        .where(AgendaItem.assembly_id == assembly_id)
        .order_by(HallVote.opened_at, HallVote.item_id, HallVote.number)
    )
