"""The form of one item of an agenda, with only the fields that its kind needs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovCheckboxInput,
    GovRadioInput,
    GovSelect,
)
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from app.fields import LineField, PoundsField, WholeField, WordsField
from app.officers.forms import NO, YES, choices_of
from ballots.counting import Rule, RuleName
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from neighbourhoods.agenda import (
    DISCUSSION_SECONDS,
    HIGHEST_SCORES,
    LEAST_OPTIONS,
    LONGEST_SECONDS,
    MOST_OPTIONS,
    PITCH_SECONDS,
    VOTE_SECONDS,
)
from neighbourhoods.assemblies import AgendaItem, ItemKind
from neighbourhoods.projects import Project

MINUTE = 60
# Papers that need no more than a number of choices; a score round is a kind of item.
PAPERS = (
    BallotFormat.CHOOSE_ONE,
    BallotFormat.APPROVAL,
    BallotFormat.KNAPSACK,
    BallotFormat.RANKING,
    BallotFormat.YES_NO,
)
WITH_A_NUMBER = (BallotFormat.APPROVAL, BallotFormat.RANKING)
AS_THE_ROUND = "round"
PROFILES = (DisclosureProfile.SEALED, DisclosureProfile.LIVE)
_VOTE = ("minutes", "held")
FIELDS: Mapping[ItemKind, tuple[str, ...]] = MappingProxyType(
    {
        ItemKind.WELCOME: ("title", "text"),
        ItemKind.PITCH: ("project", "title", "text", "minutes"),
        ItemKind.DISCUSSION: ("title", "text", "minutes", "alternate", "speech_seconds"),
        ItemKind.POLL: ("title", "options"),
        ItemKind.SCORES: ("title", "highest_score", "projects", *_VOTE),
        ItemKind.BALLOT: (
            "title",
            "own_count",
            "paper",
            "max_choices",
            "rule_name",
            "profile",
            "projects",
            *_VOTE,
        ),
        # The next purchase needs to know what this one spent: nothing of it is held back.
        ItemKind.PURCHASE: ("title", "projects", "minutes"),
        ItemKind.REVEAL: ("title", "vote_item"),
        ItemKind.BREAK: ("title", "text", "minutes"),
        ItemKind.MESSAGE: ("title", "text"),
    }
)
_SECONDS = {
    ItemKind.PITCH: PITCH_SECONDS,
    ItemKind.DISCUSSION: DISCUSSION_SECONDS,
    ItemKind.SCORES: VOTE_SECONDS,
    ItemKind.BALLOT: VOTE_SECONDS,
    ItemKind.PURCHASE: VOTE_SECONDS,
    ItemKind.BREAK: DISCUSSION_SECONDS,
}


class ItemForm(FlaskForm):
    """An item: the fields its kind does not need are taken out when it is made."""

    project = SelectField(_l("Whose pitch is it?"), widget=GovSelect(), coerce=str)
    title = LineField(
        _l("What stands on the screens?"), most=160, needed=_l("Enter what stands on the screens")
    )
    text = WordsField(
        _l("Words below it"),
        most=1_000,
        description=_l("Leave it empty for none. A few short lines can be read across a hall."),
    )
    options = WordsField(
        _l("What can people choose?"),
        most=600,
        needed=_l("Enter what people can choose"),
        description=_l("One answer on each line, from 2 to 6."),
    )
    highest_score = RadioField(
        _l("What is the highest score?"), widget=GovRadioInput(), default=str(HIGHEST_SCORES[0])
    )
    own_count = RadioField(_l("Where do these votes go?"), widget=GovRadioInput(), default=YES)
    paper = RadioField(
        _l("How do people fill in the ballot paper?"),
        widget=GovRadioInput(),
        default=AS_THE_ROUND,
    )
    max_choices = WholeField(
        _l("At most how many projects?"),
        least=1,
        most=500,
        description=_l("Only for “Approval” and “Order of choice” above."),
    )
    rule_name = RadioField(
        _l("Which rule decides what is funded?"),
        widget=GovRadioInput(),
        description=_l("Only if you chose a paper of its own above."),
        default=RuleName.GREEDY.value,
    )
    profile = RadioField(
        _l("What may be seen while the vote is open?"),
        widget=GovRadioInput(),
        default=DisclosureProfile.SEALED.value,
    )
    projects = SelectMultipleField(
        _l("Which projects are on the ballot paper?"), widget=GovCheckboxesInput(), coerce=str
    )
    minutes = WholeField(_l("How many minutes?"), least=1, most=LONGEST_SECONDS // MINUTE)
    held = BooleanField(
        _l("Keep the outcome secret until it is revealed"),
        widget=GovCheckboxInput(),
        description=_l("Nobody counts, and nobody learns it, until you reveal it in the hall."),
    )
    alternate = BooleanField(
        _l("Speakers for and against take turns"),
        widget=GovCheckboxInput(),
    )
    speech_seconds = WholeField(
        _l("How many seconds may each person speak?"),
        least=10,
        most=3_600,
        description=_l("Leave it empty for no limit."),
    )
    vote_item = SelectField(_l("Which outcome is revealed?"), widget=GovSelect(), coerce=str)

    def __init__(
        self,
        kind: ItemKind,
        projects: Sequence[Project],
        votes: Sequence[AgendaItem],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.all_projects = kind, {project.code: project for project in projects}
        self.project.choices = [
            ("", _("Choose a project")),
            *((project.code, project.title) for project in projects),
        ]
        self.projects.choices = [SelectChoice(project.code, project.title) for project in projects]
        self.highest_score.choices = [
            SelectChoice(str(best), _("From 1 to %(best)s", best=best)) for best in HIGHEST_SCORES
        ]
        self.own_count.choices = [
            SelectChoice(YES, _("A count of its own, by those who are present")),
            SelectChoice(NO, _("The ballot box of the round’s own vote, with those at home")),
        ]
        self.paper.choices = [
            SelectChoice(AS_THE_ROUND, _("With the paper and the rule of the round’s own vote")),
            *choices_of(PAPERS),
        ]
        self.rule_name.choices = choices_of(RuleName)
        self.profile.choices = choices_of(PROFILES)
        self.vote_item.choices = [
            ("", _("The round’s own vote")),
            *((str(vote.id), vote.title) for vote in votes),
        ]
        self.caps = {field.label.text: field for field in self if isinstance(field, PoundsField)}
        # What this kind does not need is not asked, nor judged.
        for name in [name for name in self._fields if not self._is_needed(name)]:
            del self[name]

    def _is_needed(self, name: str) -> bool:
        if name.startswith("cap_"):
            return self.kind == ItemKind.PURCHASE
        return name in FIELDS[self.kind] or name == "csrf_token"

    @property
    def asked(self) -> list[Field]:
        """The fields of this kind, in the order they are asked."""
        caps = [field for field in self if field.name.startswith("cap_")]
        return [*(self[name] for name in FIELDS[self.kind]), *caps]

    def validate(self, extra_validators: object = None) -> bool:
        """Besides each field: what only this kind asks."""
        super().validate(extra_validators)
        if "project" in self and not self.project.data:
            self.project.errors = [_("Choose whose pitch it is")]
        if "options" in self and not self.options.errors:
            self._judge_options()
        if "paper" in self and self.own_count.data == YES:
            needs = self.paper.data in {paper.value for paper in WITH_A_NUMBER}
            if needs and self.max_choices.data is None and not self.max_choices.errors:
                self.max_choices.errors = [_("Enter how many projects people can choose")]
        if "projects" in self and self.all_projects and not self.projects.data:
            self.projects.errors = [_("Choose at least one project")]
        return not self.errors

    def _judge_options(self) -> None:
        options = self.written_options()
        if not LEAST_OPTIONS <= len(options) <= MOST_OPTIONS:
            self.options.errors = [_("Enter from 2 to 6 answers, each on a line of its own")]
        elif len(set(options)) < len(options):
            self.options.errors = [_("Two answers are the same. Make them differ")]

    def written_options(self) -> list[str]:
        """The answers of a poll, without empty lines."""
        return [line.strip() for line in self.options.data.splitlines() if line.strip()]

    def filled_in(self) -> dict[str, Any]:
        """The item under the names that the services use."""
        return {
            "title": self.title.data,
            "text": self.text.data if "text" in self else "",
            "seconds": self._seconds(),
            "project": self.all_projects.get(self.project.data) if "project" in self else None,
            "settings": self._settings(),
        }

    def _seconds(self) -> int | None:
        minutes = self.minutes.data if "minutes" in self else None
        return None if minutes is None else minutes * MINUTE

    def _settings(self) -> dict[str, object]:
        match self.kind:
            case ItemKind.DISCUSSION:
                limit = self.speech_seconds.data
                return {"alternate": self.alternate.data} | (
                    {"speech_seconds": limit} if limit else {}
                )
            case ItemKind.POLL:
                return {"options": self.written_options()}
            case ItemKind.SCORES:
                best = int(self.highest_score.data)
                return {"highest_score": best, "held": self.held.data} | self._some_projects()
            case ItemKind.BALLOT:
                return self._ballot_settings()
            case ItemKind.PURCHASE:
                caps = {name: field.data for name, field in self.caps.items() if field.data}
                how: dict[str, object] = {"max_choices": 1}
                return how | self._some_projects() | ({"category_caps": caps} if caps else {})
            case ItemKind.REVEAL:
                return {"vote_item": int(self.vote_item.data)} if self.vote_item.data else {}
        return {}

    def _ballot_settings(self) -> dict[str, object]:
        if self.own_count.data == NO:
            return {"own_count": False, "held": self.held.data}
        how: dict[str, object] = {
            "own_count": True,
            "held": self.held.data,
            "profile": self.profile.data,
        } | self._some_projects()
        if self.paper.data == AS_THE_ROUND:
            return how
        paper = BallotFormat(self.paper.data)
        return how | {
            "format": paper.value,
            "max_choices": self.max_choices.data if paper in WITH_A_NUMBER else None,
            "rule": Rule(name=RuleName(self.rule_name.data)).as_json(),
        }

    def _some_projects(self) -> dict[str, object]:
        """Only where some are left out: a project that comes later is then on the paper too."""
        some = [code for code in self.all_projects if code in set(self.projects.data or ())]
        return {} if len(some) == len(self.all_projects) else {"projects": some}


def item_form(
    kind: ItemKind,
    projects: Sequence[Project],
    votes: Sequence[AgendaItem],
    item: AgendaItem | None = None,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> ItemForm:
    """The form of an item of this kind, filled in with the item or with what is usual."""
    categories = sorted({project.category for project in projects if project.category})
    caps = {
        f"cap_{number}": PoundsField(category, description=_l("Empty: no limit."))
        for number, category in enumerate(categories)
    }
    data = _stored(item, categories) if item else _usual(kind, projects) | dict(defaults)
    if not data.get("projects"):
        data["projects"] = [project.code for project in projects]
    form_of_kind = type("FormOfItem", (ItemForm,), caps)
    form: ItemForm = form_of_kind(kind, projects, votes, data=data)
    return form


def _usual(kind: ItemKind, projects: Sequence[Project]) -> dict[str, Any]:
    seconds = _SECONDS.get(kind)
    return {
        "minutes": seconds // MINUTE if seconds else None,
        "held": True,
        "max_choices": min(3, len(projects)) or None,
    }


def _stored(item: AgendaItem, categories: Sequence[str]) -> dict[str, Any]:
    """What stands in an item, as the form asks it."""
    how: Mapping[str, Any] = item.settings
    caps = how.get("category_caps") or {}
    return {
        "project": item.project.code if item.project else "",
        "title": item.title,
        "text": item.text,
        "minutes": -(-item.seconds // MINUTE) if item.seconds else None,
        "options": "\n".join(how.get("options") or ()),
        "highest_score": str(how.get("highest_score", HIGHEST_SCORES[0])),
        "own_count": YES if how.get("own_count", True) else NO,
        "paper": how.get("format") or AS_THE_ROUND,
        "max_choices": how.get("max_choices"),
        "rule_name": (how.get("rule") or {}).get("name", RuleName.GREEDY.value),
        "profile": how.get("profile") or DisclosureProfile.SEALED.value,
        "projects": how.get("projects"),
        "held": how.get("held", True),
        "alternate": how.get("alternate", False),
        "speech_seconds": how.get("speech_seconds"),
        "vote_item": str(how.get("vote_item") or ""),
        **{f"cap_{number}": caps.get(name) for number, name in enumerate(categories)},
    }
