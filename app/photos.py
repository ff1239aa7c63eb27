"""Photos of what was done: taken in with a form, drawn anew beside the server, kept in a folder."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flask import current_app, request

from app.counting_room import counting
from app.house import let_go, settings
from app.photo_drawing import MOST_PHOTO_BYTES, Photo, clean_photo

View = TypeVar("View", bound=Callable[..., object])
# For the other fields of its form and the marks between them.
ROOM_BESIDE = 256 * 1024


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


def draw_anew(raw: bytes) -> Photo:
    """Have a photo drawn anew beside the server; BadPhotoError if it is none.

    This request's session is let go of first: others read and write meanwhile.
    """
    let_go()
    return counting()(clean_photo, raw)


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


def destroy_photo(digest: str) -> None:
    """Destroy a photo that no report shows any more."""
    place_of(digest).unlink(missing_ok=True)


def place_of(digest: str) -> Path:
    """Where the photo with a digest lies."""
    return settings().photo_folder / f"{digest}.jpg"
