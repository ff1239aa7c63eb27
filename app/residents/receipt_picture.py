"""A receipt as people carry it away: the address of its page, and the same as a QR code."""

from functools import cache

import segno
from flask import url_for
from markupsafe import Markup

from app.house import settings

_LIKE_A_CODE = "0123456789ABCDEF"


def receipt_link(code: str) -> str:
    """The whole address of the page on which anybody can check this receipt."""
    return settings().public_url + url_for("public.receipt", code=code)


def receipt_address(code: str) -> str:
    """The address as people type it."""
    return receipt_link(code).partition("://")[2]


def receipt_picture(code: str) -> Markup:
    """The whole address as a QR code: an SVG for a page, as large as the place it stands in."""
    link = receipt_link(code)
    drawn = segno.make(link, error="m", micro=False, mask=_mask_for(link.removesuffix(code)))
    # Drawn from the address of this deployment and a code of ours: no visitor wrote any of it.
    return Markup(  # noqa: S704
        drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    )


@cache
def _mask_for(start: str) -> int:
    """The mask that suits addresses that start so: trying all eight takes six times as long.

    Only their last sixteen letters differ, and every mask is one that readers know.
    """
    return int(segno.make(f"{start}{_LIKE_A_CODE}", error="m", micro=False).mask)
