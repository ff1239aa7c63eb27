"""Who is voting: by the voter card they showed, the phone that is theirs, or their address."""

from flask import g, session
from sqlalchemy import select

from app.access import visitor
from app.house import db, settings
from app.privacy.clearings import GONE
from ballots.hall import hall_entry, hall_vote_in
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.eligibility import RollEntry, entry_by_code, entry_by_email
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

SHOWN = "voter"
CODES = "voter-codes"
# The phones of this browser, by assembly: written by whoever joins.
PHONES = "assembly-phones"
# Who was found to vote here, by round, so that a cast needs no look-up; only the last few.
FOUND = "entries"
MOST_FOUND = 4


def code_key() -> bytes:
    """The key that voter codes are drawn from."""
    return settings().key_for(CODES)


def entry_for(the_round: Round) -> RollEntry | None:
    """The roll entry of whoever sits at this browser, if they have shown that it is theirs.

    In a hall the phone speaks first: the door has seen whose it is.
    """
    by_phone, by_card = _entry_by_phone, entry_on_card
    ways = (by_phone, by_card) if the_round.within_id is not None else (by_card, by_phone)
    for way in ways:
        entry = way(the_round)
        if entry is not None:
            return entry
    known = visitor()
    return entry_by_email(db(), the_round.id, known.person.email) if known else None


def remember_entry(the_round: Round, entry: RollEntry | None) -> None:
    """Keep in this browser who votes in a round, or that nobody does, for the next cast."""
    found, name = _kept(FOUND), str(the_round.id)
    others = {other: number for other, number in found.items() if other != name}
    if entry is not None:
        others = dict(list(others.items())[1 - MOST_FOUND :]) | {name: entry.id}
    if others != found:
        session[FOUND] = others


def entry_found(round_id: int) -> int | None:
    """The number of the roll entry that votes here, not looked up: shown by card, or found."""
    shown, found = card_shown(round_id), _kept(FOUND).get(str(round_id))
    return shown if shown is not None else found if isinstance(found, int) else None


def _entry_by_phone(the_round: Round) -> RollEntry | None:
    """The roll entry of whoever's phone this is, in a meeting about the round."""
    main_id = the_round.within_id or the_round.id
    numbers = [number for number in _kept(PHONES).values() if isinstance(number, int)]
    if not numbers:
        return None
    query = (
        select(Attendee)
        .join(Phone, Phone.attendee_id == Attendee.id)
        .join(Assembly, Assembly.id == Phone.assembly_id)
        .where(Phone.id.in_(numbers), Assembly.round_id == main_id)
        .order_by(Phone.id.desc())
    )
    for attendee in db().scalars(query):
        if attendee.is_walk_in and not _votes_in_meeting(the_round, attendee):
            continue
        entry = hall_entry(db(), the_round, attendee)
        if entry is not None:
            return entry
    return None


def _votes_in_meeting(the_round: Round, attendee: Attendee) -> bool:
    """Whether a round is a vote of the meeting that somebody walked into.

    Their reference means somebody in that meeting alone.
    """
    vote = hall_vote_in(db(), the_round.id)
    return vote is not None and vote.is_own and vote.item.assembly_id == attendee.assembly_id


def entry_on_card(the_round: Round) -> RollEntry | None:
    """The roll entry of the voter card that was shown in this browser, for it or its meeting."""
    entry = _shown_for(the_round.id)
    if entry is not None or the_round.within_id is None:
        return entry
    main = _shown_for(the_round.within_id)
    return hall_entry(db(), the_round, main) if main is not None else None


def _shown_for(round_id: int) -> RollEntry | None:
    entry_id = card_shown(round_id)
    entry = db().get(RollEntry, entry_id) if entry_id is not None else None
    # A session forgets what nobody holds, and a page asks for its voter three times.
    g.shown_for = entry
    if entry is None or entry.round_id != round_id or entry.reference.startswith(GONE):
        return None  # where the roll is blanked, its card is nobody's: it rates nothing again
    return entry


def card_shown(round_id: int) -> int | None:
    """The number of the roll entry whose card was shown in this browser, not looked up."""
    entry_id = _kept(SHOWN).get(str(round_id))
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
        _show(the_round, entry)
    return the_round


def show_card_in_hall(hall_round: Round, code: str) -> bool:
    """Remember whose card of the meeting's round this is, for a vote in the hall; whether it was.

    The roll of a vote in a hall was closed when it opened.
    """
    owner = owner_of(code)
    if owner is None or owner.round_id != hall_round.within_id:
        return False
    entry = hall_entry(db(), hall_round, owner)
    if entry is not None:
        _show(hall_round, entry)
    return entry is not None


def _show(the_round: Round, entry: RollEntry) -> None:
    session[SHOWN] = {**_kept(SHOWN), str(the_round.id): entry.id}
    session.pop(FOUND, None)


def put_card_away(the_round: Round) -> None:
    """Forget the voter card shown for a round, for the next person at this device."""
    names = {str(the_round.id), str(the_round.within_id)}
    shown = _kept(SHOWN)
    session[SHOWN] = {other: entry for other, entry in shown.items() if other not in names}
    session.pop(FOUND, None)


def _kept(name: str) -> dict[str, object]:
    kept = session.get(name)
    return kept if isinstance(kept, dict) else {}
