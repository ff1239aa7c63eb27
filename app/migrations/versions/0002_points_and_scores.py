"""Ballots in order of choice, with points, with scores, and with yes and no."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FIRST_FORMATS = "ballot_format IN ('approval', 'choose-one', 'knapsack')"
FORMATS = (
    "ballot_format IN "
    "('approval', 'choose-one', 'knapsack', 'ranking', 'points', 'scores', 'yes-no')"
)
MOST_POINTS = 1_000_000
LIMITS = ("points_to_give", "most_points_on_one", "highest_score")
CHECKS = {
    "points_paper": "(ballot_format = 'points') = (points_to_give IS NOT NULL)",
    "points_to_give": f"points_to_give IS NULL OR points_to_give BETWEEN 1 AND {MOST_POINTS}",
    "most_points_on_one": (
        "most_points_on_one IS NULL OR (points_to_give IS NOT NULL "
        "AND most_points_on_one BETWEEN 1 AND points_to_give)"
    ),
    "scores_paper": "(ballot_format = 'scores') = (highest_score IS NOT NULL)",
    "highest_score": f"highest_score IS NULL OR highest_score BETWEEN 1 AND {MOST_POINTS}",
}


# SQLite cannot change a table: Alembic builds it anew and has to be told of its checks.
KEPT = {
    "disclosure_profile": "disclosure_profile IN ('open', 'live', 'sealed')",
    "max_choices": "max_choices IS NULL OR max_choices > 0",
    "min_choices": "min_choices >= 0",
    "spending_limit": "spending_limit_pence IS NULL OR spending_limit_pence > 0",
    "disclosure_step": "disclosure_step > 0",
    "approvals_needed": "approvals_needed > 0",
    "frozen": "(frozen_at IS NULL) = (frozen_text IS NULL)",
}


def _name(check: str) -> str:
    return op.f(f"ck_voting_rules_{check}")


def _standing(checks: dict[str, str]) -> tuple[sa.CheckConstraint, ...]:
    return tuple(
        sa.CheckConstraint(condition, name=_name(check))
        for check, condition in (KEPT | checks).items()
    )


def upgrade() -> None:
    """Apply."""
    standing = _standing({"ballot_format": FIRST_FORMATS})
    with op.batch_alter_table("voting_rules", reflect_args=standing) as table:
        for limit in LIMITS:
            table.add_column(sa.Column(limit, sa.Integer(), nullable=True))
        table.drop_constraint(_name("ballot_format"), type_="check")
        table.create_check_constraint(_name("ballot_format"), FORMATS)
        for check, condition in CHECKS.items():
            table.create_check_constraint(_name(check), condition)


def downgrade() -> None:
    """Take back; rounds in the new formats go back to approval."""
    op.execute(
        "UPDATE voting_rules SET ballot_format = 'approval', points_to_give = NULL, "
        "most_points_on_one = NULL, highest_score = NULL "
        "WHERE ballot_format IN ('ranking', 'points', 'scores', 'yes-no')"
    )
    standing = _standing({"ballot_format": FORMATS} | CHECKS)
    with op.batch_alter_table("voting_rules", reflect_args=standing) as table:
        for check in ("ballot_format", *CHECKS):
            table.drop_constraint(_name(check), type_="check")
        table.create_check_constraint(_name("ballot_format"), FIRST_FORMATS)
        for limit in reversed(LIMITS):
            table.drop_column(limit)
