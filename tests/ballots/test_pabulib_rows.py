"""Rows of votes read the same many at a time or one by one, and errors stand at their places."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import pabulib
from ballots.pabulib import Expected, PabulibBallot, PabulibElection, PabulibError, VoteType, tables

TOP = "META\nbudget;100\nvote_type;{}\nPROJECTS\nproject_id;cost\n1;60\n2;50\n10;5\nVOTES\n"
FIRST_VOTE = 11


def source(
    *rows: str, columns: str = "voter_id;vote;points;age", vote_type: str = "scoring"
) -> str:
    return "\n".join([TOP.format(vote_type) + columns, *rows])


def election(*ballots: tuple[str, str, str], vote_type: VoteType) -> PabulibElection:
    """An election made by hand, each ballot given as voter, choices and points."""
    voters = [
        PabulibBallot(
            voter,
            tuple(filter(None, choices.split())),
            tuple(Decimal(number) for number in points.split()),
        )
        for voter, choices, points in ballots
    ]
    return PabulibElection({}, vote_type, 100, (), voters)


def plainly(row: tuple[str, ...]) -> str:
    return ";".join(row)


def in_quotes(row: tuple[str, ...]) -> str:
    return ";".join(f'"{cell}"' for cell in row).replace(",", ",\n")


def with_a_cell_too_many(row: tuple[str, ...]) -> str:
    return ";".join(row) + "; "


def below_a_blank_line(row: tuple[str, ...]) -> str:
    return " ;\u00a0\n" + ";".join(row)


Style = Callable[[tuple[str, ...]], str]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2", " v3 "]),
        st.sampled_from(["1", "2,1", "1, 10", "1,2,1", "10,,", "9", ""]),
        st.sampled_from(["5", "5,4", "", "None", "many"]),
        st.sampled_from(["34", "", " "]),
    )
)
STYLES: st.SearchStrategy[list[Style]] = st.lists(
    st.sampled_from([plainly, plainly, in_quotes, with_a_cell_too_many, below_a_blank_line]),
    min_size=1,
)


@settings(deadline=None)
@given(ROWS, STYLES, st.integers(1, 60))
def test_rows_are_read_the_same_however_they_are_written(
    rows: list[tuple[str, ...]], styles: list[Style], at_a_time: int
) -> None:
    plain = source(*map(plainly, rows))
    styled = source(*[style(row) for row, style in zip(rows, cycle(styles), strict=False)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_AT_A_TIME", at_a_time)
        patch.setattr(tables, "_ROWS_AT_A_TIME", 2)
        in_pieces = outcome(styled)
    assert in_pieces == outcome(plain)


def outcome(text: str) -> object:
    """What was read, remarks too, or why nothing was: without the place, which styles move."""
    try:
        read = pabulib.read(text)
    except PabulibError as error:
        return error.expected, error.subject, error.found
    return read, list(read.remarks)


@pytest.mark.parametrize("at_a_time", [1, 30, 10_000])
@pytest.mark.parametrize(
    ("bad", "column", "expected"),
    [
        ("v;1,9;;", 3, Expected.KNOWN_PROJECT),
        ("v;1;x;", 5, Expected.NUMBER),
        ("v;1;1,2;", 5, Expected.NO_MORE_POINTS_THAN_CHOICES),
        ("v;1;1", 5, Expected.AS_MANY_CELLS_AS_COLUMNS),
        ("v;9;x;", 3, Expected.KNOWN_PROJECT),
        ('"v;";9;x;', 6, Expected.KNOWN_PROJECT),
    ],
)
def test_the_topmost_error_is_told_at_its_place(
    monkeypatch: pytest.MonkeyPatch, at_a_time: int, bad: str, column: int, expected: Expected
) -> None:
    monkeypatch.setattr(tables, "_AT_A_TIME", at_a_time)
    rows = ["v;1;5;", "", "v;2,1;5,4;"] * 4
    others = ["v;1;x;", "v;9;;", "v;1;1,2;", "v", 'v;"1']
    with pytest.raises(PabulibError) as raised:
        pabulib.read(source(*rows, bad, *others))
    error = raised.value
    assert (error.line, error.column, error.expected) == (FIRST_VOTE + 12, column, expected)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_an_error_has_the_same_line_whatever_ends_the_lines(end: str) -> None:
    text = source("v;1;;", "", "v;9;;").replace("\n", end)
    with pytest.raises(PabulibError) as raised:
        pabulib.read(text)
    assert (raised.value.line, raised.value.column) == (FIRST_VOTE + 2, 3)


def test_an_error_after_a_quote_inside_a_cell_stands_at_its_cell() -> None:
    with pytest.raises(PabulibError) as raised:
        pabulib.read(source('5" pipe;9;;'))
    assert raised.value.column == 9


def test_an_error_in_the_second_line_of_a_row_is_told_at_the_end_of_its_first() -> None:
    with pytest.raises(PabulibError) as raised:
        pabulib.read(source('"v\nw";9;;'))
    assert (raised.value.line, raised.value.column) == (FIRST_VOTE, 3)


def test_ballots_in_quotes_may_hold_semicolons_and_line_ends() -> None:
    read = pabulib.read(source('"v;1";"1,\n2";"3,\n4";"""x"""', "v;10;5;"))
    assert list(read.voters) == [
        PabulibBallot("v;1", ("1", "2"), (Decimal(3), Decimal(4))),
        PabulibBallot("v", ("10",), (Decimal(5),)),
    ]
    assert list(read.remarks) == [('"x"',), ("",)]


def test_a_row_of_empty_cells_is_no_ballot_but_a_ballot_needs_no_voter_id() -> None:
    read = pabulib.read(source("v;1;;", ";;;", "; ;\u00a0;", ";2;;", ";;;"))
    assert list(read.voters) == [PabulibBallot("v", ("1",)), PabulibBallot("", ("2",))]


# The ballots of an election ---------------------------------------------------------------------


def test_ballots_read_compare_and_slice_like_a_tuple_of_ballots() -> None:
    voters: Sequence[object] = pabulib.read(source("a;1;5;", "b;2,1;;", "c;10;;")).voters
    ballots: tuple[PabulibBallot, ...] = (
        PabulibBallot("a", ("1",), (Decimal(5),)),
        PabulibBallot("b", ("2", "1")),
        PabulibBallot("c", ("10",)),
    )
    assert voters == ballots
    assert ballots == voters
    assert hash(voters) == hash(ballots)
    assert (len(voters), voters[-1], tuple(voters[1:])) == (3, ballots[2], ballots[1:])
    assert voters != ballots[:2]
    assert voters != (ballots[1], ballots[0], ballots[2])
    assert voters != object()
    with pytest.raises(IndexError):
        voters[3]


def test_approvals_are_put_together_whatever_their_order_and_points() -> None:
    ballots = [
        ("a", "2 1", ""),
        ("b", "1 2", "5"),
        ("c", "", ""),
        ("d", "1", ""),
        ("e", "1 10", ""),
    ]
    groups = [((), None, 1), (("1",), None, 1), (("1", "10"), None, 1), (("1", "2"), None, 2)]
    assert election(*ballots, vote_type=VoteType.APPROVAL).grouped_ballots() == groups
    backwards = election(*reversed(ballots), vote_type=VoteType.CHOOSE_ONE)
    assert backwards.grouped_ballots() == groups


def test_rankings_in_another_order_stay_apart() -> None:
    ballots = [("a", "2 1", "2 1"), ("b", "1 2", ""), ("c", "2 1", "")]
    assert election(*ballots, vote_type=VoteType.ORDINAL).grouped_ballots() == [
        (("1", "2"), None, 1),
        (("2", "1"), None, 2),
    ]


@pytest.mark.parametrize("vote_type", [VoteType.CUMULATIVE, VoteType.SCORING])
def test_points_go_with_their_choices_and_what_is_missing_is_nothing(vote_type: VoteType) -> None:
    ballots = [("a", "2 1", "3 4"), ("b", "1 2", "4.0 3"), ("c", "2 1", "3"), ("d", "", "")]
    assert election(*ballots, vote_type=vote_type).grouped_ballots() == [
        ((), (), 1),
        (("1", "2"), (Decimal(0), Decimal(3)), 1),
        (("1", "2"), (Decimal(4), Decimal(3)), 2),
    ]


def test_groups_stand_in_the_order_of_their_ids() -> None:
    ballots = [(str(n), ids, "") for n, ids in enumerate(["b", "a c", "a", "a b", "ab", "a b c"])]
    groups = election(*ballots, vote_type=VoteType.ORDINAL).grouped_ballots()
    assert [choices for choices, _, _ in groups] == [
        ("a",),
        ("a", "b"),
        ("a", "b", "c"),
        ("a", "c"),
        ("ab",),
        ("b",),
    ]


@given(ROWS)
def test_ballots_read_are_grouped_as_ballots_made_by_hand(rows: list[tuple[str, ...]]) -> None:
    fine = [row for row in rows if row[1] not in ("9", "10,,", "") and row[2] in ("5", "")]
    read = pabulib.read(source(*map(plainly, fine)))
    by_hand = PabulibElection(
        read.meta, read.vote_type, read.budget_pence, read.projects, tuple(read.voters)
    )
    assert read.grouped_ballots() == by_hand.grouped_ballots()
    assert sum(ballots for _, _, ballots in read.grouped_ballots()) == len(fine)
