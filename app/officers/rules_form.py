"""The form of a vote's rules: the paper, the count, what is shown, who signs."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput, GovRadioInput
from wtforms import BooleanField, Field, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.fields import LineField, PoundsField, WholeField
from app.officers.forms import choices_of
from ballots.counting import Completion, Misfit, RankedBy, RuleName, Then, Utility
from ballots.disclosure import DEFAULT_STEP, LEAST_STEP, DisclosureProfile
from ballots.papers import GRADED, BallotFormat
from ballots.voting_rules import LONGEST_SOURCE, TieRule

MOST_STEP = 1_000
MOST_POINTS_TO_GIVE = 1_000
HIGHEST_SCORES = (5, 10)
GREEDY_RANKS_BY = (RankedBy.VOTES, RankedBy.SCORE, RankedBy.VOTES_PER_POUND)
# Votes times cost can ask for more sets to be compared than anybody could wait for.
KNAPSACK_ADDS_UP = (RankedBy.VOTES, RankedBy.SCORE)


def _radios(label: Any, default: Any = None, missing: Any = None) -> RadioField:
    needed = [InputRequired(missing)] if missing else []
    return RadioField(label, needed, widget=GovRadioInput(), default=default)


def _tick(label: Any, description: Any = "") -> BooleanField:
    return BooleanField(label, widget=GovCheckboxInput(), description=description)


class RulesForm(FlaskForm):
    """How people vote, how it is counted, what is shown when, and who signs."""

    ballot_format = _radios(
        _l("How do people fill in the ballot paper?"),
        missing=_l("Choose how people fill in the ballot paper"),
    )
    max_choices = WholeField(_l("At most how many projects?"), least=1, most=500)
    exactly = _tick(_l("Everybody has to choose exactly this many"))
    places = WholeField(_l("How many places can people fill?"), least=1, most=500, default=5)
    every_place = _tick(_l("Everybody has to fill every place"))
    points_to_give = WholeField(
        _l("How many points does each person have?"),
        least=1,
        most=MOST_POINTS_TO_GIVE,
        default=10,
    )
    most_points_on_one = WholeField(
        _l("At most how many to one project?"),
        least=1,
        most=MOST_POINTS_TO_GIVE,
    )
    highest_score = _radios(_l("What is the highest score?"), default=str(HIGHEST_SCORES[0]))

    rule_name = _radios(_l("Which rule decides what is funded?"), default=RuleName.GREEDY.value)
    ranked_by = _radios(_l("What puts a project first?"), default=RankedBy.VOTES.value)
    misfit = _radios(
        _l("What happens when the next project no longer fits the money left?"),
        default=Misfit.SKIP.value,
    )
    utility = _radios(_l("What is a funded project worth to its supporters?"), Utility.COST.value)
    start_unit = PoundsField(
        _l("Round each person’s share down to whole multiples of"),
        least_pence=0,
        unreadable=_l("Enter in pounds what shares are rounded down to, such as 1 or 0.50"),
    )
    completion = _radios(
        _l("Which shares can people spend in the end?"), default=Completion.ADD1.value
    )
    step = PoundsField(
        _l("By how much are shares raised in each step?"),
        default=100,
        unreadable=_l("Enter in pounds by how much shares are raised, such as 1 or 2.50"),
    )
    then = _radios(_l("What happens to money left after that?"), default=Then.NONE.value)
    comparison = _tick(
        _l("Compare with most votes first"),
        _l("If more voters prefer what “most votes first” would fund, that is funded instead."),
    )
    adds_up = _radios(_l("What makes one set better than another?"), RankedBy.VOTES.value)

    tie_rule = _radios(
        _l("Where projects stand level, which comes first?"), default=TieRule.BY_COST.value
    )
    draw_source = LineField(
        _l("Where will the chance come from?"),
        most=LONGEST_SOURCE,
        description=_l(
            "For example: three dice thrown in the hall after the close. Or: the first drand pulse "
            "after the close. Name it now: whoever could choose between sources after the close "
            "could choose the winner."
        ),
    )
    disclosure_profile = _radios(
        _l("What may be seen while the vote is open?"),
        missing=_l("Choose what may be seen while the vote is open"),
    )
    disclosure_step = WholeField(
        _l("How many new voters in each step?"),
        least=LEAST_STEP,
        most=MOST_STEP,
        default=DEFAULT_STEP,
        description=_l(
            "Only for live. The smaller the step, the easier it is to guess how somebody voted. "
            "20 hides single votes well; 10 is for halls, and the least."
        ),
    )
    # What a condition asks of every project; a paper without points cannot meet it.
    least_points = 0
    # Whether a condition lets the last project go over the budget; a best set has no last one.
    may_overspend = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ballot_format.choices = choices_of(BallotFormat)
        self.highest_score.choices = [
            SelectChoice(str(best), _("From 1 to %(best)s", best=best)) for best in HIGHEST_SCORES
        ]
        self.rule_name.choices = choices_of(RuleName)
        self.ranked_by.choices = choices_of(GREEDY_RANKS_BY)
        self.misfit.choices = choices_of(Misfit)
        self.utility.choices = choices_of(Utility)
        self.completion.choices = choices_of(Completion)
        self.then.choices = choices_of(Then)
        self.adds_up.choices = choices_of(KNAPSACK_ADDS_UP)
        self.tie_rule.choices = choices_of(TieRule)
        self.disclosure_profile.choices = choices_of(DisclosureProfile)

    def validate(self, extra_validators: object = None) -> bool:
        """Besides each field: what is needed, and judged, only where its choice is taken."""
        super().validate(extra_validators)
        self._judge_paper()
        self._judge_rule()
        drawn = self.tie_rule.data == TieRule.DRAW
        _judge(self.draw_source, drawn, _("Say where the chance will come from"))
        _judge(
            self.disclosure_step,
            self.disclosure_profile.data == DisclosureProfile.LIVE,
            _("Enter how many new voters each step covers"),
        )
        return not self.errors

    def _judge_paper(self) -> None:
        chosen = self.ballot_format.data
        _judge(self.max_choices, chosen == BallotFormat.APPROVAL)
        if self.exactly.data and chosen == BallotFormat.APPROVAL:
            _judge(self.max_choices, True, _("Enter how many projects everybody has to choose"))
        _judge(
            self.places,
            chosen == BallotFormat.RANKING,
            _("Enter how many places people can fill"),
        )
        _judge(
            self.points_to_give,
            chosen == BallotFormat.POINTS,
            _("Enter how many points each person has"),
        )
        _judge(self.most_points_on_one, chosen == BallotFormat.POINTS)
        _judge(self.highest_score, chosen == BallotFormat.SCORES)
        if self.least_points and chosen not in GRADED and not self.ballot_format.errors:
            self.ballot_format.errors = [
                _(
                    "By the conditions of this round every project needs points. Choose a paper on "
                    "which people give some, or take that condition away first"
                )
            ]
        most, points = self.most_points_on_one.data, self.points_to_give.data
        if chosen == BallotFormat.POINTS and most and points and most > points:
            self.most_points_on_one.errors = [
                _("Enter %(points)s or fewer, as nobody has more", points=points)
            ]

    def _judge_rule(self) -> None:
        shares = self.rule_name.data == RuleName.EQUAL_SHARES
        greedy = self.rule_name.data == RuleName.GREEDY
        for field in (self.utility, self.start_unit, self.completion, self.then):
            _judge(field, shares)
        raised = shares and self.completion.data != Completion.NONE
        _judge(self.step, raised, _("Enter by how much shares are raised"))
        for field in (self.ranked_by, self.misfit):
            _judge(field, greedy)
        best_set = self.rule_name.data == RuleName.KNAPSACK
        _judge(self.adds_up, best_set)
        if best_set and self.may_overspend and not self.rule_name.errors:
            self.rule_name.errors = [
                _(
                    "By the conditions of this round the last project may go over the budget, and "
                    "a best set has no last one. Choose another rule, or take that condition away "
                    "first"
                )
            ]
        self._judge_points(
            {
                self.ranked_by: greedy and self.ranked_by.data == RankedBy.SCORE,
                self.adds_up: best_set and self.adds_up.data == RankedBy.SCORE,
                self.utility: shares and self.utility.data == Utility.POINTS,
            }
        )

    def _judge_points(self, asked: dict[Field, bool]) -> None:
        """Points can only be added up where the paper has some."""
        if self.ballot_format.data in GRADED:
            return
        for field, adds_points in asked.items():
            if adds_points and not field.errors:
                field.errors = [
                    _(
                        "Choose something else: people give points only with an order of choice, "
                        "points, scores, or yes and no"
                    )
                ]


def _judge(field: Field, asked: bool, missing: str | None = None) -> None:
    """Forget what is wrong with a field that is not asked; say what is missing in one that is."""
    if not asked:
        field.errors = []
    elif missing and field.data in (None, "") and not field.errors:
        field.errors = [missing]
