"""The queue: what waits for this councillor, for how long, and what comes."""

from neighbourhoods.phases import Phase
from tests.app.public.builders import approve, counted_round, signed_round
from tests.builders import Clock, Town
from tests.council import Site


def test_an_empty_queue_says_so(site: Site, town: Town) -> None:
    page = site.as_(town.councillor).get("/councillors/queue").text
    assert "Nothing waits for you" in page
    assert "No other round is on its way to you." in page


def test_a_resident_has_no_queue(site: Site, town: Town) -> None:
    assert site.as_(town.resident).get("/councillors/queue").status_code == 403


def test_whoever_is_not_signed_in_is_asked_to(site: Site, town: Town) -> None:
    answer = site.as_(None).get("/councillors/queue")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_what_has_waited_longest_comes_first(site: Site, town: Town, clock: Clock) -> None:
    older = counted_round(town)
    clock.moves(days=3)
    newer = counted_round(town)
    older.title, newer.title = "The older one", "The newer one"
    town.session.commit()
    clock.moves(days=2)
    page = site.as_(town.councillor).get("/councillors/queue").text
    assert page.index("The older one") < page.index("The newer one")
    assert "Since Monday 23 November 2026, 5 days ago" in page
    assert "Since Thursday 26 November 2026, 2 days ago" in page


def test_rounds_on_their_way_stand_below(site: Site, town: Town) -> None:
    town.round(Phase.VOTE).title = "Still voting"
    counted_round(town)
    page = site.as_(town.councillor).get("/councillors/queue").text
    assert page.index("Waiting for you") < page.index("Coming") < page.index("Still voting")


def test_another_wards_rounds_are_not_in_the_queue(site: Site, town: Town) -> None:
    counted_round(town).title = "Not theirs"
    town.session.commit()
    assert "Not theirs" not in site.as_(town.other_councillor).get("/councillors/queue").text


def test_after_deciding_the_round_waits_for_somebody_else(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    approve(town, the_round)
    page = site.as_(town.councillor).get("/councillors/queue").text
    assert "Nothing waits for you" in page
    assert "You have decided. Waiting for other councillors." in page
    assert "Waiting for you" in site.as_(town.second_councillor).get("/councillors/queue").text


def test_a_signed_round_leads_to_its_record(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    page = site.as_(town.councillor).get("/councillors/queue").text
    assert f'href="/rounds/{the_round.id}/record"' in page
