"""People whose data were erased, and letters of which nothing is kept once they have left."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; an older program runs on beside it, and never fills these."""
    # In place: built anew, SQLite’s table would lose what points to it.
    op.add_column("people", sa.Column("erased_at", UTCDateTime(), nullable=True))
    op.add_column(
        "letters",
        sa.Column("leaves_no_trace", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Undo; whoever was erased stays without a name."""
    op.drop_column("letters", "leaves_no_trace")
    op.drop_column("people", "erased_at")
