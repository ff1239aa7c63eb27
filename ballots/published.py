"""What anybody may download of a vote: ledger, opened ballots, count and record in one file.

See docs/record-format.md, and `ballots/verify.py`, which checks such a file.
"""

import json
from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.box import Ballot
from ballots.ledger import EntryKind, entries_of, find_entry, plain_json
from ballots.outcome import outcome_of
from ballots.record import record_of
from neighbourhoods.rounds import Round

FORMAT = "wardmote-record-2"
# Fewer single ballots could give people away: measured, 66 % of them are unique in small wards.
ENOUGH_TO_OPEN = 100
_PAGE = 1_000


def may_open(session: Session, round_id: int) -> bool:
    """Whether the ballots of a counted vote are so many that all of them are published."""
    tallied = find_entry(session, round_id, EntryKind.TALLIED)
    return tallied is not None and int(tallied.contents["ballots"]) >= ENOUGH_TO_OPEN


def record_in_pieces(
    session: Session,
    the_round: Round,
    *,
    opened: bool,
    pause: Callable[[], None] | None = None,
) -> Iterator[str]:
    """The file of a round in pieces of text, with single ballots if they may be `opened`."""
    entries = entries_of(session, the_round.id)
    outcome, record = outcome_of(session, the_round.id), record_of(session, the_round.id)
    first = next((entry for entry in entries if entry.kind == EntryKind.OPENED), None)
    yield (
        f'{{"format":{plain_json(FORMAT)},"round":{the_round.id},'
        f'"public_key":{plain_json(first.contents["public_key"] if first else "")},'
    )
    yield f'"result":{plain_json(outcome.result) if outcome else "null"},'
    yield f'"record":{json.dumps(record.document) if record else "null"},'
    yield '"ledger":['
    for number, entry in enumerate(entries):
        yield ("," if number else "") + plain_json(entry.as_json())
    yield '],"ballots":'
    if opened:
        yield from _opened(session, the_round.id, pause)
    else:
        yield "null"
    yield "}\n"


def _opened(session: Session, round_id: int, pause: Callable[[], None] | None) -> Iterator[str]:
    query = (
        select(Ballot.commitment, Ballot.client_nonce, Ballot.server_nonce, Ballot.choices)
        .where(Ballot.round_id == round_id)
        .order_by(Ballot.commitment)
    )
    names = ("commitment", "client_nonce", "server_nonce", "choices")
    comma = "["
    for page in session.execute(query, execution_options={"yield_per": _PAGE}).partitions():
        rows = ",\n".join(plain_json(dict(zip(names, row, strict=True))) for row in page)
        yield comma + rows
        comma = ",\n"
        if pause is not None:
            pause()
    yield "]" if comma != "[" else "[]"
