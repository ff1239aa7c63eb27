"""Photos of what was done: drawn anew, so that nothing but the picture is kept of what was sent."""

import hashlib
import io
import struct
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flask import current_app, request
from PIL import Image, ImageOps

from app.house import settings

View = TypeVar("View", bound=Callable[..., object])
MOST_PHOTO_BYTES = 5 * 1024 * 1024
# For the other fields of its form and the marks between them.
ROOM_BESIDE = 256 * 1024
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


def takes_photo(view: View) -> View:
    """Say that a view's form may carry a photo, larger than anything else that is sent."""
    return takes_upto(MOST_PHOTO_BYTES + ROOM_BESIDE)(view)


def takes_upto(most: int) -> Callable[[View], View]:
    """Say how many bytes a view's form may have, more than anything else that is sent."""

    def mark(view: View) -> View:
        view.most_bytes = most  # type: ignore[attr-defined]
        return view

    return mark


def make_room() -> None:
    """Let a request be as large as its view says, if it takes a file."""
    view = current_app.view_functions.get(request.endpoint or "")
    most = getattr(view, "most_bytes", None)
    if most is not None:
        request.max_content_length = most


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
    upright = ImageOps.exif_transpose(sent)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A new picture: comments, profiles and places stay behind with the old one.
    clean = Image.new("RGB", upright.size, "white")
    opaque = upright.convert("RGBA")
    clean.paste(opaque, mask=opaque)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Photo(written.getvalue(), clean.size)


def store_photo(photo: Photo) -> str:
    """Keep a photo under its SHA-256; returns it. The same photo twice is kept once."""
    kept = place_of(photo.digest)
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as written:
            written.write(photo.content)
        # Whole or not at all: nobody ever loads half a photo.
        Path(written.name).replace(kept)
    return photo.digest


def place_of(digest: str) -> Path:
    """Where the photo with a digest lies."""
    return settings().var / "photos" / f"{digest}.jpg"
