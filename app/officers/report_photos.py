"""Taking a photo down that must not stand: somebody on it asked, or it is the wrong one."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to
from app.fields import WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from app.photos import destroy_photo
from neighbourhoods.delivery import DeliveryUpdate
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.report_photos import take_down_photo
from neighbourhoods.rounds import Round


class TakeDownForm(FlaskForm):
    """Why a photo is taken down."""

    why = WordsField(
        _l("Why is it taken down?"),
        most=500,
        needed=_l("Say why it is taken down. It will be public."),
        description=_l("For example, Somebody on it asked for it. Name nobody."),
    )


@officers.route(
    "/office/rounds/<int:round_id>/reports/<int:update_id>/photo", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def take_photo_down(the_round: Round, update: DeliveryUpdate) -> ResponseReturnValue:
    """Show a photo no more, say why, and destroy its file."""
    photo = update.photo or abort(404)
    form = TakeDownForm()
    if form.is_submitted() and photo.removed_at is not None:
        raise Refused(Refusal.PHOTO_TAKEN_DOWN)
    if form.validate_on_submit():
        is_last = take_down_photo(db(), photo, form.why.data)
        db().commit()
        if is_last:
            destroy_photo(photo.digest)
        flash(_("The photo is taken down, and its file is destroyed."), "success")
        back = url_for(
            "officers.report_delivery", round_id=the_round.id, delivery_id=update.project_id
        )
        return redirect(back, 303)
    return show_form(
        "officers/take_photo_down.html", form, the_round=the_round, update=update, photo=photo
    )
