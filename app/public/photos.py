"""The photos beside delivery reports."""

from flask import abort, send_file
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db
from app.photos import place_of
from app.public import public
from neighbourhoods.report_photos import is_shown


@public.get("/photos/<string(length=64):digest>.jpg")
@open_to(Who.ANYONE)
def photo(digest: str) -> ResponseReturnValue:
    """A photo that stands beside a report; its name is its hash, so it never changes."""
    if not is_shown(db(), digest) or not place_of(digest).exists():
        abort(404)
    answer = send_file(place_of(digest), mimetype="image/jpeg")
    # It never changes, but it can be taken down: nobody keeps it for longer than an hour.
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
