"""Interests before the pen: on each project none, another or a pecuniary one, in public."""

import re

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.acting import take_turn
from app.councillors.closing import conclude_and_tell
from app.councillors.forms import interests_form
from app.house import db
from app.officers.forms import show_form
from app.wording import say
from ballots.bars import declare_interests, interests_in
from ballots.bundle import costs_to_sign
from ballots.signoff import advance
from neighbourhoods.database import now
from neighbourhoods.interests import InterestKind, RegisteredInterest
from neighbourhoods.people import Person
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

# Shorter words, and these, say nothing about what an entry and a project have in common.
SHORTEST = 5
COMMON = frozenset(
    {
        *("about", "after", "being", "could", "council", "every", "family", "local", "other"),
        *("owner", "people", "project", "resident", "residents", "should", "street", "their"),
        *("there", "these", "where", "which", "would", "years"),
    }
)


@councillors.route("/decisions/<int:round_id>/interests", methods=["GET", "POST"])
@open_to(Who.SIGNER)
def interests(the_round: Round) -> ResponseReturnValue:
    """Declare on each project, before anything can be signed; it is public at once."""
    person = signed_in().person
    turn = take_turn(db(), the_round, person)
    projects = projects_to_sign(db(), the_round)
    mine = {
        one.project.code: one
        for one in interests_in(db(), the_round.id)
        if one.person_id == person.id
    }
    form = interests_form(projects, mine)
    refusal = ""
    if form.validate_on_submit():
        declared = {project.code: form.part(project).declared for project in projects}
        try:
            declare_interests(db(), the_round, person, declared)
        except Refused as refused:
            db().rollback()
            refusal = say(refused)
        else:
            before = turn.run
            advance(db(), the_round)
            conclude_and_tell(the_round, before)
            db().commit()
            flash(_said(turn_kinds=[one.kind for one in declared.values()]), "success")
            return redirect(url_for("councillors.decision", round_id=the_round.id), 303)
    entries = registered_for(db(), person)
    return show_form(
        "councillors/interests.html",
        form,
        the_round=the_round,
        projects=projects,
        entries=entries,
        suggested={project.code: suggest(entries, project) for project in projects},
        costs=costs_to_sign(db(), the_round),
        refusal=refusal,
    )


def _said(turn_kinds: list[InterestKind]) -> str:
    if InterestKind.PECUNIARY in turn_kinds:
        return _("Your declaration is public.")
    if InterestKind.OTHER in turn_kinds:
        return _("Your declaration is public. You can write your sheet now.")
    return _("You declared no interest. You can write your sheet now.")


def projects_to_sign(session: Session, the_round: Round) -> list[Project]:
    """The projects that residents funded and nobody withdrew, in the order they won."""
    projects = {project.code: project for project in projects_in(session, the_round.id)}
    return [projects[code] for code in costs_to_sign(session, the_round)]


def registered_for(session: Session, person: Person) -> list[RegisteredInterest]:
    """What stands for somebody in the register of interests today."""
    today = now(session).date()
    query = (
        select(RegisteredInterest)
        .where(
            RegisteredInterest.person_id == person.id,
            or_(RegisteredInterest.ended_on.is_(None), RegisteredInterest.ended_on > today),
        )
        .order_by(RegisteredInterest.id)
    )
    return list(session.scalars(query))


def suggest(entries: list[RegisteredInterest], project: Project) -> list[RegisteredInterest]:
    """The entries that share a word with a project, so that nobody overlooks one."""
    about = _words_of(f"{project.title} {project.summary} {project.place} {project.area}")
    return [entry for entry in entries if _words_of(entry.words) & about]


def _words_of(text: str) -> set[str]:
    found = set(re.findall(rf"\w{{{SHORTEST},}}", text.casefold()))
    return found - COMMON
