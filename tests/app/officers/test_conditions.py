"""The officers’ page of conditions: everything optional, errors at their fields, nothing lost."""

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.counting import Limit, LimitOn, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.voting_rules import choice_of, rules_of, set_rules
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.officers.test_rules import PLAIN
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def the_round(town: Town, session: Session) -> Round:
    """A round of £10,000 whose four projects, Bench 1 to 4, have passed screening."""
    found = town.round(Phase.DEBATE, profile=DisclosureProfile.SEALED)
    first = projects_in(session, found.id)[0]
    first.area, first.category = "Towpath", "Green spaces"
    session.commit()
    return found


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def page_of(the_round: Round) -> str:
    return f"/office/rounds/{the_round.id}/conditions"


def codes_in(session: Session, the_round: Round) -> list[str]:
    return [project.code for project in projects_in(session, the_round.id)]


def rule_of(session: Session, the_round: Round) -> Rule:
    session.rollback()
    session.expire_all()
    rules = rules_of(session, the_round.id)
    assert rules is not None
    return rules.rule


def set_rule(session: Session, the_round: Round, rule: Rule) -> None:
    rules = rules_of(session, the_round.id)
    assert rules is not None
    set_rules(session, the_round, replace(choice_of(rules), rule=rule))
    session.commit()


def in_full(codes: list[str]) -> dict[str, str | list[str]]:
    return {
        "minimum_votes": "7",
        "minimum_share_percent": "5",
        "caps-0-about": "category:Green spaces",
        "caps-0-sum": "5,000",
        "caps-3-about": "area:",
        "caps-3-typed": "Lockside",
        "caps-3-sum": "99.50",
        "ring_fences-0-about": "area:Towpath",
        "ring_fences-0-sum": "1000",
        "exclusive-0-members": codes[1:3],
        "already_chosen": [codes[0]],
        "overspend": "500",
        "part_funding": "y",
        "criteria-0-name_of_it": "Need",
        "criteria-0-weight": "50",
    }


def test_every_condition_is_saved_shown_and_told(
    the_round: Round, session: Session, officer: FlaskClient, site: Site
) -> None:
    codes = codes_in(session, the_round)
    answer = officer.post(page_of(the_round), data=in_full(codes))
    assert answer.status_code == 303, answer.text
    assert rule_of(session, the_round) == Rule(
        minimum_votes=7,
        minimum_share_percent=5,
        caps=(
            Limit(LimitOn.CATEGORY, "Green spaces", 500_000),
            Limit(LimitOn.AREA, "Lockside", 9_950),
        ),
        ring_fences=(Limit(LimitOn.AREA, "Towpath", 100_000),),
        exclusive=(tuple(codes[1:3]),),
        already_chosen=(codes[0],),
        overspend_pence=50_000,
        part_funding=True,
        criteria=(("Need", 50),),
    )
    public = site.as_(None).get(f"/rounds/{the_round.id}").text
    for sentence in (
        "A project needs at least 7 votes.",
        "At least 5 percent of the people who vote have to support it.",
        "These projects were chosen before and are funded first: “Bench 1”.",
        "Only one of these projects can be funded: “Bench 2” and “Bench 3”.",
        "Projects of the category Green spaces get £5,000 together at most.",
        "Projects in Lockside get £99.50 together at most.",
        "£1,000 is kept for projects in Towpath.",
        "The last project may take the budget up to £500 over.",
        "The first project that no longer fits gets what is left",
        "adds to every vote: Need 5 percent.",
    ):
        assert sentence in public
    assert "9 conditions" in officer.get(f"/office/rounds/{the_round.id}").text


def test_saving_the_page_as_it_is_shown_changes_nothing(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    officer.post(page_of(the_round), data=in_full(codes_in(session, the_round)))
    first = rule_of(session, the_round)
    assert first.criteria
    sent = shown_on(officer, the_round)
    assert officer.post(page_of(the_round), data=sent).status_code == 303
    assert rule_of(session, the_round) == first


def shown_on(officer: FlaskClient, the_round: Round) -> dict[str, list[str]]:
    """What a browser would send if somebody pressed Save and nothing else."""
    page = BeautifulSoup(officer.get(page_of(the_round)).text, "html5lib")
    sent: dict[str, list[str]] = {}
    for field in page.select("form.wm-form input[name]"):
        if field.get("type") != "checkbox" or field.has_attr("checked"):
            sent.setdefault(str(field["name"]), []).append(str(field.get("value", "")))
    for select in page.select("form.wm-form select"):
        chosen = select.select_one("option[selected]")
        sent[str(select["name"])] = [str(chosen["value"]) if chosen else ""]
    return sent


def test_the_empty_page_sets_no_condition(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    assert officer.post(page_of(the_round), data={"minimum_votes": ""}).status_code == 303
    assert rule_of(session, the_round) == Rule()
    assert "None, and none is needed" in officer.get(f"/office/rounds/{the_round.id}").text
    page = BeautifulSoup(officer.get(page_of(the_round)).text, "html5lib")
    assert page.select("details.wm-condition[open]") == []


@pytest.mark.parametrize(
    ("wrong", "at", "words"),
    [
        ({"minimum_votes": "many"}, "minimum_votes", "Enter a whole number from 0 to 1,000,000"),
        ({"minimum_share_percent": "101"}, "minimum_share_percent", "number from 0 to 100"),
        ({"caps-1-sum": "50"}, "caps-1-about", "Choose a category or an area"),
        (
            {"caps-1-typed": "Lockside", "caps-1-sum": "5"},
            "caps-1-about",
            "Choose a category or an area",
        ),
        ({"caps-0-sum": ""}, "caps-0-sum", "Enter the sum"),
        ({"caps-0-sum": "lots"}, "caps-0-sum", "Enter the sum in pounds, such as"),
        ({"caps-0-sum": "0"}, "caps-0-sum", "Enter a sum of more than £0"),
        ({"caps-3-typed": " "}, "caps-3-typed", "Enter its name"),
        ({"caps-0-about": "sea:Bed"}, "caps-0-about", "Not a valid choice"),
        (
            {"caps-1-about": "category:Green spaces", "caps-1-sum": "3"},
            "caps-1-about",
            "This category or area stands there twice.",
        ),
        ({"ring_fences-0-sum": "10,001"}, "ring_fences-0-sum", "can be £10,000 at most"),
        (
            {"ring_fences-2-about": "category:Green spaces", "ring_fences-2-sum": "5000.01"},
            "ring_fences-2-sum",
            "More is kept for this category or area than its cap",
        ),
        ({"overspend": "500.01"}, "overspend", "Enter £500 or less: that is 5 percent"),
        ({"criteria-1-weight": "5"}, "criteria-1-name_of_it", "Enter the name of the criterion"),
        ({"criteria-0-weight": ""}, "criteria-0-weight", "Enter its weight"),
        ({"criteria-0-weight": "1001"}, "criteria-0-weight", "number from 0 to 1,000"),
        (
            {"criteria-1-name_of_it": "Need", "criteria-1-weight": "5"},
            "criteria-1-name_of_it",
            "This criterion stands there twice.",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_lost(
    wrong: dict[str, str],
    at: str,
    words: str,
    the_round: Round,
    session: Session,
    officer: FlaskClient,
) -> None:
    sent = in_full(codes_in(session, the_round)) | wrong
    answer = officer.post(page_of(the_round), data=sent)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html5lib")
    told = {
        str(link["href"]): link.get_text(strip=True)
        for link in page.select(".govuk-error-summary li a")
    }
    assert list(told) == [f"#{at}"]
    assert words in told[f"#{at}"]
    field = page.select_one(f"[id='{at}']")
    assert field is not None
    assert all(part.has_attr("open") for part in field.find_parents("details"))
    lock = page.select_one("[name='caps-3-sum']")
    assert lock is not None
    assert lock["value"] == "99.50"
    assert rule_of(session, the_round) == Rule()


@pytest.mark.parametrize(
    ("named", "at", "words"),
    [
        (
            {"exclusive-0-members": [0]},
            "exclusive-0-members",
            "Choose two or more projects for each set.",
        ),
        ({"already_chosen": [3, 2]}, "already_chosen", "cost more than the budget of £10,000"),
        (
            {"already_chosen": [0], "exclusive-0-members": [0, 1]},
            "already_chosen",
            "cannot also stand in a set",
        ),
    ],
)
def test_projects_that_cannot_be_named_together_are_refused_at_their_field(
    named: dict[str, list[int]],
    at: str,
    words: str,
    the_round: Round,
    session: Session,
    officer: FlaskClient,
) -> None:
    codes = codes_in(session, the_round)
    sent = {name: [codes[number] for number in numbers] for name, numbers in named.items()}
    answer = officer.post(page_of(the_round), data=sent)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html5lib")
    (link,) = page.select(".govuk-error-summary li a")
    assert link["href"] == f"#{at}"
    assert words in link.get_text()
    assert page.select_one(f"[id='{at}']") is not None


def test_a_name_typed_as_it_is_known_but_for_its_capitals_is_the_one_that_is_known(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    sent = {"caps-0-about": "area:", "caps-0-typed": "towPATH", "caps-0-sum": "5"}
    assert officer.post(page_of(the_round), data=sent).status_code == 303
    assert rule_of(session, the_round).caps == (Limit(LimitOn.AREA, "Towpath", 500),)


def test_before_screening_projects_cannot_be_named_yet(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS)
    session.commit()
    page = officer.get(page_of(the_round)).text
    assert page.count("No project has passed screening yet.") == 2
    assert 'name="already_chosen"' not in page


def test_least_points_are_asked_only_where_people_give_points(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    assert 'name="minimum_score"' not in officer.get(page_of(the_round)).text
    officer.post(page_of(the_round), data={"minimum_score": "9"})
    assert rule_of(session, the_round).minimum_score == 0
    rules = rules_of(session, the_round.id)
    assert rules is not None
    ranking = replace(choice_of(rules), ballot_format=BallotFormat.RANKING)
    set_rules(session, the_round, ranking)
    session.commit()
    assert officer.post(page_of(the_round), data={"minimum_score": "9"}).status_code == 303
    assert rule_of(session, the_round).minimum_score == 9


def test_a_paper_without_points_is_refused_while_points_are_needed(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    rules = rules_of(session, the_round.id)
    assert rules is not None
    least = replace(
        choice_of(rules), ballot_format=BallotFormat.RANKING, rule=Rule(minimum_score=9)
    )
    set_rules(session, the_round, least)
    session.commit()
    address = f"/office/rounds/{the_round.id}/rules"
    answer = officer.post(address, data=PLAIN)
    assert answer.status_code == 422
    assert "By the conditions of this round every project needs points." in answer.text
    ranking = PLAIN | {"ballot_format": "ranking", "places": "3"}
    assert officer.post(address, data=ranking).status_code == 303
    assert rule_of(session, the_round).minimum_score == 9


def test_conditions_come_after_the_rules(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round()
    session.delete(rules_of(session, the_round.id))
    session.commit()
    page = officer.get(page_of(the_round)).text
    assert "Choose the ballot paper and the rules first" in page
    assert "Save the conditions" not in page
    assert officer.post(page_of(the_round), data={"minimum_votes": "3"}).status_code == 422
    assert page_of(the_round) not in officer.get(f"/office/rounds/{the_round.id}").text


def test_once_the_vote_has_opened_conditions_can_only_be_read(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    cap = Limit(LimitOn.CATEGORY, "Green", 5_000)
    the_round = town.round(Phase.VOTE, rule=Rule(minimum_votes=4, caps=(cap,)))
    session.commit()
    page = officer.get(page_of(the_round)).text
    assert "A project needs at least 4 votes." in page
    assert "Projects of the category Green get £50 together at most." in page
    assert "Save the conditions" not in page
    assert officer.post(page_of(the_round), data={"minimum_votes": "3"}).status_code == 409
    assert rule_of(session, the_round).minimum_votes == 4


def test_conditions_that_no_longer_fit_ask_for_attention(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    set_rule(session, the_round, Rule(ring_fences=(Limit(LimitOn.AREA, "Towpath", 900_000),)))
    the_round = session.merge(the_round)
    the_round.budget_pence = 800_000
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}").text
    assert "Together these sums can be £8,000 at most." in page
    assert "Change the conditions of the count" in page


def test_what_is_frozen_tells_every_condition_as_the_round_did(
    town: Town, session: Session, site: Site
) -> None:
    the_round = town.round(Phase.DEBATE, profile=DisclosureProfile.SEALED)
    codes = codes_in(session, the_round)
    set_rule(session, the_round, Rule(exclusive=((codes[0], codes[1]),), part_funding=True))
    town.enter(the_round, Phase.VOTE)
    session.commit()
    rules = rules_of(session, the_round.id)
    assert rules is not None
    frozen = json.loads(rules.frozen_text or "")
    assert frozen["rule"]["exclusive"] == [[codes[0], codes[1]]]
    assert frozen["rule"]["part_funding"] is True
    told = "Only one of these projects can be funded: “Bench 1” and “Bench 2”."
    assert told in site.as_(None).get(f"/rounds/{the_round.id}").text
