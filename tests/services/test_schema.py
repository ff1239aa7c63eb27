"""The schema in the migrations, in the models and in the database is one."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.schema import metadata, migrate, revision_of, revisions
from ballots.outcome import count_votes
from neighbourhoods.database import Database
from neighbourhoods.delivery import (
    DeliveryStatus,
    DeliveryStep,
    commit_money,
    report_delivery,
)
from neighbourhoods.funds import Fund, SourceKind, add_source, position_of
from neighbourhoods.money import MoneyEntry, entries_of, standing_spendings
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community, CommunityKind
from neighbourhoods.projects import projects_in
from neighbourhoods.purse import correct_spending
from tests.builders import Town

MIGRATIONS = Path(__file__).parents[2] / "app" / "migrations"


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata()) == []


def test_every_check_of_the_models_is_in_the_database(database: Database) -> None:
    found = inspect(database.engine)
    for table in metadata().sorted_tables:
        wanted = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {row["name"] for row in found.get_check_constraints(table.name)} == wanted


def test_a_database_can_go_back_to_nothing_and_up_again(database: Database) -> None:
    migrate(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate(database)
    assert "rounds" in inspect(database.engine).get_table_names()


def test_a_database_with_a_scrutineer_can_go_back(database: Database, town: Town) -> None:
    assert town.scrutineer.appointments
    town.session.commit()
    migrate(database, "base")
    assert "appointments" not in inspect(database.engine).get_table_names()


def test_a_database_with_projects_on_their_way_keeps_them_through_the_facts(town: Town) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    project = projects_in(town.session, the_round.id)[0]
    commit_money(town.session, project, project.cost_pence)
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.close()
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
        columns = {column["name"] for column in inspect(connection).get_columns("projects")}
        assert columns.isdisjoint({"area", "minimum_cost_pence", "beneficiaries", "criteria"})
        command.upgrade(config, "head")
        kept = "SELECT count(*) FROM deliveries JOIN projects ON projects.id = project_id"
        assert connection.execute(text(kept)).scalar_one() == 1
        facts = "SELECT area, minimum_cost_pence, beneficiaries FROM projects LIMIT 1"
        assert connection.execute(text(facts)).one() == ("", None, None)


def test_old_money_is_carried_over_into_the_ledger_to_the_penny(town: Town) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    the_round.phase = Phase.DELIVERY
    delivery = commit_money(town.session, projects_in(town.session, the_round.id)[0], 200_000)
    step = DeliveryStep(DeliveryStatus.STARTED, "Ordered.", 50_025, None)
    report_delivery(town.session, delivery, town.officer, step)
    fund, moment = the_round.fund, town.session.info["clock"]()
    before = [_told(entry) for entry in entries_of(town.session, fund.id)]
    position = position_of(town.session, fund)
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.expunge_all()
    town.session.close()
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        assert "money_entries" not in inspect(connection).get_table_names()
        command.upgrade(config, "head")
    with Session(engine, info={"clock": lambda: moment}) as session:
        kept = session.get_one(Fund, fund.id)
        assert [_told(entry) for entry in entries_of(session, kept.id)] == before
        assert len(before) == 3
        assert position_of(session, kept) == position
        # The next entry finds a number that is free.
        add_source(session, kept, SourceKind.GRANT, "More", 1, moment.date())
        assert position_of(session, kept).allocated_pence == 1_000_001


def test_an_older_schema_that_cannot_say_that_a_spend_was_put_right_is_not_gone_back_to(
    town: Town,
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    the_round.phase = Phase.DELIVERY
    delivery = commit_money(town.session, projects_in(town.session, the_round.id)[0], 200_000)
    step = DeliveryStep(DeliveryStatus.STARTED, "Ordered.", 50_025, None)
    report_delivery(town.session, delivery, town.officer, step)
    (spending,) = standing_spendings(entries_of(town.session, the_round.fund_id))
    correct_spending(town.session, delivery, spending, town.officer, 25, "Mistyped.")
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.close()
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        with pytest.raises(RuntimeError, match="A spend was put right"):
            command.downgrade(config, "0009")
        connection.rollback()


def _told(entry: MoneyEntry) -> tuple[object, ...]:
    lines = [(line.account, line.project_id, line.pence) for line in entry.lines]
    return entry.act, entry.why, entry.source_id, entry.project_id, entry.update_id, lines


def test_old_money_that_does_not_add_up_stops_the_migration_and_names_its_fund(
    town: Town,
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    commit_money(town.session, projects_in(town.session, the_round.id)[0], 200_000)
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.close()
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
        connection.execute(text("UPDATE fund_sources SET amount_pence = 199999"))
        with pytest.raises(RuntimeError, match=r"more is promised than there is in .'Pot'"):
            command.upgrade(config, "head")
        connection.rollback()


def test_a_neighbourhood_without_a_ward_is_refused_by_the_database(session: Session) -> None:
    session.add(Community(kind=CommunityKind.NEIGHBOURHOOD, name="Nowhere", slug="nowhere"))
    with pytest.raises(IntegrityError):
        session.flush()


def test_an_address_in_capitals_is_refused_by_the_database(town: Town) -> None:
    town.session.add(
        Person(email="Rita@Example.org", name="", joined_at=town.session.info["clock"]())
    )
    with pytest.raises(IntegrityError):
        town.session.flush()


@pytest.mark.parametrize("act", ["UPDATE snapshots SET covered = 0", "DELETE FROM snapshots"])
def test_the_database_refuses_to_change_a_published_snapshot(town: Town, act: str) -> None:
    count_votes(town.session, town.keys, town.round(Phase.COUNT))
    with pytest.raises(DBAPIError, match="never changed"):
        town.session.execute(text(act))


def test_a_migrated_database_has_the_newest_revision_there_is(database: Database) -> None:
    with database.engine.connect() as connection:
        assert revision_of(connection) == revisions()[0]


def test_migrations_are_numbered_with_four_digits() -> None:
    names = sorted(file.name for file in (MIGRATIONS / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
