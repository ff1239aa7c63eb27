"""The ledger of every fund's money with all that happened so far; milestones, photos, ratings."""

from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ACTS = "'source', 'correction', 'commitment', 'hold', 'release', 'spending', 'return'"
ACCOUNTS = "'source', 'available', 'committed', 'held', 'spent', 'returned'"
OF_A_PROJECT = "'committed', 'held', 'spent'"
# What is written is never changed, and a row cannot be replaced on SQLite either.
FROZEN: dict[str, tuple[str, ...]] = {"money_entries": ("id",), "money_lines": ("id",)}


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    """Apply; what funds, deliveries and their reports say already is written down entry by entry."""
    op.create_table(
        "money_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("update_id", sa.Integer(), nullable=True),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("returned_to", sa.String(160), nullable=False),
        sa.CheckConstraint(f"act IN ({ACTS})", name=op.f("ck_money_entries_act")),
        sa.CheckConstraint("why <> ''", name=op.f("ck_money_entries_why")),
        sa.CheckConstraint(
            "(act IN ('source', 'correction')) = (source_id IS NOT NULL)",
            name=op.f("ck_money_entries_of"),
        ),
        sa.CheckConstraint(
            "(source_id IS NULL) = (project_id IS NOT NULL)", name=op.f("ck_money_entries_about")
        ),
        sa.CheckConstraint(
            "(project_id IS NULL) = (round_id IS NULL)", name=op.f("ck_money_entries_round")
        ),
        sa.CheckConstraint(
            "(act = 'release') = (answers_id IS NOT NULL)", name=op.f("ck_money_entries_answers")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_money_entries_{column}_{table}")
            )
            for column, table in (
                ("fund_id", "funds"),
                ("by_id", "people"),
                ("source_id", "fund_sources"),
                ("project_id", "projects"),
                ("round_id", "rounds"),
                ("update_id", "delivery_updates"),
                ("answers_id", "money_entries"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_entries")),
        sa.UniqueConstraint("act", "source_id", name=op.f("uq_money_entries_act_source_id")),
        sa.UniqueConstraint("answers_id", name=op.f("uq_money_entries_answers_id")),
    )
    for column in ("fund_id", "project_id", "round_id"):
        op.create_index(op.f(f"ix_money_entries_{column}"), "money_entries", [column])
    op.create_table(
        "money_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"account IN ({ACCOUNTS})", name=op.f("ck_money_lines_account")),
        sa.CheckConstraint("pence <> 0", name=op.f("ck_money_lines_pence")),
        sa.CheckConstraint(
            f"(account IN ({OF_A_PROJECT})) = (project_id IS NOT NULL)",
            name=op.f("ck_money_lines_project"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["money_entries.id"], name=op.f("fk_money_lines_entry_id_money_entries")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_money_lines_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_lines")),
    )
    for column in ("entry_id", "project_id"):
        op.create_index(op.f(f"ix_money_lines_{column}"), "money_lines", [column])
    op.create_table(
        "money_balances",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"account IN ({ACCOUNTS})", name=op.f("ck_money_balances_account")),
        sa.CheckConstraint(
            "(account = 'source' AND pence <= 0) OR (account <> 'source' AND pence >= 0)",
            name=op.f("ck_money_balances_pence"),
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.id"], name=op.f("fk_money_balances_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", "account", "project_id", name=op.f("pk_money_balances")),
    )
    op.create_index(op.f("ix_money_balances_project_id"), "money_balances", ["project_id"])
    _create_delivery()
    for table in FROZEN:
        _freeze(table)
    _keep_balances()
    _carry_over(op.get_bind())


def downgrade() -> None:
    """Undo; funds, deliveries and their reports still say what came in and what was spent."""
    for table in ("ratings", "delivery_photos", "milestones"):
        op.drop_table(table)
    for table in ("money_balances", "money_lines", "money_entries"):
        op.drop_table(table)
    if not _on_sqlite():
        for function in ("money_entries_refuse", "money_lines_refuse", "money_lines_balance"):
            op.execute(f"DROP FUNCTION {function}()")
        op.execute("DROP FUNCTION money_balances_check()")


def _create_delivery() -> None:
    op.create_table(
        "milestones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("title <> ''", name=op.f("ck_milestones_title")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["deliveries.project_id"],
            name=op.f("fk_milestones_project_id_deliveries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
    )
    op.create_index(op.f("ix_milestones_project_id"), "milestones", ["project_id"])
    op.create_table(
        "delivery_photos",
        sa.Column("update_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("alt", sa.String(300), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.CheckConstraint("alt <> ''", name=op.f("ck_delivery_photos_alt")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_delivery_photos_size")),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["delivery_updates.id"],
            name=op.f("fk_delivery_photos_update_id_delivery_updates"),
        ),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_delivery_photos")),
    )
    op.create_index(op.f("ix_delivery_photos_digest"), "delivery_photos", ["digest"])
    op.create_table(
        "ratings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("rater", sa.String(64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("rated_at", UTCDateTime(), nullable=False),
        sa.Column("hidden_at", UTCDateTime(), nullable=True),
        sa.Column("hidden_why", sa.Text(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_ratings_score")),
        sa.CheckConstraint(
            "(hidden_at IS NULL) = (hidden_why = '')", name=op.f("ck_ratings_hidden")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["deliveries.project_id"], name=op.f("fk_ratings_project_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("project_id", "rater", name=op.f("uq_ratings_project_id_rater")),
    )


# --- triggers ------------------------------------------------------------------------------------


def _freeze(table: str) -> None:
    if not _on_sqlite():
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )
    row = f"SELECT 1 FROM {table} WHERE id = NEW.id"
    op.execute(
        f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS ({row}) BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
    )


# A line moves the balance of its account by itself, so that no program can forget to; the CHECK
# of the balance then refuses the line that would overdraw it.
_ITS_FUND = "SELECT fund_id FROM money_entries WHERE id = NEW.entry_id"
_OPEN = (
    "INSERT INTO money_balances (fund_id, account, project_id, pence) "
    f"VALUES (({_ITS_FUND}), NEW.account, coalesce(NEW.project_id, 0), 0) ON CONFLICT DO NOTHING"
)
_ADD = (
    "UPDATE money_balances SET pence = pence + NEW.pence "
    f"WHERE fund_id = ({_ITS_FUND}) AND account = NEW.account "
    "AND project_id = coalesce(NEW.project_id, 0)"
)
# And nobody writes a balance by hand.
_LINES_SAY = (
    "SELECT coalesce(sum(line.pence), 0) FROM money_lines AS line "
    "JOIN money_entries AS entry ON entry.id = line.entry_id WHERE entry.fund_id = NEW.fund_id "
    "AND line.account = NEW.account AND coalesce(line.project_id, 0) = NEW.project_id"
)


def _keep_balances() -> None:
    if _on_sqlite():
        op.execute(
            "CREATE TRIGGER money_lines_balance AFTER INSERT ON money_lines "
            f"BEGIN {_OPEN}; {_ADD}; END"
        )
        op.execute(
            "CREATE TRIGGER money_balances_check BEFORE UPDATE ON money_balances "
            f"WHEN NEW.pence <> ({_LINES_SAY}) "
            "BEGIN SELECT RAISE(ABORT, 'money_balances follow their lines'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION money_lines_balance() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_OPEN}; {_ADD}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER money_lines_balance AFTER INSERT ON money_lines "
        "FOR EACH ROW EXECUTE FUNCTION money_lines_balance()"
    )
    op.execute(
        "CREATE FUNCTION money_balances_check() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NEW.pence <> ({_LINES_SAY}) THEN "
        "RAISE EXCEPTION 'money_balances follow their lines'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER money_balances_check BEFORE UPDATE ON money_balances "
        "FOR EACH ROW EXECUTE FUNCTION money_balances_check()"
    )


# --- what was there before -----------------------------------------------------------------------

_ENTRIES = sa.table(
    "money_entries",
    sa.column("id", sa.Integer),
    sa.column("fund_id", sa.Integer),
    sa.column("act", sa.String),
    sa.column("at", UTCDateTime),
    sa.column("by_id", sa.Integer),
    sa.column("why", sa.Text),
    sa.column("source_id", sa.Integer),
    sa.column("project_id", sa.Integer),
    sa.column("round_id", sa.Integer),
    sa.column("update_id", sa.Integer),
    sa.column("returned_to", sa.String),
)
_LINES = sa.table(
    "money_lines",
    sa.column("entry_id", sa.Integer),
    sa.column("account", sa.String),
    sa.column("project_id", sa.Integer),
    sa.column("pence", sa.BigInteger),
)
_SOURCES = sa.text(
    "SELECT id, fund_id, name, amount_pence, given_on FROM fund_sources ORDER BY id"
).columns(given_on=sa.Date)
_PROMISES = sa.text(
    "SELECT deliveries.project_id, deliveries.round_id, rounds.fund_id, committed_pence, "
    "(SELECT max(moved_at) FROM round_moves WHERE round_moves.round_id = rounds.id "
    "AND to_phase = 'delivery') AS at FROM deliveries "
    "JOIN rounds ON rounds.id = deliveries.round_id ORDER BY deliveries.project_id"
).columns(at=UTCDateTime)
_SPENDINGS = sa.text(
    "SELECT delivery_updates.id, delivery_updates.project_id, deliveries.round_id, "
    "rounds.fund_id, note, delivery_updates.spent_pence, updated_by_id, updated_at AS at "
    "FROM delivery_updates JOIN deliveries ON deliveries.project_id = delivery_updates.project_id "
    "JOIN rounds ON rounds.id = deliveries.round_id "
    "WHERE delivery_updates.spent_pence > 0 ORDER BY delivery_updates.id"
).columns(at=UTCDateTime)
_OVERDRAWN = (
    "SELECT funds.name FROM funds WHERE coalesce((SELECT sum(committed_pence) FROM deliveries "
    "JOIN rounds ON rounds.id = deliveries.round_id WHERE rounds.fund_id = funds.id), 0) > "
    "coalesce((SELECT sum(amount_pence) FROM fund_sources WHERE fund_id = funds.id), 0)"
)


def _carry_over(connection: sa.Connection) -> None:
    overdrawn = connection.execute(sa.text(_OVERDRAWN)).scalars().all()
    if overdrawn:
        raise RuntimeError(f"Add a source first: more is promised than there is in {overdrawn}.")
    number = 0
    for source in connection.execute(_SOURCES).all():
        number += 1
        given = datetime.combine(source.given_on, time(), UTC)
        told = {"act": "source", "at": given, "why": source.name, "source_id": source.id}
        pence = source.amount_pence
        moved = (("source", None, -pence), ("available", None, pence))
        _enter(connection, number, told | {"fund_id": source.fund_id}, moved)
    for promise in connection.execute(_PROMISES).all():
        number += 1
        told = {
            "act": "commitment",
            "at": promise.at or datetime.now(UTC),
            "why": "outcome-signed",
            "fund_id": promise.fund_id,
            "project_id": promise.project_id,
            "round_id": promise.round_id,
        }
        pence = promise.committed_pence
        moved = (("available", None, -pence), ("committed", promise.project_id, pence))
        _enter(connection, number, told, moved)
    for spent in connection.execute(_SPENDINGS).all():
        number += 1
        told = {
            "act": "spending",
            "at": spent.at,
            # A report could do without words before it had to stand in a ledger.
            "why": spent.note or "spent",
            "fund_id": spent.fund_id,
            "project_id": spent.project_id,
            "round_id": spent.round_id,
            "update_id": spent.id,
            "by_id": spent.updated_by_id,
        }
        pence = spent.spent_pence
        moved = (("committed", spent.project_id, -pence), ("spent", spent.project_id, pence))
        _enter(connection, number, told, moved)
    if number and not _on_sqlite():
        # The numbers above were given by hand: the next one comes after them.
        connection.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('money_entries', 'id'), :number)"),
            {"number": number},
        )


def _enter(
    connection: sa.Connection,
    number: int,
    told: dict[str, Any],
    moved: tuple[tuple[str, int | None, int], ...],
) -> None:
    connection.execute(_ENTRIES.insert(), {"id": number, "returned_to": ""} | told)
    connection.execute(
        _LINES.insert(),
        [
            {"entry_id": number, "account": account, "project_id": project, "pence": pence}
            for account, project, pence in moved
        ],
    )
