"""Signing in with a one-time code, and out again."""

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from app.access import Who, open_to, visitor
from app.coming_from import path_on_this_site
from app.extensions import limiter
from app.house import db, settings
from app.marks import mark_of
from app.post import post_letter
from app.residents import residents
from app.residents.forms import CodeForm, EmailForm, said
from app.residents.meeting_phone import PHONES
from app.residents.voter import SHOWN
from app.wording import say
from ballots.stages import SIGNING_OFFICES
from neighbourhoods.letters import newest_letters
from neighbourhoods.people import (
    CODE_LIVES,
    CodeRefusal,
    Office,
    Person,
    ask_for_code,
    offices_of,
    redeem_code,
    tidy_email,
)

CODE_MINUTES = int(CODE_LIVES.total_seconds()) // 60

# Three hundred honest phones in a hall share one address; what holds a guesser back is the limit
# on each e-mail address, and the few tries that a code allows.
A_HALL = "300 per minute"


def _typed_address() -> str:
    return mark_of(f"address:{tidy_email(request.form.get('email', ''))}")


def _address_in_hand() -> str:
    return mark_of(f"address:{session.get('signing_in', '')}")


@residents.route("/sign-in", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(lambda: A_HALL, methods=["POST"])
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_typed_address, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for an address and send a code to it: the same answer to every address."""
    form = EmailForm()
    wanted = path_on_this_site(request.values.get("next", ""))
    if request.method == "GET":
        known = visitor()
        if known is not None:
            return redirect(wanted or url_for("residents.my_page"), 303)
        return render_template("residents/sign_in.html", form=form, wanted=wanted)
    if not form.validate():
        return render_template("residents/sign_in.html", form=form, wanted=wanted, errors=True), 422
    email = tidy_email(said(form.email))
    code = ask_for_code(db(), _code_key(), email)
    post_letter(email, "sign_in_code", code=code, minutes=CODE_MINUTES)
    db().commit()
    session["signing_in"], session["wanted"] = email, wanted
    return redirect(url_for("residents.enter_code"), 303)


@residents.route("/sign-in/code", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(lambda: A_HALL, methods=["POST"])
@limiter.limit("10 per 15 minutes", key_func=_address_in_hand, methods=["POST"])
def enter_code() -> ResponseReturnValue:
    """Take the code and sign its owner in."""
    email = session.get("signing_in")
    if not isinstance(email, str):
        return redirect(url_for("residents.sign_in"), 303)
    form = CodeForm()
    if request.method == "GET":
        return _code_page(form, email)
    if not form.validate():
        return _code_page(form, email, 422)
    found = redeem_code(db(), _code_key(), email, said(form.code))
    db().commit()  # a wrong try counts too
    if isinstance(found, CodeRefusal):
        form.code.errors = [*form.code.errors, say(found)]
        return _code_page(form, email, 422)
    wanted = path_on_this_site(session.get("wanted") or "")
    begin_session(found)
    flash(_("You are signed in."), "success")
    return redirect(wanted or _front_door(found), 303)


def _code_page(form: CodeForm, email: str, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "residents/enter_code.html",
        form=form,
        email=email,
        minutes=CODE_MINUTES,
        wanted=session.get("wanted"),
        errors=status != 200,
    ), status


@residents.post("/sign-out")
@open_to(Who.ANYONE)
def sign_out() -> ResponseReturnValue:
    """Forget who was signed in."""
    empty_session()
    flash(_("You are signed out."), "success")
    return redirect(url_for("public.home"), 303)


@residents.get("/sign-in/link/<token>")
@open_to(Who.DEVELOPER)
def sign_in_link(token: str) -> ResponseReturnValue:
    """Sign in as a person of the demonstration council; never in production."""
    try:
        person_id = _links().loads(token)
    except BadSignature:
        abort(404)
    person = db().get(Person, person_id)
    if person is None:
        abort(404)
    begin_session(person)
    return redirect(_front_door(person), 303)


@residents.get("/outbox")
@open_to(Who.DEVELOPER)
def outbox() -> ResponseReturnValue:
    """The letters that would have been e-mailed, newest first; never in production."""
    letters = [(letter, _codes_in(letter.body)) for letter in newest_letters(db())]
    return render_template("residents/outbox.html", letters=letters)


def _codes_in(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if _is_code(line.strip())]


def _is_code(line: str) -> bool:
    return len(line) == 6 and line.isdecimal()


def link_for(person: Person) -> str:
    """The address that signs this person in, for the demonstration."""
    address = current_app.url_map.bind("").build(
        "residents.sign_in_link", {"token": _links().dumps(person.id)}
    )
    return f"{settings().public_url}{address}"


def begin_session(person: Person) -> None:
    """Start a signed-in session of its own.

    Only a voter card shown before, and which phone this is in a meeting, stay in it.
    """
    empty_session()
    session["person_id"] = person.id


def empty_session() -> None:
    """Forget who was signed in, and all but a voter card shown and a meeting’s phone."""
    kept = {name: session[name] for name in (SHOWN, PHONES) if session.get(name)}
    session.clear()
    session.permanent = True
    session.update(kept)


def _front_door(person: Person) -> str:
    """The page where somebody's work waits."""
    held = {appointment.office for appointment in offices_of(db(), person)}
    for office, endpoint in (
        (Office.OFFICER, "officers.desk"),
        *((signs, "councillors.desk") for signs in (Office.COUNCILLOR, *SIGNING_OFFICES)),
        (Office.FACILITATOR, "facilitators.assemblies"),
    ):
        if office in held:
            return url_for(endpoint)
    return url_for("residents.my_page")


def _code_key() -> bytes:
    return settings().key_for("sign-in codes")


def _links() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="sign-in-link")
