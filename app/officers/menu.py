"""The menu: services with a price that neighbourhoods may buy."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from app.access import Who, open_to
from app.fields import LineField, PoundsField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from neighbourhoods.menu import add_to_menu, stop_offering
from neighbourhoods.proposals import MenuItem
from neighbourhoods.proposals import menu as on_offer


class MenuForm(FlaskForm):
    """A service to offer."""

    title = LineField(
        _l("Name of the service"),
        most=100,
        needed=_l("Enter the name of the service"),
        description=_l("For example, Dog waste bin"),
    )
    about = WordsField(
        _l("What does a neighbourhood get?"),
        most=2_000,
        needed=_l("Say what a neighbourhood gets"),
    )
    category = LineField(
        _l("Category"),
        most=40,
        needed=_l("Enter a category"),
        description=_l("For example, Streets, Parks or Safety"),
    )
    cost = PoundsField(_l("Price"), [InputRequired(_l("Enter the price"))])
    yearly = PoundsField(
        _l("Running cost a year"),
        least_pence=0,
        description=_l("Leave it empty if there is none."),
    )


@officers.route("/office/menu", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def menu() -> ResponseReturnValue:
    """The services on offer, and adding one."""
    form = MenuForm()
    if form.validate_on_submit():
        add_to_menu(
            db(),
            form.title.data,
            form.about.data,
            form.category.data,
            form.cost.data,
            form.yearly.data or 0,
        )
        db().commit()
        flash(_("The service is on the menu."), "success")
        return redirect(url_for("officers.menu"), 303)
    return show_form("officers/menu.html", form, items=on_offer(db()))


@officers.post("/office/menu/<int:item_id>/stop")
@open_to(Who.OFFICER)
def stop_offer(item_id: int) -> ResponseReturnValue:
    """Take a service off the menu; proposals made from it keep their price."""
    item = db().get(MenuItem, item_id) if item_id < 2**31 else None
    if item is None:
        abort(404)
    stop_offering(db(), item)
    db().commit()
    flash(_("The service is no longer on the menu."), "success")
    return redirect(url_for("officers.menu"), 303)
