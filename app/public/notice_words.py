"""A decision notice as people read it: what was signed comes from its document alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import LONDON, date_words, moment_words
from app.labels import label
from app.public.sitting import interest_words, listed
from app.public.stepped_in import stepped_in_words
from ballots.notices import DecisionNotice
from ballots.register import kept_until
from ballots.routes import Part, RouteName, Verdict
from ballots.signing import Ground
from neighbourhoods.interests import InterestKind


@dataclass(frozen=True)
class Said:
    """What one person gave as reasons, in sentences."""

    person: str
    part: str
    sentences: list[str]


@dataclass(frozen=True)
class Alternative:
    """A project that was considered and that residents did not choose."""

    title: str
    pence: int


@dataclass(frozen=True)
class NoticeRead:
    """A notice put into words: the five fields, and what it is about."""

    number: str
    title: str
    community: str
    answering: str
    fund: str
    financial_year: str
    route: str
    # Whoever reads the document learns these; nothing here comes from elsewhere.
    decided_on: date
    decided_by: str
    side_by_side: list[dict[str, object]]
    reasons: list[Said]
    # What others said at the stages before, where a route has some.
    advice: list[Said]
    # Where the monitoring officer had to say how it goes on.
    stepped_in: list[str]
    alternatives: list[Alternative]
    interests: list[str]
    record_sha256: str


def read_notice(contents: Mapping[str, Any]) -> NoticeRead:
    """Put a notice’s document into words."""
    titles = {one["code"]: one["title"] for one in contents["decision"]}
    titles |= {one["code"]: one["title"] for one in contents["alternatives"]}
    return NoticeRead(
        number=contents["number"],
        title=contents["title"],
        community=contents["community"],
        answering=contents["answering"],
        fund=contents["fund"],
        financial_year=contents["financial_year"],
        route=label(RouteName(contents["route"])),
        decided_on=datetime.fromisoformat(contents["date"]).astimezone(LONDON).date(),
        decided_by=who_decided(contents),
        side_by_side=[_row(one, contents["reasons"]) for one in contents["decision"]],
        reasons=[sheet_words(one, titles) for one in contents["reasons"]],
        # A notice that is older than this field says nothing of it.
        advice=[sheet_words(one, titles) for one in contents.get("advice", [])],
        stepped_in=[stepped_in_words(one) for one in contents.get("stepped_in", [])],
        alternatives=[Alternative(one["title"], one["pence"]) for one in contents["alternatives"]],
        interests=[_interest(one, titles) for one in contents["interests"]],
        record_sha256=contents["record_sha256"],
    )


def who_decided(contents: Mapping[str, Any]) -> str:
    """Whose decision it is; a clerk who signs a minute has not decided, the committee has."""
    names = listed(list(dict.fromkeys(contents["decided_by"])), every=True)
    if any(one["minute"] for one in contents["reasons"]):
        return _("the area committee, its minute signed by %(names)s", names=names)
    return names


def decided_words(one: Mapping[str, Any]) -> tuple[str, str]:
    """What the council decided on one project, in short, and its tone."""
    match one["decided"]:
        case "withdrawn":
            return _("Withdrawn before the decision"), "stop"
        case "declined":
            return _("Not to fund it"), "stop"
        case _ if one["conditions"]:
            return _("To fund it, on conditions"), "good"
        case _:
            return _("To fund it"), "good"


def _row(one: Mapping[str, Any], reasons: list[Mapping[str, Any]]) -> dict[str, object]:
    decided, tone = decided_words(one)
    return {
        "title": one["title"],
        "cost_pence": one["pence"],
        "chosen": one["residents_chose"],
        "residents_text": "",
        "decision": decided,
        "tone": tone,
        "council_text": "\n".join([*_share(one), *why_of(one, reasons)]),
    }


def _share(one: Mapping[str, Any]) -> list[str]:
    """In whose share of the money a project was, where members shared it."""
    name = one.get("share_of")
    return [_("In the share of %(name)s, who signed for it.", name=name)] if name else []


def why_of(one: Mapping[str, Any], reasons: list[Mapping[str, Any]]) -> list[str]:
    """Why a project was decided on as it was: conditions, grounds of declining, withdrawal."""
    if one["decided"] == "withdrawn":
        return [one["why_withdrawn"]]
    if one["decided"] == "carried":
        return [_("Condition: %(words)s", words=words) for words in _once(one["conditions"])]
    return _once(
        _(
            "%(ground)s: %(reasons)s",
            ground=label(Ground(given["ground"])),
            reasons=given["reasons"],
        )
        for said in reasons
        for given in said["projects"]
        if given["code"] == one["code"] and given["verdict"] == Verdict.DECLINE
    )


def _once(words: Iterator[str] | list[str]) -> list[str]:
    return list(dict.fromkeys(words))


def sheet_words(one: Mapping[str, Any], titles: Mapping[str, str], *, is_over: bool = True) -> Said:
    """What one person signed: reasons, a minute, what was asked, a sentence on each project."""
    sentences = [one["reasons"]] if one["reasons"] else []
    if one.get("question"):
        sentences.append(
            _("Would have referred it back: %(words)s", words=one["question"])
            if is_over
            else _("Refers it back with the question: %(words)s", words=one["question"])
        )
    if one["minute"]:
        sentences.append(minute_words(one["minute"]))
    # A notice and a record call them by other names.
    given_on = one["projects"] if "projects" in one else one["verdicts"]
    sentences += [_verdict(given, titles[given["code"]]) for given in given_on]
    part = Part(one["part"])
    # The stage is named for all who act at it; a notice names one of them.
    return Said(one["person"], _("Councillor") if part is Part.MEMBER else label(part), sentences)


def _verdict(given: Mapping[str, Any], title: str) -> str:
    match Verdict(given["verdict"]):
        case Verdict.DECLINE:
            return _(
                "Declined “%(title)s”. %(ground)s: %(reasons)s",
                title=title,
                ground=label(Ground(given["ground"])),
                reasons=given["reasons"],
            )
        case Verdict.CONDITIONS:
            said = _(
                "Endorsed “%(title)s” on a condition: %(words)s",
                title=title,
                words=given["condition"],
            )
        case Verdict.ENDORSE:
            said = _("Endorsed “%(title)s” as residents chose.", title=title)
    return " ".join(filter(None, (said, given["reasons"])))


def minute_words(minute: Mapping[str, Any]) -> str:
    """When a committee met, who moved what it decided, and how it voted."""
    return _(
        "Minute of the meeting of %(day)s: moved by %(mover)s, seconded by %(seconder)s; "
        "%(pro)s for, %(contra)s against, %(abstained)s abstained.",
        day=date_words(date.fromisoformat(minute["held_on"])),
        mover=minute["moved_by"],
        seconder=minute["seconded_by"],
        pro=minute["for"],
        contra=minute["against"],
        abstained=minute["abstained"],
    )


def _interest(found: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    words = {"person": found["person"], "said": interest_words(InterestKind(found["kind"]))}
    if found["project"] in titles:
        said = _("%(person)s: %(said)s in “%(title)s”.", title=titles[found["project"]], **words)
    else:
        said = _("%(person)s: %(said)s.", **words)
    if found["dispensation"]:
        said += " " + _("Took part under dispensation %(number)s.", number=found["dispensation"])
    return " ".join(filter(None, (said, found["details"])))


# --- what happens after it was published ----------------------------------------------------------


@dataclass(frozen=True)
class Afterwards:
    """What became of a notice since it was published, in a line of its own."""

    name: str
    words: str
    # People’s own words that belong to it.
    said: str = ""


def afterwards(notice: DecisionNotice, moment: datetime) -> list[Afterwards]:
    """Call-in, money, lodging and how long it is kept, as they stand at a moment."""
    lines = [call_in_words(notice, moment), Afterwards(_("Money"), where_money_is(notice, moment))]
    if notice.lodge_by is not None:
        lines.append(Afterwards(_("Lodging"), lodging_words(notice, moment)))
    kept = date_words(kept_until(notice.published_at))
    return [*lines, Afterwards(_("Kept"), _("In the public register until %(day)s.", day=kept))]


def call_in_words(notice: DecisionNotice, moment: datetime) -> Afterwards:
    """Whether a decision was called in, or until when it can be."""
    name = _("Call-in")
    if notice.called_in_at is not None:
        words = _("Called in at %(when)s.", when=moment_words(notice.called_in_at))
        if notice.sent_back is not None:
            when = moment_words(notice.sent_back.sent_at)
            words += " " + _("It was sent back to whoever signed it at %(when)s.", when=when)
            return Afterwards(name, words, notice.called_in_why)
        if notice.called_in_ended_at is not None:
            when = moment_words(notice.called_in_ended_at)
            words += " " + _("The decision was confirmed at %(when)s.", when=when)
        return Afterwards(name, words, notice.called_in_why)
    if notice.call_in_until <= notice.published_at:
        return Afterwards(name, _("This decision took effect at once."))
    until = moment_words(notice.call_in_until)
    if moment >= notice.call_in_until:
        return Afterwards(name, _("It could be called in until %(when)s. Nobody did.", when=until))
    left = days_left_words(notice.call_in_until, moment)
    return Afterwards(
        name, _("It can be called in until %(when)s: %(left)s.", when=until, left=left)
    )


def where_money_is(notice: DecisionNotice, moment: datetime) -> str:
    """Whether the money of a decision has moved, or what it waits for."""
    if notice.money_moved_at is not None:
        when = moment_words(notice.money_moved_at)
        return _("What was agreed was committed to the projects at %(when)s.", when=when)
    if notice.sent_back is not None:
        return _("No money moves by this decision. It is taken again, in a notice of its own.")
    if notice.is_called_in:
        return _("No money moves until the call-in has ended.")
    if moment < notice.call_in_until:
        when = moment_words(notice.call_in_until)
        return _("No money moves before %(when)s.", when=when)
    return _("The money is on its way to the projects.")


def lodging_words(notice: DecisionNotice, moment: datetime) -> str:
    """When a ward member’s record was lodged, or how many days are left for it."""
    if notice.lodge_by is None:
        return _("This route asks for no lodging.")
    by = date_words(notice.lodge_by)
    if notice.lodged_on is not None:
        return _(
            "Lodged on %(day)s, receipt %(receipt)s. It was due by %(by)s.",
            day=date_words(notice.lodged_on),
            receipt=notice.lodged_receipt,
            by=by,
        )
    days = (notice.lodge_by - moment.astimezone(LONDON).date()).days
    if days < 0:
        late = ngettext("%(num)d day late", "%(num)d days late", -days)
        return _("To be lodged by %(by)s: %(late)s.", by=by, late=late)
    if days == 0:
        return _("To be lodged by %(by)s: that is today.", by=by)
    left = ngettext("%(num)d day left", "%(num)d days left", days)
    return _("To be lodged by %(by)s: %(left)s.", by=by, left=left)


def days_left_words(until: datetime, moment: datetime) -> str:
    """How long there is still: days as people in London count them, or hours on the last one."""
    left = until - moment
    if left >= timedelta(days=1):
        days = (until.astimezone(LONDON).date() - moment.astimezone(LONDON).date()).days
        return str(ngettext("%(num)d day left", "%(num)d days left", days))
    return str(ngettext("%(num)d hour left", "%(num)d hours left", max(1, left.seconds // 3600)))
