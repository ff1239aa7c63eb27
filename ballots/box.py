"""The ballot box: casting and changing a ballot. Ballots carry no name, time or serial.

A cast goes into the pending box, encrypted and under names of its own; `ballots.sealing` moves it
on, shuffled with others, into the ledger and to the sealed ballots.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import (
    Connection,
    Executable,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.envelopes import Envelope, EnvelopeKey
from ballots.keys import KeyStore
from ballots.papers import BallotPaper, canonical, faults_in
from ballots.receipts import Promise, Receipt
from ballots.refusals import BadPaper, BallotRefusal
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import Base, hold_round, insert_for, now
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import PhaseStart, Round


class Casting(Base):
    """One accepted cast that waits to be sealed: nothing in its row can be read without the key."""

    __tablename__ = "castings"
    __table_args__ = (
        Index(None, "round_id", "voter"),
        # No row numbers: they would keep the order of arrival.
        {"sqlite_with_rowid": False},
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    casting: Mapped[str] = mapped_column(String(64), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class PendingBallot(Base):
    """Which of somebody's castings is their ballot, until it is sealed."""

    __tablename__ = "pending_ballots"
    __table_args__ = (
        ForeignKeyConstraint(["round_id", "casting"], ["castings.round_id", "castings.casting"]),
        {"sqlite_with_rowid": False},
    )

    # One voter, one ballot: the primary key says it, whatever the concurrency.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    casting: Mapped[str] = mapped_column(String(64))
    # Whether this voter has no sealed ballot that this one replaces.
    first_time: Mapped[bool]
    # Whether published figures cover this voter.
    covered: Mapped[bool]


class Ballot(Base):
    """One voter's last valid paper in one round, sealed: its commitment stands in the ledger."""

    __tablename__ = "ballots"
    # No row numbers, and written in shuffled batches: rows keep no order of arrival.
    __table_args__ = ({"sqlite_with_rowid": False},)

    # One voter, one ballot: the primary key says it, whatever the concurrency.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    voter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    commitment: Mapped[str] = mapped_column(String(64))
    client_nonce: Mapped[str] = mapped_column(String(64))
    server_nonce: Mapped[str] = mapped_column(String(32))
    choices: Mapped[str] = mapped_column(Text)


def cast_ballot(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    entry: RollEntry | None,
    choices: object,
    *,
    request_id: str,
    client_nonce: str = "",
) -> Promise:
    """Put a ballot in the box, or change it; the same request again gets the same receipt.

    Asks in order: on the roll? well filled in? a retry? open? Raises Refused or BadPaper.
    """
    if entry is None or entry.round_id != the_round.id:
        raise Refused(BallotRefusal.NOT_ON_ROLL)
    rules = rules_of(session, the_round.id)
    if rules is None:
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    paper = paper_for(session, the_round, rules)
    try:
        envelope = fill_in(
            keys, paper, entry, choices, request_id=request_id, client_nonce=client_nonce
        )
    except BadPaper:
        check_open(session, the_round)
        raise
    except KeyError as missing:
        check_open(session, the_round)
        raise Refused(BallotRefusal.VOTE_NOT_OPEN) from missing
    (answer,) = put_in(session, the_round.id, [envelope])
    if isinstance(answer, Refused):
        raise answer
    return answer.promise


def fill_in(
    keys: KeyStore,
    paper: BallotPaper,
    entry: RollEntry,
    choices: object,
    *,
    request_id: str,
    client_nonce: str = "",
) -> Envelope:
    """Check a filled-in paper and put it into its envelope; stores nothing.

    Raises BadPaper, and KeyError while the round has no key: its vote never opened, or it is long
    over.
    """
    key = EnvelopeKey(keys, entry.round_id)
    faults = faults_in(paper, choices)
    if faults or not isinstance(choices, list | tuple | dict):
        raise BadPaper(faults)
    return key.close(entry.id, canonical(paper.ballot_format, choices), request_id, client_nonce)


def check_open(session: Session, the_round: Round) -> None:
    """Raise Refused unless ballots are taken at this moment, by the database's clock."""
    refusal = _why_not_open(session, the_round.id)
    if refusal is not None:
        raise Refused(refusal)


def _why_not_open(session: Session, round_id: int) -> BallotRefusal | None:
    closes = select(PhaseStart.starts_at).where(
        PhaseStart.round_id == round_id, PhaseStart.phase == Phase.COUNT
    )
    query = select(Round.phase, closes.scalar_subquery()).where(Round.id == round_id)
    phase, starts_at = session.execute(query).one()
    closes_at = cast("datetime | None", starts_at)
    if is_past(phase, Phase.VOTE):
        return BallotRefusal.VOTE_NOT_OPEN
    closed = closes_at is not None and now(session) >= closes_at
    return BallotRefusal.VOTE_CLOSED if closed or phase != Phase.VOTE else None


class Stored(NamedTuple):
    """An envelope that lies in the box, now or since before: then this was a retry."""

    promise: Promise
    is_retry: bool


def put_in(
    session: Session, round_id: int, envelopes: Sequence[Envelope]
) -> list[Stored | Refused]:
    """Put envelopes of one round into the pending box together, in the order of arrival.

    Each is stored, or told why not. Either all that are accepted are stored, or none.
    """
    hold_round(session, round_id, alone=False)
    known = _known(session, round_id, envelopes)
    refusal = _why_not_open(session, round_id)
    if refusal is None:
        known |= _store(session, round_id, [e for e in envelopes if e.casting not in known])
        first = _first_of_each(envelopes)
        return [
            Stored(each.promise, each.casting in known or each is not first[each.casting])
            for each in envelopes
        ]
    return [
        Stored(each.promise, is_retry=True) if each.casting in known else Refused(refusal)
        for each in envelopes
    ]


# From here on tables and not classes, and statements made once: this is the way of every ballot.
_CASTINGS = cast(Table, Casting.__table__)
_PENDING = cast(Table, PendingBallot.__table__)
_WAITING = select(_CASTINGS.c.casting).where(
    _CASTINGS.c.round_id == bindparam("round"),
    _CASTINGS.c.casting.in_(bindparam("castings", expanding=True)),
)
_SEALED_RECEIPTS = select(Receipt.__table__.c.code).where(
    Receipt.__table__.c.code.in_(bindparam("codes", expanding=True))
)
_SEALED_VOTERS = select(Ballot.__table__.c.voter_key).where(
    Ballot.__table__.c.round_id == bindparam("round"),
    Ballot.__table__.c.voter_key.in_(bindparam("voters", expanding=True)),
)


@cache
def _add_castings(dialect: str) -> Executable:
    rows = insert_for(dialect, _CASTINGS).on_conflict_do_nothing()
    return rows.returning(_CASTINGS.c.casting)


@cache
def _point_to_castings(dialect: str) -> Executable:
    rows = insert_for(dialect, _PENDING)
    return rows.on_conflict_do_update(
        index_elements=["round_id", "voter"], set_={"casting": rows.excluded.casting}
    )


def _known(session: Session, round_id: int, envelopes: Sequence[Envelope]) -> set[str]:
    """Castings that were accepted before: whoever sends one again gets the receipt again."""
    ask = session.connection().execute
    castings = [each.casting for each in envelopes]
    codes = {each.promise.code: each.casting for each in envelopes}
    waiting = ask(_WAITING, {"round": round_id, "castings": castings}).scalars()
    sealed = ask(_SEALED_RECEIPTS, {"codes": list(codes)}).scalars()
    return {*waiting, *(codes[code] for code in sealed)}


def _store(session: Session, round_id: int, envelopes: Sequence[Envelope]) -> set[str]:
    """Store these; returns castings that won on another connection a moment ago: retries."""
    # In one order for everybody: two servers that wait for each other's rows would wait for ever.
    # Of one cast the first counts: what comes again behind a newer one is a late retry.
    castings = _first_of_each(envelopes)
    if not castings:
        return set()
    connection = session.connection()
    accepted = set(
        connection.execute(
            _add_castings(connection.dialect.name),
            [
                {
                    "round_id": round_id,
                    "casting": casting,
                    "voter": castings[casting].voter,
                    "envelope": castings[casting].contents,
                }
                for casting in sorted(castings)
            ],
        ).scalars()
    )
    ballots = {each.voter: each for casting, each in castings.items() if casting in accepted}
    if ballots:
        _point(connection, round_id, ballots)
    return castings.keys() - accepted


def _first_of_each(envelopes: Sequence[Envelope]) -> dict[str, Envelope]:
    first: dict[str, Envelope] = {}
    for each in envelopes:
        first.setdefault(each.casting, each)
    return first


def _point(connection: Connection, round_id: int, ballots: Mapping[str, Envelope]) -> None:
    """Make these castings their voters' ballots."""
    asked = {"round": round_id, "voters": [each.paper.voter_key for each in ballots.values()]}
    voted_before = set(connection.execute(_SEALED_VOTERS, asked).scalars())
    connection.execute(
        _point_to_castings(connection.dialect.name),
        [
            {
                "round_id": round_id,
                "voter": voter,
                "casting": ballots[voter].casting,
                "first_time": ballots[voter].paper.voter_key not in voted_before,
                "covered": ballots[voter].paper.voter_key in voted_before,
            }
            for voter in sorted(ballots)
        ],
    )


def waiting_in(session: Session, round_id: int, *, covered: bool | None = None) -> int:
    """How many first-time voters' ballots are not sealed yet; only covered ones, or others."""
    query = (
        select(func.count())
        .select_from(PendingBallot)
        .where(PendingBallot.round_id == round_id, PendingBallot.first_time)
    )
    if covered is not None:
        query = query.where(PendingBallot.covered.is_(covered))
    return int(session.execute(query).scalar_one())
