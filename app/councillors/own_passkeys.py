"""One’s own passkeys: adding the key of a device, and taking one out again."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from app.access import Who, object_or_404, open_to, signed_in
from app.councillors import councillors
from app.fields import LineField
from app.house import db
from app.officers.forms import BareForm, show_form
from app.passkeys import add_passkey, ask_to_add, passkeys_of
from ballots.signing import Passkey


class PasskeyForm(FlaskForm):
    """What a passkey is called, and what the browser made."""

    name = LineField(
        _l("What do you call this device?"),
        most=60,
        needed=_l("Give the device a name"),
        description=_l("For example: my phone."),
    )
    credential = HiddenField()


@councillors.route("/me/passkeys", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def passkeys() -> ResponseReturnValue:
    """The passkeys with which somebody can sign instead of a code, and a form to add one."""
    person, form = signed_in().person, PasskeyForm()
    if form.validate_on_submit():
        if add_passkey(db(), person, form.name.data, form.credential.data or ""):
            db().commit()
            flash(_("You can sign with this device now."), "success")
            return redirect(url_for("councillors.passkeys"), 303)
        form.name.errors = [_("Your device made no passkey that works here. Try again")]
    return show_form(
        "councillors/passkeys.html",
        form,
        passkeys=passkeys_of(db(), person),
        options=ask_to_add(db(), person),
    )


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
