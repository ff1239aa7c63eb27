"""The schema: every table of every floor, and bringing a database up to it."""

from pathlib import Path

from sqlalchemy import MetaData

from ballots import (
    box,
    decision_routes,
    drafts,
    draws,
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

# Imported so that their tables are known to the metadata.
ROOMS = (
    box, decision_routes, drafts, draws, hall_votes, ledger, notices, outcome, paper_ballots,
    receipts, record, referrals, sealing, signing, stages, tally, turned_away,
    voting_rules,
    assemblies, attendance, debate, delivery, digests, door, eligibility, funds, interests, letters,
    money, people, places, polls, projects, proposals, questions, ratings,
    reporting_back, rounds, screening, speakers,
)  # fmt: skip


def metadata() -> MetaData:
    """Every table of every floor."""
    return Base.metadata


def migrate(database: Database, revision: str = "head") -> None:
    """Bring a database to a revision of the schema, the newest by default."""
    # Loaded only here: no server needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
