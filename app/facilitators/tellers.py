"""The tellers’ pages: stacks of papers, what became of each, and entering them twice."""

from collections.abc import Callable, Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.facilitators import facilitators
from app.facilitators.serials import number_on_paper, serial_of
from app.house import db, keys
from app.residents.filled import Filled, read_form
from app.residents.paper import paper_of
from app.residents.paper_words import marks_in_words, place_in_words, rules_in_words
from app.residents.wrong_marks import wrong_marks
from app.wording import say
from ballots.hall_votes import HallVote, current_vote
from ballots.paper_ballots import PaperBallot, PaperState, count_papers
from ballots.papers import BallotPaper, Fault
from ballots.refusals import BadPaper
from ballots.tellers import (
    bring_stack,
    enter_paper,
    give_up,
    papers_of,
    put_back,
    readings_of,
    spoil,
    stacks_of,
    take_back,
    votes_taking_papers,
)
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.polls import is_open, poll_figures
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused

Act = Callable[[HallVote, Person], None]


@facilitators.get("/assemblies/<int:assembly_id>/tellers")
@open_to(Who.FACILITATOR, Who.OFFICER)
def tellers(assembly: Assembly) -> ResponseReturnValue:
    """Which votes take papers now, and which polls wait for hands to be counted."""
    polls = [
        item
        for item in assembly.items
        if item.kind == ItemKind.POLL and (item.began_at is not None or is_open(item))
    ]
    votes = votes_taking_papers(db(), assembly)
    return render_template(
        "facilitators/tellers.html",
        assembly=assembly,
        votes=[(vote, count_papers(db(), vote.round_id)) for vote in votes],
        polls=[(item, poll_figures(db(), item)) for item in polls],
    )


@facilitators.get("/assemblies/<int:assembly_id>/tellers/<int:agenda_item_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def teller_vote(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """How far the papers of a vote have come, and everything tellers do with them."""
    vote = _vote_of(item)
    round_id = vote.round_id
    return render_template(
        "facilitators/teller_vote.html",
        assembly=assembly,
        item=item,
        vote=vote,
        is_taking=vote.the_round.phase == Phase.VOTE,
        papers=count_papers(db(), round_id),
        stacks=stacks_of(db(), round_id),
        once=papers_of(db(), round_id, PaperState.ENTERED_ONCE),
        disputed=[
            (paper, serial_of(item, paper.number))
            for paper in papers_of(db(), round_id, PaperState.DISPUTED)
        ],
        aside=papers_of(db(), round_id, PaperState.SPOILT, PaperState.TAKEN_BACK),
    )


def _vote_of(item: AgendaItem) -> HallVote:
    return current_vote(db(), item) or abort(404)


@facilitators.post("/assemblies/<int:assembly_id>/tellers/<int:agenda_item_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def act_as_teller(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """Do one thing with the papers of a vote: the button says which."""
    vote = _vote_of(item)
    try:
        if request.form.get("act") == "read":
            number = number_on_paper(item, request.form.get("serial", ""))
            return redirect(_paper_page(assembly, item, number), 303)
        act = _ACTS.get(request.form.get("act", "")) or abort(422)
        act(vote, signed_in().person)
        db().commit()
        flash(_("Done."))
    except Refused as refused:
        db().rollback()
        flash(say(refused))
    return redirect(_vote_page(assembly, item), 303)


def _vote_page(assembly: Assembly, item: AgendaItem) -> str:
    return url_for("facilitators.teller_vote", assembly_id=assembly.id, agenda_item_id=item.id)


def _paper_page(assembly: Assembly, item: AgendaItem, number: int) -> str:
    return url_for(
        "facilitators.teller_paper",
        assembly_id=assembly.id,
        agenda_item_id=item.id,
        serial=serial_of(item, number),
    )


def _bring(vote: HallVote, by: Person) -> None:
    first, last = (request.form.get(name, 0, type=int) for name in ("first", "last"))
    bring_stack(db(), vote.the_round, first, last, by)


def _number(vote: HallVote) -> int:
    return number_on_paper(vote.item, request.form.get("serial", ""))


def _why() -> str:
    return request.form.get("why", "")


_ACTS: dict[str, Act] = {
    "bring": _bring,
    "spoil": lambda vote, by: spoil(db(), vote.the_round, _number(vote), _why(), by),
    "take-back": lambda vote, by: take_back(db(), vote.the_round, _number(vote), _why(), by),
    "put-back": lambda vote, by: put_back(
        db(), vote.the_round, request.form.get("number", 0, type=int), by
    ),
    "give-up": lambda vote, by: give_up(
        db(), vote.the_round, request.form.get("papers", -1, type=int), _why(), by
    ),
}


# --- one paper -----------------------------------------------------------------------------------


@facilitators.route(
    "/assemblies/<int:assembly_id>/tellers/<int:agenda_item_id>/papers/<serial>",
    methods=["GET", "POST"],
)
@open_to(Who.FACILITATOR, Who.OFFICER)
def teller_paper(assembly: Assembly, item: AgendaItem, serial: str) -> ResponseReturnValue:
    """The same paper as in the booth, for a teller to copy what stands on one of paper."""
    vote = _vote_of(item)
    try:
        number = number_on_paper(item, serial)
    except Refused:
        abort(404)
    paper = paper_of(vote.the_round) or abort(404)
    found = db().get(PaperBallot, (vote.round_id, number)) or abort(404)
    if request.method == "GET":
        return _show_paper(assembly, vote, found, paper)
    filled = read_form(paper)
    try:
        choices = filled.choices_on(paper)
        state = enter_paper(db(), keys(), vote.the_round, number, choices, signed_in().person)
        db().commit()
    except BadPaper as bad:
        db().rollback()
        return _show_paper(assembly, vote, found, paper, filled, bad.faults), 422
    except Refused as refused:
        db().rollback()
        flash(say(refused))
        return redirect(_vote_page(assembly, item), 303)
    flash(_said(state, serial_of(item, number)))
    disputed = state == PaperState.DISPUTED
    return redirect(
        _paper_page(assembly, item, number) if disputed else _vote_page(assembly, item), 303
    )


def _said(state: PaperState, serial: str) -> str:
    match state:
        case PaperState.IN_BOX:
            return _("Paper %(serial)s is in the box.", serial=serial)
        case PaperState.DISPUTED:
            return _("Paper %(serial)s was read differently by two tellers.", serial=serial)
        case _:
            return _("Paper %(serial)s waits for a second teller.", serial=serial)


def _show_paper(
    assembly: Assembly,
    vote: HallVote,
    found: PaperBallot,
    paper: BallotPaper,
    filled: Filled | None = None,
    faults: Sequence[Fault] = (),
) -> str:
    projects = projects_in(db(), vote.round_id)
    titles = {project.code: project.title for project in projects}
    filled = filled or Filled()
    return render_template(
        "facilitators/teller_paper.html",
        assembly=assembly,
        item=vote.item,
        vote=vote,
        found=found,
        serial=serial_of(vote.item, found.number),
        is_mine=signed_in().person.id == found.first_teller_id,
        paper=paper,
        projects=projects,
        filled=filled,
        places=[place_in_words(place) for place in range(1, paper.most_choices + 1)],
        rules=rules_in_words(paper),
        wrong=wrong_marks(paper, filled, faults, titles),
        errors=bool(faults),
        readings=[
            (reading.teller, marks_in_words(paper, _as_filled(reading.choices), titles))
            for reading in readings_of(db(), keys(), vote.the_round, found.number)
        ],
    )


def _as_filled(choices: list[str] | dict[str, int]) -> Filled:
    if isinstance(choices, dict):
        return Filled(written={code: str(number) for code, number in choices.items()})
    return Filled(chosen=tuple(choices))
