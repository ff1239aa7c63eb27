"""Who is voting: known by the voter card they showed, or by the address they signed in with."""

from flask import session

from app.access import visitor
from app.house import db, settings
from neighbourhoods.eligibility import RollEntry, entry_by_code, entry_by_email
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

SHOWN = "voter"
CODES = "voter-codes"


def code_key() -> bytes:
    """The key that voter codes are drawn from."""
    return settings().key_for(CODES)


def entry_for(the_round: Round) -> RollEntry | None:
    """The roll entry of whoever sits at this browser, if they have shown that it is theirs."""
    shown = entry_on_card(the_round)
    if shown is not None:
        return shown
    known = visitor()
    return entry_by_email(db(), the_round.id, known.person.email) if known else None


def entry_on_card(the_round: Round) -> RollEntry | None:
    """The roll entry of the voter card that was shown in this browser."""
    entry_id = card_shown(the_round.id)
    entry = db().get(RollEntry, entry_id) if entry_id is not None else None
    return entry if entry is not None and entry.round_id == the_round.id else None


def card_shown(round_id: int) -> int | None:
    """The number of the roll entry whose card was shown in this browser, not looked up."""
    entry_id = _cards().get(str(round_id))
    return entry_id if isinstance(entry_id, int) else None


def owner_of(code: str) -> RollEntry | None:
    """The roll entry of a voter card, however its code is typed."""
    return entry_by_code(db(), code_key(), code)


def show_card(code: str) -> Round | None:
    """Remember the voter whose card this is; the round it is for, or None if it is nobody's.

    Before the vote opens nothing is remembered: until then the roll may still be replaced, and
    the number of its entry could come to mean somebody else.
    """
    entry = owner_of(code)
    if entry is None:
        return None
    the_round = db().get_one(Round, entry.round_id)
    if not is_past(the_round.phase, Phase.VOTE):
        session[SHOWN] = {**_cards(), str(the_round.id): entry.id}
    return the_round


def put_card_away(the_round: Round) -> None:
    """Forget the voter card shown for a round, for the next person at this device."""
    name = str(the_round.id)
    session[SHOWN] = {other: entry for other, entry in _cards().items() if other != name}


def _cards() -> dict[str, object]:
    cards = session.get(SHOWN)
    return cards if isinstance(cards, dict) else {}
