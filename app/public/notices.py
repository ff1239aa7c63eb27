"""Decision notices: each as a page, as the signed text, as a PDF, and how to check it."""

from flask import Response, abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.counting_room import counting
from app.house import db, keys, let_go, settings
from app.public import public
from app.public.checking import CHECK_NOTICE
from app.public.notice_sheet import notice_sheet
from app.public.notice_words import afterwards, read_notice
from app.typesetting import typeset
from ballots.notices import DecisionNotice, notice_of
from ballots.register import notice_numbered
from neighbourhoods.database import now


def address_of(notice: DecisionNotice, endpoint: str = "public.notice") -> str:
    """Where a notice stands on this site."""
    year, place = notice.number.split("/")
    return url_for(endpoint, year=int(year), place=int(place))


def _found(year: int, place: int) -> DecisionNotice:
    return notice_numbered(db(), f"{year}/{place}"[:12]) or abort(404)


@public.get("/notices/<int:year>/<int:place>")
@open_to(Who.ANYONE)
def notice(year: int, place: int) -> ResponseReturnValue:
    """One decision: its five fields first, then what became of it and how to check it."""
    found = _found(year, place)
    newest = notice_of(db(), found.round_id) or found
    return render_template(
        "public/notice.html",
        notice=found,
        taken_again=address_of(newest) if newest.number != found.number else "",
        read=read_notice(found.contents),
        afterwards=afterwards(found, now(db())),
        public_key=keys().public_key(),
        check_notice=CHECK_NOTICE,
        json_address=address_of(found, "public.notice_json"),
        pdf_address=address_of(found, "public.notice_pdf"),
        proof_address=address_of(found, "public.notice_proof"),
    )


@public.get("/notices/<int:year>/<int:place>.json")
@open_to(Who.ANYONE)
def notice_json(year: int, place: int) -> ResponseReturnValue:
    """The very bytes that the council signed."""
    found = _found(year, place)
    answer = Response(found.document.encode(), mimetype="application/json")
    answer.set_etag(found.digest)
    answer.headers["Cache-Control"] = "public, no-cache"
    return answer.make_conditional(request)


@public.get("/notices/<int:year>/<int:place>/proof.json")
@open_to(Who.ANYONE)
def notice_proof(year: int, place: int) -> ResponseReturnValue:
    """The signature of a notice, over which words, under which key; and its corrections."""
    found = _found(year, place)
    return jsonify(
        {
            "number": found.number,
            "round": found.round_id,
            "notice_sha256": found.digest,
            "message": found.message,
            "signature": found.signature,
            "public_key": keys().public_key(),
            "corrections": [
                {"at": one.made_at.isoformat(), "by": one.made_by.name, "words": one.words}
                for one in found.corrections
            ],
        }
    )


@public.get("/notices/<int:year>/<int:place>.pdf")
@open_to(Who.ANYONE)
def notice_pdf(year: int, place: int) -> ResponseReturnValue:
    """The same as a PDF for archives and screen readers, made beside the server."""
    found = _found(year, place)
    address = settings().public_url + address_of(found)
    sheet = notice_sheet(found, settings().council_name, address, now(db()))
    name = f"decision-notice-{year}-{place}.pdf"
    let_go()
    pdf = counting()(typeset, str(sheet["title"]), [sheet])
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
