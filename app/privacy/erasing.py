"""Erasing somebody: what is theirs alone goes, what the record must keep stays without their name.

See docs/decisions/0018-erasure.md.
"""

import secrets

from sqlalchemy import Delete, Update, and_, delete, not_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.privacy.clearings import (
    BLANK_PERSON,
    BLANK_ROLL,
    GONE,
    NAMING,
    nobody,
    roll_may_change,
)
from app.privacy.own_links import attendees_of, phones_of, ratings_by_entries, ratings_of
from ballots.drafts import SheetDraft
from ballots.signing import Passkey
from ballots.stages import Substitution
from neighbourhoods.assemblies import Assembly, AssemblyAct, AssemblyState
from neighbourhoods.attendance import Attendee
from neighbourhoods.database import Base, now
from neighbourhoods.debate import Point, Report
from neighbourhoods.digests import DigestRefusal, WeeklyDigest
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.letters import Letter
from neighbourhoods.people import (
    NOWHERE,
    Appointment,
    Person,
    SignInCode,
    holds_or_will_hold_office,
)
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import Backing, Proposal, ProposalVersion
from neighbourhoods.ratings import Rating
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.speakers import SpeakingTurn

# What is somebody’s alone.
_THEIRS: tuple[tuple[type[Base], InstrumentedAttribute[int]], ...] = (
    (Backing, Backing.person_id),
    (Passkey, Passkey.person_id),
    (SheetDraft, SheetDraft.person_id),
    (DigestRefusal, DigestRefusal.person_id),
    (WeeklyDigest, WeeklyDigest.person_id),
)


def is_needed_in_office(session: Session, person: Person) -> bool:
    """Whether somebody holds an office, or is named to act where a decision waits."""
    named = (
        select(Substitution.id)
        .join(Round, Round.id == Substitution.round_id)
        .where(Substitution.person_id == person.id, Round.phase == Phase.SIGN_OFF)
    )
    waits = session.scalar(named.limit(1)) is not None
    return waits or holds_or_will_hold_office(session, person)


def acted_in_office(session: Session, person: Person) -> bool:
    """Whether somebody ever held an office or was named to act: their name stands in decisions."""
    held = select(Appointment.id).where(Appointment.person_id == person.id)
    named = select(Substitution.id).where(Substitution.person_id == person.id)
    return any(session.scalar(query.limit(1)) is not None for query in (held, named))


def erase_person(session: Session, person: Person, ratings_key: bytes) -> None:
    """Take somebody out of all that need not keep them; asking twice is asking once.

    Refused while they hold an office. The row stays, empty, so that no cookie of theirs ever finds
    somebody else. `ratings_key` makes the marks that their ratings lie under.
    """
    session.refresh(person, with_for_update=True)
    if person.erased_at is not None:
        return
    if is_needed_in_office(session, person):
        raise Refused(Refusal.IN_OFFICE)
    _forget_ratings(session, person, ratings_key)
    _forget_meetings(session, person)
    _blank_rolls(session, person)
    for rows, column in _THEIRS:
        _run(session, delete(rows).where(column == person.id))
    _run(session, delete(Letter).where(Letter.to_email == person.email))
    _run(session, delete(SignInCode).where(SignInCode.email == person.email))
    settled = Report.settled_at.is_not(None)
    _run(session, delete(Report).where(Report.person_id == person.id, settled))
    name = person.name
    _blank(session, person)
    if acted_in_office(session, person):
        # Decisions say who took them; what the same person said as a resident need not.
        _give_words_to_somebody_nameless(session, person)
        person.name = name
    session.flush()
    session.expire_all()


def _run(session: Session, statement: Delete | Update) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


def _blank(session: Session, person: Person) -> None:
    moment = now(session)
    blank = {**BLANK_PERSON, "joined_at": moment, "erased_at": moment}
    _run(session, update(Person).where(Person.id == person.id).values(blank))
    session.refresh(person)


def _blank_rolls(session: Session, person: Person) -> None:
    """Blank their entries of rolls against which nothing is held any more."""
    own = RollEntry.email == person.email
    _run(session, update(RollEntry).where(own, roll_may_change()).values(BLANK_ROLL))


def _forget_ratings(session: Session, person: Person, key: bytes) -> None:
    """Take out their marks, but none that an entry which stays on a roll could make again.

    Who came back as that entry would else rate the same project once more, and once more.
    """
    own = RollEntry.email == person.email
    staying = session.scalars(select(RollEntry).where(own, not_(roll_may_change())))
    kept = {rating.id for rating in ratings_by_entries(session, staying, key)}
    marks = [one.id for one in ratings_of(session, person, key) if one.id not in kept]
    _run(session, update(Rating).where(Rating.id.in_(marks)).values(rater=nobody(Rating.id)))


def _forget_meetings(session: Session, person: Person) -> None:
    """Take their name out of meetings that have ended, where their roll entry leads there."""
    ended = select(Assembly.id).where(Assembly.state == AssemblyState.ENDED)
    over = set(session.scalars(ended))
    for attendee in attendees_of(session, person):
        if attendee.assembly_id in over:
            _forget_attendee(session, attendee)


def _forget_attendee(session: Session, attendee: Attendee) -> None:
    phones = phones_of(session, [attendee])
    turns = list(
        session.scalars(
            select(SpeakingTurn).where(SpeakingTurn.phone_id.in_([phone.id for phone in phones]))
        )
    )
    named = {attendee.name, *(turn.name for turn in turns), *(phone.name for phone in phones)}
    for phone in phones:
        phone.name, phone.attendee_id = "", None
    for turn in turns:
        turn.name = ""
    query = select(AssemblyAct).where(
        AssemblyAct.assembly_id == attendee.assembly_id, AssemblyAct.kind.in_(NAMING)
    )
    for act in session.scalars(query):
        # Beside a name there may be a number of a phone, or a channel.
        if act.words.partition(": ")[0] in named:
            act.words = ""
    attendee.name, attendee.reference = "", f"{GONE}{attendee.id}"
    session.flush()


def _give_words_to_somebody_nameless(session: Session, person: Person) -> None:
    moment = now(session)
    nameless = Person(email=f"erased-{secrets.token_hex(8)}{NOWHERE}", joined_at=moment)
    nameless.erased_at = moment
    session.add(nameless)
    session.flush()
    own = select(Proposal.id).where(Proposal.proposer_id == person.id)
    for rows, column, which in (
        # Versions first: they are found by whose the proposal is.
        (ProposalVersion, "written_by_id", ProposalVersion.proposal_id.in_(own)),
        (Proposal, "proposer_id", true()),
        (Point, "author_id", Point.speaking_as == Role.RESIDENT),
        (Report, "person_id", true()),
    ):
        theirs = and_(getattr(rows, column) == person.id, which)
        _run(session, update(rows).where(theirs).values({column: nameless.id}))
