"""Photos are drawn anew: no place and no camera in them, and what is no photo is refused."""

import io

import pytest
from PIL import Image

from app.photo_drawing import LONGEST_SIDE, MOST_PHOTO_BYTES, BadPhotoError, clean_photo

GPS, ORIENTATION, COMMENT = 0x8825, 0x0112, b"taken at 14 Lock Lane"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **kept: object
) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "red" if mode != "L" else 90).save(written, kind, **kept)
    return written.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # held sideways
    exif.get_ifd(GPS).update({1: "N", 2: (51.0, 30.0, 0.0)})
    return picture(exif=exif, comment=COMMENT)


def test_place_and_comment_are_gone_and_the_picture_stands_upright() -> None:
    sent = with_place()
    with Image.open(io.BytesIO(sent)) as before:
        assert before.getexif().get_ifd(GPS)
        assert before.info["comment"] == COMMENT
    photo = clean_photo(sent)
    with Image.open(io.BytesIO(photo.content)) as kept:
        assert (kept.format, dict(kept.getexif())) == ("JPEG", {})
        assert "comment" not in kept.info
    assert b"Exif" not in photo.content
    assert COMMENT not in photo.content
    assert photo.size == (30, 40)


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")]
)
def test_jpeg_png_and_webp_are_read(kind: str, mode: str) -> None:
    assert clean_photo(picture(kind, mode=mode)).size == (40, 30)


def test_a_large_picture_is_made_as_small_as_a_screen() -> None:
    photo = clean_photo(picture(size=(4_000, 2_000)))
    assert photo.size == (LONGEST_SIDE, LONGEST_SIDE // 2)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<script>alert(1)</script>",
        picture("GIF"),
        picture()[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0" * (MOST_PHOTO_BYTES + 1),
    ],
    ids=["nothing", "a page", "a GIF", "half a photo", "an SVG", "too much"],
)
def test_what_is_no_photo_is_refused(sent: bytes) -> None:
    with pytest.raises(BadPhotoError):
        clean_photo(sent)


def test_a_picture_that_unpacks_to_a_wall_is_refused() -> None:
    with pytest.raises(BadPhotoError):
        clean_photo(picture("PNG", size=(8_000, 7_000), mode="1"))
