"""`python -m ballots.counting`: a table for people, JSON for programs, a line for what is wrong."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ballots.counting.__main__ import main
from tests.ballots.test_official import STREET, WISHES, votes
from tests.ballots.test_pabulib import REAL, pb, projects_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four voters, 100 units: road 3 votes, lamp 2, tree 1; the threshold is 2 votes."""
    path = tmp_path / "street.pb"
    meta = {"rule": "greedy-no-skip", "min_project_score_threshold": "2"}
    path.write_text(pb(projects_of(*STREET), WISHES, **meta))
    return path


def counted(capsys: pytest.CaptureFixture[str], file: Path, *options: str) -> dict[str, Any]:
    assert main([str(file), "--json", *options]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_json_says_who_won_and_what_it_costs(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = counted(capsys, file, "--threshold", "none")
    assert answer["rule"] == "greedy"
    assert answer["winners"] == ["road", "tree"]
    assert (answer["cost"], answer["budget"], answer["left"]) == ("90.00", "100.00", "10.00")
    assert answer["ties"] == []
    assert 0 <= answer["seconds"] < 10


@pytest.mark.parametrize(
    ("options", "winners"),
    [
        (["--misfit", "stop", "--threshold", "none"], {"road"}),
        (["--threshold", "auto"], {"road"}),
        (["--threshold", "3"], {"road"}),
        (["--threshold", "1"], {"road", "tree"}),
        (["--rule", "official"], {"road"}),
        # Lamp and tree have 2 and 1 votes and cost 100; road and tree 3 and 1 and cost 90.
        (["--rule", "knapsack", "--threshold", "none"], {"road", "tree"}),
        # Per unit of cost: road 3/50, lamp 2/60, tree 1/40.
        (["--by", "votes-per-pound", "--threshold", "none"], {"road", "tree"}),
        # 25 units a voter: three share the road at 16.67; 8.33 + 25 are too few for the lamp.
        (["--rule", "equal-shares", "--threshold", "none"], {"road"}),
        (
            ["--rule", "equal-shares", "--threshold", "none", "--then", "utilitarian"],
            {"road", "tree"},
        ),
    ],
)
def test_each_option_changes_the_count(
    file: Path, capsys: pytest.CaptureFixture[str], options: list[str], winners: set[str]
) -> None:
    assert set(counted(capsys, file, *options)["winners"]) == winners


def test_a_list_of_ids_decides_between_level_projects(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(pb(projects_of(*STREET), votes("lamp", "road")))
    order = tmp_path / "lottery"
    order.write_text("lamp\n\nroad\n")
    assert counted(capsys, file)["winners"] == ["road"]  # the cheaper
    drawn = counted(capsys, file, "--tie-order", str(order))
    assert drawn["winners"] == ["lamp"]
    assert drawn["ties"][0]["steps"] == ["recorded-list"]


def test_the_table_is_read_by_people(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file), "--threshold", "none"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rank", "project", "votes", "cost", "funded", "reason"]
    assert [line.split() for line in lines[1:4]] == [
        ["1", "road", "3", "50.00", "50.00", "funded"],
        ["2", "lamp", "2", "60.00", "–", "does", "not", "fit"],
        ["3", "tree", "1", "40.00", "40.00", "funded"],
    ]
    assert lines[1].rindex("funded") == lines[2].index("does")
    assert "left     10.00" in lines
    assert lines[-1] == "No ties."


def test_the_table_tells_of_ties_and_scores_and_of_the_files_own_outcome(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = projects_of("lamp;60;0", "road;50;1", columns="project_id;cost;selected")
    ranked = votes("lamp,road", "road,lamp")
    file.write_text(pb(rows, ranked, vote_type="ordinal", rule="greedy"))
    assert main([str(file), "--rule", "official"]) == 0
    told = capsys.readouterr().out
    assert "rank  project  votes  score   cost" in told
    assert "Tie, level at 2 votes: road > lamp (by lower cost); it changed the outcome." in told
    assert told.endswith("The file’s own outcome is the same.\n")
    file.write_text(pb(rows.replace("60;0", "60;1"), ranked, vote_type="ordinal", rule="greedy"))
    assert main([str(file), "--rule", "official"]) == 0
    assert capsys.readouterr().out.endswith("(more-money-than-the-budget): lamp.\n")


def test_the_table_says_when_only_the_files_columns_explain_its_outcome(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Paper votes stand in the columns and not among the ballots.
    rows = projects_of("lamp;60;5;1", "road;50;3;0", columns="project_id;cost;votes;selected")
    file.write_text(pb(rows, votes("road", "road", "lamp"), rule="greedy"))
    assert main([str(file), "--rule", "official"]) == 0
    assert capsys.readouterr().out.endswith(
        "The file’s own outcome is that of its columns, which differ from its ballots.\n"
    )


def test_shares_are_raised_by_the_step_that_was_asked_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rule", "equal-shares", "--threshold", "none", "--completion", "add1"]
    # 25 units a voter; from 38 1/3 two of them, of whom one helped to pay for the road, could
    # pay 60 for the lamp too: 110 of 100. So 13 whole units are added, or 26 halves.
    whole = counted(capsys, file, *options, "--step", "1")
    halves = counted(capsys, file, *options, "--step", "0.5")
    assert whole["winners"] == halves["winners"] == ["road"]
    assert (whole["steps"], halves["steps"]) == (13, 26)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("PROJECTS\n", "line 2, column 1: expected the section “META”"),
        (
            pb(budget="much\x1b[2J"),
            "line 3, column 8: expected a sum of money “budget”, found “much\ufffd[2J”",
        ),
    ],
)
def test_an_unreadable_file_is_told_in_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], content: str, line: str
) -> None:
    file.write_text(content)
    assert main([str(file)]) == 2
    told = capsys.readouterr()
    assert told.err == f"{file}: {line}\n"
    assert told.out == ""


def test_what_is_not_there_and_what_does_not_go_together_is_told(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("lamp\noak\n")
    twice = tmp_path / "twice"
    twice.write_text("lamp\nlamp\n")
    latin = tmp_path / "latin"
    latin.write_text("caf\xe9", encoding="latin-1")
    for arguments, told in (
        ([str(tmp_path / "none.pb")], "No such file"),
        ([str(file), "--by", "votes-times-cost"], "only the knapsack rule"),
        ([str(file), "--tie-order", str(wrong)], "line 2: expected the id of a project"),
        ([str(file), "--tie-order", str(twice)], "line 2: expected a project once"),
        ([str(file), "--tie-order", str(tmp_path / "none")], "No such file"),
        ([str(file), "--tie-order", str(latin)], "latin: expected text in UTF-8"),
        ([str(file), "--tie-order", "/dev/zero"], "/dev/zero: expected a smaller file"),
        (["/dev/zero"], "/dev/zero: line 1, column 1: expected a smaller file"),
        ([str(latin)], "latin: line 1, column 4: expected text in UTF-8"),
    ):
        assert main(arguments) == 2
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rule", "option", "value"),
    [
        ("phragmen", "--by", "score"),
        ("phragmen", "--by", "votes"),
        ("equal-shares", "--by", "votes"),
        ("official", "--by", "votes"),
        ("knapsack", "--misfit", "skip"),
        ("greedy", "--step", "0"),
        ("greedy", "--start-unit", "0"),
        ("greedy", "--utility", "cost"),
        ("knapsack", "--completion", "none"),
        ("official", "--then", "none"),
    ],
)
def test_an_option_that_means_nothing_to_the_rule_is_refused_by_name(
    file: Path, capsys: pytest.CaptureFixture[str], rule: str, option: str, value: str
) -> None:
    assert main([str(file), "--rule", rule, option, value]) == 2
    told = capsys.readouterr()
    assert told.err == f"{option}: means nothing to --rule {rule}\n"
    assert told.out == ""


def test_a_step_of_nothing_is_blamed_on_the_step(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file), "--rule", "equal-shares", "--step", "0"]) == 2
    assert capsys.readouterr().err == "--step 0: shares are raised by more than nothing\n"


@pytest.mark.parametrize(
    "option", [["--step", "a penny"], ["--threshold", "-1"], ["--step", "0.001"]]
)
def test_an_option_that_is_none_is_refused(file: Path, option: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([str(file), *option])
    assert left.value.code == 2


def test_a_file_without_a_rule_cannot_be_counted_by_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(pb(rule="unknown"))
    assert main([str(file), "--rule", "official"]) == 1
    assert "“unknown”" in capsys.readouterr().err


def test_phragmen_can_be_asked_for(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert counted(capsys, file, "--rule", "phragmen", "--threshold", "none")["rule"] == "phragmen"


@pytest.mark.parametrize("option", ["--step", "--start-unit"])
@pytest.mark.parametrize("nonsense", ["much", "0.001", "1e40", "nan", "snan", "inf", "1e999999999"])
def test_a_sum_that_is_no_money_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], option: str, nonsense: str
) -> None:
    with pytest.raises(SystemExit):
        main([str(file), "--rule", "equal-shares", option, nonsense])
    assert f"{option}: no sum of money: {nonsense}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("points", "meta", "code", "words"),
    [
        ("1000001", {}, 1, "more points than any paper allows"),
        ("9" * 15 + ".99999", {}, 1, "numbers too large to be counted"),
        ("0.1", {"min_project_score_threshold": "9" * 15}, 2, "--threshold auto: minimum_score"),
    ],
)
def test_points_beyond_what_can_be_counted_are_told_in_one_line(
    file: Path,
    capsys: pytest.CaptureFixture[str],
    points: str,
    meta: dict[str, str],
    code: int,
    words: str,
) -> None:
    ballots = f"voter_id;vote;points\nv1;lamp;{points}\n"
    file.write_text(pb(projects_of(*STREET), ballots, vote_type="cumulative", **meta))
    assert main([str(file)]) == code
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_too_many_sets_to_compare_are_told_in_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.counting.knapsack_lists.MOST_SUMS", 0)
    # In proportion to their votes all three cost the same: nothing is settled beforehand.
    file.write_text(pb(projects_of("lamp;40", "road;60", "tree;20"), votes(*PROPORTIONAL)))
    assert main([str(file), "--rule", "knapsack"]) == 1
    told = capsys.readouterr().err
    assert told == f"{file}: too many sets of projects to compare; try another rule\n"


PROPORTIONAL = ["lamp,road", "lamp,road", "tree,road"]


def run(file: Path, redirected: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = f'set -o pipefail; "$0" -m ballots.counting "$@" {redirected}'
    command = ["/bin/bash", "-c", script, sys.executable, str(file), "--threshold", "none"]
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_reader_that_has_seen_enough_ends_it_quietly(file: Path) -> None:
    done = run(file, "| true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("redirected", "why"), [("> /dev/full", "No space left on device"), (">&-", "closed")]
)
def test_what_cannot_be_written_is_told_in_one_line(file: Path, redirected: str, why: str) -> None:
    done = run(file, redirected)
    assert done.returncode == 1
    assert done.stderr == f"standard output: {why}\n"


@pytest.mark.parametrize("option", ["", "--json"])
def test_a_terminal_without_the_letters_shows_the_rest(file: Path, option: str) -> None:
    file.write_text(pb(projects_of("łąka;60", "road;50"), votes("łąka")), encoding="utf-8")
    done = run(file, option, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    if option:
        assert json.loads(done.stdout)["winners"] == ["łąka"]
    else:
        assert done.stdout.splitlines()[1].split()[:4] == ["1", "??ka", "1", "60.00"]


def test_the_command_needs_no_database_and_no_settings() -> None:
    script = (
        "import sys; from ballots.counting.__main__ import main; main(sys.argv[1:]); "
        "sys.exit(any(m.partition('.')[0] in ('flask', 'sqlalchemy') for m in sys.modules))"
    )
    path = REAL / "Netherlands_Assen_2024.pb"
    command = [sys.executable, "-c", script, str(path), "--rule", "official"]
    done = subprocess.run(
        command, cwd=ROOT, env={"LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "The file’s own outcome is the same." in done.stdout


class Pipe(io.StringIO):
    """A standard output that fails as soon as anything is written."""

    def __init__(self, path: Path, failure: OSError) -> None:
        super().__init__()
        self._file, self._failure = path.open("wb"), failure

    def write(self, _text: str) -> int:
        raise self._failure

    def fileno(self) -> int:
        return self._file.fileno()


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device"), 1, "standard output: No space left on device\n"),
    ],
)
def test_an_output_that_fails_in_the_same_process_is_told_too(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: OSError,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(sys, "stdout", Pipe(tmp_path / "out", failure))
    assert main([str(file)]) == code
    monkeypatch.undo()
    assert capsys.readouterr().err == said


def test_without_any_output_the_command_says_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main([str(file)]) == 1
    monkeypatch.undo()
    assert capsys.readouterr().err == "standard output: closed\n"
