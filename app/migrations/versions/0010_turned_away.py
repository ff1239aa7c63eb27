"""Tries that were turned away, by round, hour and reason; and how far logs of the front were read.

Only adds tables: a server on the code before runs on it unchanged.
"""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REASONS = (
    "'too-many-tries', 'no-room', 'took-too-long', 'fault', "
    "'front-too-many-tries', 'front-no-room', 'front-took-too-long', 'front-fault'"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "turned_away",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("hour", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"reason IN ({REASONS})", name=op.f("ck_turned_away_reason")),
        sa.CheckConstraint("count > 0", name=op.f("ck_turned_away_count")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_turned_away_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "hour", "reason", name=op.f("pk_turned_away")),
    )
    op.create_table(
        "front_logs",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("bytes_read >= 0", name=op.f("ck_front_logs_bytes_read")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_front_logs")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("front_logs")
    op.drop_table("turned_away")
