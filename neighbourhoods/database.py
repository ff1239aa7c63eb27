"""Sessions, the database's own clock, and the types every table shares."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from neighbourhoods.turns import Turns

Clock = Callable[[], datetime]
# Where the days of people and of the law begin and end.
LONDON = ZoneInfo("Europe/London")

# How soon a PostgreSQL that was cut off without a word is known to be gone (libpq’s settings).
GONE_WITHIN = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

# Every constraint has a name, so that a migration can drop it and an error can cite it.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, always aware and always UTC, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; SQLite keeps it as naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back to what SQLite kept without one."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """One word of a fixed list, stored by its value; the list is a CHECK in the table."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        """Keep the list of words."""
        super().__init__(40)
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, _dialect: Dialect) -> str | None:
        """Store the value, and only one that is on the list."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        """Return the member of the list."""
        return None if value is None else self.words(value)


def one_of(column: str, words: type[StrEnum]) -> str:
    """SQL for a CHECK that a column holds one of the words."""
    return f"{column} IN ({', '.join(repr(str(word.value)) for word in words)})"


Pence = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[datetime, mapped_column(UTCDateTime)]


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(naming_convention=NAMES)


class Database:
    """One engine, with sessions that read and sessions that may write."""

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        """Connect lazily; `clock` replaces the database's own clock in tests."""
        self.url = make_url(url)
        self.clock = clock
        self.engine = _engine(url)
        # Connections of their own: the box, and whoever closes it, never wait for one behind the
        # hundreds who look something up.
        self._for_writing = _engine(url).execution_options(writing=True)
        # SQLite has one writer. Its busy-wait would block every green thread of the process,
        # the lock's holder included, so writers of one process queue here instead: in turn, or
        # constant voting would keep a vote from closing.
        self._one_writer = Turns() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking things up."""
        with Session(self.engine, info={"clock": self.clock}, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that may write; nothing is kept unless the caller commits."""
        with (
            self._one_writer,
            Session(
                self._for_writing, info={"clock": self.clock}, expire_on_commit=False
            ) as session,
        ):
            yield session

    def end_idle_writers(self, seconds: float) -> None:
        """Let PostgreSQL end whoever falls silent in the middle of a transaction.

        A process that hangs there would hold its locks, and with them a vote, for as long.
        """
        if self.is_sqlite:
            return

        def prepare(connection: Any, _record: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SET idle_in_transaction_session_timeout = {int(seconds * 1000)}")
            connection.commit()

        event.listen(self._for_writing, "connect", prepare)

    def line_of_its_own(self) -> Connection:
        """A connection outside every pool, on which each statement stands alone."""
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=GONE_WITHIN,
        )
        return engine.connect()

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._for_writing.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # an error must not carry a ballot into a log
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged ballot survives a power cut
        "foreign_keys=ON",
        "busy_timeout=30000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def now(session: Session) -> datetime:
    """The moment by the database's clock, which decides every deadline."""
    clock: Clock | None = session.info.get("clock")
    if clock is not None:
        return clock()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    # clock_timestamp, not now(): a transaction that waited for a lock must not see the past.
    asked = (
        "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')" if on_sqlite else "SELECT clock_timestamp()"
    )
    with session.no_autoflush:  # asking the time must not store half of what is being written
        answer = session.execute(text(asked)).scalar_one()
    if isinstance(answer, datetime):
        return answer.astimezone(UTC)
    return datetime.fromisoformat(str(answer)).replace(tzinfo=UTC)


def today(session: Session) -> date:
    """The day it is in Britain, by the database's clock."""
    return now(session).astimezone(LONDON).date()


def insert_into(session: Session, rows: type[Base]) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that can settle conflicts, in the dialect of this database."""
    return insert_for(session.get_bind().dialect.name, rows)


def insert_for(dialect: str, rows: type[Base] | Table) -> "postgresql.Insert | sqlite.Insert":
    """An INSERT that can settle conflicts, in a dialect."""
    return sqlite.insert(rows) if dialect == "sqlite" else postgresql.insert(rows)


def hold_round(session: Session, round_id: int, *, alone: bool) -> None:
    """Hold a round until the transaction ends: many voters together, or a closer alone.

    PostgreSQL's advisory locks queue fairly; a shared row lock starves the closer. On SQLite
    the write transaction is already the lock.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    session.execute(text(f"SELECT {name}(:room, :round)"), {"room": 7001, "round": round_id})


def take_time(session: Session, seconds: int) -> None:
    """Let this transaction fall silent for longer than others may: it works on something large."""
    if session.get_bind().dialect.name != "sqlite":
        allowed = f"SET LOCAL idle_in_transaction_session_timeout = {seconds * 1000:d}"
        session.execute(text(allowed))
