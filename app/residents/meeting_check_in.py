"""Checking oneself in on one’s own phone: with a voter card, or by e-mail."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, visitor
from app.extensions import limiter
from app.house import db
from app.residents import residents
from app.residents.identity import (
    WRONG_CODES,
    VoterCodeForm,
    names_a_voter,
    was_wrong,
)
from app.residents.meeting_now import is_checked_in, page_of
from app.residents.meeting_phone import phone_here
from app.residents.voter import entry_for, owner_of
from app.wording import say
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import check_in, pair
from neighbourhoods.refusals import Refused


@residents.route("/a/<join_code>/check-in", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, methods=["POST"], deduct_when=was_wrong, exempt_when=names_a_voter)
def check_in_here(assembly: Assembly) -> ResponseReturnValue:
    """Check oneself in: by the code of a voter card, or as whom this browser knows already."""
    phone = phone_here(assembly)
    if phone is None or is_checked_in(phone):
        return redirect(page_of(assembly), 303)
    form = VoterCodeForm()
    error = ""
    known = entry_for(assembly.the_round)
    if request.method == "POST":
        by_code = "code" in request.form
        entry = owner_of(form.code.data or "") if by_code else known
        if entry is not None and entry.round_id == assembly.round_id:
            try:
                pair(db(), phone, check_in(db(), assembly, entry, None), None)
                db().commit()
                return redirect(page_of(assembly), 303)
            except Refused as refused:
                db().rollback()
                error = say(refused)
        else:
            error = _("This code is not for this meeting. Check your voter card and try again")
        if by_code:
            form.code.errors = [error]
    page = render_template(
        "residents/meeting/check_in.html",
        assembly=assembly,
        phone=phone,
        form=form,
        error=error,
        errors=bool(error),
        known=known,
        visitor=visitor(),
        sign_in=url_for(
            "residents.sign_in",
            next=url_for("residents.check_in_here", join_code=assembly.code),
        ),
    )
    return page, 422 if error else 200
