"""A route to a decision in words: its stages in a line, and what happens when one gets stuck."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from app.labels import label
from ballots.routes import Agreement, Otherwise, Route, Stage


@dataclass(frozen=True)
class StageTold:
    """One stage before anybody acts: who, what for, how many, how long, and what if not."""

    title: str
    asked: str
    days: str
    otherwise: list[str]


def route_told(route: Route) -> list[StageTold]:
    """Every stage of a route, in order."""
    return [_stage(stage) for stage in route.stages]


def _stage(stage: Stage) -> StageTold:
    return StageTold(
        title=label(stage.part),
        asked=_(
            "%(purpose)s: %(agreement)s",
            purpose=label(stage.purpose),
            agreement=label(stage.agreement).lower(),
        ),
        days=ngettext("Within %(num)d day", "Within %(num)d days", stage.days),
        otherwise=_otherwise(stage),
    )


def _otherwise(stage: Stage) -> list[str]:
    sentences = []
    if stage.agreement is not Agreement.ANY_ONE:
        sentences.append(_("If they do not agree: %(then)s", then=_then(stage.if_split)))
    sentences += [
        _("If all have an interest: %(then)s", then=_then(stage.if_all_conflicted)),
        _("If a term ends: whoever holds the office then acts; what was signed still counts."),
        _(
            "If nobody acts: reminders when half and four fifths of the days are over, then "
            "%(then)s",
            then=_then(stage.if_silent),
        ),
    ]
    return sentences


def _then(otherwise: Otherwise) -> str:
    match otherwise:
        case Otherwise.GO_ON:
            return _("it goes on to the next stage, with every view on record.")
        case Otherwise.REFER_BACK:
            return _("it is referred back.")
        case Otherwise.MONITORING_OFFICER:
            return _("the monitoring officer says who acts instead.")
