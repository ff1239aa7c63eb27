"""Sheets that are not signed yet, kept between the pages, with what their writer had read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.bundle import bundle_of
from ballots.ledger import hash_of
from ballots.routes import Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import Ground, ReferTo
from ballots.stages import StageRun
from neighbourhoods.database import Base, Moment, insert_into, now
from neighbourhoods.people import Person
from neighbourhoods.rounds import Round


class SheetDraft(Base):
    """What somebody wrote for one stage; nobody else reads it, and it decides nothing."""

    __tablename__ = "sheet_drafts"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    sitting: Mapped[int]
    place: Mapped[int]
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The bundle they had before them, whole and in parts: so that a page can say what changed.
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    seen: Mapped[dict[str, str]] = mapped_column(JSON)
    saved_at: Mapped[Moment]

    @property
    def given(self) -> SheetGiven:
        """The sheet as it would be signed."""
        return _read(self.sheet)

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, in hex: two windows may hold different sheets."""
        return hash_of(self.sheet)


def draft_of(
    session: Session, the_round: Round, person: Person, run: StageRun
) -> SheetDraft | None:
    """What somebody wrote for the stage that runs, if they did."""
    found = session.get(SheetDraft, (the_round.id, person.id), populate_existing=True)
    if found is None or (found.sitting, found.place) != (run.sitting, run.place):
        return None
    return found


def keep_draft(
    session: Session,
    the_round: Round,
    person: Person,
    run: StageRun,
    sheet: SheetGiven,
    *,
    bundle_sha256: str,
    seen: Mapping[str, str],
) -> None:
    """Keep what somebody wrote for a stage; what they wrote before is replaced."""
    fresh = {
        "sitting": run.sitting,
        "place": run.place,
        "sheet": _written(sheet),
        "bundle_sha256": bundle_sha256,
        "seen": dict(seen),
        "saved_at": now(session),
    }
    # Not look-then-add: a double tap saves twice at once.
    session.execute(
        insert_into(session, SheetDraft)
        .values(round_id=the_round.id, person_id=person.id, **fresh)
        .on_conflict_do_update(index_elements=["round_id", "person_id"], set_=fresh)
    )


def parts_of(session: Session, the_round: Round) -> dict[str, str]:
    """A short hash of each part of the bundle as it stands, by a name such as `note legal`."""
    bundle: dict[str, Any] = bundle_of(session, the_round)
    parts: dict[str, object] = {
        "count": [bundle["rules_sha256"], bundle["tallied"], bundle["result_sha256"]],
        "answers": bundle["answers"],
    }
    for kind, words in bundle["notes"].items():
        parts[f"note {kind}"] = words
    for project in bundle["projects"]:
        code = project["code"]
        parts[f"withdrawn {code}"] = project["withdrawn"]
        parts[f"finding {code}"] = project["finding"]
        parts[f"project {code}"] = [
            project["title"],
            project["cost_pence"],
            project["paid_pence"],
        ]
    return {name: hash_of(part)[:16] for name, part in parts.items()}


def changed_since(seen: Mapping[str, str], parts: Mapping[str, str]) -> list[str]:
    """The names of the parts that are not as somebody saw them, in the order of `parts`."""
    gone = [name for name in seen if name not in parts]
    return [name for name, part in parts.items() if seen.get(name) != part] + gone


def _written(sheet: SheetGiven) -> dict[str, Any]:
    return {
        "verdicts": {
            code: {
                "verdict": given.verdict.value,
                "condition": given.condition,
                "ground": given.ground.value if given.ground else None,
                "reasons": given.reasons,
            }
            for code, given in sheet.verdicts.items()
        },
        "reasons": sheet.reasons,
        "refer_to": sheet.refer_to.value if sheet.refer_to else None,
        "question": sheet.question,
        "answer_by": sheet.answer_by.isoformat() if sheet.answer_by else None,
        "minute": dict(sheet.minute) if sheet.minute else None,
    }


def _read(written: Mapping[str, Any]) -> SheetGiven:
    return SheetGiven(
        verdicts={
            code: VerdictGiven(
                Verdict(given["verdict"]),
                given["condition"],
                Ground(given["ground"]) if given["ground"] else None,
                given["reasons"],
            )
            for code, given in written["verdicts"].items()
        },
        reasons=written["reasons"],
        refer_to=ReferTo(written["refer_to"]) if written["refer_to"] else None,
        question=written["question"],
        answer_by=date.fromisoformat(written["answer_by"]) if written["answer_by"] else None,
        minute=written["minute"],
    )
