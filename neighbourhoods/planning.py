"""What a planned meeting says of itself: changed while it lies ahead, or called off."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyAct,
    AssemblyState,
    Screen,
    Stage,
)
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage import hold_stage, log_act


def change_plan(
    session: Session,
    assembly: Assembly,
    by: Person | None,
    title: str,
    starts_at: datetime,
    *,
    place: str = "",
    wifi_name: str = "",
    wifi_password: str = "",
    quorum: int | None = None,
    is_practice: bool = False,
) -> None:
    """Change what a meeting says of itself; whether it is practice only until it begins."""
    hold_stage(session, assembly)
    if assembly.state == AssemblyState.ENDED:
        raise Refused(Refusal.MEETING_ENDED)
    if assembly.state != AssemblyState.PLANNED and is_practice != assembly.is_practice:
        raise Refused(Refusal.MEETING_BEGUN)
    assembly.title, assembly.starts_at, assembly.place = title, starts_at, place
    assembly.wifi_name, assembly.wifi_password = wifi_name, wifi_password
    assembly.quorum, assembly.is_practice = quorum, is_practice
    log_act(session, assembly, ActKind.CHANGE_AGENDA, by, "plan")


def call_off_meeting(session: Session, assembly: Assembly) -> None:
    """Delete a planned meeting with its agenda, as long as nobody has joined it."""
    hold_stage(session, assembly)
    if assembly.state != AssemblyState.PLANNED:
        raise Refused(Refusal.MEETING_BEGUN)
    for joined in (Attendee, Phone):
        here = select(func.count()).select_from(joined).where(joined.assembly_id == assembly.id)
        if session.scalar(here):
            raise Refused(Refusal.MEETING_JOINED)
    for part in (Stage, Screen, AssemblyAct, AgendaItem):
        session.execute(delete(part).where(part.assembly_id == assembly.id))
    session.execute(delete(Assembly).where(Assembly.id == assembly.id))
