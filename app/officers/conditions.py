"""Conditions around a round’s count: optional, on a page of their own, until the vote opens."""

from dataclasses import replace
from itertools import chain

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db
from app.officers import officers
from app.officers.conditions_form import ConditionsForm, as_filled
from app.officers.forms import show_form
from app.officers.rounds import fixed_since_the_vote
from app.public.rule_words import conditions_in_words, what_every_project_needs
from app.residents.proposal_forms import CATEGORIES
from app.wording import say
from ballots.conditions import most_overspend_pence
from ballots.counting import LimitOn, Rule, RuleName
from ballots.papers import GRADED
from ballots.voting_rules import VotingRules, choice_of, rules_of, set_rules
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


@officers.route("/office/rounds/<int:round_id>/conditions", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def conditions(the_round: Round) -> ResponseReturnValue:
    """Choose the conditions of a round's count; once its vote has opened, only read them."""
    fixed = fixed_since_the_vote(the_round)
    rules = rules_of(db(), the_round.id)
    rule = rules.rule if rules else Rule()
    projects = projects_in(db(), the_round.id)
    titles = {project.code: project.title for project in projects}
    form = ConditionsForm(data=as_filled(rule))
    form.best_set = rule.name is RuleName.KNAPSACK
    form.offer(
        _named(LimitOn.CATEGORY, rule, [*CATEGORIES, *(one.category for one in projects)]),
        _named(LimitOn.AREA, rule, sorted(one.area for one in projects)),
        titles,
    )
    if rules is not None and form.validate_on_submit() and _save(form, the_round, rules):
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/conditions.html",
        form,
        the_round=the_round,
        fixed=fixed,
        rules=rules,
        has_points=rules is not None and rules.ballot_format in GRADED,
        has_projects=bool(projects),
        sentences=[what_every_project_needs(rule), *conditions_in_words(rule, titles)],
        most_overspend=most_overspend_pence(the_round.budget_pence),
    )


def _named(on: LimitOn, rule: Rule, known: list[str]) -> list[str]:
    """The categories or areas to choose from: those known and those in use, each once."""
    used = [limit.name for limit in chain(rule.caps, rule.ring_fences) if limit.on is on]
    return list(dict.fromkeys(name for name in [*known, *used] if name))


def _save(form: ConditionsForm, the_round: Round, rules: VotingRules) -> bool:
    """Save what was chosen, or say at a field why that cannot be."""
    settings = form.chosen()
    if rules.ballot_format not in GRADED:
        settings["minimum_score"] = 0
    chosen = replace(choice_of(rules), rule=replace(rules.rule, **settings))
    try:
        set_rules(db(), the_round, chosen)
    except Refused as refused:
        if not form.refuse(refused, say(refused)):
            raise
        return False
    db().commit()
    return True
