"""Ballots across the instant of closing, and across the death of the server."""

import json
import random
import threading
from dataclasses import dataclass, field
from time import monotonic, sleep

from ballots.moves import count_closed
from ballots.published import record_in_pieces
from benchmarks.box.casts import Findings
from benchmarks.box.hall import Hall, Vote
from benchmarks.box.phones import Answer, keep_sending
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.second_verifier import first_fault

PHONES = 50
SECONDS_TO_CLOSE = 30.0


@dataclass
class Closings(Findings):
    """And how many ballots came in time or late, and how long each close took."""

    accepted: int = 0
    refused: int = 0
    # From the call to its return, and from the last answer to an accepted ballot to the return.
    call: list[float] = field(default_factory=list)
    after_last: list[float] = field(default_factory=list)


def close_amid_voting(hall: Hall, runs: int, posts: int, seed: int = 1) -> Closings:
    """An officer closes the vote while everybody votes without a break."""
    found, dice = Closings(), random.Random(seed)
    for _ in range(runs):
        vote, voting = hall.open_vote(posts), _Voting()
        closes_after = int(posts * dice.uniform(0.2, 0.5))
        closer = threading.Thread(target=_close, args=(hall, vote, voting, closes_after))
        closer.start()
        voting.vote(hall, vote)
        closer.join(SECONDS_TO_CLOSE)
        found.call.append(voting.closed_at - voting.asked_at)
        found.after_last.append(max(0.0, voting.closed_at - voting.last_accepted_at))
        _compare(hall, vote, voting, found)
    return found


def close_by_the_clock(hall: Hall, runs: int, posts: int) -> Closings:
    """The time is up while everybody votes without a break; the server closes by itself."""
    found = Closings()
    for _ in range(runs):
        vote, voting = hall.open_vote(posts, closes_in=2.0), _Voting()
        clock = threading.Thread(target=_watch, args=(hall, vote, voting))
        clock.start()
        voting.vote(hall, vote, until_closed=True)
        clock.join(SECONDS_TO_CLOSE)
        found.after_last.append(max(0.0, voting.closed_at - voting.last_accepted_at))
        _compare(hall, vote, voting, found)
    return found


@dataclass
class _Voting:
    """What became of each ballot."""

    statuses: list[int] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    last_accepted_at: float = 0.0
    asked_at: float = 0.0
    closed_at: float = 0.0

    def vote(self, hall: Hall, vote: Vote, *, until_closed: bool = False) -> None:
        """Everybody casts a ballot; `until_closed` spreads them over the time that is left."""
        requests = [vote.ballot(each, "once", vote.choices(each.number)) for each in vote.voters]
        with hall.phones(PHONES) as phones:
            keep_sending(phones, requests, self.note)
            while until_closed and 409 not in self.statuses:
                # The machine was quick: everybody changes their mind until the time is up.
                again = f"again-{len(self.statuses)}"
                requests = [vote.ballot(v, again, vote.choices(v.number + 1)) for v in vote.voters]
                keep_sending(phones, requests, self.note)

    def note(self, _number: int, answer: Answer) -> None:
        """Hear an answer."""
        self.statuses.append(answer.status)
        if answer.status == 200:
            self.receipts.append(answer.receipt)
            self.last_accepted_at = answer.answered_at


def _close(hall: Hall, vote: Vote, voting: _Voting, after: int) -> None:
    while len(voting.statuses) < after:
        sleep(0.001)
    voting.asked_at = monotonic()
    hall.close_vote(vote)
    voting.closed_at = monotonic()


def _watch(hall: Hall, vote: Vote, voting: _Voting) -> None:
    deadline = monotonic() + SECONDS_TO_CLOSE
    while hall.phase(vote) == Phase.VOTE:
        if monotonic() > deadline:
            return  # the ledger will be found wanting
        sleep(0.02)
    voting.closed_at = monotonic()


def _compare(hall: Hall, vote: Vote, voting: _Voting, found: Closings) -> None:
    """Accepted ballots against the ledger: each once, and no other."""
    found.statuses.update(voting.statuses)
    found.accepted += voting.statuses.count(200)
    found.refused += voting.statuses.count(409)
    found.check(
        the_ledger_holds_what_was_accepted=sorted(hall.in_ledger(vote)) == sorted(voting.receipts),
        only_accepted_or_refused=set(voting.statuses) <= {200, 409},
        some_were_refused=409 in voting.statuses,
    )


# --- killed --------------------------------------------------------------------------------------


@dataclass
class Killings(Findings):
    """And what was acknowledged before, and what the finished record says."""

    acknowledged: int = 0
    unanswered: int = 0
    retried: int = 0
    counted: int = 0
    fault: str | None = None


def kill_amid_voting(hall: Hall, kills: int, burst: int, seed: int = 1) -> Killings:
    """The server dies at a random instant of each burst and comes again; then all is counted.

    Half of those without an answer try again, as the booth's script does.
    """
    found, dice = Killings(), random.Random(seed)
    vote = hall.open_vote(kills * burst)
    acknowledged: dict[int, str] = {}
    for kill in range(kills):
        voters = vote.voters[kill * burst : (kill + 1) * burst]
        requests = [vote.ballot(voter, "once", vote.choices(voter.number)) for voter in voters]
        answers = _killed_at(hall, requests, dice.uniform(0.0, 0.03 * burst))
        hall.serve()
        lost = [n for n in range(burst) if answers.get(n, "") == ""]
        again = [n for n in lost if dice.random() < 0.5]
        retried: dict[int, str] = {}
        with hall.phones(10) as phones:
            keep_sending(
                phones,
                [requests[n] for n in again],
                lambda at, answer, to=retried, of=again: to.update({of[at]: answer.receipt}),  # type: ignore[misc]
            )
        found.unanswered += len(lost)
        found.retried += len(again)
        known = {n: code for n, code in (answers | retried).items() if code}
        acknowledged |= {kill * burst + n: code for n, code in known.items()}
        found.check(every_retry_accepted=all(retried.get(n) for n in again))
    found.acknowledged = len(acknowledged)
    _finish(hall, vote, set(acknowledged.values()), found)
    return found


def _killed_at(hall: Hall, requests: list[bytes], seconds: float) -> dict[int, str]:
    """Kill the servers so many seconds into a burst; the receipts that had come by then."""
    receipts: dict[int, str] = {}
    executioner = threading.Timer(seconds, hall.kill)
    executioner.start()
    with hall.phones(20) as phones:
        keep_sending(phones, requests, lambda n, answer: receipts.update({n: answer.receipt}))
    executioner.join()
    return receipts


def _finish(hall: Hall, vote: Vote, acknowledged: set[str], found: Killings) -> None:
    """Close, count, and compare what was acknowledged with the ledger and the record."""
    hall.close_vote(vote)
    with hall.database.writing() as session:
        the_round = session.get_one(Round, vote.round_id)
        if the_round.phase == Phase.COUNT:  # the server's clerk may have been quicker
            count_closed(session, hall.keys, the_round)
            session.commit()
    with hall.database.reading() as session:
        the_round = session.get_one(Round, vote.round_id)
        record = "".join(record_in_pieces(session, the_round, opened=True))
    found.fault = first_fault(json.loads(record))
    ledger = hall.in_ledger(vote)
    found.counted = len(ledger)
    found.check(
        every_acknowledged_ballot_in_the_ledger=acknowledged <= set(ledger),
        none_twice=len(ledger) == len(set(ledger)) <= len(vote.voters),
        the_record_holds=found.fault is None,
    )
