"""The count: the round's rule applied to every ballot, stored with a reason for each project."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.counting import Result
from ballots.covered import (
    Counted,
    Counting,
    CoveredBallots,
    castings_in,
    on_the_spot,
    read_ballots,
)
from ballots.draws import tie_order_of
from ballots.holding import is_held
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append, hash_of
from ballots.poll import explain_poll
from ballots.refusals import BallotRefusal
from ballots.tally import publish_closed
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, hold_round, now
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


class Outcome(Base):
    """What residents decided: winners, and why, for every project. Never recomputed."""

    __tablename__ = "outcomes"
    __table_args__ = (CheckConstraint("ballots_cast >= 0", name="ballots_cast"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    counted_at: Mapped[Moment]
    ballots_cast: Mapped[int]
    roll_size: Mapped[int]
    # The counting result as `ballots.counting.Result.to_json` wrote it.
    result: Mapped[dict[str, object]] = mapped_column(JSON)
    # As `ballots.counting.explain` wrote it; empty for what was counted before it was told.
    explanation: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def verdicts(self) -> list[dict[str, object]]:
        """Every project's verdict, by rank."""
        found = self.result["projects"]
        return list(found) if isinstance(found, list) else []

    @property
    def winners(self) -> list[str]:
        """Codes of the funded projects, in the order they won."""
        found = self.result["winners"]
        return list(found) if isinstance(found, list) else []


def uncounted_ballots(
    session: Session, the_round: Round, pause: Callable[[], None] | None = None
) -> CoveredBallots | None:
    """All ballots of a closed vote that is still to be counted; else None.

    None too while a meeting holds the outcome back: nobody counts, so nobody can tell.
    """
    rules = rules_of(session, the_round.id)
    if rules is None or the_round.phase != Phase.COUNT or outcome_of(session, the_round.id):
        return None
    if is_held(session, the_round.id):
        return None
    order = tie_order_of(session, the_round.id)
    return read_ballots(session, None, the_round, rules, tie_order=order, pause=pause)


def explained(
    ballots: CoveredBallots, result: Result, by: Counting = on_the_spot
) -> dict[str, object]:
    """Why these ballots decided so, beside what a second rule would have decided."""
    return by(explain_poll, ballots.poll, result)


def count_votes(
    session: Session, keys: KeyStore, the_round: Round, counted: Counted | None = None
) -> Outcome:
    """Count a closed vote and store the outcome; counting again returns what is stored.

    What was `counted` already, away from the database, is not counted again, unless more ballots
    came in since. TieRefusedError while a tie is still to be drawn.
    """
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    stored = session.get(Outcome, the_round.id)
    if stored is not None:
        return stored
    if is_held(session, the_round.id):
        raise Refused(BallotRefusal.HELD)
    if counted is None or counted.ballots.castings != castings_in(session, the_round.id):
        ballots = uncounted_ballots(session, the_round)
        counted = _counted_here(ballots) if ballots else None
    if counted is None or the_round.phase != Phase.COUNT:
        raise Refused(BallotRefusal.NOT_COUNTED)
    publish_closed(session, counted.ballots, counted.result)
    append(session, keys, the_round.id, EntryKind.TALLIED, _tallied(counted.result))
    outcome = Outcome(
        round_id=the_round.id,
        counted_at=now(session),
        ballots_cast=counted.result.ballots_cast,
        roll_size=roll_size(session, the_round.id),
        result=counted.result.to_json(),
        explanation=counted.explanation,
    )
    session.add(outcome)
    session.flush()
    return outcome


def _tallied(result: Result) -> dict[str, object]:
    """What the ledger says of the count."""
    return {
        "ballots": result.ballots_cast,
        "winners": list(result.winners),
        "votes": {verdict.project_id: verdict.votes for verdict in result.verdicts},
        "spent_pence": result.spent_pence,
        "result_sha256": hash_of(result.to_json()),
    }


def _counted_here(ballots: CoveredBallots) -> Counted:
    result = ballots.counted()
    return Counted(ballots, result, explained(ballots, result))


def outcome_of(session: Session, round_id: int) -> Outcome | None:
    """The stored outcome of a round, once it was counted."""
    return session.get(Outcome, round_id)


def paid_pence(outcome: Outcome) -> dict[str, int]:
    """What each winner receives, by code: its cost, or less where it was funded in part."""
    verdicts: Any = outcome.result["projects"]
    return {
        # Outcomes of the first version do not say it: every winner received its cost.
        verdict["project_id"]: verdict.get("funded_pence", verdict["cost_pence"])
        for verdict in verdicts
        if verdict["funded"]
    }


def funded_projects(session: Session, outcome: Outcome) -> list[Project]:
    """The projects residents funded, in the order they won."""
    by_code = {project.code: project for project in projects_in(session, outcome.round_id)}
    return [by_code[code] for code in outcome.winners]
