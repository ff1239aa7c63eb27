"""Check a vote: `python verify.py record.json`. Needs Python 3.9 or later and nothing else.

It is one long file on purpose: anybody can download it from the record's page, read it from top
to bottom and run it, without trusting or installing anything of ours. The format it checks is
written down in docs/record-format.md.

It proves, from the record alone: that every entry of the ledger was signed with one key and that
none was changed, moved or taken out since; that each commitment lies in one batch, once; that
the opened ballots are exactly those that count, each as it was committed to and as the paper
allows; that votes and points add up; and, for greedy and equal shares, who won.

It cannot prove: that the key is the council's (compare it, or give it with --key); that nothing
was cut off at the very end, or a whole second ledger kept (compare the last hash with one that
somebody else wrote down); that those on the roll are real and those who voted did it freely; nor
that a phone showed what it sent (for that, compare your receipt: --receipt).

It ends with 0 if all is right, 1 with the first thing that is wrong, 2 if it cannot read the file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

FORMAT = "wardmote-record-2"
FIRST_PREVIOUS = "0" * 64
# From so many ballots on everybody sees them; of fewer, only scrutineers do.
OPENED_FROM = 100
RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_NUMBER = 18

RIGHT, WRONG, UNREADABLE = 0, 1, 2


class WrongError(Exception):
    """The first thing that is wrong, as a sentence."""


class UnreadableError(Exception):
    """A file that is no record at all, as a sentence."""


@dataclass
class Report:
    """What was checked and what was not, as sentences."""

    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Notice:
    """A decision notice: its bytes, and what says that the council signed them."""

    text: bytes
    proof: dict[str, Any] | None


# ---- The whole check, step by step --------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Check the file that the command names, say what was found, and return the exit code."""
    options = _options().parse_args(arguments)
    report, wrong, code = Report(), None, RIGHT
    try:
        receipt = read_receipt(options.receipt) if options.receipt else None
        notice = read_notice(options.notice, options.proof)
        verify(read_json(Path(options.record)), report, options.key, receipt, notice)
    except WrongError as error:
        wrong, code = str(error), WRONG
    except UnreadableError as error:
        wrong, code = str(error), UNREADABLE
    except RecursionError:
        wrong, code = "The file is nested too deeply to be a record.", UNREADABLE
    say(report, wrong, as_json=options.json)
    return code


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description="Check the record of a vote.")
    options.add_argument("record", help="the record, as downloaded")
    options.add_argument("--receipt", help="a receipt's sixteen characters, or its file")
    options.add_argument("--notice", help="a decision notice, as downloaded")
    options.add_argument("--proof", help="the notice's signature, as downloaded")
    options.add_argument("--key", help="the council's public key, if you know it from elsewhere")
    options.add_argument("--json", action="store_true", help="answer in JSON")
    return options


def say(report: Report, wrong: str | None, *, as_json: bool) -> None:
    """Print the report, or only what is wrong."""
    if as_json:
        answer = {
            "ok": wrong is None,
            "checked": report.checked,
            "not_checked": report.not_checked,
            "wrong": wrong,
        }
        lines = [json.dumps(answer)]
    elif wrong is not None:
        lines = [wrong]
    else:
        lines = ["All is right."]
        lines += [f"checked: {sentence}" for sentence in report.checked]
        lines += [f"not checked: {sentence}" for sentence in report.not_checked]
    sys.stdout.write("\n".join(lines) + "\n")


def verify(
    record: Any,
    report: Report,
    key: str | None = None,
    receipt: dict[str, Any] | None = None,
    notice: Notice | None = None,
) -> None:
    """Check everything in order; WrongError at the first thing that is wrong."""
    check_shape("The file", record, FILE, exactly=True)
    if key is not None and key.strip().lower() != record["public_key"]:
        raise WrongError("The file: its public key is not the one you gave.")
    ledger = read_ledger(record, report)
    tally = open_ballots(record["ballots"], ledger, report)
    check_figures(record["result"], ledger, tally, report)
    check_outcome(ledger, tally, report)
    check_signed_text(record, ledger, report)
    if receipt is not None:
        check_receipt(receipt, ledger, report)
    if notice is not None:
        check_notice(notice, ledger, report)
    if key is None:
        report.not_checked.append(
            f"whether the public key {record['public_key']} is the council's: compare it with the "
            "one the council gives elsewhere"
        )
    report.not_checked.append(
        "whether later entries were left off: compare the hash of the last one, "
        f"{ledger.last_hash}, with one that somebody else has kept"
    )


# ---- Reading: JSON without anything two programs could read in two ways -------------------------


def read_json(path: Path) -> Any:
    """What the file says; UnreadableError where it is not the plain JSON of a record."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file {quoted(str(path))} cannot be read as text.") from error
    return parse_json(text)


def parse_json(text: str) -> Any:
    """What a JSON text says: no name twice, no fractions, no endless numbers."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"The file is no JSON: it breaks off at {place}.") from error
    except RecursionError as error:
        raise UnreadableError("The file is nested too deeply to be a record.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        name = next(name for name, times in Counter(n for n, _ in pairs).items() if times > 1)
        raise UnreadableError(f"The file has {quoted(name)} twice in one object.")
    return found


def _whole_number(digits: str) -> int:
    return int(digits) if len(digits) <= LONGEST_NUMBER else _no_number(digits)


def _no_number(digits: str) -> int:
    raise UnreadableError(f"The file has {quoted(digits)} where only whole numbers may stand.")


def canonical(value: Any) -> str:
    """The one JSON text of a value that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def quoted(text: object) -> str:
    """Something from the file, short and harmless to print."""
    shown = ascii(str(text))[1:-1]
    return f'"{shown if len(shown) <= 80 else shown[:77] + "..."}"'


@dataclass(frozen=True)
class Shape:
    """What a value must be, and the words for it."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return type(value) is int and value >= 0  # True is a number to Python, and none to us


def _is_list_of(shape: Shape) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(shape.fits, value))


def _or_null(shape: Shape) -> Shape:
    return Shape(f"{shape.words} or null", lambda value: value is None or shape.fits(value))


_HASH = re.compile("[0-9a-f]{64}")
_SIGNATURE = re.compile("[0-9a-f]{128}")
_NONCE = re.compile("[0-9a-f]{0,64}")
_MOMENT = re.compile(
    r"([0-9]{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6}|\.\d{3})?)(?:Z|\+00:00)", re.ASCII
)

ANYTHING = Shape("there", lambda _: True)
WHOLE = Shape("a whole number, 0 or more", _is_whole)
COUNTED = Shape("a whole number, 1 or more", lambda value: _is_whole(value) and value > 0)
TEXT = Shape("a text", lambda value: isinstance(value, str))
OBJECT = Shape("an object", lambda value: isinstance(value, dict))
LIST = Shape("a list", lambda value: isinstance(value, list))
TEXTS = Shape("a list of texts", _is_list_of(TEXT))
SETS = Shape("a list of lists of texts", _is_list_of(TEXTS))
HASH = Shape(
    "64 small hexadecimal digits",
    lambda value: isinstance(value, str) and _HASH.fullmatch(value) is not None,
)
HASHES = Shape("a list of hashes, each 64 small hexadecimal digits", _is_list_of(HASH))
SIGNATURE = Shape(
    "128 small hexadecimal digits",
    lambda value: isinstance(value, str) and _SIGNATURE.fullmatch(value) is not None,
)
NONCE = Shape(
    "at most 64 small hexadecimal digits",
    lambda value: isinstance(value, str) and _NONCE.fullmatch(value) is not None,
)
VOTES = Shape(
    "an object of whole numbers",
    lambda value: isinstance(value, dict) and all(map(_is_whole, value.values())),
)

FILE = {
    "format": Shape(quoted(FORMAT), lambda value: value == FORMAT),
    "round": WHOLE,
    "public_key": HASH,
    "ledger": LIST,
    "ballots": _or_null(LIST),
    "result": _or_null(OBJECT),
    "record": _or_null(TEXT),
}
ENTRY = {
    "round": WHOLE,
    "number": WHOLE,
    "kind": TEXT,
    "at": TEXT,
    "previous": HASH,
    "body": OBJECT,
    "hash": HASH,
    "signature": SIGNATURE,
}
BODIES = {
    "opened": {
        "rules": OBJECT,
        "rules_sha256": HASH,
        "roll_size": WHOLE,
        "roll_hash": TEXT,
        "public_key": HASH,
    },
    "batch": {
        "batch": WHOLE,
        "commitments": HASHES,
        "replaced": HASHES,
        "root": HASH,
        "ballots": WHOLE,
    },
    "snapshot": {"version": WHOLE, "covered": WHOLE, "result_sha256": HASH},
    "extended": {"closes_at": TEXT, "by": ANYTHING},
    "closed": {"ballots": WHOLE, "batches": WHOLE},
    "tie-break": {
        "source": ANYTHING,
        "value": TEXT,
        "head": HASH,
        "seed": HASH,
        "tied": TEXTS,
        "entered_by": ANYTHING,
    },
    "tallied": {
        "ballots": WHOLE,
        "winners": TEXTS,
        "votes": VOTES,
        "spent_pence": WHOLE,
        "result_sha256": HASH,
    },
    "signed": {"record_sha256": HASH, "decisions": ANYTHING},
    "notice": {"number": TEXT, "notice_sha256": HASH},
    "correction": {"corrects": WHOLE, "words": ANYTHING, "by": ANYTHING},
    "key-destroyed": {"by": ANYTHING},
}


def check_shape(
    where: str, value: Any, wanted: dict[str, Shape], *, exactly: bool = False
) -> dict[str, Any]:
    """The value, once it is an object with what is wanted; `exactly` allows nothing beside."""
    if not isinstance(value, dict):
        raise WrongError(f"{where}: this is not an object.")
    for name, shape in wanted.items():
        if name not in value:
            raise WrongError(f"{where}: {quoted(name)} is missing.")
        if not shape.fits(value[name]):
            raise WrongError(f"{where}: {quoted(name)} is not {shape.words}.")
    for name in value if exactly else ():
        if name not in wanted:
            raise WrongError(f"{where}: {quoted(name)} does not belong there.")
    return value


# ---- Signatures: Ed25519 as in RFC 8032 ---------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
# A point as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)
BASE_BYTES = b"\x58" + b"\x66" * 31


def add_points(one: Point, other: Point) -> Point:
    """The sum of two points of the curve."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(encoded: bytes) -> Point | None:
    """The point that 32 bytes stand for; None if they are no point, or not its only spelling."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encode_point(point: Point) -> bytes:
    """The 32 bytes that stand for a point."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class PublicKey:
    """A key that signatures are checked with; it is prepared once, as ledgers are long."""

    def __init__(self, digits: str) -> None:
        self.encoded = bytes.fromhex(digits)
        point, base = decode_point(self.encoded), decode_point(BASE_BYTES)
        if point is None or base is None or self._is_small(point):
            raise WrongError("The file: its public key is no Ed25519 key.")
        self._of_base = self._multiples(base)
        self._of_minus_key = self._multiples((-point[0] % P, point[1], 1, -point[3] % P))

    @staticmethod
    def _is_small(point: Point) -> bool:
        """Whether it is one of eight points under which anybody could sign."""
        for _ in range(3):
            point = add_points(point, point)
        return point[0] == 0

    @staticmethod
    def _multiples(point: Point) -> list[list[Point]]:
        """0 to 15 times the point, 0 to 15 times 16 times the point, and so on, 64 rows."""
        rows = []
        for _ in range(64):
            row = [ZERO]
            for _ in range(15):
                row.append(add_points(row[-1], point))
            rows.append(row)
            point = add_points(row[-1], point)
        return rows

    def signed(self, message: str, signature: str) -> bool:
        """Whether the signature (128 hexadecimal digits) is this key's under an ASCII message."""
        raw = bytes.fromhex(signature)
        s = int.from_bytes(raw[32:], "little")
        if s >= L:
            return False
        mixed = hashlib.sha512(raw[:32] + self.encoded + message.encode("ascii")).digest()
        h = int.from_bytes(mixed, "little") % L
        total = ZERO
        for nth in range(64):
            total = add_points(total, self._of_base[nth][s >> 4 * nth & 15])
            total = add_points(total, self._of_minus_key[nth][h >> 4 * nth & 15])
        # S·B - h·A is R. Spelt anew, so that a second spelling of R is no signature.
        return encode_point(total) == raw[:32]


# ---- Merkle trees as in RFC 6962 ----------------------------------------------------------------


def leaf_hash(commitment: str) -> bytes:
    """The leaf of a commitment."""
    return hashlib.sha256(b"\0" + bytes.fromhex(commitment)).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node over two others."""
    return hashlib.sha256(b"\1" + left + right).digest()


def merkle_root(commitments: list[str]) -> str:
    """The root over one commitment or more."""
    row = [leaf_hash(commitment) for commitment in commitments]
    while len(row) > 1:
        above = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = above + row[len(above) * 2 :]  # an odd one out goes up as it is
    return row[0].hex()


def root_by_proof(commitment: str, leaf: int, leaves: int, path: list[str]) -> str | None:
    """The root to which a proof of inclusion leads; None if it is too long or too short."""
    found, here, last = leaf_hash(commitment), leaf, leaves - 1
    for sibling in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            found = node_hash(bytes.fromhex(sibling), found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, bytes.fromhex(sibling))
        here, last = here >> 1, last >> 1
    return found.hex() if last == 0 else None


# ---- The ledger, entry by entry -----------------------------------------------------------------


@dataclass
class Batch:
    """One batch as the ledger has it."""

    entry: int
    commitments: list[str]
    root: str


@dataclass
class Ledger:
    """What the entries read so far have said."""

    round: int
    key: PublicKey
    public_key: str
    last_hash: str = FIRST_PREVIOUS
    last_moment: datetime | None = None
    said: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    rules: Rules | None = None
    batches: list[Batch] = field(default_factory=list)
    batch_of: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    snapshots: int = 0
    version: int = -1
    covered: int = 0
    # The close that was last promised, if one was.
    closes_at: datetime | None = None

    def body(self, kind: str) -> dict[str, Any] | None:
        """What the (last) entry of a kind says, if there was one."""
        return self.said[kind][1] if kind in self.said else None

    def where(self, kind: str) -> str:
        """The name of the (last) entry of a kind."""
        return self.said[kind][0]

    @property
    def frozen(self) -> Rules:
        """The rules; the first entry has them."""
        if self.rules is None:
            raise WrongError("The ledger: there is no entry that opens the vote.")
        return self.rules

    @property
    def counting(self) -> int:
        """How many commitments count."""
        return len(self.batch_of) - len(self.replaced)


def read_ledger(record: dict[str, Any], report: Report) -> Ledger:
    """Check every entry, and note what it says."""
    ledger = Ledger(record["round"], PublicKey(record["public_key"]), record["public_key"])
    for number, entry in enumerate(record["ledger"], start=1):
        _check_chain(entry, number, ledger)
        _note(entry, number, ledger)
    _ = ledger.frozen
    entries, batches = len(record["ledger"]), len(ledger.batches)
    report.checked.append(
        f"the ledger: {entries:,} entries, each with its number, its hash, the hash of the one "
        f"before and a signature of the key {record['public_key']}"
    )
    report.checked.append(
        f"the batches: {batches:,}, with {len(ledger.batch_of):,} commitments, each new, in order "
        f"and under its root, of which {len(ledger.replaced):,} were replaced by a later ballot"
    )
    if ledger.snapshots:
        report.checked.append(f"the published figures: {ledger.snapshots:,}, in order")
    for kind, words in (("closed", "the vote is still open"), ("tallied", "nothing is counted")):
        if kind not in ledger.said:
            report.not_checked.append(f"what is to come: so far {words}")
            break
    return ledger


def _check_chain(entry: Any, number: int, ledger: Ledger) -> None:
    """The entry is whole, next in the chain, signed, and no earlier than the one before."""
    where = f"Entry {number}"
    check_shape(where, entry, ENTRY, exactly=True)
    if entry["kind"] not in BODIES:
        raise WrongError(f"{where}: there is no kind of entry called {quoted(entry['kind'])}.")
    where = f"{where} ({entry['kind']})"
    if entry["number"] != number:
        raise WrongError(f"{where}: it says that it is number {entry['number']}.")
    if entry["round"] != ledger.round:
        raise WrongError(f"{where}: it belongs to round {entry['round']}, not {ledger.round}.")
    if entry["previous"] != ledger.last_hash:
        raise WrongError(f"{where}: the hash it gives of the entry before is another.")
    hashed = {name: entry[name] for name in ENTRY if name not in ("hash", "signature")}
    if sha256(canonical(hashed)) != entry["hash"]:
        raise WrongError(f"{where}: its hash is not that of what it says.")
    if not ledger.key.signed("wardmote-ledger-1|" + entry["hash"], entry["signature"]):
        raise WrongError(f"{where}: its signature is not that of the public key.")
    moment = _moment(entry["at"], where)
    if ledger.last_moment is not None and moment < ledger.last_moment:
        raise WrongError(f"{where}: it is older than the entry before.")
    ledger.last_hash, ledger.last_moment = entry["hash"], moment


def _moment(text: str, where: str) -> datetime:
    match = _MOMENT.fullmatch(text)
    try:
        moment = datetime.fromisoformat(match[1]) if match else None
    except ValueError:  # the thirtieth of February
        moment = None
    if moment is None:
        raise WrongError(f"{where}: {quoted(text)} is no moment in UTC.")
    return moment


def _note(entry: dict[str, Any], number: int, ledger: Ledger) -> None:
    """The entry comes at its time, and says what its kind may say."""
    kind = entry["kind"]
    where = f"Entry {number} ({kind})"
    _check_turn(kind, number, where, ledger)
    body = check_shape(where, entry["body"], BODIES[kind])
    if kind == "batch":
        where = f"Entry {number} (batch {body['batch']})"
        _note_batch(body, number, where, ledger)
    elif kind == "correction":
        if not 1 <= body["corrects"] < number:
            raise WrongError(f"{where}: it corrects entry {body['corrects']}, not an earlier one.")
    elif kind in _NOTES:
        _NOTES[kind](body, where, ledger)
    ledger.said[kind] = where, body
    if kind == "notice":
        ledger.notices.append(body)
    if kind == "closed":
        ledger.said["head"] = entry["hash"], body


# What must stand before an entry of a kind, and what must not.
_AFTER = {
    "closed": ("opened",),
    "tie-break": ("closed",),
    "tallied": ("closed",),
    "signed": ("tallied",),
    "notice": ("signed",),
    "key-destroyed": ("closed",),
}
_BEFORE = {"batch": ("closed",), "extended": ("closed",), "tie-break": ("tallied",)}
_ONCE = ("opened", "closed", "tie-break", "tallied", "signed", "key-destroyed")


def _check_turn(kind: str, number: int, where: str, ledger: Ledger) -> None:
    if (kind == "opened") != (number == 1):
        raise WrongError(f"{where}: the first entry, and no other, opens the vote.")
    if kind in _ONCE and kind in ledger.said:
        raise WrongError(f"{where}: there is one before, and there can be only one.")
    for earlier in _AFTER.get(kind, ()):
        if earlier not in ledger.said:
            raise WrongError(f"{where}: it comes before there is an entry {quoted(earlier)}.")
    for later in _BEFORE.get(kind, ()):
        if later in ledger.said:
            raise WrongError(f"{where}: it comes after the entry {quoted(later)}.")


def _note_opened(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    if body["public_key"] != ledger.public_key:
        raise WrongError(f"{where}: its public key is not that of the file.")
    if sha256(canonical(body["rules"])) != body["rules_sha256"]:
        raise WrongError(f"{where}: the hash of the rules is not that of the rules.")
    ledger.rules = read_rules(body["rules"], where)
    for name, here in (("round", ledger.round), ("roll_size", body["roll_size"])):
        if body["rules"][name] != here:
            raise WrongError(f"{where}: {quoted(name)} in the rules is not {here}.")
    promised = body["rules"]["closes_at"]
    if isinstance(promised, str):
        ledger.closes_at = _moment(promised, where)


def _note_extended(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    """More time is later than now, and later than what was promised before."""
    closes_at = _moment(body["closes_at"], where)
    for earlier, words in ((ledger.last_moment, "the entry"), (ledger.closes_at, "the last close")):
        if earlier is not None and closes_at <= earlier:
            raise WrongError(f"{where}: a close at {body['closes_at']} is no later than {words}.")
    ledger.closes_at = closes_at


def _note_batch(body: dict[str, Any], number: int, where: str, ledger: Ledger) -> None:
    batch, commitments = body["batch"], body["commitments"]
    if batch != len(ledger.batches) + 1:
        raise WrongError(f"{where}: the next batch is number {len(ledger.batches) + 1}.")
    if not commitments:
        raise WrongError(f"{where}: it has no commitment.")
    for name in ("commitments", "replaced"):
        _check_ascending(body[name], f"{where}: the {name} are not in order")
    _note_commitments(body, where, ledger)
    if merkle_root(commitments) != body["root"]:
        raise WrongError(f"{where}: the root is not that of its commitments.")
    if body["ballots"] != ledger.counting:
        raise WrongError(
            f"{where}: it says {body['ballots']} ballots, and {ledger.counting} count."
        )
    ledger.batches.append(Batch(number, commitments, body["root"]))


def _note_commitments(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    """New ones are new, replaced ones known, and each of both is there once."""
    batch = body["batch"]
    for commitment in body["commitments"]:
        earlier = ledger.batch_of.setdefault(commitment, batch)
        if earlier != batch:
            raise WrongError(f"{where}: commitment {commitment} was in batch {earlier} already.")
    for commitment in body["replaced"]:
        if commitment not in ledger.batch_of:
            raise WrongError(f"{where}: commitment {commitment} is replaced and was in no batch.")
        earlier = ledger.replaced.setdefault(commitment, batch)
        if earlier != batch:
            raise WrongError(
                f"{where}: commitment {commitment} was replaced in batch {earlier} already."
            )


def _check_ascending(hashes: list[str], wrong: str) -> None:
    for at in range(1, len(hashes)):
        if hashes[at - 1] >= hashes[at]:
            raise WrongError(f"{wrong}, at {hashes[at]}.")


def _note_snapshot(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    if body["version"] <= ledger.version:
        raise WrongError(f"{where}: version {body['version']} comes after {ledger.version}.")
    if body["covered"] < ledger.covered:
        raise WrongError(f"{where}: it covers fewer voters than the one before.")
    _check_covered(body["covered"], where, ledger)
    _check_disclosure(body["covered"], where, ledger)
    ledger.version, ledger.covered = body["version"], body["covered"]
    ledger.snapshots += 1


def _check_covered(covered: int, where: str, ledger: Ledger) -> None:
    """Nobody can be covered who did not vote; while the vote is open some ballots wait unseen."""
    opened, closed = ledger.body("opened"), ledger.body("closed")
    most = closed["ballots"] if closed else (opened or {})["roll_size"]
    if covered > most:
        raise WrongError(f"{where}: figures cover {covered} voters of {most}.")


def _check_disclosure(covered: int, where: str, ledger: Ledger) -> None:
    """What was promised of figures while the vote is open: none, or in steps of so many voters."""
    promised = (ledger.body("opened") or {})["rules"]["disclosure"]
    profile = promised.get("profile") if isinstance(promised, dict) else None
    step = promised.get("step") if isinstance(promised, dict) else None
    if profile not in ("open", "live", "sealed") or type(step) is not int or step < 1:
        raise WrongError(f"{where}: the rules do not say what may be shown while the vote is open.")
    if ledger.body("closed") is not None or profile == "open":
        return
    if profile == "sealed":
        raise WrongError(f"{where}: figures were published of a vote that was to be sealed.")
    if covered - ledger.covered < step:
        raise WrongError(
            f"{where}: figures moved by {covered - ledger.covered} voters, and a step is {step}."
        )


def _note_closed(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    if body["batches"] != len(ledger.batches):
        raise WrongError(
            f"{where}: it says {body['batches']} batches, and there are {len(ledger.batches)}."
        )
    if body["ballots"] != ledger.counting:
        raise WrongError(
            f"{where}: it says {body['ballots']} ballots, and {ledger.counting} count."
        )
    if body["ballots"] > ledger.frozen.roll_size:
        raise WrongError(
            f"{where}: {body['ballots']} ballots are more than the {ledger.frozen.roll_size} "
            "people on the roll."
        )
    if ledger.covered > body["ballots"]:
        raise WrongError(
            f"{ledger.where('snapshot')}: figures cover {ledger.covered} voters of "
            f"{body['ballots']}."
        )


def _note_tie_break(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    if ledger.frozen.ties_by != "draw-at-close":
        raise WrongError(f"{where}: the rules do not draw ties.")
    head, _ = ledger.said["head"]
    if body["head"] != head:
        raise WrongError(f"{where}: its head is not the hash of the entry that closed the vote.")
    if sha256(f"wardmote-draw-1|{body['head']}|{body['value']}") != body["seed"]:
        raise WrongError(f"{where}: the seed is not that of the head and the value drawn.")
    _check_projects(body["tied"], f"{where}: the tied", ledger)


def _note_tallied(body: dict[str, Any], where: str, ledger: Ledger) -> None:
    if body["ballots"] != ledger.counting:
        raise WrongError(
            f"{where}: it says {body['ballots']} ballots, and {ledger.counting} count."
        )
    _check_projects(body["winners"], f"{where}: the winners", ledger)
    _check_projects(body["votes"], f"{where}: the votes", ledger)
    for project_id, votes in body["votes"].items():
        if votes > body["ballots"]:
            raise WrongError(
                f"{where}: project {quoted(project_id)} has {votes} votes of {body['ballots']} "
                "ballots."
            )
    rules = ledger.frozen
    spent = sum(rules.costs[winner] for winner in body["winners"])
    if not rules.rule.get("part_funding") and body["spent_pence"] != spent:
        raise WrongError(
            f"{where}: it says that {body['spent_pence']} pence are spent, and the winners cost "
            f"{spent}."
        )


def _check_projects(ids: Iterable[str], where: str, ledger: Ledger) -> None:
    seen = set()
    for project_id in ids:
        if project_id not in ledger.frozen.costs:
            raise WrongError(f"{where} name {quoted(project_id)}, which is not on the paper.")
        if project_id in seen:
            raise WrongError(f"{where} name project {quoted(project_id)} twice.")
        seen.add(project_id)


_NOTES = {
    "opened": _note_opened,
    "snapshot": _note_snapshot,
    "extended": _note_extended,
    "closed": _note_closed,
    "tie-break": _note_tie_break,
    "tallied": _note_tallied,
}


# ---- Rules and papers ---------------------------------------------------------------------------

PLAIN, NUMBERED = ("approval", "choose-one", "knapsack"), ("points", "scores", "yes-no")
FORMATS = (*PLAIN, "ranking", *NUMBERED)
# What a rule may say that changes nothing here; anything else is a rule unknown to this program.
SETTINGS: dict[str, tuple[Any, ...] | Shape] = {
    "name": ("greedy", "equal-shares"),
    "ranked_by": ("votes", "score", "votes-per-pound"),
    "misfit": ("skip", "stop"),
    "utility": ("cost", "cardinality", "points"),
    "start_unit_pence": WHOLE,
    "completion": ("none", "add1", "add1-exhaustive"),
    "step_pence": COUNTED,
    "then": ("none", "utilitarian"),
    "minimum_votes": WHOLE,
    "minimum_share_percent": WHOLE,
    "minimum_score": WHOLE,
    "already_chosen": TEXTS,
    "comparison": (False,),
    "exclusive": SETS,
    "caps": ([],),
    "ring_fences": ([],),
    "overspend_pence": (0,),
    "part_funding": (False,),
    "criteria": ([],),
}


@dataclass(frozen=True)
class Rules:
    """The frozen rules of the vote."""

    roll_size: int
    budget: int
    paper: dict[str, Any]
    costs: dict[str, int]
    rule: dict[str, Any]
    ties_by: str
    recorded: list[str]

    @property
    def ballot_format(self) -> str:
        """How the paper is filled in."""
        return str(self.paper["ballot_format"])

    def unknown(self) -> str | None:
        """The first setting of the rule that this program does not know, if there is one."""
        for name in [*SETTINGS, *self.rule]:
            known, value = SETTINGS.get(name, ()), self.rule.get(name)
            fits = known.fits(value) if isinstance(known, Shape) else _is_among(value, known)
            if not fits or (name == "exclusive" and value and self.rule["name"] != "greedy"):
                return name
        return None


def _is_among(value: Any, known: tuple[Any, ...]) -> bool:
    return any(type(value) is type(one) and value == one for one in known)


def read_rules(rules: Any, where: str) -> Rules:
    """The rules as a count needs them."""
    # Who signs was told in another way before there were routes.
    signing = "route" if isinstance(rules, dict) and "route" in rules else "approvals_needed"
    anyway = ("title", "disclosure", signing, "closes_at")
    check_shape(
        f"{where}: the rules",
        rules,
        {
            "round": WHOLE,
            "budget_pence": WHOLE,
            "paper": OBJECT,
            "rule": OBJECT,
            "tie_order": OBJECT,
            "roll_size": WHOLE,
            **dict.fromkeys(anyway, ANYTHING),
        },
    )
    costs = _read_paper(rules["paper"], f"{where}: the paper")
    check_shape(f"{where}: the rule", rules["rule"], {"name": TEXT})
    ties = check_shape(
        f"{where}: the tie order",
        rules["tie_order"],
        {
            "by": Shape(
                "a known order",
                lambda value: value in ("default", "recorded-list", "draw-at-close"),
            ),
            "recorded": TEXTS,
        },
    )
    return Rules(
        rules["roll_size"],
        rules["budget_pence"],
        rules["paper"],
        costs,
        rules["rule"],
        ties["by"],
        ties["recorded"],
    )


def _read_paper(paper: Any, where: str) -> dict[str, int]:
    """What each project on the paper costs."""
    wanted = {
        "ballot_format": Shape("a known format", lambda value: value in FORMATS),
        "projects": LIST,
        "budget_pence": WHOLE,
        "max_choices": _or_null(WHOLE),
        "min_choices": WHOLE,
    }
    check_shape(where, paper, wanted)
    if paper["ballot_format"] == "points":
        check_shape(where, paper, {"points_to_give": COUNTED})
    if paper["ballot_format"] == "scores":
        check_shape(where, paper, {"highest_score": COUNTED})
    if paper.get("most_points_on_one") is not None:
        check_shape(where, paper, {"most_points_on_one": COUNTED})
    costs: dict[str, int] = {}
    for nth, project in enumerate(paper["projects"], start=1):
        check_shape(f"{where}: project {nth}", project, {"id": TEXT, "cost_pence": WHOLE})
        if project["id"] in costs:
            raise WrongError(f"{where}: project {quoted(project['id'])} stands there twice.")
        costs[project["id"]] = project["cost_pence"]
    return costs


def read_choices(text: str, rules: Rules) -> dict[str, int]:
    """The points a ballot gives to each project; WrongError with the reason if it may not be."""
    try:
        choices = parse_json(text)
    except UnreadableError as error:
        raise WrongError("its choices are not JSON of whole numbers and texts") from error
    numbered = rules.ballot_format in NUMBERED
    if not isinstance(choices, dict if numbered else list):
        raise WrongError(f"its choices are not {'an object' if numbered else 'a list'}")
    for choice in choices:
        if not isinstance(choice, str) or choice not in rules.costs:
            raise WrongError(f"it chooses {quoted(choice)}, which is not on the paper")
    if len(set(choices)) != len(choices):
        raise WrongError("it chooses a project twice")
    if rules.ballot_format in PLAIN and choices != sorted(choices):
        raise WrongError("its choices are not sorted")
    if canonical(choices) != text:
        raise WrongError("its choices are not written in the one canonical way")
    _check_limits(choices, rules)
    if rules.ballot_format == "ranking":
        return {choice: len(choices) - nth for nth, choice in enumerate(choices)}
    return dict(choices) if numbered else dict.fromkeys(choices, 1)


def _check_limits(choices: Any, rules: Rules) -> None:
    paper, ballot_format = rules.paper, rules.ballot_format
    most = len(rules.costs) if paper["max_choices"] is None else paper["max_choices"]
    most = 1 if ballot_format == "choose-one" else most
    if not paper["min_choices"] <= len(choices) <= most:
        raise WrongError(f"it chooses {len(choices)}, not {paper['min_choices']} to {most}")
    cost = sum(rules.costs[choice] for choice in choices)
    if ballot_format == "knapsack" and cost > paper["budget_pence"]:
        raise WrongError(f"its choices cost {cost} pence of {paper['budget_pence']}")
    if ballot_format in NUMBERED:
        _check_numbers(choices, paper)


def _check_numbers(numbers: dict[str, Any], paper: dict[str, Any]) -> None:
    ballot_format = paper["ballot_format"]
    allowed = f"from 1 to {paper.get('highest_score')}"
    most = paper.get("highest_score")
    if ballot_format == "points":
        most = paper.get("most_points_on_one") or paper["points_to_give"]
        allowed = f"from 1 to {most}"
    for project_id, number in numbers.items():
        whole = type(number) is int
        if ballot_format == "yes-no":
            allowed, fits = "1 or -1", whole and number in (1, -1)
        else:
            fits = whole and 1 <= number <= most
        if not fits:
            raise WrongError(f"what it gives to {quoted(project_id)} is not {allowed}")
    if ballot_format == "points" and sum(numbers.values()) > paper["points_to_give"]:
        given = sum(numbers.values())
        raise WrongError(f"it gives {given} points, and there are {paper['points_to_give']}")


# ---- The opened ballots -------------------------------------------------------------------------

OPENING = {"commitment": HASH, "client_nonce": NONCE, "server_nonce": NONCE, "choices": TEXT}


@dataclass
class Tally:
    """The ballots that count, added up; `supporters` are voters, by project and points given."""

    ballots: int
    votes: dict[str, int]
    scores: dict[str, int] | None = None
    supporters: dict[str, dict[int, list[int]]] | None = None


def open_ballots(opened: list[Any] | None, ledger: Ledger, report: Report) -> Tally | None:
    """Check every opening, and add up what they say; None where ballots are not open."""
    closed, tallied = ledger.body("closed"), ledger.body("tallied")
    if opened is None:
        if tallied is not None and ledger.counting >= OPENED_FROM:
            raise WrongError(f"The ballots: {ledger.counting} count, and none is opened.")
        if closed is not None:
            report.not_checked.append(
                "what each ballot says: the ballots are not opened here "
                f"(of fewer than {OPENED_FROM} only scrutineers receive them)"
            )
        return None
    if closed is None:
        raise WrongError("The ballots: they are opened although the vote is not closed.")
    papers: Counter[str] = Counter()
    marks: dict[str, dict[str, int]] = {}
    expected = iter(sorted(ledger.batch_of.keys() - ledger.replaced.keys()))
    for nth, opening in enumerate(opened, start=1):
        choices = _check_opening(opening, nth, next(expected, None), ledger)
        if choices not in marks:
            marks[choices] = _marks_of(opening, ledger.frozen)
        papers[choices] += 1
    forgotten = next(expected, None)
    if forgotten is not None:
        raise WrongError(f"The ballots: commitment {forgotten} counts and is not opened.")
    report.checked.append(
        f"the ballots: {len(opened):,} opened, exactly those that count, each as committed to and "
        "as the paper allows"
    )
    return add_up(((marks[text], times) for text, times in papers.items()), ledger.frozen)


def _check_opening(opening: Any, nth: int, expected: str | None, ledger: Ledger) -> str:
    """The choices of an opening, once it is the next that counts and gives its commitment."""
    check_shape(f"Ballot {nth}", opening, OPENING, exactly=True)
    commitment = opening["commitment"]
    where = f"Ballot {nth} (commitment {commitment})"
    if commitment != expected:
        raise WrongError(f"{where}: {_why_unexpected(commitment, expected, ledger)}.")
    words = ("wardmote-1", str(ledger.round), opening["client_nonce"], opening["server_nonce"])
    if sha256("|".join((*words, opening["choices"]))) != commitment:
        raise WrongError(f"{where}: its nonces and choices do not give its commitment.")
    return str(opening["choices"])


def _why_unexpected(commitment: str, expected: str | None, ledger: Ledger) -> str:
    if commitment not in ledger.batch_of:
        return "it lies in no batch"
    if commitment in ledger.replaced:
        return f"it was replaced in batch {ledger.replaced[commitment]}"
    if expected is None or commitment < expected:
        return "it is there twice, or out of order"
    return f"commitment {expected} counts and should come before"


def _marks_of(opening: dict[str, Any], rules: Rules) -> dict[str, int]:
    try:
        return read_choices(opening["choices"], rules)
    except WrongError as error:
        raise WrongError(f"The ballot with commitment {opening['commitment']}: {error}.") from error


def add_up(papers: Iterable[tuple[dict[str, int], int]], rules: Rules) -> Tally:
    """Votes, points and supporters of every project, from papers and how often each was cast."""
    votes, scores = dict.fromkeys(rules.costs, 0), dict.fromkeys(rules.costs, 0)
    supporters: dict[str, dict[int, list[int]]] = {project_id: {} for project_id in rules.costs}
    ballots = 0
    for marks, times in papers:
        voters = range(ballots, ballots + times)
        ballots += times
        for project_id, points in marks.items():
            scores[project_id] += points * times
            if points > 0:
                votes[project_id] += times
                supporters[project_id].setdefault(points, []).extend(voters)
    return Tally(ballots, votes, scores, supporters)


# ---- The figures --------------------------------------------------------------------------------

RESULT = {
    "winners": TEXTS,
    "ballots_cast": WHOLE,
    "budget_pence": WHOLE,
    "spent_pence": WHOLE,
    "projects": LIST,
}
VERDICT = {
    "project_id": TEXT,
    "votes": WHOLE,
    "score": Shape("a whole number", lambda value: type(value) is int),
    "cost_pence": WHOLE,
    "funded": Shape("true or false", lambda value: isinstance(value, bool)),
}


def check_figures(
    result: dict[str, Any] | None, ledger: Ledger, tally: Tally | None, report: Report
) -> None:
    """The figures of the ledger and of the stored result are those of the ballots."""
    tallied = ledger.body("tallied")
    if (result is None) != (tallied is None):
        raise WrongError(
            "The result: it is there without an entry that tallies the vote."
            if tallied is None
            else f"{ledger.where('tallied')}: the result it speaks of is not in the file."
        )
    if result is None or tallied is None:
        return
    where = ledger.where("tallied")
    for project_id, votes in tally.votes.items() if tally else ():
        _agree(where, f"votes for {quoted(project_id)}", tallied["votes"].get(project_id, 0), votes)
    if sha256(canonical(result)) != tallied["result_sha256"]:
        raise WrongError(f"{where}: its hash of the result is not that of the result in the file.")
    check_shape("The result", result, RESULT)
    for name, there in (
        ("winners", tallied["winners"]),
        ("ballots_cast", tallied["ballots"]),
        ("spent_pence", tallied["spent_pence"]),
        ("budget_pence", ledger.frozen.budget),
    ):
        _agree("The result", quoted(name), result[name], there)
    if "rule" in result and canonical(result["rule"]) != canonical(ledger.frozen.rule):
        raise WrongError("The result: its rule is not that of the opened entry.")
    _check_verdicts(result, tallied, ledger.frozen, tally)
    drawn_from = "of the ballots" if tally else "of the ledger"
    report.checked.append(
        f"the figures: votes for {len(ledger.frozen.costs):,} projects and what is spent, in the "
        f"result the same as those {drawn_from}"
    )


def _agree(where: str, what: str, said: Any, found: Any) -> None:
    if said != found:
        raise WrongError(f"{where}: {what} should be {quoted(found)}, not {quoted(said)}.")


def _check_verdicts(
    result: dict[str, Any], tallied: dict[str, Any], rules: Rules, tally: Tally | None
) -> None:
    """The result tells of every project on the paper once, with the right figures."""
    missing = dict(rules.costs)
    for nth, verdict in enumerate(result["projects"], start=1):
        check_shape(f"The result, project {nth}", verdict, VERDICT)
        project_id = verdict["project_id"]
        where = f"The result, project {quoted(project_id)}"
        cost = missing.pop(project_id, None)
        if cost is None:
            raise WrongError(f"{where}: it is there twice, or not on the paper.")
        _agree(where, "the cost in pence", verdict["cost_pence"], cost)
        _agree(where, "the votes", verdict["votes"], tallied["votes"].get(project_id, 0))
        _agree(where, '"funded"', verdict["funded"], project_id in tallied["winners"])
        if tally is not None and tally.scores is not None:
            _agree(where, "the score", verdict["score"], tally.scores[project_id])
    for project_id in missing:
        raise WrongError(f"The result: project {quoted(project_id)} is missing.")


# ---- The outcome, counted again -----------------------------------------------------------------


def check_outcome(ledger: Ledger, tally: Tally | None, report: Report) -> None:
    """The winners are those of the frozen rule, in the order they won."""
    tallied, rules = ledger.body("tallied"), ledger.frozen
    if tallied is None:
        return
    unknown = rules.unknown()
    if unknown is not None:
        report.not_checked.append(
            f"the outcome: this program does not know the rule's {quoted(unknown)} of "
            f"{quoted(canonical(rules.rule.get(unknown)))}"
        )
        return
    if tally is None:
        tally = _tally_without_ballots(tallied, rules)
    if tally is None:
        report.not_checked.append("the outcome: it cannot be counted again without the ballots")
        return
    drawn = ledger.body("tie-break")
    winners = Count(rules, tally, drawn["seed"] if drawn else None).winners()
    if winners != tallied["winners"]:
        raise WrongError(_first_difference(ledger.where("tallied"), tallied["winners"], winners))
    report.checked.append(
        f"the outcome: counted again by {rules.rule['name']}, the same {len(winners):,} winners in "
        "the same order"
    )


def _tally_without_ballots(tallied: dict[str, Any], rules: Rules) -> Tally | None:
    """What the published votes tell; enough where nobody's purse and no points are needed."""
    rule, plain = rules.rule, rules.ballot_format in PLAIN
    points = rule["ranked_by"] == "score" or rule["minimum_score"] > 0
    if rule["name"] != "greedy" or (points and not plain):
        return None
    votes = {project_id: tallied["votes"].get(project_id, 0) for project_id in rules.costs}
    return Tally(tallied["ballots"], votes, votes if plain else None)


def _first_difference(where: str, said: list[str], found: list[str]) -> str:
    for nth in range(max(len(said), len(found))):
        one = quoted(said[nth]) if nth < len(said) else "nobody"
        other = quoted(found[nth]) if nth < len(found) else "nobody"
        if one != other:
            return f"{where}: winner {nth + 1} should be {other} by the rule, not {one}."
    return f"{where}: the winners are not those of the rule."


class Count:
    """The rule applied to the tally, with whole numbers and fractions only."""

    def __init__(self, rules: Rules, tally: Tally, seed: str | None) -> None:
        self.rule, self.costs, self.tally = rules.rule, rules.costs, tally
        self.left = rules.budget
        self.refuses_ties = rules.ties_by == "draw-at-close" and seed is None
        self.rank = _tie_ranks(rules, tally, seed)
        self.bought: list[str] = []

    def winners(self) -> list[str]:
        """The winners in the order they win."""
        for project_id in dict.fromkeys(self.rule["already_chosen"]):
            if self.costs.get(project_id, self.left + 1) > self.left:
                raise WrongError(
                    f"Entry 1 (opened): {quoted(project_id)}, already chosen, is not on the paper "
                    "or costs too much."
                )
            self._buy(project_id)
        running = [p for p in self.costs if p not in self.bought and self._takes_part(p)]
        if self.rule["name"] == "greedy":
            self._go_greedily(running, stops=self.rule["misfit"] == "stop")
        elif self.tally.ballots:
            self._go_by_shares(running)
        return self.bought

    def _takes_part(self, project_id: str) -> bool:
        rule, votes = self.rule, self.tally.votes[project_id]
        least = rule["minimum_score"]
        return (
            votes > 0
            and votes >= rule["minimum_votes"]
            and votes * 100 >= rule["minimum_share_percent"] * self.tally.ballots
            and (least == 0 or (self.tally.scores or {})[project_id] >= least)
        )

    def _buy(self, project_id: str) -> None:
        self.left -= self.costs[project_id]
        self.bought.append(project_id)

    def _go_greedily(self, running: list[str], *, stops: bool) -> None:
        """Fund what fits, the highest first; at what does not, go on or stop."""
        best_first = sorted(running, key=self._value, reverse=True)
        for _, together in groupby(best_first, key=self._value):
            level = sorted(together, key=self.rank.__getitem__)
            if self.refuses_ties and len(level) > 1 and self._order_decides(level, stops):
                raise WrongError(_undrawn(level))
            for project_id in level:
                if self._is_excluded(project_id):
                    continue
                if self.costs[project_id] <= self.left:
                    self._buy(project_id)
                elif stops:
                    return

    def _is_excluded(self, project_id: str) -> bool:
        """Whether another project was bought of a set of which one can win."""
        return any(
            project_id in members and any(p in members for p in self.bought)
            for members in self.rule["exclusive"]
        )

    def _value(self, project_id: str) -> tuple[bool, Fraction]:
        """What greedy ranks by; per pound, what costs nothing comes first."""
        by, cost = self.rule["ranked_by"], self.costs[project_id]
        if by == "votes-per-pound":
            return cost == 0, Fraction(self.tally.votes[project_id], cost or 1)
        figures = self.tally.votes if by == "votes" else self.tally.scores or {}
        return False, Fraction(figures[project_id])

    def _order_decides(self, level: list[str], stops: bool) -> bool:
        """Whether another order of projects that stand level would fund others of them.

        Where projects exclude others, that is taken for granted.
        """
        if self.rule["exclusive"]:
            return True
        costs = [self.costs[project_id] for project_id in level]
        affordable = [cost for cost in costs if cost <= self.left]
        if stops and len(affordable) < len(costs):
            return bool(affordable)
        return sum(affordable) > self.left

    def _go_by_shares(self, running: list[str]) -> None:
        """Equal shares, completed as the rule says."""
        for project_id in sorted(running, key=self.rank.__getitem__):
            if self.costs[project_id] == 0:
                self._buy(project_id)
        shares = EqualShares(self, [p for p in running if self.costs[p] > 0])
        bought = shares.completed()
        if self.refuses_ties and shares.level:
            raise WrongError(_undrawn(shares.level))
        for project_id in bought:
            self._buy(project_id)
        if self.rule["then"] == "utilitarian":
            self._go_greedily([p for p in running if p not in self.bought], stops=False)


def _undrawn(level: list[str]) -> str:
    names = ", ".join(map(quoted, level))
    return f"The ledger: the projects {names} stand level, and no entry tells of a draw."


def _tie_ranks(rules: Rules, tally: Tally, seed: str | None) -> dict[str, int]:
    """Where the tie order puts each project."""
    listed = rules.recorded if rules.ties_by == "recorded-list" else []
    places = {project_id: place for place, project_id in enumerate(listed)}

    def key(project_id: str) -> tuple[int, str, int, int, str]:
        drawn = "" if seed is None else sha256(f"wardmote tie 1|{seed}|{project_id}")
        place = places.get(project_id, len(places))
        return place, drawn, rules.costs[project_id], -tally.votes[project_id], project_id

    return {project_id: rank for rank, project_id in enumerate(sorted(rules.costs, key=key))}


# ---- Equal shares -------------------------------------------------------------------------------


class EqualShares:
    """What voters buy with equal shares of the money.

    Voters who hold the same are kept together as one *purse*, so that a price is worked out over
    purses, not voters. Money is whole numbers of a fraction of a penny that gets finer with every
    purchase; nothing is ever rounded.
    """

    def __init__(self, count: Count, for_sale: list[str]) -> None:
        self.rule, self.costs, self.rank = count.rule, count.costs, count.rank
        self.budget, self.ballots, self.for_sale = count.left, count.tally.ballots, for_sale
        by_points = self.rule["utility"] == "points"
        self.supporters = {
            project_id: given
            if by_points
            else {1: [v for voters in given.values() for v in voters]}
            for project_id, given in (count.tally.supporters or {}).items()
        }
        by_cost = self.rule["utility"] == "cost"
        self.worth = {p: self.costs[p] if by_cost else 1 for p in for_sale}
        # Projects that stood level in some run: one passed over may have ended the raising.
        self.level: list[str] = []

    def completed(self) -> list[str]:
        """What is bought at the start budget at which the rule's completion ends."""
        start, unit = Fraction(self.budget, self.ballots), self.rule["start_unit_pence"]
        if unit:
            start = Fraction(start // unit * unit)
        bought = self.run(start)
        if self.rule["completion"] == "none":
            return bought
        step = self.rule["step_pence"]
        last = (Fraction(self.budget * (self.ballots + 1), self.ballots) - start) // step
        for number in range(1, last + 1):
            if self.rule["completion"] == "add1-exhaustive" and self._exhausts(bought):
                break
            richer = self.run(start + number * step)
            if self._cost(richer) > self.budget:
                break
            bought = richer
        return bought

    def _cost(self, bought: list[str]) -> int:
        return sum(self.costs[project_id] for project_id in bought)

    def _exhausts(self, bought: list[str]) -> bool:
        """Whether what is left is too little for every other project."""
        left, gone = self.budget - self._cost(bought), set(bought)
        return all(self.costs[p] > left for p in self.for_sale if p not in gone)

    def run(self, start: Fraction) -> list[str]:
        """What is bought if everybody starts with this many pence."""
        purses = Purses(start, self.ballots)
        # No project was ever cheaper for what it is worth than this; prices only rise.
        floors = {
            p: Fraction(self.costs[p], self._points(p) * self.worth[p]) for p in self.for_sale
        }
        bought: list[str] = []
        while True:
            prices: dict[str, tuple[int, int]] = {}
            best: Fraction | None = None
            for project_id in sorted(floors, key=floors.__getitem__):
                if best is not None and floors[project_id] > best:
                    break
                price = purses.price(self.supporters[project_id], self.costs[project_id])
                if price is None:
                    del floors[project_id]  # and never again: nobody's money grows
                    continue
                prices[project_id] = price
                floors[project_id] = purses.pence(price) / self.worth[project_id]
                best = floors[project_id] if best is None else min(best, floors[project_id])
            if best is None:
                return bought
            level = [p for p in prices if floors[p] == best]
            level.sort(key=self.rank.__getitem__)
            purses.pay(self.supporters[level[0]], prices[level[0]])
            del floors[level[0]]
            bought.append(level[0])
            if len(level) > 1:
                self.level = self.level or level

    def _points(self, project_id: str) -> int:
        return sum(points * len(voters) for points, voters in self.supporters[project_id].items())


class Purses:
    """What every voter holds: `purse_of` by voter, and by purse how much is in it.

    Money is in whole grains, 1/`grains` of a penny. After purchase n there are `finer[n]` times
    as many to the penny now as there were then, which saves counting every purse anew.
    """

    EMPTY = 0

    def __init__(self, start: Fraction, voters: int) -> None:
        self.grains = start.denominator
        self.finer = [1]
        self.money, self.since = [0, start.numerator], [0, 0]
        self.purse_of = [1] * voters

    def held_in(self, purse: int) -> int:
        """What is in a purse, in grains as they are now."""
        return self.money[purse] * self.finer[self.since[purse]]

    def pence(self, price: tuple[int, int]) -> Fraction:
        """A price as pence for each point."""
        return Fraction(price[0], price[1] * self.grains)

    def price(self, supporters: dict[int, list[int]], cost: int) -> tuple[int, int] | None:
        """The least price at which supporters raise the cost: (grains, shared by so many points).

        Whoever holds less than the price pays all they hold. Each round takes those for granted
        who were too poor for the last, lower price, until nobody new is too poor.
        """
        held = [
            (self.held_in(purse), points, voters)
            for points, given in supporters.items()
            for purse, voters in Counter(map(self.purse_of.__getitem__, given)).items()
        ]
        cost *= self.grains
        if sum(money * voters for money, _, voters in held) < cost:
            return None
        due, shared_by = cost, sum(points * voters for _, points, voters in held)
        while True:
            poor = [(m, p, v) for m, p, v in held if m * shared_by < due * p]
            if not poor:
                return due, shared_by
            held = [(m, p, v) for m, p, v in held if m * shared_by >= due * p]
            due -= sum(money * voters for money, _, voters in poor)
            shared_by -= sum(points * voters for _, points, voters in poor)

    def pay(self, supporters: dict[int, list[int]], price: tuple[int, int]) -> None:
        """Take the price for each of their points from all supporters, or all they hold."""
        common = math.gcd(*price)
        due, finer = price[0] // common, price[1] // common
        self.grains *= finer
        self.finer = [*(factor * finer for factor in self.finer), 1]
        left_with = {0: self.EMPTY}
        purse_of = self.purse_of
        for points, voters in supporters.items():
            moves = {}
            for purse in set(map(purse_of.__getitem__, voters)):
                left = max(0, self.held_in(purse) - due * points)
                if left not in left_with:
                    left_with[left] = len(self.money)
                    self.money.append(left)
                    self.since.append(len(self.finer) - 1)
                moves[purse] = left_with[left]
            for voter in voters:
                purse_of[voter] = moves[purse_of[voter]]


# ---- What councillors signed --------------------------------------------------------------------


def check_signed_text(record: dict[str, Any], ledger: Ledger, report: Report) -> None:
    """The text of the record is the one that was signed, and its copies are true ones."""
    signed, text = ledger.body("signed"), record["record"]
    if (signed is None) != (text is None):
        raise WrongError(
            "The record's text: it is there without an entry that signs it."
            if signed is None
            else f"{ledger.where('signed')}: the text it signs is not in the file."
        )
    if signed is None:
        return
    if sha256(text) != signed["record_sha256"]:
        raise WrongError(f"{ledger.where('signed')}: its hash is not that of the record's text.")
    for name, copy, original in _copies(text, record, ledger):
        if canonical(copy) != canonical(original):
            raise WrongError(f"The record's text: its {quoted(name)} is not that of the ledger.")
    report.checked.append("the text that councillors signed: the same, letter by letter")


def _copies(
    text: str, record: dict[str, Any], ledger: Ledger
) -> Iterator[tuple[str, object, object]]:
    """What the text repeats, with the original beside it."""
    try:
        contents = json.loads(text)
    except ValueError as error:
        raise WrongError("The record's text: it is no JSON.") from error
    opened, residents = ledger.body("opened") or {}, None
    if isinstance(contents, dict):
        residents = contents.get("residents")
        for name in ("rules", "rules_sha256"):
            if contents.get(name) is not None:
                yield name, contents[name], opened[name]
    if not isinstance(residents, dict):
        return
    for name, original in (
        ("result", record["result"]),
        ("ballots_cast", ledger.counting),
        ("roll_size", opened["roll_size"]),
    ):
        if residents.get(name) is not None:
            yield name, residents[name], original


# ---- Receipts -----------------------------------------------------------------------------------

RECEIPT = {"round": WHOLE, "commitment": HASH, "signature": SIGNATURE}
PROOF = {"batch": COUNTED, "leaf": WHOLE, "leaves": COUNTED, "path": HASHES}


def receipt_code(commitment: str) -> str:
    """The sixteen characters of a commitment's receipt."""
    bits = int(commitment[:20], 16)
    return "".join(RECEIPT_LETTERS[bits >> 5 * place & 31] for place in range(15, -1, -1))


def read_receipt(code_or_file: str) -> dict[str, Any]:
    """A receipt's code, commitment, or file, as an object."""
    tidy = re.sub(r"[\s-]", "", code_or_file)
    code = tidy.upper().replace("O", "0").replace("I", "1").replace("L", "1")
    if len(code) == 16 and set(code) <= set(RECEIPT_LETTERS):
        return {"code": code}
    if HASH.fits(tidy.lower()):
        return {"code": receipt_code(tidy.lower())}
    receipt = read_json(Path(code_or_file))
    try:
        check_shape("The receipt", receipt, RECEIPT)
        if "path" in receipt:
            check_shape("The receipt", receipt, PROOF)
    except WrongError as error:
        raise UnreadableError(str(error)) from error
    return {**receipt, "code": receipt_code(receipt["commitment"])}


def check_receipt(receipt: dict[str, Any], ledger: Ledger, report: Report) -> None:
    """Where the receipt's ballot lies and whether it counts; never what it says."""
    where = f"Receipt {receipt['code']}"
    if "commitment" in receipt:
        if receipt["round"] != ledger.round:
            raise WrongError(f"{where}: it is of round {receipt['round']}, not {ledger.round}.")
        message = f"wardmote-receipt-1|{receipt['round']}|{receipt['commitment']}"
        if not ledger.key.signed(message, receipt["signature"]):
            raise WrongError(f"{where}: its signature is not that of the public key.")
        report.checked.append(f"{where}: signed with the public key")
    found = [
        commitment
        for commitment in ledger.batch_of
        if commitment == receipt.get("commitment", commitment)
        and receipt_code(commitment) == receipt["code"]
    ]
    if not found:
        if ledger.body("closed") is not None:
            raise WrongError(f"{where}: its ballot is in no batch.")
        report.not_checked.append(f"{where}: it is in no batch yet, and the vote is still open")
    for commitment in found:
        _check_proof(receipt, commitment, where, ledger)
        report.checked.append(f"{where}: {_place_of(commitment, ledger)}")


def _check_proof(receipt: dict[str, Any], commitment: str, where: str, ledger: Ledger) -> None:
    if "path" not in receipt:
        return
    number = ledger.batch_of[commitment]
    batch = ledger.batches[number - 1]
    place, leaves = batch.commitments.index(commitment), len(batch.commitments)
    for name, true in (("batch", number), ("leaf", place), ("leaves", leaves)):
        _agree(where, f"the {name}", receipt[name], true)
    if root_by_proof(commitment, place, leaves, receipt["path"]) != batch.root:
        raise WrongError(f"{where}: its proof does not lead to the root of batch {number}.")


def _place_of(commitment: str, ledger: Ledger) -> str:
    number = ledger.batch_of[commitment]
    batches, entry = len(ledger.batches), ledger.batches[number - 1].entry
    place = f"its ballot lies in batch {number:,} of {batches:,} (entry {entry:,}), and "
    if commitment in ledger.replaced:
        return f"{place}was replaced by a later one (told in batch {ledger.replaced[commitment]:,})"
    return place + ("counts" if ledger.body("closed") else "counts unless it is replaced")


# ---- Decision notices ---------------------------------------------------------------------------

NOTICE_PROOF = {"notice_sha256": HASH, "signature": SIGNATURE}


def read_notice(file: str | None, proof_file: str | None) -> Notice | None:
    """A decision notice, byte by byte, with its proof if there is one."""
    if file is None:
        if proof_file is not None:
            raise UnreadableError("A proof alone shows nothing: give its notice too (--notice).")
        return None
    try:
        text = Path(file).read_bytes()
    except OSError as error:
        raise UnreadableError(f"The notice cannot be read: {error}") from error
    proof = None if proof_file is None else read_json(Path(proof_file))
    try:
        if proof is not None:
            check_shape("The proof", proof, NOTICE_PROOF)
    except WrongError as error:
        raise UnreadableError(str(error)) from error
    return Notice(text, proof)


def check_notice(notice: Notice, ledger: Ledger, report: Report) -> None:
    """The notice is the one that the ledger names, and the council signed it."""
    digest = hashlib.sha256(notice.text).hexdigest()
    newest = ledger.body("notice")
    if newest is None:
        raise WrongError("The notice: the ledger names none.")
    # A decision that was sent back and decided again has one notice for each time.
    said = next((one for one in ledger.notices if one["notice_sha256"] == digest), None)
    if said is None:
        raise WrongError(f"{ledger.where('notice')}: its hash is not that of the notice.")
    report.checked.append(
        f"decision notice {said['number']}: its text is the one that the ledger names"
    )
    if notice.proof is None:
        return
    if notice.proof["notice_sha256"] != digest:
        raise WrongError("The proof: it is of another notice.")
    if not ledger.key.signed(f"wardmote-notice-1|{digest}", notice.proof["signature"]):
        raise WrongError("The proof: its signature is not that of the public key.")
    report.checked.append(f"decision notice {said['number']}: signed with the public key")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
