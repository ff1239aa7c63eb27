"""Checks the record of a vote from docs/record-format.md alone, by the most plain means.

Written apart from `ballots/verify.py`; imports nothing of the program, and counts slowly.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = Mapping[str, Any]
# The kinds of entry by a letter, and the order in which those may come; the others at any time.
KINDS = {"opened": "O", "batch": "B", "closed": "C", "tie-break": "D", "tallied": "T"}
KINDS |= {"signed": "S", "key-destroyed": "K", "snapshot": "", "correction": "", "extended": "X"}
KINDS |= {"notice": "N"}
ORDER = re.compile("O[BX]*(C(D?T(S+N*)?)?K?)?")
HEX_64, HEX_128 = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{128}")
FORMATS = ("points", "scores", "yes-no", "approval", "choose-one", "knapsack", "ranking")
SIGNED_OVER = {"round", "number", "kind", "at", "previous", "body"}
# Settings that mean what docs/record-format.md tells; any other has to be off.
KNOWN = "name ranked_by misfit utility start_unit_pence completion step_pence then already_chosen "
KNOWN += "minimum_votes minimum_share_percent minimum_score exclusive"


def first_fault(record: Json) -> str | None:
    """What is wrong with a record, or None; without ballots, with as much as is published."""
    try:
        check(record)
    except InvalidSignature:
        return "an entry of the ledger is not signed with the council’s key"
    except ValueError as wrong:
        return str(wrong)
    except (KeyError, TypeError, AttributeError, IndexError, ZeroDivisionError) as odd:
        return f"the record is not as described: {odd!r}"
    return None


def ensure(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def check(record: Json) -> None:
    ensure(record["format"] == "wardmote-record-2", "the format is not wardmote-record-2")
    ledger, ballots = record["ledger"], record["ballots"]
    check_chain(record, ledger)
    of = {kind: [e["body"] for e in ledger if e["kind"] == kind] for kind in KINDS}
    opened, rules = of["opened"][0], of["opened"][0]["rules"]
    ensure(opened["public_key"] == record["public_key"], "the vote was opened with another key")
    ensure(sha(canonical(rules)) == opened["rules_sha256"], "the rules are not those of their hash")
    same = rules["round"] == record["round"] and opened["roll_size"] == rules["roll_size"]
    ensure(same, "the rules are those of another round, or of another roll")
    covered = [body["covered"] for body in of["snapshot"]]
    ensure(all(0 <= n <= rules["roll_size"] for n in covered), "figures cover more than the roll")
    shown, steps = rules["disclosure"], [b - a for a, b in pairwise([0, *covered])]
    ensure(shown["profile"] != "sealed" or not covered, "a sealed vote published figures")
    small = shown["profile"] == "live" and min(steps, default=shown["step"]) < shown["step"]
    ensure(not small, "figures moved by less than a step")
    standing = standing_commitments(of["batch"])
    for body in of["closed"]:
        ensure(body["ballots"] == len(standing), "the close counts other ballots than the batches")
        ensure(body["batches"] == len(of["batch"]), "the close counts other batches")
        ensure(len(standing) <= rules["roll_size"], "more ballots than people on the roll")
    ensure((record["record"] is None) == (not of["signed"]), "no signed text, or not signed")
    for body in of["signed"][-1:]:
        signed = sha(record["record"].encode()) == body["record_sha256"]
        ensure(signed and json.loads(record["record"]), "councillors signed another text")
    listed = None if ballots is None else [ballot["commitment"] for ballot in ballots]
    ensure(listed in (None, sorted(standing)), "other ballots than commitments that count")
    papers = [opened_paper(record["round"], rules["paper"], ballot) for ballot in ballots or ()]
    ensure((record["result"] is None) == (not of["tallied"]), "a result and no tally, or reversed")
    head = next((entry["hash"] for entry in ledger if entry["kind"] == "closed"), "")
    seed = seed_of_the_draw(rules, head, of["tie-break"])
    for tallied in of["tallied"]:
        told = sha(canonical(record["result"])) == tallied["result_sha256"]
        told = told and record["result"].get("winners", tallied["winners"]) == tallied["winners"]
        ensure(told, "the result is not the one that was tallied")
        ensure(ballots is not None or len(standing) < 100, "100 ballots or more, not published")
        check_tally(rules, tallied, len(standing), papers, seed)


def canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    json.loads(text, parse_float=int)  # a ValueError if a number is not whole
    return text.encode("ascii")


def check_notice(record: Json, notice: bytes, proof: Json) -> None:
    """The notice is the one in the ledger, and signed; InvalidSignature or ValueError if not."""
    digest = sha(notice)
    named = [e["body"]["notice_sha256"] for e in record["ledger"] if e["kind"] == "notice"]
    ensure(digest in named, "the ledger names another notice, or none")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(record["public_key"]))
    key.verify(bytes.fromhex(proof["signature"]), f"wardmote-notice-1|{digest}".encode())
    told = json.loads(notice)
    signed = sha(record["record"].encode()) == told["record_sha256"]
    ensure(signed and told["round"] == record["round"], "the notice is of another record")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_chain(record: Json, ledger: Sequence[Json]) -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(record["public_key"]))
    previous = "0" * 64
    for number, entry in enumerate(ledger, start=1):
        where = f"entry {number} of the ledger"
        ensure(entry.keys() == SIGNED_OVER | {"hash", "signature"}, f"{where} has other parts")
        its_place = entry["round"] == record["round"] and entry["number"] == number
        ensure(its_place, f"{where} has another number, or belongs to another round")
        ensure(entry["previous"] == previous, f"{where} does not follow the one before")
        previous = sha(canonical({name: entry[name] for name in SIGNED_OVER}))
        shaped = entry["hash"] == previous and HEX_128.fullmatch(entry["signature"])
        ensure(shaped, f"{where} is not what was hashed, or has no signature of 128 digits")
        key.verify(bytes.fromhex(entry["signature"]), f"wardmote-ledger-1|{previous}".encode())
        known = entry["kind"] in KINDS and datetime.fromisoformat(entry["at"])
        ensure(known and not known.utcoffset(), f"{where} has a time not in UTC, or an odd kind")
        earlier = entry["kind"] != "correction" or 1 <= entry["body"]["corrects"] < number
        ensure(earlier, f"{where} corrects no earlier entry")
    check_closes(ledger)
    letters = "".join(KINDS[entry["kind"]] for entry in ledger)
    ensure(ledger[0]["kind"] == "opened" and ORDER.fullmatch(letters), "an entry is out of place")


def check_closes(ledger: Sequence[Json]) -> None:
    promised = ledger[0]["body"]["rules"]["closes_at"]
    for entry in (entry for entry in ledger if entry["kind"] == "extended"):
        earlier, promised = promised, entry["body"]["closes_at"]
        after = [datetime.fromisoformat(moment) for moment in (entry["at"], earlier) if moment]
        ensure(datetime.fromisoformat(promised) > max(after), "more time that is not more time")


def root_of(commitments: Sequence[str]) -> bytes:
    if len(commitments) == 1:
        return hashlib.sha256(b"\0" + bytes.fromhex(commitments[0])).digest()
    left = 1 << (len(commitments) - 1).bit_length() - 1
    halves = root_of(commitments[:left]) + root_of(commitments[left:])
    return hashlib.sha256(b"\1" + halves).digest()


def standing_commitments(batches: Sequence[Json]) -> set[str]:
    ever, replaced = set[str](), set[str]()
    for number, batch in enumerate(batches, start=1):
        where, fresh, gone = f"batch {number}", batch["commitments"], batch["replaced"]
        ensure(batch["batch"] == number and fresh, f"{where} has another number, or is empty")
        ensure(all(map(HEX_64.fullmatch, fresh + gone)), f"{where} holds what is no hash")
        in_order = fresh == sorted(set(fresh)) and gone == sorted(set(gone))
        ensure(in_order, f"{where} is unsorted, or names one twice")
        ensure(not ever & set(fresh), f"{where} holds a commitment of an earlier batch")
        ever |= set(fresh)
        ensure(set(gone) <= ever - replaced, f"{where} replaces what was not there, or again")
        replaced |= set(gone)
        ensure(batch["root"] == root_of(fresh).hex(), f"{where} has another Merkle root")
        ensure(batch["ballots"] == len(ever - replaced), f"{where} counts its ballots wrongly")
    return ever - replaced


def opened_paper(number: int, paper: Json, ballot: Json) -> dict[str, int]:
    where, written = f"ballot {ballot['commitment'][:12]}", ballot["choices"]
    nonces = ballot["client_nonce"], ballot["server_nonce"]
    ensure(all(re.fullmatch("[0-9a-f]{0,64}", n) for n in nonces), f"{where} has an odd nonce")
    opened = sha("|".join(("wardmote-1", str(number), *nonces, written)).encode())
    ensure(opened == ballot["commitment"], f"{where} does not open")
    choices = json.loads(written)
    ensure(canonical(choices).decode() == written, f"{where} is not canonical")
    kind, costs = paper["ballot_format"], {p["id"]: p["cost_pence"] for p in paper["projects"]}
    numbered = kind in FORMATS[:3]
    fits = isinstance(choices, dict if numbered else list) and set(choices) <= costs.keys()
    most = len(costs) if paper["max_choices"] is None else paper["max_choices"]
    limits = range(paper["min_choices"], 1 + (1 if kind == "choose-one" else most))
    fits = fits and len(set(choices)) == len(choices) in limits
    ensure(fits and kind in FORMATS, f"{where} is not filled in as the paper asks")
    if numbered:
        given, total = list(choices.values()), paper.get("points_to_give")
        highest = paper.get("highest_score") or paper.get("most_points_on_one") or total or 0
        allowed = (1, -1) if kind == "yes-no" else range(1, highest + 1)
        fits = all(type(number) is int and number in allowed for number in given)
        ensure(fits and sum(given) <= (total or sum(given)), f"{where} has forbidden numbers")
        return dict(choices)
    ensure(kind == "ranking" or choices == sorted(choices), f"{where} is unsorted")
    dear = kind == "knapsack" and sum(costs[i] for i in choices) > paper["budget_pence"]
    ensure(not dear, f"{where} costs more than it may")
    return {i: len(choices) - at if kind == "ranking" else 1 for at, i in enumerate(choices)}


def draw_order(seed: str, ids: Iterable[str]) -> list[str]:
    """The projects in the order in which a seed draws them."""
    return sorted(ids, key=lambda i: sha(f"wardmote tie 1|{seed}|{i}".encode()))


def seed_of_the_draw(rules: Json, head: str, draws: Sequence[Json]) -> str | None:
    ids = {project["id"] for project in rules["paper"]["projects"]}
    for body in draws:
        ensure(rules["tie_order"]["by"] == "draw-at-close", "a draw that the rules do not know")
        seed = sha(f"wardmote-draw-1|{head}|{body['value']}".encode())
        ensure((body["head"], body["seed"]) == (head, seed), "the draw is not that of its value")
        ensure(len(set(body["tied"]) & ids) == len(body["tied"]) > 1, "the draw is about no tie")
        return seed
    return None


def check_tally(rules: Json, tallied: Json, ballots: int, papers: list[Any], seed: Any) -> None:
    rule, winners, told = rules["rule"], tallied["winners"], tallied["votes"]
    costs = {project["id"]: project["cost_pence"] for project in rules["paper"]["projects"]}
    ensure(tallied["ballots"] == ballots, "the tally counts other ballots than the close")
    possible = told.keys() <= costs.keys() and all(0 <= n <= ballots for n in told.values())
    ensure(possible, "votes for what is not on the paper, or more of them than ballots")
    ensure(len(set(winners) & costs.keys()) == len(winners), "a winner twice, or not on the paper")
    votes, scores = Counter[str](), Counter[str]()
    for paper in papers:
        votes.update(i for i, points in paper.items() if points >= 1)
        scores.update(paper)
    all_open = ballots == len(papers)
    ensure(not all_open or all(told.get(i, 0) == votes[i] for i in costs), "votes do not add up")
    others = [name for name, setting in rule.items() if setting and name not in KNOWN.split()]
    known = rule["name"] in ("greedy", "equal-shares") and not others
    known = known and (rule["name"] == "greedy" or not rule["exclusive"])
    ensure(known, f"the outcome is not checked: {rule['name']} {others} is beyond this verifier")
    vote = SimpleNamespace(rule=rule, costs=costs, votes=Counter(told), scores=scores)
    vote.ballots, vote.papers = ballots, Counter(tuple(paper.items()) for paper in papers)
    vote.budget, vote.cost = rules["budget_pence"], lambda ids: sum(costs[i] for i in ids)
    ensure(tallied["spent_pence"] == vote.cost(winners) <= vote.budget, "the sum spent is wrong")
    by_score = rule["ranked_by"] == "score" or rule["minimum_score"]
    if all_open or (rule["name"] == "greedy" and not by_score):
        check_winners(vote, winners, rules["tie_order"], seed)


def check_winners(vote: Any, winners: Sequence[str], order: Json, seed: str | None) -> None:
    places, ids = {i: place for place, i in enumerate(order["recorded"])}, list(vote.costs)
    ids.sort(key=lambda i: (places.get(i, len(places)), vote.costs[i], -vote.votes[i], i))
    ties = ids if seed is None else draw_order(seed, ids)
    ensure(count(vote, ties) == winners, "a count of the ballots gives other winners")
    # Where nothing was drawn, nothing may have hung on who comes first among equals.
    for first in ids if order["by"] == "draw-at-close" and seed is None else ():
        for others in (ids, ids[::-1]):
            drawn = count(vote, [first, *(i for i in others if i != first)])
            ensure(set(drawn) == set(winners), "a tie decided, and nothing was drawn")


def count(vote: Any, ties: Sequence[str]) -> list[str]:
    rule, bought = vote.rule, list(dict.fromkeys(vote.rule["already_chosen"]))
    share = Fraction(rule["minimum_share_percent"] * vote.ballots, 100)
    least = max(1, rule["minimum_votes"], share)
    running = [i for i in ties if i not in bought and vote.votes[i] >= least]
    if rule["minimum_score"] > 0:
        running = [i for i in running if vote.scores[i] >= rule["minimum_score"]]
    left = vote.budget - vote.cost(bought)
    if rule["name"] == "greedy":
        return bought + greedy(vote, running, left, stops=rule["misfit"] == "stop")
    bought += completed_shares(vote, running, left) if vote.ballots else []
    if rule["then"] == "utilitarian":
        rest, left = [i for i in running if i not in bought], vote.budget - vote.cost(bought)
        bought += greedy(vote, rest, left, stops=False)
    return bought


def greedy(vote: Any, running: Sequence[str], left: int, *, stops: bool) -> list[str]:
    bought, by = list[str](), vote.rule["ranked_by"]
    counted = vote.scores if by == "score" else vote.votes
    worth = {i: vote.costs[i] if by == "votes-per-pound" else 1 for i in running}
    values = {i: (worth[i] == 0, Fraction(counted[i], worth[i] or 1)) for i in running}
    # Sorting leaves equals in the order of ties, also when it is reversed.
    for i in sorted(running, key=lambda i: values[i], reverse=True):
        if any(i in members and set(members) & set(bought) for members in vote.rule["exclusive"]):
            continue
        if vote.costs[i] <= left:
            bought, left = [*bought, i], left - vote.costs[i]
        elif stops:
            break
    return bought


def completed_shares(vote: Any, running: Sequence[str], left: int) -> list[str]:
    rule, start = vote.rule, Fraction(left, vote.ballots)
    unit, by = rule["start_unit_pence"], rule["step_pence"]
    start = Fraction(start // unit * unit) if unit else start
    last = (Fraction(left * (vote.ballots + 1), vote.ballots) - start) // by
    last = max(0, last) if rule["completion"] != "none" else 0
    # Where everything fits, nothing can cost too much, so that add1 ends with its last step.
    first = last if rule["completion"] == "add1" and vote.cost(running) <= left else 0
    outcome: list[str] = shares(vote, running, start + first * by)
    for step in range(first + 1, last + 1):
        full = all(vote.cost([*outcome, i]) > left for i in running if i not in outcome)
        raised = shares(vote, running, start + step * by)
        if vote.cost(raised) > left or (full and rule["completion"] == "add1-exhaustive"):
            break
        outcome = raised
    return outcome


def shares(vote: Any, running: Sequence[str], start: Fraction) -> list[str]:
    bought, money = [i for i in running if not vote.costs[i]], dict.fromkeys(vote.papers, start)
    points: dict[str, dict[Any, int]] = {i: {} for i in running}
    given = [(p, i, n) for p in vote.papers for i, n in p if n >= 1 and i in points]
    for paper, i, number in given:
        points[i][paper] = number if vote.rule["utility"] == "points" else 1
    for_sale, prices = [i for i in running if i not in bought], dict[str, Fraction | None]()
    while True:
        prices |= {i: price(vote, i, points[i], money) for i in for_sale if i not in prices}
        worth = {i: vote.costs[i] if vote.rule["utility"] == "cost" else 1 for i in for_sale}
        offers = {i: rho / worth[i] for i in for_sale if (rho := prices[i]) is not None}
        if not offers:
            return bought
        best = min(offers, key=lambda i: offers[i])  # the first among equals
        bought.append(for_sale.pop(for_sale.index(best)))
        for paper, each in points[best].items():
            money[paper] -= min(money[paper], offers[best] * worth[best] * each)
        # What nobody who paid supports costs what it did.
        prices = {i: p for i, p in prices.items() if not points[i].keys() & points[best].keys()}


def price(vote: Any, i: str, points: Mapping[Any, int], money: Mapping[Any, Fraction]) -> Any:
    missing, shared = Fraction(vote.costs[i]), sum(vote.papers[p] * n for p, n in points.items())
    # Whoever has least for each point gives all; the others share what is missing then.
    for paper in sorted(points, key=lambda p: money[p] / points[p]):
        if missing <= shared * money[paper] / points[paper]:
            return missing / shared
        alike = vote.papers[paper]
        missing, shared = missing - alike * money[paper], shared - alike * points[paper]
    return None
