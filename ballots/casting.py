"""Casting and changing a ballot: the way into the box, for one or for many at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Select,
    String,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy import cast as cast_as
from sqlalchemy.orm import Session

from ballots.box import Ballot, Casting, PendingBallot
from ballots.envelopes import Envelope, EnvelopeKey
from ballots.keys import KeyStore
from ballots.paper_ballots import ENTERED, PaperBallot, PaperHolder, PaperState
from ballots.papers import BallotPaper, canonical, faults_in
from ballots.receipts import Promise, Receipt
from ballots.refusals import BadPaper, BallotRefusal
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import hold_round, insert_for, now
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import PhaseStart, Round


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
            keys,
            paper,
            the_round.id,
            entry.id,
            choices,
            request_id=request_id,
            client_nonce=client_nonce,
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
    round_id: int,
    entry_id: int,
    choices: object,
    *,
    request_id: str,
    client_nonce: str = "",
) -> Envelope:
    """Check a filled-in paper and put it into its envelope; stores nothing.

    Raises BadPaper, and KeyError while the round has no key: its vote never opened, or it is long
    over.
    """
    key = EnvelopeKey(keys, round_id)
    faults = faults_in(paper, choices)
    if faults or not isinstance(choices, list | tuple | dict):
        raise BadPaper(faults)
    text = canonical(paper.ballot_format, choices)
    return key.close(entry_id, text, request_id, client_nonce, longest=paper.longest_text)


def check_open(session: Session, the_round: Round) -> None:
    """Raise Refused unless ballots are taken at this moment, by the database's clock."""
    refusal = _why_not_open(session, the_round.id)
    if refusal is not None:
        raise Refused(refusal)


def check_open_as_read(session: Session, the_round: Round) -> None:
    """The same by what this session has read of the round: for pages, never for casting."""
    refusal = _why_closed(session, the_round.phase, the_round.vote_closes_at)
    if refusal is not None:
        raise Refused(refusal)


# Written once: to put a question together takes as long as to ask it.
_STANDING = select(
    Round.phase,
    select(PhaseStart.starts_at)
    .where(PhaseStart.round_id == bindparam("round_id"), PhaseStart.phase == Phase.COUNT)
    .scalar_subquery(),
).where(Round.id == bindparam("round_id"))


def _why_not_open(session: Session, round_id: int) -> BallotRefusal | None:
    phase, starts_at = session.execute(_STANDING, {"round_id": round_id}).one()
    return _why_closed(session, phase, cast("datetime | None", starts_at))


def _why_closed(session: Session, phase: Phase, closes_at: datetime | None) -> BallotRefusal | None:
    if is_past(phase, Phase.VOTE):
        return BallotRefusal.VOTE_NOT_OPEN
    closed = closes_at is not None and now(session) >= closes_at
    return BallotRefusal.VOTE_CLOSED if closed or phase != Phase.VOTE else None


class Stored(NamedTuple):
    """An envelope that lies in the box, now or since before: then this was a retry."""

    promise: Promise
    is_retry: bool


@dataclass(frozen=True)
class _Facts:
    """What is known of some envelopes before they are put in."""

    # Castings that were accepted before: whoever sends one again gets the receipt again.
    known: frozenset[str]
    on_roll: frozenset[int]
    # Who votes on paper, and so not by phone.
    on_paper: frozenset[int]
    # Papers that tellers have read, while there are fewer in the box than people who hold one.
    papers_read: frozenset[int]
    voted_before: frozenset[str]


def put_in(
    session: Session, round_id: int, envelopes: Sequence[Envelope]
) -> list[Stored | Refused]:
    """Put envelopes of one round into the pending box together, in the order of arrival.

    Each is stored, or told why not. Either all that are accepted are stored, or none. A paper
    ballot (an entry below 0: its number) comes alone, by whoever holds the round alone.
    """
    hold_round(session, round_id, alone=False)
    facts = _facts_about(session.connection(), round_id, envelopes)
    # Of one cast the first counts: what comes again behind a newer one is a late retry.
    first = _first_of_each(envelopes)
    new = [each for each in first.values() if each.casting not in facts.known]
    refusals = _refusals(session, round_id, new, facts)
    accepted = [each for each in new if each.casting not in refusals]
    retries = facts.known | _store(session.connection(), round_id, accepted, facts.voted_before)
    return [
        Refused(refusals[each.casting])
        if each.casting in refusals
        else Stored(each.promise, each.casting in retries or each is not first[each.casting])
        for each in envelopes
    ]


def _first_of_each(envelopes: Sequence[Envelope]) -> dict[str, Envelope]:
    first: dict[str, Envelope] = {}
    for each in envelopes:
        first.setdefault(each.casting, each)
    return first


def _refusals(
    session: Session, round_id: int, envelopes: Sequence[Envelope], facts: _Facts
) -> dict[str, BallotRefusal]:
    """Why these castings are not accepted now, those that are not."""
    if not envelopes:
        return {}
    if any(each.entry_id < 0 for each in envelopes):
        ready = len(envelopes) == 1 and -envelopes[0].entry_id in facts.papers_read
        not_ready = dict.fromkeys(
            (each.casting for each in envelopes), BallotRefusal.PAPER_NOT_READY
        )
        return {} if ready else not_ready
    refusal = _why_not_open(session, round_id)
    if refusal is not None:
        return dict.fromkeys((each.casting for each in envelopes), refusal)
    reasons = {each.casting: _why_not(each.entry_id, facts) for each in envelopes}
    return {casting: reason for casting, reason in reasons.items() if reason is not None}


def _why_not(entry_id: int, facts: _Facts) -> BallotRefusal | None:
    if entry_id not in facts.on_roll:
        return BallotRefusal.NOT_ON_ROLL
    return BallotRefusal.VOTES_ON_PAPER if entry_id in facts.on_paper else None


# From here on tables and not classes, and statements made once: this is the way of every ballot.
_CASTINGS, _PENDING, _BALLOTS, _RECEIPTS, _ROLL, _ROUNDS, _HOLDERS, _PAPERS = (
    cast(Table, kind.__table__)
    for kind in (
        Casting, PendingBallot, Ballot, Receipt, RollEntry, Round, PaperHolder, PaperBallot,
    )
)  # fmt: skip
_NUMBERS = (_ROLL.c.id, _HOLDERS.c.entry_id, _PAPERS.c.number)


def _found(about: str, column: ColumnElement[Any], asked: str, *where: Any) -> Select[Any]:
    """Those of the values asked for that stand in a column, each with what it is about."""
    named = cast_as(column, String) if any(column is number for number in _NUMBERS) else column
    values: BindParameter[Any] = bindparam(asked, expanding=True)
    return select(literal_column(f"'{about}'"), named).where(column.in_(values), *where)


def _how_many(table: Table, *where: ColumnElement[bool]) -> ColumnElement[int]:
    query = select(func.count()).select_from(table)
    return query.where(table.c.round_id == bindparam("round"), *where).scalar_subquery()


# One question instead of six: the way to the database is longer than the search in it.
_FACTS = union_all(
    _found("waiting", _CASTINGS.c.casting, "castings", _CASTINGS.c.round_id == bindparam("round")),
    _found("sealed", _RECEIPTS.c.code, "codes"),
    # By number: + 0 keeps SQLite from looking through the whole roll of the round instead.
    _found("on-roll", _ROLL.c.id, "entries", _ROLL.c.round_id + 0 == bindparam("round")),
    _found("on-paper", _HOLDERS.c.entry_id, "entries", _HOLDERS.c.round_id == bindparam("round")),
    # Taken after the close too, and never more of them than people who hold one.
    _found(
        "paper-read",
        _PAPERS.c.number,
        "papers",
        _PAPERS.c.round_id == bindparam("round"),
        _PAPERS.c.state.in_(ENTERED),
        select(_ROUNDS.c.id)
        .where(_ROUNDS.c.id == bindparam("round"), _ROUNDS.c.phase == Phase.VOTE)
        .exists(),
        _how_many(_PAPERS, _PAPERS.c.state == PaperState.IN_BOX) < _how_many(_HOLDERS),
    ),
    _found("voted", _BALLOTS.c.voter_key, "voters", _BALLOTS.c.round_id == bindparam("round")),
)


def _facts_about(connection: Connection, round_id: int, envelopes: Sequence[Envelope]) -> _Facts:
    codes = {each.promise.code: each.casting for each in envelopes}
    asked = {
        "round": round_id,
        "castings": list(codes.values()),
        "codes": list(codes),
        "entries": [each.entry_id for each in envelopes],
        "papers": [-each.entry_id for each in envelopes if each.entry_id < 0],
        "voters": [each.paper.voter_key for each in envelopes],
    }
    found: dict[str, set[str]] = {
        "waiting": set(),
        "sealed": set(),
        "on-roll": set(),
        "on-paper": set(),
        "paper-read": set(),
        "voted": set(),
    }
    for about, value in connection.execute(_FACTS, asked):
        found[about].add(value)
    return _Facts(
        known=frozenset(found["waiting"] | {codes[code] for code in found["sealed"]}),
        on_roll=frozenset(map(int, found["on-roll"])),
        on_paper=frozenset(map(int, found["on-paper"])),
        papers_read=frozenset(map(int, found["paper-read"])),
        voted_before=frozenset(found["voted"]),
    )


@cache
def _add_castings(dialect: str) -> Executable:
    rows = insert_for(dialect, _CASTINGS).on_conflict_do_nothing()
    return rows.returning(_CASTINGS.c.casting)


@cache
def _point_to_castings(dialect: str) -> Executable:
    rows = insert_for(dialect, _PENDING)
    return rows.on_conflict_do_update(
        index_elements=["round_id", "voter"],
        set_={
            "casting": rows.excluded.casting,
            "castings": _PENDING.c.castings + rows.excluded.castings,
            "seal": rows.excluded.seal,
        },
    )


def _store(
    connection: Connection,
    round_id: int,
    envelopes: Sequence[Envelope],
    voted_before: frozenset[str],
) -> frozenset[str]:
    """Store these; returns castings that won on another connection a moment ago: retries."""
    # In one order for everybody: two servers that wait for each other's rows would wait for ever.
    if not envelopes:
        return frozenset()
    rows = [
        {
            "round_id": round_id,
            "casting": each.casting,
            "voter": each.voter,
            "envelope": each.contents,
        }
        for each in sorted(envelopes, key=attrgetter("casting"))
    ]
    stored = set(connection.execute(_add_castings(connection.dialect.name), rows).scalars())
    ballots = {each.voter: each for each in envelopes if each.casting in stored}
    castings = Counter(each.voter for each in envelopes if each.casting in stored)
    if ballots:
        pointers = [
            {
                "round_id": round_id,
                "voter": voter,
                "casting": ballots[voter].casting,
                "castings": castings[voter],
                "seal": ballots[voter].seal,
                "first_time": ballots[voter].paper.voter_key not in voted_before,
                "covered": ballots[voter].paper.voter_key in voted_before,
            }
            for voter in sorted(ballots)
        ]
        connection.execute(_point_to_castings(connection.dialect.name), pointers)
    return frozenset(each.casting for each in envelopes if each.casting not in stored)
