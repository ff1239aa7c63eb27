"""More days for a stuck stage: each time stays public, with who, how many, why and when."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.schema import MIGRATIONS
from ballots.extensions import MOST_DAYS_MORE, StageExtension, extensions_in
from ballots.moves import conclude_sign_off
from ballots.notices import notice_of
from ballots.refusals import BallotRefusal
from ballots.signoff import answer_referral
from ballots.stages import StageRun, runs_of
from ballots.stepping_in import except_from_quiet, give_more_days, name_substitute, steps_in
from neighbourhoods.people import Office, Person
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.services.test_signoff import asked, counted

ILL = "Both are ill."
SNOW = "The town hall is snowed in."


def watchers(town: Town) -> tuple[Person, Person]:
    return (
        town.person("Mona Monitor", Office.MONITORING_OFFICER),
        town.person("Dee Deputy", Office.MONITORING_OFFICER),
    )


def stuck(town: Town, clock: Clock) -> Round:
    """A round whose stage nobody ended within its days, on 2 January 2027."""
    the_round = counted(town)
    clock.moment = datetime(2027, 1, 2, 12, 0, tzinfo=UTC)
    return the_round


def given_twice(town: Town, clock: Clock) -> Round:
    """A round whose stage got 7 days, ran out again, and got one more from somebody else."""
    the_round = stuck(town, clock)
    mona, dee = watchers(town)
    give_more_days(town.session, the_round, mona, 7, ILL)
    clock.moves(days=8)
    give_more_days(town.session, the_round, dee, 1, f"  {SNOW} ")
    return the_round


def run_of(town: Town, the_round: Round) -> StageRun:
    (run,) = runs_of(town.session, the_round.id)
    return run


def written_by_older_code(town: Town, the_round: Round, by: Person, why: str) -> None:
    """What `give_more_days` did before there was a table of its own."""
    run = run_of(town, the_round)
    run.deadline_at = town.session.info["clock"]() + timedelta(days=3)
    run.extended_by, run.extended_why = by, why
    town.session.flush()


def told(session: Session, round_id: int) -> list[tuple[object, ...]]:
    return [
        (step["did"], step["by"], step["why"], step.get("days"), step.get("at"))
        for step in steps_in(session, round_id)
    ]


TWICE = [
    ("more-days", "Mona Monitor", ILL, 7, "2027-01-02T12:00:00+00:00"),
    ("more-days", "Dee Deputy", SNOW, 1, "2027-01-10T12:00:00+00:00"),
]


def test_each_time_that_a_stage_is_given_more_days_stays(town: Town, clock: Clock) -> None:
    the_round = given_twice(town, clock)
    assert told(town.session, the_round.id) == TWICE
    assert [one.number for one in extensions_in(town.session, the_round.id)] == [1, 2]


def test_the_signed_notice_names_each_time(town: Town, clock: Clock) -> None:
    the_round = given_twice(town, clock)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    contents = json.loads(notice.document)
    assert contents["format"] == "wardmote-notice-1"
    said = [(one["by"], one["days"], one["at"], one["why"]) for one in contents["stepped_in"]]
    assert said == [(by, days, at, why) for _, by, why, days, at in TWICE]


def test_steps_are_told_in_the_order_in_which_they_were_taken(town: Town, clock: Clock) -> None:
    the_round = stuck(town, clock)
    mona, _ = watchers(town)
    except_from_quiet(town.session, the_round, mona, "The grant ends this week.")
    clock.moves(hours=1)
    give_more_days(town.session, the_round, mona, 7, ILL)
    clock.moves(days=8)
    name_substitute(town.session, the_round, mona, town.other_councillor, "Still ill.")
    clock.moves(days=60)
    give_more_days(town.session, the_round, mona, 7, SNOW)
    order = [step["did"] for step in steps_in(town.session, the_round.id)]
    assert order == ["pre-election", "more-days", "named", "more-days"]


def test_a_new_sitting_begins_its_own_count_and_the_old_one_stays(town: Town, clock: Clock) -> None:
    the_round = given_twice(town, clock)
    town.declares_none(the_round, town.councillor)
    town.signs(the_round, town.councillor, asked(town))
    answer_referral(town.session, the_round, town.officer, "The canal trust does.")
    clock.moves(days=40)
    give_more_days(town.session, the_round, town.officer, 3, "Flood.")
    numbers = [(one.sitting, one.number) for one in extensions_in(town.session, the_round.id)]
    assert numbers == [(1, 1), (1, 2), (2, 1)]


def test_what_is_refused_leaves_nothing(town: Town, clock: Clock) -> None:
    the_round = stuck(town, clock)
    for days, why, reason in (
        (7, " ", BallotRefusal.REASONS_MISSING),
        (0, ILL, BallotRefusal.DAYS_IMPOSSIBLE),
        (MOST_DAYS_MORE + 1, ILL, BallotRefusal.DAYS_IMPOSSIBLE),
    ):
        with pytest.raises(Refused) as error:
            give_more_days(town.session, the_round, town.officer, days, why)
        assert error.value.reason is reason
    assert extensions_in(town.session, the_round.id) == []


# --- what the database itself refuses ------------------------------------------------------------


@pytest.mark.parametrize("act", ["UPDATE", "DELETE", "TRUNCATE", "REPLACE"])
def test_the_database_refuses_to_change_a_time_that_is_kept(
    town: Town, clock: Clock, act: str
) -> None:
    given_twice(town, clock)
    town.session.commit()
    on_sqlite = town.session.get_bind().dialect.name == "sqlite"
    if (act == "TRUNCATE" and on_sqlite) or (act == "REPLACE" and not on_sqlite):
        pytest.skip("the other database's word")
    statement = {
        "UPDATE": "UPDATE stage_extensions SET why = 'x' WHERE number = 1",
        "DELETE": "DELETE FROM stage_extensions WHERE number = 1",
        "TRUNCATE": "TRUNCATE stage_extensions",
        "REPLACE": "INSERT OR REPLACE INTO stage_extensions SELECT * FROM stage_extensions",
    }[act]
    with pytest.raises(DBAPIError, match="never changed"):
        town.session.execute(text(statement))


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"why": ""}, "why"),
        ({"days": 0}, "days"),
        ({"days": 61}, "days"),
        ({"days": None}, "known"),
        ({"extended_at": None}, "known"),
        ({"number": 0}, "number"),
    ],
)
def test_the_database_holds_the_rules_itself(
    town: Town, clock: Clock, wrong: dict[str, object], check: str
) -> None:
    run = run_of(town, stuck(town, clock))
    good = {"number": 1, "days": 60, "why": ILL, "extended_at": clock()}
    town.session.add(StageExtension(run=run, extended_by=town.officer, **(good | wrong)))
    with pytest.raises(IntegrityError, match=f"ck_stage_extensions_{check}"):
        town.session.flush()


# --- beside the code before ----------------------------------------------------------------------


def test_older_code_shows_the_newest_time(town: Town, clock: Clock) -> None:
    run = run_of(town, given_twice(town, clock))
    assert run.extended_by is not None
    assert (run.extended_by.name, run.extended_why) == ("Dee Deputy", SNOW)


def test_what_older_code_writes_meanwhile_is_shown_and_kept_when_days_are_given_again(
    town: Town, clock: Clock
) -> None:
    the_round = stuck(town, clock)
    mona, dee = watchers(town)
    give_more_days(town.session, the_round, mona, 7, ILL)
    clock.moves(days=8)
    written_by_older_code(town, the_round, dee, SNOW)
    by_older_code = ("more-days", "Dee Deputy", SNOW, None, None)
    assert told(town.session, the_round.id) == [TWICE[0], by_older_code]
    assert told(town.session, the_round.id) == [TWICE[0], by_older_code]
    clock.moves(days=8)
    give_more_days(town.session, the_round, mona, 2, "Flood.")
    newest = ("more-days", "Mona Monitor", "Flood.", 2, "2027-01-18T12:00:00+00:00")
    assert told(town.session, the_round.id) == [TWICE[0], by_older_code, newest]
    town.session.expire_all()
    assert told(town.session, the_round.id) == [TWICE[0], by_older_code, newest]


def to_revision(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if revision == "head":
        command.upgrade(config, revision)
    else:
        command.downgrade(config, revision)


def test_what_the_old_columns_held_arrives_with_name_and_reason(town: Town, clock: Clock) -> None:
    extended, other = stuck(town, clock), counted(town)
    written_by_older_code(town, extended, watchers(town)[0], ILL)
    numbers = extended.id, other.id
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.close()
    with engine.begin() as connection:
        to_revision(connection, "0014")
        to_revision(connection, "head")
        kept = "SELECT round_id, sitting, place, number, days, why, extended_at "
        rows = connection.execute(text(f"{kept} FROM stage_extensions")).all()
    assert [tuple(row) for row in rows] == [(numbers[0], 1, 0, 1, None, ILL, None)]
    with Session(engine) as session:
        assert told(session, numbers[0]) == [("more-days", "Mona Monitor", ILL, None, None)]
        assert told(session, numbers[1]) == []
        with pytest.raises(DBAPIError, match="never changed"):
            session.execute(text("DELETE FROM stage_extensions"))


def test_a_schema_that_holds_one_name_alone_is_not_gone_back_to_where_there_were_two(
    town: Town, clock: Clock
) -> None:
    given_twice(town, clock)
    town.session.commit()
    engine = town.session.get_bind().engine
    town.session.close()
    with engine.begin() as connection:
        with pytest.raises(RuntimeError, match="given days twice"):
            to_revision(connection, "0014")
        connection.rollback()
