"""The second verifier: what a true record is, what it finds, and that it counts as we do."""

import copy
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ballots.counting import (
    DEFAULT_ORDER,
    Completion,
    Misfit,
    Project,
    RankedBy,
    Rule,
    RuleName,
    RunningTally,
    Then,
    TieOrder,
    Utility,
    count,
)
from ballots.papers import BallotFormat, marks_in
from tests.second_verifier import draw_order, first_fault

KEY = Ed25519PrivateKey.from_private_bytes(b"a council's key for tests only..")
ANOTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, tests only.")
ROUND = 7
Change = Callable[[dict[str, Any]], object]

# --- a small maker of records --------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A vote as it was held: who chose what, and what came of it, worked out by hand."""

    costs: dict[str, int]
    budget: int
    cast: Sequence[Any]
    votes: dict[str, int]
    winners: list[str]
    rule: Rule = field(default_factory=Rule)
    paper: dict[str, Any] = field(default_factory=lambda: {"ballot_format": "approval"})
    tie_order: dict[str, Any] = field(default_factory=lambda: {"by": "default", "recorded": []})
    draw: str | None = None
    changed: Sequence[Any] = ()


def text_of(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def entry(kind: str, body: object, ledger: list[Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    written = {
        "round": ROUND,
        "number": len(ledger) + 1,
        "kind": kind,
        "at": f"2026-05-04T10:00:{len(ledger):02}+00:00",
        "previous": ledger[-1]["hash"] if ledger else "0" * 64,
        "body": body,
    }
    hashed = sha(text_of(written))
    signature = key.sign(f"wardmote-ledger-1|{hashed}".encode()).hex()
    return {**written, "hash": hashed, "signature": signature}


def sign_again(record: dict[str, Any], key: Ed25519PrivateKey = KEY) -> None:
    """What a council does that holds the key and rewrites its own ledger."""
    ledger: list[Any] = []
    for written in record["ledger"]:
        ledger.append(entry(written["kind"], written["body"], ledger, key))
    record["ledger"] = ledger


def opened(number: int, choices: object) -> dict[str, str]:
    nonces = sha(f"phone {number}"), sha(f"server {number}")
    text = text_of(choices)
    commitment = sha("|".join(("wardmote-1", str(ROUND), *nonces, text)))
    parts = ("commitment", "client_nonce", "server_nonce", "choices")
    return dict(zip(parts, (commitment, *nonces, text), strict=True))


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 from below: pairs, and who is left over goes up alone."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [
            hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    return level[0]


def batch(number: int, fresh: Sequence[str], gone: Sequence[str], ballots: int) -> dict[str, Any]:
    fresh = sorted(fresh)
    return {
        "batch": number,
        "commitments": fresh,
        "replaced": sorted(gone),
        "root": merkle([bytes.fromhex(commitment) for commitment in fresh]).hex(),
        "ballots": ballots,
    }


def record_of(held: Held) -> dict[str, Any]:
    """The whole record: two batches, the second replaces what `changed` was cast at first."""
    rules = {
        "round": ROUND,
        "title": "Kälte & Wärme",
        "budget_pence": held.budget,
        "roll_size": 500,
        "paper": {"max_choices": None, "min_choices": 0, "budget_pence": held.budget}
        | {"projects": [{"id": i, "cost_pence": cost} for i, cost in held.costs.items()]}
        | held.paper,
        "rule": held.rule.as_json(),
        "tie_order": held.tie_order,
        "disclosure": {"profile": "open", "step": 20},
        "approvals_needed": 1,
        "closes_at": "2026-05-04T10:00:00+00:00",
    }
    rules_hash = sha(text_of(rules))
    body: dict[str, Any] = {"rules": rules, "rules_sha256": rules_hash, "roll_size": 500}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("opened", body | {"roll_hash": "ab" * 32, "public_key": key_of(KEY)})
    ]
    ballots = [opened(number, choices) for number, choices in enumerate(held.cast)]
    gone = [opened(1000 + number, choices) for number, choices in enumerate(held.changed)]
    half = len(ballots) // 2
    first = [ballot["commitment"] for ballot in gone + ballots[:half]]
    second = [ballot["commitment"] for ballot in ballots[half:]]
    batches = [batch(1, first, [], len(first))] if first else []
    if second:
        replaced = [ballot["commitment"] for ballot in gone]
        batches.append(batch(len(batches) + 1, second, replaced, len(ballots)))
    bodies += [("batch", made) for made in batches]
    shown = {"version": 1, "covered": len(first), "result_sha256": sha("figures")}
    bodies.append(("snapshot", shown))
    bodies.append(("closed", {"ballots": len(ballots), "batches": len(batches)}))
    ledger: list[Any] = []
    for kind, told in bodies:
        ledger.append(entry(kind, told, ledger, KEY))
    winners = held.winners
    if held.draw is not None:
        head = ledger[-1]["hash"]
        seed = sha(f"wardmote-draw-1|{head}|{held.draw}")
        order = sorted(held.winners, key=lambda i: sha(f"wardmote tie 1|{seed}|{i}"))
        winners, drawn = order[:1], {"source": "dice", "value": held.draw, "head": head}
        drawn |= {"seed": seed, "tied": sorted(order), "entered_by": ["Ada", "Ben"]}
        ledger.append(entry("tie-break", drawn, ledger, KEY))
    result = {"winners": winners, "start_budget_pence": "0.000000"}
    spent = sum(held.costs[winner] for winner in winners)
    tallied = {"ballots": len(ballots), "winners": winners, "votes": held.votes}
    tallied |= {"spent_pence": spent, "result_sha256": sha(text_of(result))}
    record = text_of({"projects": [{"id": i, "decision": "approved"} for i in winners]})
    for kind, told in (
        ("tallied", tallied),
        ("signed", {"record_sha256": sha(record), "decisions": [{"id": i} for i in winners]}),
        ("correction", {"corrects": 1, "words": "A typing error.", "by": "Ada"}),
        ("key-destroyed", {"by": "Ada"}),
    ):
        ledger.append(entry(kind, told, ledger, KEY))
    return {
        "format": "wardmote-record-2",
        "round": ROUND,
        "public_key": key_of(KEY),
        "ledger": ledger,
        "ballots": sorted(ballots, key=lambda ballot: ballot["commitment"]),
        "result": result,
        "record": record,
    }


# --- true records --------------------------------------------------------------------------------

COSTS = {"lamp": 6000, "road": 5000, "tree": 4000}
APPROVED = Held(
    COSTS,
    10_000,
    [["lamp", "tree"], ["lamp"], ["road"], ["lamp", "tree"], ["road"], []],
    votes={"lamp": 3, "road": 2, "tree": 2},
    # Road and tree stand level: tree costs less, and there is just enough for it.
    winners=["lamp", "tree"],
    changed=[["tree"]],
)
RANKED = Held(
    COSTS,
    10_000,
    [["road", "lamp", "tree"], ["tree", "road"], ["lamp"], ["road", "lamp"]],
    votes={"lamp": 3, "road": 3, "tree": 2},
    # Road has 3 + 1 + 2 points, lamp 2 + 1 + 1 and no longer fits, tree 1 + 2.
    winners=["road", "tree"],
    rule=Rule(ranked_by=RankedBy.SCORE),
    paper={"ballot_format": "ranking"},
)
SHARED = Held(
    {"x": 300, "y": 200, "z": 500},
    600,
    [{"x": 3, "y": 1}, {"x": 1, "y": 3}, {"z": 4}],
    votes={"x": 2, "y": 2, "z": 1},
    # With 200 each only y (50 a point) can be paid; with 300 and 400 x too (75 a point); with
    # 500 z would be bought as well, and all three cost more than there is.
    winners=["y", "x"],
    rule=Rule(
        RuleName.EQUAL_SHARES, utility=Utility.POINTS, completion=Completion.ADD1, step_pence=100
    ),
    paper={"ballot_format": "points", "points_to_give": 4},
)
BOUGHT = Held(
    COSTS,
    9_000,
    [["lamp"], ["lamp"], ["road"], ["road", "tree"]],
    votes={"lamp": 2, "road": 2, "tree": 1},
    # 2,250 each: nobody can pay. Then by votes: road costs less than lamp and has as many.
    winners=["road", "tree"],
    rule=Rule(RuleName.EQUAL_SHARES, then=Then.UTILITARIAN),
    paper={"ballot_format": "knapsack"},
)
DRAWN = Held(
    {"lamp": 5000, "road": 5000, "tree": 9000},
    5_000,
    [["lamp"], ["road"], ["lamp", "road"]],
    votes={"lamp": 2, "road": 2},
    winners=["lamp", "road"],
    tie_order={"by": "draw-at-close", "recorded": []},
    draw="dice 3 5 1 6",
)
MANY = Held(
    COSTS,
    10_000,
    [["lamp"]] * 60 + [["road"]] * 61,
    votes={"lamp": 60, "road": 61},
    winners=["road"],
    paper={"ballot_format": "choose-one"},
)
SAID = Held(
    COSTS,
    10_000,
    [{"lamp": 1, "road": -1}, {"lamp": -1, "road": 1}, {"road": 1, "tree": -1}],
    votes={"lamp": 1, "road": 2},
    winners=["road"],
    rule=Rule(minimum_score=1),
    paper={"ballot_format": "yes-no"},
)
SCORED = Held(
    COSTS,
    10_000,
    [{"lamp": 5, "road": 2}, {"tree": 4}, {"tree": 3}],
    votes={"lamp": 1, "road": 1, "tree": 2},
    # By score tree has 7 and lamp 5: together they cost all there is.
    winners=["tree", "lamp"],
    rule=Rule(ranked_by=RankedBy.SCORE),
    paper={"ballot_format": "scores", "highest_score": 5},
)
TRUE = {
    "approval": APPROVED,
    "ranking": RANKED,
    "points": SHARED,
    "knapsack": BOUGHT,
    "approval with a draw": DRAWN,
    "choose-one, 121 ballots": MANY,
    "yes-no": SAID,
    "scores": SCORED,
}


@pytest.mark.parametrize("held", TRUE.values(), ids=TRUE)
def test_nothing_is_found_wrong_with_a_true_record(held: Held) -> None:
    assert first_fault(record_of(held)) is None


def test_a_small_vote_passes_without_its_ballots() -> None:
    record = record_of(APPROVED)
    record["ballots"] = None
    assert first_fault(record) is None


def test_a_vote_that_is_still_open_passes() -> None:
    record = record_of(APPROVED)
    record |= {"ledger": record["ledger"][:3], "ballots": None, "result": None, "record": None}
    assert first_fault(record) is None


def test_a_rule_beyond_this_verifier_is_said_not_to_be_checked() -> None:
    record = record_of(APPROVED)
    freeze_other_rules(
        record, rule=body_of(record, "opened")["rules"]["rule"] | {"comparison": True}
    )
    sign_again(record)
    assert "not checked" in str(first_fault(record))


# --- false ones ----------------------------------------------------------------------------------


def body_of(record: dict[str, Any], kind: str, which: int = 0) -> Any:
    return [entry["body"] for entry in record["ledger"] if entry["kind"] == kind][which]


def promise(record: dict[str, Any], **disclosure: object) -> None:
    """Other promises of what is shown while the vote is open, with their hash."""
    opened = body_of(record, "opened")
    opened["rules"]["disclosure"].update(disclosure)
    told = json.dumps(opened["rules"], sort_keys=True, separators=(",", ":"))
    opened["rules_sha256"] = sha(told)


def drop(record: dict[str, Any], kind: str) -> None:
    record["ledger"] = [entry for entry in record["ledger"] if entry["kind"] != kind]


def elect(record: dict[str, Any], winners: list[str], spent: int) -> None:
    """Another outcome, with everything that hangs on it put right."""
    record["result"]["winners"] = winners
    told = {"winners": winners, "spent_pence": spent}
    body_of(record, "tallied").update(told, result_sha256=sha(text_of(record["result"])))


def fill_in_again(record: dict[str, Any], chosen: object, was: object, /, **parts: str) -> None:
    """One ballot with other choices, its commitment and its batch put right."""
    ballot = next(b for b in record["ballots"] if b["choices"] == text_of(was))
    old = ballot["commitment"]
    ballot |= {"choices": text_of(chosen)} | parts
    words = [ballot[part] for part in ("client_nonce", "server_nonce", "choices")]
    ballot["commitment"] = sha("|".join(("wardmote-1", str(ROUND), *words)))
    for made in (e["body"] for e in record["ledger"] if e["kind"] == "batch"):
        fresh = [ballot["commitment"] if c == old else c for c in made["commitments"]]
        made |= batch(made["batch"], fresh, made["replaced"], made["ballots"])
    record["ballots"].sort(key=lambda b: b["commitment"])


def take_over(record: dict[str, Any]) -> None:
    sign_again(record, ANOTHER_KEY)
    record["public_key"] = key_of(ANOTHER_KEY)


def freeze_other_rules(record: dict[str, Any], **rules: object) -> None:
    told = body_of(record, "opened")
    told["rules"] |= rules
    told["rules_sha256"] = sha(text_of(told["rules"]))


def shorten_the_roll(record: dict[str, Any]) -> None:
    body_of(record, "opened")["roll_size"] = 5
    freeze_other_rules(record, roll_size=5)


def sign_last_entry_as(record: dict[str, Any], **changed: str) -> None:
    last = record["ledger"][-1] | changed
    written = {name: last[name] for name in last if name not in ("hash", "signature")}
    hashed = sha(text_of(written))
    signature = KEY.sign(f"wardmote-ledger-1|{hashed}".encode()).hex()
    record["ledger"][-1] = {**written, "hash": hashed, "signature": signature}


def decide_without_a_draw(record: dict[str, Any]) -> None:
    drop(record, "tie-break")
    elect(record, ["lamp"], 5_000)


# What somebody changes who does not hold the council's key.
BY_A_STRANGER: dict[str, tuple[Change, str]] = {
    "a word in an entry": (
        lambda r: body_of(r, "correction").update(words="No error."),
        "not what was hashed",
    ),
    "an entry taken out": (lambda r: drop(r, "snapshot"), "another number"),
    "two entries the other way round": (lambda r: r["ledger"].reverse(), "another number"),
    "every entry signed with another key": (
        lambda r: sign_again(r, ANOTHER_KEY),
        "not signed with the council",
    ),
    "another key": (take_over, "opened with another key"),
    "a signature of another entry": (
        lambda r: r["ledger"][1].update(signature=r["ledger"][2]["signature"]),
        "not signed",
    ),
    "a choice on an opened ballot": (
        lambda r: r["ballots"][0].update(choices='["road"]', client_nonce=""),
        "does not open",
    ),
    "a ballot left out": (lambda r: r["ballots"].pop(), "other ballots than commitments"),
    "a ballot twice": (
        lambda r: r["ballots"].insert(0, r["ballots"][0]),
        "other ballots than commitments",
    ),
    "the result": (lambda r: r["result"].update(winners=["road"]), "not the one that was tallied"),
    "the text that councillors signed": (
        lambda r: r.update(record=r["record"].replace("approved", "declined")),
        "signed another text",
    ),
    "a word more in an entry": (lambda r: r["ledger"][1].update(note="x"), "other parts"),
    "a last entry that follows nothing": (
        lambda r: sign_last_entry_as(r, previous="0" * 64),
        "does not follow",
    ),
    "a time of somewhere else": (
        lambda r: sign_last_entry_as(r, at="2026-05-04T10:00:00+02:00"),
        "not in UTC",
    ),
    "no result": (lambda r: r.update(result=None), "a result and no tally, or reversed"),
    "nothing of what was signed": (lambda r: r.update(record=None), "no signed text"),
    "another round": (lambda r: r.update(round=8), "another round"),
    "another format": (lambda r: r.update(format="wardmote-record-1"), "format"),
    "a part that is missing": (lambda r: r.pop("ballots"), "not as described"),
}


@pytest.mark.parametrize(("change", "words"), BY_A_STRANGER.values(), ids=BY_A_STRANGER)
def test_what_a_stranger_changes_is_found(change: Change, words: str) -> None:
    record = record_of(APPROVED)
    change(record)
    assert words in str(first_fault(record))


# What a council changes that holds the key, and signs its whole ledger again.
BY_THE_COUNCIL: dict[str, tuple[Held, Change, str]] = {
    "the rules, and not their hash": (
        APPROVED,
        lambda r: body_of(r, "opened")["rules"].update(budget_pence=20_000),
        "not those of their hash",
    ),
    "the rules of another round": (
        APPROVED,
        lambda r: freeze_other_rules(r, round=8),
        "rules are those of another round",
    ),
    "the number of batches at the close": (
        APPROVED,
        lambda r: body_of(r, "closed").update(batches=3),
        "the close counts other batches",
    ),
    "an entry of a kind that there is not": (
        APPROVED,
        lambda r: r["ledger"][7].update(kind="rumour"),
        "an odd kind",
    ),
    "a correction of itself": (
        APPROVED,
        lambda r: body_of(r, "correction").update(corrects=8),
        "corrects no earlier entry",
    ),
    "a batch left out": (APPROVED, lambda r: r["ledger"].pop(1), "another number, or is empty"),
    "a commitment in capitals": (
        APPROVED,
        lambda r: body_of(r, "batch")["commitments"].insert(
            0, body_of(r, "batch")["commitments"].pop(0).upper()
        ),
        "no hash",
    ),
    "a nonce with room for more": (
        APPROVED,
        lambda r: fill_in_again(r, ["road"], ["lamp"], client_nonce="any word"),
        "odd nonce",
    ),
    "choices that are not written the one way": (
        APPROVED,
        lambda r: fill_in_again(r, [], ["lamp", "tree"], choices='["lamp", "tree"]'),
        "not canonical",
    ),
    "choices out of order": (
        APPROVED,
        lambda r: fill_in_again(r, ["tree", "lamp"], ["lamp", "tree"]),
        "unsorted",
    ),
    "a draw that the rules do not know": (
        DRAWN,
        lambda r: freeze_other_rules(r, tie_order={"by": "default", "recorded": []}),
        "rules do not know",
    ),
    "a draw about one project": (
        DRAWN,
        lambda r: body_of(r, "tie-break").update(tied=["lamp"]),
        "about no tie",
    ),
    "the number of ballots in the tally": (
        APPROVED,
        lambda r: body_of(r, "tallied").update(ballots=7),
        "the tally counts other ballots",
    ),
    "votes for what does not stand": (
        APPROVED,
        lambda r: body_of(r, "tallied")["votes"].update(moon=1),
        "not on the paper",
    ),
    "a project that wins twice": (
        APPROVED,
        lambda r: elect(r, ["lamp", "lamp"], 12_000),
        "a winner twice",
    ),
    "a Merkle root": (
        APPROVED,
        lambda r: body_of(r, "batch", 1).update(root="cd" * 32),
        "Merkle root",
    ),
    "a commitment once more in a later batch": (
        APPROVED,
        lambda r: body_of(r, "batch", 1).update(
            batch(2, body_of(r, "batch")["commitments"][:1], [], 4)
        ),
        "of an earlier batch",
    ),
    "commitments out of order": (
        APPROVED,
        lambda r: body_of(r, "batch")["commitments"].reverse(),
        "unsorted",
    ),
    "a replacement of what never was": (
        APPROVED,
        lambda r: body_of(r, "batch", 1).update(replaced=["ef" * 32]),
        "was not there",
    ),
    "a ballot made to be replaced": (
        APPROVED,
        lambda r: body_of(r, "batch", 1).update(
            replaced=sorted(body_of(r, "batch")["commitments"][:2])
        ),
        "counts its ballots wrongly",
    ),
    "the number of ballots of a batch": (
        APPROVED,
        lambda r: body_of(r, "batch").update(ballots=3),
        "counts its ballots wrongly",
    ),
    "the number of ballots at the close": (
        APPROVED,
        lambda r: body_of(r, "closed").update(ballots=7),
        "the close counts other ballots",
    ),
    "more ballots than people": (APPROVED, shorten_the_roll, "than people on the roll"),
    "a batch after the close": (
        APPROVED,
        lambda r: r["ledger"].insert(5, r["ledger"].pop(2)),
        "out of place",
    ),
    "a second tally": (APPROVED, lambda r: r["ledger"].append(r["ledger"][5]), "out of place"),
    "a figure over more voters than there are": (
        APPROVED,
        lambda r: body_of(r, "snapshot").update(covered=501),
        "cover more than the roll",
    ),
    "figures of a sealed vote": (
        APPROVED,
        lambda r: promise(r, profile="sealed"),
        "a sealed vote published figures",
    ),
    "figures in smaller steps": (
        APPROVED,
        lambda r: promise(r, profile="live", step=99),
        "less than a step",
    ),
    "a choice that is not on the paper": (
        APPROVED,
        lambda r: fill_in_again(r, ["moon"], ["lamp"]),
        "as the paper asks",
    ),
    "a project chosen twice on one ballot": (
        APPROVED,
        lambda r: fill_in_again(r, ["lamp", "lamp"], ["lamp"]),
        "as the paper asks",
    ),
    "more points than a ballot has": (
        SHARED,
        lambda r: fill_in_again(r, {"x": 4, "y": 1}, {"x": 3, "y": 1}),
        "forbidden numbers",
    ),
    "a ballot that costs more than it may": (
        BOUGHT,
        lambda r: fill_in_again(r, ["lamp", "tree"], ["lamp"]),
        "costs more",
    ),
    "votes that nobody cast": (
        APPROVED,
        lambda r: body_of(r, "tallied")["votes"].update(road=4),
        "do not add up",
    ),
    "the sum spent": (
        APPROVED,
        lambda r: body_of(r, "tallied").update(spent_pence=9_000),
        "sum spent",
    ),
    "the winners under greedy": (
        APPROVED,
        lambda r: elect(r, ["lamp"], 6_000),
        "gives other winners",
    ),
    "the order of the winners": (
        RANKED,
        lambda r: elect(r, ["tree", "road"], 9_000),
        "gives other winners",
    ),
    "the winners under equal shares": (
        SHARED,
        lambda r: elect(r, ["y"], 200),
        "gives other winners",
    ),
    "a draw from another head": (
        DRAWN,
        lambda r: body_of(r, "tie-break").update(head="12" * 32),
        "not that of its value",
    ),
    "dice thrown until they suited": (
        DRAWN,
        lambda r: body_of(r, "tie-break").update(value="dice 1 1 1 1"),
        "not that of its value",
    ),
    "another project out of the draw": (
        DRAWN,
        lambda r: elect(r, [i for i in ("lamp", "road") if i not in r["result"]["winners"]], 5_000),
        "gives other winners",
    ),
    "a tie decided without a draw": (DRAWN, decide_without_a_draw, "nothing was drawn"),
    "a hundred ballots and more kept back": (
        MANY,
        lambda r: r.update(ballots=None),
        "not published",
    ),
}


@pytest.mark.parametrize(("held", "change", "words"), BY_THE_COUNCIL.values(), ids=BY_THE_COUNCIL)
def test_what_a_council_changes_and_signs_again_is_found(
    held: Held, change: Change, words: str
) -> None:
    record = copy.deepcopy(record_of(held))
    change(record)
    sign_again(record)
    assert words in str(first_fault(record))


# --- two programs, one answer --------------------------------------------------------------------

LETTERS = "aZ019/.|-_ éß\u0416\u4e2d\U0001f333"


def drawn_ids(chance: random.Random) -> list[str]:
    return sorted({"".join(chance.choices(LETTERS, k=chance.randint(1, 8))) for _ in range(6)})


def test_two_programs_give_the_same_draw() -> None:
    chance, different = random.Random(20260504), 0
    for profile in range(10_000):
        seed, ids = chance.randbytes(32).hex(), drawn_ids(chance)
        projects = [Project(i, chance.randint(0, 3)) for i in chance.sample(ids, len(ids))]
        ours, _ = TieOrder.drawn(seed).arrange(projects, {i: chance.randint(0, 3) for i in ids})
        assert [project.id for project in ours] == draw_order(seed, ids), (profile, seed)
        different += [project.id for project in ours] != ids
    # Were the draw the order of ids, both could be wrong in the same way.
    assert different > 9_000


def drawn_rule(chance: random.Random) -> Rule:
    shared = chance.random() < 0.7
    return Rule(
        RuleName.EQUAL_SHARES if shared else RuleName.GREEDY,
        ranked_by=chance.choice(
            (RankedBy.VOTES, RankedBy.SCORE, RankedBy.VOTES_PER_POUND),
        ),
        misfit=chance.choice(tuple(Misfit)),
        utility=chance.choice(tuple(Utility)),
        start_unit_pence=chance.choice((0, 0, 7)),
        completion=chance.choice(tuple(Completion)),
        step_pence=chance.choice((1, 3, 10)),
        then=chance.choice(tuple(Then)),
        minimum_votes=chance.choice((0, 0, 2)),
        minimum_share_percent=chance.choice((0, 0, 30)),
        minimum_score=chance.choice((0, 0, 3)),
        already_chosen=chance.choice(((), (), ("b",))),
    )


def drawn_ballot(chance: random.Random, kind: BallotFormat, ids: Sequence[str]) -> Any:
    chosen = chance.sample(ids, chance.randint(0, len(ids)))
    if kind is BallotFormat.RANKING:
        return chosen
    if kind is BallotFormat.APPROVAL:
        return sorted(chosen)
    numbers = (1, -1) if kind is BallotFormat.YES_NO else (1, 2, 3)
    return {i: chance.choice(numbers) for i in chosen}


@pytest.mark.parametrize("kind", ["approval", "ranking", "scores", "yes-no"])
def test_two_programs_give_the_same_outcome(kind: BallotFormat) -> None:
    kind, chance, outcomes = BallotFormat(kind), random.Random(f"{kind} 20260504"), set()
    for number in range(150):
        costs = {
            i: chance.choice((0, 20, 30, 30, 45, 60)) for i in "abcdef"[: chance.randint(2, 6)]
        }
        order = TieOrder.from_list("cb") if chance.random() < 0.5 else DEFAULT_ORDER
        cast = [drawn_ballot(chance, kind, list(costs)) for _ in range(chance.randint(1, 8))]
        rule, budget = drawn_rule(chance), chance.randint(60, 200)
        tally = RunningTally([Project(i, cost) for i, cost in costs.items()], budget)
        for choices in cast:
            tally.add(*marks_in(kind, text_of(choices)))
        election = tally.election()
        result = count(election, rule, order)
        held = Held(
            costs,
            budget,
            cast,
            votes=dict(election.votes),
            winners=list(result.winners),
            rule=rule,
            paper={"ballot_format": kind.value, "highest_score": 3},
            tie_order=order.as_json(),
        )
        assert first_fault(record_of(held)) is None, (number, held)
        outcomes.add(result.winners)
    # Elections in which always the same happens would show nothing.
    assert len(outcomes) > 30
