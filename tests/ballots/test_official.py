"""Real elections counted as their files say: what was funded there is funded here."""

from dataclasses import replace

import pytest

from ballots import pabulib
from ballots.counting import Completion, Misfit, RankedBy, Rule, RuleName, Utility
from ballots.pabulib.comparison import Cause, Difference, compared, has_outcome
from ballots.pabulib.official import (
    UnknownRuleError,
    official_count,
    official_election,
    official_rule,
)
from tests.ballots.test_pabulib import REAL_FILES, pb, projects_of


def winners(source: str) -> set[str]:
    return set(official_count(pabulib.read(source)).winners)


def projects(*rows: str) -> str:
    return projects_of(*rows, columns="project_id;cost;votes;selected")


def votes(*choices: str) -> str:
    rows = [f"v{at};{choice}" for at, choice in enumerate(choices)]
    return "\n".join(["voter_id;vote", *rows, ""])


# Two votes for the lamp, one each for the road and the tree; 100 units of money.
STREET = ["lamp;60", "road;50", "tree;40"]
WISHES = votes("lamp", "lamp,road", "road,tree", "road")


def street(rule: str, **meta: str) -> set[str]:
    return winners(pb(projects_of(*STREET), WISHES, rule=rule, **meta))


ADD1 = Rule(RuleName.EQUAL_SHARES, start_unit_pence=100, completion=Completion.ADD1, step_pence=100)


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        ("greedy", Rule(misfit=Misfit.SKIP)),
        ("Greedy", Rule(misfit=Misfit.SKIP)),
        ("greedy-no-skip", Rule(misfit=Misfit.STOP)),
        ("greedy-threshold", Rule(misfit=Misfit.SKIP)),
        ("equalshares", Rule(RuleName.EQUAL_SHARES)),
        ("equalshares/add1", ADD1),
        ("equalshares/add1-comparison", replace(ADD1, comparison=True)),
    ],
)
def test_a_declared_rule_is_taken_over_if_it_can_be_applied(declared: str, rule: Rule) -> None:
    assert official_rule(pabulib.read(pb(rule=declared))) == rule


def test_a_declared_threshold_is_taken_over() -> None:
    election = pabulib.read(pb(rule="greedy-threshold", min_project_score_threshold="50"))
    assert official_rule(election) == Rule(minimum_votes=50)


@pytest.mark.parametrize("vote_type", ["ordinal", "cumulative", "scoring"])
def test_a_declared_rule_adds_up_points_and_asks_for_them(vote_type: str) -> None:
    meta = {"vote_type": vote_type, "min_project_score_threshold": "50"}
    ballots = "voter_id;vote;points\nv1;lamp;1\n"
    greedy = pb(projects_of(*STREET), ballots, rule="greedy-no-skip", **meta)
    assert official_rule(pabulib.read(greedy)) == Rule(
        ranked_by=RankedBy.SCORE, misfit=Misfit.STOP, minimum_score=50
    )
    shares = pb(projects_of(*STREET), ballots, rule="equalshares/add1", **meta)
    assert official_rule(pabulib.read(shares)) == replace(
        ADD1, utility=Utility.POINTS, minimum_score=50
    )


@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_every_outcome_of_a_declared_rule_is_reproduced(path: object) -> None:
    assert isinstance(path, type(REAL_FILES[0]))
    election = pabulib.read_file(path)
    if not has_outcome(election):
        pytest.skip("the file does not say what was funded")
    comparison = compared(election)
    if election.meta["rule"] == "unknown":
        assert comparison.cause is Cause.RULE_UNKNOWN
    else:
        assert comparison.reproduced
        assert not comparison.from_columns


def test_greedy_skips_what_does_not_fit_and_no_skip_stops_there() -> None:
    # Road 3 votes, lamp 2, tree 1: after the road 50 are left, too few for the lamp.
    assert street("greedy") == {"road", "tree"}
    assert street("greedy-no-skip") == {"road"}


def test_a_threshold_shuts_out_by_votes() -> None:
    assert street("greedy-threshold", min_project_score_threshold="2") == {"road"}


def test_a_threshold_shuts_out_by_score_where_ballots_carry_points() -> None:
    votes_with_points = "voter_id;vote;points\nv1;lamp;9\nv2;tree,road;1,1\nv3;tree;1\n"
    source = pb(
        projects_of(*STREET),
        votes_with_points,
        vote_type="cumulative",
        rule="greedy-threshold",
        min_project_score_threshold="3",
    )
    assert winners(source) == {"lamp"}


def test_points_with_decimals_are_counted_exactly() -> None:
    # 0.1 + 0.2 for the lamp is level with 0.3 for the road; the road is cheaper.
    votes_with_points = "voter_id;vote;points\nv1;lamp;0.1\nv2;lamp;0.2\nv3;road;0.3\n"
    source = pb(projects_of(*STREET), votes_with_points, vote_type="cumulative", rule="greedy")
    assert official_count(pabulib.read(source)).winners == ("road",)
    # The sum of floats, 0.30000000000000004, would have put the lamp first.
    assert official_election(pabulib.read(source)).score_counts == (3, 3, 0)


def test_a_ranking_gives_borda_points_unless_its_ballots_say_what_they_give() -> None:
    meta = {"vote_type": "ordinal", "rule": "greedy"}
    ranked = pb(projects_of(*STREET), votes("lamp,road,tree", "road,tree"), **meta)
    assert official_election(pabulib.read(ranked)).score_counts == (3, 4, 2)
    given = "voter_id;vote;points\nv1;lamp,road;7,5\n"
    with_points = pb(projects_of(*STREET), given, **meta)
    assert official_election(pabulib.read(with_points)).score_counts == (7, 5, 0)


def test_of_projects_that_a_comment_calls_exclusive_one_is_funded() -> None:
    comment = "#1: In the small pool, projects road and tree were treated as mutually exclusive."
    assert street("greedy-exclusive", comment=comment) == {"road"}
    assert street("greedy-exclusive", comment="#1: Projects oak and elm.") == {"road", "tree"}


@pytest.mark.parametrize(("percent", "funded"), [("80", {"road", "lamp"}), ("90", {"road"})])
def test_other_money_completes_the_first_that_no_longer_fits(
    percent: str, funded: set[str]
) -> None:
    # After the road 50 are left: 83 % of the lamp.
    comment = f"#1: If it is enough to fund at least {percent}% of that project, we fund it"
    assert street("greedy-custom", comment=comment) == funded


def test_what_was_withdrawn_after_the_vote_stops_nothing() -> None:
    source = pb(projects_of("lamp;999999999", *STREET[1:]), WISHES, rule="greedy-no-skip")
    assert winners(source) == {"road", "tree"}


@pytest.mark.parametrize("rule", ["unknown", "", "quota greedy"])
def test_a_file_without_a_rule_is_not_counted(rule: str) -> None:
    election = pabulib.read(pb(rule=rule))
    with pytest.raises(UnknownRuleError):
        official_count(election)
    assert compared(election).cause is Cause.RULE_UNKNOWN


def test_a_custom_rule_that_no_comment_explains_is_not_guessed() -> None:
    election = pabulib.read(pb(rule="greedy-custom", comment="#1: The mayor chose."))
    assert compared(election).cause is Cause.CUSTOM_RULE


def test_paper_ballots_that_are_missing_from_a_file_still_stand_in_its_columns() -> None:
    rows = projects("lamp;60;9;1", "road;50;3;0", "tree;40;1;1")
    comparison = compared(pabulib.read(pb(rows, WISHES, rule="greedy")))
    assert comparison.reproduced
    assert comparison.from_columns


@pytest.mark.parametrize(
    ("rows", "choices", "cause"),
    [
        # Level with one vote each: the cheaper comes first here, there it was the dearer.
        (["lamp;60;1;1", "road;50;1;0"], ["lamp", "road"], Cause.TIE),
        (["lamp;60;1;1", "road;50;7;0"], ["road", "road,lamp"], Cause.OTHER_BALLOTS),
        (["lamp;60;2;1", "road;50;1;1"], ["lamp,road", "lamp"], Cause.MORE_MONEY),
        (["lamp;60;1;1", "tree;40;0;1"], ["lamp"], Cause.NO_VOTES),
        (["lamp;60;2;0", "road;50;1;1"], ["lamp,road", "lamp"], Cause.UNEXPLAINED),
    ],
)
def test_an_outcome_that_differs_has_a_cause(
    rows: list[str], choices: list[str], cause: Cause
) -> None:
    comparison = compared(pabulib.read(pb(projects(*rows), votes(*choices), rule="greedy")))
    assert comparison.cause is cause


def test_exclusives_that_no_comment_names_are_a_cause_too() -> None:
    rows = projects("lamp;50;2;1", "tree;50;1;0")
    source = pb(rows, votes("lamp,tree", "lamp"), rule="greedy-exclusive")
    comparison = compared(pabulib.read(source))
    assert comparison.cause is Cause.EXCLUSIVES
    assert comparison.differences == (Difference("tree", 0, 1),)


def test_money_from_elsewhere_is_no_difference() -> None:
    rows = projects("lamp;60;2;1", "road;50;1;2")
    assert compared(pabulib.read(pb(rows, votes("lamp,road", "lamp"), rule="greedy"))).reproduced


def test_scores_with_decimals_in_columns_are_held_against_the_threshold_exactly() -> None:
    rows = projects_of("lamp;60;2.5;1", "road;40;1.5;0", columns="project_id;cost;score;selected")
    some = "voter_id;vote;points\nv1;lamp;0.5\n"  # the other ballots were on paper
    meta = {"vote_type": "cumulative", "rule": "greedy-threshold"}
    source = pb(rows, some, **meta, min_project_score_threshold="2")
    comparison = compared(pabulib.read(source))
    assert comparison.reproduced
    assert comparison.from_columns
