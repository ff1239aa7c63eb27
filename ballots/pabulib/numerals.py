"""Numbers, sums of money and lists of names as `.pb` files write them. Pure."""

import re
from decimal import Decimal

MAX_PENCE = 10**15

_WHOLE = re.compile(r"\d{1,15}(\.0{0,15})?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_MONEY = re.compile(r"\d{1,15}(\.\d{1,15})?([eE]\+?\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3}){2,}|\d{1,3}(,\d{3})+\.\d{1,15}", re.ASCII)
_COMMA_BEFORE_DECIMALS = re.compile(r"\d{1,15},(\d{1,2}|\d{4,15})", re.ASCII)


def whole_number(text: str) -> int | None:
    """12 from "12" or "12.0"; None if it is no whole number of at least 0."""
    plain = "".join(text.split())
    return int(plain.partition(".")[0]) if _WHOLE.fullmatch(plain) else None


def number(text: str) -> Decimal | None:
    """A decimal number, with a point or a comma; None if it is none."""
    plain = "".join(text.split()).replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def money_pence(text: str) -> Decimal | None:
    """Pence, perhaps with a fraction, from an amount in currency units; None if it is none.

    Spaces of every kind part thousands. A comma is a decimal comma, unless several commas or a
    point after them show that they part thousands. "1,000" could be either and is refused.
    """
    plain = "".join(text.split())
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _COMMA_BEFORE_DECIMALS.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not _MONEY.fullmatch(plain):
        return None
    pence = Decimal(plain) * 100
    return pence if pence <= MAX_PENCE else None


def names_in(text: str) -> tuple[str, ...]:
    """What stands between the commas of a cell, without spaces around it."""
    return tuple(filter(None, map(str.strip, text.split(","))))
