"""Ballots that figures cover: taken in step by step, read once, and counted away from the database.

No lock is held while votes are counted, so a count keeps nobody from voting.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ballots.box import Ballot, Casting, PendingBallot, current_castings, waiting_in
from ballots.counting import DEFAULT_ORDER, Project, Result, Rule, TieOrder
from ballots.envelopes import EnvelopeKey, Paper
from ballots.keys import KeyStore
from ballots.poll import Poll, count_poll
from ballots.receipts import Receipt
from ballots.sealing import sealed_in
from ballots.voting_rules import VotingRules
from neighbourhoods.database import now
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round

Answer = TypeVar("Answer")


class Counting(Protocol):
    """Whoever does the work of counting: on the spot, or in another process."""

    def __call__(self, work: Callable[..., Answer], *about: object) -> Answer:
        """What `work`, a pure function, returns about that."""
        ...


def on_the_spot(work: Callable[..., Answer], *about: object) -> Answer:
    """Do the work here and now."""
    return work(*about)


# So many ballots are read between two pauses: a few milliseconds.
PAGE = 1_000
# Rows named in one statement.
_AT_ONCE = 500


@dataclass(frozen=True)
class CoveredBallots:
    """The ballots that the next figures cover, as they were read: all that a count needs.

    `version` is that of the figures they are for, once it is known. `castings` only ever grows,
    and does whenever anybody casts or changes a ballot in the round.
    """

    round_id: int
    version: int
    castings: int
    read_at: datetime
    poll: Poll
    rule: Rule
    tie_order: TieOrder = DEFAULT_ORDER

    @property
    def covered(self) -> int:
        """How many voters' ballots these are."""
        return self.poll.voters

    def counted(self, by: Counting = on_the_spot) -> Result:
        """The result under the round's own rule."""
        return by(count_poll, self.poll, self.rule, self.tie_order)


class Counted(NamedTuple):
    """Ballots, what they decide, and why, if that is told."""

    ballots: CoveredBallots
    result: Result
    explanation: dict[str, object] | None = None


def read_ballots(
    session: Session,
    keys: KeyStore | None,
    the_round: Round,
    rules: VotingRules,
    *,
    version: int = 0,
    tie_order: TieOrder = DEFAULT_ORDER,
    pause: Callable[[], None] | None = None,
) -> CoveredBallots:
    """Read the covered ballots, those that still wait with `keys`; `pause` between pages.

    Without keys only sealed ballots are read: after the close those are all.
    """
    castings, read_at = castings_in(session, the_round.id), now(session)
    papers = _sealed_papers(session, the_round.id, pause)
    if keys is not None:
        _add_waiting(session, keys, the_round.id, papers)
    projects = tuple(
        Project(
            project.code,
            project.cost_pence,
            project.category or None,
            project.area or None,
            project.minimum_cost_pence,
            project.beneficiaries,
            tuple(project.criteria.items()),
        )
        for project in projects_in(session, the_round.id)
    )
    poll = Poll(rules.ballot_format, projects, the_round.budget_pence, +papers)
    return CoveredBallots(the_round.id, version, castings, read_at, poll, rules.rule, tie_order)


def _sealed_papers(
    session: Session, round_id: int, pause: Callable[[], None] | None
) -> Counter[str]:
    query = select(Ballot.choices).where(Ballot.round_id == round_id)
    papers: Counter[str] = Counter()
    for page in session.scalars(query, execution_options={"yield_per": PAGE}).partitions():
        papers.update(page)
        if pause is not None:
            pause()
    return papers


def _add_waiting(session: Session, keys: KeyStore, round_id: int, papers: Counter[str]) -> None:
    """Count the covered ballots that wait, each in place of the sealed one it replaces."""
    waiting = _waiting_papers(session, keys, round_id)
    papers.update(paper.choices for paper in waiting)
    voters = [paper.voter_key for paper in waiting]
    for start in range(0, len(voters), _AT_ONCE):
        replaced = select(Ballot.choices).where(
            Ballot.round_id == round_id, Ballot.voter_key.in_(voters[start : start + _AT_ONCE])
        )
        papers.subtract(session.scalars(replaced))


def _waiting_papers(session: Session, keys: KeyStore, round_id: int) -> list[Paper]:
    query = current_castings(round_id).where(PendingBallot.covered)
    rows = session.execute(query).all()
    if not rows:
        return []
    key = EnvelopeKey(keys, round_id)
    return [key.open(envelope, voter, casting) for casting, voter, envelope in rows]


def cover(session: Session, round_id: int, step: int) -> None:
    """Take so many of the held-back ballots into the figures from now on, drawn by lot."""
    if step == 0:
        return
    held_back = session.scalars(
        select(PendingBallot.voter).where(
            PendingBallot.round_id == round_id, PendingBallot.covered.is_(False)
        )
    ).all()
    drawn = secrets.SystemRandom().sample(sorted(held_back), step)
    for at in range(0, step, _AT_ONCE):
        session.execute(
            update(PendingBallot)
            .where(
                PendingBallot.round_id == round_id,
                PendingBallot.voter.in_(drawn[at : at + _AT_ONCE]),
            )
            .values(covered=True)
        )


def covered_in(session: Session, round_id: int) -> int:
    """How many voters' ballots the figures cover, published or about to be."""
    return sealed_in(session, round_id) + waiting_in(session, round_id, covered=True)


def held_back_in(session: Session, round_id: int) -> int:
    """How many voters' ballots no figures cover yet."""
    return waiting_in(session, round_id, covered=False)


def castings_in(session: Session, round_id: int) -> int:
    """How often a ballot was cast or changed in a round, so far."""
    castings = select(func.count()).select_from(Casting).where(Casting.round_id == round_id)
    receipts = select(func.count()).select_from(Receipt).where(Receipt.round_id == round_id)
    query = select(castings.scalar_subquery() + receipts.scalar_subquery())
    return int(session.execute(query).scalar_one())
