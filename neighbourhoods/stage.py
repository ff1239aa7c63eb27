"""The stage of a meeting: each act changes it in one transaction, moves its version on, is logged.

Whoever acts holds the stage until the transaction ends. Acts on a vote hold their round first and
the stage after it, as the clock does when it closes one.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyAct,
    AssemblyState,
    ItemKind,
    Screen,
    Slide,
    Stage,
)
from neighbourhoods.database import now
from neighbourhoods.duties import check_free_to_run
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage_pictures import as_it_stands, put_back

UNDO_WITHIN = timedelta(seconds=10)
LONGEST_MESSAGE = 280
# Items that open a vote in the ballot box: it has a close, and needs no countdown besides.
VOTES = frozenset({ItemKind.SCORES, ItemKind.BALLOT, ItemKind.PURCHASE})
# What changes neither the slides nor the agenda: many of these must not make a console stale.
BESIDE_THE_STAGE = frozenset(
    {
        ActKind.CHECK_IN,
        ActKind.CHECK_OUT,
        ActKind.APPROVE_WALK_IN,
        ActKind.COUNT_HANDS,
        ActKind.HANDLE_PAPERS,
        ActKind.PREPARE,
    }
)
# After any other act, what stood before an older one can still be put back.
IN_THE_WAY = frozenset(
    {
        ActKind.BEGIN,
        ActKind.END,
        ActKind.GO_TO,
        ActKind.SHOW,
        ActKind.STEP,
        ActKind.DARKEN,
        ActKind.LIGHTEN,
        ActKind.SAY,
        ActKind.TIMER,
        ActKind.OPEN_VOTE,
        ActKind.EXTEND_VOTE,
        ActKind.STOP_VOTE,
        ActKind.REVEAL,
        ActKind.CHANGE_AGENDA,
    }
)


def hold_stage(session: Session, assembly: Assembly, version: int | None = None) -> Stage:
    """Hold the stage until the transaction ends; refuse if it is no longer at this version."""
    query = select(Stage).where(Stage.assembly_id == assembly.id)
    stage = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    # The meeting may have begun or ended, and its agenda changed, while we waited.
    query_again = select(Assembly).where(Assembly.id == assembly.id)
    session.scalars(query_again.execution_options(populate_existing=True)).one()
    session.expire(assembly, ["items", "screens"])
    if version is not None and stage.version != version:
        raise Refused(Refusal.STAGE_MOVED_ON)
    return stage


def begin(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Open the meeting, with the first item of its agenda on the screens.

    Refused unless whoever opens it declared first that no pecuniary interest keeps them from it.
    """
    stage = hold_stage(session, assembly)
    check_free_to_run(session, assembly, by)
    if assembly.state != AssemblyState.PLANNED:
        raise Refused(Refusal.MEETING_BEGUN)
    before = as_it_stands(stage)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, now(session)
    if assembly.items:
        _turn_to(session, stage, assembly.items[0])
    log_act(session, assembly, ActKind.BEGIN, by, before=before)


def end(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Close the meeting: its agenda is over, and its clock stops."""
    stage = _hold_under_way(session, assembly)
    before = as_it_stands(stage)
    moment = now(session)
    if stage.item is not None:
        stage.item.ended_at = moment
    assembly.state, assembly.ended_at = AssemblyState.ENDED, moment
    stage.timer_ends_at = stage.timer_left = None
    log_act(session, assembly, ActKind.END, by, before=before)


def go_to(session: Session, assembly: Assembly, item: AgendaItem, by: Person | None) -> None:
    """Put an item on the screens; a blackout stays until it is lifted."""
    stage = _hold_under_way(session, assembly)
    if item.assembly_id != assembly.id:
        raise Refused(Refusal.NO_SUCH_ITEM)
    before = as_it_stands(stage, item)
    if stage.item_id == item.id:
        stage.slide = Slide.ITEM
    else:
        _turn_to(session, stage, item)
    log_act(session, assembly, ActKind.GO_TO, by, item.title, before)


def next_item(
    session: Session, assembly: Assembly, by: Person | None, *, back: bool = False
) -> AgendaItem:
    """Go on to the item after the one on stage, or back to the one before it."""
    stage = _hold_under_way(session, assembly)
    item = item_beside(assembly, stage, back=back)
    if item is None:
        raise Refused(Refusal.NO_ITEM_BEFORE if back else Refusal.NO_ITEM_AFTER)
    go_to(session, assembly, item, by)
    return item


def item_beside(assembly: Assembly, stage: Stage, *, back: bool = False) -> AgendaItem | None:
    """The item that comes after the one on stage, or before it; the first if there is none yet."""
    order = [item.id for item in assembly.items]
    if stage.item_id not in order:
        return None if back or not order else assembly.items[0]
    place = order.index(stage.item_id) + (-1 if back else 1)
    return assembly.items[place] if 0 <= place < len(order) else None


def show(session: Session, assembly: Assembly, slide: Slide, by: Person | None) -> None:
    """Put what is always at hand on the screens, or the item itself again."""
    stage = _hold_unless_ended(session, assembly)
    if slide == Slide.ITEM and stage.item_id is None:
        raise Refused(Refusal.NO_SUCH_ITEM)
    if slide == Slide.MESSAGE and not stage.message:
        raise Refused(Refusal.MESSAGE_MISSING)
    before = as_it_stands(stage)
    stage.slide = slide
    log_act(session, assembly, ActKind.SHOW, by, slide.value, before)


def say(session: Session, assembly: Assembly, words: str, by: Person | None) -> None:
    """Put a message on the screens."""
    stage = _hold_unless_ended(session, assembly)
    words = words.strip()
    if not words:
        raise Refused(Refusal.MESSAGE_MISSING)
    if len(words) > LONGEST_MESSAGE:
        raise Refused(Refusal.MESSAGE_TOO_LONG, limit=LONGEST_MESSAGE)
    before = as_it_stands(stage)
    stage.slide, stage.message = Slide.MESSAGE, words
    log_act(session, assembly, ActKind.SAY, by, words, before)


def darken(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Black out the screens; everything behind goes on."""
    _cover(session, assembly, by, is_dark=True)


def lighten(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Lift the blackout."""
    _cover(session, assembly, by, is_dark=False)


def _cover(session: Session, assembly: Assembly, by: Person | None, *, is_dark: bool) -> None:
    stage = _hold_unless_ended(session, assembly)
    before = as_it_stands(stage)
    stage.is_dark = is_dark
    log_act(session, assembly, ActKind.DARKEN if is_dark else ActKind.LIGHTEN, by, before=before)


def start_timer(
    session: Session, assembly: Assembly, by: Person | None, seconds: int | None = None
) -> None:
    """Let the countdown run: afresh for these seconds, else on from where it rests."""
    stage = _hold_under_way(session, assembly)
    if stage.timer_ends_at is not None and seconds is None:
        raise Refused(Refusal.TIMER_RUNS)
    left = seconds or stage.timer_left
    if not left:
        raise Refused(Refusal.NO_TIMER)
    before = as_it_stands(stage)
    stage.timer_ends_at = now(session) + timedelta(seconds=left)
    stage.timer_left = None
    log_act(session, assembly, ActKind.TIMER, by, f"start {left}", before)


def rest_timer(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Let the countdown rest with what is left of it."""
    stage = _hold_under_way(session, assembly)
    if stage.timer_ends_at is None:
        raise Refused(Refusal.NO_TIMER)
    before = as_it_stands(stage)
    stage.timer_left = seconds_left(stage, now(session))
    stage.timer_ends_at = None
    log_act(session, assembly, ActKind.TIMER, by, f"rest {stage.timer_left}", before)


def add_time(session: Session, assembly: Assembly, by: Person | None, seconds: int = 60) -> None:
    """Give the countdown more time, whether it runs or rests."""
    stage = _hold_under_way(session, assembly)
    before = as_it_stands(stage)
    if stage.timer_ends_at is not None:
        stage.timer_ends_at = max(stage.timer_ends_at, now(session)) + timedelta(seconds=seconds)
    else:
        stage.timer_left = (stage.timer_left or 0) + seconds
    log_act(session, assembly, ActKind.TIMER, by, f"add {seconds}", before)


def seconds_left(stage: Stage, moment: datetime) -> int | None:
    """What is left of the countdown at a moment, in whole seconds; None if there is none."""
    if stage.timer_ends_at is None:
        return stage.timer_left
    return max(0, ceil((stage.timer_ends_at - moment).total_seconds()))


def step(
    session: Session,
    assembly: Assembly,
    by: Person | None,
    back: bool = False,
    *,
    most: int | None = None,
) -> int:
    """Show one step more of a reveal, or one less; answers with how many are shown."""
    stage = _hold_under_way(session, assembly)
    wanted = stage.step + (-1 if back else 1)
    if wanted < 0 or (most is not None and wanted > most):
        raise Refused(Refusal.NO_STEP_BEFORE if back else Refusal.NO_STEP_AFTER)
    before = as_it_stands(stage)
    stage.step = wanted
    log_act(session, assembly, ActKind.STEP, by, str(wanted), before)
    return wanted


def set_screen(
    session: Session, screen: Screen, shows: Slide | None, by: Person | None, name: str = ""
) -> None:
    """Give a screen something of its own to show, or let it follow the stage again."""
    assembly = screen.assembly
    _hold_unless_ended(session, assembly)
    screen.shows = shows
    screen.name = name.strip()[:60] or screen.name
    words = f"{screen.number} {shows.value if shows else 'follow'}"
    log_act(session, assembly, ActKind.SET_SCREEN, by, words)


def add_screen(session: Session, assembly: Assembly, name: str, by: Person | None) -> Screen:
    """Add a screen under the next number; it follows the stage."""
    _hold_unless_ended(session, assembly)
    highest = select(func.max(Screen.number)).where(Screen.assembly_id == assembly.id)
    number = (session.scalar(highest) or 0) + 1
    screen = Screen(
        assembly_id=assembly.id, number=number, name=name.strip()[:60] or assembly.title[:60]
    )
    session.add(screen)
    log_act(session, assembly, ActKind.SET_SCREEN, by, f"{number} add")
    session.expire(assembly, ["screens"])
    return screen


def log_act(
    session: Session,
    assembly: Assembly,
    kind: ActKind,
    by: Person | None,
    words: str = "",
    before: dict[str, object] | None = None,
) -> AssemblyAct:
    """Write an act down; the stage moves on by one, unless the act has nothing to do with it.

    `before` is what `picture_of` said of the stage before the act, where it can be undone.
    """
    if kind not in BESIDE_THE_STAGE:
        session.flush()
        hold_stage(session, assembly).version += 1
    act = AssemblyAct(
        assembly_id=assembly.id,
        kind=kind,
        by_id=by.id if by else None,
        acted_at=now(session),
        words=words[:300],
        before=before,
        undone=False,
    )
    session.add(act)
    session.flush()
    return act


def undoable(session: Session, assembly: Assembly) -> AssemblyAct | None:
    """The newest act that can still be undone: ten seconds long, and nothing stands in its way."""
    moment = now(session)
    query = select(AssemblyAct).where(
        AssemblyAct.assembly_id == assembly.id,
        AssemblyAct.undone.is_(False),
        AssemblyAct.acted_at > moment - UNDO_WITHIN,
    )
    for act in session.scalars(query.order_by(AssemblyAct.id.desc())):
        if act.before is not None:
            return act
        if act.kind in IN_THE_WAY:
            return None
    return None


def undo(session: Session, assembly: Assembly, by: Person | None) -> AssemblyAct:
    """Put back exactly what stood before the newest act; answers with the act that is undone."""
    stage = hold_stage(session, assembly)
    act = undoable(session, assembly)
    if act is None or act.before is None:
        raise Refused(Refusal.TOO_LATE_TO_UNDO)
    put_back(session, assembly, stage, act.before)
    act.undone = True
    log_act(session, assembly, ActKind.UNDO, by, act.kind.value)
    return act


def _turn_to(session: Session, stage: Stage, item: AgendaItem) -> None:
    """Leave the item on stage for another; its countdown rests until somebody starts it."""
    moment = now(session)
    if stage.item is not None:
        stage.item.ended_at = moment
    item.began_at, item.ended_at = item.began_at or moment, None
    stage.item, stage.item_id = item, item.id
    stage.slide, stage.step = Slide.ITEM, 0
    stage.timer_ends_at = None
    stage.timer_left = None if item.kind in VOTES else item.seconds


def _hold_under_way(session: Session, assembly: Assembly) -> Stage:
    stage = hold_stage(session, assembly)
    if assembly.state != AssemblyState.UNDER_WAY:
        ended = assembly.state == AssemblyState.ENDED
        raise Refused(Refusal.MEETING_ENDED if ended else Refusal.MEETING_NOT_BEGUN)
    return stage


def _hold_unless_ended(session: Session, assembly: Assembly) -> Stage:
    """Screens can be set up before a meeting begins, and stay as they are after it."""
    stage = hold_stage(session, assembly)
    if assembly.state == AssemblyState.ENDED:
        raise Refused(Refusal.MEETING_ENDED)
    return stage
