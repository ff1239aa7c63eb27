"""Scrutineers: an office of its own, for whoever counts small votes again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OFFICES_BEFORE = "office IN ('councillor', 'officer', 'facilitator')"
OFFICES = "office IN ('councillor', 'officer', 'facilitator', 'scrutineer')"
# SQLite cannot change a table: Alembic builds it anew and has to be told of its checks.
KEPT = {
    "community": "(office = 'councillor') = (community_id IS NOT NULL)",
    "term": "ends_on IS NULL OR ends_on > starts_on",
}
NAME = op.f("ck_appointments_office")


def _change(before: str, after: str) -> None:
    standing = tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_appointments_{check}"))
        for check, condition in (KEPT | {"office": before}).items()
    )
    with op.batch_alter_table("appointments", reflect_args=standing) as table:
        table.drop_constraint(NAME, type_="check")
        table.create_check_constraint(NAME, after)


def upgrade() -> None:
    """Apply."""
    _change(OFFICES_BEFORE, OFFICES)


def downgrade() -> None:
    """Undo; scrutineers hold no office any more."""
    op.execute("DELETE FROM appointments WHERE office = 'scrutineer'")
    _change(OFFICES, OFFICES_BEFORE)
