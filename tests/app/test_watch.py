"""Watching over votes from a shell: verify, witness, correct, destroy the key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import watch
from ballots.keys import KeyFolder, KeyStore
from ballots.ledger import EntryKind, LedgerEntry, find_entry
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round, signed_round, vote
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def shell(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def newest(town: Town, the_round: Round, kind: EntryKind) -> LedgerEntry | None:
    town.session.commit()  # what was looked at before is not looked at again
    return find_entry(town.session, the_round.id, kind)


# --- verify --------------------------------------------------------------------------------------


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A verifier that says how the file looks that it is given, and ends with 1 if told so."""
    file = tmp_path / "stand_in.py"
    file.write_text(
        "import json, os, pathlib, stat, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "record = json.loads(file.read_text())\n"
        "ballots = record['ballots']\n"
        "mode = stat.S_IMODE(file.stat().st_mode)\n"
        "print(file, oct(mode), None if ballots is None else len(ballots))\n"
        "print('a warning', file=sys.stderr)\n"
        "sys.exit(3 if len(record['ledger']) == 1 else 0)\n"
    )
    monkeypatch.setattr(watch, "VERIFIER", file)
    return file


def test_verify_gives_every_ballot_to_the_verifier_and_leaves_no_file(
    shell: FlaskCliRunner, town: Town, stand_in: Path
) -> None:
    done = shell.invoke(args=["verify", str(counted_round(town).id)])
    assert done.exit_code == 0, done.output
    name, mode, ballots = done.stdout.split()
    assert (mode, ballots) == ("0o600", "5")
    assert not Path(name).exists()
    assert "a warning" in done.stderr


def test_verify_opens_no_ballot_of_an_open_vote_and_ends_as_the_verifier_does(
    shell: FlaskCliRunner, town: Town, stand_in: Path
) -> None:
    the_round = town.round(Phase.VOTE)
    vote(town, the_round, [1], [2])
    town.session.commit()
    done = shell.invoke(args=["verify", str(the_round.id)])
    assert done.exit_code == 3
    assert done.stdout.split()[2] == "None"


def test_a_real_vote_is_right(shell: FlaskCliRunner, town: Town) -> None:
    done = shell.invoke(args=["verify", str(signed_round(town).id)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("All is right.")
    assert "decision notice 2026/1: signed with the public key" in done.stdout


@pytest.mark.parametrize("command", ["verify", "destroy-key"])
def test_a_round_without_a_ledger_is_named(shell: FlaskCliRunner, town: Town, command: str) -> None:
    the_round = town.round(Phase.DEBATE)
    town.session.commit()
    by = ["--by", "Olive Officer"] if command == "destroy-key" else []
    for number in (the_round.id, 9_999):
        done = shell.invoke(args=[command, str(number), *by])
        assert done.exit_code == 1
        assert f"Round {number} has no ledger yet." in done.output


# --- witness -------------------------------------------------------------------------------------


@pytest.fixture
def fetch(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """The web as far as this very site: what its public addresses answer."""

    def fetched(address: str) -> Any:
        answer = site.as_(None).get(address.removeprefix("http://localhost"))
        assert answer.status_code == 200
        return json.loads(answer.data)

    monkeypatch.setattr(watch, "fetch_json", fetched)
    return fetched


def test_a_real_ledger_that_grows_passes_the_witness(
    shell: FlaskCliRunner, town: Town, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    look = ["witness", "http://localhost", "--keep", str(tmp_path / "heads.json")]
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    assert shell.invoke(args=look).exit_code == 0
    vote(town, the_round, [1], [2])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    done = shell.invoke(args=look)
    assert done.exit_code == 0, done.output
    assert f"Round {the_round.id}: entries 1 to 4, each signed." in done.stdout


def test_a_server_that_lost_a_ledger_is_found(
    shell: FlaskCliRunner,
    town: Town,
    fetch: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = ["witness", "http://localhost", "--keep", str(tmp_path / "heads.json")]
    the_round = signed_round(town)
    assert shell.invoke(args=look).exit_code == 0
    monkeypatch.setattr(watch, "fetch_json", lambda _address: [])
    done = shell.invoke(args=look)
    assert done.exit_code == 1
    assert f"Round {the_round.id}: its ledger is gone." in done.stdout


# --- correct -------------------------------------------------------------------------------------


def test_a_correction_is_written_under_a_name(shell: FlaskCliRunner, town: Town) -> None:
    the_round = signed_round(town)
    args = ["correct-ledger", str(the_round.id), "2", "--by", "Olive", "--words", " It was 5. "]
    done = shell.invoke(args=args)
    assert done.exit_code == 0, done.output
    entry = newest(town, the_round, EntryKind.CORRECTION)
    assert entry is not None
    assert entry.contents == {"corrects": 2, "by": "Olive", "words": "It was 5."}
    assert f"Entry {entry.number} corrects entry 2." in done.output


@pytest.mark.parametrize(("number", "words"), [("99", "Wrong."), ("1", "  ")])
def test_a_correction_of_nothing_or_without_words_is_refused(
    shell: FlaskCliRunner, town: Town, number: str, words: str
) -> None:
    the_round = signed_round(town)
    args = ["correct-ledger", str(the_round.id), number, "--by", "Olive", "--words", words]
    done = shell.invoke(args=args)
    assert done.exit_code == 1
    assert "say what is wrong with it" in done.output
    assert newest(town, the_round, EntryKind.CORRECTION) is None


# --- destroy the key -----------------------------------------------------------------------------


def test_the_key_is_destroyed_after_the_dispute_period_and_not_before(
    shell: FlaskCliRunner, town: Town, keys: KeyStore, clock: Clock
) -> None:
    the_round = signed_round(town)
    args = ["destroy-key", str(the_round.id), "--by", "Olive Officer"]
    clock.moves(days=28, seconds=-1)
    done = shell.invoke(args=args)
    assert done.exit_code == 1
    assert "The key is kept until four weeks after" in done.output
    assert keys.read(the_round.id)
    assert newest(town, the_round, EntryKind.KEY_DESTROYED) is None
    clock.moves(seconds=1)
    assert shell.invoke(args=args).exit_code == 0
    assert newest(town, the_round, EntryKind.KEY_DESTROYED) is not None
    with pytest.raises(KeyError):
        keys.read(the_round.id)


def test_a_server_that_stopped_in_between_destroys_the_key_when_asked_again(
    shell: FlaskCliRunner,
    town: Town,
    keys: KeyStore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    the_round = signed_round(town)
    clock.moves(days=28)

    def power_cut(_folder: KeyFolder, _round_id: int) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as cut:
        cut.setattr(KeyFolder, "destroy", power_cut)
        assert (
            shell.invoke(args=["destroy-key", str(the_round.id), "--by", "Olive Officer"]).exit_code
            != 0
        )
    written = newest(town, the_round, EntryKind.KEY_DESTROYED)
    assert written is not None
    assert keys.read(the_round.id)
    assert (
        shell.invoke(args=["destroy-key", str(the_round.id), "--by", "Olive Officer"]).exit_code
        == 0
    )
    with pytest.raises(KeyError):
        keys.read(the_round.id)
    again = newest(town, the_round, EntryKind.KEY_DESTROYED)
    assert again is not None
    assert again.number == written.number
