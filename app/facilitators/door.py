"""The door of a hall, on a volunteer’s phone: find somebody, check them in, let walk-ins in."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, object_or_404, open_to, signed_in
from app.facilitators import facilitators
from app.facilitators.joining import door_picture
from app.house import db
from app.residents.voter import owner_of
from app.wording import say
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import (
    Attendee,
    Channel,
    Phone,
    attendee_of,
    attendees_in,
    check_in,
    is_quorate,
    pair,
    phone_by_number,
    phone_of,
    present_in,
)
from neighbourhoods.door import (
    FEWEST_LETTERS,
    MOST_FOUND,
    WalkIn,
    answer_walk_in,
    approve_walk_in,
    ask_for_walk_in,
    card_code_in,
    find_on_roll,
    walk_ins_waiting,
)
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.refusals import Refusal, Refused


@dataclass(frozen=True)
class Found:
    """Somebody on the roll, and whether they are in the hall."""

    entry: RollEntry
    attendee: Attendee | None


@facilitators.get("/assemblies/<int:assembly_id>/door")
@open_to(Who.FACILITATOR, Who.OFFICER)
def door(assembly: Assembly) -> ResponseReturnValue:
    """Look for somebody, see who they are, and check them in with one tap."""
    words = request.args.get("words", "").strip()
    found = _found(assembly, words)
    present = present_in(db(), assembly.id)
    waiting = walk_ins_waiting(db(), assembly)
    return render_template(
        "facilitators/door.html",
        assembly=assembly,
        words=words,
        found=found,
        asked=bool(words) or "entry" in request.args,
        is_cut=len(found) >= MOST_FOUND,
        done=_done(assembly),
        present=present,
        quorate=is_quorate(assembly, present),
        is_short=len("".join(words.split())) < FEWEST_LETTERS,
        waiting=waiting,
        qr=door_picture(assembly) if waiting and not signed_in().is_officer else None,
    )


def _found(assembly: Assembly, words: str) -> list[Found]:
    entries = find_on_roll(db(), assembly, words) if words else []
    number = request.args.get("entry", type=int)
    if number is not None:
        entry = object_or_404(RollEntry, max(0, number))
        entries = [entry] if entry.round_id == assembly.round_id else []
    return [Found(entry, attendee_of(db(), assembly, entry.reference)) for entry in entries]


def _done(assembly: Assembly) -> tuple[Attendee, Phone | None] | None:
    """Whom this door checked in a moment ago, so that it can be undone."""
    number = request.args.get("done", type=int)
    attendee = db().get(Attendee, number) if number is not None and 0 < number < 2**31 else None
    if attendee is None or attendee.assembly_id != assembly.id:
        return None
    return attendee, phone_of(db(), attendee)


@facilitators.post("/assemblies/<int:assembly_id>/door/find")
@open_to(Who.FACILITATOR, Who.OFFICER)
def find_at_door(assembly: Assembly) -> ResponseReturnValue:
    """Look for what was typed or scanned; a voter card’s code never stands in an address."""
    words = request.form.get("words", "").strip()[:400]
    owner = owner_of(words) if (code := card_code_in(words)) is None else owner_of(code)
    if owner is not None and owner.round_id == assembly.round_id:
        return redirect(_door(assembly, entry=owner.id), 303)
    if code is not None:
        flash(_("This voter card is not for this round. Look for its owner by name."))
        return redirect(_door(assembly), 303)
    return redirect(_door(assembly, words=words[:80]), 303)


@facilitators.post("/assemblies/<int:assembly_id>/door/check-in")
@open_to(Who.FACILITATOR, Who.OFFICER)
def check_in_at_door(assembly: Assembly) -> ResponseReturnValue:
    """Check somebody in, and say at once whose phone it is."""
    entry = object_or_404(RollEntry, max(0, request.form.get("entry", 0, type=int)))
    by, phone = signed_in().person, None
    try:
        phone = phone_asked(assembly)
        attendee = check_in(db(), assembly, entry, by, channel_asked())
        if phone is not None:
            pair(db(), phone, attendee, by)
        db().commit()
    except Refused as refused:
        db().rollback()
        flash(_("%(name)s: %(why)s", name=entry.name, why=say(refused)))
        return redirect(_door(assembly, entry=entry.id), 303)
    return redirect(_door(assembly, done=attendee.id), 303)


def phone_asked(assembly: Assembly) -> Phone | None:
    """The phone whose four digits were typed; Refused if there is none, None if nothing was."""
    written = request.form.get("number", "").strip()
    if not written:
        return None
    phone = phone_by_number(db(), assembly, written)
    if phone is None:
        raise Refused(Refusal.NO_SUCH_PHONE)
    return phone


def channel_asked() -> Channel:
    """By what somebody wants to vote, as the button says."""
    asked = request.form.get("channel", "")
    return Channel(asked) if asked in set(Channel) else abort(422)


@facilitators.get("/assemblies/<int:assembly_id>/door/people")
@open_to(Who.FACILITATOR, Who.OFFICER)
def door_people(assembly: Assembly) -> ResponseReturnValue:
    """Who is present and who has left; never whether, or for what, anybody voted."""
    people = attendees_in(db(), assembly.id)
    present = present_in(db(), assembly.id)
    return render_template(
        "facilitators/door_people.html",
        assembly=assembly,
        here=[person for person in people if person.left_at is None],
        gone=[person for person in people if person.left_at is not None],
        present=present,
        quorate=is_quorate(assembly, present),
    )


@facilitators.post("/assemblies/<int:assembly_id>/door/walk-ins")
@open_to(Who.FACILITATOR, Who.OFFICER)
def ask_for_walk_in_at_door(assembly: Assembly) -> ResponseReturnValue:
    """Ask for somebody who is not on the roll; an officer at the door lets them in at once."""
    who, name = signed_in(), request.form.get("name", "")
    done: dict[str, int] = {}
    try:
        if who.is_officer:
            attendee = approve_walk_in(
                db(), assembly, name, who.person, who.person, channel_asked()
            )
            done = {"done": attendee.id}
        else:
            ask_for_walk_in(db(), assembly, name, who.person, channel_asked())
        db().commit()
    except Refused as refused:
        db().rollback()
        flash(say(refused))
    return redirect(_door(assembly, **done), 303)


@facilitators.post("/assemblies/<int:assembly_id>/door/walk-ins/<int:walk_in_id>")
@open_to(Who.OFFICER)
def answer_walk_in_at_door(assembly: Assembly, asking: WalkIn) -> ResponseReturnValue:
    """Let a walk-in take part, or not: an officer’s word, from whatever device."""
    approved = request.form.get("answer") == "approve"
    done: dict[str, int] = {}
    try:
        attendee = answer_walk_in(db(), assembly, asking, signed_in().person, approved=approved)
        db().commit()
        if attendee is not None:
            done = {"done": attendee.id}
        else:
            flash(_("%(name)s was turned away.", name=asking.name))
    except Refused as refused:
        db().rollback()
        flash(say(refused))
    return redirect(_door(assembly, **done), 303)


def _door(assembly: Assembly, **asked: Any) -> str:
    return url_for("facilitators.door", assembly_id=assembly.id, **asked)
