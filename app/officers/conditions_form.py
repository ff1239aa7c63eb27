"""The form of conditions around a count: caps, money kept, exclusion, what is chosen already."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovCheckboxInput, GovSelect
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from app.fields import LineField, PoundsField, WholeField
from app.residents.proposal_forms import category_words
from ballots.counting import Limit, LimitOn, Rule
from ballots.counting.rules import MOST_CRITERION_WEIGHT
from ballots.refusals import BallotRefusal
from neighbourhoods.refusals import Refused

ROWS = 5
LONGEST_NAME = 120
# A choice of a category or an area that is typed begins so and names none.
_TYPED = {LimitOn.CATEGORY: "category:", LimitOn.AREA: "area:"}


class Rows(FieldList):  # type: ignore[type-arg] # only its stubs take one
    """Rows of which any may stay empty."""

    def __init__(self, row: Any, **kwargs: Any) -> None:
        super().__init__(row, min_entries=ROWS, max_entries=ROWS, **kwargs)

    def _extract_indices(self, _prefix: str, _formdata: object) -> range:
        """Every row, even one of which a browser sends nothing as no box in it is ticked."""
        return range(ROWS)

    @property
    def used(self) -> int:
        """How many rows reach down to the last one in which something was filled in."""
        filled = [n for n, row in enumerate(self.entries, start=1) if _is_used(row)]
        return max(filled, default=0)

    def errors_changed(self) -> None:
        """A list of rows keeps a copy of what is wrong with each."""
        self.errors = [row.errors for row in self.entries] if self.are_wrong else []

    @property
    def are_wrong(self) -> bool:
        """Whether something is wrong with a row."""
        return any(row.errors for row in self.entries)


def _is_used(row: Any) -> bool:
    return any(field.data or any(field.raw_data or ()) for field in row.form)


class LimitRow(Form):
    """One cap or ring-fence: a category or an area, chosen or typed, and a sum."""

    about = SelectField(_l("Category or area"), widget=GovSelect(), default="")
    typed = LineField(_l("Its name, if it is not in the list"), most=LONGEST_NAME)
    sum = PoundsField(_l("Sum"), unreadable=_l("Enter the sum in pounds, such as 1,200 or 49.50"))

    # What there is to choose from.
    known: Mapping[LimitOn, Sequence[str]] = MappingProxyType({})

    @property
    def limit(self) -> Limit | None:
        """The limit, once the row is whole."""
        if not self.about.data or self.sum.data is None:
            return None
        kind, name = str(self.about.data).split(":", 1)
        on = LimitOn(kind)
        return Limit(on, name or self._as_known(on), self.sum.data)

    def _as_known(self, on: LimitOn) -> str:
        """What was typed, but as it is written where it is known: else it would bind nothing."""
        typed: str = self.typed.data
        alike = (name for name in self.known.get(on, ()) if name.casefold() == typed.casefold())
        return next(alike, typed)

    def validate(self, extra_validators: Any = None) -> bool:
        """A row is whole or empty."""
        super().validate(extra_validators)
        chosen = self.about.data or ""
        wanted = bool(chosen or self.typed.data or any(self.sum.raw_data or ()))
        if wanted and not chosen and not self.about.errors:
            self.about.errors = [_("Choose a category or an area")]
        if chosen in _TYPED.values() and not self.typed.data and not self.typed.errors:
            self.typed.errors = [_("Enter its name")]
        if wanted and self.sum.data is None and not self.sum.errors:
            self.sum.errors = [_("Enter the sum")]
        return not self.errors


class SetRow(Form):
    """Projects of which only one can be funded."""

    members = SelectMultipleField(widget=GovCheckboxesInput())

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The projects chosen, or None if the row is empty."""
        return tuple(self.members.data or ()) or None


class CriterionRow(Form):
    """One published criterion, and how much each of its points adds to a vote."""

    name_of_it = LineField(_l("Name of the criterion"), most=LONGEST_NAME)
    weight = WholeField(_l("Weight"), least=0, most=MOST_CRITERION_WEIGHT)

    @property
    def criterion(self) -> tuple[str, int] | None:
        """The criterion, once the row is whole."""
        if not self.name_of_it.data or self.weight.data is None:
            return None
        return self.name_of_it.data, self.weight.data

    def validate(self, extra_validators: Any = None) -> bool:
        """A row is whole or empty."""
        super().validate(extra_validators)
        name, weighed = self.name_of_it.data, any(self.weight.raw_data or ())
        if weighed and not name and not self.name_of_it.errors:
            self.name_of_it.errors = [_("Enter the name of the criterion")]
        if name and self.weight.data is None and not self.weight.errors:
            self.weight.errors = [_("Enter its weight")]
        return not self.errors


class ConditionsForm(FlaskForm):
    """Everything here may be left empty."""

    minimum_votes = WholeField(_l("Least votes"), least=0, most=1_000_000)
    minimum_share_percent = WholeField(
        _l("Least share of voters, in percent"),
        least=0,
        most=100,
        description=_l("5 means that one voter in twenty has to support it."),
    )
    minimum_score = WholeField(_l("Least points"), least=0, most=1_000_000_000)
    caps = Rows(FormField(LimitRow))
    ring_fences = Rows(FormField(LimitRow))
    exclusive = Rows(FormField(SetRow))
    already_chosen = SelectMultipleField(
        _l("Which projects are chosen already?"), widget=GovCheckboxesInput()
    )
    overspend = PoundsField(
        _l("How far may the last project go over?"),
        least_pence=0,
        unreadable=_l("Enter in pounds how far the last project may go over, such as 100"),
    )
    part_funding = BooleanField(
        _l("The first project that no longer fits may be funded in part"),
        widget=GovCheckboxInput(),
        description=_l("Only one that says the least it can be done for, and never with less."),
    )
    criteria = Rows(FormField(CriterionRow))

    @property
    def asks_of_every_project(self) -> bool:
        """Whether something is asked of every project, or is wrong with that."""
        asked = (self.minimum_votes, self.minimum_share_percent, self.minimum_score)
        return any(field.data or field.errors for field in asked)

    # Whether the round's rule looks for a best set, in which no project is the last.
    best_set = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: nothing goes over under a rule that has no last project."""
        super().validate(extra_validators)
        if self.best_set and self.overspend.data and not self.overspend.errors:
            self.overspend.errors = [
                _("Leave this empty: a best set within the budget has no last project")
            ]
        return not self.errors

    def offer(
        self, categories: Sequence[str], areas: Sequence[str], titles: Mapping[str, str]
    ) -> None:
        """What there is to choose from."""
        named = [
            SelectChoice("", _("None")),
            *(_choice(LimitOn.CATEGORY, name) for name in categories),
            *(_choice(LimitOn.AREA, name) for name in areas),
            SelectChoice(_TYPED[LimitOn.CATEGORY], _("Another category")),
            SelectChoice(_TYPED[LimitOn.AREA], _("Another area")),
        ]
        for row in [*self.caps.entries, *self.ring_fences.entries]:
            row.form.about.choices = named
            row.form.known = {LimitOn.CATEGORY: categories, LimitOn.AREA: areas}
        projects = [SelectChoice(code, title) for code, title in titles.items()]
        for number, row in enumerate(self.exclusive.entries, start=1):
            row.form.members.choices = projects
            row.form.members.label.text = _("Set %(number)s: only one of these", number=number)
        self.already_chosen.choices = projects

    def chosen(self) -> dict[str, Any]:
        """The settings of a rule that were chosen here; those not asked are not among them."""
        return {
            "minimum_votes": self.minimum_votes.data or 0,
            "minimum_share_percent": self.minimum_share_percent.data or 0,
            "minimum_score": self.minimum_score.data or 0,
            "caps": tuple(_filled(self.caps, "limit")),
            "ring_fences": tuple(_filled(self.ring_fences, "limit")),
            "exclusive": tuple(_filled(self.exclusive, "codes")),
            "already_chosen": tuple(self.already_chosen.data or ()),
            "overspend_pence": self.overspend.data or 0,
            "part_funding": self.part_funding.data,
            "criteria": tuple(_filled(self.criteria, "criterion")),
        }

    def refuse(self, refused: Refused, words: str) -> bool:
        """Say a refusal at the field where it is put right; False if no field is to blame."""
        field = _to_blame(self, refused)
        if field is None:
            return False
        field.errors = [*field.errors, words]
        for rows in (self.caps, self.ring_fences, self.exclusive, self.criteria):
            rows.errors_changed()
        return True


def as_filled(rule: Rule) -> dict[str, object]:
    """A rule's conditions as the form takes them."""
    return {
        "minimum_votes": rule.minimum_votes or None,
        "minimum_share_percent": rule.minimum_share_percent or None,
        "minimum_score": rule.minimum_score or None,
        "caps": [_limit_filled(limit) for limit in rule.caps],
        "ring_fences": [_limit_filled(limit) for limit in rule.ring_fences],
        "exclusive": [{"members": list(members)} for members in rule.exclusive],
        "already_chosen": list(rule.already_chosen),
        "overspend": rule.overspend_pence or None,
        "part_funding": rule.part_funding,
        "criteria": [{"name_of_it": name, "weight": weight} for name, weight in rule.criteria],
    }


def _limit_filled(limit: Limit) -> dict[str, object]:
    return {"about": f"{limit.on.value}:{limit.name}", "sum": limit.pence}


def _choice(on: LimitOn, name: str) -> SelectChoice:
    if on is LimitOn.CATEGORY:
        return SelectChoice(f"category:{name}", _("Category: %(name)s", name=category_words(name)))
    return SelectChoice(f"area:{name}", _("Area: %(name)s", name=name))


def _filled(rows: Rows, what: str) -> Iterator[Any]:
    for row in rows.entries:
        if (found := getattr(row.form, what)) is not None:
            yield found


def _to_blame(form: ConditionsForm, refused: Refused) -> Field | None:
    match refused.reason:
        case BallotRefusal.LIMIT_TWICE:
            twice = _second(form.caps, _about) or _second(form.ring_fences, _about)
            return twice.about if twice else None
        case BallotRefusal.FENCES_ABOVE_BUDGET:
            return _last_of_the_most(form.ring_fences)
        case BallotRefusal.FENCE_ABOVE_CAP:
            return _fence_above(form)
        case BallotRefusal.OVERSPEND_TOO_HIGH:
            return form.overspend
        case BallotRefusal.TOO_FEW_TO_EXCLUDE:
            rows = (row.form for row in form.exclusive.entries)
            return next(row.members for row in rows if len(row.codes or ()) == 1)
        case BallotRefusal.CHOSEN_ABOVE_BUDGET | BallotRefusal.CHOSEN_AND_EXCLUSIVE:
            return form.already_chosen
        case BallotRefusal.CRITERION_TWICE:
            twice = _second(form.criteria, lambda row: row.criterion and row.criterion[0])
            return twice.name_of_it if twice else None
        case _:
            return None


def _about(row: Any) -> object:
    return row.limit and (row.limit.on, row.limit.name)


def _second(rows: Rows, about: Any) -> Any:
    """The first row about something that an earlier row is about too."""
    seen = set()
    for row in rows.entries:
        if (named := about(row.form)) in seen:
            return row.form
        if named is not None:
            seen.add(named)
    return None


def _last_of_the_most(rows: Rows) -> Field:
    """The sum of the last row of the kind, categories or areas, of which most is kept."""
    whole = [row.form for row in rows.entries if row.form.limit]
    kept = {on: sum(row.limit.pence for row in whole if row.limit.on is on) for on in LimitOn}
    most = max(kept, key=lambda on: kept[on])
    found: Field = [row.sum for row in whole if row.limit.on is most][-1]
    return found


def _fence_above(form: ConditionsForm) -> Field | None:
    caps = {limit[:2]: limit.pence for limit in _filled(form.caps, "limit")}
    for row in form.ring_fences.entries:
        fence = row.form.limit
        if fence and fence.pence > caps.get(fence[:2], fence.pence):
            found: Field = row.form.sum
            return found
    return None
