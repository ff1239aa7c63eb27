"""Votes in a hall beside everything else: the clerk at the clock, the desk, the round's page."""

from datetime import timedelta

from flask import Flask

from app.ticker import Ticker
from ballots.hall import HallVote, extend, release
from ballots.outcome import outcome_of
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from neighbourhoods.stage import end
from tests.builders import Clock, Town
from tests.council import Site
from tests.services.test_hall import check_in, hall, opened, vote_for
from tests.services.test_hall_money import sign


def closed_by_the_clerk(
    town: Town, app: Flask, clock: Clock, assembly: Assembly
) -> tuple[Ticker, HallVote]:
    """A vote of a minute in which one person voted, and whose minute is over."""
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=60)
    vote_for(town, vote, person, ["1"])
    town.session.commit()
    clerk = Ticker(app, delay=float)
    clock.moves(seconds=60)
    clerk.tick()
    town.session.expire_all()
    town.session.rollback()
    return clerk, vote


def test_the_clerk_closes_a_held_vote_and_counts_it_once_it_is_released(
    town: Town, app: Flask, clock: Clock, database: Database
) -> None:
    clerk, vote = closed_by_the_clerk(town, app, clock, hall(town, ItemKind.BALLOT))
    clerk.tick()
    with database.reading() as session:
        assert session.get_one(Round, vote.round_id).phase == Phase.COUNT
        assert outcome_of(session, vote.round_id) is None
        assert session.query(Letter).count() == 0
    with database.writing() as session:
        release(session, session.get_one(HallVote, (vote.item_id, 1)), town.facilitator)
        session.commit()
    clock.moves(seconds=10)
    clerk.tick()
    with database.reading() as session:
        assert session.get_one(Round, vote.round_id).phase == Phase.SIGN_OFF
        assert session.query(Letter).count() == 2


def test_an_officer_who_counts_a_held_vote_is_told_to_wait(
    town: Town, app: Flask, clock: Clock, site: Site
) -> None:
    _clerk, vote = closed_by_the_clerk(town, app, clock, hall(town, ItemKind.BALLOT))
    officer = site.as_(town.officer)
    address = f"/office/rounds/{vote.round_id}/move?to=sign-off"
    answer = officer.post(address, data={"why": "Now.", "confirmed": "y"}, follow_redirects=True)
    assert "counted when its outcome is revealed" in answer.text
    assert outcome_of(town.session, vote.round_id) is None


def test_a_rehearsal_is_counted_and_no_councillor_hears_of_it(
    town: Town, app: Flask, clock: Clock, database: Database, site: Site
) -> None:
    assembly = hall(town, ItemKind.BALLOT, is_practice=True)
    assembly.items[0].settings = {"held": False}
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=60, held=False)
    vote_for(town, vote, person, ["1"])
    town.session.commit()
    clock.moves(seconds=60)
    Ticker(app, delay=float).tick()
    with database.reading() as session:
        assert outcome_of(session, vote.round_id) is not None
        assert session.query(Letter).count() == 0
    assert "Decision day" not in site.as_(town.councillor).get("/desk").text
    assert "Decision day" not in site.as_(None).get(f"/rounds/{assembly.round_id}").text


def test_a_hall_vote_waits_on_the_desk_and_stands_on_its_rounds_page_and_in_no_list(
    town: Town, app: Flask, clock: Clock, site: Site
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    clerk, vote = closed_by_the_clerk(town, app, clock, assembly)
    release(town.session, vote, town.facilitator)
    town.session.commit()
    clock.moves(seconds=10)
    clerk.tick()
    name = "Decision day: ballot 1"
    assert name in site.as_(town.councillor).get("/desk").text
    for address in ("/", "/rounds", f"/funds/{vote.the_round.fund_id}"):
        assert name not in site.as_(None).get(address).text
    page = site.as_(None).get(f"/rounds/{assembly.round_id}").text
    assert name in page
    for link in ("outcome", "ledger"):
        assert f'href="/rounds/{vote.round_id}/{link}"' in page
    assert f'href="/rounds/{vote.round_id}/record"' not in page
    assert site.as_(None).get(f"/rounds/{vote.round_id}/outcome").status_code == 200


def test_a_round_that_was_decided_in_its_hall_leads_to_no_page_that_it_has_not(
    town: Town, app: Flask, clock: Clock, site: Site
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    clerk, vote = closed_by_the_clerk(town, app, clock, assembly)
    clock.moves(hours=25)
    clerk.tick()
    town.session.rollback()
    town.session.expire_all()
    sign(town, vote.the_round)
    town.enter(assembly.the_round, Phase.DELIVERY)
    town.session.commit()
    public = site.as_(None)
    page = public.get(f"/rounds/{assembly.round_id}").text
    assert f'href="/rounds/{vote.round_id}/record"' in page
    for missing in ("record", "outcome", "ledger"):
        assert f'href="/rounds/{assembly.round_id}/{missing}"' not in page
        assert public.get(f"/rounds/{assembly.round_id}/{missing}").status_code in (200, 404)
    for address in (
        f"/rounds/{vote.round_id}/record",
        f"/rounds/{vote.round_id}/ledger",
        "/office",
    ):
        who = site.as_(town.officer)
        assert who.get(address).status_code == 200


def test_more_time_is_told_in_the_ledger_in_words(town: Town, clock: Clock, site: Site) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=60)
    closes_at = extend(town.session, town.keys, vote, town.facilitator, 60)
    town.session.commit()
    assert closes_at == clock() + timedelta(seconds=120)
    page = site.as_(None).get(f"/rounds/{vote.round_id}/ledger").text
    assert "More time to vote: it now closes at 12:02:00 on Monday 23 November 2026." in page
    assert "Given by Fred Facilitator." in page


def test_the_rounds_page_names_its_meetings_and_leads_to_the_minutes_of_those_that_are_over(
    town: Town, site: Site
) -> None:
    over = hall(town, ItemKind.BALLOT)
    planned = town.assembly(over.the_round, ItemKind.WELCOME)
    practice = town.assembly(over.the_round, ItemKind.WELCOME)
    over.title, planned.title, practice.title = "Autumn day", "Spring day", "Trial run"
    practice.is_practice = True
    end(town.session, over, town.facilitator)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{over.round_id}").text
    assert "Autumn day" in page
    assert f'href="/assemblies/{over.id}/minutes"' in page
    assert "Spring day" in page
    assert f"/assemblies/{planned.id}/minutes" not in page
    assert "Trial run" not in page
