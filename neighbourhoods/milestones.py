"""Milestones: what officers promise of a project by a day, and that it is done."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from neighbourhoods.database import today
from neighbourhoods.delivery import Delivery, Milestone
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.refusals import Refusal, Refused


@dataclass(frozen=True)
class Planned:
    """What officers say of a milestone."""

    title: str
    due_on: date
    owner: str
    done_on: date | None = None
    note: str = ""


def plan_milestone(session: Session, delivery: Delivery, planned: Planned) -> Milestone:
    """Promise a step of a project by a day."""
    milestone = Milestone(delivery=delivery, due_on=planned.due_on)
    session.add(milestone)
    with session.no_autoflush:
        return change_milestone(session, milestone, planned)


def change_milestone(session: Session, milestone: Milestone, planned: Planned) -> Milestone:
    """Say anew what a milestone is, or that it is done; not before its day has come.

    The day that was promised first is kept for good: nothing is put off in silence.
    """
    the_round = milestone.delivery.project.the_round
    check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
    if planned.done_on is not None and planned.done_on > today(session):
        raise Refused(Refusal.NOT_DONE_YET)
    if planned.due_on != milestone.due_on:
        first = milestone.first_due_on or milestone.due_on
        milestone.first_due_on = None if first == planned.due_on else first
    milestone.title, milestone.owner = planned.title.strip(), planned.owner.strip()
    milestone.due_on, milestone.done_on = planned.due_on, planned.done_on
    milestone.note = planned.note.strip()
    session.flush()
    session.expire(milestone.delivery, ["milestones"])
    return milestone
