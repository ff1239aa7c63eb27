"""A witness: what grew honestly passes; what was rewritten, shortened or lost is found."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ballots import witness
from ballots.keys import KeyFolder
from ballots.ledger import NOTHING_BEFORE, hash_of
from ballots.witness import NotSeenError, bear_witness, fetch_json, main, read_kept

COUNCIL = "https://council.example"
Ledger = list[dict[str, Any]]


class Council:
    """A council with ledgers that can be made to lie."""

    def __init__(self, folder: Path) -> None:
        self.keys = KeyFolder(folder)
        self.ledgers: dict[int, Ledger] = {}
        self.heads: dict[int, dict[str, Any]] = {}

    def write(self, number: int, *words: str, keys: KeyFolder | None = None) -> None:
        """Append entries that say these words, and tell of the new head."""
        ledger, keys = self.ledgers.setdefault(number, []), keys or self.keys
        for said in words:
            entry = {
                "round": number,
                "number": len(ledger) + 1,
                "kind": "correction" if ledger else "opened",
                "at": "2026-11-25T12:00:00+00:00",
                "previous": ledger[-1]["hash"] if ledger else NOTHING_BEFORE,
                "body": {"words": said} if ledger else {"public_key": keys.public_key()},
            }
            hashed = hash_of(entry)
            signature = keys.sign(f"wardmote-ledger-1|{hashed}")
            ledger.append({**entry, "hash": hashed, "signature": signature})
        self.heads[number] = ledger[-1]

    def fetch(self, address: str) -> Any:
        path = address.removeprefix(COUNCIL)
        if path == "/ledger/heads.json":
            names = ("round", "number", "hash", "signature")
            told: Any = [{name: head[name] for name in names} for head in self.heads.values()]
        else:
            told = self.ledgers[int(path.split("/")[2])]
        return json.loads(json.dumps(told))


@pytest.fixture
def council(tmp_path: Path) -> Council:
    council = Council(tmp_path / "keys")
    council.write(1, "", "two", "three")
    council.write(2, "")
    return council


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "heads.json"


def looked(council: Council, kept: Path) -> tuple[int, str]:
    """One look: the exit code, and what was said."""
    said: list[str] = []
    return bear_witness(COUNCIL + "/", kept, council.fetch, said.append), "\n".join(said)


def test_an_honest_ledger_that_grew_passes(council: Council, kept: Path) -> None:
    code, said = looked(council, kept)
    assert code == 0
    assert "Round 1: entries 1 to 3, each signed." in said
    council.write(1, "four", "five")
    council.write(3, "")
    code, said = looked(council, kept)
    assert code == 0
    assert "Round 1: entries 1 to 5, each signed." in said
    hashes = {n: council.ledgers[1][n - 1]["hash"] for n in (3, 5)}
    assert read_kept(kept)[COUNCIL].heads[1] == hashes


def test_a_ledger_rewritten_without_a_flaw_is_found(council: Council, kept: Path) -> None:
    looked(council, kept)
    council.ledgers.pop(1)
    council.write(1, "", "another two", "three", "four")
    before = kept.read_text()
    code, said = looked(council, kept)
    assert code == 1
    assert said == (
        "Round 1: entry 3 is not the one that was seen before: the ledger was rewritten."
    )
    assert kept.read_text() == before
    assert looked(council, kept)[0] == 1


def test_a_ledger_cut_short_is_found(council: Council, kept: Path) -> None:
    looked(council, kept)
    council.ledgers[1].pop()
    council.heads[1] = council.ledgers[1][-1]
    code, said = looked(council, kept)
    assert (code, said) == (
        1,
        "Round 1: entry 3 was seen before and is gone; the ledger ends at 2.",
    )


def test_a_ledger_that_vanished_is_found(council: Council, kept: Path) -> None:
    looked(council, kept)
    del council.heads[1]
    code, said = looked(council, kept)
    assert (code, said) == (1, "Round 1: its ledger is gone. It was seen up to entry 3.")
    assert looked(council, kept)[0] == 1


def test_another_key_than_the_first_is_found(council: Council, kept: Path, tmp_path: Path) -> None:
    looked(council, kept)
    council.write(1, "four", keys=KeyFolder(tmp_path / "other"))
    assert (
        "Round 1: entry 4 is not signed with the key that was seen first"
        in (looked(council, kept)[1])
    )


def test_a_second_ledger_under_a_key_of_its_own_is_found(
    council: Council, kept: Path, tmp_path: Path
) -> None:
    council.write(3, "", keys=KeyFolder(tmp_path / "other"))
    code, said = looked(council, kept)
    assert code == 1
    assert said.startswith("Round 3: entry 1 is not signed with the key that was seen first")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("body", {"words": "changed"}, "entry 2 was changed"),
        ("number", 7, "where entry 2 should stand, another one does"),
        ("round", 2, "where entry 2 should stand, another one does"),
        ("previous", "1" * 64, "entry 2 does not carry the hash of the entry before"),
        ("hash", "é" * 64, "entry 2 was changed"),
        ("signature", "0" * 128, "entry 2 is not signed"),
        ("signature", "no hexadecimal", "entry 2 is not signed"),
        ("at", 5, "not as it should be"),
        ("body", [], "not as it should be"),
    ],
)
def test_one_entry_that_is_wrong_is_named(
    council: Council, kept: Path, name: str, value: object, words: str
) -> None:
    council.ledgers[1][1][name] = value
    code, said = looked(council, kept)
    assert code == 1
    assert words in said
    assert 1 not in read_kept(kept)[COUNCIL].heads
    assert 2 in read_kept(kept)[COUNCIL].heads


@pytest.mark.parametrize("ledger", [[], {}, "words", [1], None])
def test_what_is_no_ledger_is_named(council: Council, kept: Path, ledger: Any) -> None:
    council.ledgers[2] = ledger
    assert looked(council, kept) == (1, "Round 2: its ledger is not as it should be.")


def test_a_first_entry_without_a_key_is_named(council: Council, kept: Path) -> None:
    del council.ledgers[1][0]["body"]["public_key"]
    assert "Round 1: its first entry does not name the council’s key." in looked(council, kept)[1]


def test_a_first_entry_that_names_another_key_is_named(council: Council, kept: Path) -> None:
    looked(council, kept)
    entry = council.ledgers[2][0]
    entry["body"]["public_key"] = "0" * 64
    hashed = {name: entry[name] for name in ("at", "body", "kind", "number", "previous", "round")}
    entry["hash"] = hash_of(hashed)
    entry["signature"] = council.keys.sign(f"wardmote-ledger-1|{entry['hash']}")
    assert "Round 2: its first entry names another key" in looked(council, kept)[1]


def test_heads_and_ledger_must_agree(council: Council, kept: Path) -> None:
    council.heads[1] = {**council.heads[1], "hash": "0" * 64}
    council.heads[2] = {**council.heads[2], "number": 9}
    said = looked(council, kept)[1]
    assert "Round 1: the list of heads and the ledger tell of different entries 3." in said
    assert "Round 2: the list of heads tells of an entry that the ledger does not have." in said


def test_a_ledger_may_grow_between_the_two_looks(council: Council, kept: Path) -> None:
    head = council.heads[1]
    council.write(1, "four")
    council.heads[1] = head
    assert looked(council, kept)[0] == 0


@pytest.mark.parametrize("told", [{}, [1], [{"round": "1"}], [{"round": 1}, {"round": 1}]])
def test_without_a_list_of_heads_nothing_was_seen(kept: Path, told: Any) -> None:
    said: list[str] = []
    assert bear_witness(COUNCIL, kept, lambda _address: told, said.append) == 2
    assert "list of heads" in said[0]
    assert not kept.exists()


def test_one_ledger_that_cannot_be_read_hides_no_other(council: Council, kept: Path) -> None:
    looked(council, kept)
    council.ledgers[2][0]["hash"] = "0" * 64

    def fetch(address: str) -> Any:
        if "/rounds/1/" in address:
            raise NotSeenError("it cannot be read.")
        return council.fetch(address)

    said: list[str] = []
    assert bear_witness(COUNCIL, kept, fetch, said.append) == 1
    assert said[0] == "Round 1: it cannot be read."
    assert said[1].startswith("Round 2: ")


def test_a_body_nested_without_end_is_no_ledger(council: Council, kept: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    council_fetch = council.fetch

    def fetch(address: str) -> Any:
        told = council_fetch(address)
        if "/rounds/1/" in address:
            told[1]["body"] = deep
        return told

    said: list[str] = []
    assert bear_witness(COUNCIL, kept, fetch, said.append) == 1
    assert said == ["Round 1: its ledger is not as it should be."]


def test_two_councils_are_kept_apart_in_one_file(council: Council, kept: Path) -> None:
    looked(council, kept)
    other = Council(kept.parent / "other")
    other.write(1, "")
    said: list[str] = []
    there = "https://other.example"

    def fetch(address: str) -> Any:
        return other.fetch(address.replace(there, COUNCIL))

    assert bear_witness(there, kept, fetch, said.append) == 0
    assert set(read_kept(kept)) == {COUNCIL, there}


@pytest.mark.parametrize("contents", ["", "{}", "[]", '{"format": "wardmote-witness-1"}', "\x80"])
def test_a_file_of_something_else_is_left_alone(
    council: Council, kept: Path, contents: str
) -> None:
    kept.write_text(contents, encoding="latin-1")
    code, said = looked(council, kept)
    assert code == 2
    assert "is no file of a witness" in said
    assert kept.read_text(encoding="latin-1") == contents


def test_a_file_that_cannot_be_written_is_said(council: Council, tmp_path: Path) -> None:
    code, said = looked(council, tmp_path / "nowhere" / "heads.json")
    assert code == 2
    assert "cannot be written" in said


@pytest.mark.parametrize("address", ["file:///etc/passwd", "council.example", "", "https://"])
def test_only_the_web_is_looked_at(kept: Path, address: str) -> None:
    said: list[str] = []
    assert bear_witness(address, kept, lambda _address: [], said.append) == 2
    assert "begins with https://" in said[0]


# --- over HTTP -----------------------------------------------------------------------------------


@contextmanager
def served(council: Council) -> Iterator[str]:
    """The council on a port of this machine; what it answers is its own business."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = json.dumps(council.fetch(COUNCIL + self.path)).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_command_looks_over_the_web(
    council: Council, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(council) as address:
        assert main([address, "--keep", str(kept)]) == 0
        assert "All is well" in capsys.readouterr().out
        council.ledgers[1].pop()
        council.heads[1] = council.ledgers[1][-1]
        assert main([address, "--keep", str(kept)]) == 1
    assert "entry 3 was seen before and is gone" in capsys.readouterr().out
    assert main([address, "--keep", str(kept)]) == 2
    assert "cannot be read" in capsys.readouterr().out


def test_an_answer_without_end_is_not_read(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(council) as address:
        monkeypatch.setattr(witness, "MOST_BYTES", 100)
        with pytest.raises(NotSeenError, match="too large"):
            fetch_json(f"{address}/rounds/1/ledger.json")
        monkeypatch.undo()
        clock = iter((0.0, 61.0))
        monkeypatch.setattr(witness, "monotonic", lambda: next(clock))
        with pytest.raises(NotSeenError, match="too long"):
            fetch_json(f"{address}/rounds/1/ledger.json")
