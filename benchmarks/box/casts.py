"""Many casts at once: the same one, different ones of one voter, and one whose answer was lost."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from time import sleep

from sqlalchemy import select

from ballots.box import Ballot, Casting, PendingBallot
from ballots.envelopes import EnvelopeKey
from ballots.receipts import Receipt, receipt_code
from benchmarks.box.hall import Hall, Vote, Voter
from benchmarks.box.phones import Phone, all_at_once, form_post, page_get

AT_ONCE = 50


@dataclass
class Findings:
    """How many tries went as they must, and how each of the others did not."""

    tries: int = 0
    faults: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def check(self, **held: bool) -> None:
        """Note a try, and what of it did not hold."""
        self.tries += 1
        wrong = [name for name, is_so in held.items() if not is_so]
        if wrong:
            self.faults.append(f"try {self.tries}: not {', '.join(wrong)}")

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above, and answers that never came."""
        return sum(n for status, n in self.statuses.items() if status >= 500 or not status)


def send_one_many_times(hall: Hall, rounds: int, at_once: int = AT_ONCE) -> Findings:
    """The same POST so many times at once: equal receipts, one cast."""
    vote, found = hall.open_vote(rounds), Findings()
    with hall.phones(at_once) as phones:
        for voter in vote.voters:
            request = vote.ballot(voter, f"same-{voter.number}", vote.choices(voter.number))
            answers = all_at_once(phones, [request] * at_once)
            found.statuses.update(answer.status for answer in answers)
            receipts = {answer.receipt for answer in answers}
            found.check(
                one_receipt=len(receipts) == 1 and "" not in receipts,
                one_ballot=hall.castings_of(vote, voter) == 1,
            )
    return found


def race(hall: Hall, races: int, at_once: int = AT_ONCE) -> Findings:
    """Different ballots of one voter at once: each accepted, exactly one of them active."""
    vote, found = hall.open_vote(races), Findings()
    with hall.phones(at_once) as phones:
        for voter in vote.voters:
            answers = all_at_once(
                phones,
                [
                    vote.ballot(voter, f"{voter.number}-{n}", vote.choices(n))
                    for n in range(at_once)
                ],
            )
            found.statuses.update(answer.status for answer in answers)
            receipts = {answer.receipt for answer in answers}
            kept, active = box_of(hall, vote, voter)
            found.check(
                all_accepted=len(receipts) == at_once and "" not in receipts,
                all_kept=kept == receipts,
                exactly_one_active=len(active) == 1 and active <= receipts,
            )
    return found


def box_of(hall: Hall, vote: Vote, voter: Voter) -> tuple[set[str], set[str]]:
    """The codes of all casts of a voter, and of those that are their ballot as it stands."""
    key = EnvelopeKey(hall.keys, vote.round_id)
    with hall.database.reading() as session:
        waiting = session.scalars(
            select(Casting).where(
                Casting.round_id == vote.round_id, Casting.voter == key.voter(voter.entry_id)
            )
        ).all()
        current = session.scalars(
            select(PendingBallot.casting).where(
                PendingBallot.round_id == vote.round_id,
                PendingBallot.voter == key.voter(voter.entry_id),
            )
        ).all()
        name = key.sealed_voter(voter.entry_id)
        receipts = session.scalars(select(Receipt).where(Receipt.round_id == vote.round_id))
        sealed = [
            each.code for each in receipts if key.receipt_owner(each.voter, each.commitment) == name
        ]
        standing = session.scalars(select(Ballot.commitment).where(Ballot.voter_key == name)).all()
    codes = {
        each.casting: receipt_code(key.open(each.envelope, each.voter, each.casting).commitment)
        for each in waiting
    }
    active = {codes[each] for each in current} or {receipt_code(each) for each in standing}
    return {*codes.values(), *sealed}, active


def lose_answers(hall: Hall, tries: int, seed: int = 1) -> Findings:
    """The connection breaks after the ballot was sent; tried again on a new one, and on a device
    that has only the voter card."""
    vote, found, dice = hall.open_vote(tries), Findings(), random.Random(seed)
    with hall.phones(1) as (phone,):
        for voter in vote.voters:
            request_id, choices = f"lost-{voter.number}", vote.choices(voter.number)
            request = vote.ballot(voter, request_id, choices)
            phone.send(request)
            sleep(dice.choice((0.0, 0.001, 0.005, 0.02, 0.1)))
            phone.hang_up()
            again = phone.ask(request)
            phone.hang_up()
            token, cookie = _another_device(hall, phone, vote, voter)
            fields: dict[str, str | list[str]] = {
                "csrf_token": token,
                "request_id": request_id,
                "client_nonce": "ab" * 16,
                "project": choices,
            }
            elsewhere = phone.ask(form_post(vote.path, cookie, fields))
            found.statuses.update((again.status, elsewhere.status))
            found.check(
                a_receipt=again.receipt != "",
                the_same_elsewhere=elsewhere.receipt == again.receipt,
                one_ballot=hall.castings_of(vote, voter) == 1,
            )
    return found


def _another_device(hall: Hall, phone: Phone, vote: Vote, voter: Voter) -> tuple[str, str]:
    """Show the voter card in a new browser, and open the booth there."""
    shown = phone.ask(page_get(hall.card_of(vote, voter)))
    cookie = shown.headers["set-cookie"].partition(";")[0]
    page = phone.ask(page_get(vote.path, cookie))
    cookie = page.headers.get("set-cookie", cookie).partition(";")[0]
    tokens = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.body.decode())
    return tokens[0], cookie
