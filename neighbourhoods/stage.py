"""The stage of an assembly: what is shown, and the log of who changed it."""

from sqlalchemy.orm import Session

from neighbourhoods.assemblies import ActKind, Assembly, AssemblyAct, Slide
from neighbourhoods.database import now
from neighbourhoods.people import Person


def log_act(
    session: Session,
    assembly: Assembly,
    kind: ActKind,
    by: Person | None,
    words: str = "",
    before: dict[str, object] | None = None,
) -> AssemblyAct:
    """Write into the log of a meeting what was done and by whom."""
    act = AssemblyAct(
        assembly_id=assembly.id,
        kind=kind,
        by_id=by.id if by else None,
        acted_at=now(session),
        words=words[:300],
        before=before,
    )
    session.add(act)
    session.flush()
    return act


def show(session: Session, assembly: Assembly, slide: Slide, by: Person) -> None:
    """Put something else on the screens that follow."""
    assembly.stage.slide = slide
    assembly.stage.version += 1
    log_act(session, assembly, ActKind.SHOW, by, slide.value)
