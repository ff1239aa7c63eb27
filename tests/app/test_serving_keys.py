"""A process that has not the keys of an open vote does not start: it would refuse its ballots."""

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.serve import refuse_other_keys
from app.settings import Settings
from neighbourhoods.phases import Phase
from tests.builders import Town


@pytest.fixture
def keys_lie_in(town: Town, session: Session, test_settings: Settings) -> Path:
    town.round(Phase.VOTE)
    session.commit()
    return test_settings.key_folder


def test_with_its_keys_it_starts(app: Flask, keys_lie_in: Path) -> None:
    refuse_other_keys(app)


def test_without_the_key_of_an_open_vote_it_says_which_folder_it_needs(
    app: Flask, keys_lie_in: Path
) -> None:
    for file in keys_lie_in.glob("round-*.key"):
        file.unlink()
    with pytest.raises(SystemExit, match=r"open votes \(1\).*WARDMOTE_VAR"):
        refuse_other_keys(app)


def test_with_another_signing_key_it_does_not_start(
    app: Flask, keys_lie_in: Path, tmp_path: Path
) -> None:
    (keys_lie_in / "signing.key").unlink()
    app.extensions["wardmote"][2].__dict__.clear()  # another process, which has read no key yet
    app.extensions["wardmote"][2].folder = keys_lie_in
    with pytest.raises(SystemExit, match="WARDMOTE_VAR"):
        refuse_other_keys(app)


def test_where_no_vote_is_open_there_is_nothing_to_miss(
    app: Flask, town: Town, session: Session, test_settings: Settings
) -> None:
    town.round(Phase.DEBATE)
    session.commit()
    shutil.rmtree(test_settings.key_folder, ignore_errors=True)
    refuse_other_keys(app)


def test_a_database_without_its_tables_is_left_to_say_so_itself(
    app: Flask, session: Session
) -> None:
    session.execute(text("ALTER TABLE rounds RENAME TO gone"))
    session.commit()
    refuse_other_keys(app)
