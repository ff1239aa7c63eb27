"""Decisions that were called in and sent back: a round can have a second notice."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# SQLite cannot change a table: Alembic builds it anew and has to be told of its checks.
NOTICES = {
    "called_in": "(called_in_at IS NULL) = (called_in_why = '')",
    "lodged": "(lodged_on IS NULL) = (lodged_receipt = '')",
}
CORRECTIONS = {"words": "words <> ''"}
TO_NOTICE = "fk_notice_corrections_{}_decision_notices"


def _checks(table: str, checks: dict[str, str]) -> tuple[sa.CheckConstraint, ...]:
    return tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{check}"))
        for check, condition in checks.items()
    )


def upgrade() -> None:
    """Apply; a notice is known by its number from now on, and no longer by its round."""
    standing = _checks("notice_corrections", CORRECTIONS)
    with op.batch_alter_table("notice_corrections", reflect_args=standing) as table:
        table.drop_constraint(op.f(TO_NOTICE.format("round_id")), type_="foreignkey")
        table.add_column(sa.Column("number", sa.String(length=12), nullable=True))
    op.execute(
        "UPDATE notice_corrections SET number = (SELECT number FROM decision_notices "
        "WHERE decision_notices.round_id = notice_corrections.round_id)"
    )
    with op.batch_alter_table(
        "decision_notices", reflect_args=_checks("decision_notices", NOTICES)
    ) as table:
        table.drop_constraint(op.f("pk_decision_notices"), type_="primary")
        table.drop_constraint(op.f("uq_decision_notices_number"), type_="unique")
        table.create_primary_key(op.f("pk_decision_notices"), ["number"])
    op.create_index(op.f("ix_decision_notices_round_id"), "decision_notices", ["round_id"])
    op.drop_index(op.f("ix_notice_corrections_round_id"), "notice_corrections")
    with op.batch_alter_table("notice_corrections", reflect_args=standing) as table:
        table.alter_column("number", existing_type=sa.String(length=12), nullable=False)
        table.drop_column("round_id")
        table.create_foreign_key(
            op.f(TO_NOTICE.format("number")), "decision_notices", ["number"], ["number"]
        )
    op.create_index(op.f("ix_notice_corrections_number"), "notice_corrections", ["number"])
    op.create_table(
        "sent_back",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_sent_back_why")),
        sa.ForeignKeyConstraint(
            ["number"],
            ["decision_notices.number"],
            name=op.f("fk_sent_back_number_decision_notices"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_sent_back_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["people.id"], name=op.f("fk_sent_back_sent_by_id_people")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sent_back")),
    )
    op.create_index(op.f("ix_sent_back_round_id"), "sent_back", ["round_id"])


def downgrade() -> None:
    """Take back; of a round decided twice only the newest notice can stay, so none is taken away.

    Where a decision was sent back this stops: what was published is not thrown away.
    """
    if op.get_bind().execute(sa.text("SELECT count(*) FROM sent_back")).scalar_one():
        raise RuntimeError("A decision was sent back: its notices cannot be kept in the old tables")
    op.drop_table("sent_back")
    standing = _checks("notice_corrections", CORRECTIONS)
    op.drop_index(op.f("ix_notice_corrections_number"), "notice_corrections")
    with op.batch_alter_table("notice_corrections", reflect_args=standing) as table:
        table.drop_constraint(op.f(TO_NOTICE.format("number")), type_="foreignkey")
        table.add_column(sa.Column("round_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE notice_corrections SET round_id = (SELECT round_id FROM decision_notices "
        "WHERE decision_notices.number = notice_corrections.number)"
    )
    op.drop_index(op.f("ix_decision_notices_round_id"), "decision_notices")
    with op.batch_alter_table(
        "decision_notices", reflect_args=_checks("decision_notices", NOTICES)
    ) as table:
        table.drop_constraint(op.f("pk_decision_notices"), type_="primary")
        table.create_primary_key(op.f("pk_decision_notices"), ["round_id"])
        table.create_unique_constraint(op.f("uq_decision_notices_number"), ["number"])
    with op.batch_alter_table("notice_corrections", reflect_args=standing) as table:
        table.alter_column("round_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("number")
        table.create_foreign_key(
            op.f(TO_NOTICE.format("round_id")), "decision_notices", ["round_id"], ["round_id"]
        )
    op.create_index(op.f("ix_notice_corrections_round_id"), "notice_corrections", ["round_id"])
