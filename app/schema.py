"""The schema: every table of every floor, and bringing a database up to it."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, MetaData

from ballots import (
    box,
    decision_routes,
    drafts,
    draws,
    extensions,
    hall_votes,
    ledger,
    notices,
    outcome,
    paper_ballots,
    receipts,
    record,
    referrals,
    sealing,
    signing,
    stages,
    tally,
    turned_away,
    voting_rules,
)
from neighbourhoods import (
    assemblies,
    attendance,
    debate,
    delivery,
    digests,
    door,
    eligibility,
    funds,
    interests,
    letters,
    money,
    people,
    places,
    polls,
    projects,
    proposals,
    questions,
    ratings,
    reporting_back,
    rounds,
    screening,
    speakers,
)
from neighbourhoods.database import Base, Database

MIGRATIONS = Path(__file__).parent / "migrations"
# Imported so that their tables are known to the metadata.
ROOMS = (
    box, decision_routes, drafts, draws, extensions, hall_votes, ledger, notices, outcome,
    paper_ballots, receipts, record, referrals, sealing, signing, stages, tally, turned_away,
    voting_rules,
    assemblies, attendance, debate, delivery, digests, door, eligibility, funds, interests, letters,
    money, people, places, polls, projects, proposals, questions, ratings,
    reporting_back, rounds, screening, speakers,
)  # fmt: skip


def metadata() -> MetaData:
    """Every table of every floor."""
    return Base.metadata


def revision_of(connection: Connection) -> str | None:
    """The revision of the schema that a database has; None if it has no tables of ours."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


@cache
def revisions() -> list[str]:
    """Every revision of the schema that this version knows, the newest first."""
    # Each file is named after its revision: some can only be loaded while they are being run.
    names = (file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return sorted(names, reverse=True)


def migrate(database: Database, revision: str = "head") -> None:
    """Bring a database to a revision of the schema, the newest by default."""
    # Loaded only here: no server needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
