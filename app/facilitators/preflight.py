"""Before the meeting: what works, what does not yet, why it matters and what to do about it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import segno
from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import func, select

from app.access import Who, open_to, signed_in
from app.display import age_words
from app.facilitators import facilitators
from app.facilitators.print_papers import paper_of_item, what_is_left
from app.facilitators.print_sheets import follow_link, join_address
from app.house import db, keys
from app.obstacle_wording import OBSTACLE_WORDS, obstacle_in_words
from app.wording import say
from ballots.hall import VOTED_ON
from ballots.hall_rules import ItemSettings
from ballots.moves import Blocker, obstacles_before
from ballots.rehearsal import wipe_practice
from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyAct,
    AssemblyState,
)
from neighbourhoods.attendance import Phone
from neighbourhoods.database import now
from neighbourhoods.eligibility import roll_size
from neighbourhoods.people import councillors_for
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.practice import plan_practice, practices_for
from neighbourhoods.refusals import Refused
from neighbourhoods.stage import log_act

SEEN_WITHIN = timedelta(minutes=1)
PRINTED = "print pack"


class Standing(StrEnum):
    """How one check stands."""

    READY = "ready"
    TO_DO = "to-do"
    # Only a person, or the script of the page, can tell.
    BY_HAND = "by-hand"


@dataclass(frozen=True)
class Check:
    """One thing to look at before the meeting."""

    key: str
    title: str
    standing: Standing
    found: str
    why: str
    to_do: str = ""
    link: str = ""
    link_words: str = ""


@facilitators.get("/assemblies/<int:assembly_id>/preflight")
@open_to(Who.FACILITATOR, Who.OFFICER)
def preflight(assembly: Assembly) -> ResponseReturnValue:
    """Every check with how it stands; loading the page again looks again."""
    checks = checks_before(assembly)
    return render_template(
        "facilitators/preflight.html",
        assembly=assembly,
        checks=checks,
        to_do=sum(check.standing == Standing.TO_DO for check in checks),
        now=now(db()),
        qr=_qr(assembly),
        address=join_address(),
        practices=practices_for(db(), assembly),
        may_practise=not assembly.is_practice and assembly.state != AssemblyState.ENDED,
    )


def _qr(assembly: Assembly) -> Markup:
    drawn = segno.make(follow_link(assembly), micro=False)
    # Drawn from the address of this deployment and a code of ours: nothing comes from a visitor.
    return Markup(  # noqa: S704
        drawn.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
    )


def checks_before(assembly: Assembly) -> list[Check]:
    """All checks, in the order in which a hall is made ready."""
    return [
        _screen(assembly),
        _phones(assembly),
        _socket(),
        _clock(),
        _agenda(assembly),
        *(_vote(item) for item in assembly.items if item.kind in VOTED_ON),
        _councillors(assembly),
        _wifi(assembly),
        _printed(assembly),
    ]


def _screen(assembly: Assembly) -> Check:
    seen = [(one.seen_at, one.name) for one in assembly.screens if one.seen_at is not None]
    moment, is_fresh = now(db()), False
    found = _("No screen has opened this meeting yet.")
    if seen:
        seen_at, name = max(seen)
        is_fresh = moment - seen_at <= SEEN_WITHIN
        found = _("“%(name)s” was seen %(ago)s.", name=name, ago=age_words(seen_at, moment))
    return Check(
        "screen",
        _("A screen follows the meeting"),
        Standing.READY if is_fresh else Standing.TO_DO,
        found,
        _("The hall sees on it where we are, how to join and what was decided."),
        _("Open the screen on the computer at the projector and press F11 to fill it."),
        f"/a/{assembly.code}/screen",
        _("Open the screen"),
    )


def _phones(assembly: Assembly) -> Check:
    joined, newest = (
        db()
        .execute(
            select(func.count(), func.max(Phone.joined_at)).where(Phone.assembly_id == assembly.id)
        )
        .one()
    )
    if joined:
        found = ngettext(
            "One phone has joined, %(ago)s.",
            "%(num)s phones have joined, the last %(ago)s.",
            joined,
            ago=age_words(newest, now(db())),
        )
    else:
        found = _("No phone has joined yet.")
    return Check(
        "phones",
        _("Phones reach us"),
        Standing.READY if joined else Standing.TO_DO,
        found,
        _("In a hall the signal may be bad: try it there, on the Wi-Fi that people will use."),
        _("Scan this code with your own phone and join. It lights up here."),
    )


def _socket() -> Check:
    return Check(
        "socket",
        _("This device is told of news at once"),
        Standing.BY_HAND,
        _(
            "To check by hand: open the screen here and on a second device. Both must change"
            " within a second when you go on in the agenda."
        ),
        _(
            "Where a network lets no websocket through, pages still follow, by asking every few"
            " seconds."
        ),
        _("If only asking works, ask whoever runs the network to let websockets through."),
    )


def _clock() -> Check:
    return Check(
        "clock",
        _("The clock of this device"),
        Standing.BY_HAND,
        _("To check by hand: compare this device’s clock with a radio clock or a telephone."),
        _(
            "Votes open and close by the server’s clock, and every countdown is corrected to it. A"
            " wrong clock here only makes you doubt what you see."
        ),
        _("Let the device set its time by itself."),
    )


def _agenda(assembly: Assembly) -> Check:
    number = len(assembly.items)
    return Check(
        "agenda",
        _("The agenda"),
        Standing.READY if number else Standing.TO_DO,
        ngettext("One item.", "%(num)s items.", number) if number else _("It is empty."),
        _("Screens and phones follow it, item by item."),
        _("Write the agenda."),
        url_for("facilitators.agenda", assembly_id=assembly.id),
        _("Go to the agenda"),
    )


def _vote(item: AgendaItem) -> Check:
    obstacles = obstacles_of(item)
    return Check(
        f"vote-{item.id}",
        _("Ready to vote: %(title)s", title=item.title),
        Standing.TO_DO if obstacles else Standing.READY,
        " ".join(obstacles) or _("Round, roll and paper are ready."),
        _("A vote that cannot open stops the meeting."),
        _("Tell the council officer who runs the round."),
    )


def obstacles_of(item: AgendaItem) -> list[str]:
    """Everything that keeps a vote of the agenda from opening, in words."""
    the_round = item.assembly.the_round
    try:
        wanted = ItemSettings.of(item)
    except Refused as impossible:
        return [say(impossible)]
    if not wanted.own_count:
        if the_round.phase == Phase.VOTE:
            return []
        if is_past(Phase.VOTE, the_round.phase):
            return [_("The vote of the round has closed already.")]
        found = obstacles_before(db(), the_round, Phase.VOTE)
        return [obstacle_in_words(one) for one in found] or [
            _("The round’s vote is not open yet. An officer opens it.")
        ]
    missing = []
    _money, projects = what_is_left(db(), item, wanted)
    if not projects:
        missing.append(Blocker.NO_PROJECTS)
    elif paper_of_item(db(), item) is None:
        missing.append(Blocker.PAPER_IMPOSSIBLE)
    if not roll_size(db(), the_round.id):
        missing.append(Blocker.NO_ROLL)
    return [str(OBSTACLE_WORDS[Blocker][blocker]) for blocker in missing]


def _councillors(assembly: Assembly) -> Check:
    councillors = councillors_for(db(), assembly.the_round.community)
    return Check(
        "councillors",
        _("Councillors who sign"),
        Standing.READY if councillors else Standing.TO_DO,
        ", ".join(person.name for person in councillors) or _("Nobody is appointed."),
        _("They sign what the hall decides; without them no project is started."),
        _("Ask an officer to appoint the ward’s councillors."),
    )


def _wifi(assembly: Assembly) -> Check:
    return Check(
        "wifi",
        _("The hall’s Wi-Fi"),
        Standing.READY if assembly.wifi_name else Standing.TO_DO,
        assembly.wifi_name or _("No Wi-Fi is named."),
        _("It stands on the posters, the table cards and the screen."),
        _("Write its name and password into the meeting, or make sure that phones have signal."),
        url_for("facilitators.edit", assembly_id=assembly.id),
        _("Change the meeting"),
    )


def _printed(assembly: Assembly) -> Check:
    printed = db().scalar(
        select(func.max(AssemblyAct.acted_at)).where(
            AssemblyAct.assembly_id == assembly.id,
            AssemblyAct.kind == ActKind.PREPARE,
            AssemblyAct.words == PRINTED,
        )
    )
    return Check(
        "print",
        _("The print pack"),
        Standing.READY if printed else Standing.TO_DO,
        _("Said to be in the hall, %(ago)s.", ago=age_words(printed, now(db())))
        if printed
        else _("Nobody has said yet that it is printed."),
        _("Posters bring people in; paper lets those vote who have no phone."),
        _("Print it, take it to the hall, and say so here."),
        url_for("facilitators.print_pack", assembly_id=assembly.id),
        _("Go to the print pack"),
    )


@facilitators.post("/assemblies/<int:assembly_id>/preflight/printed")
@open_to(Who.FACILITATOR, Who.OFFICER)
def say_printed(assembly: Assembly) -> ResponseReturnValue:
    """Note that the print pack is in the hall."""
    log_act(db(), assembly, ActKind.PREPARE, signed_in().person, PRINTED)
    db().commit()
    return _back_to(assembly)


@facilitators.post("/assemblies/<int:assembly_id>/practice")
@open_to(Who.FACILITATOR, Who.OFFICER)
def practise(assembly: Assembly) -> ResponseReturnValue:
    """Plan a practice meeting with the same agenda."""
    if assembly.is_practice:
        abort(404)
    practice = plan_practice(db(), assembly, signed_in().person)
    db().commit()
    flash(_("The practice meeting is ready. Its join code is %(code)s.", code=practice.code))
    return _back_to(assembly)


@facilitators.post("/assemblies/<int:assembly_id>/practice/wipe")
@open_to(Who.FACILITATOR, Who.OFFICER)
def wipe(assembly: Assembly) -> ResponseReturnValue:
    """Wipe everything that was voted in a practice meeting."""
    if not assembly.is_practice:
        abort(404)
    votes = wipe_practice(db(), keys(), assembly)
    db().commit()
    flash(ngettext("One practice vote is wiped.", "%(num)s practice votes are wiped.", votes))
    return _back_to(assembly)


def _back_to(assembly: Assembly) -> ResponseReturnValue:
    return redirect(url_for("facilitators.preflight", assembly_id=assembly.id), 303)
