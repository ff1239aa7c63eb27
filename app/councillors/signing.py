"""Signing: all of it once more, what it will do, and a fresh proof that it is this person."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Regexp

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.acting import Turn, check_free, take_turn
from app.councillors.closing import conclude_and_tell
from app.councillors.foresight import effect_in_words
from app.councillors.interests import projects_to_sign
from app.councillors.sheet import changes_in_words
from app.extensions import limiter
from app.fields import tidy_line
from app.house import db, settings
from app.marks import mark_of
from app.officers.forms import BareForm
from app.passkeys import ask_to_prove, proves
from app.post import post_letter
from app.public.notice_words import minute_words
from app.residents.forms import digits_only, said
from app.wording import say
from ballots.bundle import costs_to_sign
from ballots.drafts import SheetDraft, draft_of
from ballots.refusals import BallotRefusal
from ballots.sheets import sign as sign_sheet
from ballots.signing import Act, Proof, Signature
from ballots.signoff import signatures_on
from neighbourhoods.people import CODE_LIVES, CodeRefusal, ask_for_code, redeem_code
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

CODE_MINUTES = int(CODE_LIVES.total_seconds()) // 60


def code_field() -> StringField:
    """A field for a fresh code of six digits."""
    return StringField(
        _l("The six digits"),
        [
            DataRequired(_l("Enter the code from our e-mail")),
            Regexp(r"^[0-9]{6}$", message=_l("The code has six digits, such as 012345")),
        ],
        widget=GovTextInput(),
        filters=[tidy_line, digits_only],
        render_kw={
            "params": {
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "classes": "govuk-input--width-5 govuk-input--extra-letter-spacing",
                "spellcheck": False,
            }
        },
    )


class SignForm(FlaskForm):
    """The fresh code, and which sheet the page showed."""

    code = code_field()
    sheet = HiddenField()
    # What a passkey answered, where one was used instead of a code.
    credential = HiddenField()


def _whoever_signs() -> str:
    return mark_of(f"signer:{signed_in().person.id}")


@councillors.post("/decisions/<int:round_id>/code")
@open_to(Who.SIGNER)
@limiter.limit("5 per 15 minutes; 20 per day", key_func=_whoever_signs)
def signing_code(the_round: Round) -> ResponseReturnValue:
    """Send a fresh code to whoever is about to sign."""
    person = signed_in().person
    check_free(db(), the_round, take_turn(db(), the_round, person))
    if BareForm().validate_on_submit():
        code = ask_for_code(db(), _key(), person.email)
        post_letter(
            person.email, "signing_code", code=code, minutes=CODE_MINUTES, the_round=the_round
        )
        db().commit()
    return redirect(url_for("councillors.sign", round_id=the_round.id, sent=1) + "#proof", 303)


@councillors.route("/decisions/<int:round_id>/sign", methods=["GET", "POST"])
@open_to(Who.SIGNER)
@limiter.limit("10 per 15 minutes", key_func=_whoever_signs, methods=["POST"])
def sign(the_round: Round) -> ResponseReturnValue:
    """Sign the sheet over the bundle as it was read, once, after a fresh proof."""
    person = signed_in().person
    if _has_signed(the_round):
        return _signed_before(the_round)
    turn = take_turn(db(), the_round, person)
    check_free(db(), the_round, turn)
    draft = draft_of(db(), the_round, person, turn.run)
    if draft is None:
        return redirect(url_for("councillors.sheet", round_id=the_round.id), 303)
    form = SignForm()
    if draft.bundle_sha256 != turn.sign_off.bundle_sha256:
        return _changed_page(the_round, draft, 409 if form.is_submitted() else 200)
    if not form.is_submitted():
        return _page(the_round, turn, draft, form)
    if form.sheet.data != draft.digest:
        flash(_("Your sheet was changed in another window. Read it again, then sign."))
        return redirect(url_for("councillors.sign", round_id=the_round.id), 303)
    if form.credential.data:
        if proves(db(), person, form.credential.data):
            return complete(the_round, turn, draft, Proof.PASSKEY)
        form.code.errors = [_("Your passkey did not work. Try again, or use a code by e-mail")]
        return _page(the_round, turn, draft, form)
    if not form.validate():
        return _page(the_round, turn, draft, form)
    found = redeem_code(db(), _key(), person.email, said(form.code))
    if isinstance(found, CodeRefusal):
        db().commit()  # a wrong try counts
        form.code.errors = [*form.code.errors, say(found)]
        return _page(the_round, turn, draft, form)
    return complete(the_round, turn, draft, Proof.CODE)


def complete(the_round: Round, turn: Turn, draft: SheetDraft, proof: Proof) -> ResponseReturnValue:
    """Sign what was shown, publish what follows from it, and lead back to the decision page."""
    try:
        signature = sign_sheet(
            db(),
            the_round,
            signed_in().person,
            draft.given,
            bundle_sha256=draft.bundle_sha256,
            proof=proof,
        )
    except Refused as refused:
        db().rollback()  # the code still works
        if refused.reason is BallotRefusal.ALREADY_DECIDED:
            return _signed_before(the_round)
        if refused.reason is BallotRefusal.BUNDLE_CHANGED:
            return _changed_page(the_round, draft, 409)
        raise
    decided = conclude_and_tell(the_round, turn.run, signature)
    db().commit()
    flash(_done_words(signature, decided=decided), "success")
    return redirect(url_for("councillors.decision", round_id=the_round.id), 303)


def _done_words(signature: Signature, *, decided: bool) -> str:
    if decided:
        return _("You have signed. The outcome is decided, and its record is public.")
    if signature.act is Act.REFER_BACK:
        return _("You have signed that it is referred back. Your reasons are public.")
    return _("You have signed. Your sheet is public.")


def _has_signed(the_round: Round) -> bool:
    """Whether this person’s signature stands at the stage that ran last: a double tap."""
    own = signed_in().person.id
    newest = signatures_on(db(), the_round.id)[-1:]
    return any(one.person_id == own for one in newest) and not _may_sign_again(the_round)


def _may_sign_again(the_round: Round) -> bool:
    try:
        take_turn(db(), the_round, signed_in().person)
    except Refused:
        return False
    return True


def _signed_before(the_round: Round) -> ResponseReturnValue:
    flash(_("You have signed this outcome already. Nothing was signed twice."))
    return redirect(url_for("councillors.decision", round_id=the_round.id), 303)


def _changed_page(the_round: Round, draft: SheetDraft, status: int) -> ResponseReturnValue:
    page = render_template(
        "councillors/changed.html",
        the_round=the_round,
        changes=changes_in_words(the_round, draft),
        refers=draft.given.refer_to is not None,
    )
    return page, status


def _page(the_round: Round, turn: Turn, draft: SheetDraft, form: SignForm) -> ResponseReturnValue:
    form.sheet.data = draft.digest
    sheet = draft.given
    page = render_template(
        "councillors/sign.html",
        the_round=the_round,
        turn=turn,
        sheet=sheet,
        projects=projects_to_sign(db(), the_round),
        costs=costs_to_sign(db(), the_round),
        minute=minute_words(sheet.minute) if sheet.minute else "",
        effect=effect_in_words(db(), the_round, turn, sheet),
        form=form,
        options=ask_to_prove(db(), signed_in().person),
        minutes=CODE_MINUTES,
        email=signed_in().person.email,
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200


def _key() -> bytes:
    # Not the key of sign-in: a code to come in signs nothing, and a code to sign lets nobody in.
    return settings().key_for("signing codes")
