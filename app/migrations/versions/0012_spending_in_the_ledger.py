"""What was spent stands in the ledger alone; spends are put right, photos taken down."""

import re

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ACTS_BEFORE = "'source', 'correction', 'commitment', 'hold', 'release', 'spending', 'return'"
ACTS = "'source', 'correction', 'commitment', 'hold', 'release', 'spending', 'reversal', 'return'"
ANSWERS_BEFORE = "(act = 'release') = (answers_id IS NOT NULL)"
ANSWERS = "(act IN ('release', 'reversal')) = (answers_id IS NOT NULL)"
REPORT = "(act IN ('spending', 'reversal')) = (update_id IS NOT NULL)"
SPENT = (
    "(SELECT coalesce(sum(line.pence), 0) FROM money_lines AS line "
    "JOIN money_entries AS entry ON entry.id = line.entry_id "
    "WHERE line.account = 'spent' AND {})"
)


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _change_checks(table: str, checks: dict[str, str | None]) -> None:
    """Give a table other checks, by name; None drops one.

    On SQLite the table cannot be built anew: others point to it, and triggers watch it. Its words
    are changed in place, the way SQLite’s manual describes for checks.
    """
    names = {op.f(f"ck_{table}_{name}"): condition for name, condition in checks.items()}
    if not _on_sqlite():
        for name, condition in names.items():
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            if condition is not None:
                op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})")
        return
    connection = op.get_bind()
    asked = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    words = str(connection.execute(asked, {"table": table}).scalar_one())
    for name, condition in names.items():
        # As Alembic wrote it: one check a line.
        words = re.sub(rf",\s*CONSTRAINT {name} CHECK \([^\n]*\)(?=,?\s*\n)", "", words)
        if condition is not None:
            end = words.rindex(")")
            words = f"{words[:end].rstrip()}, \n\tCONSTRAINT {name} CHECK ({condition})\n)"
    version = int(connection.execute(sa.text("PRAGMA schema_version")).scalar_one())
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :words WHERE type = 'table' AND name = :table"),
        {"words": words, "table": table},
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))


def upgrade() -> None:
    """Apply; every sum that is dropped here stands in the ledger already."""
    checks = {"act": f"act IN ({ACTS})", "answers": ANSWERS, "report": REPORT}
    _change_checks("money_entries", {**checks})
    op.create_index(op.f("ix_money_entries_update_id"), "money_entries", ["update_id"])
    for table in ("deliveries", "delivery_updates"):
        _change_checks(table, {"spent": None})
        op.execute(f"ALTER TABLE {table} DROP COLUMN spent_pence")
    op.execute(
        "ALTER TABLE delivery_updates ADD COLUMN milestone_id INTEGER "
        "CONSTRAINT fk_delivery_updates_milestone_id_milestones REFERENCES milestones (id)"
    )
    op.create_index(op.f("ix_delivery_updates_milestone_id"), "delivery_updates", ["milestone_id"])
    op.add_column("milestones", sa.Column("first_due_on", sa.Date(), nullable=True))
    op.add_column("delivery_photos", sa.Column("removed_at", UTCDateTime(), nullable=True))
    op.execute(
        "ALTER TABLE delivery_photos ADD COLUMN removed_why TEXT DEFAULT '' NOT NULL "
        "CONSTRAINT ck_delivery_photos_removed CHECK ((removed_at IS NULL) = (removed_why = ''))"
    )
    op.create_table(
        "reports_back",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("concluded_at", UTCDateTime(), nullable=False),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_reports_back_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_reports_back")),
    )


def downgrade() -> None:
    """Undo; what was spent is written beside deliveries and reports again, as the ledger has it."""
    reversed_once = "SELECT 1 FROM money_entries WHERE act = 'reversal' LIMIT 1"
    if op.get_bind().execute(sa.text(reversed_once)).first() is not None:
        raise RuntimeError("A spend was put right in the ledger: an older Wardmote cannot say so.")
    op.drop_table("reports_back")
    op.execute("ALTER TABLE delivery_photos DROP COLUMN removed_why")
    op.execute("ALTER TABLE delivery_photos DROP COLUMN removed_at")
    op.execute("ALTER TABLE milestones DROP COLUMN first_due_on")
    op.drop_index(op.f("ix_delivery_updates_milestone_id"), "delivery_updates")
    op.execute("ALTER TABLE delivery_updates DROP COLUMN milestone_id")
    for table, check, entries in (
        ("delivery_updates", "spent_pence >= 0", "entry.update_id = delivery_updates.id"),
        (
            "deliveries",
            "spent_pence BETWEEN 0 AND committed_pence",
            "line.project_id = deliveries.project_id",
        ),
    ):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN spent_pence BIGINT DEFAULT 0 NOT NULL "
            f"CONSTRAINT ck_{table}_spent CHECK ({check})"
        )
        op.execute(f"UPDATE {table} SET spent_pence = {SPENT.format(entries)}")
    op.drop_index(op.f("ix_money_entries_update_id"), "money_entries")
    _change_checks(
        "money_entries",
        {"act": f"act IN ({ACTS_BEFORE})", "answers": ANSWERS_BEFORE, "report": None},
    )
