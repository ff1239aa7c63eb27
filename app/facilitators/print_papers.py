"""What stands on the ballot papers of a vote in the hall, and on its tellers’ sheets."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.display import pounds
from app.facilitators.serials import serial_of
from app.house import db
from app.residents.paper_words import rules_in_words
from app.typesetting import Part
from ballots.hall_rules import ItemSettings, rules_for
from ballots.hall_votes import current_vote, is_open
from ballots.papers import BallotFormat, BallotPaper, PaperProject
from ballots.purchases import affordable, balance_of, left_under_caps, projects_left
from ballots.voting_rules import paper_for, paper_on, rules_of
from neighbourhoods.assemblies import AgendaItem, ItemKind
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

MARKS = {
    BallotFormat.SCORES: "scores",
    BallotFormat.YES_NO: "yes-no",
}


def paper_of_item(session: Session, item: AgendaItem) -> BallotPaper | None:
    """The paper that a vote of this item asks now; None while nobody could fill one in."""
    assembly = item.assembly
    try:
        wanted = ItemSettings.of(item)
        open_now = current_vote(session, item)
        if open_now is not None and is_open(session, open_now):
            return _paper_in(session, open_now.the_round)
        if not wanted.own_count:
            return _paper_in(session, assembly.the_round)
        balance, projects = what_is_left(session, item, wanted)
        chosen = rules_for(item, wanted, rules_of(session, assembly.round_id), projects)
        listed = tuple(PaperProject(project.code, project.cost_pence) for project in projects)
        return paper_on(chosen, listed, balance, chosen.min_choices) if listed else None
    except (ValueError, Refused):
        return None


def _paper_in(session: Session, the_round: Round) -> BallotPaper | None:
    rules = rules_of(session, the_round.id)
    return paper_for(session, the_round, rules) if rules else None


def what_is_left(
    session: Session, item: AgendaItem, wanted: ItemSettings
) -> tuple[int, list[Project]]:
    """The money of a vote in the hall, and the projects that would stand on its paper."""
    assembly, balance = item.assembly, balance_of(session, item.assembly)
    projects = projects_left(session, assembly, wanted.projects)
    if item.kind == ItemKind.PURCHASE:
        caps = left_under_caps(session, assembly, wanted.category_caps)
        projects = affordable(projects, balance, caps)
    return balance, projects


def serials_of(item: AgendaItem, numbers: range) -> list[str]:
    """What is printed on the papers with these numbers."""
    return [serial_of(item, number) for number in numbers]


def ballots(
    item: AgendaItem, paper: BallotPaper, numbers: range, *, large: bool, ranked: bool
) -> Part:
    """One ballot paper for each number; `ranked`: people number their choices within a budget."""
    ranked = ranked and paper.ballot_format == BallotFormat.KNAPSACK
    knapsack = paper.ballot_format == BallotFormat.KNAPSACK
    return {
        "kind": "ballots",
        "large": large,
        "marks": MARKS.get(paper.ballot_format, "cross"),
        "title": item.assembly.title,
        "question": item.title,
        "rules": _("Number the projects in the order you want them.")
        if ranked
        else rules_in_words(paper),
        "how": how_to_mark(paper, ranked=ranked),
        "project-label": _("Project"),
        "cost-label": _("Cost"),
        "mark-label": _("Your mark"),
        "projects": _listed(item, paper),
        "scores": list(range(1, (paper.highest_score or 0) + 1)),
        "yes": _("Yes"),
        "no": _("No"),
        "total": _limit_in_words(paper) if not ranked else "",
        "total-label": _("My total: £") if knapsack else _("My total:"),
        "end": _("This is the end of the paper. Fold it once and put it into the box."),
        "foot": _("The number is not on any list of names: nobody knows whose paper this is."),
        "serial-label": _("Paper"),
        "qr-alt": _("QR code of the paper’s number"),
        "papers": [{"serial": serial, "qr": serial} for serial in serials_of(item, numbers)],
    }


def _listed(item: AgendaItem, paper: BallotPaper) -> list[dict[str, str]]:
    known = {project.code: project for project in projects_in(db(), item.assembly.round_id)}
    return [
        {
            "number": project.id,
            "title": known[project.id].title,
            "place": known[project.id].place,
            "cost": pounds(project.cost_pence),
        }
        for project in paper.projects
    ]


def _limit_in_words(paper: BallotPaper) -> str:
    if paper.ballot_format == BallotFormat.KNAPSACK:
        sum_words = pounds(paper.budget_pence)
        return _("Your projects may cost %(sum)s together. Add up their costs.", sum=sum_words)
    if paper.points_to_give is not None:
        return _("You have %(points)s points. Add up yours.", points=paper.points_to_give)
    return ""


def how_to_mark(paper: BallotPaper, *, ranked: bool = False) -> str:
    """How to mark a paper with a pen, in plain words."""
    if ranked:
        return _(
            "Write 1 beside your favourite, 2 beside the next, and so on. We take them in your"
            " order as long as the money lasts: %(sum)s in all.",
            sum=pounds(paper.budget_pence),
        )
    match paper.ballot_format:
        case BallotFormat.RANKING:
            return _("Write 1 beside your favourite, 2 beside the next, and so on.")
        case BallotFormat.POINTS:
            return _("Write the points you give in the box beside a project.")
        case BallotFormat.SCORES:
            return _("Put a cross through one number for each project you want to score.")
        case BallotFormat.YES_NO:
            return _("Put a cross in the box for yes or in the box for no.")
        case BallotFormat.CHOOSE_ONE:
            return _("Put a cross in one box. A paper with two crosses does not count.")
        case _:
            return _("Put a cross in the box beside each project you choose.")


def tally_sheet(item: AgendaItem, paper: BallotPaper, numbers: range, *, ranked: bool) -> Part:
    """A sheet on which tellers write down the choices on each numbered paper."""
    how = [
        _(
            "One line for each paper. Write the projects’ numbers as they are marked; where numbers"
            " stand on the paper, write P1 = 3. Tick “Spoilt” if nobody can tell what was meant."
        )
    ]
    if ranked and paper.ballot_format == BallotFormat.KNAPSACK:
        how.append(_("Enter choices from 1 on. Leave out a project that no longer fits the money."))
    return {
        "kind": "tally-sheet",
        "heading": _("Tally sheet: %(title)s", title=item.title),
        "how": " ".join(how),
        "key-label": _("Projects"),
        "projects": _listed(item, paper),
        "columns": [
            _("Paper"),
            _("Choices"),
            _("Spoilt"),
            _("First teller"),
            _("Second teller"),
        ],
        "serials": serials_of(item, numbers),
        "first": _("First teller:"),
        "second": _("Second teller:"),
    }
