"""Write an election as a `.pb` file: the same count, and no trace of who voted or when."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import pabulib
from ballots.pabulib import PabulibBallot, PabulibElection, PabulibProject, VoteType

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
REAL_FILES = sorted(REAL.rglob("*.pb"))
COMPUTED = {"num_projects", "num_votes", "budget", "max_sum_cost"}

LAMP = PabulibProject("L/1.a", "Lamp", 6_000, ("sport", "green"), 2, None, 1)
ROAD = PabulibProject("2", 'The "old" road; mended', 5_050)
BALLOTS = (
    PabulibBallot("Zoe, 34, Harborne", ("2", "L/1.a")),
    PabulibBallot("Amir", ("L/1.a",)),
    PabulibBallot("Bo", ("L/1.a", "2")),
    PabulibBallot("Cy", ()),
)
STREET = PabulibElection(
    meta={"comment": "#1: a; b", "unit": "Ladywood", "rule": "greedy", "zeal": "great"},
    vote_type=VoteType.APPROVAL,
    budget_pence=10_050,
    projects=(LAMP, ROAD),
    voters=BALLOTS,
    max_length=2,
)


def test_an_election_is_written_with_keys_and_columns_in_the_usual_order() -> None:
    assert pabulib.write(STREET) == (
        "META\n"
        "key;value\n"
        "unit;Ladywood\n"
        "num_projects;2\n"
        "num_votes;4\n"
        "budget;100.50\n"
        "vote_type;approval\n"
        "rule;greedy\n"
        "max_length;2\n"
        'comment;"#1: a; b"\n'
        "zeal;great\n"
        "PROJECTS\n"
        "project_id;cost;votes;name;category;selected\n"
        "L/1.a;60;2;Lamp;sport,green;1\n"
        '2;50.50;;"The ""old"" road; mended";;\n'
        "VOTES\n"
        "voter_id;vote\n"
        "1;\n"
        "2;2,L/1.a\n"
        "3;2,L/1.a\n"
        "4;L/1.a\n"
    )


def test_the_order_of_arrival_and_the_names_of_voters_leave_no_trace() -> None:
    others = [PabulibBallot(str(n), ballot.choices) for n, ballot in enumerate(reversed(BALLOTS))]
    assert pabulib.write(replace(STREET, voters=others)) == pabulib.write(STREET)


def test_what_a_file_tells_of_voters_beside_their_ballots_is_not_written() -> None:
    votes = "VOTES\nvoter_id;age;vote;sex\nQ7;34;2,L/1.a;F\n"
    read = pabulib.read(pabulib.write(STREET).partition("VOTES\n")[0] + votes)
    assert list(read.remarks) == [("34", "F")]
    written = pabulib.write(read)
    assert written.endswith("VOTES\nvoter_id;vote\n1;2,L/1.a\n")


def test_all_limits_are_written() -> None:
    limited = replace(
        STREET, min_length=1, max_length=3, max_sum_cost_pence=9_905, minimum_votes=50
    )
    assert (
        "min_length;1\nmax_length;3\nmax_sum_cost;99.05\nmin_project_score_threshold;50\n"
        in pabulib.write(limited)
    )


def test_the_election_itself_is_believed_before_its_meta() -> None:
    stale = {"num_votes": "9", "Budget ": "1", "min_length": "7", "vote_type": "ordinal"}
    assert pabulib.write(replace(STREET, meta={**STREET.meta, **stale})) == pabulib.write(STREET)


def test_keys_lose_the_semicolons_after_them_and_go_if_nothing_is_left() -> None:
    untidy = {**STREET.meta, "unit": " Ladywood; ;;\n", "country": "", "language": " ;"}
    assert pabulib.write(replace(STREET, meta=untidy)) == pabulib.write(STREET)


def test_points_stand_beside_choices_without_needless_zeros() -> None:
    voters = (
        PabulibBallot("a", ("2", "L/1.a"), (Decimal("10.00"), Decimal("-0.50"))),
        PabulibBallot("d", ("2",), (Decimal("-0.0"),)),
        PabulibBallot("b", ("2",)),
        PabulibBallot("c", ()),
    )
    written = pabulib.write(replace(STREET, vote_type=VoteType.SCORING, voters=voters))
    assert written.endswith("voter_id;vote;points\n1;;none\n2;2;0\n3;2;0\n4;2,L/1.a;10,-0.5\n")


def test_a_ranking_keeps_its_order() -> None:
    voters = (PabulibBallot("a", ("L/1.a", "2"), (Decimal(2), Decimal(1))),)
    written = pabulib.write(replace(STREET, vote_type=VoteType.ORDINAL, voters=voters))
    assert written.endswith("voter_id;vote\n1;L/1.a,2\n")


def test_columns_that_no_project_fills_are_left_out() -> None:
    plain = replace(STREET, projects=(PabulibProject("L/1.a", "", 1), PabulibProject("2", "b", 0)))
    assert "PROJECTS\nproject_id;cost;name\nL/1.a;0.01;L/1.a\n2;0;b\nVOTES" in pabulib.write(plain)


def test_scores_and_descriptions_are_written_where_there_are_some() -> None:
    lamp = replace(LAMP, score=Decimal("1500.250"), description="On the\r\ncorner")
    written = pabulib.write(replace(STREET, projects=(lamp, ROAD)))
    assert "project_id;cost;votes;score;name;category;selected;description\n" in written
    assert 'L/1.a;60;2;1500.25;Lamp;sport,green;1;"On the\ncorner"\n' in written
    assert pabulib.read(written).projects[0].description == "On the\ncorner"


def project(project_id: str = "1", name: str = "Lamp", pence: int = 1, **more: object) -> object:
    return PabulibProject(project_id, name, pence, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        project("1,2"),
        project(" 1"),
        project(""),
        project("a\rb"),
        project("Votes"),
        project("none"),
        project("\0"),
        project("\ud800"),
        project(name="x" * 100_001),
        project(name="x\n" * 201),
        project(pence=-1),
        project(pence=10**15 + 1),
        project(categories=("parks, play",)),
        project(categories=(" parks",)),
        project(score=Decimal("NaN")),
        project(score=Decimal("1e20")),
        project("2"),
    ],
    ids=repr,
)
def test_what_the_format_cannot_say_is_refused(bad: PabulibProject, tmp_path: Path) -> None:
    path = tmp_path / "street.pb"
    with pytest.raises(ValueError):
        pabulib.write(replace(STREET, projects=(LAMP, ROAD, bad)))
    with pytest.raises(ValueError):
        pabulib.write_file(replace(STREET, projects=(LAMP, ROAD, bad)), path)
    assert not path.exists()


@pytest.mark.parametrize("key", ["", " ", "votes", "META"])
def test_a_key_that_would_begin_a_section_or_nothing_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        pabulib.write(replace(STREET, meta={key: "x"}))


def test_a_ballot_for_an_unknown_project_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown project"):
        pabulib.write(replace(STREET, voters=(PabulibBallot("a", ("9",)),)))


def test_a_file_is_written_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "street.pb"
    pabulib.write_file(replace(STREET, meta={"unit": "Łódź"}), path)
    assert b"\r" not in path.read_bytes()
    read = pabulib.read_file(path)
    assert (read.meta["unit"], read.projects) == ("Łódź", STREET.projects)


# There and back -----------------------------------------------------------------------------------

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
TEXTS = st.lists(
    st.text(LETTERS, max_size=5) | st.sampled_from([*';",\n ', "\nVOTES\n", "\u2028", "none"])
).map(lambda parts: "".join(parts).strip())
IDS = TEXTS.map(lambda text: text.replace(",", "/").strip()).filter(
    lambda text: text and text.lower() not in ("none", "meta", "projects", "votes")
)
CATEGORIES = st.lists(IDS, max_size=3).map(tuple)
KEYS = st.sampled_from(["description", "rule", "comment", "edition", "zeal", "a;b"])
VALUES = TEXTS.filter(lambda text: text and not text.endswith(";"))
NUMBERS = st.decimals(-1_000, 10**9, places=3)
COUNTS = st.none() | st.integers(0, 10**9)
PENCE = st.integers(0, 10**15)


@st.composite
def elections(draw: st.DrawFn) -> PabulibElection:
    """Any election that the format can hold, its texts as odd as they may be."""
    ids = draw(st.lists(IDS, unique=True, max_size=5))
    projects = [
        PabulibProject(
            id=project_id,
            name=draw(TEXTS) or project_id,
            cost_pence=draw(PENCE),
            categories=draw(CATEGORIES),
            votes=draw(COUNTS),
            score=draw(st.none() | NUMBERS),
            selected=draw(COUNTS),
            description=draw(TEXTS),
        )
        for project_id in ids
    ]
    choices = st.permutations(ids).flatmap(
        lambda order: st.integers(0, len(order)).map(lambda most: tuple(order[:most]))
    )
    voters = []
    for marked in draw(st.lists(choices, max_size=12)):
        points = draw(st.lists(NUMBERS, max_size=len(marked)).map(tuple))
        voters.append(PabulibBallot(draw(st.text()), marked, points))
    return PabulibElection(
        meta=draw(st.dictionaries(KEYS, VALUES)),
        vote_type=draw(st.sampled_from(VoteType)),
        budget_pence=draw(PENCE),
        projects=tuple(projects),
        voters=voters,
        min_length=draw(COUNTS),
        max_length=draw(COUNTS),
        max_sum_cost_pence=draw(st.none() | PENCE),
        minimum_votes=draw(st.integers(0, 10**6)),
    )


def same_election(written: PabulibElection, read: PabulibElection) -> None:
    assert read.projects == written.projects
    assert read.grouped_ballots() == written.grouped_ballots()
    assert len(read.voters) == len(written.voters)
    for name in ("vote_type", "budget_pence", "min_length", "max_length", "minimum_votes"):
        assert getattr(read, name) == getattr(written, name)
    assert read.max_sum_cost_pence == written.max_sum_cost_pence
    assert (read.rounded, read.duplicates, read.repeated_voter_ids) == ((), (), ())


@settings(deadline=None, max_examples=300)
@given(elections())
def test_whatever_is_written_is_read_back_the_same(election: PabulibElection) -> None:
    written = pabulib.write(election)
    read = pabulib.read(written.encode())
    same_election(election, read)
    assert {key: read.meta[key] for key in election.meta} == election.meta
    assert pabulib.write(read) == written


@settings(deadline=None)
@given(st.data())
def test_shuffled_ballots_are_written_the_same(draws: st.DataObject) -> None:
    election = draws.draw(elections())
    shuffled = draws.draw(st.permutations(election.voters))
    assert pabulib.write(replace(election, voters=shuffled)) == pabulib.write(election)


@pytest.mark.skipif(not REAL_FILES, reason="the real elections are not at hand")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_a_real_election_is_read_back_the_same(path: Path) -> None:
    election = pabulib.read_file(path)
    read = pabulib.read(pabulib.write(election))
    same_election(election, read)
    assert read.meta.keys() == election.meta.keys()
    assert {k: v for k, v in read.meta.items() if v != election.meta[k]}.keys() <= COMPUTED
