"""Records of votes that never were: whole, signed, and right until a test changes them.

Written from docs/record-format.md alone; only who wins is asked of `ballots.counting`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ballots.counting import (
    REFUSE,
    BallotGroup,
    Election,
    Project,
    Result,
    Rule,
    TieOrder,
    TieRefusedError,
    count,
)
from ballots.papers import BallotFormat, Choices, canonical, marks_in

ROUND = 7
OPENED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
HASHED = ("at", "body", "kind", "number", "previous", "round")
DEFAULT_TIES: Mapping[str, Any] = {"by": "default", "recorded": []}
DRAWN_TIES: Mapping[str, Any] = {"by": "draw-at-close", "recorded": []}


def key_of(name: str) -> Ed25519PrivateKey:
    """The same key for the same name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


COUNCIL = key_of("council")


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half, as a record has it."""
    return key.public_key().public_bytes_raw().hex()


def plain(value: object) -> str:
    """The canonical JSON of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def hashed(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def root_of(commitments: Sequence[str]) -> bytes:
    """The root of RFC 6962, as its recursive definition has it."""
    if len(commitments) == 1:
        return hashlib.sha256(b"\0" + bytes.fromhex(commitments[0])).digest()
    split = split_of(len(commitments))
    left, right = root_of(commitments[:split]), root_of(commitments[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


def split_of(leaves: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << (leaves - 1).bit_length() - 1


def path_of(commitments: Sequence[str], leaf: int) -> list[str]:
    """The proof of inclusion of RFC 6962, from the leaf upwards."""
    if len(commitments) == 1:
        return []
    split = split_of(len(commitments))
    if leaf < split:
        return [*path_of(commitments[:split], leaf), root_of(commitments[split:]).hex()]
    return [*path_of(commitments[split:], leaf - split), root_of(commitments[:split]).hex()]


def signed_again(entry: dict[str, Any], key: Ed25519PrivateKey = COUNCIL) -> dict[str, Any]:
    """The entry with the hash of what it says now, signed."""
    digest = hashed(plain({name: entry[name] for name in HASHED}))
    signature = key.sign(b"wardmote-ledger-1|" + digest.encode()).hex()
    return {**entry, "hash": digest, "signature": signature}


def chained_again(
    ledger: Sequence[dict[str, Any]], key: Ed25519PrivateKey = COUNCIL
) -> list[dict[str, Any]]:
    """The entries numbered, linked, hashed and signed anew, whatever they say."""
    chain: list[dict[str, Any]] = []
    for number, entry in enumerate(ledger, start=1):
        previous = chain[-1]["hash"] if chain else "0" * 64
        chain.append(signed_again({**entry, "number": number, "previous": previous}, key))
    return chain


def receipt_for(record: dict[str, Any], commitment: str) -> dict[str, Any]:
    """The receipt of a commitment with its proof."""
    message = f"wardmote-receipt-1|{record['round']}|{commitment}"
    batch = next(
        entry["body"]
        for entry in record["ledger"]
        if entry["kind"] == "batch" and commitment in entry["body"]["commitments"]
    )
    leaf = batch["commitments"].index(commitment)
    return {
        "round": record["round"],
        "commitment": commitment,
        "signature": COUNCIL.sign(message.encode()).hex(),
        "batch": batch["batch"],
        "leaf": leaf,
        "leaves": len(batch["commitments"]),
        "path": path_of(batch["commitments"], leaf),
    }


@dataclass
class Vote:
    """A vote to make a record of; `ballots` are choices as the paper has them."""

    ballots: Sequence[Choices]
    costs: Mapping[str, int]
    budget: int
    ballot_format: BallotFormat = BallotFormat.APPROVAL
    rule: Rule = field(default_factory=Rule)
    limits: Mapping[str, int | None] = field(default_factory=dict)
    ties: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_TIES)
    batch_size: int = 5
    # So many of the voters cast another ballot before the one that counts.
    changed: int = 0
    # Whether openings are in the record; None: from a hundred ballots on.
    opened: bool | None = None
    # What was promised of figures while the vote is open: those of a builder follow every batch.
    profile: str = "open"
    # How often the close was put off, by an hour each time.
    extended: int = 0
    seed: int = 0

    def rules(self) -> dict[str, Any]:
        """The frozen rules."""
        return {
            "round": ROUND,
            "title": "Spring round",
            "budget_pence": self.budget,
            "paper": {
                "ballot_format": self.ballot_format.value,
                "projects": [{"id": p, "cost_pence": cost} for p, cost in self.costs.items()],
                "budget_pence": self.budget,
                "max_choices": None,
                "min_choices": 0,
                **self.limits,
            },
            "rule": self.rule.as_json(),
            "tie_order": dict(self.ties),
            "disclosure": {"profile": self.profile, "step": 20},
            "approvals_needed": 2,
            "closes_at": None,
            "roll_size": len(self.ballots) + 3,
        }

    def count(self, order: TieOrder) -> Result:
        """What the rule makes of the ballots."""
        groups = []
        papers = Counter(canonical(self.ballot_format, choices) for choices in self.ballots)
        for text, times in papers.items():
            choices, points = marks_in(self.ballot_format, text)
            groups.append(BallotGroup(choices, times, points))
        projects = [Project(project_id, cost) for project_id, cost in self.costs.items()]
        return count(Election.of(projects, groups, self.budget), self.rule, order)


class Book:
    """A ledger while it is written."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def write(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Append a signed entry."""
        number = len(self.entries) + 1
        entry = {
            "round": ROUND,
            "number": number,
            "kind": kind,
            "at": (OPENED_AT + timedelta(seconds=number)).isoformat(),
            "previous": self.entries[-1]["hash"] if self.entries else "0" * 64,
            "body": body,
        }
        self.entries.append(signed_again(entry))
        return self.entries[-1]


def record_of(vote: Vote) -> dict[str, Any]:
    """The whole record of a vote, up to what councillors signed."""
    random, book, rules = Random(vote.seed), Book(), vote.rules()
    book.write(
        "opened",
        {
            "rules": rules,
            "rules_sha256": hashed(plain(rules)),
            "roll_size": rules["roll_size"],
            "roll_hash": hashed("roll"),
            "public_key": public_hex(COUNCIL),
        },
    )
    for number in range(1, vote.extended + 1):
        closes_at = (OPENED_AT + timedelta(hours=number)).isoformat()
        book.write("extended", {"closes_at": closes_at, "by": "A facilitator"})
    openings = _write_batches(vote, book, random)
    batches = sum(entry["kind"] == "batch" for entry in book.entries)
    closed = book.write("closed", {"ballots": len(vote.ballots), "batches": batches})
    result = _counted(vote, book, closed["hash"]).to_json()
    votes = {verdict["project_id"]: verdict["votes"] for verdict in _objects(result["projects"])}
    book.write(
        "tallied",
        {
            "ballots": len(vote.ballots),
            "winners": result["winners"],
            "votes": votes,
            "spent_pence": result["spent_pence"],
            "result_sha256": hashed(plain(result)),
        },
    )
    text = _signed_text(rules, result, len(vote.ballots))
    book.write("correction", {"corrects": 1, "words": "A typing error.", "by": "An officer"})
    book.write("signed", {"record_sha256": hashed(text), "decisions": 2})
    shown = len(openings) >= 100 if vote.opened is None else vote.opened
    return {
        "format": "wardmote-record-2",
        "round": ROUND,
        "public_key": public_hex(COUNCIL),
        "ledger": book.entries,
        "ballots": sorted(openings, key=lambda one: one["commitment"]) if shown else None,
        "result": result,
        "record": text,
    }


def _objects(value: Any) -> list[dict[str, Any]]:
    return list(value)


def _write_batches(vote: Vote, book: Book, random: Random) -> list[dict[str, Any]]:
    """Everybody votes, some twice; every batch with figures after it."""
    turns = [*range(len(vote.ballots)), *range(vote.changed)]
    random.shuffle(turns)
    still_to_come = Counter(turns)
    cast = []
    for voter in turns:
        still_to_come[voter] -= 1
        # Who votes twice first votes like the last voter, and then as they mean it.
        choices = vote.ballots[-1 if still_to_come[voter] else voter]
        cast.append((voter, _opening(vote, choices, random)))
    in_force: dict[int, str] = {}
    openings: dict[str, dict[str, Any]] = {}
    for number, start in enumerate(range(0, len(cast), vote.batch_size), start=1):
        replaced, commitments = [], []
        for voter, opening in cast[start : start + vote.batch_size]:
            if voter in in_force:
                replaced.append(in_force[voter])
                del openings[in_force[voter]]
            in_force[voter] = opening["commitment"]
            openings[opening["commitment"]] = opening
            commitments.append(opening["commitment"])
        commitments.sort()
        body = {
            "batch": number,
            "commitments": commitments,
            "replaced": sorted(replaced),
            "root": root_of(commitments).hex(),
            "ballots": len(in_force),
        }
        book.write("batch", body)
        shown = {"version": number, "covered": len(in_force), "result_sha256": hashed(str(number))}
        book.write("snapshot", shown)
    return list(openings.values())


def _text(vote: Vote, choices: Choices) -> str:
    return canonical(vote.ballot_format, choices)


def _opening(vote: Vote, choices: Choices, random: Random) -> dict[str, Any]:
    client, server = random.randbytes(32).hex(), random.randbytes(32).hex()
    text = _text(vote, choices)
    return {
        "commitment": hashed(f"wardmote-1|{ROUND}|{client}|{server}|{text}"),
        "client_nonce": client,
        "server_nonce": server,
        "choices": text,
    }


def _counted(vote: Vote, book: Book, head: str) -> Result:
    """The result; where the rules draw ties and one has to be decided, after a draw."""
    if vote.ties["by"] == "recorded-list":
        return vote.count(TieOrder.from_list(vote.ties["recorded"]))
    if vote.ties["by"] == "default":
        return vote.count(TieOrder())
    try:
        return vote.count(REFUSE)
    except TieRefusedError as refused:
        seed = hashed(f"wardmote-draw-1|{head}|4 2 6")
        body = {
            "source": "dice",
            "value": "4 2 6",
            "head": head,
            "seed": seed,
            "tied": list(refused.members),
            "entered_by": ["One", "Another"],
        }
        book.write("tie-break", body)
        return vote.count(TieOrder.drawn(seed))


def _signed_text(rules: dict[str, Any], result: dict[str, Any], ballots: int) -> str:
    contents = {
        "format": "wardmote-record-1",
        "rules": rules,
        "rules_sha256": hashed(plain(rules)),
        "residents": {
            "result": result,
            "ballots_cast": ballots,
            "roll_size": rules["roll_size"],
        },
        "councillors": {"decisions": [{"act": "adopt", "reasons": "As “residents” wished"}]},
    }
    return json.dumps(contents, indent=1, ensure_ascii=False) + "\n"
