"""The box is looked through by what is asked for, never by its round alone."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; columns stay as they are."""
    op.create_index(
        op.f("ix_pending_ballots_round_id_casting"),
        "pending_ballots",
        ["round_id", "casting"],
        unique=True,
    )
    op.drop_index(op.f("ix_castings_round_id_voter"), "castings")
    op.create_index(op.f("ix_castings_voter_round_id"), "castings", ["voter", "round_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_castings_voter_round_id"), "castings")
    op.create_index(op.f("ix_castings_round_id_voter"), "castings", ["round_id", "voter"])
    op.drop_index(op.f("ix_pending_ballots_round_id_casting"), "pending_ballots")
