"""Keep watch over a council's ledgers from outside, with nothing but its public address.

    python -m ballots.witness https://wardmote.example.gov.uk --keep heads.json

At each visit it reads every ledger, checks chain and signatures, and compares with what it wrote
down at the visits before: whatever it has seen once must still stand, letter by letter. A ledger
can be rewritten without a flaw by whoever holds the key; not past somebody who has kept its heads.
It ends with 0 if all is well, 1 with everything that is wrong, 2 if it could not look.
"""

import argparse
import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from ballots.keys import is_signed
from ballots.ledger import NOTHING_BEFORE, hash_of

HASHED = ("at", "body", "kind", "number", "previous", "round")
# Larger than the ledger of a million ballots; what is larger still would only fill our memory.
MOST_BYTES = 256 * 1024 * 1024
# For an answer to begin, and again for all of it.
SECONDS = 60.0
_AT_ONCE = 1 << 16
FORMAT = "wardmote-witness-1"

# What lies at an address, as JSON; raises NotSeenError.
Fetch = Callable[[str], Any]


class NotSeenError(Exception):
    """What should be looked at cannot be read; says why."""


@dataclass
class Seen:
    """What a witness knows of one address: its key, and the hash at each number seen as a head."""

    public_key: str = ""
    # By round, then by the number of the entry.
    heads: dict[int, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """What one look found: how far the ledgers go, and what is wrong."""

    entries: dict[int, int]
    wrong: list[str]


def look(address: str, seen: Seen, fetch: Fetch) -> Visit:
    """Read every ledger, compare it with what was seen, and add the sound ones to it."""
    heads = _heads(fetch(f"{address}/ledger/heads.json"))
    wrong = [
        f"Round {number}: its ledger is gone. It was seen up to entry {max(seen.heads[number])}."
        for number in sorted(set(seen.heads) - set(heads))
    ]
    entries: dict[int, int] = {}
    for number, head in heads.items():
        try:
            ledger = fetch(f"{address}/rounds/{number}/ledger.json")
            fault = _fault(number, head, ledger, seen)
        except NotSeenError as unseen:
            fault = str(unseen)
        except RecursionError:
            fault = "its ledger is not as it should be."
        if fault is not None:
            wrong.append(f"Round {number}: {fault}")
            continue
        entries[number] = len(ledger)
        seen.heads.setdefault(number, {})[len(ledger)] = ledger[-1]["hash"]
    return Visit(entries, wrong)


def _heads(told: Any) -> dict[int, Mapping[str, Any]]:
    if not isinstance(told, list):
        raise NotSeenError("The list of heads is not a list.")
    found: dict[int, Mapping[str, Any]] = {}
    for head in told:
        number = head.get("round") if isinstance(head, dict) else None
        if type(number) is not int or number < 1 or number in found:
            raise NotSeenError("The list of heads is not as it should be.")
        found[number] = head
    return found


def _fault(number: int, head: Mapping[str, Any], ledger: Any, seen: Seen) -> str | None:
    """The first thing that is wrong with one ledger."""
    if not isinstance(ledger, list) or not ledger or not all(_is_entry(entry) for entry in ledger):
        return "its ledger is not as it should be."
    fault = next(_broken_links(number, ledger, seen), None)
    if fault is not None:
        return fault
    for place, kept in sorted(seen.heads.get(number, {}).items()):
        if place > len(ledger):
            return f"entry {place} was seen before and is gone; the ledger ends at {len(ledger)}."
        if ledger[place - 1]["hash"] != kept:
            return f"entry {place} is not the one that was seen before: the ledger was rewritten."
    # The head was asked for first: meanwhile the ledger may have grown, and never shrunk.
    at = head.get("number")
    if type(at) is not int or not 1 <= at <= len(ledger):
        return "the list of heads tells of an entry that the ledger does not have."
    if ledger[at - 1]["hash"] != head.get("hash"):
        return f"the list of heads and the ledger tell of different entries {at}."
    return None


def _is_entry(entry: Any) -> bool:
    texts = ("at", "kind", "previous", "hash", "signature")
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) for name in texts)
        and isinstance(entry.get("body"), dict)
    )


def _broken_links(number: int, ledger: list[dict[str, Any]], seen: Seen) -> Iterator[str]:
    """What is wrong with hashes, numbers and signatures; pins the key that is seen first."""
    key = seen.public_key or ledger[0]["body"].get("public_key")
    if not isinstance(key, str):
        yield "its first entry does not name the council’s key."
        return
    previous = NOTHING_BEFORE
    for place, entry in enumerate(ledger, start=1):
        if entry.get("round") != number or entry.get("number") != place:
            yield f"where entry {place} should stand, another one does."
        if entry["previous"] != previous:
            yield f"entry {place} does not carry the hash of the entry before."
        if entry["hash"] != hash_of({name: entry[name] for name in HASHED}):
            yield f"entry {place} was changed: its hash is not that of its words."
        if not _is_the_councils(entry, key):
            yield f"entry {place} is not signed with the key that was seen first ({key[:80]})."
        previous = entry["hash"]
    if ledger[0]["body"].get("public_key") != key:
        yield "its first entry names another key than the one that was seen first."
    seen.public_key = key


def _is_the_councils(entry: dict[str, Any], key: str) -> bool:
    hashed = entry["hash"]
    return hashed.isascii() and is_signed(f"wardmote-ledger-1|{hashed}", entry["signature"], key)


# ---- the file in which a witness writes it down -------------------------------------------------


def read_kept(file: Path) -> dict[str, Seen]:
    """What a witness wrote down, by address; nothing before the first visit."""
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["format"] != FORMAT:
            raise NotSeenError(f"{file} is no file of a witness.")
        return {
            address: Seen(
                str(kept["public_key"]),
                {
                    int(number): {int(place): str(hashed) for place, hashed in heads.items()}
                    for number, heads in kept["rounds"].items()
                },
            )
            for address, kept in told["addresses"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as odd:
        raise NotSeenError(f"{file} is no file of a witness.") from odd


def keep(file: Path, known: Mapping[str, Seen]) -> None:
    """Write down what was seen: all of it or, if the disk is full, nothing."""
    told = {
        "format": FORMAT,
        "addresses": {
            address: {"public_key": seen.public_key, "rounds": seen.heads}
            for address, seen in known.items()
        },
    }
    draft = file.with_name(f"{file.name}.{token_hex(8)}")
    try:
        with draft.open("x", encoding="utf-8") as written:
            json.dump(told, written, indent=1, sort_keys=True)
            written.write("\n")
            written.flush()
            os.fsync(written.fileno())
        draft.replace(file)
    except OSError as fault:
        raise NotSeenError(f"{file} cannot be written: {fault.strerror}.") from fault
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


# ---- looking ------------------------------------------------------------------------------------


def fetch_json(address: str) -> Any:
    """What lies at an http or https address, as JSON."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - see tidy
            return json.loads(_read_all(answer, address))
    except (OSError, HTTPException, ValueError, RecursionError) as fault:
        raise NotSeenError(f"{address} cannot be read: {fault}") from fault


def _read_all(answer: HTTPResponse, address: str) -> bytes:
    """All of an answer, unless it is too large or comes too slowly."""
    pieces, size, until = [], 0, monotonic() + SECONDS
    while piece := answer.read1(_AT_ONCE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise NotSeenError(f"{address} is too large to be a ledger.")
        if monotonic() > until:
            raise NotSeenError(f"{address} takes too long.")
    return b"".join(pieces)


def tidy(address: str) -> str:
    """An address as it is written down; only the web is looked at."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise NotSeenError("Give an address that begins with https:// or http://.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def bear_witness(address: str, file: Path, fetch: Fetch, say: Callable[[str], None]) -> int:
    """Look once, say what was found, write it down; returns the exit code."""
    try:
        address, known = tidy(address), read_kept(file)
        seen = known.setdefault(address, Seen())
        visit = look(address, seen, fetch)
        # A ledger that is wrong is not written down: what was seen before still stands there.
        keep(file, known)
    except NotSeenError as fault:
        say(str(fault))
        return 2
    for words in visit.wrong:
        say(words)
    if visit.wrong:
        return 1
    say("All is well: nothing that was seen before has changed.")
    for number, entries in visit.entries.items():
        say(f"Round {number}: entries 1 to {entries:,}, each signed.")
    say(f"Signed with the key {seen.public_key or '(none yet)'}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Look once, as the command line says."""
    options = argparse.ArgumentParser(
        prog="python -m ballots.witness", description="Keep watch over a council’s ledgers."
    )
    options.add_argument("address", help="the council’s Wardmote, such as https://…")
    options.add_argument(
        "--keep", required=True, type=Path, metavar="FILE", help="where to write down what was seen"
    )
    chosen = options.parse_args(arguments)
    return bear_witness(chosen.address, chosen.keep, fetch_json, _print)


def _print(words: str) -> None:
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
