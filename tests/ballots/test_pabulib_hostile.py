"""Files made to exhaust the reader are refused before they can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from ballots import pabulib
from ballots.counting import RuleName
from ballots.counting import __main__ as command
from ballots.pabulib import Expected, PabulibError, numerals, reading, rows, tables, votes

META = "META\nkey;value\nbudget;100\nvote_type;scoring\n"
PROJECTS = "PROJECTS\nproject_id;cost\n1;60\n10;50\n"
VOTES = "VOTES\nvoter_id;vote;points\n"


def error_of(source: str | bytes) -> PabulibError:
    with pytest.raises(PabulibError) as raised:
        pabulib.read(source)
    return raised.value


def place_and_cause(source: str | bytes) -> tuple[int, int, Expected]:
    error = error_of(source)
    return error.line, error.column, error.expected


class CountingFile:
    """A file of endless length, that tells how much of it was asked for."""

    asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, size: int) -> bytes:
        CountingFile.asked += size
        return b"x" * size


def test_no_more_of_a_file_is_read_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", lambda *_: CountingFile())
    monkeypatch.setattr(tables, "MAX_BYTES", 1_000)
    with pytest.raises(PabulibError) as raised:
        pabulib.read_file(Path("endless.pb"))
    assert raised.value.expected is Expected.SMALLER_FILE
    assert CountingFile.asked == 1_001


def test_a_file_of_nothing_but_nuls_is_refused_at_the_first() -> None:
    assert place_and_cause(b"\0" * 1_000_000) == (1, 1, Expected.NO_NUL)


def test_a_line_of_millions_of_columns_is_refused_before_it_is_parted() -> None:
    hostile = META + PROJECTS + VOTES + ";" * 5_000_000 + "\n"
    assert place_and_cause(hostile) == (11, rows.MAX_LINE, Expected.SHORTER_LINE)


def test_a_million_projects_are_refused_at_the_first_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "MAX_PROJECTS", 1_000)
    many = "".join(f"p{n};5\n" for n in range(100_000))
    assert place_and_cause(META + PROJECTS + many + VOTES) == (
        8 + 999,
        1,
        Expected.FEWER_PROJECTS,
    )


def test_more_keys_than_any_election_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_META_KEYS", 3)
    fine = META + "rule;greedy\nrule;greedy\nBUDGET;100\n"
    assert pabulib.read(fine + PROJECTS + VOTES).meta["rule"] == "greedy"
    assert place_and_cause(fine + "unit;x\n" + PROJECTS + VOTES) == (
        8,
        1,
        Expected.FEWER_META_KEYS,
    )


def test_a_million_quotes_that_never_close_are_refused_where_they_open() -> None:
    hostile = META + PROJECTS + '1;"' + '""' * 400_000 + "\n" + VOTES
    assert place_and_cause(hostile) == (9, 3, Expected.CLOSING_QUOTE)


def test_a_row_that_goes_on_too_long_is_refused() -> None:
    longest = '"' + "\n" * (rows.MAX_LINES_IN_A_ROW - 1) + '"'
    votes_ = VOTES.replace("points", "age")
    assert len(pabulib.read(META + PROJECTS + votes_ + f"v;1;{longest}").voters) == 1
    longer = longest.replace("\n", "\n\n", 1)
    assert place_and_cause(META + PROJECTS + votes_ + f"v;1;{longer}") == (
        11,
        5,
        Expected.CLOSING_QUOTE,
    )


def test_a_row_of_many_long_lines_is_refused() -> None:
    line = '";' + ";" * 400_000 + ';"'
    hostile = META + PROJECTS + '1;5;"' + "\n".join([line] * 3) + '"\n' + VOTES
    assert place_and_cause(hostile) == (9, 1, Expected.SHORTER_LINE)


def test_each_line_with_an_open_quote_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = count_letters(monkeypatch, "_ENDS_OPEN")
    # One row of many lines, then many rows of two lines: a new start at each line would square.
    hostile = 'v;1;"' + "x\n" * 500 + '"\n' + 'v;"1\n"\n' * 500
    with pytest.raises(PabulibError):
        pabulib.read(META + PROJECTS + VOTES + hostile)
    assert sum(letters) < 4 * len(hostile)


def count_letters(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """How many letters a pattern of the rows is asked to look at, call by call."""
    pattern: Any = getattr(rows, name)
    letters: list[int] = []

    class Counting:
        def fullmatch(self, text: str) -> object:
            letters.append(len(text))
            return pattern.fullmatch(text)

    monkeypatch.setattr(rows, name, Counting())
    return letters


def test_the_place_of_a_cell_is_looked_for_only_in_the_row_that_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_for = []
    start_of_cell = rows.start_of_cell

    def counting(text: str, place: int) -> int:
        looked_for.append(place)
        return start_of_cell(text, place)

    monkeypatch.setattr(rows, "start_of_cell", counting)
    assert error_of(META + PROJECTS + VOTES + "v;1;5\n" * 5_000 + "v;9;\n" * 5_000).line == 5_011
    assert looked_for == [1]


@pytest.mark.parametrize(
    "read",
    [numerals.whole_number, numerals.number, numerals.money_pence],
    ids=["whole", "number", "money"],
)
@pytest.mark.parametrize("text", ["9" * 1_000_000, "1" + ",234" * 250_000, "1." + "9" * 1_000_000])
def test_a_number_of_a_million_digits_is_none(read: Callable[[str], object], text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("points", ["9" * 900_000, "-" * 900_000])
def test_points_of_a_million_digits_are_refused_and_cut_short(points: str) -> None:
    error = error_of(META + PROJECTS + VOTES + f"v;1;{points}\n")
    assert (error.line, error.column, error.expected) == (11, 5, Expected.NUMBER)
    assert len(error.found) == 80


def test_ballots_that_repeat_projects_without_end_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(votes, "MAX_REPEATS", 3)
    twice = VOTES + "v;1,1;\n" * 3
    assert len(pabulib.read(META + PROJECTS + twice).duplicates) == 3
    assert place_and_cause(META + PROJECTS + twice + "v;10,10;\n") == (
        14,
        3,
        Expected.FEWER_REPEATS,
    )


def test_more_different_numbers_than_anybody_gives_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(votes, "MAX_NUMBERS", 2)
    fine = META + PROJECTS + VOTES + "v;1,10;1,2\nv;1;2\nv;1;1\n"
    assert len(pabulib.read(fine).voters) == 3
    assert place_and_cause(fine + "v;1;3\n") == (14, 5, Expected.FEWER_NUMBERS)


def test_lines_that_all_but_name_a_section_are_no_section() -> None:
    lines = (" " * 900_000 + "META" + " " * 9_000 + "x\n") * 3 + "METAX\n" * 10_000
    assert error_of(lines).expected is Expected.SECTION


def test_sections_that_come_again_and_again_are_refused_at_the_second() -> None:
    assert place_and_cause("META\n" * 100_000) == (2, 1, Expected.SECTION_ONCE)


def papers(projects: int, ballots: int) -> str:
    """A file in which every ballot names every project."""
    rows_ = "".join(f"{n};5\n" for n in range(projects))
    everything = ",".join(map(str, range(projects)))
    cast = "".join(f"v{n};{everything}\n" for n in range(ballots))
    meta = META.replace("scoring", "approval")
    return f"{meta}PROJECTS\nproject_id;cost\n{rows_}VOTES\nvoter_id;vote\n{cast}"


def test_tens_of_thousands_of_projects_are_refused_before_they_are_counted() -> None:
    fine = pabulib.read(papers(reading.MAX_PROJECTS, 1))
    assert len(fine.projects) == reading.MAX_PROJECTS
    line = 4 + 2 + reading.MAX_PROJECTS + 1
    assert place_and_cause(papers(90_000, 60)) == (line, 1, Expected.FEWER_PROJECTS)


@pytest.mark.parametrize("rule", list(RuleName))
def test_more_choices_of_more_projects_than_can_be_counted_are_told_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rule: RuleName,
) -> None:
    path = tmp_path / "hostile.pb"
    path.write_text(papers(20, 3))
    monkeypatch.setattr(command, "_LOOKS_FOR_A_PRICE", 0)
    monkeypatch.setattr(command, "MOST_LOOKS", 20 * 20)  # alike ballots are one
    assert command.main([str(path), "--rule", rule.value]) == 0
    capsys.readouterr()
    monkeypatch.setattr(command, "MOST_LOOKS", 20 * 20 - 1)
    assert command.main([str(path), "--rule", rule.value]) == 1
    told = capsys.readouterr()
    assert told.err == f"{path}: too many choices of too many projects to count\n"
    assert told.out == ""


def test_equal_shares_counts_fewer_projects_than_it_would_take_hours_to_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.pb"
    path.write_text(papers(1_001, 1))
    assert command.main([str(path), "--rule", "greedy"]) == 0
    assert command.main([str(path), "--rule", "equal-shares"]) == 1
    assert "too many projects" in capsys.readouterr().err
