"""A round’s task list, description, dates and rules."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.counting import Misfit
from ballots.papers import BallotFormat
from ballots.voting_rules import rules_of
from neighbourhoods.funds import Fund
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, create_round
from tests.builders import Clock, Town
from tests.council import Site

DESCRIBED = {"title": "New title", "purpose": "Why.", "promise": "What then.", "budget": "9,000"}
DATES = {
    "ideas": ["1", "12", "2026", "9am"],
    "vote": ["1", "2", "2027", "9am"],
    "count": ["8", "2", "2027", "5pm"],
}
RULES = {
    "ballot_format": "approval",
    "max_choices": "4",
    "misfit": "stop",
    "disclosure_profile": "live",
    "disclosure_step": "20",
    "approvals_needed": "2",
}


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def bare_round(town: Town, session: Session) -> Round:
    """A round with nothing but a title and a budget."""
    fund: Fund = town.fund(pence=2_000_000)
    the_round = create_round(session, fund, "Bare", "To choose.", "", 1_000_000)
    session.commit()
    return the_round


def tags(page: str) -> dict[str, str]:
    """The state of each task, as the page says it."""
    items = BeautifulSoup(page, "html5lib").select(".govuk-task-list__item")
    return {
        item.select(".govuk-task-list__name-and-hint > *")[0].get_text(): item.select(".wm-tag")[
            0
        ].get_text()
        for item in items
    }


def test_a_bare_round_shows_what_is_still_to_be_done(
    bare_round: Round, officer: FlaskClient
) -> None:
    page = officer.get(f"/office/rounds/{bare_round.id}").text
    assert tags(page) == {
        "Title, purpose and budget": "Needs attention",
        "Dates": "Not started",
        "Ballot paper and rules": "Not started",
        "Electoral roll": "Not started",
        "Projects on the ballot paper": "Not started",
        "Councillors who will sign": "Done",
    }
    assert "Carl Councillor, Cora Councillor" in page
    assert "Import the electoral roll." in page


def test_a_round_ready_for_the_vote_has_all_done(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.DEBATE)
    session.commit()
    officer.post(f"/office/rounds/{the_round.id}/timetable", data=DATES)
    page = officer.get(f"/office/rounds/{the_round.id}").text
    assert set(tags(page).values()) == {"Done"}
    assert "5pm on Monday 8 February 2027" in page


def test_once_the_vote_has_opened_no_task_asks_for_anything_any_more(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}").text
    assert set(tags(page).values()) == {"Done"}


def test_a_closing_date_that_has_passed_needs_attention(
    town: Town, session: Session, clock: Clock, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.DEBATE, closes_in=timedelta(days=1))
    session.commit()
    clock.moves(days=2)
    page = officer.get(f"/office/rounds/{the_round.id}").text
    assert tags(page)["Dates"] == "Needs attention"


def test_an_officer_changes_what_a_round_says(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(f"/office/rounds/{bare_round.id}/describe", data=DESCRIBED)
    assert answer.status_code == 303
    session.refresh(bare_round)
    assert (bare_round.title, bare_round.budget_pence) == ("New title", 900_000)


def test_a_budget_beyond_the_fund_is_refused_at_the_budget(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    sent = DESCRIBED | {"budget": "20,000.01"}
    answer = officer.post(f"/office/rounds/{bare_round.id}/describe", data=sent)
    assert answer.status_code == 422
    assert "Enter £20,000 or less" in answer.text
    session.refresh(bare_round)
    assert bare_round.title == "Bare"


def test_dates_are_read_as_british_time(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    sent = DATES | {"review": ["1", "7", "2027", "midday"]}
    answer = officer.post(f"/office/rounds/{bare_round.id}/timetable", data=sent)
    assert answer.status_code == 303
    session.refresh(bare_round)
    assert bare_round.starts_at(Phase.VOTE) == datetime(2027, 2, 1, 9, tzinfo=UTC)
    assert bare_round.starts_at(Phase.REVIEW) == datetime(2027, 7, 1, 11, tzinfo=UTC)
    assert bare_round.starts_at(Phase.DEBATE) is None


def test_a_date_taken_out_is_gone(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    address = f"/office/rounds/{bare_round.id}/timetable"
    officer.post(address, data=DATES)
    officer.post(address, data=DATES | {"ideas": ["", "", "", ""]})
    session.refresh(bare_round)
    assert {start.phase for start in bare_round.starts} == {Phase.VOTE, Phase.COUNT}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"vote": ["", "", "", ""]}, "Enter when the vote opens"),
        ({"count": ["", "", "", ""]}, "Enter when the vote closes"),
        ({"count": ["1", "2", "2027", "9am"]}, "This must be later than “The vote opens”"),
        ({"vote": ["1", "11", "2026", "9am"]}, "This must be later than “Ideas start”"),
        ({"ideas": ["1", "12", "2026", "9"]}, "Enter the time like 5pm"),
        ({"ideas": ["\x00", "12", "2026", "9am"]}, "Enter a real date"),
    ],
)
def test_dates_that_are_missing_or_out_of_order_are_refused_at_their_field(
    wrong: dict[str, list[str]],
    words: str,
    bare_round: Round,
    session: Session,
    officer: FlaskClient,
) -> None:
    answer = officer.post(f"/office/rounds/{bare_round.id}/timetable", data=DATES | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    session.refresh(bare_round)
    assert bare_round.starts == []


def test_an_officer_chooses_the_rules_of_the_vote(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    assert officer.post(f"/office/rounds/{bare_round.id}/rules", data=RULES).status_code == 303
    rules = rules_of(session, bare_round.id)
    assert rules is not None
    assert (rules.ballot_format, rules.max_choices) == (BallotFormat.APPROVAL, 4)
    assert rules.rule.misfit == Misfit.STOP
    assert rules.disclosure_step == 20


def test_the_numbers_of_choices_not_taken_are_neither_asked_nor_judged(
    bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    sent = RULES | {
        "ballot_format": "knapsack",
        "max_choices": "many",
        "disclosure_profile": "sealed",
        "disclosure_step": "",
    }
    assert officer.post(f"/office/rounds/{bare_round.id}/rules", data=sent).status_code == 303
    rules = rules_of(session, bare_round.id)
    assert rules is not None
    assert (rules.ballot_format, rules.max_choices) == (BallotFormat.KNAPSACK, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ballot_format": ""}, "Choose how people fill in the ballot paper"),
        (
            {"max_choices": "", "exactly": "y"},
            "Enter how many projects everybody has to choose",
        ),
        ({"max_choices": "0"}, "Enter a whole number from 1 to 500"),
        ({"max_choices": "9" * 40}, "Enter a whole number from 1 to 500"),
        ({"disclosure_profile": ""}, "Choose what may be seen while the vote is open"),
        ({"disclosure_step": "9"}, "Enter a whole number from 10 to 1,000"),
        ({"disclosure_step": ""}, "Enter how many new voters each step covers"),
        ({"approvals_needed": "3"}, "Enter a whole number from 1 to 2"),
        ({"approvals_needed": "0"}, "Enter a whole number from 1 to 2"),
    ],
)
def test_rules_that_cannot_be_are_refused_at_their_field(
    wrong: dict[str, str], words: str, bare_round: Round, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(f"/office/rounds/{bare_round.id}/rules", data=RULES | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert rules_of(session, bare_round.id) is None


@pytest.mark.parametrize(
    ("page", "sent"), [("describe", DESCRIBED), ("timetable", DATES), ("rules", RULES)]
)
def test_once_the_vote_has_opened_the_set_up_can_be_read_but_not_changed(
    page: str, sent: dict[str, object], town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(days=3))
    session.commit()
    address = f"/office/rounds/{the_round.id}/{page}"
    shown = officer.get(address)
    assert "This can no longer change." in shown.text
    assert "<textarea" not in shown.text
    assert officer.post(address, data=sent).status_code == 409
    session.refresh(the_round)
    rules = rules_of(session, the_round.id)
    assert rules is not None
    assert (the_round.title, rules.max_choices, len(the_round.starts)) == (
        "Canal Side decides",
        3,
        1,
    )
