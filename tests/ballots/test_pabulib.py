"""Read elections in Pabulib's format: all of a file, or an error that says where and what."""

import gc
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import pabulib
from ballots.pabulib import Expected, PabulibError, VoteDifference, VoteType, reading, tables
from ballots.pabulib.rows import MAX_LINE
from ballots.papers import BallotFormat, Fault, PaperFault, faults_in

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
REAL_FILES = sorted(REAL.rglob("*.pb"))

META = {"budget": "100", "vote_type": "approval"}
PROJECTS = """project_id;cost;votes;name;selected
1;60;2;Lamp;1
2;50;1;Road;0
"""
VOTES = """voter_id;vote
v1;1
v2;1,2
"""


def pb(projects: str = PROJECTS, votes: str = VOTES, **meta: str) -> str:
    """A `.pb` file; META keys given replace or join the usual ones, an empty one goes."""
    rows = "".join(f"{key};{value}\n" for key, value in {**META, **meta}.items() if value)
    return f"META\nkey;value\n{rows}PROJECTS\n{projects}VOTES\n{votes}"


def projects_of(*rows: str, columns: str = "project_id;cost") -> str:
    return "\n".join([columns, *rows, ""])


def error_of(source: bytes | str) -> PabulibError:
    with pytest.raises(PabulibError) as raised:
        pabulib.read(source)
    return raised.value


def place_and_cause(source: bytes | str) -> tuple[int, int, Expected]:
    error = error_of(source)
    return error.line, error.column, error.expected


# What a file says -------------------------------------------------------------------------------


def test_a_plain_file_is_read_whole() -> None:
    election = pabulib.read(pb(description="A street"))
    assert election.vote_type is VoteType.APPROVAL
    assert election.budget_pence == 10_000
    assert election.meta["description"] == "A street"
    lamp, road = election.projects
    assert (lamp.id, lamp.name, lamp.cost_pence, lamp.votes, lamp.selected) == (
        "1",
        "Lamp",
        6_000,
        2,
        1,
    )
    assert road.selected == 0
    assert [(ballot.voter_id, ballot.choices) for ballot in election.voters] == [
        ("v1", ("1",)),
        ("v2", ("1", "2")),
    ]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_every_kind_of_line_end_reads_the_same(end: str) -> None:
    assert pabulib.read(pb().replace("\n", end)) == pabulib.read(pb())


def test_mixed_line_ends_blank_lines_and_a_byte_order_mark_read_the_same() -> None:
    mixed = pb().replace("PROJECTS\n", "\r\n;;\n\u00a0\nPROJECTS;;\r\n").replace("v2", "\r\nv2")
    assert pabulib.read(b"\xef\xbb\xbf" + mixed.encode()) == pabulib.read(pb())


def test_section_and_column_names_may_be_in_any_case() -> None:
    lower = pb().replace("META", " meta ").replace("VOTES\n", "Votes\n").replace("PROJ", "proj")
    assert pabulib.read(lower.replace("project_id;cost", "Project_ID; COST ")) == pabulib.read(pb())


def test_the_table_of_keys_may_lack_its_header() -> None:
    assert pabulib.read(pb().replace("key;value\n", "")) == pabulib.read(pb())


def test_a_value_with_a_bare_semicolon_is_one_value() -> None:
    assert pabulib.read(pb(comment="#1: so; #2: so;;")).meta["comment"] == "#1: so; #2: so"


def test_a_quoted_field_may_hold_semicolons_quotes_and_line_ends() -> None:
    rows = projects_of('1;5;"A ""fine""; long\nname"', "2;6;x", columns="project_id;cost;name")
    election = pabulib.read(pb(rows))
    assert [project.name for project in election.projects] == ['A "fine"; long\nname', "x"]


def test_text_after_a_closing_quote_is_read_as_a_spreadsheet_would() -> None:
    rows = projects_of('1;5;"Nowy" park', '2;6;Rura 5"', columns="project_id;cost;name")
    election = pabulib.read(pb(rows))
    assert [project.name for project in election.projects] == ["Nowy park", 'Rura 5"']


def test_ids_keep_their_slashes_and_dots_and_lose_spaces_around_them() -> None:
    rows = projects_of("BO.OM.67/24\u00a0;1", " L18/05/IX;2")
    election = pabulib.read(pb(rows, "voter_id;vote\nv1;\u00a0BO.OM.67/24 ,L18/05/IX,\n"))
    assert election.voters[0].choices == ("BO.OM.67/24", "L18/05/IX")


def test_a_project_without_a_name_is_called_by_its_id() -> None:
    assert pabulib.read(pb(projects_of("1;5", "2;6"))).projects[1].name == "2"


def test_categories_scores_and_descriptions_are_kept() -> None:
    rows = projects_of(
        "1;5;sport, green ;12,5;A slide",
        "2;6;;;",
        columns="project_id;cost;category;score;description",
    )
    slide, plain = pabulib.read(pb(rows)).projects
    assert slide.categories == ("sport", "green")
    assert (slide.score, slide.description) == (Decimal("12.5"), "A slide")
    assert (plain.categories, plain.score, plain.votes, plain.selected) == ((), None, None, None)


def test_other_cells_of_a_ballot_are_there_for_whoever_asks() -> None:
    election = pabulib.read(pb(votes='voter_id;age;vote;sex\nv1; 34;1;F\n"v2";;2;\n'))
    assert election.remark_columns == ("age", "sex")
    assert list(election.remarks) == list(election.remarks) == [("34", "F"), ("", "")]


def test_ballots_without_other_cells_have_no_remarks() -> None:
    assert list(pabulib.read(pb()).remarks) == [(), ()]


def test_points_lie_beside_the_choices_and_may_be_missing() -> None:
    votes = "voter_id;vote;points\nv1;1,2;3,0.5\nv2;2,1;4\nv3;2;\nv4;1; None\n"
    election = pabulib.read(pb(votes=votes, vote_type="cumulative"))
    assert [ballot.points for ballot in election.voters] == [
        (Decimal(3), Decimal("0.5")),
        (Decimal(4),),
        (),
        (),
    ]


def test_an_empty_ballot_is_a_ballot() -> None:
    assert pabulib.read(pb(votes="voter_id;vote\nv1;\n")).voters[0].choices == ()


def test_a_project_twice_on_a_ballot_counts_once_and_is_reported() -> None:
    votes = "voter_id;vote;points\nv1;2,1,2,1,2;5,4,3\nv2;1;\nv3;1,1,2;5,4,3\n"
    election = pabulib.read(pb(votes=votes))
    assert election.voters[2][1:] == (("1", "2"), (Decimal(5), Decimal(3)))
    assert election.voters[0].choices == ("2", "1")
    assert election.voters[0].points == (Decimal(5), Decimal(4))
    assert election.duplicates == (("v1", "2"), ("v1", "1"), ("v1", "2"), ("v3", "1"))


def test_voters_on_several_rows_are_reported() -> None:
    election = pabulib.read(pb(votes="voter_id;vote\nv1;1\nv2;1\nv1;2\n"))
    assert election.repeated_voter_ids == ("v1",)


# Money ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "pence"),
    [
        ("60", 6_000),
        ("60.0", 6_000),
        ("770039.52", 77_003_952),
        ("60,5", 6_050),
        ("60,50", 6_050),
        ("1 234,5", 123_450),
        ("1\u00a0234\u00a0567", 123_456_700),
        ("1\u202f234", 123_400),
        ("1,234,567", 123_456_700),
        ("1,234.5", 123_450),
        ("2e+06", 200_000_000),
        ("0", 0),
        ("12,0000", 1_200),
    ],
)
def test_money_is_read_to_the_penny_however_it_is_written(amount: str, pence: int) -> None:
    election = pabulib.read(pb(projects_of(f"1;{amount}", "2;1"), budget=amount))
    assert election.projects[0].cost_pence == pence
    assert election.budget_pence == pence
    assert election.rounded == ()


def test_fractions_of_a_penny_make_costs_dearer_and_budgets_smaller_and_are_reported() -> None:
    rows = projects_of("1;0.001", "2;1")
    election = pabulib.read(pb(rows, budget="9.999", max_sum_cost="5.555"))
    assert election.projects[0].cost_pence == 1
    assert (election.budget_pence, election.max_sum_cost_pence) == (999, 555)
    assert election.rounded == ("1", "budget", "max_sum_cost")


@pytest.mark.parametrize(
    "amount", ["", "-1", "1,000", "1.2.3", "£5", "NaN", "1e99", "9" * 16, "1,2,3", "٥", "1e-5"]
)
def test_what_is_no_amount_of_money_is_refused_at_its_place(amount: str) -> None:
    error = error_of(pb(projects_of("1;5", f"2;{amount}")))
    assert (error.line, error.column, error.expected) == (8, 3, Expected.MONEY)
    assert (error.subject, error.found) == ("cost", amount)


# What cannot be read ----------------------------------------------------------------------------


def test_a_file_that_is_not_utf_8_is_refused_at_the_first_bad_byte() -> None:
    broken = pb().encode().replace(b"Lamp", b"L\xb9mp")
    assert place_and_cause(broken) == (7, 9, Expected.UTF_8)
    assert place_and_cause(b"\xef\xbb\xbf" + broken) == (7, 9, Expected.UTF_8)


def test_text_with_half_a_character_is_refused_at_its_place() -> None:
    assert place_and_cause(pb().replace("Lamp", "L\ud800mp")) == (7, 9, Expected.UTF_8)


def test_a_file_with_a_nul_is_refused_at_its_place() -> None:
    assert place_and_cause(pb().replace("Road", "Ro\0ad")) == (8, 10, Expected.NO_NUL)


def test_a_file_beyond_all_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 50)
    assert place_and_cause(pb()) == (1, 1, Expected.SMALLER_FILE)


def test_a_file_of_millions_of_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_LINES", 12)
    assert place_and_cause(pb()) == (12, 1, Expected.SMALLER_FILE)


def test_a_ballot_that_repeats_itself_without_end_is_still_read_in_a_moment() -> None:
    election = pabulib.read(pb(votes=f"voter_id;vote\nv1;{'1,' * 100_000}\n"))
    assert (election.voters[0].choices, len(election.duplicates)) == (("1",), 99_999)


def test_a_line_beyond_all_bounds_is_refused() -> None:
    longest = pb() + ";" * MAX_LINE
    assert pabulib.read(longest) == pabulib.read(longest + "\n\n") == pabulib.read(pb())
    assert place_and_cause(longest + ";") == (13, MAX_LINE, Expected.SHORTER_LINE)
    assert place_and_cause(longest + ";\n\n") == (13, MAX_LINE, Expected.SHORTER_LINE)


def test_a_quoted_cell_beyond_all_bounds_is_refused() -> None:
    rows = projects_of(f'1;5;"{"x" * 200_000}"', columns="project_id;cost;name")
    assert place_and_cause(pb(rows)) == (7, 1, Expected.SHORTER_LINE)


@pytest.mark.parametrize("rows_after", [0, 1, 100])
def test_a_quote_that_never_closes_is_refused_where_it_opens(rows_after: int) -> None:
    lines = projects_of('1;5;"Lamp', *["x"] * rows_after, columns="project_id;cost;name")
    assert place_and_cause(pb(lines)) == (7, 5, Expected.CLOSING_QUOTE)


def test_a_quote_that_never_closes_is_told_apart_from_those_that_do() -> None:
    lines = projects_of('"1";5;"A ""lamp""\n post";"x', columns="project_id;cost;name;category")
    assert place_and_cause(pb(lines)) == (8, 8, Expected.CLOSING_QUOTE)


def test_a_row_goes_on_until_its_quotes_close_and_no_further_than_the_next_section() -> None:
    lines = projects_of('1;5;"Lamp', columns="project_id;cost;name")
    votes = 'voter_id;vote\n"v1";1\n'
    assert place_and_cause(pb(lines, votes)) == (7, 5, Expected.CLOSING_QUOTE)


def test_a_line_of_a_quoted_text_may_look_like_a_section() -> None:
    lines = projects_of('1;5;"How it\nvotes\nMETA"', "2;6;x", columns="project_id;cost;name")
    election = pabulib.read(pb(lines))
    assert election.projects[0].name == "How it\nvotes\nMETA"
    assert len(election.voters) == 2
    assert place_and_cause(pb(lines) + "META\n") == (15, 1, Expected.SECTION_ONCE)


def test_more_projects_than_any_city_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_PROJECTS", 1)
    assert place_and_cause(pb()) == (8, 1, Expected.FEWER_PROJECTS)


def test_more_columns_than_any_table_has_are_refused() -> None:
    error = error_of(pb("c;" * 2_000 + "\n"))
    assert (error.line, error.expected, error.subject) == (6, Expected.FEWER_COLUMNS, "PROJECTS")


@pytest.mark.parametrize("name", tables.SECTIONS)
def test_a_missing_section_is_named(name: str) -> None:
    error = error_of(pb().replace(f"{name}\n", "\n", 1))
    assert (error.expected, error.subject) == (Expected.SECTION, name)


def test_a_section_that_comes_twice_is_refused_at_the_second() -> None:
    assert place_and_cause(pb() + "votes\n") == (13, 1, Expected.SECTION_ONCE)


@pytest.mark.parametrize("source", [b"", "", "\n\n", "not a pb file", b"\x89PNG"])
def test_what_is_no_pabulib_file_at_all_is_refused(source: bytes | str) -> None:
    assert error_of(source).expected in (Expected.SECTION, Expected.UTF_8)


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        ("project_id", "id", "project_id"),
        ("cost", "price", "cost"),
        ("voter_id", "voter", "voter_id"),
        ("vote\n", "choice\n", "vote"),
    ],
)
def test_a_missing_column_is_named(before: str, after: str, missing: str) -> None:
    error = error_of(pb().replace(before, after))
    assert (error.expected, error.subject) == (Expected.COLUMN, missing)


def test_a_section_without_even_a_header_misses_its_first_column() -> None:
    error = error_of(pb(projects=""))
    assert (error.line, error.expected, error.subject) == (5, Expected.COLUMN, "project_id")


def test_a_column_that_comes_twice_is_refused_at_the_second() -> None:
    assert place_and_cause(pb(projects_of(columns="project_id;cost;Cost"))) == (
        6,
        17,
        Expected.COLUMN_ONCE,
    )


@pytest.mark.parametrize("row", ["v1", "v1;1;more"])
def test_a_row_with_other_cells_than_columns_is_refused(row: str) -> None:
    error = error_of(pb(votes=f"voter_id;vote\n{row}\n"))
    assert (error.line, error.expected) == (11, Expected.AS_MANY_CELLS_AS_COLUMNS)


def test_empty_cells_at_the_end_of_rows_and_headers_do_no_harm() -> None:
    loose = pb(PROJECTS.replace("\n", ";;\n"), VOTES.replace("\n", ";\n"))
    assert pabulib.read(loose) == pabulib.read(pb())


@pytest.mark.parametrize("key", ["budget", "vote_type"])
def test_a_missing_key_is_named(key: str) -> None:
    error = error_of(pb(**{key: ""}))
    assert (error.line, error.expected, error.subject) == (2, Expected.META_KEY, key)


def test_a_key_without_a_value_counts_as_left_out() -> None:
    election = pabulib.read(pb().replace("vote_type", "max_length;\nvote_type"))
    assert election.max_length is None
    assert "max_length" not in election.meta


def test_a_key_with_two_values_is_refused_and_a_repeated_one_is_not() -> None:
    twice = pb().replace("vote_type;approval", "vote_type;approval\nbudget;{}")
    assert pabulib.read(twice.format("100")) == pabulib.read(pb())
    assert place_and_cause(twice.format("200")) == (5, 1, Expected.META_KEY_ONCE)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("budget", Expected.MONEY),
        ("vote_type", Expected.VOTE_TYPE),
        ("max_length", Expected.WHOLE_NUMBER),
        ("min_project_score_threshold", Expected.WHOLE_NUMBER),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_at_its_place(key: str, expected: Expected) -> None:
    error = error_of(pb(**{key: "some"}))
    assert (error.column, error.expected) == (len(key) + 2, expected)
    assert (error.subject, error.found) == (key, "some")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("votes", Expected.WHOLE_NUMBER),
        ("selected", Expected.WHOLE_NUMBER),
        ("score", Expected.NUMBER),
    ],
)
def test_a_claim_that_is_no_number_is_refused_at_its_place(column: str, expected: Expected) -> None:
    rows = projects_of('"1";5;many', columns=f"project_id;cost;{column}")
    assert place_and_cause(pb(rows)) == (7, 7, expected)


@pytest.mark.parametrize("project_id", ["", '"1,2"'])
def test_a_project_needs_an_id_that_a_ballot_can_name(project_id: str) -> None:
    assert place_and_cause(pb(projects_of(f"{project_id};5"))) == (7, 1, Expected.PROJECT_ID)


def test_two_projects_with_one_id_are_refused_at_the_second() -> None:
    assert place_and_cause(pb(projects_of("1;5", "1;5"))) == (8, 1, Expected.PROJECT_ONCE)


def test_a_ballot_for_an_unknown_project_is_refused_with_what_it_names() -> None:
    error = error_of(pb(votes='voter_id;vote\n"v;1";1,9\n'))
    assert (error.line, error.column, error.expected) == (11, 7, Expected.KNOWN_PROJECT)
    assert error.found == "9"


def test_points_that_are_no_number_are_refused() -> None:
    votes = "voter_id;vote;points\nv1;1,2;1,many\n"
    error = error_of(pb(votes=votes))
    assert (error.line, error.column, error.expected) == (11, 8, Expected.NUMBER)
    assert error.found == "many"


def test_more_points_than_choices_are_refused() -> None:
    votes = "voter_id;vote;points\nv1;1;1,2\n"
    assert place_and_cause(pb(votes=votes)) == (11, 6, Expected.NO_MORE_POINTS_THAN_CHOICES)


def test_what_was_found_is_cut_short() -> None:
    assert len(error_of(pb(budget="x" * 1_000)).found) == 80


@settings(deadline=None)
@given(
    st.binary() | st.text(st.sampled_from(';\n\r",1aV\0\u00a0')).map(lambda text: pb(votes=text))
)
def test_whatever_a_file_holds_it_is_read_or_refused_with_a_place(source: bytes | str) -> None:
    refused = None
    try:
        pabulib.read(source)
    except PabulibError as error:
        refused = error
    assert refused is None or (refused.line >= 1 and refused.column >= 1)


def test_a_file_is_read_from_disk_like_its_content(tmp_path: Path) -> None:
    path = tmp_path / "street.pb"
    path.write_text(pb(), encoding="utf-8")
    assert pabulib.read_file(path) == pabulib.read(pb())


# On what terms people voted ---------------------------------------------------------------------


def test_an_approval_file_is_cast_as_approval_with_the_limits_of_the_file() -> None:
    paper = pabulib.paper_of(pabulib.read(pb(min_length="2", max_length="2")))
    assert paper.ballot_format is BallotFormat.APPROVAL
    assert (paper.min_choices, paper.max_choices, paper.budget_pence) == (2, 2, 10_000)


def test_an_approval_file_with_a_limit_of_money_is_cast_as_knapsack() -> None:
    paper = pabulib.paper_of(pabulib.read(pb(max_sum_cost="70.5")))
    assert paper.ballot_format is BallotFormat.KNAPSACK
    assert (paper.min_choices, paper.max_choices, paper.budget_pence) == (1, None, 7_050)


def test_a_choose_one_file_is_cast_as_choose_one() -> None:
    paper = pabulib.paper_of(pabulib.read(pb(vote_type="choose-1")))
    assert (paper.ballot_format, paper.max_choices) == (BallotFormat.CHOOSE_ONE, 1)


def test_a_file_that_asks_for_more_choices_than_projects_gets_a_paper_all_the_same() -> None:
    assert pabulib.paper_of(pabulib.read(pb(min_length="5"))).min_choices == 2


def test_ballots_that_break_the_limits_of_their_file_are_reported() -> None:
    election = pabulib.read(pb(max_length="1"))
    assert pabulib.breaches(election) == (("v2", Fault(PaperFault.TOO_MANY, limit=1, actual=2)),)


@pytest.mark.parametrize(
    ("meta", "votes", "ballot_format", "limits"),
    [
        ({}, VOTES, BallotFormat.APPROVAL, (1, None, 10_000)),
        ({"max_length": "1"}, VOTES, BallotFormat.APPROVAL, (1, 2, 10_000)),
        ({"min_length": "2"}, "voter_id;vote\nv1;\n", BallotFormat.APPROVAL, (0, None, 10_000)),
        ({"max_sum_cost": "70"}, VOTES, BallotFormat.KNAPSACK, (1, None, 11_000)),
        ({"vote_type": "choose-1"}, VOTES, BallotFormat.APPROVAL, (1, 2, 10_000)),
        (
            {"vote_type": "choose-1"},
            "voter_id;vote\nv1;1\n",
            BallotFormat.CHOOSE_ONE,
            (1, 1, 10_000),
        ),
        ({"max_length": "1"}, "voter_id;vote\n", BallotFormat.APPROVAL, (1, 1, 10_000)),
    ],
)
def test_the_loosest_paper_admits_every_ballot_and_goes_no_further(
    meta: dict[str, str],
    votes: str,
    ballot_format: BallotFormat,
    limits: tuple[int, int | None, int],
) -> None:
    election = pabulib.read(pb(votes=votes, **meta))
    paper = pabulib.loosest_paper(election)
    assert paper.ballot_format is ballot_format
    assert (paper.min_choices, paper.max_choices, paper.budget_pence) == limits
    assert all(not faults_in(paper, ballot.choices) for ballot in election.voters)


def test_a_votes_column_that_counts_repeats_is_told_apart_from_the_ballots() -> None:
    election = pabulib.read(pb(votes="voter_id;vote\nv1;1,1\nv2;2\n"))
    assert pabulib.vote_differences(election) == (
        VoteDifference(project_id="1", in_file=2, counted=1, repeats=1),
    )


def test_a_project_without_a_votes_column_differs_from_nothing() -> None:
    assert pabulib.vote_differences(pabulib.read(pb(projects_of("1;5", "2;6")))) == ()


def test_the_rules_see_projects_with_their_first_category_and_grouped_ballots() -> None:
    rows = projects_of("1;60;sport,green", "2;50;", columns="project_id;cost;category")
    election = pabulib.read(pb(rows, VOTES + "v3;2,1\n")).as_election()
    assert [project.category for project in election.projects] == ["sport", None]
    assert dict(election.votes) == {"1": 3, "2": 2}
    assert election.ballots_cast == 3


# Real elections ---------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_FILES, reason="the real elections are not at hand")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_a_real_election_is_read_whole(path: Path) -> None:
    election = pabulib.read_file(path)
    assert len(election.projects) == int(election.meta["num_projects"])
    assert len(election.voters) == int(election.meta["num_votes"])
    for difference in pabulib.vote_differences(election):
        assert difference.in_file == difference.counted + difference.repeats


@pytest.mark.parametrize("searched", [True, False])
@pytest.mark.parametrize("source", [pb(), "no election"])
def test_the_search_for_forgotten_objects_is_as_before_whatever_was_read(
    source: str, searched: bool
) -> None:
    before = gc.isenabled()
    (gc.enable if searched else gc.disable)()
    try:
        with suppress(PabulibError):
            pabulib.read(source).grouped_ballots()
        assert gc.isenabled() == searched
    finally:
        (gc.enable if before else gc.disable)()
