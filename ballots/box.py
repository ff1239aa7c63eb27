"""The ballot box: casting and changing a ballot. Ballots carry no name, time or serial.

A cast goes into the pending box, encrypted and under names of its own; `ballots.sealing` moves it
on, shuffled with others, into the ledger and to the sealed ballots.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.envelopes import Envelope, EnvelopeKey
from ballots.keys import KeyStore
from ballots.papers import canonical, faults_in
from ballots.receipts import Promise, Receipt
from ballots.refusals import BadPaper, BallotRefusal
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import Base, hold_round, insert_into, now
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
    # How many castings of theirs wait, and the keyed proof that this one is their ballot: whoever
    # changes the database cannot take one away, or point to an older one.
    castings: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
    # Whether this voter has no sealed ballot that this one replaces.
    first_time: Mapped[bool]
    # Whether published figures cover this voter.
    covered: Mapped[bool]


class Ballot(Base):
    """One voter's last valid paper in one round, sealed: its commitment stands in the ledger."""

    __tablename__ = "ballots"
    __table_args__ = (
        UniqueConstraint("round_id", "commitment"),
        # No row numbers, and written in shuffled batches: rows keep no order of arrival.
        {"sqlite_with_rowid": False},
    )

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
    envelope = fill_in(
        session,
        keys,
        the_round,
        entry,
        choices,
        request_id=request_id,
        client_nonce=client_nonce,
    )
    (answer,) = put_in(session, the_round.id, [envelope])
    if isinstance(answer, Refused):
        raise answer
    return answer


def fill_in(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    entry: RollEntry | None,
    choices: object,
    *,
    request_id: str,
    client_nonce: str = "",
) -> Envelope:
    """Check a filled-in paper and put it into its envelope; stores nothing.

    Raises Refused or BadPaper.
    """
    if entry is None or entry.round_id != the_round.id:
        raise Refused(BallotRefusal.NOT_ON_ROLL)
    rules = rules_of(session, the_round.id)
    try:
        key = EnvelopeKey(keys, the_round.id)
    except KeyError:
        rules = None
    if rules is None:
        check_open(session, the_round)
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    faults = faults_in(paper_for(session, the_round, rules), choices)
    if faults or not isinstance(choices, (list, tuple, dict)):
        check_open(session, the_round)
        raise BadPaper(faults)
    text = canonical(rules.ballot_format, choices)
    return key.close(entry.id, text, request_id, client_nonce)


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


def put_in(
    session: Session, round_id: int, envelopes: Sequence[Envelope]
) -> list[Promise | Refused]:
    """Put envelopes of one round into the pending box together, in the order of arrival.

    A promise for each, or why not. Either all that are accepted are stored, or none.
    """
    hold_round(session, round_id, alone=False)
    known = _known(session, round_id, envelopes)
    refusal = _why_not_open(session, round_id)
    if refusal is None:
        _store(session, round_id, [each for each in envelopes if each.casting not in known])
        return [each.promise for each in envelopes]
    return [each.promise if each.casting in known else Refused(refusal) for each in envelopes]


def _known(session: Session, round_id: int, envelopes: Sequence[Envelope]) -> set[str]:
    """Castings that were accepted before: whoever sends one again gets the receipt again."""
    waiting = select(Casting.casting).where(
        Casting.round_id == round_id, Casting.casting.in_([each.casting for each in envelopes])
    )
    sealed = select(Receipt.code).where(Receipt.code.in_([each.promise.code for each in envelopes]))
    codes = set(session.scalars(sealed))
    return {
        *session.scalars(waiting),
        *(each.casting for each in envelopes if each.promise.code in codes),
    }


def _store(session: Session, round_id: int, envelopes: Sequence[Envelope]) -> None:
    if not envelopes:
        return
    # In one order for everybody: two servers that wait for each other's rows would wait for ever.
    castings = {each.casting: each for each in envelopes}
    accepted = set(
        session.scalars(
            insert_into(session, Casting).on_conflict_do_nothing().returning(Casting.casting),
            [
                {
                    "round_id": round_id,
                    "casting": casting,
                    "voter": castings[casting].voter,
                    "envelope": castings[casting].contents,
                }
                for casting in sorted(castings)
            ],
        )
    )
    # What is missing won on another connection a moment ago: a retry, which changes nothing.
    ballots = {each.voter: each for each in envelopes if each.casting in accepted}
    if not ballots:
        return
    accepted_of = Counter(castings[casting].voter for casting in accepted)
    sealed = select(Ballot.voter_key).where(
        Ballot.round_id == round_id,
        Ballot.voter_key.in_([each.paper.voter_key for each in ballots.values()]),
    )
    voted_before = set(session.scalars(sealed))
    upsert = insert_into(session, PendingBallot)
    session.execute(
        upsert.on_conflict_do_update(
            index_elements=["round_id", "voter"],
            set_={
                "casting": upsert.excluded.casting,
                "castings": PendingBallot.castings + upsert.excluded.castings,
                "seal": upsert.excluded.seal,
            },
        ),
        [
            {
                "round_id": round_id,
                "voter": voter,
                "casting": ballots[voter].casting,
                "castings": accepted_of[voter],
                "seal": ballots[voter].seal,
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
