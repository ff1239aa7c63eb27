"""`flask backup` and `flask restore`, as an operator types them."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.factory import create_app
from app.schema import revisions
from app.settings import Settings
from ballots.moves import conclude_sign_off
from tests.app.public.builders import counted_round
from tests.builders import Town

PHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDMOTE_BACKUP_PASSPHRASE", PHRASE)


@pytest.fixture
def elsewhere(test_settings: Settings, tmp_path: Path) -> Flask:
    """An installation without a table."""
    var = tmp_path / "elsewhere"
    var.mkdir()
    url = f"sqlite:///{var / 'wardmote.db'}"
    return create_app(replace(test_settings, var=var, database_url=url))


def run(app: Flask, *words: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=list(map(str, words)))


def test_what_was_backed_up_is_restored_audited_and_verified(
    app: Flask, elsewhere: Flask, town: Town, tmp_path: Path
) -> None:
    the_round = counted_round(town)
    town.approves(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    made = run(app, "backup", tmp_path / "file")
    assert made.exit_code == 0, made.output
    assert "read back and whole" in made.output
    done = run(elsewhere, "restore", tmp_path / "file")
    assert done.exit_code == 0, done.output
    told = dict(line.split("  ", 1) for line in done.output.splitlines())
    assert told["schema"].strip() == revisions()[0]
    assert told[f"round {the_round.id} audit"].strip() == "nothing is wrong"
    assert told[f"round {the_round.id} record"].strip() == "the verifier found no fault"


def test_the_wrong_passphrase_ends_with_one_sentence(
    app: Flask, elsewhere: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app, "backup", tmp_path / "file")
    monkeypatch.setenv("WARDMOTE_BACKUP_PASSPHRASE", PHRASE + "!")
    refused = run(elsewhere, "restore", tmp_path / "file")
    assert refused.exit_code == 1
    assert refused.output.count("\n") == 1
    assert "This is not the key or passphrase" in refused.output


def test_a_backup_into_a_folder_that_is_not_there_is_refused_in_words(
    app: Flask, tmp_path: Path
) -> None:
    refused = run(app, "backup", tmp_path / "not-there" / "file")
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: No backup was made: No such file or directory")
    assert "The folder must be there" in refused.output
    assert not list(tmp_path.glob("*/file"))


def test_a_key_file_opens_what_it_sealed(app: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    with_key = ("--key-file", tmp_path / "key")
    assert run(app, "backup", tmp_path / "file", *with_key, "--without-keys").exit_code == 0
    assert "sealed with a key file" in run(elsewhere, "restore", tmp_path / "file").output
    assert run(elsewhere, "restore", tmp_path / "file", *with_key).exit_code == 0


def test_a_backup_of_nothing_is_refused(app: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    both = run(app, "backup", tmp_path / "file", "--without-keys", "--keys-only")
    assert both.exit_code == 2
    nothing = run(elsewhere, "backup", tmp_path / "file")
    assert "flask migrate makes its tables" in nothing.output
    assert not list(tmp_path.glob("*file*"))
    assert "There is no" in run(elsewhere, "restore", tmp_path / "file").output
