"""Proposals: what residents ask money for, with history and backing, and the priced menu."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, Word, insert_into, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class ProposalState(StrEnum):
    """Where a proposal stands."""

    SUBMITTED = "submitted"
    SMALLER_ASKED = "smaller-asked"
    PASSED = "passed"
    NOT_PASSED = "not-passed"
    WITHDRAWN = "withdrawn"


class MenuItem(Base):
    """A service that neighbourhoods may buy, priced by officers."""

    __tablename__ = "menu_items"
    __table_args__ = (
        CheckConstraint("cost_pence > 0", name="cost"),
        CheckConstraint("yearly_pence >= 0", name="yearly"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    about: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40))
    cost_pence: Mapped[Pence]
    yearly_pence: Mapped[Pence] = mapped_column(default=0)
    offered: Mapped[bool] = mapped_column(default=True)


class Proposal(Base):
    """What a resident, a group or a menu item asks money for."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint(one_of("state", ProposalState), name="state"),
        CheckConstraint("cost_pence > 0", name="cost"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="place"),
        CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude IS NULL OR longitude BETWEEN -180 AND 180", name="longitude"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    proposer_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    menu_item_id: Mapped[int | None] = mapped_column(ForeignKey("menu_items.id"))
    state: Mapped[ProposalState] = mapped_column(Word(ProposalState))
    title: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(40), default="")
    cost_pence: Mapped[Pence]
    place: Mapped[str] = mapped_column(String(160), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # What the group gives in return: hours, litter-picks, volunteers.
    pledge: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[Moment]

    the_round: Mapped[Round] = relationship()
    proposer: Mapped[Person] = relationship()
    menu_item: Mapped[MenuItem | None] = relationship()
    versions: Mapped[list["ProposalVersion"]] = relationship(
        back_populates="proposal", order_by="ProposalVersion.number"
    )

    @property
    def version(self) -> int:
        """The number of the version that stands now."""
        return len(self.versions)


class ProposalVersion(Base):
    """A proposal as it stood after one edit."""

    __tablename__ = "proposal_versions"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    number: Mapped[int]
    written_at: Mapped[Moment]
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    words: Mapped[dict[str, object]] = mapped_column(JSON)

    proposal: Mapped[Proposal] = relationship(back_populates="versions")
    written_by: Mapped[Person] = relationship()


class Backing(Base):
    """One person's support for a proposal before the vote; not a vote."""

    __tablename__ = "backings"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    backed_at: Mapped[Moment]


@dataclass(frozen=True)
class ProposalWords:
    """What a proposer says; `cost_pence` is their guess until it is screened."""

    title: str
    what: str
    why: str
    cost_pence: int
    place: str = ""
    pledge: str = ""
    category: str = ""
    latitude: float | None = None
    longitude: float | None = None


def propose(
    session: Session,
    the_round: Round,
    proposer: Person,
    words: ProposalWords,
    menu_item: MenuItem | None = None,
) -> Proposal:
    """Put a proposal to a round; one from the menu keeps the menu's price.

    The same words sent again, by the back button or a second tap, are the same proposal.
    """
    check_allowed(Role.RESIDENT, Action.PROPOSE, the_round.phase)
    if menu_item is not None and not menu_item.offered:
        raise Refused(Refusal.MENU_ITEM_WITHDRAWN)
    if sent_before := _sent_before(session, the_round, proposer, words, menu_item):
        return sent_before
    proposal = Proposal(
        the_round=the_round,
        proposer=proposer,
        menu_item=menu_item,
        state=ProposalState.SUBMITTED,
        made_at=now(session),
    )
    _write(session, proposal, proposer, words)
    return proposal


def _sent_before(
    session: Session,
    the_round: Round,
    proposer: Person,
    words: ProposalWords,
    menu_item: MenuItem | None,
) -> Proposal | None:
    if menu_item is not None:
        words = replace(words, cost_pence=menu_item.cost_pence, category=menu_item.category)
    said = asdict(words)
    own = select(Proposal).where(
        Proposal.round_id == the_round.id,
        Proposal.proposer == proposer,
        Proposal.menu_item == menu_item,
        Proposal.state == ProposalState.SUBMITTED,
        Proposal.title == words.title,
    )
    return next(
        (
            one
            for one in session.scalars(own)
            if {name: getattr(one, name) for name in said} == said
        ),
        None,
    )


def revise(
    session: Session, proposal: Proposal, by: Person, words: ProposalWords, seen_version: int
) -> None:
    """Change a proposal before screening; every version is kept.

    `seen_version` is the version the editor started from, so that two open tabs cannot
    overwrite each other unseen.
    """
    check_own(proposal, by)
    check_allowed(Role.RESIDENT, Action.EDIT_PROPOSAL, proposal.the_round.phase)
    if proposal.version != seen_version:
        raise Refused(Refusal.CHANGED_MEANWHILE)
    _write(session, proposal, by, words)


def write_version(session: Session, proposal: Proposal, by: Person, words: ProposalWords) -> None:
    """Keep new words as the next version (screening's smaller variant uses it too)."""
    _write(session, proposal, by, words)


def _write(session: Session, proposal: Proposal, by: Person, words: ProposalWords) -> None:
    if words.cost_pence <= 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    for name, value in asdict(words).items():
        setattr(proposal, name, value)
    if proposal.menu_item is not None:
        proposal.cost_pence = proposal.menu_item.cost_pence
        proposal.category = proposal.menu_item.category
    kept = asdict(words) | {"cost_pence": proposal.cost_pence, "category": proposal.category}
    session.add(
        ProposalVersion(
            proposal=proposal,
            number=proposal.version + 1,
            written_at=now(session),
            written_by=by,
            words=kept,
        )
    )
    session.flush()


def withdraw(session: Session, proposal: Proposal, by: Person) -> None:
    """Take one's own proposal out of the round, before it is screened."""
    check_own(proposal, by)
    check_allowed(Role.RESIDENT, Action.EDIT_PROPOSAL, proposal.the_round.phase)
    proposal.state = ProposalState.WITHDRAWN
    session.flush()


def back(session: Session, proposal: Proposal, person: Person) -> None:
    """Back somebody else's proposal; backing twice is backing once."""
    _check_standing(proposal)
    if proposal.proposer_id == person.id:
        raise Refused(Refusal.OWN_PROPOSAL)
    check_allowed(Role.RESIDENT, Action.BACK, proposal.the_round.phase)
    # Not look-then-add: two presses may arrive at once.
    session.execute(
        insert_into(session, Backing)
        .values(proposal_id=proposal.id, person_id=person.id, backed_at=now(session))
        .on_conflict_do_nothing()
    )


def stop_backing(session: Session, proposal: Proposal, person: Person) -> None:
    """Take one's backing away again."""
    check_allowed(Role.RESIDENT, Action.BACK, proposal.the_round.phase)
    session.execute(
        delete(Backing).where(Backing.proposal_id == proposal.id, Backing.person_id == person.id)
    )


def check_own(proposal: Proposal, by: Person) -> None:
    """Refuse anybody but the proposer, and anybody once it is withdrawn."""
    if proposal.proposer_id != by.id:
        raise Refused(Refusal.NOT_THE_PROPOSER)
    _check_standing(proposal)


def _check_standing(proposal: Proposal) -> None:
    if proposal.state == ProposalState.WITHDRAWN:
        raise Refused(Refusal.PROPOSAL_WITHDRAWN)


def proposals_in(session: Session, the_round: Round) -> list[Proposal]:
    """The proposals of a round that were not withdrawn, oldest first."""
    query = (
        select(Proposal)
        .where(Proposal.round_id == the_round.id, Proposal.state != ProposalState.WITHDRAWN)
        .order_by(Proposal.id)
    )
    return list(session.scalars(query))


def proposals_by(session: Session, person: Person) -> list[Proposal]:
    """Everything somebody has proposed, newest first."""
    query = select(Proposal).where(Proposal.proposer_id == person.id).order_by(Proposal.id.desc())
    return list(session.scalars(query))


def backed_by(session: Session, person: Person) -> list[Proposal]:
    """The proposals that somebody backs, newest first."""
    query = (
        select(Proposal)
        .join(Backing)
        .where(Backing.person_id == person.id)
        .order_by(Proposal.id.desc())
    )
    return list(session.scalars(query))


def backing_counts(session: Session, the_round: Round) -> dict[int, int]:
    """How many people back each proposal of a round, by proposal id."""
    query = (
        select(Backing.proposal_id, func.count().label("backers"))
        .join(Proposal)
        .where(Proposal.round_id == the_round.id)
        .group_by(Backing.proposal_id)
    )
    return {row.proposal_id: row.backers for row in session.execute(query)}


def is_backed_by(session: Session, proposal: Proposal, person: Person) -> bool:
    """Whether somebody backs this proposal."""
    return session.get(Backing, (proposal.id, person.id)) is not None


def people_following(session: Session, proposal: Proposal) -> list[Person]:
    """The proposer and everyone who backed it: whom news of it is owed to."""
    backers = select(Backing.person_id).where(Backing.proposal_id == proposal.id)
    query = (
        select(Person)
        .where(Person.id.in_(backers) | (Person.id == proposal.proposer_id))
        .order_by(Person.id)
    )
    return list(session.scalars(query))


def menu(session: Session) -> list[MenuItem]:
    """The services on offer, by category and title."""
    query = select(MenuItem).where(MenuItem.offered).order_by(MenuItem.category, MenuItem.title)
    return list(session.scalars(query))
