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
from ballots.signoff import Act, InterestKind
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
    residents, councillors = contents["residents"], contents["councillors"]
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
        side_by_side=_side_by_side(counted),
        interests=[
            Entry(
                found["councillor"],
                interest_words(InterestKind(found["kind"])),
                found["details"],
                _moment(found["at"]),
            )
            for found in councillors["interests"]
        ],
        decisions=[_decision(found) for found in councillors["decisions"]],
        referrals=[
            Entry(
                found["answered_by"] or "",
                _("Answered referral %(number)s", number=found["sitting"]),
                found["answer"] or "",
                _moment(found["at"]),
            )
            for found in councillors["referrals"]
        ],
        moves=[_move(found) for found in contents["moves"]],
        promises=rules_in_words(frozen_terms(contents["rules"], titles)),
        rules_sha256=contents["rules_sha256"] or "",
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _side_by_side(counted: Counted) -> list[dict[str, object]]:
    """Each project: what residents chose, and what the council decided on it.

    A record is only ever published of an approved outcome, and an outcome is approved whole.
    """
    return [
        {
            "title": project.title,
            "cost_pence": project.cost_pence,
            "chosen": project.funded,
            "residents_text": project.why,
            "decision": _("To fund it") if project.funded else _("Not to fund it"),
            "tone": "good" if project.funded else "quiet",
            "council_text": _("Approved as residents chose."),
        }
        for project in counted.projects
    ]


def _decision(found: Mapping[str, Any]) -> Entry:
    approved = Act(found["act"]) == Act.APPROVE
    what = _("Approved the outcome") if approved else _("Referred the outcome back")
    if found["sitting"] > 1:
        what = _("%(what)s (sitting %(number)s)", what=what, number=found["sitting"])
    return Entry(found["councillor"], what, found["reasons"], _moment(found["at"]))


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
