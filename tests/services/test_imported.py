"""A real election, imported and cast again through the ballot box."""

from pathlib import Path

import pytest

from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.counting import Completion, Misfit, RankedBy, Rule, RuleName
from ballots.imported import (
    differences,
    find_imported,
    import_election,
    replay_ballots,
)
from ballots.moves import conclude_sign_off, count_closed, take_forward
from ballots.outcome import outcome_of
from ballots.pabulib import read, read_file
from ballots.record import record_of
from ballots.routes import Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Proof
from ballots.voting_rules import rules_of
from neighbourhoods.database import Database
from neighbourhoods.eligibility import roll_size
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import CODE_KEY, Town

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
ELECTIONS = (
    "France_Toulouse_2022_1_-_Capitole_Arnaud_Bernard_Carmes.pb",
    "Netherlands_Assen_2024.pb",
    "Poland_Gdynia_2023_Kamienna_Gora__small.pb",
    "US_Stanford_Dataset_PB_Greensboro_District_2_2019_vote_knapsacks.pb",
    "Poland_Katowice_2022_Murcki.pb",
    "US_Stanford_Dataset_Saratoga_NY_2022_vote_rankings.pb",
)
SMALL = """META
key;value
description;A small election
country;Nowhere
num_projects;3
num_votes;4
budget;100
vote_type;approval
rule;greedy
max_length;2
PROJECTS
project_id;cost;name;category;votes
a/1;60;Benches;green,calm;4
b.2;50;Lights;streets;2
c;40;Trees;green;1
VOTES
voter_id;vote
x;a/1,b.2
y;a/1
z;a/1,a/1
w;b.2,c
"""


def test_a_file_becomes_a_round_with_projects_rules_and_roll(town: Town) -> None:
    imported = import_election(town.session, CODE_KEY, read(SMALL), town.ward, "small.pb", 20)
    the_round = imported.the_round
    assert the_round.title == "A small election"
    assert the_round.budget_pence == 10_000
    assert roll_size(town.session, the_round.id) == 4
    assert [
        (p.code, p.cost_pence, p.category) for p in projects_in(town.session, the_round.id)
    ] == [
        ("a/1", 6_000, "green, calm"),
        ("b.2", 5_000, "streets"),
        ("c", 4_000, "green"),
    ]
    assert find_imported(town.session, "small.pb") is the_round


def replay(town: Town, database: Database, source: str | Path) -> tuple[Round, list[object]]:
    """From import to signed record, each step as in life; returns the differences found."""
    election = read(source) if isinstance(source, str) else read_file(source)
    ward, officer, councillor = town.ward.id, town.officer.id, town.councillor.id
    town.session.commit()
    with database.writing() as session:
        community = session.get_one(Community, ward)
        imported = import_election(session, CODE_KEY, election, community, "file.pb", 20)
        the_round = imported.the_round
        take_forward(
            session, town.keys, the_round, Phase.VOTE, session.get_one(Person, officer), "Go."
        )
        session.commit()
    cast = list(replay_ballots(database, town.keys, the_round.id, election))
    assert len(cast) == len(election.voters)
    with database.writing() as session:
        the_round = session.get_one(Round, the_round.id)
        by = session.get_one(Person, officer)
        take_forward(session, town.keys, the_round, Phase.COUNT, by, "All cast.")
        count_closed(session, town.keys, the_round)
        member = session.get_one(Person, councillor)
        codes = costs_to_sign(session, the_round)
        declare_interests(
            session, the_round, member, dict.fromkeys(codes, Declared(InterestKind.NONE))
        )
        endorsed = SheetGiven(dict.fromkeys(codes, VerdictGiven(Verdict.ENDORSE)))
        bundle = bundle_hash(session, the_round)
        sign(session, the_round, member, endorsed, bundle_sha256=bundle, proof=Proof.CODE)
        assert conclude_sign_off(session, town.keys, the_round) is not None
        session.commit()
        outcome = outcome_of(session, the_round.id)
        assert outcome is not None
        assert outcome.ballots_cast == len(election.voters)
        return the_round, list(differences(outcome, election))


SHARES = Rule(
    RuleName.EQUAL_SHARES, start_unit_pence=100, completion=Completion.ADD1, step_pence=100
)


@pytest.mark.parametrize(
    ("meta", "votes", "rule"),
    [
        ("approval\nrule;equalshares/add1", "x;a;", SHARES),
        ("approval\nrule;by the mayor", "x;a;", Rule()),
        ("approval\nmin_project_score_threshold;2", "x;a;", Rule()),
        (
            "cumulative\nrule;greedy-no-skip\nmin_project_score_threshold;2",
            "x;a;3",
            Rule(ranked_by=RankedBy.SCORE, misfit=Misfit.STOP, minimum_score=2),
        ),
        (
            "approval\nrule;greedy-custom\ncomment;fund at least 80% of that project",
            "x;a;",
            Rule(misfit=Misfit.STOP),  # no project of a round may be part-funded
        ),
    ],
)
def test_a_round_is_counted_by_the_rule_that_its_file_declares(
    town: Town, meta: str, votes: str, rule: Rule
) -> None:
    # A score with decimals in the file's column changes nothing for points that are cast.
    source = (
        f"META\nkey;value\nbudget;100\nvote_type;{meta}\nPROJECTS\nproject_id;cost;score\n"
        f"a;60;3.5\nb;50;0\nVOTES\nvoter_id;vote;points\n{votes}\n"
    )
    imported = import_election(town.session, CODE_KEY, read(source), town.ward, "file.pb", 20)
    rules = rules_of(town.session, imported.the_round.id)
    assert rules is not None
    assert rules.rule == rule


def test_a_replay_counts_a_project_listed_twice_once_and_says_so(
    town: Town, database: Database
) -> None:
    _, found = replay(town, database, SMALL)
    assert [(row.project_id, row.in_file, row.counted, row.repeats) for row in found] == [  # type: ignore[attr-defined]
        ("a/1", 4, 3, 1)
    ]


@pytest.mark.parametrize(
    ("vote_type", "votes", "scores"),
    [
        # Borda: 3 + 1 points, 1 + 2, 2.
        ("ordinal", ["a,c,b;", "b,a;"], {"a": 4, "b": 3, "c": 2}),
        ("cumulative", ["a,b;3,2", "a;1"], {"a": 4, "b": 2, "c": 0}),
        ("scoring", ["a,b;3,2", "c;5"], {"a": 3, "b": 2, "c": 5}),
    ],
)
def test_rankings_points_and_scores_are_replayed_to_the_same_points(
    vote_type: str, votes: list[str], scores: dict[str, int], town: Town, database: Database
) -> None:
    rows = "\n".join(f"v{n};{vote}" for n, vote in enumerate(votes))
    source = (
        f"META\nkey;value\nbudget;100\nvote_type;{vote_type}\nrule;greedy\nPROJECTS\n"
        f"project_id;cost\na;60\nb;50\nc;40\nVOTES\nvoter_id;vote;points\n{rows}\n"
    )
    the_round, _ = replay(town, database, source)
    with database.reading() as session:
        outcome = outcome_of(session, the_round.id)
        assert outcome is not None
        assert {row["project_id"]: row["score"] for row in outcome.verdicts} == scores


@pytest.mark.parametrize("name", ELECTIONS)
def test_a_real_election_is_replayed_from_import_to_public_record(
    town: Town, database: Database, name: str
) -> None:
    if not REAL.is_dir():
        pytest.skip("the real elections are not here")
    the_round, found = replay(town, database, REAL / name)
    assert found == []
    election = read_file(REAL / name)
    # 2 says that it was funded with money from elsewhere.
    funded = {project.id for project in election.projects if project.selected == 1}
    with database.reading() as session:
        outcome = outcome_of(session, the_round.id)
        assert outcome is not None
        if funded and election.meta["rule"] != "unknown":
            assert set(outcome.winners) == funded
        assert record_of(session, the_round.id) is not None
        assert session.get_one(Round, the_round.id).phase == Phase.DELIVERY
