"""Writing a sheet: a verdict on each project, or a referral of the whole; nothing is signed yet."""

import json

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.acting import Turn, check_free, take_turn
from app.councillors.forms import ReferForm, SheetForm, refer_form, sheet_form
from app.councillors.interests import projects_to_sign
from app.councillors.papers import papers_on
from app.house import db
from app.labels import label
from app.officers.forms import show_form
from ballots.bundle import costs_to_sign
from ballots.drafts import SheetDraft, changed_since, draft_of, keep_draft, parts_of
from ballots.routes import Part
from ballots.sheets import SheetGiven
from ballots.signing import NoteKind
from neighbourhoods.projects import titles_in
from neighbourhoods.rounds import Round


@councillors.route("/decisions/<int:round_id>/sheet", methods=["GET", "POST"])
@open_to(Who.SIGNER)
def sheet(the_round: Round) -> ResponseReturnValue:
    """Write a verdict on each project, with the condition or the ground and reasons it needs."""
    turn = _turn(the_round)
    draft = draft_of(db(), the_round, signed_in().person, turn.run)
    projects = projects_to_sign(db(), the_round)
    form = sheet_form(projects, draft.given if draft else None, has_minute=_is_committee(turn))
    if form.validate_on_submit():
        return _keep(the_round, turn, form, form.sheet(projects))
    return _page("councillors/sheet.html", the_round, turn, form, draft, projects=projects)


@councillors.route("/decisions/<int:round_id>/refer", methods=["GET", "POST"])
@open_to(Who.SIGNER)
def refer(the_round: Round) -> ResponseReturnValue:
    """Write what the whole outcome is referred back for, and to whom."""
    turn = _turn(the_round)
    draft = draft_of(db(), the_round, signed_in().person, turn.run)
    form = refer_form(draft.given if draft else None, has_minute=_is_committee(turn))
    if form.validate_on_submit():
        return _keep(the_round, turn, form, form.sheet)
    return _page("councillors/refer.html", the_round, turn, form, draft)


def _turn(the_round: Round) -> Turn:
    turn = take_turn(db(), the_round, signed_in().person)
    check_free(db(), the_round, turn)
    return turn


def _is_committee(turn: Turn) -> bool:
    return turn.sign_off.stage.part is Part.COMMITTEE


def _keep(
    the_round: Round, turn: Turn, form: SheetForm | ReferForm, written: SheetGiven
) -> ResponseReturnValue:
    # As it was read, not as it stands: the next page tells the two apart.
    keep_draft(
        db(),
        the_round,
        signed_in().person,
        turn.run,
        written,
        bundle_sha256=(form.bundle.data or "")[:64],
        seen=form.parts_seen,
    )
    db().commit()
    return redirect(url_for("councillors.sign", round_id=the_round.id), 303)


def _page(
    template: str,
    the_round: Round,
    turn: Turn,
    form: SheetForm | ReferForm,
    draft: SheetDraft | None,
    **context: object,
) -> ResponseReturnValue:
    changes = changes_in_words(the_round, draft)
    if not form.is_submitted():
        form.bundle.data = turn.sign_off.bundle_sha256
        form.seen.data = json.dumps(parts_of(db(), the_round))
    return show_form(
        template,
        form,
        the_round=the_round,
        turn=turn,
        changes=changes,
        papers=papers_on(db(), the_round, turn.sign_off),
        costs=costs_to_sign(db(), the_round),
        **context,
    )


def changes_in_words(the_round: Round, draft: SheetDraft | None) -> list[str]:
    """What changed since somebody read what they were to sign, a sentence each."""
    if draft is None:
        return []
    titles = titles_in(db(), the_round.id)
    names = changed_since(draft.seen, parts_of(db(), the_round)) if draft.seen else []
    return [_change(name, titles) for name in names]


def _change(name: str, titles: dict[str, str]) -> str:
    part, _space, about = name.partition(" ")
    title = titles.get(about, about)
    match part:
        case "note":
            kind = label(NoteKind(about)) if about in set(NoteKind) else about
            return _("Officers’ note on this was written or changed: %(kind)s.", kind=kind)
        case "withdrawn":
            return _("“%(title)s” was withdrawn.", title=title)
        case "finding":
            return _("What officers found on “%(title)s” has changed.", title=title)
        case "project":
            return _("The words or the cost of “%(title)s” have changed.", title=title)
        case "answers":
            return _("A question was answered.")
        case _:
            return _("The votes were counted anew.")
