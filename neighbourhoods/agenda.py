"""The agenda of a meeting: items put in, changed, moved and taken out, or all made at once."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, AssemblyState, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage import VOTES, hold_stage, log_act

PITCH_SECONDS = 180
DISCUSSION_SECONDS = 600
VOTE_SECONDS = 300
LONGEST_SECONDS = 4 * 60 * 60
LEAST_OPTIONS, MOST_OPTIONS = 2, 6
HIGHEST_SCORES = (5, 10)
# What stands in the log; people's own words need no translating.
DEFAULT_TITLES = {
    ItemKind.WELCOME: "Welcome",
    ItemKind.DISCUSSION: "Discussion",
    ItemKind.BALLOT: "The vote",
    ItemKind.REVEAL: "The outcome",
}


def add_item(
    session: Session,
    assembly: Assembly,
    kind: ItemKind,
    title: str,
    by: Person | None = None,
    *,
    text: str = "",
    seconds: int | None = None,
    project: Project | None = None,
    settings: Mapping[str, object] | None = None,
) -> AgendaItem:
    """Put an item at the end of the agenda."""
    _hold_unless_ended(session, assembly)
    last = max((item.position for item in assembly.items), default=0)
    item = AgendaItem(
        assembly_id=assembly.id, position=last + 1, kind=kind, settings=dict(settings or {})
    )
    _fill(assembly, item, title, text, seconds, project)
    session.add(item)
    log_act(session, assembly, ActKind.CHANGE_AGENDA, by, f"add {item.title}")
    session.expire(assembly, ["items"])
    return item


def change_item(
    session: Session,
    item: AgendaItem,
    by: Person | None = None,
    *,
    title: str,
    text: str = "",
    seconds: int | None = None,
    project: Project | None = None,
    settings: Mapping[str, object] | None = None,
) -> None:
    """Change an item; how a vote or poll is held stays as it was once the item has begun."""
    assembly = item.assembly
    _hold_unless_ended(session, assembly)
    wanted = dict(settings or {})
    if item.began_at is not None and wanted != item.settings:
        raise Refused(Refusal.ITEM_BEGUN)
    item.settings = wanted
    _fill(assembly, item, title, text, seconds, project)
    log_act(session, assembly, ActKind.CHANGE_AGENDA, by, f"change {item.title}")


def move_item(session: Session, item: AgendaItem, by: Person | None = None, *, down: bool) -> None:
    """Let an item change places with the one before it or after it; at an end it stays."""
    assembly = item.assembly
    _hold_unless_ended(session, assembly)
    order = list(assembly.items)
    place = order.index(item) + (1 if down else -1)
    if not 0 <= place < len(order):
        return
    other = order[place]
    mine, theirs = item.position, other.position
    # No two items may stand in one place, not even for a moment.
    item.position = order[-1].position + 1
    session.flush()
    other.position = mine
    session.flush()
    item.position = theirs
    log_act(session, assembly, ActKind.CHANGE_AGENDA, by, f"move {item.title}")
    session.expire(assembly, ["items"])


def remove_item(session: Session, item: AgendaItem, by: Person | None = None) -> None:
    """Take an item out of the agenda, unless it has begun or a reveal waits for its vote."""
    assembly = item.assembly
    _hold_unless_ended(session, assembly)
    if item.began_at is not None or assembly.stage.item_id == item.id:
        raise Refused(Refusal.ITEM_BEGUN)
    if any(other.settings.get("vote_item") == item.id for other in assembly.items):
        raise Refused(Refusal.ITEM_REVEALED)
    title = item.title
    session.delete(item)
    session.flush()
    log_act(session, assembly, ActKind.CHANGE_AGENDA, by, f"remove {title}")
    session.expire(assembly, ["items"])


def default_agenda(
    session: Session, assembly: Assembly, by: Person | None = None
) -> list[AgendaItem]:
    """The agenda of most meetings: welcome, a pitch per project, discussion, vote, outcome."""
    _hold_unless_ended(session, assembly)
    if assembly.items:
        raise Refused(Refusal.AGENDA_NOT_EMPTY)
    # While the round's own vote is open, the hall votes into that box.
    in_own_box = assembly.the_round.phase == Phase.VOTE and not assembly.is_practice

    def add(kind: ItemKind, **more: object) -> AgendaItem:
        title = str(more.pop("title", DEFAULT_TITLES.get(kind)))
        return add_item(session, assembly, kind, title, by, **more)  # type: ignore[arg-type]

    add(ItemKind.WELCOME)
    for project in projects_in(session, assembly.round_id):
        title = project.title[:160]
        add(ItemKind.PITCH, title=title, seconds=PITCH_SECONDS, project=project)
    add(ItemKind.DISCUSSION, seconds=DISCUSSION_SECONDS)
    how = {"own_count": not in_own_box, "held": True}
    vote = add(ItemKind.BALLOT, seconds=VOTE_SECONDS, settings=how)
    add(ItemKind.REVEAL, settings={} if in_own_box else {"vote_item": vote.id})
    return list(assembly.items)


def vote_items(session: Session, assembly: Assembly) -> list[AgendaItem]:
    """The items whose outcome a reveal can show."""
    query = select(AgendaItem).where(
        AgendaItem.assembly_id == assembly.id, AgendaItem.kind.in_(VOTES)
    )
    return list(session.scalars(query.order_by(AgendaItem.position)))


def _fill(
    assembly: Assembly,
    item: AgendaItem,
    title: str,
    text: str,
    seconds: int | None,
    project: Project | None,
) -> None:
    item.title = title.strip()[:160]
    item.text = text.strip()
    item.seconds = seconds
    item.project = project if item.kind == ItemKind.PITCH else None
    item.project_id = item.project.id if item.project else None
    if not item.title or not _is_whole(assembly, item):
        raise Refused(Refusal.ITEM_INCOMPLETE)


def _is_whole(assembly: Assembly, item: AgendaItem) -> bool:
    """Whether an item has what its kind needs."""
    if item.seconds is not None and not 0 < item.seconds <= LONGEST_SECONDS:
        return False
    if item.kind == ItemKind.PITCH:
        return item.project is not None and item.project.round_id == assembly.round_id
    if item.kind == ItemKind.POLL:
        options = item.settings.get("options")
        return (
            isinstance(options, list)
            and LEAST_OPTIONS <= len(options) <= MOST_OPTIONS
            and all(isinstance(option, str) and option.strip() for option in options)
            and len(set(options)) == len(options)
        )
    if item.kind == ItemKind.SCORES:
        return item.settings.get("highest_score", HIGHEST_SCORES[0]) in HIGHEST_SCORES
    if item.kind == ItemKind.REVEAL and "vote_item" in item.settings:
        shown = item.settings["vote_item"]
        return any(other.id == shown and other.kind in VOTES for other in assembly.items)
    return True


def _hold_unless_ended(session: Session, assembly: Assembly) -> None:
    hold_stage(session, assembly)
    if assembly.state == AssemblyState.ENDED:
        raise Refused(Refusal.MEETING_ENDED)
