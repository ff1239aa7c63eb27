"""Somebody’s desk in words: the same on its page and in the week’s digest."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.display import LONDON, date_words, moment_words
from app.labels import label
from app.public.decided import Decided, read_decided
from app.public.notice_words import lodging_words
from app.public.notices import address_of
from app.public.sitting import bar_words
from app.public.standing import Standing, by_urgency, standing
from ballots.desks import Desk, OnDesk, callable_in, decided_for, desk_of, late_for, to_lodge
from ballots.notices import DecisionNotice
from ballots.referrals import Referral
from ballots.routes import Standing as StageState
from ballots.stages import is_quiet
from neighbourhoods.database import now
from neighbourhoods.delivery import Delivery
from neighbourhoods.people import Appointment, Office, Person
from neighbourhoods.places import Community
from neighbourhoods.rounds import Round

MOST_DECIDED = 10
# From so few days on it is said more urgently.
FEW_DAYS = 2


@dataclass(frozen=True)
class Lying:
    """One outcome on a desk: how long there is left, what it waits for, at which stage."""

    the_round: Round
    link: str
    days: str
    is_urgent: bool
    until: str
    state: str
    stage: str


@dataclass(frozen=True)
class LateProject:
    """A project that should be done by now."""

    title: str
    link: str
    days: str
    due: str
    round_title: str


@dataclass(frozen=True)
class CallIn:
    """A decision that is called in, or still can be, for whoever watches over it."""

    title: str
    link: str
    state: str
    tone: str
    words: str
    place: Community


@dataclass(frozen=True)
class ToLodge:
    """A decision of ward councillors of which the council still needs the written record."""

    title: str
    link: str
    words: str
    is_urgent: bool


@dataclass(frozen=True)
class DeskRead:
    """A desk in words."""

    waiting: list[Lying]
    stuck: list[Lying]
    elsewhere: list[Lying]
    ahead: list[Lying]
    coming: list[Standing]
    decided: list[Decided]
    late: list[LateProject]
    lodging: list[ToLodge]
    # Only for the monitoring officer.
    call_ins: list[CallIn]


def read_desk(session: Session, person: Person, offices: Collection[Appointment]) -> DeskRead:
    """What lies on somebody’s desk now, put into words."""
    desk, moment = desk_of(session, person, offices), now(session)
    today = moment.astimezone(LONDON).date()
    return DeskRead(
        waiting=[_waiting(session, one, person, moment) for one in desk.waiting],
        stuck=[_stuck(one, moment) for one in desk.stuck],
        elsewhere=[_elsewhere(one, person, moment) for one in _besides_stuck(desk)],
        ahead=[_ahead(one, moment) for one in desk.ahead],
        coming=[standing(one, moment) for one in by_urgency(list(desk.coming))],
        decided=read_decided(decided_for(session, person, offices, MOST_DECIDED), moment),
        late=[_late(one, today) for one in late_for(session, offices, today)],
        lodging=[_lodging(one, moment) for one in to_lodge(session, offices)],
        call_ins=[_call_in(one, moment) for one in callable_in(session)]
        if any(one.office == Office.MONITORING_OFFICER for one in offices)
        else [],
    )


def _call_in(notice: DecisionNotice, moment: datetime) -> CallIn:
    state, tone = days_words(notice.call_in_until, moment), "quiet"
    words = _("It can be called in until %(when)s.", when=moment_words(notice.call_in_until))
    if notice.is_called_in:
        state, tone = _("Called in"), "wait"
        words = _("Its money waits. Confirm the decision, or send it back to whoever signed it.")
    return CallIn(
        title=notice.the_round.title,
        link=url_for("officers.notice", round_id=notice.round_id),
        state=state,
        tone=tone,
        words=words,
        place=notice.the_round.community,
    )


def _besides_stuck(desk: Desk) -> list[OnDesk]:
    """What waits elsewhere, without what the monitoring officer is told of above."""
    return [one for one in desk.elsewhere if one not in desk.stuck]


def _lying(one: OnDesk, moment: datetime, state: str, link: str = "") -> Lying:
    deadline, sign_off = one.deadline, one.sign_off
    if sign_off.stuck and deadline is not None and moment < deadline:
        deadline = None  # nobody is free to act, or those who are do not agree: no day helps
    return Lying(
        the_round=one.the_round,
        link=link or url_for("councillors.decision", round_id=one.the_round.id),
        days=days_words(deadline, moment) if deadline else "",
        is_urgent=deadline is not None and days_left(deadline, moment) <= FEW_DAYS,
        until=_until(deadline, moment) if deadline else "",
        state=state,
        stage=_(
            "Stage %(number)d of %(stages)d: %(part)s",
            number=(sign_off.run.place if sign_off.run else 0) + 1,
            stages=len(sign_off.route.stages),
            part=label(sign_off.stage.part),
        ),
    )


def _waiting(session: Session, one: OnDesk, person: Person, moment: datetime) -> Lying:
    seat = one.sign_off.seat_of(person)
    if is_quiet(session, one.the_round.id):
        state = _("Nothing is signed in the pre-election period. It waits until that is over.")
    elif one.sign_off.came_back:
        state = _("The decision was called in and sent back. Decide afresh.")
    elif one.sign_off.sitting > 1:
        state = _("It was referred back and answered. Decide afresh.")
    elif seat is not None and seat.has_declared:
        state = _("You have declared your interests. Decide next.")
    else:
        state = _("Declare whether you have an interest, then decide.")
    return _lying(one, moment, state)


def _stuck(one: OnDesk, moment: datetime) -> Lying:
    standing, why = one.sign_off.standing.standing, label(one.sign_off.standing.standing)
    if standing is StageState.SILENT:
        state = _("%(why)s. Say who acts instead, or give more days.", why=why)
    else:
        state = _("%(why)s. Say who acts instead.", why=why)
    return _lying(one, moment, state, url_for("councillors.step_in", round_id=one.the_round.id))


def _elsewhere(one: OnDesk, person: Person, moment: datetime) -> Lying:
    sign_off, seat = one.sign_off, one.sign_off.seat_of(person)
    if sign_off.referral is not None:
        state = _referred(sign_off.referral)
    elif sign_off.stuck:
        state = _("It cannot go on by itself. The monitoring officer must step in.")
    elif seat is not None and seat.bar is not None:
        state = _("You take no part. %(why)s.", why=bar_words(seat.bar))
    elif seat is not None and seat.signature is not None:
        state = _("You have signed. It waits for others at this stage.")
    else:
        state = _("You have acted on it. It waits for others at a later stage.")
    return _lying(one, moment, state)


def _referred(referral: Referral) -> str:
    to = label(referral.refer_to).lower()
    if referral.answer_by is None:
        return _("Referred back to the %(to)s. It waits for their answer.", to=to)
    day = date_words(referral.answer_by)
    return _("Referred back to the %(to)s, to be answered by %(day)s.", to=to, day=day)


def _ahead(one: OnDesk, moment: datetime) -> Lying:
    stage = one.sign_off.route.stages[one.next_place or 0]
    state = _(
        "It comes to you at stage %(number)d: %(part)s.",
        number=(one.next_place or 0) + 1,
        part=label(stage.part),
    )
    return _lying(one, moment, state)


def _late(delivery: Delivery, today: date) -> LateProject:
    longest = delivery.late_on(today)[0]
    day = date_words(longest.due_on)
    return LateProject(
        title=delivery.project.title,
        link=url_for(
            "public.delivery", round_id=delivery.round_id, _anchor=f"project-{delivery.project_id}"
        ),
        days=_late_words((today - longest.due_on).days),
        due=_("“%(title)s” was due by %(day)s.", title=longest.title, day=day)
        if longest.title
        else _("It was due by %(day)s.", day=day),
        round_title=delivery.project.the_round.title,
    )


def _lodging(notice: DecisionNotice, moment: datetime) -> ToLodge:
    by, today = notice.lodge_by, moment.astimezone(LONDON).date()
    return ToLodge(
        title=notice.the_round.title,
        link=address_of(notice),
        words=lodging_words(notice, moment),
        is_urgent=by is not None and (by - today).days <= FEW_DAYS,
    )


def days_left(deadline: datetime, moment: datetime) -> int:
    """How many days are left, as people in London count them; below nothing once it is late."""
    days = (deadline.astimezone(LONDON).date() - moment.astimezone(LONDON).date()).days
    return min(days, -1) if deadline <= moment else days


def days_words(deadline: datetime, moment: datetime) -> str:
    """How long there is left: 3 days left, last day today, 2 days late."""
    days = days_left(deadline, moment)
    if days < 0:
        return _late_words((moment.astimezone(LONDON).date() - _day(deadline)).days)
    if days == 0:
        return _("Last day today")
    return ngettext("%(num)d day left", "%(num)d days left", days)


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _late_words(days: int) -> str:
    if days == 0:
        return _("The time is over")
    return ngettext("%(num)d day late", "%(num)d days late", days)


def _until(deadline: datetime, moment: datetime) -> str:
    when = moment_words(deadline)
    return (
        _("It was due at %(when)s", when=when)
        if deadline <= moment
        else _("Until %(when)s", when=when)
    )
