"""Reads back what our own PDFs say: pages, their words, how large they are, what the file claims.

It knows as much of the format as our typesetting writes, and no more.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("f"): 12}
# Bytes in brackets; brackets that come in pairs may stand within them, here up to eight deep.
_BYTES = rb"\((?:\\.|[^()\\])*\)"
for _ in range(8):
    _BYTES = rb"\((?:\\.|[^()\\]|" + _BYTES + rb")*\)"
_STRING = re.compile(_BYTES, re.DOTALL)
# A typeface and its size, glyphs shown in it, or glyphs that stand from right to left.
_SHOWN = re.compile(
    rb"/(f\d+) ([\d.]+) Tf|\[((?:" + _BYTES + rb"|[^\]()])*)\]\s*TJ|(" + _BYTES + rb")Tj"
    rb"|(/ReversedChars BMC)|(EMC)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Pdf:
    """A PDF as bytes."""

    raw: bytes

    @cached_property
    def objects(self) -> dict[int, bytes]:
        """Every object by its number."""
        return {int(found[1]): found[2] for found in _OBJECT.finditer(self.raw)}

    @cached_property
    def pages(self) -> list["Page"]:
        """Its pages in order."""
        root = next(body for body in self.objects.values() if re.search(rb"/Type\s*/Pages\b", body))
        kids = re.search(rb"/Kids\[([^\]]*)\]", root)
        assert kids
        return [Page(self, int(number)) for number in re.findall(rb"(\d+) 0 R", kids[1])]

    @property
    def text(self) -> str:
        """The words of all pages."""
        return "\n".join(page.text for page in self.pages)

    @property
    def claims(self) -> str:
        """What the file says of itself, as XMP."""
        found = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", self.raw, re.DOTALL)
        assert found
        return found[0].decode()

    def stream(self, number: int) -> bytes:
        """The content of a stream."""
        body = self.objects[number]
        found = _STREAM.search(body)
        assert found
        return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]


@dataclass(frozen=True)
class Page:
    """One page."""

    pdf: Pdf
    number: int

    def _refers(self, body: bytes, name: str) -> int:
        found = re.search(rb"/" + name.encode() + rb"\s+(\d+) 0 R", body)
        assert found, name
        return int(found[1])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in millimetres."""
        box = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", self.pdf.objects[self.number])
        assert box
        return round(float(box[1]) / 72 * 25.4), round(float(box[2]) / 72 * 25.4)

    @cached_property
    def lines(self) -> list[tuple[float, str]]:
        """Everything written on it, each with its size in points, in the order it is read."""
        page = self.pdf.objects[self.number]
        faces = {
            name: _letters(self.pdf.stream(self._refers(self.pdf.objects[int(font)], "ToUnicode")))
            for name, font in re.findall(
                rb"/(f\d+) (\d+) 0 R", self.pdf.objects[self._refers(page, "Resources")]
            )
        }
        written, face, size, turned = [], b"", 0.0, False
        for found in _SHOWN.finditer(self.pdf.stream(self._refers(page, "Contents"))):
            if found[1]:
                face, size = found[1], float(found[2])
            elif found[5] or found[6]:
                turned = bool(found[5])
            else:
                glyphs = b"".join(
                    _unescaped(one[1:-1]) for one in _STRING.findall(found[3] or found[4])
                )
                numbers = [glyphs[at : at + 2] for at in range(0, len(glyphs), 2)]
                letters = [faces[face].get(one, "") for one in numbers]
                written.append((size, "".join(reversed(letters) if turned else letters)))
        return written

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(words for _size, words in self.lines)


def _letters(cmap: bytes) -> dict[bytes, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", cmap)
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(letter.decode()).decode("utf-16-be")
        for glyph, letter in pairs
    }


def _unescaped(written: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        escaped = found[1]
        if escaped[:1].isdigit():
            return bytes([int(escaped, 8)])
        return bytes([_ESCAPES.get(escaped[0], escaped[0])])

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, written, flags=re.DOTALL)
