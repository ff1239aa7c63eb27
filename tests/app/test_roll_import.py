"""The roll of a city from a file on the server: whole or not at all, and never over another."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.settings import Settings
from neighbourhoods.eligibility import entry_by_code, roll_size, voter_code
from neighbourhoods.phases import Phase
from tests.builders import Town

HEADER = "reference,name,postcode,email\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "roll.csv"
    file.write_text(HEADER + "A1,Ann,ZZ1 1AA,ann@example.org\nA2,Bob,,\n")
    return file


def imported(app: Flask, *words: object) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["import-roll", *map(str, words)])
    return result.exit_code, result.output


def test_a_file_on_the_server_becomes_the_roll(
    app: Flask, town: Town, session: Session, test_settings: Settings, file: Path
) -> None:
    the_round = town.round(voters=0)
    session.commit()
    assert imported(app, the_round.id, file) == (0, "2 people are on the roll.\n")
    key = test_settings.key_for("voter-codes")
    assert entry_by_code(session, key, voter_code(key, the_round.id, "A1")) is not None


def test_a_roll_is_only_replaced_when_that_is_said(
    app: Flask, town: Town, session: Session, file: Path
) -> None:
    number = town.round(voters=5).id
    session.commit()
    code, words = imported(app, number, file)
    assert (code, "--replace" in words) == (1, True)
    assert roll_size(session, number) == 5
    session.rollback()  # what was read is seen anew
    assert imported(app, number, file, "--replace")[0] == 0
    assert roll_size(session, number) == 2


def test_one_bad_line_is_named_and_nothing_is_imported(
    app: Flask, town: Town, session: Session, file: Path
) -> None:
    the_round = town.round(voters=0)
    session.commit()
    file.write_text(HEADER + "A1,Ann,,\nA1,Bob,,\n")
    code, words = imported(app, the_round.id, file)
    assert code == 1
    assert "3" in words
    assert "A1" in words
    assert roll_size(session, the_round.id) == 0


@pytest.mark.parametrize("phase", [Phase.VOTE, None])
def test_a_round_that_takes_no_roll_gets_none(
    app: Flask, town: Town, session: Session, file: Path, phase: Phase | None
) -> None:
    number = town.round(phase).id if phase else 999
    session.commit()
    code, words = imported(app, number, file, "--replace")
    assert code == 1
    assert words.startswith("Error: ")
