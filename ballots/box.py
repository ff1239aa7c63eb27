"""The ballot box: casting and changing a ballot. Ballots carry no name, time or serial."""

import secrets

from sqlalchemy import CheckConstraint, ForeignKey, Select, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.keys import KeyStore, voter_key
from ballots.papers import canonical, faults_in
from ballots.receipts import Receipt, commitment, receipt_code, request_hash
from ballots.refusals import BadPaper, BallotRefusal
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import Base, hold_round, insert_into, now
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


class Ballot(Base):
    """One voter's last valid paper in one round."""

    __tablename__ = "ballots"
    __table_args__ = (
        CheckConstraint("batch IS NULL OR batch > 0", name="batch"),
        # No row numbers: they would keep the order of arrival.
        {"sqlite_with_rowid": False},
    )

    # One voter, one ballot: the primary key says it, whatever the concurrency.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    voter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    choices: Mapped[str] = mapped_column(Text)
    client_nonce: Mapped[str] = mapped_column(String(64))
    server_nonce: Mapped[str] = mapped_column(String(32))
    receipt_code: Mapped[str] = mapped_column(ForeignKey("receipts.code"))
    # The step of published figures that first covered this voter; empty while held back.
    batch: Mapped[int | None]


def cast_ballot(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    entry: RollEntry | None,
    choices: object,
    *,
    request_id: str,
    client_nonce: str = "",
) -> Receipt:
    """Put a ballot in the box, or change it; the same request again gets the same receipt.

    Asks in order: on the roll? a retry? open? well filled in? Raises Refused or BadPaper.
    """
    hold_round(session, the_round.id, alone=False)
    session.refresh(the_round)
    if entry is None or entry.round_id != the_round.id:
        raise Refused(BallotRefusal.NOT_ON_ROLL)
    try:
        voter = voter_key(keys.read(the_round.id), entry.id)
    except KeyError as missing:
        raise Refused(BallotRefusal.VOTE_NOT_OPEN) from missing
    rules = rules_of(session, the_round.id)
    if rules is None:
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    faults = faults_in(paper_for(session, the_round, rules), choices)
    if faults or not isinstance(choices, list | tuple | dict):
        check_open(session, the_round)
        raise BadPaper(faults)
    text = canonical(rules.ballot_format, choices)
    request = request_hash(request_id, text)
    earlier = session.scalar(_receipts(the_round.id, voter, request))
    if earlier is not None:
        return earlier
    check_open(session, the_round)
    return _store(session, the_round.id, voter, text, request, client_nonce)


def check_open(session: Session, the_round: Round) -> None:
    """Raise Refused unless ballots are taken at this moment, by the database's clock."""
    if is_past(the_round.phase, Phase.VOTE):
        raise Refused(BallotRefusal.VOTE_NOT_OPEN)
    closes_at = the_round.vote_closes_at
    closed = closes_at is not None and now(session) >= closes_at
    if the_round.phase != Phase.VOTE or closed:
        raise Refused(BallotRefusal.VOTE_CLOSED)


def _receipts(round_id: int, voter: str, request: str) -> Select[Receipt]:
    return select(Receipt).where(
        Receipt.round_id == round_id, Receipt.voter_key == voter, Receipt.request_hash == request
    )


def _store(
    session: Session, round_id: int, voter: str, choices: str, request: str, client_nonce: str
) -> Receipt:
    server_nonce = secrets.token_hex(16)
    committed = commitment(round_id, client_nonce, server_nonce, choices)
    code = receipt_code(committed)
    claimed = session.execute(
        insert_into(session, Receipt)
        .values(
            code=code,
            round_id=round_id,
            voter_key=voter,
            request_hash=request,
            commitment=committed,
        )
        .on_conflict_do_nothing(index_elements=["round_id", "voter_key", "request_hash"])
        .returning(Receipt.code)
    ).scalar_one_or_none()
    if claimed is None:  # the same request won on another connection a moment ago
        return session.scalars(_receipts(round_id, voter, request)).one()
    paper = {
        "choices": choices,
        "client_nonce": client_nonce,
        "server_nonce": server_nonce,
        "receipt_code": code,
    }
    session.execute(
        insert_into(session, Ballot)
        .values(round_id=round_id, voter_key=voter, batch=None, **paper)
        .on_conflict_do_update(index_elements=["round_id", "voter_key"], set_=paper)
    )
    return session.get_one(Receipt, code)


def turnout(session: Session, round_id: int) -> int:
    """How many people have a ballot in the box; always live, always exact."""
    query = select(func.count()).select_from(Ballot).where(Ballot.round_id == round_id)
    return int(session.execute(query).scalar_one())


def is_current(session: Session, receipt: Receipt) -> bool:
    """Whether the ballot in the box is still the one this receipt was given for."""
    ballot = session.get(Ballot, (receipt.round_id, receipt.voter_key))
    return ballot is not None and ballot.receipt_code == receipt.code


def current_receipt(
    session: Session, keys: KeyStore, round_id: int, entry: RollEntry
) -> Receipt | None:
    """The receipt of somebody's ballot as it lies in the box, if they cast one."""
    try:
        voter = voter_key(keys.read(round_id), entry.id)
    except KeyError:
        return None
    ballot = session.get(Ballot, (round_id, voter))
    return session.get(Receipt, ballot.receipt_code) if ballot else None
