"""One’s own passkeys: adding the key of a device on a fresh code, and taking one out again."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.access import Who, object_or_404, open_to, signed_in
from app.councillors import councillors
from app.councillors.signing import CODE_MINUTES, code_field
from app.extensions import limiter
from app.fields import LineField
from app.house import db, settings
from app.marks import mark_of
from app.officers.forms import BareForm, show_form
from app.passkeys import add_passkey, ask_to_add, passkeys_of
from app.post import post_letter
from app.residents.forms import said
from app.wording import say
from ballots.signing import Passkey
from neighbourhoods.people import ask_for_code, spend_code, try_code


class PasskeyForm(FlaskForm):
    """What a passkey is called, and what the browser made."""

    name = LineField(
        _l("What do you call this device?"),
        most=60,
        needed=_l("Give the device a name"),
        description=_l("For example: my phone."),
    )
    # A passkey signs in place of a code: whoever finds a browser open must not add their own.
    code = code_field()
    credential = HiddenField()


def _whoever_adds() -> str:
    return mark_of(f"passkeys:{signed_in().person.id}")


@councillors.post("/me/passkeys/code")
@open_to(Who.SIGNED_IN)
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_whoever_adds)
def passkey_code() -> ResponseReturnValue:
    """Send a fresh code to whoever is about to add a passkey."""
    person = signed_in().person
    if BareForm().validate_on_submit():
        code = ask_for_code(db(), _key(), person.email)
        post_letter(person.email, "passkey_code", code=code, minutes=CODE_MINUTES)
        db().commit()
        flash(_("We sent a code to %(email)s.", email=person.email))
    return redirect(url_for("councillors.passkeys"), 303)


@councillors.route("/me/passkeys", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
@limiter.limit("10 per 15 minutes", key_func=_whoever_adds, methods=["POST"])
def passkeys() -> ResponseReturnValue:
    """The passkeys with which somebody can sign instead of a code, and a form to add one."""
    person, form = signed_in().person, PasskeyForm()
    if form.validate_on_submit():
        refused = try_code(db(), _key(), person.email, said(form.code))
        if refused is not None:
            db().commit()  # a wrong try counts
            form.code.errors = [*form.code.errors, say(refused)]
        elif add_passkey(db(), person, form.name.data, form.credential.data or ""):
            spend_code(db(), person.email)
            db().commit()
            flash(_("You can sign with this device now."), "success")
            return redirect(url_for("councillors.passkeys"), 303)
        else:
            form.name.errors = [_("Your device made no passkey that works here. Try again")]
    return show_form(
        "councillors/passkeys.html",
        form,
        person=person,
        passkeys=passkeys_of(db(), person),
        options=ask_to_add(db(), person),
    )


def _key() -> bytes:
    # Not the key of signing: a code to add a device signs nothing, and a code to sign adds none.
    return settings().key_for("passkey codes")


@councillors.post("/me/passkeys/<int:passkey>/take-out")
@open_to(Who.SIGNED_IN)
def take_out_passkey(passkey: int) -> ResponseReturnValue:
    """Take out a passkey: the device is lost, or somebody else has it."""
    found = object_or_404(Passkey, passkey)
    if found.person_id != signed_in().person.id:
        abort(404)
    if BareForm().validate_on_submit():
        db().delete(found)
        db().commit()
        flash(_("This device can no longer sign for you."), "success")
    return redirect(url_for("councillors.passkeys"), 303)
