"""A person’s own page and name."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.coming_from import path_on_this_site
from app.house import db
from app.residents import residents
from app.residents.fates import fates_of
from app.residents.forms import NameForm, said
from app.residents.proposal_page import TONES
from neighbourhoods.digests import choose_digest, wants_digest
from neighbourhoods.people import give_name
from neighbourhoods.proposals import backed_by, proposals_by


@residents.get("/me")
@open_to(Who.SIGNED_IN)
def my_page() -> ResponseReturnValue:
    """What somebody proposed and backs, and the way to their desk if they have one."""
    me = signed_in().person
    mine, backed = proposals_by(db(), me), backed_by(db(), me)
    return render_template(
        "residents/my_page.html",
        me=me,
        mine=mine,
        backed=backed,
        fates=fates_of(db(), [*mine, *backed]),
        tones=TONES,
        wants_digest=wants_digest(db(), me),
    )


@residents.post("/me/digest")
@open_to(Who.SIGNER)
def my_digest() -> ResponseReturnValue:
    """Keep whether somebody who signs wants the letter of the week."""
    wanted = request.form.get("wanted") != "no"
    choose_digest(db(), signed_in().person, wanted=wanted)
    db().commit()
    words = _("You get the weekly letter.") if wanted else _("You get no weekly letter any more.")
    flash(words, "success")
    return redirect(url_for("residents.my_page", _anchor="digest"), 303)


@residents.route("/me/name", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def my_name() -> ResponseReturnValue:
    """Ask for the name that stands beside what somebody writes."""
    me = signed_in().person
    form = NameForm(data={"name": me.name})
    wanted = path_on_this_site(request.values.get("next", ""))
    if request.method == "GET":
        return render_template("residents/my_name.html", form=form, wanted=wanted)
    if not form.validate():
        page = render_template("residents/my_name.html", form=form, wanted=wanted, errors=True)
        return page, 422
    give_name(db(), me, said(form.name))
    db().commit()
    flash(_("Your name is saved."), "success")
    return redirect(wanted or url_for("residents.my_page"), 303)
