"""A frozen record as people read it: every word and figure comes from its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.labels import label, why_moved
from app.public.counted import Counted, read_count
from app.public.promises import Promise, frozen_terms, rules_in_words
from app.public.sitting import interest_words
from ballots.draws import Draw
from ballots.routes import Verdict
from ballots.signing import Act, Ground
from neighbourhoods.interests import InterestKind
from neighbourhoods.phases import Phase


@dataclass(frozen=True)
class Entry:
    """One dated thing somebody did."""

    who: str
    what: str
    why: str
    at: datetime | None


@dataclass(frozen=True)
class RecordRead:
    """A record put into words."""

    about: Mapping[str, Any]
    published_at: datetime
    counted_at: datetime
    counted: Counted
    side_by_side: list[dict[str, object]]
    interests: list[Entry]
    decisions: list[Entry]
    referrals: list[Entry]
    moves: list[Entry]
    promises: list[Promise]
    rules_sha256: str


def read_record(contents: Mapping[str, Any]) -> RecordRead:
    """Put a record’s document into words."""
    residents, decision = contents["residents"], decision_in(contents)
    titles = {project["code"]: project["title"] for project in contents["projects"]}
    counted = read_count(
        residents["result"],
        titles,
        roll_size=residents["roll_size"],
        explanation=residents.get("explanation"),
        draw=Draw.of(residents["draw"]) if "draw" in residents else None,
    )
    return RecordRead(
        about=contents["round"],
        published_at=datetime.fromisoformat(contents["published_at"]),
        counted_at=datetime.fromisoformat(residents["counted_at"]),
        counted=counted,
        side_by_side=_side_by_side(counted, decision, titles),
        interests=[
            Entry(
                found["person"],
                _interest(found, titles),
                found["details"],
                _moment(found["at"]),
            )
            for found in decision["interests"]
            if found["kind"] != InterestKind.NONE
        ],
        decisions=[_decision(found) for found in decision["signatures"]],
        referrals=[
            Entry(
                found["answered_by"] or "",
                _("Answered referral %(number)s", number=found["sitting"]),
                found["answer"] or "",
                _moment(found["at"]),
            )
            for found in decision["referrals"]
        ],
        moves=[_move(found) for found in contents["moves"]],
        promises=rules_in_words(frozen_terms(contents["rules"], titles)),
        rules_sha256=contents["rules_sha256"] or "",
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def decision_in(contents: Mapping[str, Any]) -> Mapping[str, Any]:
    """The decision of a record; records of the first format are read as one endorsed whole."""
    if "decision" in contents:
        found: Mapping[str, Any] = contents["decision"]
        return found
    old = contents["councillors"]
    return {
        "carried": contents["residents"]["result"]["winners"],
        "declined": [],
        "withdrawn": [],
        "interests": [
            {**one, "person": one["councillor"], "project": ""} for one in old["interests"]
        ],
        "signatures": [
            {
                **one,
                "person": one["councillor"],
                "act": Act.REFER_BACK if one["act"] == Act.REFER_BACK else Act.DECIDE,
                "verdicts": [],
            }
            for one in old["decisions"]
        ],
        "referrals": old["referrals"],
    }


def _interest(found: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    said = interest_words(InterestKind(found["kind"]))
    if found["project"]:
        said = _("%(said)s in %(title)s", said=said, title=titles[found["project"]])
    if found.get("dispensation"):
        said = _("%(said)s; dispensation %(number)s", said=said, number=found["dispensation"])
    return said


def _side_by_side(
    counted: Counted, decision: Mapping[str, Any], titles: Mapping[str, str]
) -> list[dict[str, object]]:
    """Each project: what residents chose, and what the council decided on it."""
    withdrawn = {titles[one["code"]]: one["why"] for one in decision["withdrawn"]}
    declined = {titles[code]: _why_declined(code, decision) for code in decision["declined"]}
    conditions = {
        titles[given["code"]]: given["condition"]
        for one in decision["signatures"]
        for given in one["verdicts"]
        if given["condition"]
    }
    rows = []
    for project in counted.projects:
        decided, tone, why = _("To fund it"), "good", _("Endorsed as residents chose.")
        if project.title in withdrawn:
            decided, tone, why = _("Withdrawn"), "stop", withdrawn[project.title]
        elif project.title in declined:
            decided, tone, why = _("Not to fund it"), "stop", declined[project.title]
        elif not project.funded:
            decided, tone, why = _("Not to fund it"), "quiet", _("As residents chose.")
        elif project.title in conditions:
            why = _("Endorsed on condition: %(words)s", words=conditions[project.title])
        rows.append(
            {
                "title": project.title,
                "cost_pence": project.cost_pence,
                "chosen": project.funded,
                "residents_text": project.why,
                "decision": decided,
                "tone": tone,
                "council_text": why,
            }
        )
    return rows


def _why_declined(code: str, decision: Mapping[str, Any]) -> str:
    said = [
        _(
            "%(ground)s: %(reasons)s",
            ground=label(Ground(given["ground"])),
            reasons=given["reasons"],
        )
        for one in decision["signatures"]
        for given in one["verdicts"]
        if given["code"] == code and given["verdict"] == Verdict.DECLINE
    ]
    return " ".join(dict.fromkeys(said))


def _decision(found: Mapping[str, Any]) -> Entry:
    verdicts = {given["verdict"] for given in found["verdicts"]}
    what = _("Endorsed the outcome")
    if Act(found["act"]) is Act.REFER_BACK:
        what = _("Referred the outcome back")
    elif Verdict.DECLINE in verdicts:
        what = _("Declined projects of the outcome")
    elif Verdict.CONDITIONS in verdicts:
        what = _("Endorsed the outcome with conditions")
    if found["sitting"] > 1:
        what = _("%(what)s (sitting %(number)s)", what=what, number=found["sitting"])
    return Entry(found["person"], what, found["reasons"], _moment(found["at"]))


def _move(found: Mapping[str, Any]) -> Entry:
    return Entry(
        found["by"] or "",
        _(
            "From %(before)s to %(after)s",
            before=label(Phase(found["from"])),
            after=label(Phase(found["to"])),
        ),
        why_moved(found["why"]),
        _moment(found["at"]),
    )
