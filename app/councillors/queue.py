"""A councillor’s queue: what waits for them and for how long, what comes, what they decided."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_
from sqlalchemy.orm import Session

from app.access import Visitor, Who, open_to, signed_in
from app.councillors import councillors
from app.display import date_words
from app.house import db, today
from app.public.delivery_words import due_of
from app.public.finding import find_rounds, late_among
from app.public.sitting import waiting_since
from app.public.standing import DONE_PHASES, Standing, by_urgency, standing
from ballots.signoff import SIGNED, Seat, SignOff, sign_off_of
from neighbourhoods.database import now
from neighbourhoods.funds import Fund
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.rounds import Round, RoundKind


@dataclass(frozen=True)
class Awaiting:
    """One outcome in front of councillors."""

    the_round: Round
    since: datetime | None
    how_long: str
    state: str
    is_mine: bool
    link: str


@councillors.get("/councillors/queue")
@open_to(Who.COUNCILLOR)
def queue() -> ResponseReturnValue:
    """What waits for this councillor, oldest first; then what comes, and what is decided."""
    moment = now(db())
    rounds = _answered_for(db(), signed_in())
    # A vote in a hall is over within the evening: it is not announced, it comes.
    full = [r for r in rounds if r.kind == RoundKind.FULL]
    before = [r for r in by_urgency(full) if r.phase not in (Phase.SIGN_OFF, *DONE_PHASES)]
    sittings = [_awaiting(db(), r, moment) for r in rounds if r.phase == Phase.SIGN_OFF]
    sittings.sort(key=lambda one: (one.since is None, one.since or moment, one.the_round.id))
    return render_template(
        "councillors/queue.html",
        mine=[one for one in sittings if one.is_mine],
        others=[one for one in sittings if not one.is_mine],
        coming=[standing(r, moment) for r in before],
        decided=[_decided(r, moment) for r in rounds if r.phase in DONE_PHASES],
        late=[(found, due_of(found, today())) for found in late_among(db(), rounds, today())],
    )


def _answered_for(session: Session, visitor: Visitor) -> list[Round]:
    """The rounds of the wards, neighbourhoods and interests this councillor answers for."""
    places = [
        appointment.community_id
        for appointment in visitor.offices
        if appointment.office == Office.COUNCILLOR
    ]
    inside = Fund.community.has(Community.ward_id.in_(places))
    return find_rounds(session, or_(Fund.community_id.in_(places), inside), kinds=SIGNED)


def _awaiting(session: Session, the_round: Round, moment: datetime) -> Awaiting:
    sign_off = sign_off_of(session, the_round)
    mine = next(
        (seat for seat in sign_off.seats if seat.councillor.id == signed_in().person.id), None
    )
    since = waiting_since(session, the_round)
    return Awaiting(
        the_round=the_round,
        since=since,
        how_long=waited_words(since, moment) if since else "",
        state=_state(sign_off, mine),
        is_mine=mine is not None and _waits(sign_off, mine),
        link=url_for("councillors.decision", round_id=the_round.id),
    )


def _waits(sign_off: SignOff, seat: Seat) -> bool:
    return not sign_off.referred_back and seat.decision is None and not seat.conflicted


def _state(sign_off: SignOff, mine: Seat | None) -> str:
    if sign_off.stuck:
        return _("Nobody is free to decide. The monitoring officer must step in.")
    if sign_off.referred_back:
        return _("Referred back. Waiting for council officers to answer.")
    if mine is not None and mine.conflicted:
        return _("You declared a pecuniary interest. Others decide.")
    if mine is not None and mine.decision is not None:
        return _("You have decided. Waiting for other councillors.")
    if sign_off.sitting > 1:
        return _("Officers have answered. Decide afresh.")
    return _("Residents have voted. Declare any interest, then decide.")


def waited_words(since: datetime, moment: datetime) -> str:
    """How long something has waited: since when, and how many days that is."""
    days = (moment - since).days
    day = date_words(since)
    if days < 1:
        return _("Since %(day)s", day=day)
    return ngettext(
        "Since %(day)s, %(num)d day ago", "Since %(day)s, %(num)d days ago", days, day=day
    )


def _decided(the_round: Round, moment: datetime) -> Standing:
    shown = standing(the_round, moment)
    link = url_for("public.record", round_id=the_round.id)
    return Standing(the_round, shown.state, shown.tag, shown.tone, link)
