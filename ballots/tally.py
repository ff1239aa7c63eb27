"""Running figures: the only source of any total, for every page, socket, export and letter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import JSON, CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.counting import Result
from ballots.covered import (
    CoveredBallots,
    castings_in,
    cover,
    covered_in,
    held_back_in,
    read_ballots,
)
from ballots.disclosure import SECONDS_APART, DisclosureProfile, next_step
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append, hash_of
from ballots.papers import GRADED
from ballots.sealing import last_batch, turnout
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, hold_round, now
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round


class Snapshot(Base):
    """One published state of the figures; never changed, only followed by the next."""

    __tablename__ = "snapshots"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("covered >= 0", name="covered"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    # When the ballots were read: the figures are as old as that.
    published_at: Mapped[Moment]
    # How many voters' ballots the figures cover.
    covered: Mapped[int]
    result: Mapped[dict[str, object]] = mapped_column(JSON)


@dataclass(frozen=True)
class ProjectFigure:
    """One project's published figures; `score` is its points, None where the paper gives none."""

    code: str
    title: str
    cost_pence: int
    votes: int
    funded: bool
    score: int | None = None

    def as_json(self) -> dict[str, object]:
        """The figures as the phones receive them; the score only where there is one."""
        score = {} if self.score is None else {"score": self.score}
        figures = {"votes": self.votes, **score, "funded": self.funded}
        return {"code": self.code, **figures, "cost_pence": self.cost_pence}


@dataclass(frozen=True)
class PublicTally:
    """What anybody may know of a round's vote at this moment.

    `figures` is None while the disclosure profile shows none. With the same round, a higher
    (version, turnout) is never older.
    """

    round_id: int
    phase: Phase
    profile: DisclosureProfile
    step: int
    closes_at: datetime | None
    turnout: int
    roll_size: int
    budget_pence: int
    version: int
    covered: int
    published_at: datetime | None
    figures: tuple[ProjectFigure, ...] | None
    spent_pence: int | None

    @property
    def in_points(self) -> bool:
        """Whether the figures have points beside votes."""
        return any(figure.score is not None for figure in self.figures or ())

    @property
    def most_points(self) -> int:
        """What the longest bar of points stands for: the highest score, and at least 1."""
        return max((figure.score or 0 for figure in self.figures or ()), default=0) or 1

    def as_json(self) -> dict[str, object]:
        """The tally as the phones and the screen receive it."""
        return {
            "round": self.round_id,
            "phase": self.phase.value,
            "profile": self.profile.value,
            "step": self.step,
            "closes_at": self.closes_at.isoformat() if self.closes_at else None,
            "turnout": self.turnout,
            "roll_size": self.roll_size,
            "budget_pence": self.budget_pence,
            "version": self.version,
            "covered": self.covered,
            "at": self.published_at.isoformat() if self.published_at else None,
            "spent_pence": self.spent_pence,
            "figures": None
            if self.figures is None
            else [figure.as_json() for figure in self.figures],
        }


def publish_next(session: Session, keys: KeyStore, the_round: Round) -> Snapshot | None:
    """Publish the next figures at once if the disclosure rule allows some now; else None.

    Whoever serves others meanwhile takes the same steps one by one, and counts between them.
    """
    cover_next(session, the_round)
    due = due_ballots(session, keys, the_round)
    return publish(session, keys, due, due.counted()) if due else None


def step_due(session: Session, the_round: Round) -> int:
    """How many ballots the next figures may take in now.

    None while the last are unpublished, and none of a live vote within seconds of the last.
    """
    rules = rules_of(session, the_round.id)
    if rules is None or the_round.phase != Phase.VOTE:
        return 0
    profile, k = rules.disclosure_profile, rules.disclosure_step
    if profile == DisclosureProfile.SEALED:
        return 0
    latest, covered = latest_snapshot(session, the_round.id), covered_in(session, the_round.id)
    if covered > _covered_by(latest):
        return 0
    if profile == DisclosureProfile.LIVE and latest is not None:
        earliest = latest.published_at + timedelta(seconds=SECONDS_APART)
        if now(session) < earliest:
            return 0
    return next_step(profile, covered, held_back_in(session, the_round.id), k, closed=False)


def cover_next(session: Session, the_round: Round) -> int:
    """Take the next step's ballots into the figures; from there on they will be published."""
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    step = step_due(session, the_round)
    cover(session, the_round.id, step)
    return step


def due_ballots(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    *,
    castings: int | None = None,
    pause: Callable[[], None] | None = None,
) -> CoveredBallots | None:
    """The covered ballots if their figures are not published yet; else None.

    A show of hands follows every change of mind at once: there `castings`, those counted last,
    tell whether anything changed. Other profiles never move for one. None too if a batch was
    sealed while they were read: some may have been seen twice, so they are read again next time.
    """
    rules, latest = rules_of(session, the_round.id), latest_snapshot(session, the_round.id)
    if rules is None or the_round.phase != Phase.VOTE:
        return None
    if rules.disclosure_profile == DisclosureProfile.SEALED:
        return None
    moved = covered_in(session, the_round.id) != _covered_by(latest)
    if rules.disclosure_profile == DisclosureProfile.OPEN:
        moved = moved or castings_in(session, the_round.id) != (castings or 0)
    if not moved:
        return None
    batches = _batches(session, the_round.id)
    version = 1 + (latest.version if latest else 0)
    ballots = read_ballots(session, keys, the_round, rules, version=version, pause=pause)
    session.expire_all()
    return ballots if _batches(session, the_round.id) == batches else None


def _batches(session: Session, round_id: int) -> int:
    last = last_batch(session, round_id)
    return last.number if last else 0


def publish(
    session: Session, keys: KeyStore, ballots: CoveredBallots, result: Result
) -> Snapshot | None:
    """Publish the figures of these ballots, unless others were published meanwhile, or the same."""
    hold_round(session, ballots.round_id, alone=True)
    snapshot = _publish(session, ballots, result)
    if snapshot is not None:
        body = {
            "version": snapshot.version,
            "covered": snapshot.covered,
            "result_sha256": hash_of(snapshot.result),
        }
        append(session, keys, ballots.round_id, EntryKind.SNAPSHOT, body)
    return snapshot


def publish_closed(session: Session, ballots: CoveredBallots, result: Result) -> Snapshot | None:
    """Publish the last figures of a closed vote, which cover every ballot.

    The ledger tells of them as the count.
    """
    hold_round(session, ballots.round_id, alone=True)
    latest = latest_snapshot(session, ballots.round_id)
    last = replace(ballots, version=1 + (latest.version if latest else 0))
    return _publish(session, last, result)


def _publish(session: Session, ballots: CoveredBallots, result: Result) -> Snapshot | None:
    written, latest = result.to_json(), latest_snapshot(session, ballots.round_id)
    if ballots.version != 1 + (latest.version if latest else 0):
        return None
    if latest and latest.result == written and latest.covered == ballots.covered:
        return None
    snapshot = Snapshot(
        round_id=ballots.round_id,
        version=ballots.version,
        published_at=ballots.read_at,
        covered=ballots.covered,
        result=written,
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def _covered_by(snapshot: Snapshot | None) -> int:
    return snapshot.covered if snapshot else 0


def latest_snapshot(session: Session, round_id: int) -> Snapshot | None:
    """The newest published figures of a round."""
    query = (
        select(Snapshot)
        .where(Snapshot.round_id == round_id)
        .order_by(Snapshot.version.desc())
        .limit(1)
    )
    return session.scalar(query)


def public_tally(session: Session, the_round: Round) -> PublicTally | None:
    """What anybody may know now; None for a round whose way of voting is not chosen yet."""
    rules = rules_of(session, the_round.id)
    if rules is None:
        return None
    snapshot = latest_snapshot(session, the_round.id)
    frozen = rules.frozen_roll_size
    return PublicTally(
        round_id=the_round.id,
        phase=the_round.phase,
        profile=rules.disclosure_profile,
        step=rules.disclosure_step,
        closes_at=the_round.vote_closes_at,
        turnout=turnout(session, the_round.id),
        roll_size=roll_size(session, the_round.id) if frozen is None else frozen,
        budget_pence=the_round.budget_pence,
        version=snapshot.version if snapshot else 0,
        covered=snapshot.covered if snapshot else 0,
        published_at=snapshot.published_at if snapshot else None,
        figures=_figures(session, the_round, snapshot.result, rules.ballot_format in GRADED)
        if snapshot
        else None,
        spent_pence=_whole(snapshot.result["spent_pence"]) if snapshot else None,
    )


def _figures(
    session: Session, the_round: Round, result: Mapping[str, object], in_points: bool
) -> tuple[ProjectFigure, ...]:
    """Projects as published, in the order of what the rule ranks."""
    titles = {project.code: project.title for project in projects_in(session, the_round.id)}
    verdicts = result["projects"]
    if not isinstance(verdicts, list):
        raise TypeError("a snapshot without projects")
    return tuple(
        ProjectFigure(
            code=verdict["project_id"],
            title=titles[verdict["project_id"]],
            cost_pence=verdict["cost_pence"],
            votes=verdict["votes"],
            funded=verdict["funded"],
            score=verdict["score"] if in_points else None,
        )
        for verdict in verdicts
    )


def _whole(figure: object) -> int:
    if not isinstance(figure, int):
        raise TypeError("a figure that is no whole number")
    return figure
