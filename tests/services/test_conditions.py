"""Conditions around a count, stored with a round: they decide as they do away from any database."""

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ballots.casting import cast_ballot
from ballots.counting import (
    DEFAULT_ORDER,
    BallotGroup,
    Election,
    Limit,
    LimitOn,
    Project,
    Rule,
    RuleName,
    count,
)
from ballots.disclosure import SECONDS_APART, DisclosureProfile
from ballots.moves import Blocker, conclude_sign_off, obstacles_before
from ballots.outcome import outcome_of
from ballots.papers import BallotFormat
from ballots.published import record_in_pieces
from ballots.refusals import BallotRefusal
from ballots.tally import public_tally, publish_next
from ballots.verify import Report, verify
from ballots.voting_rules import RulesChosen, choice_of, rules_of, set_rules
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import Proposal, ProposalWords, propose
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, describe_round
from neighbourhoods.screening import Finding, ProjectFacts, ScreeningResult
from tests.builders import Town
from tests.second_verifier import first_fault

NOTHING = ProjectFacts()
HILL = ProjectFacts(area="Hill")


class Wanted(NamedTuple):
    """A project, and how many of the nine voters choose it: the first so many."""

    title: str
    pounds: int
    votes: int
    category: str = ""
    facts: ProjectFacts = NOTHING


WANTED = (
    Wanted("A", 3_000, 9, "Streets", ProjectFacts(area="Towpath", beneficiaries=1_000)),
    Wanted("B", 3_000, 8, "Streets"),
    Wanted("C", 800, 7, "Green"),
    Wanted("D", 100, 6, "Green"),
    Wanted("E", 4_500, 5, "Play", ProjectFacts(criteria={"Need": 10})),
    Wanted("F", 1_500, 3, "Play", HILL),
    Wanted("G", 600, 2, "Play", ProjectFacts(minimum_cost_pence=15_000)),
    Wanted("H", 500, 4),
)
VOTERS = 9


def finding(pounds: int, facts: ProjectFacts = NOTHING) -> Finding:
    cost = pounds * 100
    return Finding(True, True, cost, cost, cost, 0, ScreeningResult.PASSED, "Fine.", facts)


def conditional(name: RuleName, codes: dict[str, str]) -> Rule:
    """Streets get £4,000 at most, £1,500 is kept for the hill, only one of C and D."""
    return Rule(
        name,
        caps=(Limit(LimitOn.CATEGORY, "Streets", 400_000),),
        ring_fences=(Limit(LimitOn.AREA, "Hill", 150_000),),
        exclusive=((codes["C"], codes["D"]),),
        part_funding=True,
        criteria=(("Need", 50),),
    )


def screened(town: Town, profile: DisclosureProfile = DisclosureProfile.OPEN) -> Round:
    the_round = town.round(Phase.IDEAS, proposals=0, voters=VOTERS, profile=profile)
    for one in WANTED:
        words = ProposalWords(one.title, "It.", "Why.", 100, category=one.category)
        propose(town.session, the_round, town.resident, words)
    the_round.phase = Phase.SCREENING
    for proposal, one in zip(proposals(town, the_round), WANTED, strict=True):
        town.screens(proposal, finding(one.pounds, one.facts))
    return the_round


def proposals(town: Town, the_round: Round) -> list[Proposal]:
    query = town.session.query(Proposal).filter_by(round_id=the_round.id)
    return query.order_by(Proposal.id).all()


def codes_in(town: Town, the_round: Round) -> dict[str, str]:
    return {project.title: project.code for project in projects_in(town.session, the_round.id)}


def ruled(town: Town, the_round: Round, rule: Rule) -> None:
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    set_rules(town.session, the_round, replace(choice_of(rules), max_choices=None, rule=rule))


def voted(town: Town, the_round: Round) -> None:
    codes = codes_in(town, the_round)
    town.enter(the_round, Phase.DEBATE)
    town.enter(the_round, Phase.VOTE)
    for number in range(1, VOTERS + 1):
        chosen = [codes[one.title] for one in WANTED if number <= one.votes]
        voter = town.voter(the_round, number)
        cast_ballot(
            town.session, town.keys, the_round, voter, chosen, request_id=f"ballot {number}"
        )
    town.session.info["clock"].moves(seconds=SECONDS_APART)
    publish_next(town.session, town.keys, the_round)


def by_hand(codes: dict[str, str]) -> Election:
    """The same election, put together without anything stored."""
    projects = [
        Project(
            codes[one.title],
            one.pounds * 100,
            one.category or None,
            one.facts.area or None,
            one.facts.minimum_cost_pence,
            one.facts.beneficiaries,
            tuple(one.facts.criteria.items()),
        )
        for one in WANTED
    ]
    groups = [
        BallotGroup(tuple(codes[one.title] for one in WANTED if number <= one.votes), 1)
        for number in range(1, VOTERS + 1)
    ]
    return Election.of(projects, groups, 1_000_000)


def recorded(town: Town, the_round: Round) -> dict[str, Any]:
    """The record as anybody downloads it, with single ballots."""
    found: dict[str, Any] = json.loads(
        "".join(record_in_pieces(town.session, the_round, opened=True))
    )
    return found


def stored(town: Town, the_round: Round) -> tuple[dict[str, Any], dict[str, Any]]:
    outcome: Any = outcome_of(town.session, the_round.id)
    return outcome.result, outcome.explanation


def test_a_stored_round_decides_under_its_conditions(town: Town) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    ruled(town, the_round, conditional(RuleName.GREEDY, codes))
    voted(town, the_round)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    result, explanation = stored(town, the_round)
    titles = {code: title for title, code in codes.items()}
    became = {
        titles[verdict["project_id"]]: (verdict["reason"], verdict["funded_pence"])
        for verdict in result["projects"]
    }
    assert became == {
        "A": ("funded", 300_000),
        "B": ("over-cap", 0),
        "C": ("funded", 80_000),
        "D": ("excluded", 0),
        "E": ("funded", 450_000),
        "F": ("funded", 150_000),
        "G": ("part-funded", 20_000),
        "H": ("ring-fenced", 0),
    }
    # With 5 votes E comes before C with 7, as each of its votes counts one and a half times.
    assert [titles[code] for code in result["winners"]] == ["A", "E", "C", "F", "G"]
    assert explanation["spending"]["area"] == [
        {"name": "Towpath", "pence": 300_000, "votes": 9},
        {"name": "Hill", "pence": 150_000, "votes": 3},
    ]
    a_person = {one["project_id"]: one["beneficiary_cost_pence"] for one in explanation["projects"]}
    assert a_person[codes["A"]] == 300
    assert a_person[codes["C"]] is None


@pytest.mark.parametrize("name", list(RuleName))
def test_every_stored_rule_counts_as_it_does_away_from_the_database(
    name: RuleName, town: Town
) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    rule = conditional(name, codes)
    ruled(town, the_round, rule)
    voted(town, the_round)
    expected = count(by_hand(codes), rule, DEFAULT_ORDER)
    tally = public_tally(town.session, the_round)
    assert tally is not None
    assert tally.figures is not None
    assert {one.code for one in tally.figures if one.funded} == set(expected.winners)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    result, _ = stored(town, the_round)
    assert result == json.loads(json.dumps(expected.to_json()))


def test_a_project_funded_in_part_has_only_that_part_committed(town: Town) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    ruled(town, the_round, conditional(RuleName.GREEDY, codes))
    voted(town, the_round)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    committed = {
        one.project.title: one.committed_pence for one in deliveries_in(town.session, the_round)
    }
    assert committed["G"] == 20_000
    assert sum(committed.values()) == 1_000_000


def test_the_record_carries_what_the_conditions_ask_for(town: Town) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    ruled(town, the_round, conditional(RuleName.GREEDY, codes))
    voted(town, the_round)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    record = recorded(town, the_round)
    rules = record["ledger"][0]["body"]["rules"]
    paper = {one["id"]: one for one in rules["paper"]["projects"]}
    assert paper[codes["A"]] == {
        "id": codes["A"],
        "cost_pence": 300_000,
        "category": "Streets",
        "area": "Towpath",
        "beneficiaries": 1_000,
    }
    assert paper[codes["E"]]["criteria"] == {"Need": 10}
    assert paper[codes["G"]]["minimum_cost_pence"] == 15_000
    assert paper[codes["H"]] == {"id": codes["H"], "cost_pence": 50_000}
    report = Report()
    verify(record, report)
    assert any(left.startswith("the outcome") for left in report.not_checked)


def test_both_verifiers_count_again_whatever_else_is_known_of_the_projects(town: Town) -> None:
    the_round = screened(town)
    ruled(town, the_round, Rule(already_chosen=(codes_in(town, the_round)["H"],)))
    voted(town, the_round)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    record = recorded(town, the_round)
    projects = record["ledger"][0]["body"]["rules"]["paper"]["projects"]
    assert any("criteria" in project for project in projects)
    assert first_fault(record) is None
    report = Report()
    verify(record, report)
    assert not any(left.startswith("the outcome") for left in report.not_checked)


# --- what cannot be ------------------------------------------------------------------------------

GREEN, LOCK = (LimitOn.CATEGORY, "Green"), (LimitOn.AREA, "Lock")


@pytest.mark.parametrize(
    ("conditions", "refusal"),
    [
        ({"caps": (Limit(*GREEN, 1), Limit(*GREEN, 2))}, BallotRefusal.LIMIT_TWICE),
        (
            {"ring_fences": (Limit(*GREEN, 600_000), Limit(LimitOn.CATEGORY, "B", 400_001))},
            BallotRefusal.FENCES_ABOVE_BUDGET,
        ),
        (
            {"ring_fences": (Limit(*LOCK, 501),), "caps": (Limit(*LOCK, 500),)},
            BallotRefusal.FENCE_ABOVE_CAP,
        ),
        ({"overspend_pence": 50_001}, BallotRefusal.OVERSPEND_TOO_HIGH),
        ({"already_chosen": ("nowhere",)}, BallotRefusal.NOT_A_PROJECT),
        ({"exclusive": (("A", "nowhere"),)}, BallotRefusal.NOT_A_PROJECT),
        ({"exclusive": (("A", "A"),)}, BallotRefusal.TOO_FEW_TO_EXCLUDE),
        ({"already_chosen": ("A", "B", "E")}, BallotRefusal.CHOSEN_ABOVE_BUDGET),
        (
            {"already_chosen": ("C",), "exclusive": (("C", "D"),)},
            BallotRefusal.CHOSEN_AND_EXCLUSIVE,
        ),
        ({"criteria": (("Need", 1), ("Need", 2))}, BallotRefusal.CRITERION_TWICE),
    ],
)
def test_conditions_that_contradict_each_other_are_refused(
    conditions: dict[str, Any], refusal: BallotRefusal, town: Town
) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    if "already_chosen" in conditions:
        named = tuple(codes.get(title, title) for title in conditions["already_chosen"])
        conditions = conditions | {"already_chosen": named}
    if "exclusive" in conditions:
        sets = tuple(
            tuple(codes.get(title, title) for title in members)
            for members in conditions["exclusive"]
        )
        conditions = conditions | {"exclusive": sets}
    with pytest.raises(Refused) as refused:
        ruled(town, the_round, Rule(**conditions))
    assert refused.value.reason == refusal


def test_money_kept_for_a_category_and_for_an_area_may_be_the_same_money(town: Town) -> None:
    the_round = screened(town)
    rule = Rule(ring_fences=(Limit(*GREEN, 600_000), Limit(*LOCK, 600_000)))
    ruled(town, the_round, rule)
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    assert rules.rule == rule


@pytest.mark.parametrize("spoil", ["take the project off the paper", "lower the budget"])
def test_no_vote_opens_under_conditions_that_no_longer_fit(spoil: str, town: Town) -> None:
    the_round = screened(town)
    codes = codes_in(town, the_round)
    kept = (Limit(*GREEN, 900_000),)
    ruled(town, the_round, Rule(already_chosen=(codes["A"],), ring_fences=kept))
    assert obstacles_before(town.session, the_round, Phase.VOTE) == []
    if spoil == "lower the budget":
        describe_round(town.session, the_round, "Title", "Purpose.", "Promise.", 800_000)
    else:
        not_passed = replace(finding(3_000), result=ScreeningResult.NOT_PASSED)
        town.screens(proposals(town, the_round)[0], not_passed)
    found = obstacles_before(town.session, the_round, Phase.VOTE)
    assert [obstacle.blocker for obstacle in found] == [Blocker.CONDITIONS_IMPOSSIBLE]


def test_refused_rules_leave_no_rules_behind(town: Town) -> None:
    the_round = screened(town)
    rules = rules_of(town.session, the_round.id)
    town.session.delete(rules)
    town.session.flush()
    impossible = RulesChosen(
        BallotFormat.APPROVAL, None, Rule(overspend_pence=10**9), DisclosureProfile.SEALED, 1
    )
    with pytest.raises(Refused):
        set_rules(town.session, the_round, impossible)
    town.session.flush()
    assert rules_of(town.session, the_round.id) is None


# --- what officers know of a project -------------------------------------------------------------


def test_a_second_look_replaces_what_was_known(town: Town) -> None:
    the_round = screened(town)
    first = proposals(town, the_round)[0]
    facts = ProjectFacts(" Lock ", 200_000, None, {"Need": 3})
    town.screens(first, finding(3_000, facts))
    town.session.commit()
    project = projects_in(town.session, the_round.id)[0]
    town.session.refresh(project)
    known = (project.area, project.minimum_cost_pence, project.beneficiaries, project.criteria)
    assert known == ("Lock", 200_000, None, {"Need": 3})


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        (ProjectFacts(minimum_cost_pence=300_001), Refusal.MINIMUM_ABOVE_COST),
        (ProjectFacts(minimum_cost_pence=0), Refusal.MINIMUM_ABOVE_COST),
        (ProjectFacts(beneficiaries=0), Refusal.NOBODY_BENEFITS),
        (ProjectFacts(criteria={"Need": 11}), Refusal.CRITERION_POINTS_WRONG),
        (ProjectFacts(criteria={"Need": -1}), Refusal.CRITERION_POINTS_WRONG),
    ],
)
def test_facts_that_cannot_be_are_refused(
    facts: ProjectFacts, refusal: Refusal, town: Town
) -> None:
    the_round = screened(town)
    with pytest.raises(Refused) as refused:
        town.screens(proposals(town, the_round)[0], finding(3_000, facts))
    assert refused.value.reason == refusal


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE projects SET minimum_cost_pence = cost_pence + 1",
        "UPDATE projects SET minimum_cost_pence = 0",
        "UPDATE projects SET beneficiaries = 0",
    ],
)
def test_the_database_refuses_them_too(act: str, town: Town) -> None:
    screened(town)
    with pytest.raises(IntegrityError):
        town.session.execute(text(act))
