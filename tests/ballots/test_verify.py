"""Anybody checks a vote: right records pass, and of wrong ones the first wrong thing is named."""

import ast
import contextlib
import copy
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import verify
from ballots.counting import (
    Completion,
    Election,
    Misfit,
    RankedBy,
    Rule,
    RuleName,
    Then,
    TieOrder,
    Utility,
    count,
)
from ballots.papers import BallotFormat, Choices
from tests.ballots.elections import drawn_elections, groups_of
from tests.records import (
    COUNCIL,
    DRAWN_TIES,
    Vote,
    chained_again,
    hashed,
    key_of,
    path_of,
    plain,
    public_hex,
    receipt_for,
    record_of,
    root_of,
    signed_again,
    split_of,
)

Record = dict[str, Any]
COSTS = {"p1": 300, "p2": 500, "p3": 700, "p4": 0, "é5": 900, "p6": 500}
LIMITS: dict[BallotFormat, dict[str, int | None]] = {
    BallotFormat.POINTS: {"points_to_give": 10, "most_points_on_one": 4},
    BallotFormat.SCORES: {"highest_score": 5},
}


def choices_drawn(random: Random, ballot_format: BallotFormat) -> Choices:
    """A ballot that the paper allows."""
    most = {BallotFormat.CHOOSE_ONE: 1, BallotFormat.KNAPSACK: 2, BallotFormat.POINTS: 2}
    chosen = random.sample(sorted(COSTS), random.randint(0, most.get(ballot_format, 5)))
    match ballot_format:
        case BallotFormat.POINTS:
            return {project_id: random.randint(1, 4) for project_id in chosen}
        case BallotFormat.SCORES:
            return {project_id: random.randint(1, 5) for project_id in chosen}
        case BallotFormat.YES_NO:
            return {project_id: random.choice((1, 1, -1)) for project_id in chosen}
        case _:
            return chosen


def vote_of(
    ballot_format: BallotFormat = BallotFormat.APPROVAL,
    ballots: int = 20,
    rule: Rule | None = None,
    seed: int = 1,
) -> Vote:
    random = Random(seed)
    return Vote(
        [choices_drawn(random, ballot_format) for _ in range(ballots)],
        COSTS,
        budget=1600,
        ballot_format=ballot_format,
        rule=rule or Rule(),
        limits=LIMITS.get(ballot_format, {}),
        changed=4,
        opened=True,
        seed=seed,
    )


def answer_on(record: object, *options: str, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON answer of the program, run in this process."""
    path = tmp_path / "record.json"
    path.write_bytes(record if isinstance(record, bytes) else json.dumps(record).encode())
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = verify.main([str(path), "--json", *options])
    assert printed.getvalue().count("\n") == 1
    return code, json.loads(printed.getvalue())


def wrong_with(record: object) -> str | None:
    """The sentence that the checks end with, None if all is right."""
    try:
        verify.verify(record, verify.Report())
    except (verify.WrongError, verify.UnreadableError) as error:
        return str(error)
    return None


RULES = {
    "greedy": Rule(),
    "greedy, stop": Rule(misfit=Misfit.STOP),
    "per pound": Rule(ranked_by=RankedBy.VOTES_PER_POUND, minimum_share_percent=20),
    "already chosen": Rule(already_chosen=("p3",), minimum_votes=3),
    "shares": Rule(name=RuleName.EQUAL_SHARES),
    "shares, add1": Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1, step_pence=1),
    "shares, exhaustive": Rule(
        name=RuleName.EQUAL_SHARES,
        completion=Completion.ADD1_EXHAUSTIVE,
        step_pence=3,
        start_unit_pence=10,
        utility=Utility.CARDINALITY,
        then=Then.UTILITARIAN,
    ),
}
GRADED = {
    "score": Rule(ranked_by=RankedBy.SCORE, minimum_score=2),
    "shares by points": Rule(
        name=RuleName.EQUAL_SHARES, utility=Utility.POINTS, completion=Completion.ADD1
    ),
}


@pytest.mark.parametrize("ballot_format", BallotFormat)
@pytest.mark.parametrize("rule", RULES)
def test_a_right_record_passes_whatever_the_paper_and_the_rule(
    rule: str, ballot_format: BallotFormat, tmp_path: Path
) -> None:
    record = record_of(vote_of(ballot_format, rule=RULES[rule]))
    code, answer = answer_on(record, "--key", public_hex(COUNCIL), tmp_path=tmp_path)
    assert (code, answer["ok"], answer["wrong"]) == (0, True, None)
    assert any(sentence.startswith("the outcome: counted again") for sentence in answer["checked"])
    assert len(answer["not_checked"]) == 1  # whether something was left off at the end


@pytest.mark.parametrize("ballot_format", ["ranking", "points", "scores", "yes-no"])
@pytest.mark.parametrize("rule", GRADED)
def test_a_right_record_passes_where_points_are_counted(rule: str, ballot_format: str) -> None:
    assert wrong_with(record_of(vote_of(BallotFormat(ballot_format), rule=GRADED[rule]))) is None


def test_a_hundred_ballots_are_opened_and_fewer_are_not(tmp_path: Path) -> None:
    few, many = vote_of(ballots=99), vote_of(ballots=100)
    few.opened = many.opened = None
    _, of_few = answer_on(record_of(few), tmp_path=tmp_path)
    _, of_many = answer_on(record_of(many), tmp_path=tmp_path)
    assert any("100 opened" in sentence for sentence in of_many["checked"])
    assert any("the ballots are not opened" in sentence for sentence in of_few["not_checked"])
    # Greedy by votes needs no more than the published votes.
    assert any("counted again by greedy" in sentence for sentence in of_few["checked"])
    without = {**record_of(many), "ballots": None}
    assert wrong_with(without) == "The ballots: 100 count, and none is opened."


def test_what_only_ballots_can_tell_is_said_not_to_be_checked(tmp_path: Path) -> None:
    vote = vote_of(rule=Rule(name=RuleName.EQUAL_SHARES))
    vote.opened = False
    code, answer = answer_on(record_of(vote), tmp_path=tmp_path)
    assert code == 0
    assert "the outcome: it cannot be counted again without the ballots" in answer["not_checked"]


@pytest.mark.parametrize(
    ("rule", "unknown"),
    [
        (Rule(name=RuleName.PHRAGMEN), '"name" of "\\"phragmen\\""'),
        (Rule(part_funding=True), '"part_funding" of "true"'),
        (Rule(name=RuleName.EQUAL_SHARES, exclusive=(("p1", "p2"),)), '"exclusive"'),
        (Rule(overspend_pence=5), '"overspend_pence" of "5"'),
    ],
)
def test_a_rule_it_does_not_know_is_said_not_to_be_checked(
    rule: Rule, unknown: str, tmp_path: Path
) -> None:
    code, answer = answer_on(record_of(vote_of(rule=rule)), tmp_path=tmp_path)
    assert code == 0
    outcome = [one for one in answer["not_checked"] if one.startswith("the outcome")]
    assert len(outcome) == 1
    assert unknown.replace("\\", "") in outcome[0].replace("\\", "")


def test_every_beginning_of_a_right_ledger_is_right_as_far_as_it_goes() -> None:
    record = record_of(vote_of())
    kinds = [entry["kind"] for entry in record["ledger"]]
    for length in range(1, len(kinds) + 1):
        so_far = kinds[:length]
        shorter = {
            **record,
            "ledger": record["ledger"][:length],
            "ballots": record["ballots"] if "closed" in so_far else None,
            "result": record["result"] if "tallied" in so_far else None,
            "record": record["record"] if "signed" in so_far else None,
        }
        assert wrong_with(shorter) is None


def test_an_empty_vote_funds_nothing_and_is_right() -> None:
    for rule in (Rule(), Rule(name=RuleName.EQUAL_SHARES)):
        record = record_of(Vote([], COSTS, 1000, rule=rule))
        assert wrong_with(record) is None
        assert record["result"]["winners"] == []


# ---- Ties --------------------------------------------------------------------------------------


def level_vote(rule: Rule | None = None) -> Vote:
    """Six projects of one cost with two votes each, and money for three."""
    ids = [f"t{nth}" for nth in range(6)]
    return Vote(
        [[project_id] for project_id in ids] * 2,
        dict.fromkeys(ids, 100),
        300,
        rule=rule or Rule(),
        ties=DRAWN_TIES,
        opened=True,
        seed=1,
    )


@pytest.mark.parametrize(
    "rule",
    [
        Rule(),
        Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1, then=Then.UTILITARIAN),
    ],
)
def test_a_draw_decides_a_tie_and_is_drawn_again(rule: Rule) -> None:
    record = record_of(level_vote(rule))
    assert wrong_with(record) is None
    assert [entry["kind"] for entry in record["ledger"]].count("tie-break") == 1
    drawn = sorted(record["result"]["winners"])
    assert drawn != ["t0", "t1", "t2"], "the draw must differ from the default order to show it"
    for name, value in (("value", "6 6 6"), ("seed", "0" * 64), ("head", "0" * 64)):
        ledger = copy.deepcopy(record["ledger"])
        _entry(ledger, "tie-break")["body"][name] = value
        wrong = wrong_with({**record, "ledger": chained_again(ledger)})
        assert (wrong or "").startswith("Entry 9 (tie-break): ")


def test_a_draw_that_was_thrown_again_gives_other_winners() -> None:
    record = record_of(level_vote())
    ledger = copy.deepcopy(record["ledger"])
    body = _entry(ledger, "tie-break")["body"]
    body["value"] = "1 1 1"
    body["seed"] = hashed(f"wardmote-draw-1|{body['head']}|1 1 1")
    wrong = wrong_with({**record, "ledger": chained_again(ledger)})
    assert re.fullmatch(r"Entry 10 \(tallied\): winner \d should be .*, not .*", wrong or "")


@pytest.mark.parametrize("rule", [Rule(), Rule(name=RuleName.EQUAL_SHARES)])
def test_a_tie_that_was_never_drawn_is_found(rule: Rule) -> None:
    vote = level_vote(rule)
    vote.ballots = [list(vote.costs)] * 12
    record = record_of(vote)
    assert wrong_with(record) is None
    ledger = [entry for entry in record["ledger"] if entry["kind"] != "tie-break"]
    wrong = wrong_with({**record, "ledger": chained_again(ledger)})
    assert wrong is not None
    assert wrong.startswith("The ledger: the projects ")
    assert wrong.endswith("stand level, and no entry tells of a draw.")


def test_a_tie_that_was_never_drawn_is_found_where_it_only_ended_the_raising() -> None:
    # At 24 / 7 pence each only p0 is bought. At two pence more p1 and p2 are level: with p1 first
    # all three are bought, for 28, and the step is taken back.
    vote = Vote(
        [*[["p0", "p1"]] * 2, *[["p0"]] * 2, *[["p2"]] * 2, ["p0", "p1", "p2"]],
        {"p0": 10, "p1": 8, "p2": 10},
        24,
        rule=Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1, step_pence=2),
        ties=DRAWN_TIES,
        opened=True,
    )
    record = record_of(vote)
    assert wrong_with(record) is None
    ledger = [entry for entry in record["ledger"] if entry["kind"] != "tie-break"]
    assert len(ledger) < len(record["ledger"])
    wrong = wrong_with({**record, "ledger": chained_again(ledger)})
    assert wrong is not None
    assert wrong.startswith('The ledger: the projects "p1", "p2" stand level')


def test_a_recorded_list_decides_a_tie() -> None:
    vote = level_vote()
    vote.ties = {"by": "recorded-list", "recorded": ["t5", "t3", "t4"]}
    record = record_of(vote)
    assert record["result"]["winners"] == ["t5", "t3", "t4"]
    assert wrong_with(record) is None


# ---- The outcome agrees with the count ---------------------------------------------------------


def settings_of(name: RuleName) -> st.SearchStrategy[Rule]:
    few = st.integers(0, 3)
    ranks = [RankedBy.VOTES, RankedBy.SCORE, RankedBy.VOTES_PER_POUND]
    return st.builds(
        Rule,
        name=st.just(name),
        ranked_by=st.sampled_from(ranks),
        misfit=st.sampled_from(Misfit),
        utility=st.sampled_from(Utility),
        start_unit_pence=st.sampled_from([0, 0, 3, 50]),
        completion=st.sampled_from(Completion),
        step_pence=st.sampled_from([7, 20, 100]),
        then=st.sampled_from(Then),
        minimum_votes=few,
        minimum_share_percent=st.sampled_from([0, 0, 30]),
        minimum_score=few,
    )


def winners_again(election: Election, rule: Rule, ties: str, seed: str | None) -> list[str]:
    """The winners as the verifier counts them."""
    costs = {project.id: project.cost_pence for project in election.projects}
    rules = verify.Rules(
        election.ballots_cast, election.budget_pence, {}, costs, _as_read(rule), ties, []
    )
    marks = [
        (dict(zip(choices, points or (1,) * len(choices), strict=True)), ballots)
        for choices, ballots, points in groups_of(election)
    ]
    return verify.Count(rules, verify.add_up(marks, rules), seed).winners()


def _as_read(rule: Rule) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(rule.as_json()))
    return read


@settings(max_examples=400, deadline=None)
@given(election=drawn_elections(), rule=settings_of(RuleName.GREEDY), drawn=st.booleans())
def test_greedy_counted_apart_has_the_same_winners(
    election: Election, rule: Rule, drawn: bool
) -> None:
    check_same_winners(election, rule, drawn)


@settings(max_examples=400, deadline=None)
@given(election=drawn_elections(), rule=settings_of(RuleName.EQUAL_SHARES), drawn=st.booleans())
def test_equal_shares_counted_apart_have_the_same_winners(
    election: Election, rule: Rule, drawn: bool
) -> None:
    check_same_winners(election, rule, drawn)


def check_same_winners(election: Election, rule: Rule, drawn: bool) -> None:
    """Both programs name the same winners in the same order, with one of them already chosen."""
    cheapest = min(election.projects, key=lambda project: project.cost_pence)
    if drawn and cheapest.cost_pence <= election.budget_pence:
        rule = replace(rule, already_chosen=(cheapest.id,))
    order = TieOrder.drawn("ab") if drawn else TieOrder()
    expected = list(count(election, rule, order).winners)
    ties, seed = ("draw-at-close", "ab") if drawn else ("default", None)
    assert winners_again(election, rule, ties, seed) == expected


# ---- Ed25519 and Merkle trees ------------------------------------------------------------------

# RFC 8032, section 7.1, tests 1 and 2: key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "r",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_signatures_of_the_standard_are_valid(key: str, message: str, signature: str) -> None:
    assert verify.PublicKey(key).signed(message, signature)
    assert not verify.PublicKey(key).signed(message + "x", signature)


def test_signatures_agree_with_another_library() -> None:
    random, key = Random(8), verify.PublicKey(public_hex(COUNCIL))
    for nth in range(60):
        message = f"message {nth}"
        raw = bytearray(COUNCIL.sign(message.encode()))
        if nth % 2:
            raw[random.randrange(64)] ^= 1 << random.randrange(8)
        try:
            COUNCIL.public_key().verify(bytes(raw), message.encode())
            valid = True
        except InvalidSignature:
            valid = False
        assert key.signed(message, raw.hex()) == valid == (nth % 2 == 0)


def test_a_signature_has_one_spelling() -> None:
    raw = COUNCIL.sign(b"once")
    larger = int.from_bytes(raw[32:], "little") + verify.L
    key = verify.PublicKey(public_hex(COUNCIL))
    assert key.signed("once", raw.hex())
    assert not key.signed("once", (raw[:32] + larger.to_bytes(32, "little")).hex())


@pytest.mark.parametrize(
    "key",
    [
        "01" + "00" * 31,  # the neutral point: anybody could sign
        "00" * 32,  # of order four
        "ec" + "ff" * 30 + "7f",  # of order two
        "ee" + "ff" * 30 + "7f",  # a second spelling of 1
        "01" + "00" * 30 + "80",  # zero with a sign
        "02" + "00" * 31,  # not on the curve
    ],
)
def test_a_key_under_which_anybody_could_sign_is_no_key(key: str) -> None:
    with pytest.raises(verify.WrongError, match="is no Ed25519 key"):
        verify.PublicKey(key)


def test_merkle_roots_and_proofs_are_those_of_the_recursive_definition() -> None:
    assert [split_of(leaves) for leaves in (2, 3, 4, 5, 8, 9)] == [1, 2, 2, 4, 4, 8]
    commitments = [hashed(str(nth)) for nth in range(21)]
    for leaves in range(1, 22):
        tree = commitments[:leaves]
        root = root_of(tree).hex()
        assert verify.merkle_root(tree) == root
        for leaf in range(leaves):
            path = path_of(tree, leaf)
            assert verify.root_by_proof(tree[leaf], leaf, leaves, path) == root
            assert verify.root_by_proof(tree[leaf], leaf, leaves, [*path, root]) != root
            if path:
                assert verify.root_by_proof(tree[leaf], leaf, leaves, path[:-1]) != root


# ---- Everything that is changed is found -------------------------------------------------------


def _entry(ledger: list[Record], kind: str) -> Record:
    return next(entry for entry in ledger if entry["kind"] == kind)


@pytest.fixture(scope="module")
def right() -> Record:
    """A small right record with every kind of thing in it."""
    record = record_of(vote_of(ballots=12, rule=Rule(name=RuleName.EQUAL_SHARES)))
    assert wrong_with(record) is None
    return record


# A mutation changes its copy of a record and says how the sentence must begin.
Mutation = Callable[[Random, Record], str]


def delete_an_entry(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ledger"]))
    last = at == len(record["ledger"]) - 1
    del record["ledger"][at]
    return "The record's text" if last else f"Entry {at + 1} "


def insert_an_entry(random: Random, record: Record) -> str:
    at = random.randrange(1, len(record["ledger"]) + 1)
    body = {"corrects": 1, "words": "x", "by": "y"}
    entry = {**record["ledger"][-1], "kind": "correction", "number": at + 1, "body": body}
    entry["previous"] = record["ledger"][at - 1]["hash"]
    key = random.choice((COUNCIL, key_of("somebody")))
    record["ledger"].insert(at, signed_again(entry, key))
    if at == len(record["ledger"]) - 1 and key is COUNCIL:
        record["ledger"][at]["at"] = record["ledger"][0]["at"]
    # Signed by the council itself it is the next entry that no longer follows.
    return "Entry "


def swap_two_entries(random: Random, record: Record) -> str:
    ledger = record["ledger"]
    one, other = sorted(random.sample(range(len(ledger)), 2))
    ledger[one], ledger[other] = ledger[other], ledger[one]
    return f"Entry {one + 1} "


def duplicate_an_entry(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ledger"]))
    record["ledger"].insert(at, copy.deepcopy(record["ledger"][at]))
    return f"Entry {at + 2} "


def sign_with_another_key(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ledger"]))
    record["ledger"][at] = signed_again(record["ledger"][at], key_of(str(random.random())))
    return f"Entry {at + 1} "


def rebuild_the_chain_with_another_key(random: Random, record: Record) -> str:
    key = key_of(str(random.random()))
    if random.random() < 0.5:
        record["ledger"] = chained_again(record["ledger"], key)
        return "Entry 1 "
    if random.random() < 0.5:
        record["public_key"] = public_hex(key)
        return "Entry 1 "
    # From some entry on, as somebody would who came by the last part only.
    at = random.randrange(1, len(record["ledger"]))
    record["ledger"][at:] = chained_again(record["ledger"], key)[at:]
    return f"Entry {at + 1} "


def change_an_opening(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ballots"]))
    opening = record["ballots"][at]
    name = random.choice(("client_nonce", "server_nonce", "choices"))
    others = {one[name] for one in record["ballots"]} - {opening[name]}
    opening[name] = random.choice(sorted(others))
    return f"Ballot {at + 1} (commitment {opening['commitment']})"


def remove_an_opening(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ballots"]))
    gone = record["ballots"].pop(at)["commitment"]
    return f"*{gone} counts and"


def add_an_opening(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ballots"]) + 1)
    opening = copy.deepcopy(random.choice(record["ballots"]))
    nonce = random.randbytes(32).hex()
    text = f"wardmote-1|{record['round']}|{nonce}||{opening['choices']}"
    commitment = hashed(text)
    opening |= {"client_nonce": nonce, "server_nonce": "", "commitment": commitment}
    record["ballots"].insert(at, opening)
    return f"Ballot {at + 1} (commitment {commitment}): it lies in no batch"


def duplicate_an_opening(random: Random, record: Record) -> str:
    at = random.randrange(len(record["ballots"]))
    record["ballots"].insert(at, record["ballots"][at])
    return f"Ballot {at + 2} "


def swap_two_openings(random: Random, record: Record) -> str:
    opened = record["ballots"]
    one, other = sorted(random.sample(range(len(opened)), 2))
    opened[one], opened[other] = opened[other], opened[one]
    return f"Ballot {one + 1} "


def swap_winners_as_the_council(random: Random, record: Record) -> str:
    """The council itself names other winners, and signs everything anew."""
    winners = record["result"]["winners"]
    one, other = random.sample(range(len(winners)), 2)
    winners[one], winners[other] = winners[other], winners[one]
    tallied = _entry(record["ledger"], "tallied")
    tallied["body"]["winners"] = winners
    _publish_again(record, tallied)
    return f"Entry {tallied['number']} (tallied): winner {min(one, other) + 1} should be"


def change_votes_as_the_council(random: Random, record: Record) -> str:
    tallied = _entry(record["ledger"], "tallied")
    project_id = random.choice(sorted(COSTS))
    votes = tallied["body"]["votes"]
    votes[project_id] += -1 if votes[project_id] else 1
    for verdict in record["result"]["projects"]:
        if verdict["project_id"] == project_id:
            verdict["votes"] = votes[project_id]
    _publish_again(record, tallied)
    where = f"Entry {tallied['number']} (tallied): votes for "
    return where + verify.quoted(project_id)


def change_the_result_as_the_council(random: Random, record: Record) -> str:
    result = record["result"]
    if random.random() < 0.5:
        result[random.choice(("budget_pence", "spent_pence", "ballots_cast"))] += 1
    else:
        verdict = random.choice(result["projects"])
        name = random.choice(("votes", "score", "cost_pence", "funded"))
        verdict[name] = not verdict[name] if name == "funded" else verdict[name] + 1
    _publish_again(record, _entry(record["ledger"], "tallied"))
    return "The result"


def _publish_again(record: Record, tallied: Record) -> None:
    tallied["body"]["result_sha256"] = hashed(plain(record["result"]))
    record["ledger"] = chained_again(record["ledger"])


def change_the_result(random: Random, record: Record) -> str:
    random.choice(record["result"]["projects"])["votes"] += random.choice((-1, 1))
    tallied = _entry(record["ledger"], "tallied")
    return f"Entry {tallied['number']} (tallied): its hash of the result"


def change_the_signed_text(random: Random, record: Record) -> str:
    at = random.randrange(len(record["record"]))
    record["record"] = record["record"][:at] + "~" + record["record"][at + 1 :]
    signed = _entry(record["ledger"], "signed")
    return f"Entry {signed['number']} (signed): its hash is not that of the record's text."


def change_a_copy_as_the_council(random: Random, record: Record) -> str:
    contents = json.loads(record["record"])
    name = random.choice(("result", "ballots_cast", "roll_size"))
    residents = contents["residents"]
    residents[name] = {} if name == "result" else residents[name] + 1
    record["record"] = json.dumps(contents)
    signed = _entry(record["ledger"], "signed")
    signed["body"]["record_sha256"] = hashed(record["record"])
    record["ledger"] = chained_again(record["ledger"])
    return f'The record\'s text: its "{name}" is not that of the ledger.'


def change_a_batch_as_the_council(random: Random, record: Record) -> str:
    """The council itself changes a batch and signs everything anew."""
    batch = random.choice([entry for entry in record["ledger"] if entry["kind"] == "batch"])
    body = batch["body"]
    match random.randrange(7):
        case 0:
            body["commitments"] = body["commitments"][::-1]
        case 1:
            body["commitments"] = sorted([*body["commitments"], hashed("stuffed")])
        case 2:
            body["commitments"] = body["commitments"][1:]
        case 3:
            body["root"] = hashed("another root")
        case 4:
            body["ballots"] += random.choice((-1, 1))
        case 5:
            body["replaced"] = sorted([*body["replaced"], hashed("never cast")])
        case _:
            body["batch"] += 1
    record["ledger"] = chained_again(record["ledger"])
    return f"Entry {batch['number']} (batch {body['batch']}): "


def stuff_the_box_as_the_council(random: Random, record: Record) -> str:
    """A batch with one ballot more, with everything about the batch made to fit it."""
    batch = [entry for entry in record["ledger"] if entry["kind"] == "batch"][-1]
    body = batch["body"]
    body["commitments"] = sorted([*body["commitments"], random.randbytes(32).hex()])
    body["root"] = root_of(body["commitments"]).hex()
    body["ballots"] += 1
    record["ledger"] = chained_again(record["ledger"])
    return f"Entry {_entry(record['ledger'], 'closed')['number']} (closed): it says 12 ballots"


def take_one_ballot_twice_as_the_council(random: Random, record: Record) -> str:
    batches = [entry for entry in record["ledger"] if entry["kind"] == "batch"]
    earlier, later = sorted(random.sample(range(len(batches)), 2))
    commitment = random.choice(batches[earlier]["body"]["commitments"])
    body = batches[later]["body"]
    body["commitments"] = sorted([*body["commitments"], commitment])
    body["root"] = root_of(body["commitments"]).hex()
    record["ledger"] = chained_again(record["ledger"])
    where = f"Entry {batches[later]['number']} (batch {later + 1})"
    return f"{where}: commitment {commitment} was in batch {earlier + 1} already."


def turn_back_the_clock_as_the_council(random: Random, record: Record) -> str:
    at = random.randrange(1, len(record["ledger"]))
    record["ledger"][at]["at"] = "2026-02-28T23:59:59+00:00"
    record["ledger"] = chained_again(record["ledger"])
    kind = record["ledger"][at]["kind"]
    return f"Entry {at + 1} ({kind}): it is older than the entry before."


def move_an_entry_as_the_council(random: Random, record: Record) -> str:
    """Batches after the close, a count before it, and the like, all signed anew."""
    ledger = record["ledger"]
    kinds = [entry["kind"] for entry in ledger]
    moved, before = random.choice(
        (("closed", "batch"), ("tallied", "closed"), ("signed", "tallied"), ("batch", "opened"))
    )
    entry = ledger.pop(kinds.index(moved))
    ledger.insert(kinds.index(before), entry)
    stamps = sorted(one["at"] for one in ledger)
    for one, stamp in zip(ledger, stamps, strict=True):
        one["at"] = stamp
    record["ledger"] = chained_again(ledger)
    return "Entry "


def promise_other_rules(random: Random, record: Record) -> str:
    opened = record["ledger"][0]
    opened["body"]["rules"]["budget_pence"] += random.randint(1, 9)
    record["ledger"] = chained_again(record["ledger"])
    return "Entry 1 (opened): the hash of the rules is not that of the rules."


def leave_something_out(random: Random, record: Record) -> str:
    name = random.choice(("result", "record"))
    record[name] = None
    kind = "tallied" if name == "result" else "signed"
    return f"Entry {_entry(record['ledger'], kind)['number']} ({kind})"


def add_something(random: Random, record: Record) -> str:
    name = random.choice(("extra", "Ballots", ""))
    at = random.randrange(len(record["ballots"]))
    match random.randrange(3):
        case 0:
            record[name] = None
            return "The file"
        case 1:
            record["ballots"][at][name] = 1
            return f"Ballot {at + 1}"
        case _:
            record["ledger"][at][name] = 1
            return f"Entry {at + 1}"


MUTATIONS: tuple[Mutation, ...] = (
    delete_an_entry,
    insert_an_entry,
    swap_two_entries,
    duplicate_an_entry,
    sign_with_another_key,
    rebuild_the_chain_with_another_key,
    change_an_opening,
    remove_an_opening,
    add_an_opening,
    duplicate_an_opening,
    swap_two_openings,
    swap_winners_as_the_council,
    change_votes_as_the_council,
    change_the_result_as_the_council,
    change_the_result,
    change_the_signed_text,
    change_a_copy_as_the_council,
    change_a_batch_as_the_council,
    stuff_the_box_as_the_council,
    take_one_ballot_twice_as_the_council,
    turn_back_the_clock_as_the_council,
    move_an_entry_as_the_council,
    promise_other_rules,
    leave_something_out,
    add_something,
)
# So often each; with as many bytes changed as all of these together.
TIMES = 20


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_whatever_is_changed_is_found_and_named(mutation: Mutation, right: Record) -> None:
    for seed in range(TIMES):
        changed = copy.deepcopy(right)
        place = mutation(Random(f"{mutation.__name__} {seed}"), changed)
        assert plain(changed) != plain(right)
        wrong = wrong_with(changed)
        assert wrong is not None, (seed, place)
        assert place[1:] in wrong if place.startswith("*") else wrong.startswith(place), wrong
        assert is_one_sentence(wrong)


def is_one_sentence(text: str) -> bool:
    return text.endswith(".") and ". " not in text and "\n" not in text


@pytest.mark.parametrize("batch", range(5))
def test_every_byte_that_is_changed_is_found_and_its_place_named(batch: int, right: Record) -> None:
    random, text = Random(batch), json.dumps(right).encode()
    found = 0
    while found < len(MUTATIONS) * TIMES // 5:
        at, byte = random.randrange(len(text)), random.randrange(32, 127)
        changed = text[:at] + bytes([byte]) + text[at + 1 :]
        place = place_of_change(changed, right)
        if place is None:
            continue
        found += 1
        try:
            wrong = wrong_with(verify.parse_json(changed.decode()))
        except verify.UnreadableError as error:
            wrong, place = str(error), "The file "
        assert wrong is not None, changed[at - 40 : at + 40]
        assert re.match(place, wrong), (place, wrong)
        assert is_one_sentence(wrong)


def place_of_change(changed: bytes, right: Record) -> str | None:
    """Where a sentence must look; None if nothing is changed but spelling."""
    try:
        record = json.loads(changed)
    except ValueError:
        return "The file"
    if plain(record) == plain(right):
        return None
    for at, entry in enumerate(right["ledger"]):
        if record.get("ledger") and record["ledger"][at] != entry:
            return f"Entry {at + 1}\\b"
    for at, opening in enumerate(right["ballots"]):
        if record.get("ballots") and record["ballots"][at] != opening:
            commitment = re.escape(str(record["ballots"][at].get("commitment")))
            return f"Ballot {at + 1} .*{commitment}|Ballot {at + 1}:"
    if record.get("result") != right["result"] and "result" in record:
        return r"Entry \d+ \(tallied\): its hash of the result"
    if record.get("record") != right["record"] and "record" in record:
        return r"Entry \d+ \(signed\): its hash is not that of the record's text"
    return "The file|Entry 1 "


# ---- Ledgers that are duly signed and still wrong -----------------------------------------------

# What the council itself does to the (last) entry of a kind, and what is said of it.
Change = dict[str, Any]
DULY_SIGNED: list[tuple[str, Change, str]] = [
    ("opened", {"public_key": "ab" * 32}, "its public key is not that of the file"),
    ("batch", {"commitments": [], "replaced": []}, "it has no commitment"),
    ("batch", {"ballots": 13}, "it says 13 ballots, and 12 count"),
    ("snapshot", {"version": 1}, "version 1 comes after"),
    ("snapshot", {"covered": 0}, "it covers fewer voters than the one before"),
    ("snapshot", {"covered": 16}, "figures cover 16 voters of 15"),
    ("snapshot", {"covered": 13}, "figures cover 13 voters of 12"),
    ("closed", {"ballots": 11}, "it says 11 ballots, and 12 count"),
    ("closed", {"batches": 3}, "it says 3 batches, and there are 4"),
    ("closed", {"ballots": -1}, '"ballots" is not a whole number, 0 or more'),
    ("closed", {"ballots": True}, '"ballots" is not a whole number, 0 or more'),
    ("tallied", {"ballots": 13}, "it says 13 ballots, and 12 count"),
    ("tallied", {"spent_pence": 1}, "it says that 1 pence are spent, and the winners cost "),
    ("tallied", {"winners": ["p9"]}, 'the winners name "p9", which is not on the paper'),
    ("tallied", {"winners": ["p1", "p1"]}, 'the winners name project "p1" twice'),
    ("tallied", {"votes": {"p9": 1}}, 'the votes name "p9", which is not on the paper'),
    ("tallied", {"votes": {"p1": 13}}, 'project "p1" has 13 votes of 12 ballots'),
    ("tallied", {"result_sha256": "0" * 64}, "its hash of the result is not"),
    ("correction", {"corrects": 99}, "it corrects entry 99, not an earlier one"),
    ("correction", {"corrects": 0}, "it corrects entry 0, not an earlier one"),
    ("signed", {"record_sha256": "0" * 64}, "its hash is not that of the record's text"),
]


def last_of(ledger: list[Record], kind: str) -> Record:
    return next(entry for entry in reversed(ledger) if entry["kind"] == kind)


@pytest.mark.parametrize(("kind", "change", "words"), DULY_SIGNED)
def test_what_the_council_signed_wrongly_is_named(
    kind: str, change: Change, words: str, right: Record
) -> None:
    ledger = copy.deepcopy(right["ledger"])
    entry = last_of(ledger, kind)
    entry["body"] |= change
    if kind == "batch" and "commitments" in change:
        entry["body"]["root"] = "0" * 64
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong.startswith(f"Entry {entry['number']} ({kind}")
    assert words in wrong


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closes_at": "2026-03-01T10:00:00+00:00"}, "is no later than the last close"),
        ({"closes_at": "2026-03-01T09:00:00+00:00"}, "is no later than the entry"),
        ({"closes_at": "tomorrow"}, '"tomorrow" is no moment in UTC'),
    ],
)
def test_more_time_that_is_not_more_time_is_named(change: Change, words: str) -> None:
    vote = vote_of()
    vote.extended = 2
    record = record_of(vote)
    assert wrong_with(record) is None
    ledger = copy.deepcopy(record["ledger"])
    last_of(ledger, "extended")["body"] |= change
    wrong = wrong_with({**record, "ledger": chained_again(ledger)}) or ""
    assert wrong.startswith("Entry 3 (extended): ")
    assert words in wrong


def test_more_time_after_the_close_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    body = {"closes_at": "2026-03-02T10:00:00+00:00", "by": "A facilitator"}
    ledger.append({**ledger[-1], "kind": "extended", "body": body})
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    assert wrong == f'Entry {len(ledger)} (extended): it comes after the entry "closed".'


def test_of_projects_that_exclude_each_other_one_wins(tmp_path: Path) -> None:
    everything = tuple(COSTS)
    vote = vote_of(rule=Rule(exclusive=(everything,)), ballot_format=BallotFormat.CHOOSE_ONE)
    record = record_of(vote)
    (winner,) = record["result"]["winners"]
    assert "the outcome: counted again by greedy" in str(answer_on(record, tmp_path=tmp_path))
    other = next(project_id for project_id in COSTS if project_id not in (winner, "p4"))
    ledger = copy.deepcopy(record["ledger"])
    tallied = last_of(ledger, "tallied")
    both = [winner, other]
    tallied["body"] |= {"winners": both, "spent_pence": COSTS[winner] + COSTS[other]}
    result = copy.deepcopy(record["result"]) | {"winners": both}
    result["spent_pence"] = COSTS[winner] + COSTS[other]
    for verdict in result["projects"]:
        verdict["funded"] = verdict["project_id"] in both
    tallied["body"]["result_sha256"] = hashed(plain(result))
    changed = {**record, "ledger": chained_again(ledger), "result": result, "record": None}
    changed["ledger"] = [e for e in changed["ledger"] if e["kind"] != "signed"]
    wrong = wrong_with(changed) or ""
    assert f'winner 2 should be nobody by the rule, not "{other}"' in wrong


def test_an_entry_of_no_known_kind_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    ledger[3]["kind"] = "gossip"
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    assert wrong == 'Entry 4: there is no kind of entry called "gossip".'


def test_an_entry_that_follows_another_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    ledger[3] = signed_again({**ledger[3], "previous": "0" * 64})
    wrong = wrong_with({**right, "ledger": ledger}) or ""
    assert re.fullmatch(
        r"Entry 4 \(.*\): the hash it gives of the entry before is another\.", wrong
    )


@pytest.mark.parametrize("kind", ["closed", "tallied", "signed"])
def test_what_may_happen_once_and_happens_twice_is_named(kind: str, right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    ledger.append({**last_of(ledger, kind), "at": ledger[-1]["at"]})
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    where = f"Entry {len(ledger)} ({kind})"
    assert wrong == f"{where}: there is one before, and there can be only one."


def test_figures_after_the_close_cover_nobody_who_did_not_vote(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    body = {"version": 99, "covered": 13, "result_sha256": "0" * 64}
    ledger.append({**ledger[-1], "kind": "snapshot", "body": body})
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    assert wrong == f"Entry {len(ledger)} (snapshot): figures cover 13 voters of 12."


def test_more_ballots_than_people_on_the_roll_are_named(right: Record) -> None:
    ledger = copy.deepcopy([e for e in right["ledger"] if e["kind"] != "snapshot"])
    opened = ledger[0]["body"]
    opened["roll_size"] = opened["rules"]["roll_size"] = 11
    opened["rules_sha256"] = hashed(plain(opened["rules"]))
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong.endswith("(closed): 12 ballots are more than the 11 people on the roll.")
    opened["rules"]["roll_size"] = 12
    opened["rules_sha256"] = hashed(plain(opened["rules"]))
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong == 'Entry 1 (opened): "roll_size" in the rules is not 11.'


def test_a_draw_that_the_rules_do_not_know_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    closed = last_of(ledger, "closed")
    seed = hashed(f"wardmote-draw-1|{closed['hash']}|6")
    body = {"source": "", "value": "6", "head": closed["hash"], "seed": seed, "tied": []}
    draw = {**closed, "kind": "tie-break", "body": {**body, "entered_by": ""}}
    ledger.insert(closed["number"], draw)
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong.endswith("(tie-break): the rules do not draw ties.")


def test_a_batch_after_the_close_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    ledger.append({**last_of(ledger, "batch"), "at": ledger[-1]["at"]})
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    assert wrong == f'Entry {len(ledger)} (batch): it comes after the entry "closed".'


def test_a_ballot_that_was_never_cast_cannot_be_replaced(right: Record) -> None:
    ledger, unknown = copy.deepcopy(right["ledger"]), hashed("never cast")
    last_of(ledger, "batch")["body"]["replaced"] = [unknown]
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong.endswith(f": commitment {unknown} is replaced and was in no batch.")


def test_a_ballot_is_replaced_once(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    replacing = [entry for entry in ledger if entry["body"].get("replaced")]
    first, last = replacing[0]["body"], last_of(ledger, "batch")["body"]
    again = first["replaced"][0]
    assert first["batch"] < last["batch"]
    last["replaced"] = sorted([*last["replaced"], again])
    wrong = wrong_with({**right, "ledger": chained_again(ledger)}) or ""
    assert wrong.endswith(f": commitment {again} was replaced in batch {first['batch']} already.")


@pytest.mark.parametrize("name", ["format", "round", "public_key", "ledger", "ballots", "record"])
def test_what_is_missing_is_named(name: str, right: Record) -> None:
    without = {other: value for other, value in right.items() if other != name}
    assert wrong_with(without) == f'The file: "{name}" is missing.'


def test_the_last_opening_is_missed_like_any_other(right: Record) -> None:
    gone = right["ballots"][-1]["commitment"]
    wrong = wrong_with({**right, "ballots": right["ballots"][:-1]})
    assert wrong == f"The ballots: commitment {gone} counts and is not opened."


def test_ballots_opened_before_the_close_are_named(right: Record) -> None:
    still_open = {**right, "ledger": right["ledger"][:2], "result": None, "record": None}
    wrong = wrong_with(still_open)
    assert wrong == "The ballots: they are opened although the vote is not closed."


def test_a_result_of_another_rule_or_of_fewer_projects_is_named(right: Record) -> None:
    first = verify.quoted(right["result"]["projects"][0]["project_id"])
    changes: tuple[tuple[Change, str], ...] = (
        ({"rule": {}}, "its rule is not that of the opened entry"),
        ({"projects": right["result"]["projects"][1:]}, f"project {first} is missing"),
    )
    for change, words in changes:
        record = copy.deepcopy(right)
        record["result"] |= change
        _publish_again(record, _entry(record["ledger"], "tallied"))
        assert wrong_with(record) == f"The result: {words}."


def test_a_project_chosen_beforehand_that_does_not_stand_is_named(right: Record) -> None:
    record = copy.deepcopy(right)
    opened = record["ledger"][0]["body"]
    opened["rules"]["rule"]["already_chosen"] = ["p9"]
    record["result"]["rule"]["already_chosen"] = ["p9"]
    opened["rules_sha256"] = hashed(plain(opened["rules"]))
    _publish_again(record, _entry(record["ledger"], "tallied"))
    wrong = wrong_with(record) or ""
    assert wrong.startswith('Entry 1 (opened): "p9", already chosen, is not on the paper')


def test_a_project_that_stands_on_the_paper_twice_is_named(right: Record) -> None:
    ledger = copy.deepcopy(right["ledger"])
    rules = ledger[0]["body"]["rules"]
    rules["paper"]["projects"].append(rules["paper"]["projects"][0])
    ledger[0]["body"]["rules_sha256"] = hashed(plain(rules))
    wrong = wrong_with({**right, "ledger": chained_again(ledger)})
    assert wrong == 'Entry 1 (opened): the paper: project "p1" stands there twice.'


# ---- Openings that the paper does not allow ----------------------------------------------------


def with_choices(ballot_format: BallotFormat, text: str, **limits: int | None) -> str | None:
    """What is wrong with a record in which one ballot's text is this, committed to and all."""
    vote = vote_of(ballot_format, ballots=3)
    vote.limits = {**vote.limits, **limits}
    vote.changed, vote.batch_size = 0, 3
    record = record_of(vote)
    opening = record["ballots"][0]
    nonces = f"{opening['client_nonce']}|{opening['server_nonce']}"
    commitment = hashed(f"wardmote-1|{record['round']}|{nonces}|{text}")
    body = _entry(record["ledger"], "batch")["body"]
    body["commitments"] = sorted([commitment, *body["commitments"]])
    body["commitments"].remove(opening["commitment"])
    body["root"] = root_of(body["commitments"]).hex()
    opening |= {"commitment": commitment, "choices": text}
    record["ballots"].sort(key=lambda one: one["commitment"])
    record["ledger"] = chained_again(record["ledger"])
    wrong = wrong_with(record)
    if wrong is not None:
        assert wrong.startswith(f"The ballot with commitment {commitment}: ")
        assert text not in wrong
    return wrong


@pytest.mark.parametrize(
    ("ballot_format", "text", "reason"),
    [
        ("approval", '["p1","p1"]', "chooses a project twice"),
        ("approval", '["p2","p1"]', "not sorted"),
        ("approval", '["p1", "p2"]', "one canonical way"),
        ("approval", '["\\u00E95"]', "one canonical way"),
        ("approval", '["p9"]', "not on the paper"),
        ("approval", "[1]", "not on the paper"),
        ("approval", "[[]]", "not on the paper"),
        ("approval", '{"p1":1}', "not a list"),
        ("approval", "[", "not JSON"),
        ("approval", "[1.5]", "not JSON"),
        ("approval", "[" * 99999, "not JSON"),
        ("choose-one", '["p1","p2"]', "it chooses 2, not 0 to 1"),
        ("knapsack", '["p1","p2","p3","p6"]', "cost 2000 pence of 1600"),
        ("ranking", '["p2","p2"]', "chooses a project twice"),
        ("points", '{"p1":5}', "not from 1 to 4"),
        ("points", '{"p1":0}', "not from 1 to 4"),
        ("points", '{"p1":true}', "not from 1 to 4"),
        ("points", '{"p1":4,"p2":4,"p3":4}', "it gives 12 points, and there are 10"),
        ("points", '["p1"]', "not an object"),
        ("points", '{"p1":1,"p1":1}', "not JSON"),
        ("scores", '{"p1":6}', "not from 1 to 5"),
        ("yes-no", '{"p1":0}', "not 1 or -1"),
    ],
)
def test_a_ballot_that_the_paper_does_not_allow_is_named(
    ballot_format: str, text: str, reason: str
) -> None:
    wrong = with_choices(BallotFormat(ballot_format), text)
    assert wrong is not None
    assert reason in wrong


def test_limits_of_the_paper_are_checked() -> None:
    approval = BallotFormat.APPROVAL
    assert "it chooses 3, not" in (with_choices(approval, '["p1","p2","p3"]', max_choices=2) or "")
    assert "it chooses 0, not" in (with_choices(approval, "[]", min_choices=1) or "")


# ---- Receipts ----------------------------------------------------------------------------------


def test_a_receipt_says_where_its_ballot_lies_and_never_what_it_says(
    right: Record, tmp_path: Path
) -> None:
    replaced = {c for entry in right["ledger"] for c in entry["body"].get("replaced", ())}
    assert replaced
    for entry in right["ledger"]:
        for commitment in entry["body"].get("commitments", ()):
            receipt = tmp_path / "receipt.json"
            receipt.write_text(json.dumps(receipt_for(right, commitment)))
            code = verify.receipt_code(commitment)
            for given_as in (str(receipt), code, " ".join(re.findall("....", code.lower()))):
                exit_code, answer = answer_on(right, "--receipt", given_as, tmp_path=tmp_path)
                assert exit_code == 0
                said = answer["checked"][-1]
                assert f"batch {entry['body']['batch']} of " in said
                assert ("was replaced" in said) == (commitment in replaced)
                assert ("and counts" in said) == (commitment not in replaced)
                assert not any(project_id in said for project_id in COSTS)


def test_a_receipt_that_was_forged_or_never_kept_is_named(right: Record, tmp_path: Path) -> None:
    commitment = right["ballots"][0]["commitment"]
    true = receipt_for(right, commitment)
    unkept = hashed("promised")
    message = f"wardmote-receipt-1|{right['round']}|{unkept}".encode()
    for change, words in (
        ({"signature": key_of("x").sign(b"y").hex()}, "its signature is not"),
        ({"round": 8}, "it is of round 8"),
        ({"leaf": true["leaf"] + 1}, "the leaf should be"),
        ({"batch": true["batch"] + 1}, "the batch should be"),
        ({"path": [*true["path"], unkept]}, "its proof does not lead to the root"),
        ({"commitment": unkept, "signature": COUNCIL.sign(message).hex()}, "is in no batch"),
    ):
        receipt = tmp_path / "receipt.json"
        receipt.write_text(json.dumps({**true, **change}))
        code, answer = answer_on(right, "--receipt", str(receipt), tmp_path=tmp_path)
        assert code == 1
        assert words in answer["wrong"]
        assert is_one_sentence(answer["wrong"])


def test_a_receipt_may_still_be_waiting_while_the_vote_is_open(
    right: Record, tmp_path: Path
) -> None:
    still_open = {**right, "ledger": right["ledger"][:2], "ballots": None}
    still_open |= {"result": None, "record": None}
    code, answer = answer_on(still_open, "--receipt", "0" * 16, tmp_path=tmp_path)
    assert code == 0
    assert any("in no batch yet" in sentence for sentence in answer["not_checked"])


# ---- The program -------------------------------------------------------------------------------


def test_it_runs_alone_as_anybody_would_run_it(right: Record, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(verify.__file__).read_bytes())
    record, broken = tmp_path / "record.json", tmp_path / "broken.json"
    record.write_text(json.dumps(right))
    broken.write_text(json.dumps({**right, "ballots": right["ballots"][1:]}))
    for file, code, words in (
        (record, 0, "All is right.\n"),
        (broken, 1, "Ballot 1 (commitment "),
        (tmp_path / "nowhere.json", 2, "The file "),
    ):
        ran = subprocess.run(
            [sys.executable, "-I", str(alone), str(file)], capture_output=True, text=True
        )
        assert (ran.returncode, ran.stderr) == (code, "")
        assert ran.stdout.startswith(words)
        assert code == 0 or ran.stdout.count("\n") == 1


def test_it_uses_the_standard_library_and_no_grammar_later_than_3_9() -> None:
    tree = ast.parse(Path(verify.__file__).read_text(), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert imported <= sys.stdlib_module_names


def test_another_key_than_the_one_given_is_named(right: Record, tmp_path: Path) -> None:
    forged = {**right, "public_key": public_hex(key_of("forger"))}
    ledger = copy.deepcopy(right["ledger"])
    ledger[0]["body"]["public_key"] = forged["public_key"]
    forged["ledger"] = chained_again(ledger, key_of("forger"))
    # Alone, a record forged as a whole is as right as any: only the key gives it away.
    assert answer_on(forged, tmp_path=tmp_path)[0] == 0
    code, answer = answer_on(forged, "--key", public_hex(COUNCIL), tmp_path=tmp_path)
    assert code == 1
    assert answer["wrong"] == "The file: its public key is not the one you gave."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "line 1, column 1"),
        (b"\xff\xfe", "cannot be read as text"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"a":1,"a":1}', '"a" twice'),
        (b'{"a":1.0}', '"1.0"'),
        (b'{"a":1e308}', '"1e308"'),
        (b'{"a":NaN}', '"NaN"'),
        (b'{"a":-Infinity}', '"-Infinity"'),
        (b'{"a":' + b"9" * 9999 + b"}", '"999'),
    ],
)
def test_a_file_that_is_no_record_is_said_to_be_unreadable(
    text: bytes, words: str, tmp_path: Path
) -> None:
    code, answer = answer_on(text, tmp_path=tmp_path)
    assert code == 2
    assert words in answer["wrong"]
    assert is_one_sentence(answer["wrong"])


VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    3,
    10**17,
    "",
    "p1",
    "0" * 64,
    "\ud800",
    [],
    [1],
    ["p1"],
    {},
    {"a": 1},
)


def scrambled(random: Random, record: Record) -> Record:
    """The record with some values, anywhere in it, of another kind; all signed anew."""
    changed: Record = copy.deepcopy(record)
    for _ in range(random.randint(1, 3)):
        holder: Any = changed
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = random.choice(keys)
            inner = holder[key]
            if not isinstance(inner, dict | list) or not inner or random.random() < 0.1:
                holder[key] = copy.deepcopy(random.choice(VALUES))
                break
            holder = inner
    try:
        rules = changed["ledger"][0]["body"]["rules"]
        changed["ledger"][0]["body"]["rules_sha256"] = hashed(plain(rules))
        _entry(changed["ledger"], "tallied")["body"]["result_sha256"] = hashed(
            plain(changed["result"])
        )
        changed["ledger"] = chained_again(changed["ledger"])
    except (TypeError, LookupError, AttributeError, StopIteration):
        pass  # too scrambled to be signed
    return changed


def test_garbage_never_ends_in_a_traceback(right: Record, tmp_path: Path) -> None:
    random = Random(300)
    text = json.dumps(right).encode()
    for nth in range(300):
        garbage = (
            random.randbytes(random.randint(0, 400)),
            text[: random.randrange(len(text))],
            json.dumps({name: random.choice(VALUES) for name in right}).encode(),
        )[nth % 3]
        code, answer = answer_on(garbage, tmp_path=tmp_path)
        assert code in (1, 2)
        assert is_one_sentence(answer["wrong"])


@pytest.mark.parametrize("batch", range(6))
def test_nonsense_that_is_duly_signed_never_ends_in_a_traceback(batch: int, right: Record) -> None:
    random = Random(batch)
    found = [wrong_with(scrambled(random, right)) for _ in range(100)]
    # What nobody reads (a title, a source) may be anything.
    assert sum(wrong is not None for wrong in found) > 80
    assert all(wrong is None or is_one_sentence(wrong) for wrong in found)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("sealed", "figures were published of a vote that was to be sealed"),
        ("live", "figures moved by 5 voters, and a step is 20"),
        ("secret", "the rules do not say what may be shown"),
        (None, "the rules do not say what may be shown"),
    ],
)
def test_figures_that_were_not_promised_are_named(profile: Any, words: str) -> None:
    wrong = wrong_with(record_of(replace(vote_of(), changed=0, profile=profile)))
    assert wrong is not None
    assert words in wrong


def test_live_figures_in_steps_as_promised_are_right() -> None:
    vote = replace(vote_of(ballots=60), changed=0, batch_size=20, profile="live")
    assert wrong_with(record_of(vote)) is None
