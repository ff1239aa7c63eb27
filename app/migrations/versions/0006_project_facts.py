"""What officers may know of a project: its area, its least cost, who benefits, its criteria."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite adds a column with its check in place. Built anew, the table would lose the deliveries
# that point to it.
COLUMNS = {
    "area": "VARCHAR(120) DEFAULT '' NOT NULL",
    "minimum_cost_pence": (
        "BIGINT CONSTRAINT ck_projects_minimum_cost "
        "CHECK (minimum_cost_pence IS NULL OR minimum_cost_pence BETWEEN 1 AND cost_pence)"
    ),
    "beneficiaries": (
        "INTEGER CONSTRAINT ck_projects_beneficiaries "
        "CHECK (beneficiaries IS NULL OR beneficiaries > 0)"
    ),
    "criteria": "JSON DEFAULT '{}' NOT NULL",
}


def upgrade() -> None:
    """Apply."""
    for column, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE projects ADD COLUMN {column} {definition}")


def downgrade() -> None:
    """Undo; each check goes with its column."""
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE projects DROP COLUMN {column}")
