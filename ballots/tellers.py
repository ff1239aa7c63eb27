"""Tellers: stacks of papers, each read by two people, into the same box as every other ballot."""

import hmac
import json
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.casting import fill_in, put_in
from ballots.hall_votes import HallVote
from ballots.keys import KeyStore
from ballots.paper_ballots import (
    ENTERED,
    MOST_PAPERS,
    PaperBallot,
    PapersGivenUp,
    PaperState,
    count_papers,
)
from ballots.papers import BallotPaper, canonical, faults_in
from ballots.refusals import BadPaper, BallotRefusal
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly
from neighbourhoods.database import hold_round
from neighbourhoods.people import Office, Person, offices_of
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.stage import log_act

_NONCE_BYTES = 12
PHONES_NONCE_BYTES = 16
LONGEST_REASON = 200


@dataclass(frozen=True)
class Reading:
    """What one teller read on a paper."""

    teller: Person
    choices: list[str] | dict[str, int]


def votes_taking_papers(session: Session, assembly: Assembly) -> list[HallVote]:
    """The votes of a meeting whose papers can be entered: open, or closed and not yet counted."""
    query = (
        select(HallVote)
        .join(AgendaItem, HallVote.item_id == AgendaItem.id)
        .join(Round, HallVote.round_id == Round.id)
        .where(AgendaItem.assembly_id == assembly.id, Round.phase == Phase.VOTE)
        .order_by(HallVote.opened_at.desc(), HallVote.item_id, HallVote.number.desc())
    )
    return list(session.scalars(query))


def papers_of(session: Session, round_id: int, *states: PaperState) -> list[PaperBallot]:
    """The papers of a vote in these states, by number."""
    query = select(PaperBallot).where(
        PaperBallot.round_id == round_id, PaperBallot.state.in_(states)
    )
    return list(session.scalars(query.order_by(PaperBallot.number)))


def stacks_of(session: Session, round_id: int) -> list[tuple[int, int]]:
    """The first and last numbers of a vote’s stacks; stacks that follow on each other are one."""
    query = select(PaperBallot.number).where(PaperBallot.round_id == round_id)
    stacks: list[tuple[int, int]] = []
    for number in session.scalars(query.order_by(PaperBallot.number)):
        if stacks and stacks[-1][1] == number - 1:
            stacks[-1] = (stacks[-1][0], number)
        else:
            stacks.append((number, number))
    return stacks


def bring_stack(session: Session, the_round: Round, first: int, last: int, by: Person) -> None:
    """Say which numbered papers lie ready in the hall for this vote; no other is accepted.

    A number that an earlier vote of the same item had is refused: its serial is the same.
    """
    _begin(session, the_round, by)
    if not 0 < first <= last <= MOST_PAPERS:
        raise Refused(BallotRefusal.NOT_A_STACK, limit=MOST_PAPERS)
    items = select(HallVote.item_id).where(HallVote.round_id == the_round.id)
    rounds = select(HallVote.round_id).where(HallVote.item_id.in_(items))
    taken = select(PaperBallot.number).where(
        PaperBallot.number.between(first, last),
        (PaperBallot.round_id == the_round.id) | PaperBallot.round_id.in_(rounds),
    )
    if session.scalar(taken.limit(1)) is not None:
        raise Refused(BallotRefusal.STACK_BROUGHT_BEFORE)
    session.add_all(
        PaperBallot(round_id=the_round.id, number=number, state=PaperState.OUT)
        for number in range(first, last + 1)
    )
    _log(session, the_round, by, f"{first}–{last}")


# --- reading papers ------------------------------------------------------------------------------


def enter_paper(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    number: int,
    choices: object,
    teller: Person,
) -> PaperState:
    """Take down what a teller read; once two tellers agree, the paper goes into the box.

    Taken after the close too, for as long as the votes are not counted. Two tellers who disagree
    leave the paper disputed, until one of them, or a third, reads what the other did.
    Raises Refused or BadPaper.
    """
    _begin(session, the_round, teller)
    found = _paper(session, the_round, number)
    if found.state not in ENTERED | {PaperState.OUT}:
        raise Refused(_WHY_NOT_ENTERED[found.state])
    paper = _ballot_paper(session, the_round)
    faults = faults_in(paper, choices)
    if faults or not isinstance(choices, list | tuple | dict):
        raise BadPaper(faults)
    desk = _Desk(keys, the_round.id, paper)
    text = canonical(paper.ballot_format, choices)
    if found.state == PaperState.OUT:
        if not count_papers(session, the_round.id).unseen:
            raise Refused(BallotRefusal.MORE_PAPERS_THAN_HOLDERS)
        found.state, found.first_teller_id = PaperState.ENTERED_ONCE, teller.id
        found.entry = desk.lock(found, teller.id, text)
    else:
        _compare(session, keys, the_round, desk, found, text, choices, teller)
    session.flush()
    return found.state


_WHY_NOT_ENTERED = {
    PaperState.IN_BOX: BallotRefusal.PAPER_IN_BOX,
    PaperState.SPOILT: BallotRefusal.PAPER_SPOILT,
    PaperState.TAKEN_BACK: BallotRefusal.PAPER_SPOILT,
}


def _compare(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    desk: "_Desk",
    found: PaperBallot,
    text: str,
    choices: object,
    teller: Person,
) -> None:
    """Hold what a teller read against what others did before."""
    readings = desk.readings(found)
    agreeing = next((who for who, read in readings if who != teller.id and read == text), None)
    if agreeing is not None:
        _put_in_box(session, keys, the_round, desk.paper, found, choices)
        found.first_teller_id, found.second_teller_id = agreeing, teller.id
    elif teller.id == found.first_teller_id:
        found.entry = desk.lock(found, teller.id, text)
    elif found.second_teller_id in (None, teller.id):
        found.state, found.second_teller_id = PaperState.DISPUTED, teller.id
        found.second_entry = desk.lock(found, teller.id, text)
    else:
        raise Refused(BallotRefusal.TELLERS_DISAGREE)


def _put_in_box(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    paper: BallotPaper,
    found: PaperBallot,
    choices: object,
) -> None:
    # Under an entry of its own, which is nobody’s on the roll: a number below nothing. With a
    # nonce as a phone draws one: a record of single ballots must not tell which were on paper.
    envelope = fill_in(
        keys,
        paper,
        the_round.id,
        -found.number,
        choices,
        request_id=f"paper-{found.number}",
        client_nonce=secrets.token_hex(PHONES_NONCE_BYTES),
    )
    (answer,) = put_in(session, the_round.id, [envelope])
    if isinstance(answer, Refused):
        raise answer
    found.state, found.entry, found.second_entry = PaperState.IN_BOX, None, None
    found.second_teller_id = None


def readings_of(
    session: Session, keys: KeyStore, the_round: Round, number: int
) -> tuple[Reading, ...]:
    """What two tellers read who disagree; nothing of a paper that is not disputed.

    Before, the second teller must not see what the first one read.
    """
    found = _paper(session, the_round, number)
    if found.state != PaperState.DISPUTED:
        return ()
    desk = _Desk(keys, the_round.id, _ballot_paper(session, the_round))
    return tuple(
        Reading(session.get_one(Person, who), json.loads(read))
        for who, read in desk.readings(found)
    )


class _Desk:
    """Where readings lie locked until two agree: a copy of the database tells none."""

    def __init__(self, keys: KeyStore, round_id: int, paper: BallotPaper) -> None:
        """Use the key of this round."""
        self.paper = paper
        self._cipher = AESGCM(hmac.digest(keys.read(round_id), b"paper-entries", "sha256"))

    def lock(self, found: PaperBallot, teller_id: int, text: str) -> bytes:
        """A reading of a paper, encrypted; all are as long as the longest could be."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        padded = text.encode().ljust(self.paper.longest_text)
        return nonce + self._cipher.encrypt(nonce, padded, self._label(found, teller_id))

    def readings(self, found: PaperBallot) -> list[tuple[int, str]]:
        """Each teller’s number, and what they read."""
        locked = (
            (found.first_teller_id, found.entry),
            (found.second_teller_id, found.second_entry),
        )
        return [
            (teller_id, self._unlock(found, teller_id, entry))
            for teller_id, entry in locked
            if teller_id is not None and entry is not None
        ]

    def _unlock(self, found: PaperBallot, teller_id: int, entry: bytes) -> str:
        nonce, encrypted = entry[:_NONCE_BYTES], entry[_NONCE_BYTES:]
        return (
            self._cipher.decrypt(nonce, encrypted, self._label(found, teller_id)).decode().rstrip()
        )

    @staticmethod
    def _label(found: PaperBallot, teller_id: int) -> bytes:
        return f"{found.round_id}|{found.number}|{teller_id}".encode()


# --- papers that vote for nobody -----------------------------------------------------------------


def spoil(session: Session, the_round: Round, number: int, why: str, by: Person) -> None:
    """Reject a paper that was handed in: nobody can say for what it votes. Its vote is used."""
    found = _set_aside(session, the_round, number, why, by)
    if found.state == PaperState.OUT and not count_papers(session, the_round.id).unseen:
        raise Refused(BallotRefusal.MORE_PAPERS_THAN_HOLDERS)
    _empty(found, PaperState.SPOILT, why)
    _log(session, the_round, by, f"{number}: {found.why}")


def take_back(session: Session, the_round: Round, number: int, why: str, by: Person) -> None:
    """Take a paper back that its holder spoilt: they get another one, and still vote."""
    found = _set_aside(session, the_round, number, why, by)
    _empty(found, PaperState.TAKEN_BACK, why)
    _log(session, the_round, by, f"{number}: {found.why}")


def _set_aside(
    session: Session, the_round: Round, number: int, why: str, by: Person
) -> PaperBallot:
    _begin(session, the_round, by)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    found = _paper(session, the_round, number)
    if found.state not in ENTERED | {PaperState.OUT}:
        raise Refused(_WHY_NOT_ENTERED[found.state])
    return found


def _empty(found: PaperBallot, state: PaperState, why: str) -> None:
    found.state, found.why = state, why.strip()[:LONGEST_REASON]
    found.entry = found.second_entry = None
    found.first_teller_id = found.second_teller_id = None


def put_back(session: Session, the_round: Round, number: int, by: Person) -> None:
    """Undo the setting aside of a paper: its number was a mistake."""
    _begin(session, the_round, by)
    found = _paper(session, the_round, number)
    if found.state not in (PaperState.SPOILT, PaperState.TAKEN_BACK):
        raise Refused(BallotRefusal.PAPER_NOT_SPOILT)
    _empty(found, PaperState.OUT, "")
    _log(session, the_round, by, str(number))


def give_up(session: Session, the_round: Round, papers: int, why: str, by: Person) -> None:
    """Wait no longer for this many papers, with a reason; what turns up is still accepted."""
    _begin(session, the_round, by)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    missing = count_papers(session, the_round.id).unseen
    if not 0 <= papers <= missing:
        raise Refused(BallotRefusal.NOT_SO_MANY_OUT, limit=missing)
    session.merge(
        PapersGivenUp(
            round_id=the_round.id, papers=papers, why=why.strip()[:LONGEST_REASON], by_id=by.id
        )
    )
    _log(session, the_round, by, f"{papers}: {why.strip()}")


# --- what they share -----------------------------------------------------------------------------


def _begin(session: Session, the_round: Round, teller: Person) -> None:
    """Hold the vote alone, and refuse whoever is no teller, or comes before or after the time."""
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round, ["phase"])
    if is_past(the_round.phase, Phase.VOTE):
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    if the_round.phase != Phase.VOTE:
        raise Refused(BallotRefusal.PAPERS_TOO_LATE)
    tellers = (Office.FACILITATOR, Office.OFFICER)
    if all(held.office not in tellers for held in offices_of(session, teller)):
        raise Refused(BallotRefusal.NOT_A_TELLER)


def _paper(session: Session, the_round: Round, number: int) -> PaperBallot:
    is_serial = 0 < number <= MOST_PAPERS  # a number no database would hold must not reach it
    found = (
        session.get(PaperBallot, (the_round.id, number), populate_existing=True)
        if is_serial
        else None
    )
    if found is None:
        raise Refused(BallotRefusal.NO_SUCH_PAPER)
    return found


def _ballot_paper(session: Session, the_round: Round) -> BallotPaper:
    rules = rules_of(session, the_round.id)
    if rules is None:
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    return paper_for(session, the_round, rules)


def _log(session: Session, the_round: Round, by: Person, words: str) -> None:
    query = (
        select(Assembly)
        .join(AgendaItem, AgendaItem.assembly_id == Assembly.id)
        .join(HallVote, HallVote.item_id == AgendaItem.id)
        .where(HallVote.round_id == the_round.id)
        .order_by(HallVote.opened_at.desc())
        .limit(1)
    )
    session.flush()
    assembly = session.scalar(query)
    if assembly is not None:
        log_act(session, assembly, ActKind.HANDLE_PAPERS, by, words)
