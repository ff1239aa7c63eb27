"""How far a project is, in words: its milestones, what is late, and what people say of it."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.display import date_words
from neighbourhoods.delivery import UNDER_WAY, Delivery, DeliveryPhoto, Milestone


@dataclass(frozen=True)
class MilestoneRead:
    """One milestone in words."""

    milestone: Milestone
    state: str
    tone: str
    photos: tuple[DeliveryPhoto, ...]


@dataclass(frozen=True)
class DueRead:
    """When a project is due, and whether it is late."""

    words: str
    is_late: bool


def read_milestones(delivery: Delivery, today: date) -> list[MilestoneRead]:
    """The milestones of a project, each with where it stands on a day."""
    return [_read(delivery, milestone, today) for milestone in delivery.milestones]


def _read(delivery: Delivery, milestone: Milestone, today: date) -> MilestoneRead:
    reports = [one for one in delivery.updates if one.milestone_id == milestone.id]
    photos = tuple(one.photo for one in reversed(reports) if one.photo is not None)
    words, tone = _state(delivery, milestone, today)
    return MilestoneRead(milestone, words, tone, photos)


def _state(delivery: Delivery, milestone: Milestone, today: date) -> tuple[str, str]:
    due = date_words(milestone.due_on)
    if milestone.done_on is not None:
        return str(_("Done on %(day)s", day=date_words(milestone.done_on))), "good"
    if delivery.status not in UNDER_WAY:
        return str(_("Not done; was due on %(day)s", day=due)), "quiet"
    if milestone.due_on < today:
        return late_in_words("", milestone.due_on), "wait"
    return str(_("Due on %(day)s", day=due)), "quiet"


def due_of(delivery: Delivery, today: date) -> DueRead:
    """When a project is due, or what of it is late longest; nothing once it is over."""
    late = delivery.late_on(today)
    if late:
        return DueRead(late_in_words(late[0].title, late[0].due_on), is_late=True)
    if delivery.status not in UNDER_WAY:
        return DueRead("", is_late=False)
    if delivery.due_on is None:
        return DueRead(str(_("No due date yet")), is_late=False)
    return DueRead(str(_("Due by %(day)s", day=date_words(delivery.due_on))), is_late=False)


def late_in_words(title: str, due_on: date) -> str:
    """That something is late, since when, and which milestone it is if it is one."""
    if not title:
        return str(_("Late: was due on %(day)s", day=date_words(due_on)))
    return str(_("Late: “%(title)s” was due on %(day)s", title=title, day=date_words(due_on)))
