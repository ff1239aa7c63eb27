"""How people in the hall join: a short address to type, and the same as a QR code."""

import segno
from flask import url_for
from markupsafe import Markup

from app.house import settings
from neighbourhoods.rounds import Round


def join_link(the_round: Round) -> str:
    """The whole address that the QR code holds."""
    return settings().public_url + url_for("residents.join", round_id=the_round.id)


def join_address(the_round: Round) -> str:
    """The address as people type it."""
    return join_link(the_round).partition("://")[2]


def join_code(the_round: Round) -> segno.QRCode:
    """The QR code of the address; a quarter of it may be hidden or badly lit."""
    return segno.make(join_link(the_round), error="q", micro=False)


def join_picture(the_round: Round) -> Markup:
    """The QR code as an SVG for a page, as large as the place it stands in."""
    # Drawn from the address of this deployment alone: nothing in it comes from a visitor.
    return Markup(  # noqa: S704
        join_code(the_round).svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    )
