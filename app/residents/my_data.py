"""A person’s own data: what is kept, a copy of it, another address, and erasure."""

import json
from datetime import date, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.display import date_words, moment_words
from app.extensions import limiter
from app.house import db, settings
from app.marks import mark_of
from app.post import post_letter
from app.privacy.erasing import acted_in_office, erase_person, is_needed_in_office
from app.privacy.own_data import Part, as_json, own_data
from app.residents import residents
from app.residents.forms import CodeForm, ConfirmForm, NewAddressForm, TwoCodesForm, said
from app.residents.sign_in import CODE_MINUTES, empty_session
from app.wording import say
from neighbourhoods.letters import Letter
from neighbourhoods.people import (
    CodeRefusal,
    Person,
    ask_for_code,
    change_email,
    redeem_code,
    spend_code,
    tidy_email,
    try_code,
)
from neighbourhoods.proposals import proposals_by
from neighbourhoods.refusals import Refusal, Refused

# For what a fresh code is asked, and the page that takes it.
ACTS = {"copy": "residents.my_copy", "erase": "residents.my_erasure"}
CHANGING_TO = "changing_to"


def _whoever_asks() -> str:
    return mark_of(f"own-data:{signed_in().person.id}")


def _new_address() -> str:
    return mark_of(f"new-address:{tidy_email(request.form.get('email', ''))}")


@residents.get("/me/my-data")
@open_to(Who.SIGNED_IN)
def my_data() -> ResponseReturnValue:
    """What is kept about whoever asks, in short, and what they can do about it."""
    return render_template("residents/my_data.html", me=signed_in().person, parts=_parts())


@residents.post("/me/my-data/code")
@open_to(Who.SIGNED_IN)
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_whoever_asks)
def my_data_code() -> ResponseReturnValue:
    """Send a fresh code: a browser left open must not hand somebody’s data out, or erase them."""
    page = ACTS.get(request.form.get("for", ""), ACTS["copy"])
    if ConfirmForm().validate_on_submit():
        _send_code(signed_in().person.email, "privacy_code", _key())
        db().commit()
    return redirect(url_for(page, sent=1) + "#proof", 303)


@residents.route("/me/my-data/copy", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
@limiter.limit("10 per 15 minutes", key_func=_whoever_asks, methods=["POST"])
def my_copy() -> ResponseReturnValue:
    """Hand out a copy of all that is kept about whoever asks, once they proved that it is them."""
    form = CodeForm()
    if request.method == "GET" or not _proves(form):
        return _proof_page("residents/my_copy.html", form)
    me, parts = signed_in().person, _parts()
    council = settings().council_name
    told = json.dumps(as_json(db(), me, parts, council), ensure_ascii=False, indent=1)
    page = render_template("residents/my_copy_file.html", me=me, parts=parts, readable=readable)
    db().commit()
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("my-data.json", told + "\n")
        archive.writestr("my-data.html", page)
    answer = Response(packed.getvalue(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@residents.route("/me/my-data/erase", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
@limiter.limit("10 per 15 minutes", key_func=_whoever_asks, methods=["POST"])
def my_erasure() -> ResponseReturnValue:
    """Say what goes and what stays, and erase at once on a fresh code; it cannot be undone."""
    me, form = signed_in().person, CodeForm()
    if is_needed_in_office(db(), me):
        if request.method == "POST":
            raise Refused(Refusal.IN_OFFICE)
        return render_template("residents/my_erasure_refused.html", words=say(Refusal.IN_OFFICE))
    if request.method == "GET" or not _proves(form):
        return _proof_page(
            "residents/my_erasure.html",
            form,
            has_proposals=bool(proposals_by(db(), me)),
            has_name_in_decisions=acted_in_office(db(), me),
        )
    email = me.email
    erase_person(db(), me, settings().key_for("ratings"))
    _post_without_trace(email, "erased")
    db().commit()
    empty_session()
    flash(_("Your data are erased. You are signed out everywhere."), "success")
    return redirect(url_for("public.privacy"), 303)


@residents.route("/me/email", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_whoever_asks, methods=["POST"])
# Accounts cost nothing: many of them together write to one mailbox no more than one may.
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_new_address, methods=["POST"])
def my_email() -> ResponseReturnValue:
    """Ask for another address, and send a code to both: the old one and the new."""
    me, form = signed_in().person, NewAddressForm()
    if is_needed_in_office(db(), me):
        if request.method == "POST":
            raise Refused(Refusal.IN_OFFICE)
        return render_template("residents/my_email_refused.html", email=me.email)
    if request.method == "GET" or not form.validate():
        sent = request.method == "POST"
        page = render_template("residents/my_email.html", form=form, me=me, errors=sent)
        return page, 422 if sent else 200
    wanted = tidy_email(said(form.email))
    if wanted == me.email:
        flash(_("That is your address already."))
        return redirect(url_for("residents.my_data"), 303)
    for email in (me.email, wanted):
        _send_code(email, "new_address_code", _key_for_address())
    db().commit()
    session[CHANGING_TO] = wanted
    return redirect(url_for("residents.my_email_codes"), 303)


@residents.route("/me/email/codes", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
@limiter.limit("10 per 15 minutes", key_func=_whoever_asks, methods=["POST"])
def my_email_codes() -> ResponseReturnValue:
    """Take both codes, and keep the new address; the old one is told."""
    me, wanted, form = signed_in().person, session.get(CHANGING_TO), TwoCodesForm()
    if not isinstance(wanted, str):
        return redirect(url_for("residents.my_email"), 303)
    if request.method == "GET" or not form.validate() or not _both_prove(form, me, wanted):
        return _codes_page(form, me, wanted)
    before = me.email
    try:
        change_email(db(), me, wanted)
    except Refused as refused:
        db().rollback()
        form.new_code.errors = [*form.new_code.errors, say(refused)]
        return _codes_page(form, me, wanted)
    post_letter(before, "address_changed", contact=settings().mail_from)
    db().commit()
    session.pop(CHANGING_TO, None)
    flash(_("Your new address is saved. Sign in with it from now on."), "success")
    return redirect(url_for("residents.my_data"), 303)


def _codes_page(form: TwoCodesForm, me: Person, wanted: str) -> ResponseReturnValue:
    page = render_template(
        "residents/my_email_codes.html",
        form=form,
        old=me.email,
        new=wanted,
        minutes=CODE_MINUTES,
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200


def _both_prove(form: TwoCodesForm, me: Person, wanted: str) -> bool:
    """Whether both codes are right; a wrong try counts, and a right one beside it stays good."""
    refused = False
    for field, email in ((form.old_code, me.email), (form.new_code, wanted)):
        found = try_code(db(), _key_for_address(), email, said(field))
        if found is not None:
            field.errors = [*field.errors, say(found)]
            refused = True
    if refused:
        db().commit()
        return False
    for email in (me.email, wanted):
        spend_code(db(), email)
    return True


# --- proof ---------------------------------------------------------------------------------------


def _send_code(email: str, letter: str, key: bytes) -> None:
    code = ask_for_code(db(), key, email)
    post_letter(email, letter, code=code, minutes=CODE_MINUTES)


def _proves(form: CodeForm) -> bool:
    """Whether a fresh code shows that it is them; a wrong try counts."""
    if not form.validate():
        return False
    found = redeem_code(db(), _key(), signed_in().person.email, said(form.code))
    if isinstance(found, CodeRefusal):
        db().commit()
        form.code.errors = [*form.code.errors, say(found)]
        return False
    return True


def _proof_page(template: str, form: CodeForm, **context: object) -> ResponseReturnValue:
    page = render_template(
        template,
        form=form,
        email=signed_in().person.email,
        minutes=CODE_MINUTES,
        errors=bool(form.errors),
        **context,
    )
    return page, 422 if form.errors else 200


def _key() -> bytes:
    # Not the key of sign-in: a code to come in erases nothing, and a code to erase lets nobody in.
    return settings().key_for("privacy codes")


def _key_for_address() -> bytes:
    return settings().key_for("new address codes")


# --- words ---------------------------------------------------------------------------------------


def _parts() -> list[Part]:
    return own_data(db(), signed_in().person, settings().key_for("ratings"))


def _post_without_trace(email: str, letter: str) -> Letter:
    posted = post_letter(email, letter)
    posted.leaves_no_trace = True
    return posted


def readable(value: object) -> str:
    """A value of the copy as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment_words(value)
    if isinstance(value, date):
        return date_words(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        lines = (f"{name.replace('_', ' ')}: {readable(one)}" for name, one in value.items())
        return "\n".join(lines)
    if isinstance(value, list):
        return ", ".join(map(readable, value)) or "–"
    return str(value)
