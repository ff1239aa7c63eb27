"""The draw on the pages: who is told to hold it, what neither sees of the other, what follows."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from app import ties_waiting
from app.ticker import Ticker
from ballots.draws import draw_held
from ballots.outcome import outcome_of, uncounted_ballots
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.public.builders import approve, tied_round
from tests.builders import Town
from tests.council import Site

SOURCE = "Dice thrown in the hall"
WAITS = "A tie has to be drawn"


@pytest.fixture
def the_round(town: Town) -> Round:
    return tied_round(town)


def page_of(the_round: Round) -> str:
    return f"/office/rounds/{the_round.id}/draw"


def text_of(page: str) -> str:
    """What a reader sees, with its spaces tidied."""
    return " ".join(BeautifulSoup(page, "html5lib").get_text(" ").split())


@pytest.fixture
def hold(site: Site, town: Town, the_round: Round) -> Callable[[str, str], str]:
    """Both enter what they read; the page that the second is led to."""

    def enter_both(first: str, second: str) -> str:
        one, other = site.as_(town.officer), site.as_(town.facilitator)
        assert one.post(page_of(the_round), data={"value": first}).status_code == 303
        answer = other.post(page_of(the_round), data={"value": second}, follow_redirects=True)
        return text_of(answer.text)

    return enter_both


def test_both_roles_are_told_what_stands_level_and_what_decides(
    site: Site, town: Town, the_round: Round
) -> None:
    for who in (town.officer, town.facilitator):
        page = text_of(site.as_(who).get(page_of(the_round)).text)
        for words in (WAITS, "Bench 3", "Bench 4", SOURCE, "Nothing is entered at present"):
            assert words in page
        assert "Bench 1" not in page


def test_nobody_else_may_hold_a_draw(site: Site, town: Town, the_round: Round) -> None:
    for who in (town.resident, town.councillor):
        client = site.as_(who)
        assert client.get(page_of(the_round)).status_code == 403
        assert client.post(page_of(the_round), data={"value": "3 5 1"}).status_code == 403


def test_desk_round_and_assemblies_lead_to_the_draw(
    site: Site, town: Town, the_round: Round
) -> None:
    officer, facilitator = site.as_(town.officer), site.as_(town.facilitator)
    pages = [officer.get("/office"), officer.get(f"/office/rounds/{the_round.id}")]
    for answer in (*pages, facilitator.get("/assemblies")):
        assert WAITS in answer.text
        assert f'href="{page_of(the_round)}"' in answer.text
    assert "Count the votes" not in pages[1].text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter what the dice or the beacon said"),
        ("  ", "Enter what the dice or the beacon said"),
        ("5" * 201, "This is 201 characters long. Write 200 or fewer"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_at_its_field(
    typed: str, words: str, site: Site, town: Town, the_round: Round
) -> None:
    answer = site.as_(town.officer).post(page_of(the_round), data={"value": typed})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words in answer.text


def test_the_second_person_is_not_shown_what_the_first_read(
    site: Site, town: Town, the_round: Round
) -> None:
    officer, facilitator = site.as_(town.officer), site.as_(town.facilitator)
    officer.post(page_of(the_round), data={"value": "941 523"})
    page = facilitator.get(page_of(the_round)).text
    assert "Olive Officer has entered what they read. You are the second." in text_of(page)
    own = officer.get(page_of(the_round)).text
    assert "A second person has to enter it now." in text_of(own)
    public = (f"/rounds/{the_round.id}/tally", f"/rounds/{the_round.id}/ledger")
    everything = [page, own, *(facilitator.get(address).text for address in public)]
    assert [shown for shown in everything if "941 523" in shown] == []


def test_one_person_who_enters_twice_is_still_one(
    site: Site, town: Town, the_round: Round, session: Session
) -> None:
    officer = site.as_(town.officer)
    for _ in range(2):
        officer.post(page_of(the_round), data={"value": "3 5 1"})
    session.rollback()
    assert draw_held(session, the_round.id) is None
    assert "A second person has to enter it now." in text_of(officer.get(page_of(the_round)).text)


def test_two_who_disagree_are_told_that_both_are_struck_out(
    site: Site, town: Town, the_round: Round, hold: Callable[[str, str], str]
) -> None:
    page = hold("3 5 1", "3 5 2")
    assert "so both were struck out. Look at the dice or the beacon again." in page
    assert "Nothing is entered at present." in page
    first = text_of(site.as_(town.officer).get(page_of(the_round)).text)
    assert "Then the second person read something else, and both were struck out" in first


def test_two_who_agree_hold_the_draw_and_the_clerk_counts_with_the_next_tick(
    app: Flask,
    site: Site,
    town: Town,
    the_round: Round,
    session: Session,
    hold: Callable[[str, str], str],
) -> None:
    clerk = Ticker(app, delay=float)
    clerk.tick()
    session.rollback()
    assert outcome_of(session, the_round.id) is None
    page = hold("3 5 1", "3 5 1")
    assert "the draw is held. The votes are counted now." in page
    assert "Read and entered by Olive Officer and Fred Facilitator" in page
    clerk.tick()
    session.rollback()
    session.refresh(the_round)
    assert the_round.phase == Phase.SIGN_OFF
    held, outcome = draw_held(session, the_round.id), outcome_of(session, the_round.id)
    assert held is not None
    assert outcome is not None
    assert outcome.winners == [held.order[0]]


def test_a_tie_is_logged_once_and_nothing_else_is_told_of_it(
    app: Flask, the_round: Round, capsys: pytest.CaptureFixture[str]
) -> None:
    clerk = Ticker(app, delay=float)
    for _ in range(3):
        clerk.tick()
    told = [line for line in capsys.readouterr().out.splitlines() if "round not counted" in line]
    assert len(told) == 1
    assert "TieRefusedError" in told[0]


def test_everybody_sees_what_is_waited_for_and_no_project_as_funded(
    site: Site, the_round: Round
) -> None:
    anybody = site.as_(None)
    for address in ("tally", "outcome"):
        page = text_of(anybody.get(f"/rounds/{the_round.id}/{address}").text)
        assert f"{WAITS}. It will be drawn with: {SOURCE}" in page
        assert "Bench 3" in page
        assert "funded if the vote" not in page
        assert "Not funded" not in page
    hall = text_of(anybody.get(f"/rounds/{the_round.id}/screen").text)
    assert f"“Bench 3” and “Bench 4” stand level. It is drawn with: {SOURCE}" in hall


def test_everybody_sees_the_draw_and_how_to_repeat_it(
    app: Flask,
    site: Site,
    town: Town,
    the_round: Round,
    session: Session,
    hold: Callable[[str, str], str],
) -> None:
    hold("3 5 1", "3 5 1")
    Ticker(app, delay=float).tick()
    session.rollback()
    session.refresh(the_round)
    held = draw_held(session, the_round.id)
    assert held is not None
    approve(town, the_round)
    titles = {project.code: project.title for project in projects_in(session, the_round.id)}
    first, second = (f"{titles[code]} ({code})" for code in held.order)
    for address in ("outcome", "record"):
        page = text_of(site.as_(None).get(f"/rounds/{the_round.id}/{address}").text)
        for words in (
            f"Where the chance came from: {SOURCE}.",
            "What it said: 3 5 1.",
            "Read and entered by Olive Officer and Fred Facilitator",
            f"The order drawn: {first} {second}",
            f"wardmote-draw-1|{held.head}|3 5 1",
            held.seed,
        ):
            assert words in page, (address, words)


def test_where_nothing_is_to_be_drawn_the_page_says_so_and_takes_nothing(
    site: Site, town: Town
) -> None:
    the_round = town.round(Phase.COUNT)
    town.session.commit()
    officer = site.as_(town.officer)
    assert "There is no tie to draw" in officer.get(page_of(the_round)).text
    assert officer.post(page_of(the_round), data={"value": "3 5 1"}).status_code == 409


def test_closing_by_hand_leads_to_the_draw(site: Site, town: Town, session: Session) -> None:
    the_round = tied_round(town, Phase.VOTE)
    officer = site.as_(town.officer)
    sent = {"why": "The evening is over.", "sure": "y"}
    answer = officer.post(f"/office/rounds/{the_round.id}/move?to=count", data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(the_round))
    session.rollback()
    session.refresh(the_round)
    assert the_round.phase == Phase.COUNT
    sent = {"why": "Try again."}
    answer = officer.post(f"/office/rounds/{the_round.id}/move?to=sign-off", data=sent)
    assert answer.headers["Location"] == page_of(the_round)


def test_however_many_look_the_tie_is_looked_for_once(
    site: Site, the_round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look(*about: object) -> object:
        looked.append(about)
        return uncounted_ballots(*about)  # type: ignore[arg-type]

    monkeypatch.setattr(ties_waiting, "uncounted_ballots", look)
    for _ in range(3):
        assert WAITS in site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    assert len(looked) == 1
