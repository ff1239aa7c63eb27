"""What a purge clears, table by table: which rows are due, and what is blanked in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, literal, or_, select, true

from app.privacy.periods import Period
from ballots.drafts import SheetDraft
from ballots.ledger import EntryKind, LedgerEntry
from ballots.signing import Passkey
from neighbourhoods.assemblies import ActKind, Assembly, AssemblyAct
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import Base
from neighbourhoods.debate import Point, Report
from neighbourhoods.digests import WeeklyDigest
from neighbourhoods.door import WalkIn
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.interests import RegisteredInterest
from neighbourhoods.letters import Letter
from neighbourhoods.people import NOWHERE, Person, SignInCode
from neighbourhoods.phases import Phase
from neighbourhoods.ratings import Rating
from neighbourhoods.rounds import RoundMove
from neighbourhoods.speakers import SpeakingTurn

# How what was somebody’s begins once it is nobody’s; no roll and no hash begins so.
GONE = "gone-"
# Acts whose words are a resident’s name.
NAMING = (
    ActKind.CHECK_IN,
    ActKind.CHECK_OUT,
    ActKind.APPROVE_WALK_IN,
    ActKind.MOVE_SPEAKER,
    ActKind.CALL_SPEAKER,
)


@dataclass(frozen=True)
class Clearing:
    """One table’s part of a purge; what is done to a row makes it no longer due."""

    rows: type[Base]
    period: Period
    # Which rows are due: counted from a moment so many days ago.
    due: Callable[[datetime], ColumnElement[bool]]
    # What is written over; nothing where the row itself is deleted.
    blank: Mapping[str, Any] = field(default_factory=dict)
    # The column that tells when that was done, if there is one.
    stamp: str | None = None
    # What must also hold before anything is done, beside the time.
    ready: ColumnElement[bool] = field(default_factory=true)

    @property
    def table(self) -> str:
        """The table’s name."""
        return self.rows.__tablename__


def nobody(column: Any) -> ColumnElement[str]:
    """What stands in place of a name of somebody’s: unlike any other, and says nothing."""
    return literal(GONE).concat(cast(column, String))


def meetings_over(moment: datetime) -> Any:
    """Meetings that were over by a moment, also those that nobody ended."""
    over = func.coalesce(Assembly.ended_at, Assembly.starts_at, type_=Assembly.starts_at.type)
    return select(Assembly.id).where(over < moment)


def _in_delivery(moment: datetime) -> Any:
    """Rounds whose delivery had begun by a moment."""
    return select(RoundMove.round_id).where(
        RoundMove.to_phase == Phase.DELIVERY, RoundMove.moved_at < moment
    )


def roll_may_change() -> ColumnElement[bool]:
    """That nothing is held against a roll any more: its key is destroyed, or there never was one.

    As long as the key is there, `flask audit` holds the roll against the ledger’s first entry.
    """
    destroyed = select(LedgerEntry.round_id).where(LedgerEntry.kind == EntryKind.KEY_DESTROYED)
    any_entry = select(LedgerEntry.round_id)
    delivered = select(RoundMove.round_id).where(RoundMove.to_phase == Phase.DELIVERY)
    return or_(
        RollEntry.round_id.in_(destroyed),
        and_(RollEntry.round_id.in_(delivered), RollEntry.round_id.not_in(any_entry)),
    )


BLANK_ROLL: Mapping[str, Any] = {
    "reference": nobody(RollEntry.id),
    "name": "",
    "postcode": None,
    "email": None,
    "code_hash": nobody(RollEntry.id),
}
BLANK_PERSON: Mapping[str, Any] = {
    "email": literal("erased-").concat(cast(Person.id, String)).concat(NOWHERE),
    "name": "",
}


def _hangs_from_nobody() -> ColumnElement[bool]:
    """That no row of any table leads to a person."""
    links = [
        column
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.column is Person.__table__.c.id for key in column.foreign_keys)
    ]
    return and_(
        *(Person.id.not_in(select(link).where(link.is_not(None))) for link in links),
    )


def _before(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda moment: column < moment


def _day(moment: datetime) -> date:
    return moment.date()


def clearings() -> tuple[Clearing, ...]:
    """All of them, in an order in which nothing points to what is gone."""
    return (
        Clearing(SignInCode, Period.CODES, _before(SignInCode.expires_at)),
        Clearing(Letter, Period.LETTERS, _before(Letter.written_at)),
        Clearing(WeeklyDigest, Period.LETTERS, _before(WeeklyDigest.taken_at)),
        Clearing(SheetDraft, Period.DRAFTS, _before(SheetDraft.saved_at)),
        Clearing(
            Passkey,
            Period.ACCOUNTS,
            lambda moment: (
                func.coalesce(Passkey.used_at, Passkey.added_at, type_=Passkey.added_at.type)
                < moment
            ),
        ),
        Clearing(Report, Period.REPORTS, _before(Report.settled_at)),
        Clearing(
            Point,
            Period.REPORTS,
            lambda moment: and_(Point.hidden_at < moment, Point.words != ""),
            {"words": ""},
        ),
        Clearing(
            Rating,
            Period.RATINGS,
            lambda moment: and_(Rating.rated_at < moment, Rating.rater.not_like(f"{GONE}%")),
            {"rater": nobody(Rating.id)},
        ),
        Clearing(
            RegisteredInterest,
            Period.REGISTER,
            lambda moment: RegisteredInterest.ended_on < _day(moment),
        ),
        *_of_meetings(),
        Clearing(
            RollEntry,
            Period.ROLL,
            lambda moment: and_(RollEntry.round_id.in_(_in_delivery(moment)), RollEntry.name != ""),
            BLANK_ROLL,
            ready=roll_may_change(),
        ),
        Clearing(
            Person,
            Period.ACCOUNTS,
            lambda moment: and_(
                Person.joined_at < moment, Person.erased_at.is_(None), _hangs_from_nobody()
            ),
            BLANK_PERSON,
            stamp="erased_at",
        ),
    )


def _of_meetings() -> tuple[Clearing, ...]:
    return (
        Clearing(
            WalkIn, Period.MEETINGS, lambda moment: WalkIn.assembly_id.in_(meetings_over(moment))
        ),
        Clearing(
            Phone,
            Period.MEETINGS,
            lambda moment: and_(
                Phone.assembly_id.in_(meetings_over(moment)),
                or_(Phone.name != "", Phone.attendee_id.is_not(None)),
            ),
            {"name": "", "attendee_id": None},
        ),
        Clearing(
            Attendee,
            Period.MEETINGS,
            lambda moment: and_(
                Attendee.assembly_id.in_(meetings_over(moment)), Attendee.name != ""
            ),
            {"name": "", "reference": nobody(Attendee.id)},
        ),
        Clearing(
            SpeakingTurn,
            Period.MEETINGS,
            lambda moment: and_(
                SpeakingTurn.assembly_id.in_(meetings_over(moment)), SpeakingTurn.name != ""
            ),
            {"name": ""},
        ),
        Clearing(
            AssemblyAct,
            Period.MEETINGS,
            lambda moment: and_(
                AssemblyAct.assembly_id.in_(meetings_over(moment)),
                AssemblyAct.kind.in_(NAMING),
                AssemblyAct.words != "",
            ),
            {"words": ""},
        ),
    )
