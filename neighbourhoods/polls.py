"""Quick polls: a show of hands in the hall and on phones. Open, instant, and deciding nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import JSON, CheckConstraint, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.assemblies import ActKind, AgendaItem, AssemblyState, ItemKind
from neighbourhoods.attendance import Phone
from neighbourhoods.database import Base, Moment, insert_into, now
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage import log_act

# More hands than this are a slip of the finger in any hall.
MOST_HANDS = 100_000


class PollChoice(Base):
    """The option one phone raised its hand for, counted from 0; changed by choosing again."""

    __tablename__ = "poll_choices"
    __table_args__ = (CheckConstraint("chosen >= 0", name="chosen"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phones.id"), primary_key=True)
    chosen: Mapped[int]


class HandCount(Base):
    """How many hands one teller counted for each option; two tellers must agree."""

    __tablename__ = "hand_counts"

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    teller_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    hands: Mapped[list[int]] = mapped_column(JSON)
    counted_at: Mapped[Moment]

    teller: Mapped[Person] = relationship()


@dataclass(frozen=True)
class PollFigures:
    """How a poll stands, option by option: phones and agreed hands apart, and together.

    `hands` is None until two tellers agree; `counts` is how many tellers have counted.
    """

    options: tuple[str, ...]
    phones: tuple[int, ...]
    hands: tuple[int, ...] | None
    counts: int

    @property
    def together(self) -> tuple[int, ...]:
        """Phones and agreed hands added, option by option."""
        hands = self.hands or (0,) * len(self.options)
        return tuple(map(sum, zip(self.phones, hands, strict=True)))

    @property
    def total(self) -> int:
        """Everybody who took part."""
        return sum(self.together)

    @property
    def disagree(self) -> bool:
        """Whether two or more tellers have counted and no two agree."""
        return self.counts > 1 and self.hands is None


def options_of(item: AgendaItem) -> tuple[str, ...]:
    """What can be chosen in a poll, in its order; nothing for an item that is no poll."""
    options = item.settings.get("options")
    if item.kind != ItemKind.POLL or not isinstance(options, list):
        return ()
    return tuple(str(option) for option in options)


def is_open(item: AgendaItem) -> bool:
    """Whether the poll is what the meeting is at now."""
    meeting = item.assembly
    return meeting.state == AssemblyState.UNDER_WAY and meeting.stage.item_id == item.id


def choose(session: Session, item: AgendaItem, phone: Phone, option: int) -> None:
    """Raise this phone's hand for an option, counted from 0; choosing again changes it."""
    if not is_open(item):
        raise Refused(Refusal.POLL_NOT_OPEN)
    if phone.assembly_id != item.assembly_id or not 0 <= option < len(options_of(item)):
        raise Refused(Refusal.NOT_AN_OPTION)
    session.execute(
        insert_into(session, PollChoice)
        .values(item_id=item.id, phone_id=phone.id, chosen=option)
        .on_conflict_do_update(index_elements=["item_id", "phone_id"], set_={"chosen": option})
    )


def choice_of(session: Session, item_id: int, phone: Phone) -> int | None:
    """The option of a poll that this phone raised its hand for."""
    query = select(PollChoice.chosen).where(
        PollChoice.item_id == item_id, PollChoice.phone_id == phone.id
    )
    return session.scalar(query)


def count_hands(session: Session, item: AgendaItem, teller: Person, hands: Sequence[int]) -> None:
    """Note how many hands a teller counted; they are added once a second teller says the same.

    A teller who counts again replaces their own count. Hands may still be entered when the
    meeting has gone on, but no more once it has ended.
    """
    came = item.began_at is not None or is_open(item)
    if item.assembly.state != AssemblyState.UNDER_WAY or not came:
        raise Refused(Refusal.POLL_NOT_OPEN)
    options = options_of(item)
    if len(hands) != len(options) or not all(0 <= number <= MOST_HANDS for number in hands):
        raise Refused(Refusal.HANDS_MISCOUNTED)
    counted = {"hands": list(hands), "counted_at": now(session)}
    session.execute(
        insert_into(session, HandCount)
        .values(item_id=item.id, teller_id=teller.id, **counted)
        .on_conflict_do_update(index_elements=["item_id", "teller_id"], set_=counted)
    )
    words = "; ".join(f"{option}: {number}" for option, number in zip(options, hands, strict=True))
    log_act(session, item.assembly, ActKind.COUNT_HANDS, teller, words)


def hand_counts(session: Session, item: AgendaItem) -> list[HandCount]:
    """What each teller counted, the earliest first."""
    query = select(HandCount).where(HandCount.item_id == item.id)
    query = query.order_by(HandCount.counted_at, HandCount.teller_id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def agreed_hands(counts: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """What most tellers counted, if that is at least two and no other count has as many."""
    said = [tuple(count) for count in counts]
    ranked = sorted({count: said.count(count) for count in said}.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < 2:
        return None
    tied = len(ranked) > 1 and ranked[1][1] == ranked[0][1]
    return None if tied else ranked[0][0]


def poll_figures(session: Session, item: AgendaItem) -> PollFigures:
    """How a poll stands now."""
    options = options_of(item)
    query = (
        select(PollChoice.chosen, func.count().label("hands"))
        .where(PollChoice.item_id == item.id)
        .group_by(PollChoice.chosen)
    )
    chosen = {row.chosen: row.hands for row in session.execute(query)}
    counts = [
        counted.hands
        for counted in hand_counts(session, item)
        if len(counted.hands) == len(options)
    ]
    return PollFigures(
        options,
        tuple(chosen.get(option, 0) for option in range(len(options))),
        agreed_hands(counts),
        len(counts),
    )
