"""Count an election as its `.pb` file says it was counted. Pure.

Source: the keys `rule`, `min_project_score_threshold` and `comment` as pabulib.org describes them
and its checker applies them. A project is ranked by its ballots, or by its score where ballots
carry points; a threshold is about the same figure. Equal shares gives start budgets in whole
currency units and raises them by one unit at a time until the next step would overspend; nothing
is completed after that.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from ballots.counting import (
    DEFAULT_ORDER,
    BallotGroup,
    Completion,
    Election,
    Misfit,
    Project,
    RankedBy,
    Result,
    Rule,
    RuleName,
    TieOrder,
    Utility,
    borda_points,
    count,
)
from ballots.pabulib.election import PabulibElection, VoteType

# Cost given to projects that were withdrawn after the vote.
WITHDRAWN_PENCE = 99_999_999_900
_UNIT_PENCE = 100

_GRADED = frozenset((VoteType.ORDINAL, VoteType.CUMULATIVE, VoteType.SCORING))
_GREEDY = {
    "greedy": Misfit.SKIP,
    "greedy-threshold": Misfit.SKIP,
    "greedy-exclusive": Misfit.SKIP,
    "greedy-no-skip": Misfit.STOP,
}
_ADD1 = Rule(
    RuleName.EQUAL_SHARES,
    start_unit_pence=_UNIT_PENCE,
    completion=Completion.ADD1,
    step_pence=_UNIT_PENCE,
)
_EQUAL_SHARES = {
    "equalshares": Rule(RuleName.EQUAL_SHARES),
    "equalshares-comparison": Rule(RuleName.EQUAL_SHARES, comparison=True),
    "equalshares/add1": _ADD1,
    "equalshares/add1-comparison": replace(_ADD1, comparison=True),
}
_ID = r"[^\s,;:]*[^\s,;:.]"
_EXCLUSIVE = re.compile(rf"projects? ({_ID}(?:, {_ID})*,? and {_ID})", re.IGNORECASE)
_PART_FUNDED = re.compile(r"fund at least (\d{1,2})\s?% of that project", re.IGNORECASE)


class UnknownRuleError(ValueError):
    """The file declares no rule that can be applied; `declared` is what it says."""

    def __init__(self, declared: str) -> None:
        super().__init__(declared)
        self.declared = declared


def is_graded(election: PabulibElection) -> bool:
    """Whether ballots carry points, so that projects are ranked by score."""
    return election.vote_type in _GRADED


def official_rule(election: PabulibElection) -> Rule:
    """The rule that the file declares, with its threshold; UnknownRuleError if it is none."""
    declared = election.meta.get("rule", "").lower()
    if declared in _EQUAL_SHARES:
        utility = Utility.POINTS if is_graded(election) else Utility.COST
        rule = replace(_EQUAL_SHARES[declared], utility=utility)
    elif declared in _GREEDY:
        exclusive = _exclusives(election) if declared == "greedy-exclusive" else ()
        rule = Rule(misfit=_GREEDY[declared], exclusive=exclusive)
    elif declared == "greedy-custom" and _part_funded_percent(election):
        rule = Rule(misfit=Misfit.STOP, part_funding=True)
    else:
        raise UnknownRuleError(declared)
    if rule.name is RuleName.GREEDY and is_graded(election):
        rule = replace(rule, ranked_by=RankedBy.SCORE)
    return with_threshold(rule, election, election.minimum_votes)


def with_threshold(rule: Rule, election: PabulibElection, least: int) -> Rule:
    """The rule with a threshold of so much score where ballots carry points, else of votes."""
    if is_graded(election):
        return replace(rule, minimum_score=least * scale(election))
    return replace(rule, minimum_votes=least)


def official_election(election: PabulibElection) -> Election:
    """The election with its points, in whole numbers, without what was withdrawn after the vote.

    A ranking gives Borda points, unless its ballots say what they give.
    """
    standing = {p.id for p in election.projects if p.cost_pence != WITHDRAWN_PENCE}
    return Election.of(projects(election), list(_groups(election, standing)), election.budget_pence)


def official_count(election: PabulibElection, tie_order: TieOrder = DEFAULT_ORDER) -> Result:
    """The file's ballots counted under its own rule; UnknownRuleError if it declares none."""
    return count(official_election(election), official_rule(election), tie_order)


def projects(election: PabulibElection) -> Iterator[Project]:
    """What stood, with the least that part-funds it where other money completes a project."""
    percent = _part_funded_percent(election)
    for project in election.projects:
        if project.cost_pence != WITHDRAWN_PENCE:
            category = project.categories[0] if project.categories else None
            least = -(-project.cost_pence * percent // 100) if percent else None
            yield Project(project.id, project.cost_pence, category, minimum_cost_pence=least)


def _groups(election: PabulibElection, standing: set[str]) -> Iterator[BallotGroup]:
    graded, factor = is_graded(election), scale(election)
    for (choices, given), ballots in _alike(election):
        points = _whole_points(choices, given, factor) if graded else None
        if not standing.issuperset(choices):
            kept = [at for at, choice in enumerate(choices) if choice in standing]
            choices = tuple(choices[at] for at in kept)
            points = tuple(points[at] for at in kept) if points is not None else None
        yield BallotGroup(choices, ballots, points)


_Marks = tuple[tuple[str, ...], tuple[Decimal, ...]]


def _alike(election: PabulibElection) -> list[tuple[_Marks, int]]:
    """Ballots that say the same, in an order that tells nothing of arrival."""
    if election.vote_type is VoteType.ORDINAL:
        ranked = Counter((ballot.choices, ballot.points) for ballot in election.voters)
        return sorted(ranked.items())
    return [
        ((choices, points or ()), ballots)
        for choices, points, ballots in election.grouped_ballots()
    ]


def _whole_points(
    choices: tuple[str, ...], given: tuple[Decimal, ...], factor: int
) -> tuple[int, ...]:
    if not given:  # a ranking
        return tuple(points * factor for points in borda_points(choices))
    missing = (0,) * (len(choices) - len(given))
    return tuple(int(points * factor) for points in given) + missing


def scale(election: PabulibElection) -> int:
    """What makes whole numbers of all points: 1, unless some have decimals."""
    if not is_graded(election):
        return 1
    given = {points for ballot in election.voters for points in ballot.points}
    scores = {project.score for project in election.projects if project.score is not None}
    decimals = [points.normalize().as_tuple().exponent for points in given | scores]
    return int(10 ** -min([0, *(places for places in decimals if isinstance(places, int))]))


def _part_funded_percent(election: PabulibElection) -> int:
    """How much of the first project that no longer fits must be there to fund it; 0: no such."""
    said = _PART_FUNDED.search(election.meta.get("comment", ""))
    custom = election.meta.get("rule", "").lower() == "greedy-custom"
    return int(said[1]) if custom and said else 0


def _exclusives(election: PabulibElection) -> tuple[tuple[str, ...], ...]:
    """Sets of projects that the comment names together: only one of each could be funded."""
    known = {project.id for project in election.projects}
    named = (
        tuple(re.split(r",? and |, ", said[1]))
        for said in _EXCLUSIVE.finditer(election.meta.get("comment", ""))
    )
    return tuple(members for members in named if known.issuperset(members))
