"""The photos beside delivery reports."""

from flask import abort, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.access import Who, open_to
from app.house import db
from app.photos import place_of
from app.public import public
from neighbourhoods.delivery import DeliveryPhoto


@public.get("/photos/<string(length=64):digest>.jpg")
@open_to(Who.ANYONE)
def photo(digest: str) -> ResponseReturnValue:
    """A photo that stands beside a report; its name is its hash, so it never changes."""
    known = db().scalar(select(DeliveryPhoto.digest).where(DeliveryPhoto.digest == digest).limit(1))
    if known is None or not place_of(known).exists():
        abort(404)
    answer = send_file(place_of(known), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
