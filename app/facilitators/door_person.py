"""One person at the door: their phone, how they vote, and leaving."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.facilitators import facilitators
from app.facilitators.door import channel_asked, phone_asked
from app.facilitators.serials import number_on_paper
from app.house import db, keys
from app.wording import say
from ballots.hall_rolls import hall_entry
from ballots.hall_votes import HallVote, is_open
from ballots.paper_ballots import is_on_paper
from ballots.paper_holders import give_up_paper, hold_paper
from ballots.refusals import BallotRefusal
from ballots.tellers import votes_taking_papers
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import (
    Attendee,
    change_channel,
    check_out,
    come_back,
    pair,
    phone_of,
)
from neighbourhoods.door import undo_check_in
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused

Act = Callable[[Assembly, Attendee, Person], None]


@facilitators.get("/assemblies/<int:assembly_id>/door/people/<int:attendee_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def door_person(assembly: Assembly, attendee: Attendee) -> ResponseReturnValue:
    """Everything the door can do for one person."""
    found = _open_vote_of(assembly, attendee)
    return render_template(
        "facilitators/door_person.html",
        assembly=assembly,
        attendee=attendee,
        phone=phone_of(db(), attendee),
        vote=found[0] if found else None,
        on_paper=bool(found and is_on_paper(db(), found[1].round_id, found[1].id)),
    )


def _open_vote_of(assembly: Assembly, attendee: Attendee) -> tuple[HallVote, RollEntry] | None:
    """The newest vote open now in which somebody can vote, and their entry on its roll."""
    for vote in votes_taking_papers(db(), assembly):
        entry = hall_entry(db(), vote.the_round, attendee)
        if entry is not None and is_open(db(), vote):
            return vote, entry
    return None


@facilitators.post("/assemblies/<int:assembly_id>/door/people/<int:attendee_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def act_at_door(assembly: Assembly, attendee: Attendee) -> ResponseReturnValue:
    """Do one thing for one person: the button says which."""
    act = _ACTS.get(request.form.get("act", "")) or abort(422)
    here = url_for("facilitators.door_person", assembly_id=assembly.id, attendee_id=attendee.id)
    name = attendee.name
    try:
        act(assembly, attendee, signed_in().person)
        db().commit()
    except Refused as refused:
        db().rollback()
        flash(say(refused))
        return redirect(here, 303)
    if act is _undo:
        flash(_("The check-in of %(name)s was taken back.", name=name))
        return redirect(url_for("facilitators.door", assembly_id=assembly.id), 303)
    flash(_("Done."))
    return redirect(here, 303)


def _pair(assembly: Assembly, attendee: Attendee, by: Person) -> None:
    phone = phone_asked(assembly)
    if phone is None:
        raise Refused(Refusal.NO_SUCH_PHONE)
    pair(db(), phone, attendee, by)


def _undo(_assembly: Assembly, attendee: Attendee, by: Person) -> None:
    undo_check_in(db(), attendee, by)


def _hand_out(assembly: Assembly, attendee: Attendee, _by: Person) -> None:
    vote, entry = _vote_asked(assembly, attendee)
    hold_paper(db(), keys(), vote.the_round, entry)


def _take_in(assembly: Assembly, attendee: Attendee, _by: Person) -> None:
    vote, entry = _vote_asked(assembly, attendee)
    number = number_on_paper(vote.item, request.form.get("serial", ""))
    give_up_paper(db(), vote.the_round, entry, number)


def _vote_asked(assembly: Assembly, attendee: Attendee) -> tuple[HallVote, RollEntry]:
    found = _open_vote_of(assembly, attendee)
    if found is None:
        raise Refused(BallotRefusal.VOTE_CLOSED)
    return found


_ACTS: dict[str, Act] = {
    "pair": _pair,
    "channel": lambda _, attendee, by: change_channel(db(), attendee, channel_asked(), by),
    "leave": lambda _, attendee, by: check_out(db(), attendee, by),
    "return": lambda assembly, attendee, by: come_back(db(), assembly, attendee, by),
    "undo": _undo,
    "hand-out": _hand_out,
    "take-in": _take_in,
}
