"""Running figures: the only source of any total, for every page, socket, export and letter."""

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.box import Ballot, turnout
from ballots.counting import BallotGroup, Election, Project, Result, count
from ballots.disclosure import DisclosureProfile, next_step
from ballots.voting_rules import VotingRules, rules_of
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
    published_at: Mapped[Moment]
    # How many voters' ballots the figures cover.
    covered: Mapped[int]
    result: Mapped[dict[str, object]] = mapped_column(JSON)


@dataclass(frozen=True)
class ProjectFigure:
    """One project's published figures."""

    code: str
    title: str
    cost_pence: int
    votes: int
    funded: bool


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
            else [
                {"code": f.code, "votes": f.votes, "funded": f.funded, "cost_pence": f.cost_pence}
                for f in self.figures
            ],
        }


def publish_next(session: Session, the_round: Round, *, closed: bool = False) -> Snapshot | None:
    """Publish the next snapshot if the disclosure rule allows one now; else None."""
    hold_round(session, the_round.id, alone=True)
    rules = rules_of(session, the_round.id)
    if rules is None:
        return None
    version = 1 + _latest_version(session, the_round.id)
    sealed = _count_ballots(session, the_round.id, covered=True)
    pending = _count_ballots(session, the_round.id, covered=False)
    step = next_step(
        rules.disclosure_profile, sealed, pending, rules.disclosure_step, closed=closed
    )
    # A show of hands follows every change of mind at once; other profiles never move for one.
    follows_changes = closed or rules.disclosure_profile == DisclosureProfile.OPEN
    if step == 0 and not follows_changes:
        return None
    _cover(session, the_round.id, step, version)
    result = _result_of_covered(session, the_round, rules)
    latest = latest_snapshot(session, the_round.id)
    if latest is not None and latest.result == result and latest.covered == sealed + step:
        return None
    if latest is None and sealed + step == 0 and not closed:
        return None
    snapshot = Snapshot(
        round_id=the_round.id,
        version=version,
        published_at=now(session),
        covered=sealed + step,
        result=result,
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def _cover(session: Session, round_id: int, step: int, version: int) -> None:
    """Take so many of the held-back ballots into the figures, drawn by lot."""
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


def _result_of_covered(session: Session, the_round: Round, rules: VotingRules) -> dict[str, object]:
    return count_covered(session, the_round, rules).to_json()


def count_covered(session: Session, the_round: Round, rules: VotingRules) -> Result:
    """The round's own rule applied to every ballot that the figures cover."""
    papers = Counter(
        session.scalars(
            select(Ballot.choices).where(Ballot.round_id == the_round.id, Ballot.batch.is_not(None))
        )
    )
    election = Election.of(
        (
            Project(project.code, project.cost_pence, project.category or None)
            for project in projects_in(session, the_round.id)
        ),
        (BallotGroup(tuple(json.loads(choices)), papers[choices]) for choices in sorted(papers)),
        the_round.budget_pence,
    )
    return count(election, rules.rule)


def _count_ballots(session: Session, round_id: int, *, covered: bool) -> int:
    state = Ballot.batch.is_not(None) if covered else Ballot.batch.is_(None)
    query = select(func.count()).select_from(Ballot).where(Ballot.round_id == round_id, state)
    return int(session.execute(query).scalar_one())


def _latest_version(session: Session, round_id: int) -> int:
    query = select(func.coalesce(func.max(Snapshot.version), 0)).where(
        Snapshot.round_id == round_id
    )
    return int(session.execute(query).scalar_one())


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
        figures=_figures(session, the_round, snapshot.result) if snapshot else None,
        spent_pence=_whole(snapshot.result["spent_pence"]) if snapshot else None,
    )


def _figures(
    session: Session, the_round: Round, result: Mapping[str, object]
) -> tuple[ProjectFigure, ...]:
    """Projects by votes, as published; most votes first."""
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
        )
        for verdict in verdicts
    )


def _whole(figure: object) -> int:
    if not isinstance(figure, int):
        raise TypeError("a figure that is no whole number")
    return figure
