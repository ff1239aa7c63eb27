"""How people in the hall join: a short address to type, and the same as a QR code."""

import segno
from flask import url_for
from markupsafe import Markup

from app.house import settings
from neighbourhoods.assemblies import Assembly
from neighbourhoods.rounds import Round


def join_link(the_round: Round) -> str:
    """The whole address that the QR code holds."""
    return settings().public_url + url_for("residents.join", round_id=the_round.id)


def join_address(the_round: Round) -> str:
    """The address as people type it."""
    return join_link(the_round).partition("://")[2]


def join_code(the_round: Round) -> segno.QRCode:
    """The QR code of the address; a quarter of it may be hidden or badly lit."""
    return _code(join_link(the_round))


def join_picture(the_round: Round) -> Markup:
    """The QR code as an SVG for a page, as large as the place it stands in."""
    return _picture(join_link(the_round))


def assembly_address() -> str:
    """Where people type the code of their assembly."""
    return settings().public_url.partition("://")[2] + "/join"


def assembly_picture(assembly: Assembly) -> Markup:
    """The QR code that opens an assembly on a phone, as an SVG for a page."""
    return _picture(f"{settings().public_url}/a/{assembly.code}")


def door_picture(assembly: Assembly) -> Markup:
    """The QR code that opens the door of an assembly, for an officer who stands there."""
    return _picture(settings().public_url + url_for("facilitators.door", assembly_id=assembly.id))


def spaced(code: str) -> str:
    """A code as it is read out: in two halves."""
    return f"{code[:3]} {code[3:]}"


def _code(link: str) -> segno.QRCode:
    return segno.make(link, error="q", micro=False)


def _picture(link: str) -> Markup:
    # Drawn from the address of this deployment alone: nothing in it comes from a visitor.
    return Markup(  # noqa: S704
        _code(link).svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    )
