"""A real election, imported from a Pabulib file as a round, and its ballots cast again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.casting import cast_ballot
from ballots.counting import Rule
from ballots.decision_routes import choose_route
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyStore
from ballots.outcome import Outcome
from ballots.pabulib import (
    PabulibElection,
    VoteDifference,
    choices_on,
    loosest_paper,
)
from ballots.pabulib.official import UnknownRuleError, official_rule, scale
from ballots.papers import BallotFormat, BallotPaper
from ballots.routes import Agreement, RouteName
from ballots.voting_rules import RulesChosen, set_rules
from neighbourhoods.database import Database, now
from neighbourhoods.eligibility import RollEntry, RollRow, replace_roll
from neighbourhoods.funds import FundSource, SourceKind, add_source, create_fund
from neighbourhoods.places import Community
from neighbourhoods.projects import Project
from neighbourhoods.rounds import Round, create_round


@dataclass(frozen=True)
class Imported:
    """A round made from a file, and how many limits had to be loosened for its own ballots."""

    the_round: Round
    paper: BallotPaper


def import_election(
    session: Session,
    code_key: bytes,
    election: PabulibElection,
    community: Community,
    name: str,
    step: int,
) -> Imported:
    """Make a round in set-up from an election: fund, projects, rules and one entry a voter.

    `name` is remembered as the fund's source, so that a replay finds the round again.
    UnsupportedVoteTypeError for ballots that cannot be cast yet.
    """
    paper = loosest_paper(election)
    today = now(session).date()
    fund = create_fund(session, community, _title(election), _financial_year(today))
    add_source(session, fund, SourceKind.OTHER, name, election.budget_pence, today)
    the_round = create_round(
        session, fund, _title(election), _purpose(election), "", election.budget_pence
    )
    session.add_all(
        Project(
            round_id=the_round.id,
            code=project.id,
            title=project.name[:300] or project.id,
            summary=project.description,
            category=", ".join(project.categories)[:120],
            cost_pence=project.cost_pence,
        )
        for project in election.projects
    )
    knapsack = paper.ballot_format is BallotFormat.KNAPSACK
    chosen = RulesChosen(
        ballot_format=paper.ballot_format,
        max_choices=paper.max_choices,
        min_choices=paper.min_choices,
        spending_limit_pence=paper.budget_pence if knapsack else None,
        points_to_give=paper.points_to_give,
        most_points_on_one=paper.most_points_on_one,
        highest_score=paper.highest_score,
        rule=_rule(election),
        disclosure_profile=DisclosureProfile.LIVE,
        disclosure_step=step,
    )
    set_rules(session, the_round, chosen)
    # What was decided elsewhere long ago is looked at by one councillor.
    choose_route(session, the_round.fund, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, 0)
    replace_roll(session, code_key, the_round, [_roll_row(n) for n in _numbers(election)])
    return Imported(the_round, paper)


def _rule(election: PabulibElection) -> Rule:
    """The rule that the file declares, most votes first if it declares none we know."""
    try:
        rule = official_rule(election)
    except UnknownRuleError:
        return Rule()
    # Points are cast as they stand in the file, and no file says the least a project costs.
    least = rule.minimum_score // scale(election)
    return replace(rule, minimum_score=least, part_funding=False)


def _title(election: PabulibElection) -> str:
    words = election.meta.get("description") or "Imported election"
    return words[:120]


def _purpose(election: PabulibElection) -> str:
    named = ("country", "unit", "subunit", "instance")
    return " · ".join(election.meta[name] for name in named if election.meta.get(name))


def _financial_year(day: date) -> str:
    first = day.year if (day.month, day.day) >= (4, 6) else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def _numbers(election: PabulibElection) -> range:
    return range(1, len(election.voters) + 1)


def _roll_row(number: int) -> RollRow:
    return RollRow(reference=str(number), name=f"Voter {number}", postcode=None, email=None)


def find_imported(session: Session, name: str) -> Round | None:
    """The newest round that was imported under this name."""
    return session.scalar(
        select(Round)
        .join(FundSource, FundSource.fund_id == Round.fund_id)
        .where(FundSource.name == name)
        .order_by(Round.id.desc())
        .limit(1)
    )


def replay_ballots(
    database: Database, keys: KeyStore, round_id: int, election: PabulibElection
) -> Iterator[int]:
    """Cast the file's ballots one by one as the phones do, each in its own transaction.

    Yields how many lie in the box. Each has a request id of its own, so a replay that was
    broken off goes on where it stopped.
    """
    with database.reading() as session:
        entries = {
            entry.reference: entry
            for entry in session.scalars(select(RollEntry).where(RollEntry.round_id == round_id))
        }
    for number, ballot in zip(_numbers(election), election.voters, strict=True):
        with database.writing() as session:
            the_round = session.get_one(Round, round_id)
            entry = entries.get(str(number))
            choices = choices_on(election, ballot)
            cast_ballot(session, keys, the_round, entry, choices, request_id=f"replay-{number}")
            session.commit()
        yield number


def differences(outcome: Outcome, election: PabulibElection) -> list[VoteDifference]:
    """Projects whose stored votes are not the number in the file's own `votes` column."""
    counted = {verdict["project_id"]: verdict["votes"] for verdict in outcome.verdicts}
    repeats = Counter(project_id for _, project_id in election.duplicates)
    return [
        VoteDifference(
            project.id, project.votes, int(str(counted[project.id])), repeats[project.id]
        )
        for project in election.projects
        if project.votes is not None and project.votes != counted[project.id]
    ]
