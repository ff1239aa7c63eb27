"""The agenda of a meeting: its items, one page for each, and the agenda made at once."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.access import Who, open_to, signed_in
from app.facilitators import facilitators
from app.facilitators.agenda_form import item_form
from app.house import db
from app.labels import label
from app.officers.forms import show_form
from app.wording import say
from neighbourhoods.agenda import (
    add_item,
    change_item,
    default_agenda,
    move_item,
    remove_item,
    vote_items,
)
from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, ItemKind
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused


def _to_agenda(assembly: Assembly) -> ResponseReturnValue:
    return redirect(url_for("facilitators.agenda", assembly_id=assembly.id), 303)


@facilitators.get("/assemblies/<int:assembly_id>/agenda")
@open_to(Who.FACILITATOR, Who.OFFICER)
def agenda(assembly: Assembly) -> ResponseReturnValue:
    """The items in their order, and what can be done with each."""
    return render_template(
        "facilitators/agenda.html",
        assembly=assembly,
        items=assembly.items,
        kinds=tuple(ItemKind),
        is_fixed=assembly.state == AssemblyState.ENDED,
        projects=projects_in(db(), assembly.round_id),
    )


@facilitators.post("/assemblies/<int:assembly_id>/agenda/make")
@open_to(Who.FACILITATOR, Who.OFFICER)
def make_agenda(assembly: Assembly) -> ResponseReturnValue:
    """Make the usual agenda at once."""
    default_agenda(db(), assembly, signed_in().person)
    db().commit()
    return _to_agenda(assembly)


@facilitators.route("/assemblies/<int:assembly_id>/agenda/new", methods=["GET", "POST"])
@open_to(Who.FACILITATOR, Who.OFFICER)
def new_item(assembly: Assembly) -> ResponseReturnValue:
    """Put an item of one kind at the end of the agenda."""
    kind = _asked_kind()
    projects = projects_in(db(), assembly.round_id)
    usual = {"title": "" if kind == ItemKind.PITCH else label(kind)}
    if kind == ItemKind.POLL:
        usual = {"options": "\n".join((_("Yes"), _("No")))}
    form = item_form(kind, projects, vote_items(db(), assembly), defaults=usual)
    if kind == ItemKind.PITCH:
        # A pitch is called like its project unless it is called something else.
        chosen = form.all_projects.get(form.project.data or "")
        if chosen is not None and not form.title.data:
            form.title.process_data(chosen.title[:160])
    if form.validate_on_submit():
        add_item(db(), assembly, kind, by=signed_in().person, **form.filled_in())
        db().commit()
        return _to_agenda(assembly)
    return show_form("facilitators/item.html", form, assembly=assembly, kind=kind, item=None)


def _asked_kind() -> ItemKind:
    try:
        return ItemKind(request.args.get("kind", ""))
    except ValueError:
        raise NotFound from None


@facilitators.route(
    "/assemblies/<int:assembly_id>/agenda/<int:agenda_item_id>", methods=["GET", "POST"]
)
@open_to(Who.FACILITATOR, Who.OFFICER)
def item(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """Change an item."""
    projects = projects_in(db(), assembly.round_id)
    votes = [vote for vote in vote_items(db(), assembly) if vote.id != item.id]
    form = item_form(item.kind, projects, votes, item)
    if form.validate_on_submit():
        try:
            change_item(db(), item, signed_in().person, **form.filled_in())
        except Refused as refused:
            form.title.errors = [say(refused)]
        else:
            db().commit()
            return _to_agenda(assembly)
    return show_form("facilitators/item.html", form, assembly=assembly, kind=item.kind, item=item)


@facilitators.post("/assemblies/<int:assembly_id>/agenda/<int:agenda_item_id>/move")
@open_to(Who.FACILITATOR, Who.OFFICER)
def move(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """Move an item up or down by one."""
    move_item(db(), item, signed_in().person, down=request.form.get("to") == "down")
    db().commit()
    return _to_agenda(assembly)


@facilitators.post("/assemblies/<int:assembly_id>/agenda/<int:agenda_item_id>/remove")
@open_to(Who.FACILITATOR, Who.OFFICER)
def remove(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """Take an item out of the agenda."""
    title = item.title
    try:
        remove_item(db(), item, signed_in().person)
    except Refused as refused:
        db().rollback()
        flash(say(refused))
    else:
        db().commit()
        flash(_("“%(title)s” is taken out.", title=title))
    return _to_agenda(assembly)
