"""What whoever signs is asked: an interest in each project, a verdict on each, then a proof."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import Field, Form, FormField, HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional, ValidationError

from app.date_fields import DayField
from app.fields import LineField, WholeField, WordsField
from app.house import today
from app.labels import label
from ballots.bars import Declared
from ballots.routes import Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import LEAST_REASONS, Ground, ReferTo
from neighbourhoods.interests import Interest, InterestKind
from neighbourhoods.projects import Project

MOST_VOTES = 500


class OneInterest(Form):
    """Whether somebody has an interest in one project."""

    kind = RadioField(
        _l("Do you have an interest in it?"),
        widget=GovRadioInput(),
        choices=[
            SelectChoice(InterestKind.NONE.value, _l("No")),
            SelectChoice(InterestKind.OTHER.value, _l("Yes, but not a pecuniary one")),
            SelectChoice(InterestKind.PECUNIARY.value, _l("Yes, a disclosable pecuniary interest")),
        ],
        validators=[InputRequired(_l("Say whether you have an interest"))],
    )
    details = WordsField(_l("What is your interest?"), most=1_000)
    pecuniary = WordsField(_l("What is your pecuniary interest?"), most=1_000)
    dispensation = LineField(
        _l("Reference of your dispensation, if you have one"),
        most=120,
        description=_l("Without one you take no part in this decision."),
    )

    def validate_details(self, details: WordsField) -> None:
        """An interest is never declared without saying what it is."""
        if self.kind.data == InterestKind.OTHER and not details.data:
            raise ValidationError(_("Say what your interest is"))

    def validate_pecuniary(self, pecuniary: WordsField) -> None:
        """Nor is a pecuniary one."""
        if self.kind.data == InterestKind.PECUNIARY and not pecuniary.data:
            raise ValidationError(_("Say what your interest is"))

    @property
    def declared(self) -> Declared:
        """What was declared, without what stands beside another answer."""
        kind = InterestKind(self.kind.data)
        if kind is InterestKind.PECUNIARY:
            return Declared(kind, self.pecuniary.data, self.dispensation.data)
        return Declared(kind, self.details.data if kind is InterestKind.OTHER else "")


class OneVerdict(Form):
    """What somebody says of one project."""

    verdict = RadioField(
        _l("What do you say of it?"),
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, label(one)) for one in Verdict],
        validators=[InputRequired(_l("Say what you decide on this project"))],
    )
    condition = WordsField(_l("The condition that must be met before its money moves"), most=1_000)
    ground = SelectField(
        _l("The ground on which you decline it"),
        widget=GovSelect(),
        choices=[
            SelectChoice("", _l("Choose a ground")),
            *(SelectChoice(one.value, label(one)) for one in Ground),
        ],
        validators=[Optional()],
    )
    reasons = WordsField(
        _l("Your reasons for declining it"),
        most=3_000,
        description=_l(
            "%(least)s characters or more. They are public, beside what residents chose."
        )
        % {"least": LEAST_REASONS},
    )

    def validate_condition(self, condition: WordsField) -> None:
        """A condition is written down."""
        if self.verdict.data == Verdict.CONDITIONS and not condition.data:
            raise ValidationError(_("Write the condition that must be met first"))

    def validate_reasons(self, reasons: WordsField) -> None:
        """Declining is allowed, never silent."""
        if self.verdict.data == Verdict.DECLINE and len(reasons.data) < LEAST_REASONS:
            raise ValidationError(
                _("Give reasons of %(least)s characters or more", least=LEAST_REASONS)
            )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Whether it can be signed; a ground is asked for where a project is declined."""
        fits = super().validate(extra_validators)
        if self.verdict.data == Verdict.DECLINE and not self.ground.data:
            self.ground.errors = [_("Choose the ground on which you decline it")]
            return False
        return fits

    @property
    def given(self) -> VerdictGiven:
        """What was said, without what stands beside another verdict."""
        verdict = Verdict(self.verdict.data)
        match verdict:
            case Verdict.ENDORSE:
                return VerdictGiven(verdict)
            case Verdict.CONDITIONS:
                return VerdictGiven(verdict, condition=self.condition.data)
            case Verdict.DECLINE:
                ground = Ground(self.ground.data)
                return VerdictGiven(verdict, ground=ground, reasons=self.reasons.data)


def name_of(project: Project) -> str:
    """What the part of a form about one project is called."""
    return f"project_{project.id}"


class InterestsForm(FlaskForm):
    """One part for each project that may be funded."""

    def part(self, project: Project) -> OneInterest:
        """What was asked about one project."""
        return cast(OneInterest, cast(Any, self[name_of(project)]).form)


def interests_form(projects: Iterable[Project], known: Mapping[str, Interest]) -> InterestsForm:
    """The form with a part for each project, as declared before."""
    parts = {name_of(project): FormField(OneInterest) for project in projects}
    made = type("TheseInterests", (InterestsForm,), parts)
    before = {
        name_of(project): _declared(known[project.code])
        for project in projects
        if project.code in known
    }
    return cast(InterestsForm, made(data=before))


def _declared(interest: Interest) -> dict[str, object]:
    is_pecuniary = interest.kind is InterestKind.PECUNIARY
    return {
        "kind": interest.kind.value,
        "details": "" if is_pecuniary else interest.details,
        "pecuniary": interest.details if is_pecuniary else "",
        "dispensation": interest.dispensation,
    }


class MinuteForm(Form):
    """How a committee decided."""

    held_on = DayField(
        _l("When did the committee meet?"), [InputRequired(_l("Enter when the committee met"))]
    )
    moved_by = LineField(_l("Moved by"), most=120, needed=_l("Enter who moved it"))
    seconded_by = LineField(_l("Seconded by"), most=120, needed=_l("Enter who seconded it"))
    votes_for = WholeField(
        _l("Votes for"), [InputRequired(_l("Enter the votes for"))], least=0, most=MOST_VOTES
    )
    against = WholeField(
        _l("Votes against"),
        [InputRequired(_l("Enter the votes against"))],
        least=0,
        most=MOST_VOTES,
    )
    abstained = WholeField(
        _l("Abstained"), [InputRequired(_l("Enter who abstained"))], least=0, most=MOST_VOTES
    )

    def validate_held_on(self, field: DayField) -> None:
        """A minute is of a meeting that was held."""
        if field.data is not None and field.data > today():
            raise ValidationError(_("The day of the meeting cannot be in the future"))

    @property
    def minute(self) -> dict[str, object]:
        """The minute as it is signed."""
        return {
            "held_on": self.held_on.data.isoformat(),
            "moved_by": self.moved_by.data,
            "seconded_by": self.seconded_by.data,
            "for": self.votes_for.data,
            "against": self.against.data,
            "abstained": self.abstained.data,
        }


class _Read(FlaskForm):
    """What somebody had before them when they wrote."""

    bundle = HiddenField()
    seen = HiddenField()

    @property
    def parts_seen(self) -> dict[str, str]:
        """The parts of the bundle as the page showed them; nothing if they cannot be read."""
        try:
            read = json.loads(self.seen.data or "{}")
        except ValueError:
            return {}
        if not isinstance(read, dict):
            return {}
        return {str(name)[:100]: str(part)[:64] for name, part in read.items()}

    @property
    def minute_given(self) -> dict[str, object] | None:
        """A committee’s minute, where one was asked for."""
        if "minute" not in self:
            return None
        return cast(MinuteForm, cast(Any, self["minute"]).form).minute


class SheetForm(_Read):
    """A verdict on each project."""

    reasons = WordsField(
        _l("Your reasons for the whole decision"),
        most=3_000,
        description=_l(
            "They stand in the public notice. Name any other option that you considered. You may "
            "leave this empty."
        ),
    )

    def part(self, project: Project) -> OneVerdict:
        """What was asked about one project."""
        return cast(OneVerdict, cast(Any, self[name_of(project)]).form)

    def sheet(self, projects: Iterable[Project]) -> SheetGiven:
        """The sheet as it would be signed."""
        return SheetGiven(
            {project.code: self.part(project).given for project in projects},
            reasons=self.reasons.data,
            minute=self.minute_given,
        )


def sheet_form(
    projects: Iterable[Project], before: SheetGiven | None, *, has_minute: bool
) -> SheetForm:
    """The form with a part for each project, as it was written before."""
    parts: dict[str, Field] = {name_of(project): FormField(OneVerdict) for project in projects}
    written: dict[str, object] = {}
    if before is not None and before.refer_to is None:
        written = {
            name_of(project): _verdict(before.verdicts[project.code])
            for project in projects
            if project.code in before.verdicts
        }
        written["reasons"] = before.reasons
    return cast(SheetForm, _made("ThisSheet", SheetForm, parts, written, before, has_minute))


def _verdict(given: VerdictGiven) -> dict[str, object]:
    return {
        "verdict": given.verdict.value,
        "condition": given.condition,
        "ground": given.ground.value if given.ground else "",
        "reasons": given.reasons,
    }


class ReferForm(_Read):
    """Sending the whole outcome back with a question."""

    refer_to = RadioField(
        _l("To whom do you refer it back?"),
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, label(one)) for one in ReferTo],
        validators=[InputRequired(_l("Say to whom you refer it back"))],
    )
    question = WordsField(
        _l("The question they are to answer"),
        most=1_000,
        needed=_l("Write the question they are to answer"),
    )
    reasons = WordsField(
        _l("Your reasons for referring it back"),
        needed=_l("Give your reasons for referring it back"),
        most=3_000,
        description=_l("They are public."),
    )
    answer_by = DayField(
        _l("By when do you hope for an answer?"),
        description=_l("You may leave this empty."),
    )

    @property
    def sheet(self) -> SheetGiven:
        """The referral as it would be signed."""
        return SheetGiven(
            reasons=self.reasons.data,
            refer_to=ReferTo(self.refer_to.data),
            question=self.question.data,
            answer_by=self.answer_by.data,
            minute=self.minute_given,
        )


def refer_form(before: SheetGiven | None, *, has_minute: bool) -> ReferForm:
    """The form of a referral, as it was written before."""
    written: dict[str, object] = {}
    if before is not None and before.refer_to is not None:
        written = {
            "refer_to": before.refer_to.value,
            "question": before.question,
            "reasons": before.reasons,
            "answer_by": before.answer_by,
        }
    return cast(ReferForm, _made("ThisReferral", ReferForm, {}, written, before, has_minute))


def _made(
    name: str,
    form: type[_Read],
    parts: dict[str, Field],
    written: dict[str, object],
    before: SheetGiven | None,
    has_minute: bool,
) -> _Read:
    if has_minute:
        parts["minute"] = FormField(MinuteForm)
        if before is not None and before.minute is not None:
            written["minute"] = _minute(before.minute)
    made: type[_Read] = type(name, (form,), parts)
    return made(data=written)


def _minute(minute: Mapping[str, object]) -> dict[str, object]:
    return {
        "held_on": date.fromisoformat(str(minute["held_on"])),
        "moved_by": minute["moved_by"],
        "seconded_by": minute["seconded_by"],
        "votes_for": minute["for"],
        "against": minute["against"],
        "abstained": minute["abstained"],
    }
