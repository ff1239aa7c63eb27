"""A receipt as people carry it away: the address of its page, and the same as a QR code."""

import segno
from flask import url_for
from markupsafe import Markup

from app.house import settings


def receipt_link(code: str) -> str:
    """The whole address of the page on which anybody can check this receipt."""
    return settings().public_url + url_for("public.receipt", code=code)


def receipt_address(code: str) -> str:
    """The address as people type it."""
    return receipt_link(code).partition("://")[2]


def receipt_picture(code: str) -> Markup:
    """The whole address as a QR code: an SVG for a page, as large as the place it stands in."""
    drawn = segno.make(receipt_link(code), error="m", micro=False)
    # Drawn from the address of this deployment and a code of ours: no visitor wrote any of it.
    return Markup(  # noqa: S704
        drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    )
