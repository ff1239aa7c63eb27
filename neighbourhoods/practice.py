"""Practice meetings: the same agenda as the real one, to be tried out and wiped."""

from sqlalchemy.orm import Session

from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyState,
    assemblies_of,
    plan_assembly,
)
from neighbourhoods.database import now
from neighbourhoods.people import Person
from neighbourhoods.stage import log_act

# What stands before the title of a practice meeting: people's own words need no translating.
BEFORE_TITLE = "Practice: "


def plan_practice(session: Session, assembly: Assembly, by: Person) -> Assembly:
    """Plan a practice meeting, now, with the agenda of a real one as it stands."""
    practice = plan_assembly(
        session,
        assembly.the_round,
        by,
        (BEFORE_TITLE + assembly.title)[:120],
        now(session),
        place=assembly.place,
        wifi_name=assembly.wifi_name,
        wifi_password=assembly.wifi_password,
        is_practice=True,
    )
    copies = {item.id: _copied(item, practice) for item in assembly.items}
    session.add_all(copies.values())
    session.flush()
    for copy in copies.values():
        vote_item = copy.settings.get("vote_item")
        if isinstance(vote_item, int) and vote_item in copies:
            copy.settings = {**copy.settings, "vote_item": copies[vote_item].id}
    log_act(session, assembly, ActKind.PREPARE, by, f"practice {practice.code}")
    session.expire(practice, ["items"])
    return practice


def _copied(item: AgendaItem, practice: Assembly) -> AgendaItem:
    return AgendaItem(
        assembly_id=practice.id,
        position=item.position,
        kind=item.kind,
        title=item.title,
        text=item.text,
        seconds=item.seconds,
        project_id=item.project_id,
        settings=dict(item.settings),
    )


def practices_for(session: Session, assembly: Assembly) -> list[Assembly]:
    """The practice meetings of the same round that are not over yet."""
    return [
        other
        for other in assemblies_of(session, assembly.the_round)
        if other.is_practice and other.state != AssemblyState.ENDED
    ]
