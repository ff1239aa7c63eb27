"""What the monitoring officer watches over, and what everybody reads of sheets already signed."""

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from ballots.advice import write_note
from ballots.bundle import costs_to_sign
from ballots.notices import call_in, notice_of
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import Ground, NoteKind
from neighbourhoods.people import Office
from neighbourhoods.rounds import Round
from tests.app.councillors.walking import LONG, address
from tests.app.public.builders import counted_round
from tests.app.public.test_notices import called_in_round
from tests.builders import Clock, Town
from tests.council import Site
from tests.services.test_signoff import counted_by

HOSTILE = f"<script>alert(1)</script> {LONG}"


def main_of(client: FlaskClient, path: str) -> str:
    page = BeautifulSoup(client.get(path).text, "html.parser")
    found = page.select_one("main")
    assert found is not None
    return " ".join(found.get_text(" ", strip=True).split())


def monitor(site: Site, town: Town) -> FlaskClient:
    person = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    town.session.commit()
    return site.as_(person)


def split_round(town: Town) -> Round:
    """One ward member endorsed everything, the other declined it in hostile words."""
    the_round = counted_round(town, approvals=2)
    town.approves(the_round, town.councillor)
    town.declares_none(the_round, town.second_councillor)
    declined = VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=HOSTILE)
    codes = costs_to_sign(town.session, the_round)
    sheet = SheetGiven(dict.fromkeys(codes, declined))
    town.signs(the_round, town.second_councillor, sheet)
    town.session.commit()
    return the_round


def test_the_desk_leads_to_decisions_that_are_called_in_and_to_those_that_can_be(
    site: Site, town: Town, clock: Clock
) -> None:
    client = monitor(site, town)
    assert "none can be called in today" in main_of(client, "/desk")
    the_round = called_in_round(town)
    where = f'href="/office/rounds/{the_round.id}/notice"'
    assert where in client.get("/desk").text
    assert "5 days left" in main_of(client, "/desk")
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    call_in(town.session, notice, "Two members ask.")
    town.session.commit()
    clock.moves(days=20)
    page = client.get("/desk").text
    assert where in page
    assert "Confirm the decision, or send it back" in page
    assert where not in site.as_(town.councillor).get("/desk").text


def test_only_whoever_can_press_a_button_on_a_notice_is_shown_it(site: Site, town: Town) -> None:
    the_round = called_in_round(town)
    path = f"/office/rounds/{the_round.id}/notice"
    assert f"{path}/call-in" in monitor(site, town).get(path).text
    assert f"{path}/call-in" not in site.as_(town.officer).get(path).text


def test_a_sheet_is_public_with_ground_and_reasons_and_its_script_is_only_words(
    site: Site, town: Town
) -> None:
    the_round = split_round(town)
    for client, path in (
        (site.as_(None), f"/rounds/{the_round.id}/outcome"),
        (site.as_(town.councillor), address(the_round)),
        (monitor(site, town), address(the_round, "/step-in")),
    ):
        page = client.get(path).text
        assert "It would not be safe: &lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert(1)" not in page


def test_a_sheet_that_no_longer_counts_says_why(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    town.approves(the_round, town.councillor)
    town.session.commit()
    path = f"/rounds/{the_round.id}/outcome"
    assert "no longer counts" not in site.as_(None).get(path).text
    write_note(town.session, the_round, town.officer, NoteKind.LEGAL, "It is lawful.")
    town.session.commit()
    assert "What it was signed over has changed since" in site.as_(None).get(path).text


def test_a_split_offers_somebody_who_has_not_signed_and_no_more_days(
    site: Site, town: Town
) -> None:
    the_round = split_round(town)
    page = BeautifulSoup(
        monitor(site, town).get(address(the_round, "/step-in")).text, "html.parser"
    )
    ways = page.select('input[name="how"]')
    assert [(one["value"], one.has_attr("checked")) for one in ways] == [("somebody", True)]
    offered = {str(one["value"]) for one in page.select('select[name="person"] option')}
    assert str(town.other_councillor.id) in offered
    assert offered.isdisjoint({str(town.councillor.id), str(town.second_councillor.id)})


def test_every_stage_says_what_comes_after_it(site: Site, town: Town) -> None:
    the_round = counted_by(town, RouteName.OFFICER, Agreement.ANY_ONE, call_in_days=3)
    officer = town.person("Del Egate", Office.DELEGATED_OFFICER)
    town.session.commit()
    path = f"/rounds/{the_round.id}/outcome"
    said = main_of(site.as_(None), path)
    assert "After this stage it goes to: Officer with delegated power, who has 14 days." in said
    town.approves(the_round, town.councillor)
    town.session.commit()
    said = main_of(site.as_(officer), address(the_round))
    assert "Waiting for Del Egate." in said
    assert "Money moves 3 days later, unless the decision is called in." in said
