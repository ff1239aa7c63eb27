"""What a `.pb` file says was funded, beside what its own rule gives. Pure.

Source: the columns `votes`, `score` and `selected` as pabulib.org describes them and its checker
applies them: 0 lost, 1 was funded, 2 or more was funded with money from elsewhere.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ballots.counting import BallotGroup, Election, Reason, Result, Rule, RuleName, TieOrder, count
from ballots.pabulib.election import PabulibElection, PabulibProject
from ballots.pabulib.official import (
    UnknownRuleError,
    is_graded,
    official_election,
    official_rule,
    projects,
    scale,
)

LOST, FUNDED, FUNDED_FROM_ELSEWHERE = 0, 1, 2


class Cause(StrEnum):
    """Why an outcome in a file is not that of its rule, the first that applies."""

    RULE_UNKNOWN = "rule-unknown"
    CUSTOM_RULE = "custom-rule"
    TIE = "tie-broken-otherwise"
    OTHER_BALLOTS = "columns-differ-from-ballots"
    MORE_MONEY = "more-money-than-the-budget"
    NO_VOTES = "funded-without-votes"
    EXCLUSIVES = "exclusives-not-said"
    UNEXPLAINED = "unexplained"


class Difference(NamedTuple):
    """A project whose `selected` column says something else than the count."""

    project_id: str
    in_file: int
    counted: int


@dataclass(frozen=True)
class Comparison:
    """How the file's own outcome compares with the count; `rule` None if none is declared.

    `from_columns` says that the count needed the file's `votes` or `score` column, because
    ballots are missing from the file. Where there are `differences`, `cause` says why.
    """

    rule: Rule | None
    differences: tuple[Difference, ...] = ()
    from_columns: bool = False
    cause: Cause | None = None

    @property
    def reproduced(self) -> bool:
        """Whether the rule explains everything that the file says was funded."""
        return self.cause is None


def has_outcome(election: PabulibElection) -> bool:
    """Whether the file says what was funded."""
    return any(project.selected is not None for project in election.projects)


def compared(election: PabulibElection) -> Comparison:
    """The file's own outcome beside the count of its ballots, or of its columns if need be."""
    try:
        rule = official_rule(election)
    except UnknownRuleError as unknown:
        custom = unknown.declared == "greedy-custom"
        return Comparison(None, cause=Cause.CUSTOM_RULE if custom else Cause.RULE_UNKNOWN)
    differences = differences_from(election, count(official_election(election), rule))
    if not differences:
        return Comparison(rule)
    columns = _columns_as_election(election) if rule.name is RuleName.GREEDY else None
    if columns and not differences_from(election, count(columns, rule)):
        return Comparison(rule, from_columns=True)
    return Comparison(rule, differences, cause=_cause(election, rule, differences, columns))


def differences_from(election: PabulibElection, result: Result) -> tuple[Difference, ...]:
    """Every project of which the file says something else than the count.

    What was funded with money from elsewhere is no difference, unless the rule itself says when
    other money completes a project.
    """
    funded = {
        verdict.project_id: (
            FUNDED_FROM_ELSEWHERE if verdict.reason is Reason.PART_FUNDED else FUNDED
        )
        for verdict in result.verdicts
        if verdict.funded
    }
    elsewhere = FUNDED_FROM_ELSEWHERE + result.rule.part_funding
    return tuple(
        Difference(project.id, project.selected, counted)
        for project in election.projects
        if project.selected is not None
        and project.selected != (counted := funded.get(project.id, LOST))
        and not (counted == LOST and project.selected >= elsewhere)
    )


def _columns_as_election(election: PabulibElection) -> Election | None:
    """The sums in the file's columns as ballots for one project each; None if some are missing."""
    factor = scale(election)
    sums = {project.id: _sum_in_file(election, project) for project in election.projects}
    if None in sums.values():
        return None
    standing = tuple(projects(election))
    groups = (BallotGroup((p.id,), int(each * factor)) for p in standing if (each := sums[p.id]))
    return Election.of(standing, groups, election.budget_pence)


def _sum_in_file(election: PabulibElection, project: PabulibProject) -> Decimal | int | None:
    return project.score if is_graded(election) else project.votes


def _cause(
    election: PabulibElection,
    rule: Rule,
    differences: tuple[Difference, ...],
    columns: Election | None,
) -> Cause:
    counted = official_election(election)
    if any(_decided_by_tie(election, each, rule) for each in (counted, columns) if each):
        return Cause.TIE
    if _differs_from_ballots(election, counted):
        return Cause.OTHER_BALLOTS
    funded = [project for project in election.projects if project.selected == FUNDED]
    if sum(project.cost_pence for project in funded) > election.budget_pence:
        return Cause.MORE_MONEY
    if any(
        difference.in_file and not counted.votes[difference.project_id]
        for difference in differences
    ):
        return Cause.NO_VOTES
    exclusive = election.meta["rule"].lower() == "greedy-exclusive"
    return Cause.EXCLUSIVES if exclusive else Cause.UNEXPLAINED


def _decided_by_tie(election: PabulibElection, counted: Election, rule: Rule) -> bool:
    """Whether putting the funded first wherever projects stand level gives the file's outcome."""
    funded_first = sorted(election.projects, key=lambda project: project.selected != FUNDED)
    order = TieOrder.from_list(project.id for project in funded_first)
    return not differences_from(election, count(counted, rule, order))


def _differs_from_ballots(election: PabulibElection, counted: Election) -> bool:
    """Whether a project's votes or score in the file are not those of the file's ballots."""
    factor = scale(election)
    sums = counted.score_counts if is_graded(election) else counted.vote_counts
    in_file = {project.id: _sum_in_file(election, project) for project in election.projects}
    return any(
        (said := in_file[project.id]) is not None and said * factor != each
        for project, each in zip(counted.projects, sums, strict=True)
    )
