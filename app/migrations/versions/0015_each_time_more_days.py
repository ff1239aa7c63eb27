"""Each time that a stage was given more days is kept, not the last one alone."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "stage_extensions"
OF_A_STAGE = ("round_id", "sitting", "place")
KEY = (*OF_A_STAGE, "number")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _freeze() -> None:
    refused = f"{TABLE} are never changed"
    if not _on_sqlite():
        op.execute(
            f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{refused}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {TABLE}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_refuse_{act.lower()} BEFORE {act} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )
    # INSERT OR REPLACE deletes a row without asking the trigger on DELETE.
    same = " AND ".join(f"{column} = NEW.{column}" for column in KEY)
    op.execute(
        f"CREATE TRIGGER {TABLE}_refuse_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
    )


def upgrade() -> None:
    """Apply; code from before goes on writing the columns of the stage, which stay."""
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Integer(), nullable=False) for name in KEY),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("extended_by_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("extended_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f(f"ck_{TABLE}_number")),
        sa.CheckConstraint("days BETWEEN 1 AND 60", name=op.f(f"ck_{TABLE}_days")),
        sa.CheckConstraint("why <> ''", name=op.f(f"ck_{TABLE}_why")),
        sa.CheckConstraint(
            "(days IS NULL) = (extended_at IS NULL)", name=op.f(f"ck_{TABLE}_known")
        ),
        sa.ForeignKeyConstraint(
            OF_A_STAGE,
            [f"stage_runs.{name}" for name in OF_A_STAGE],
            name=op.f(f"fk_{TABLE}_round_id_sitting_place_stage_runs"),
        ),
        sa.ForeignKeyConstraint(
            ["extended_by_id"], ["people.id"], name=op.f(f"fk_{TABLE}_extended_by_id_people")
        ),
        sa.PrimaryKeyConstraint(*KEY, name=op.f(f"pk_{TABLE}")),
    )
    # How many days these were, and since when, was not kept: the deadline tells only their sum.
    op.execute(
        f"INSERT INTO {TABLE} (round_id, sitting, place, number, extended_by_id, why) "
        "SELECT round_id, sitting, place, 1, extended_by_id, extended_why FROM stage_runs "
        "WHERE extended_why <> ''"
    )
    _freeze()


def downgrade() -> None:
    """Take back; who gave a stage days and why stays in its own columns, how many and when goes.

    Where there was more than one time this stops: a name and a reason are not thrown away.
    """
    again = f"SELECT count(*) FROM {TABLE} WHERE number > 1"
    if op.get_bind().execute(sa.text(again)).scalar_one():
        raise RuntimeError("A stage was given days twice: the old columns keep only the last time")
    op.drop_table(TABLE)
    if not _on_sqlite():
        op.execute(f"DROP FUNCTION {TABLE}_refuse()")
