"""Typesetting: words and figures go in, a tagged PDF for print and for the archive comes out.

It knows no database and no request, so that it can work in a process beside the server. What is
printed travels as JSON and is used as values, never as markup: a project called `#panic()` is
printed as it is. The sources lie in templates/print, with one sheet for their looks.
"""

import json
import struct
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

import segno
import typst

SOURCES = Path(__file__).parent.parent / "templates" / "print"
SHEETS = SOURCES / "sheets.typ"
FACES = SOURCES.parents[1] / "static" / "vendor" / "print-typefaces"
# The text of a QR code stands under this name; its picture is drawn here, not in the server.
QR = "qr"
# What stands for a letter that none of our typefaces has.
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Pictographs, controls and loose accents that no typeface of ours has are left out instead.
_LEFT_OUT = {"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Sk", "So"}

Part = Mapping[str, object]


def typeset(title: str, parts: Iterable[Part]) -> bytes:
    """One PDF of these parts, each with the `kind` of sheet it is and what stands on it."""
    return typst.compile(
        SHEETS,
        root=SOURCES,
        font_paths=[FACES],
        ignore_system_fonts=True,
        sys_inputs=_inputs(title, parts),
        format="pdf",
        # For archives and for screen readers: ISO 19005-2 at its strictest level, ISO 14289-1.
        pdf_standards=["a-2a", "ua-1"],
    )


def _inputs(title: str, parts: Iterable[Part]) -> dict[str, str]:
    document = {"title": _printable(title), "parts": [_ready(part) for part in parts]}
    return {"document": json.dumps(document)}


def _ready(value: object) -> object:
    """A value with its QR codes drawn, and only letters that can be printed."""
    if isinstance(value, Mapping):
        return {
            name: _qr(str(inner)) if name == QR and inner else _ready(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_ready(inner) for inner in value]
    return _printable(value) if isinstance(value, str) else value


@cache
def _qr(words: str) -> str:
    """A QR code as SVG; a quarter of it may be creased or badly lit."""
    drawn = BytesIO()
    segno.make(words, error="q", micro=False).save(
        drawn, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()


def _printable(words: str) -> str:
    known = _letters()
    return "".join(_letter(letter, known) for letter in unicodedata.normalize("NFC", words))


def _letter(letter: str, known: frozenset[int]) -> str:
    if letter in "\n\t" or ord(letter) in known:
        return letter
    return "" if unicodedata.category(letter) in _LEFT_OUT else UNKNOWN


@cache
def _letters() -> frozenset[int]:
    """Every character that one of our typefaces has: an archived PDF may hold no other."""
    controls = {code for code in range(0x10000) if unicodedata.category(chr(code)) in ("Cc", "Cf")}
    faces = (path.read_bytes() for path in sorted(FACES.glob("*.ttf")))
    return frozenset().union(*map(_letters_of, faces)) - controls


def _letters_of(face: bytes) -> set[int]:
    """The characters in the `cmap` table of a TrueType file."""
    (tables,) = struct.unpack_from(">H", face, 4)
    places = {
        face[at : at + 4]: struct.unpack_from(">I", face, at + 8)[0]
        for at in range(12, 12 + 16 * tables, 16)
    }
    start = places[b"cmap"]
    (number,) = struct.unpack_from(">H", face, start + 2)
    found: set[int] = set()
    for at in range(start + 4, start + 4 + 8 * number, 8):
        (offset,) = struct.unpack_from(">I", face, at + 4)
        found |= _letters_in(face, start + offset)
    return found


def _letters_in(face: bytes, at: int) -> set[int]:
    (form,) = struct.unpack_from(">H", face, at)
    if form == 12:
        (groups,) = struct.unpack_from(">I", face, at + 12)
        spans = [struct.unpack_from(">II", face, at + 16 + 12 * one) for one in range(groups)]
    elif form == 4:
        (twice,) = struct.unpack_from(">H", face, at + 6)
        ends = struct.unpack_from(f">{twice // 2}H", face, at + 14)
        starts = struct.unpack_from(f">{twice // 2}H", face, at + 16 + twice)
        spans = list(zip(starts, ends, strict=True))
    else:
        return set()
    return {code for first, last in spans for code in range(first, last + 1) if code != 0xFFFF}
