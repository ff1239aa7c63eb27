"""Voter cards to print: each voter’s own code, as words and as a QR code."""

from dataclasses import dataclass

import segno
from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from app.access import Who, open_to
from app.house import db, settings
from app.officers import officers
from neighbourhoods.eligibility import RollEntry, roll_size, voter_code
from neighbourhoods.rounds import Round

CARDS_A_PAGE = 50


@dataclass(frozen=True)
class VoterCard:
    """What one card says."""

    name: str
    code: str
    qr: Markup


@officers.get("/office/rounds/<int:round_id>/voter-cards")
@open_to(Who.OFFICER)
def voter_cards(the_round: Round) -> ResponseReturnValue:
    """Fifty cards a page, in the order of the roll’s references."""
    page = request.args.get("page", 1, type=int)
    people = roll_size(db(), the_round.id)
    pages = max(1, -(-people // CARDS_A_PAGE))
    if not 1 <= page <= pages:
        abort(404)
    entries = db().scalars(
        select(RollEntry)
        .where(RollEntry.round_id == the_round.id)
        .order_by(RollEntry.reference)
        .offset((page - 1) * CARDS_A_PAGE)
        .limit(CARDS_A_PAGE)
    )
    identify = url_for("residents.identify", round_id=the_round.id)
    return render_template(
        "officers/voter_cards.html",
        the_round=the_round,
        people=people,
        page=page,
        pages=pages,
        cards=[_card(entry) for entry in entries],
        address=settings().public_url.partition("://")[2] + identify,
    )


def _card(entry: RollEntry) -> VoterCard:
    code = voter_code(settings().key_for("voter-codes"), entry.round_id, entry.reference)
    address = settings().public_url + url_for("residents.voter_card", code=code)
    drawn = segno.make(address, micro=False).svg_inline(
        omitsize=True, svgclass=None, lineclass=None
    )
    in_fours = " ".join(code[start : start + 4] for start in range(0, len(code), 4))
    return VoterCard(entry.name, in_fours, Markup(drawn))  # noqa: S704 - segno drew it
