"""The page of a ward: our councillors, their decisions, the money, what is being delivered."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import event, select

from neighbourhoods.database import Database
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.funds import Fund
from neighbourhoods.people import Office, appoint
from neighbourhoods.phases import Phase
from neighbourhoods.places import CommunityKind, add_community
from tests.app.public.builders import approve, counted_round, signed_round
from tests.builders import TERM_STARTS, Town
from tests.council import Site


def ward(site: Site, slug: str = "millbrook") -> str:
    return site.as_(None).get(f"/communities/{slug}").text


def under(page: str, heading: str) -> str:
    """The words under one heading; nothing if it is not there."""
    parts = re.split(r"<h2[^>]*>", page)
    return next((part for part in parts if part.startswith(heading)), "")


def test_a_ward_shows_its_councillors_and_how_many_decisions_each_signed(
    site: Site, town: Town
) -> None:
    signed_round(town)
    signed_round(town)
    page = under(ward(site), "Our councillors")
    cora, carl = town.councillor, town.second_councillor
    assert re.search(
        rf'Councillor Cora Councillor: <a[^>]*\?councillor={cora.id}">2 decisions<', page
    )
    assert "Councillor Carl Councillor</li>" in page
    assert f"councillor={carl.id}" not in page


def test_one_decision_is_told_in_the_singular(site: Site, town: Town) -> None:
    signed_round(town)
    assert ">1 decision<" in under(ward(site), "Our councillors")


def test_a_signature_on_what_is_not_decided_yet_is_no_decision(site: Site, town: Town) -> None:
    approve(town, counted_round(town, approvals=2))
    assert "decision" not in under(ward(site), "Our councillors")


def test_a_ward_shows_what_was_decided_for_it_and_its_neighbourhoods(
    site: Site, town: Town
) -> None:
    signed_round(town).title = "For the canal"
    town.session.commit()
    page = under(ward(site), "What was decided")
    assert "For the canal" in page
    assert 'href="/notices/2026/1"' in page
    assert "Residents chose 2 projects: 2 endorsed. Decided by Cora Councillor." in page
    assert 'href="/decisions/register?ward=millbrook"' in page
    # It is told once, not a second time as a round that is over.
    assert ward(site).count("For the canal") == 1
    assert "For the canal" in under(ward(site, "canal-side"), "What was decided")


def test_another_wards_page_shows_none_of_it(site: Site, town: Town) -> None:
    signed_round(town).title = "For the canal"
    town.session.commit()
    assert "For the canal" not in ward(site, "hillfields")
    assert "What was decided" not in ward(site, "hillfields")


def test_a_neighbourhood_shows_no_decision_of_the_one_beside_it(site: Site, town: Town) -> None:
    signed_round(town).title = "For the canal"
    add_community(town.session, CommunityKind.NEIGHBOURHOOD, "Lock Hill", ward=town.ward)
    town.session.commit()
    assert "For the canal" not in ward(site, "lock-hill")


def test_a_community_of_interest_names_its_sponsoring_councillors(site: Site, town: Town) -> None:
    young = add_community(town.session, CommunityKind.INTEREST, "Young people")
    appoint(town.session, town.other_councillor, Office.COUNCILLOR, young, TERM_STARTS)
    town.session.commit()
    page = under(ward(site, "young-people"), "Our sponsoring councillors")
    assert "Councillor Otto Other" in page
    assert "Cora Councillor" not in page


def test_money_and_deliveries_stand_on_the_wards_page(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    town.fund(town.ward, 1_234_500)
    first = deliveries_in(town.session, the_round)[0]
    first.due_on = date(2026, 12, 4)
    town.session.commit()
    page = ward(site)
    assert "£12,345" in page
    delivered = under(page, "Being delivered")
    assert first.project.title in delivered
    assert "Due by Friday 4 December 2026" in delivered


def test_names_and_titles_are_shown_as_they_were_written(site: Site, town: Town) -> None:
    town.councillor.name = "Ŵyn <script>alert(1)</script> Świątek"
    signed_round(town).title = "<script>alert(2)</script> ملعب"
    town.session.commit()
    page = ward(site)
    assert "<script>alert" not in page
    assert "Ŵyn &lt;script&gt;" in page
    assert "ملعب" in page


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement the database is asked."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_wards_page_costs_no_more_queries_however_many_rounds_it_has(
    site: Site, town: Town, asked: list[str]
) -> None:
    counts = []
    for more in (1, 5):
        for _number in range(more):
            signed_round(town)
            counted_round(town)
            town.round(Phase.VOTE)
        # A ward has a fund or two a year; here each round brought one.
        for fund in town.session.scalars(select(Fund)):
            fund.financial_year = "2024-25"
        town.session.commit()
        asked.clear()
        assert site.as_(None).get("/communities/millbrook").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] < 30
