"""The desk of everybody who signs: what waits for them, what comes, what was decided."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.desk_words import read_desk
from app.house import db
from neighbourhoods.people import Office


@councillors.get("/desk")
@open_to(Who.SIGNER)
def desk() -> ResponseReturnValue:
    """What waits for whoever is signed in, the nearest deadline first; then all the rest."""
    visitor = signed_in()
    return render_template(
        "councillors/desk.html",
        desk=read_desk(db(), visitor.person, visitor.offices),
        steps_in=visitor.holds(Office.MONITORING_OFFICER),
    )


@councillors.get("/councillors/queue")
@open_to(Who.SIGNER)
def queue() -> ResponseReturnValue:
    """Where councillors’ queues were: letters and bookmarks still lead here."""
    return redirect(url_for("councillors.desk"), 301)
