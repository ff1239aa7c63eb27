"""The ballot paper and the rules of a vote, in plain words, until the vote opens."""

from dataclasses import replace
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from app.officers.rounds import fixed_since_the_vote
from app.officers.rules_form import GREEDY_RANKS_BY, HIGHEST_SCORES, KNAPSACK_ADDS_UP, RulesForm
from ballots.counting import Completion, Misfit, RankedBy, Rule, RuleName, Then, Utility
from ballots.disclosure import DEFAULT_STEP, DisclosureProfile
from ballots.papers import BallotFormat
from ballots.voting_rules import RulesChosen, TieRule, VotingRules, rules_of, set_rules
from neighbourhoods.rounds import Round


@officers.route("/office/rounds/<int:round_id>/rules", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def rules(the_round: Round) -> ResponseReturnValue:
    """Choose how a round votes; once its vote has opened, only read it."""
    fixed = fixed_since_the_vote(the_round)
    known = rules_of(db(), the_round.id)
    form = RulesForm(data=_as_chosen(known) if known else None)
    form.least_points = known.rule.minimum_score if known else 0
    form.may_overspend = bool(known and known.rule.overspend_pence)
    if form.validate_on_submit():
        set_rules(db(), the_round, _chosen(form, known))
        db().commit()
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/rules.html",
        form,
        the_round=the_round,
        fixed=fixed,
        rules=known,
    )


# --- from the rules to the form ------------------------------------------------------------------


def _as_chosen(known: VotingRules) -> dict[str, object]:
    return {
        **_paper_as_chosen(known),
        **_rule_as_chosen(known.rule),
        "tie_rule": known.tie_rule.value,
        "draw_source": known.draw_source,
        "disclosure_profile": known.disclosure_profile.value,
        "disclosure_step": known.disclosure_step,
    }


def _paper_as_chosen(known: VotingRules) -> dict[str, object]:
    ranking = known.ballot_format is BallotFormat.RANKING
    chosen: dict[str, object] = {
        "ballot_format": known.ballot_format.value,
        "max_choices": known.max_choices,
        "exactly": _is_exact(known),
        "every_place": _is_exact(known),
        "most_points_on_one": known.most_points_on_one,
    }
    if ranking:
        chosen["places"] = known.max_choices
    if known.points_to_give is not None:
        chosen["points_to_give"] = known.points_to_give
    if known.highest_score in HIGHEST_SCORES:
        chosen["highest_score"] = str(known.highest_score)
    return chosen


def _is_exact(known: VotingRules) -> bool:
    return known.max_choices is not None and known.min_choices == known.max_choices


def _rule_as_chosen(rule: Rule) -> dict[str, object]:
    chosen: dict[str, object] = {
        "rule_name": rule.name.value,
        "misfit": rule.misfit.value,
        "utility": rule.utility.value,
        "start_unit": rule.start_unit_pence or None,
        "step": rule.step_pence,
        "then": rule.then.value,
        "comparison": rule.comparison,
    }
    if rule.name is RuleName.EQUAL_SHARES:
        chosen["completion"] = rule.completion.value
    if rule.ranked_by in GREEDY_RANKS_BY:
        chosen["ranked_by"] = rule.ranked_by.value
    if rule.ranked_by in KNAPSACK_ADDS_UP:
        chosen["adds_up"] = rule.ranked_by.value
    return chosen


# --- from the form to the rules ------------------------------------------------------------------


def _chosen(form: RulesForm, known: VotingRules | None) -> RulesChosen:
    live = form.disclosure_profile.data == DisclosureProfile.LIVE
    tie_rule = TieRule(form.tie_rule.data)
    return RulesChosen(
        **_paper_chosen(form, known),
        rule=_rule_chosen(form, known.rule if known else Rule()),
        disclosure_profile=DisclosureProfile(form.disclosure_profile.data),
        disclosure_step=form.disclosure_step.data if live else DEFAULT_STEP,
        tie_rule=tie_rule,
        draw_source=form.draw_source.data if tie_rule is TieRule.DRAW else "",
    )


def _paper_chosen(form: RulesForm, known: VotingRules | None) -> dict[str, Any]:
    """The paper's limits; those that are not asked here stay while its format does."""
    chosen = BallotFormat(form.ballot_format.data)
    kept = known if known is not None and known.ballot_format is chosen else None
    most, exact = kept.max_choices if kept else None, False
    if chosen is BallotFormat.APPROVAL:
        most, exact = form.max_choices.data, form.exactly.data
    elif chosen is BallotFormat.RANKING:
        most, exact = form.places.data, form.every_place.data
    points, scores = chosen is BallotFormat.POINTS, chosen is BallotFormat.SCORES
    return {
        "ballot_format": chosen,
        "max_choices": most,
        "min_choices": most if exact else _least_choices(kept, most),
        "spending_limit_pence": kept.spending_limit_pence if kept else None,
        "points_to_give": form.points_to_give.data if points else None,
        "most_points_on_one": form.most_points_on_one.data if points else None,
        "highest_score": int(form.highest_score.data) if scores else None,
    }


def _least_choices(kept: VotingRules | None, most: int | None) -> int:
    """An imported election may allow an empty paper, or ask for several; with the format it goes.

    A paper of another format begins with 1 again, as nothing on this page asks for more.
    """
    asked = (BallotFormat.APPROVAL, BallotFormat.RANKING)
    if kept is None or (kept.ballot_format in asked and _is_exact(kept)):
        return 1
    return kept.min_choices if most is None else min(kept.min_choices, most)


def _rule_chosen(form: RulesForm, known: Rule) -> Rule:
    """The rule with its own settings; its conditions, on a page of their own, stay."""
    plain = replace(Rule(), **{name: getattr(known, name) for name in _NOT_ASKED})
    return replace(
        plain,
        name=RuleName(form.rule_name.data),
        **_settings_chosen(form),
    )


_NOT_ASKED = (
    "minimum_votes",
    "minimum_share_percent",
    "minimum_score",
    "exclusive",
    "caps",
    "ring_fences",
    "already_chosen",
    "overspend_pence",
    "part_funding",
    "criteria",
)


def _settings_chosen(form: RulesForm) -> dict[str, Any]:
    match RuleName(form.rule_name.data):
        case RuleName.GREEDY:
            return {
                "ranked_by": RankedBy(form.ranked_by.data),
                "misfit": Misfit(form.misfit.data),
            }
        case RuleName.EQUAL_SHARES:
            completion = Completion(form.completion.data)
            raised = {} if completion is Completion.NONE else {"step_pence": form.step.data}
            return {
                "utility": Utility(form.utility.data),
                "start_unit_pence": form.start_unit.data or 0,
                "completion": completion,
                "then": Then(form.then.data),
                "comparison": form.comparison.data,
                **raised,
            }
        case RuleName.PHRAGMEN:
            return {}
        case RuleName.KNAPSACK:
            return {"ranked_by": RankedBy(form.adds_up.data)}
