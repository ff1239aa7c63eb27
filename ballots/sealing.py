"""Sealing: pending ballots, drawn by lot and shuffled, enter the ledger in batches.

A batch is large, and what waits is at least as much again: somebody who knows in which order
people came, and has the whole database, finds no ballot by its place (decision 0010).
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Select,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.box import Ballot, Casting, PendingBallot
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey, Paper
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append
from ballots.merkle import root_of
from ballots.receipts import Receipt, receipt_code
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, hold_round, insert_into
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round

# Voters in a batch while the vote is open; as many always keep waiting.
BATCH = 250
# Rows named in one statement.
_AT_ONCE = 500


class Batch(Base):
    """One sealed batch, and how many ballots lie in the box with it."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("ballots >= 0", name="ballots"),
        ForeignKeyConstraint(
            ["round_id", "entry"], ["ledger_entries.round_id", "ledger_entries.number"]
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    # The number of its entry in the ledger.
    entry: Mapped[int]
    ballots: Mapped[int]


@dataclass
class Lot:
    """What is sealed together: each voter's ballot, and every commitment that goes with it."""

    ballots: list[Paper]
    castings: list[Paper]
    replaced: set[str]


def sealed_in(session: Session, round_id: int) -> int:
    """How many voters' ballots are sealed."""
    last = last_batch(session, round_id)
    return last.ballots if last else 0


# One question: between two a batch could be sealed, and its voters would be missed.
_TURNOUT = select(
    select(func.coalesce(func.max(Batch.ballots), 0))
    .where(Batch.round_id == bindparam("round_id"))
    .scalar_subquery()
    + select(func.count())
    .select_from(PendingBallot)
    .where(PendingBallot.round_id == bindparam("round_id"), PendingBallot.first_time)
    .scalar_subquery()
)


def turnout(session: Session, round_id: int) -> int:
    """How many people have a ballot in the box; always live, always exact."""
    return int(session.execute(_TURNOUT, {"round_id": round_id}).scalar_one())


def last_batch(session: Session, round_id: int) -> Batch | None:
    """The newest batch of a round."""
    return session.scalar(
        select(Batch).where(Batch.round_id == round_id).order_by(Batch.number.desc()).limit(1)
    )


def seal_next(session: Session, keys: KeyStore, the_round: Round) -> int:
    """Seal a batch if enough ballots wait; returns how many voters' ballots it holds.

    Only ballots that figures may cover are sealed while the vote is open, so that being sealed
    says nothing that the figures have not said.
    """
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round, ["phase"])
    kind = _due(session, the_round)
    if kind is None:
        return 0
    waiting = list(session.scalars(_waiting(session, the_round, first_time=kind)))
    _seal(session, keys, the_round.id, secrets.SystemRandom().sample(waiting, BATCH))
    return BATCH


def is_batch_due(session: Session, the_round: Round) -> bool:
    """Whether enough ballots wait for a batch to be sealed."""
    return _due(session, the_round) is not None


def _due(session: Session, the_round: Round) -> bool | None:
    """Whether the batch that is due now is one of first ballots, or of changed ones; or None.

    Never both: the ledger names what is replaced, and somebody who knows of the one person who
    changed a ballot since the last batch would see which ballot it was.
    """
    if the_round.phase != Phase.VOTE:
        return None
    for first_time in (True, False):
        query = _waiting(session, the_round, first_time=first_time)
        ready = session.execute(query.with_only_columns(func.count())).scalar_one()
        if int(ready) >= 2 * BATCH:
            return first_time
    return None


def _waiting(session: Session, the_round: Round, *, first_time: bool) -> Select[Any]:
    query = select(PendingBallot.voter).where(
        PendingBallot.round_id == the_round.id, PendingBallot.first_time.is_(first_time)
    )
    rules = rules_of(session, the_round.id)
    if rules is None or rules.disclosure_profile == DisclosureProfile.SEALED:
        return query
    return query.where(PendingBallot.covered)


def close_box(session: Session, keys: KeyStore, the_round: Round) -> None:
    """Seal every ballot that still waits, and write in the ledger that the box is closed.

    Whoever calls holds the round alone, so no ballot is on its way any more.
    """
    waiting = list(
        session.scalars(select(PendingBallot.voter).where(PendingBallot.round_id == the_round.id))
    )
    secrets.SystemRandom().shuffle(waiting)
    for voters in _shares(waiting):
        _seal(session, keys, the_round.id, voters)
    last = last_batch(session, the_round.id)
    body = {"ballots": last.ballots if last else 0, "batches": last.number if last else 0}
    append(session, keys, the_round.id, EntryKind.CLOSED, body)


def _shares(voters: Sequence[str]) -> Iterator[Sequence[str]]:
    """Everybody in batches that are no smaller than one while the vote was open, if they can be."""
    batches = max(1, len(voters) // BATCH) if voters else 0
    for batch in range(batches):
        yield voters[batch * len(voters) // batches : (batch + 1) * len(voters) // batches]


def _seal(session: Session, keys: KeyStore, round_id: int, voters: Sequence[str]) -> None:
    key = EnvelopeKey(keys, round_id)
    lot = _open_envelopes(session, key, round_id, voters)
    before = last_batch(session, round_id)
    ballots_before, number = (before.ballots, before.number + 1) if before else (0, 1)
    commitments = sorted(paper.commitment for paper in lot.castings)
    ballots = ballots_before + len(commitments) - len(lot.replaced)
    body = {
        "batch": number,
        "commitments": commitments,
        "replaced": sorted(lot.replaced),
        "root": root_of(commitments),
        "ballots": ballots,
    }
    entry = append(session, keys, round_id, EntryKind.BATCH, body)
    session.add(Batch(round_id=round_id, number=number, entry=entry.number, ballots=ballots))
    session.flush()
    _move(session, key, round_id, number, lot, voters)


def _open_envelopes(
    session: Session, key: EnvelopeKey, round_id: int, voters: Sequence[str]
) -> Lot:
    """Read what these voters have waiting; of several castings the last accepted is the ballot."""
    current: set[str] = set()
    lot = Lot([], [], set())
    for some in _some_at_once(voters):
        current |= set(
            session.scalars(
                select(PendingBallot.casting).where(
                    PendingBallot.round_id == round_id, PendingBallot.voter.in_(some)
                )
            )
        )
        castings = session.execute(
            select(Casting.casting, Casting.voter, Casting.envelope).where(
                Casting.round_id == round_id, Casting.voter.in_(some)
            )
        )
        for casting, voter, envelope in castings:
            paper = key.open(envelope, voter, casting)
            lot.castings.append(paper)
            if casting in current:
                lot.ballots.append(paper)
            else:
                lot.replaced.add(paper.commitment)
    for some in _some_at_once([paper.voter_key for paper in lot.ballots]):
        lot.replaced |= set(
            session.scalars(
                select(Ballot.commitment).where(
                    Ballot.round_id == round_id, Ballot.voter_key.in_(some)
                )
            )
        )
    return lot


def _move(
    session: Session,
    key: EnvelopeKey,
    round_id: int,
    number: int,
    lot: Lot,
    voters: Sequence[str],
) -> None:
    """Write what was drawn under its lasting names, shuffled, and empty the pending box of it."""
    dice = secrets.SystemRandom()
    dice.shuffle(lot.castings)
    dice.shuffle(lot.ballots)
    session.execute(
        insert_into(session, Receipt),
        [
            {
                "code": receipt_code(paper.commitment),
                "round_id": round_id,
                "voter": key.receipt_voter(paper),
                "commitment": paper.commitment,
                "batch": number,
            }
            for paper in lot.castings
        ],
    )
    upsert = insert_into(session, Ballot)
    sealed = ("commitment", "client_nonce", "server_nonce", "choices")
    session.execute(
        upsert.on_conflict_do_update(
            index_elements=["round_id", "voter_key"],
            set_={name: upsert.excluded[name] for name in sealed},
        ),
        [
            {
                "round_id": round_id,
                "voter_key": paper.voter_key,
                "commitment": paper.commitment,
                "client_nonce": paper.client_nonce,
                "server_nonce": paper.server_nonce,
                "choices": paper.choices,
            }
            for paper in lot.ballots
        ],
    )
    for some in _some_at_once(voters):
        for table in (PendingBallot, Casting):
            session.execute(delete(table).where(table.round_id == round_id, table.voter.in_(some)))


def _some_at_once(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
