"""Draws a photo anew, so that nothing but the picture is kept of what was sent.

It knows no database and no request, so that it can work in a process beside the server: a large
photo takes a second, and nobody else is to wait for it.
"""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

MOST_PHOTO_BYTES = 5 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1_600
QUALITY = 82
# What the decoders raise at files that are no pictures, or only begin like one.
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError)


class BadPhotoError(Exception):
    """What was sent is no photo that we can read, or too large a one."""


@dataclass(frozen=True)
class Photo:
    """A clean JPEG: no place, no time, no camera in it."""

    content: bytes
    size: tuple[int, int]

    @property
    def digest(self) -> str:
        """The name it is kept under."""
        return hashlib.sha256(self.content).hexdigest()


def clean_photo(raw: bytes) -> Photo:
    """Draw a JPEG, PNG or WebP anew, upright and no larger than a screen; BadPhotoError if not."""
    if len(raw) > MOST_PHOTO_BYTES:
        raise BadPhotoError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(raw), formats=FORMATS) as sent:
                if sent.width * sent.height > MOST_PIXELS:
                    raise BadPhotoError
                sent.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                return _drawn_anew(sent)
    except (*_UNREADABLE, struct.error, Warning, Image.DecompressionBombError) as wrong:
        raise BadPhotoError from wrong


def _drawn_anew(sent: Image.Image) -> Photo:
    # Small before it is turned: a second copy as large as the first would double the memory.
    sent.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(sent)
    # A new picture: comments, profiles and places stay behind with the old one.
    clean = Image.new("RGB", upright.size, "white")
    opaque = upright.convert("RGBA")
    clean.paste(opaque, mask=opaque)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Photo(written.getvalue(), clean.size)
