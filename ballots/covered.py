"""Ballots that figures cover: taken in step by step, read once, and counted away from the database.

No lock is held while votes are counted, so a count keeps nobody from voting.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from ballots.box import Ballot
from ballots.counting import DEFAULT_ORDER, Election, Project, Result, Rule, TieOrder, count
from ballots.counting.running import RunningTally
from ballots.papers import BallotFormat, marks_in
from ballots.receipts import Receipt
from ballots.voting_rules import VotingRules
from neighbourhoods.database import now
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round

Answer = TypeVar("Answer")


class Counting(Protocol):
    """Whoever does the work of counting: on the spot, or in another process."""

    def __call__(self, work: Callable[..., Answer], *about: object) -> Answer:
        """What `work`, a function of `ballots.counting`, returns about that."""
        ...


def on_the_spot(work: Callable[..., Answer], *about: object) -> Answer:
    """Do the work here and now."""
    return work(*about)


# So many ballots are read between two pauses: a few milliseconds.
PAGE = 1_000


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
    election: Election
    rule: Rule
    tie_order: TieOrder = DEFAULT_ORDER

    @property
    def covered(self) -> int:
        """How many voters' ballots these are."""
        return self.election.ballots_cast

    def counted(self, by: Counting = on_the_spot) -> Result:
        """The result under the round's own rule."""
        return by(count, self.election, self.rule, self.tie_order)


class Counted(NamedTuple):
    """Ballots, what they decide, and why, if that is told."""

    ballots: CoveredBallots
    result: Result
    explanation: dict[str, object] | None = None


def read_ballots(
    session: Session,
    the_round: Round,
    rules: VotingRules,
    *,
    version: int = 0,
    closed: bool,
    pause: Callable[[], None] | None = None,
) -> CoveredBallots:
    """Read the covered ballots, or all of them once the vote is closed; `pause` between pages."""
    castings, read_at = castings_in(session, the_round.id), now(session)
    tally = RunningTally(
        (
            Project(project.code, project.cost_pence, project.category or None)
            for project in projects_in(session, the_round.id)
        ),
        the_round.budget_pence,
    )
    query = select(Ballot.choices).where(Ballot.round_id == the_round.id)
    if not closed:
        query = query.where(Ballot.batch.is_not(None))
    papers: Counter[str] = Counter()
    for page in session.scalars(query, execution_options={"yield_per": PAGE}).partitions():
        papers.update(page)
        if pause is not None:
            pause()
    for number, (choices, points, ballots) in enumerate(_groups(rules.ballot_format, papers)):
        tally.add(choices, points, ballots)
        if pause is not None and number % PAGE == 0:
            pause()
    return CoveredBallots(
        the_round.id, version, castings, read_at, tally.election(), rules.rule, rules.tie_order
    )


def _groups(
    ballot_format: BallotFormat, papers: Mapping[str, int]
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...] | None, int]]:
    """Stored ballots as a rule counts them."""
    for stored, ballots in papers.items():
        choices, points = marks_in(ballot_format, stored)
        yield choices, points, ballots


def cover(session: Session, round_id: int, step: int, version: int) -> None:
    """Take so many of the held-back ballots into the figures of a version, drawn by lot."""
    if step == 0:
        return
    held_back = session.scalars(
        select(Ballot.voter_key).where(Ballot.round_id == round_id, Ballot.batch.is_(None))
    ).all()
    drawn = secrets.SystemRandom().sample(sorted(held_back), step)
    for at in range(0, step, 500):
        session.execute(
            update(Ballot)
            .where(Ballot.round_id == round_id, Ballot.voter_key.in_(drawn[at : at + 500]))
            .values(batch=version)
        )


def cover_all(session: Session, round_id: int, version: int) -> None:
    """Take every ballot that is still held back into the last figures, those of a version."""
    held_back = update(Ballot).where(Ballot.round_id == round_id, Ballot.batch.is_(None))
    session.execute(held_back.values(batch=version))


def covered_in(session: Session, round_id: int) -> int:
    """How many voters' ballots the figures cover, published or about to be."""
    return _number_of_ballots(session, round_id, Ballot.batch.is_not(None))


def held_back_in(session: Session, round_id: int) -> int:
    """How many voters' ballots no figures cover yet."""
    return _number_of_ballots(session, round_id, Ballot.batch.is_(None))


def _number_of_ballots(session: Session, round_id: int, state: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Ballot).where(Ballot.round_id == round_id, state)
    return int(session.execute(query).scalar_one())


def castings_in(session: Session, round_id: int) -> int:
    """How often a ballot was cast or changed in a round, so far."""
    query = select(func.count()).select_from(Receipt).where(Receipt.round_id == round_id)
    return int(session.execute(query).scalar_one())
