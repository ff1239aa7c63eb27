"""The officers’ page for every ballot paper and every rule."""

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.counting import (
    Completion,
    Limit,
    LimitOn,
    Misfit,
    RankedBy,
    Rule,
    RuleName,
    Then,
    Utility,
)
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.voting_rules import RulesChosen, TieRule, VotingRules, rules_of, set_rules
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site

PLAIN = {
    "ballot_format": "approval",
    "max_choices": "",
    "disclosure_profile": "sealed",
    "approvals_needed": "1",
}
SHARES = {"rule_name": "equal-shares", "utility": "cost", "completion": "add1", "step": "1"}


@pytest.fixture
def the_round(town: Town, session: Session) -> Round:
    found = town.round(Phase.DEBATE)
    session.commit()
    return found


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def page_of(the_round: Round) -> str:
    return f"/office/rounds/{the_round.id}/rules"


def saved(officer: FlaskClient, the_round: Round, session: Session, **sent: str) -> VotingRules:
    answer = officer.post(page_of(the_round), data=PLAIN | sent)
    assert answer.status_code == 303, answer.text
    session.rollback()
    rules = rules_of(session, the_round.id)
    assert rules is not None
    session.refresh(rules)
    return rules


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        ({}, (BallotFormat.APPROVAL, None, 1, None, None, None)),
        (
            {"max_choices": "3", "exactly": "y"},
            (BallotFormat.APPROVAL, 3, 3, None, None, None),
        ),
        (
            {"ballot_format": "ranking", "places": "4"},
            (BallotFormat.RANKING, 4, 1, None, None, None),
        ),
        (
            {"ballot_format": "ranking", "places": "3", "every_place": "y"},
            (BallotFormat.RANKING, 3, 3, None, None, None),
        ),
        (
            {"ballot_format": "points", "points_to_give": "10", "most_points_on_one": "4"},
            (BallotFormat.POINTS, None, 1, 10, 4, None),
        ),
        (
            {"ballot_format": "points", "points_to_give": "10", "highest_score": "5"},
            (BallotFormat.POINTS, None, 1, 10, None, None),
        ),
        (
            {"ballot_format": "scores", "highest_score": "10", "points_to_give": "many"},
            (BallotFormat.SCORES, None, 1, None, None, 10),
        ),
        ({"ballot_format": "yes-no"}, (BallotFormat.YES_NO, None, 1, None, None, None)),
    ],
)
def test_an_officer_chooses_every_ballot_paper(
    sent: dict[str, str],
    limits: tuple[object, ...],
    the_round: Round,
    session: Session,
    officer: FlaskClient,
) -> None:
    rules = saved(officer, the_round, session, **sent)
    assert (
        rules.ballot_format,
        rules.max_choices,
        rules.min_choices,
        rules.points_to_give,
        rules.most_points_on_one,
        rules.highest_score,
    ) == limits


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ({"rule_name": "greedy"}, Rule()),
        (
            {"rule_name": "greedy", "ranked_by": "votes-per-pound", "misfit": "stop"},
            Rule(ranked_by=RankedBy.VOTES_PER_POUND, misfit=Misfit.STOP),
        ),
        (
            {"ballot_format": "ranking", "places": "3", "ranked_by": "score"},
            Rule(ranked_by=RankedBy.SCORE),
        ),
        (SHARES, Rule(RuleName.EQUAL_SHARES, completion=Completion.ADD1)),
        (
            SHARES
            | {
                "utility": "cardinality",
                "start_unit": "0.01",
                "completion": "add1-exhaustive",
                "step": "2.50",
                "then": "utilitarian",
                "comparison": "y",
            },
            Rule(
                RuleName.EQUAL_SHARES,
                utility=Utility.CARDINALITY,
                start_unit_pence=1,
                completion=Completion.ADD1_EXHAUSTIVE,
                step_pence=250,
                then=Then.UTILITARIAN,
                comparison=True,
            ),
        ),
        (
            SHARES | {"completion": "none", "step": ""},
            Rule(RuleName.EQUAL_SHARES),
        ),
        ({"rule_name": "phragmen", "misfit": "stop"}, Rule(RuleName.PHRAGMEN)),
        (
            {"ballot_format": "scores", "rule_name": "knapsack", "adds_up": "score"},
            Rule(RuleName.KNAPSACK, ranked_by=RankedBy.SCORE),
        ),
    ],
)
def test_an_officer_chooses_every_rule_with_its_settings(
    sent: dict[str, str], rule: Rule, the_round: Round, session: Session, officer: FlaskClient
) -> None:
    assert saved(officer, the_round, session, **sent).rule == rule


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"ballot_format": "ranking", "places": ""}, "Enter how many places people can fill"),
        ({"ballot_format": "points", "points_to_give": ""}, "Enter how many points each person"),
        (
            {"ballot_format": "points", "points_to_give": "5", "most_points_on_one": "6"},
            "Enter 5 or fewer, as nobody has more",
        ),
        ({"rule_name": "greedy", "ranked_by": "score"}, "Choose something else: people give"),
        ({"rule_name": "knapsack", "adds_up": "score"}, "Choose something else: people give"),
        ({"rule_name": "knapsack", "adds_up": "votes-times-cost"}, "Not a valid choice"),
        (SHARES | {"utility": "points"}, "Choose something else: people give points only"),
        (SHARES | {"step": ""}, "Enter by how much shares are raised"),
        ({"tie_rule": "draw"}, "Say where the chance will come from"),
        ({"tie_rule": "draw", "draw_source": "  "}, "Say where the chance will come from"),
        ({"tie_rule": "draw", "draw_source": "x" * 201}, "Write 200 or fewer"),
        ({"tie_rule": "by-lot"}, "Not a valid choice"),
        (SHARES | {"step": "0"}, "Enter a sum of more than £0"),
        ({"rule_name": "by-lot"}, "Not a valid choice"),
    ],
)
def test_what_does_not_go_together_is_refused_at_its_field(
    sent: dict[str, str], words: str, the_round: Round, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(page_of(the_round), data=PLAIN | sent)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_page_says_each_rule_in_a_sentence(the_round: Round, officer: FlaskClient) -> None:
    page = officer.get(page_of(the_round)).text
    assert (
        "Everybody has an equal share of the budget. A project is funded when its supporters "
        "can pay for it together." in page
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"ballot_format": "points", "points_to_give": "12", "most_points_on_one": "4"},
        {"ballot_format": "scores", "highest_score": "10", "ranked_by": "score"},
        {"ballot_format": "ranking", "places": "3", "every_place": "y"},
        SHARES | {"utility": "cardinality", "step": "2", "start_unit": "1"},
        {"ballot_format": "scores", "rule_name": "knapsack", "adds_up": "score"},
        {"tie_rule": "draw", "draw_source": "Three dice thrown in the hall"},
    ],
)
def test_saving_the_page_as_it_is_shown_changes_nothing(
    sent: dict[str, str], the_round: Round, session: Session, officer: FlaskClient
) -> None:
    saved(officer, the_round, session, **sent)
    first = rules_as_read(session, the_round)
    assert officer.post(page_of(the_round), data=shown_on(officer, the_round)).status_code == 303
    assert rules_as_read(session, the_round) == first


def shown_on(officer: FlaskClient, the_round: Round) -> dict[str, str]:
    """What a browser would send if somebody pressed Save and nothing else."""
    page = BeautifulSoup(officer.get(page_of(the_round)).text, "html5lib")
    fields = page.select("form.wm-form input[name]")
    return {
        str(field["name"]): str(field.get("value", ""))
        for field in fields
        if field.get("type") not in ("radio", "checkbox") or field.has_attr("checked")
    }


def rules_as_read(session: Session, the_round: Round) -> dict[str, object]:
    session.rollback()
    rules = rules_of(session, the_round.id)
    assert rules is not None
    session.refresh(rules)
    columns = VotingRules.__table__.columns.keys()
    return {name: getattr(rules, name) for name in columns}


def test_conditions_without_a_field_stay_when_the_rule_is_changed(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    cap = Limit(LimitOn.CATEGORY, "Green", 5_000)
    before = Rule(minimum_votes=7, caps=(cap,), overspend_pence=100, exclusive=(("1", "2"),))
    chosen = RulesChosen(BallotFormat.APPROVAL, None, before, DisclosureProfile.SEALED)
    set_rules(session, the_round, chosen)
    session.commit()
    rules = saved(officer, the_round, session, rule_name="phragmen")
    assert rules.rule == replace(before, name=RuleName.PHRAGMEN)


@pytest.mark.parametrize(
    ("ballot_format", "more", "facts"),
    [
        (
            BallotFormat.RANKING,
            {"min_choices": 3, "rule": Rule(ranked_by=RankedBy.SCORE, minimum_score=9)},
            ("Exactly 3", "Points", "Least points needed"),
        ),
        (
            BallotFormat.POINTS,
            {
                "points_to_give": 10,
                "most_points_on_one": 4,
                "rule": Rule(
                    RuleName.EQUAL_SHARES,
                    start_unit_pence=100,
                    completion=Completion.ADD1,
                    step_pence=250,
                    comparison=True,
                ),
            },
            ("Equal shares", "Points for each person", "£2.50", "Compared with most votes"),
        ),
        (
            BallotFormat.SCORES,
            {"highest_score": 5, "rule": Rule(RuleName.PHRAGMEN, minimum_share_percent=5)},
            ("From 1 to 5", "Phragmén’s method", "5 percent"),
        ),
        (
            BallotFormat.YES_NO,
            {"rule": Rule(RuleName.KNAPSACK, ranked_by=RankedBy.VOTES_TIMES_COST)},
            ("Best set within the budget", "Votes times cost"),
        ),
    ],
)
def test_once_fixed_the_page_says_what_was_chosen(
    ballot_format: BallotFormat,
    more: dict[str, Any],
    facts: tuple[str, ...],
    town: Town,
    session: Session,
    officer: FlaskClient,
) -> None:
    the_round = town.round(Phase.VOTE, ballot_format=ballot_format, **more)
    session.commit()
    page = officer.get(page_of(the_round)).text
    assert [fact for fact in facts if fact not in page] == []


SCORES = {"ballot_format": "scores", "highest_score": "5"}
YES_NO = {"ballot_format": "yes-no"}


@pytest.mark.parametrize(("sent", "least"), [(SCORES, 1), (YES_NO, 2)])
def test_a_least_number_of_choices_goes_with_its_paper_and_is_shown_while_it_stays(
    sent: dict[str, str], least: int, the_round: Round, session: Session, officer: FlaskClient
) -> None:
    imported = RulesChosen(
        BallotFormat.YES_NO, None, Rule(), DisclosureProfile.SEALED, 1, min_choices=2
    )
    set_rules(session, the_round, imported)
    session.commit()
    told = "This paper asks everybody for at least 2 projects."
    assert told in officer.get(page_of(the_round)).text
    assert saved(officer, the_round, session, **sent).min_choices == least
    assert (told in officer.get(page_of(the_round)).text) == (least == 2)


def test_every_place_no_longer_asked_for_is_no_least_number(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    ranking = {"ballot_format": "ranking", "places": "3"}
    assert saved(officer, the_round, session, **ranking, every_place="y").min_choices == 3
    assert saved(officer, the_round, session, **ranking).min_choices == 1


def test_two_sums_that_cannot_be_read_are_told_apart(
    the_round: Round, officer: FlaskClient
) -> None:
    unread = PLAIN | SHARES | {"step": "abc", "start_unit": "abc"}
    answer = officer.post(page_of(the_round), data=unread)
    page = BeautifulSoup(answer.text, "html5lib")
    told = {
        str(link["href"]): link.get_text(strip=True)
        for link in page.select(".govuk-error-summary li a")
    }
    assert told == {
        "#start_unit": "Enter in pounds what shares are rounded down to, such as 1 or 0.50",
        "#step": "Enter in pounds by how much shares are raised, such as 1 or 2.50",
    }


def test_an_officer_names_the_chance_of_a_draw_and_the_round_promises_it(
    the_round: Round, session: Session, officer: FlaskClient, site: Site
) -> None:
    source = "Three dice thrown in the hall after the close"
    rules = saved(officer, the_round, session, tie_rule="draw", draw_source=f" {source} ")
    assert (rules.tie_rule, rules.draw_source) == (TieRule.DRAW, source)
    promised = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert f"This decides: {source}." in promised
    assert "The one that costs less comes first." not in promised


def test_a_source_without_a_draw_is_forgotten(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    rules = saved(officer, the_round, session, tie_rule="by-cost", draw_source="x" * 300)
    assert (rules.tie_rule, rules.draw_source) == (TieRule.BY_COST, "")


def test_once_fixed_the_page_says_with_what_ties_are_drawn(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE, tie_rule=TieRule.DRAW)
    session.commit()
    page = officer.get(page_of(the_round)).text
    assert "they are drawn after the close, with: Dice thrown in the hall" in page
