"""The ledger, and ballots that wait in a pending box until they are sealed into it."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What is published is never changed: the database itself refuses it, whoever asks. The columns
# that name a row, for SQLite, where a row can be replaced without being updated or deleted.
FROZEN: dict[str, tuple[tuple[str, ...], ...]] = {
    "ledger_entries": (("round_id", "number"), ("hash",)),
    "batches": (("round_id", "number"),),
    "receipts": (("code",),),
}
# Frozen since the first schema.
FROZEN_BEFORE: dict[str, tuple[tuple[str, ...], ...]] = {
    "public_records": (("round_id",),),
    "snapshots": (("round_id", "version"),),
}
KINDS = (
    "'opened', 'batch', 'snapshot', 'closed', 'tie-break', 'tallied', 'signed', 'correction', "
    "'key-destroyed'"
)
TIE_RULE = "tie_rule IN ('by-cost', 'draw')"
# SQLite cannot change a table: Alembic builds it anew and has to be told of its checks.
FORMATS = "'approval', 'choose-one', 'knapsack', 'ranking', 'points', 'scores', 'yes-no'"
KEPT = {
    "ballot_format": f"ballot_format IN ({FORMATS})",
    "disclosure_profile": "disclosure_profile IN ('open', 'live', 'sealed')",
    "max_choices": "max_choices IS NULL OR max_choices > 0",
    "min_choices": "min_choices >= 0",
    "spending_limit": "spending_limit_pence IS NULL OR spending_limit_pence > 0",
    "points_paper": "(ballot_format = 'points') = (points_to_give IS NOT NULL)",
    "points_to_give": "points_to_give IS NULL OR points_to_give BETWEEN 1 AND 1000000",
    "most_points_on_one": (
        "most_points_on_one IS NULL OR (points_to_give IS NOT NULL "
        "AND most_points_on_one BETWEEN 1 AND points_to_give)"
    ),
    "scores_paper": "(ballot_format = 'scores') = (highest_score IS NOT NULL)",
    "highest_score": "highest_score IS NULL OR highest_score BETWEEN 1 AND 1000000",
    "disclosure_step": "disclosure_step > 0",
    "approvals_needed": "approvals_needed > 0",
    "frozen": "(frozen_at IS NULL) = (frozen_text IS NULL)",
}
DRAW_SOURCE = "tie_rule <> 'draw' OR draw_source <> ''"


def _standing(**checks: str) -> tuple[sa.CheckConstraint, ...]:
    return tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_voting_rules_{check}"))
        for check, condition in (KEPT | checks).items()
    )


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _freeze(table: str) -> None:
    if _on_sqlite():
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def _refuse_replacing(table: str, names: tuple[tuple[str, ...], ...]) -> None:
    """SQLite's INSERT OR REPLACE deletes a row without asking the trigger on DELETE."""
    if not _on_sqlite():
        return
    for number, columns in enumerate(names, start=1):
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        row = f"SELECT 1 FROM {table} WHERE {same}"
        op.execute(
            f"CREATE TRIGGER {table}_refuse_replace_{number} BEFORE INSERT ON {table} "
            f"WHEN EXISTS ({row}) BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )


def upgrade() -> None:
    """Apply. Nothing was released before there was a ledger, so there are no ballots to keep."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM receipts")).first():
        raise RuntimeError("This database has ballots from before the ledger: begin a new one.")
    op.drop_table("ballots")
    op.drop_table("receipts")
    op.create_table(
        "ledger_entries",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(128), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_ledger_entries_kind")),
        sa.CheckConstraint("number > 0", name=op.f("ck_ledger_entries_number")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_ledger_entries_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_entries_hash")),
    )
    op.create_table(
        "batches",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("ballots", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_batches_number")),
        sa.CheckConstraint("ballots >= 0", name=op.f("ck_batches_ballots")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_batches_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "entry"],
            ["ledger_entries.round_id", "ledger_entries.number"],
            name=op.f("fk_batches_round_id_entry_ledger_entries"),
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_batches")),
    )
    op.create_table(
        "receipts",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.CheckConstraint("batch > 0", name=op.f("ck_receipts_batch")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_receipts_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "batch"],
            ["batches.round_id", "batches.number"],
            name=op.f("fk_receipts_round_id_batch_batches"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_receipts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.Column("client_nonce", sa.String(64), nullable=False),
        sa.Column("server_nonce", sa.String(32), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_ballots_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "voter_key", name=op.f("pk_ballots")),
        sa.UniqueConstraint("round_id", "commitment", name=op.f("uq_ballots_round_id_commitment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "castings",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("casting", sa.String(64), nullable=False),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_castings_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "casting", name=op.f("pk_castings")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_castings_round_id_voter"), "castings", ["round_id", "voter"])
    op.create_table(
        "pending_ballots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("casting", sa.String(64), nullable=False),
        sa.Column("castings", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("first_time", sa.Boolean(), nullable=False),
        sa.Column("covered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_pending_ballots_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["round_id", "casting"],
            ["castings.round_id", "castings.casting"],
            name=op.f("fk_pending_ballots_round_id_casting_castings"),
        ),
        sa.PrimaryKeyConstraint("round_id", "voter", name=op.f("pk_pending_ballots")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draw_readings",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_draw_readings_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_draw_readings_person_id_people")
        ),
        sa.PrimaryKeyConstraint("round_id", "person_id", name=op.f("pk_draw_readings")),
    )
    with op.batch_alter_table("voting_rules", reflect_args=_standing()) as table:
        table.add_column(
            sa.Column("tie_rule", sa.String(40), nullable=False, server_default="by-cost")
        )
        table.add_column(
            sa.Column("draw_source", sa.String(200), nullable=False, server_default="")
        )
        table.create_check_constraint(op.f("ck_voting_rules_tie_rule"), TIE_RULE)
        table.create_check_constraint(op.f("ck_voting_rules_draw_source"), DRAW_SOURCE)
    for table_name, names in FROZEN.items():
        _freeze(table_name)
        _refuse_replacing(table_name, names)
    for table_name, names in FROZEN_BEFORE.items():
        _refuse_replacing(table_name, names)


def downgrade() -> None:
    """Undo; what was sealed goes with its ledger."""
    if _on_sqlite():
        for table_name, names in FROZEN_BEFORE.items():
            for number in range(1, len(names) + 1):
                op.execute(f"DROP TRIGGER {table_name}_refuse_replace_{number}")
    standing = _standing(tie_rule=TIE_RULE, draw_source=DRAW_SOURCE)
    with op.batch_alter_table("voting_rules", reflect_args=standing) as table:
        table.drop_constraint(op.f("ck_voting_rules_draw_source"), type_="check")
        table.drop_constraint(op.f("ck_voting_rules_tie_rule"), type_="check")
        table.drop_column("draw_source")
        table.drop_column("tie_rule")
    op.drop_table("draw_readings")
    op.drop_table("pending_ballots")
    op.drop_table("castings")
    op.drop_table("ballots")
    for table_name in ("receipts", "batches", "ledger_entries"):
        op.drop_table(table_name)
        if not _on_sqlite():
            op.execute(f"DROP FUNCTION {table_name}_refuse()")
    op.create_table(
        "receipts",
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("commitment", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_receipts_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_receipts")),
        sa.UniqueConstraint(
            "round_id",
            "voter_key",
            "request_hash",
            name=op.f("uq_receipts_round_id_voter_key_request_hash"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.String(64), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("client_nonce", sa.String(64), nullable=False),
        sa.Column("server_nonce", sa.String(32), nullable=False),
        sa.Column("receipt_code", sa.String(16), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.CheckConstraint("batch IS NULL OR batch > 0", name=op.f("ck_ballots_batch")),
        sa.ForeignKeyConstraint(
            ["receipt_code"], ["receipts.code"], name=op.f("fk_ballots_receipt_code_receipts")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_ballots_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "voter_key", name=op.f("pk_ballots")),
        sqlite_with_rowid=False,
    )
