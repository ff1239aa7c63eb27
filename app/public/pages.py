"""Pages of words: what we promise, the open data, the source code."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db, settings
from app.privacy.kept import Topic
from app.privacy.retention import BASES, BESIDE, FATES, TOPICS, retention
from app.public import public
from app.public.finding import find_records
from app.public.secrecy_words import not_promised, promised
from app.settings import Purge


@public.get("/how-your-vote-is-kept")
@open_to(Who.ANYONE)
def secrecy() -> ResponseReturnValue:
    """How a vote is kept secret and counted, and what is not promised."""
    return render_template("public/secrecy.html", promised=promised(), not_promised=not_promised())


@public.get("/accessibility")
@open_to(Who.ANYONE)
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render_template("public/accessibility.html", contact=settings().mail_from)


@public.get("/privacy")
@open_to(Who.ANYONE)
def privacy() -> ResponseReturnValue:
    """The privacy notice."""
    return render_template("public/privacy.html", contact=settings().mail_from)


@public.get("/privacy/how-long")
@open_to(Who.ANYONE)
def how_long() -> ResponseReturnValue:
    """The retention table: what is kept about people, why, how long, and what happens then."""
    rows = list(retention())
    return render_template(
        "public/how_long.html",
        topics=[(TOPICS[topic], [row for row in rows if row.topic == topic]) for topic in Topic],
        bases=BASES,
        fates=FATES,
        beside=BESIDE,
        days=settings().keep_days,
        is_daily=settings().purge is Purge.DAILY,
    )


@public.get("/open-data")
@open_to(Who.ANYONE)
def open_data() -> ResponseReturnValue:
    """What anybody may take and use again, and where it is."""
    return render_template("public/open_data.html", examples=find_records(db(), limit=3))


@public.get("/source-code")
@open_to(Who.ANYONE)
def source_code() -> ResponseReturnValue:
    """How to get the source code of this very program, as its licence promises."""
    return render_template(
        "public/source_code.html", address=settings().source_url, contact=settings().mail_from
    )
