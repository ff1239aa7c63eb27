"""What stands on the ballot papers of a vote in the hall, and on its tellers’ sheets."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.display import pounds
from app.house import db, settings
from app.residents.paper_words import rules_in_words
from app.typesetting import Part
from ballots.paper_ballots import paper_serial
from ballots.papers import BallotFormat, BallotPaper, PaperProject
from ballots.voting_rules import VotingRules, paper_for, rules_of
from neighbourhoods.assemblies import AgendaItem, ItemKind
from neighbourhoods.projects import Project, projects_in

VOTES = frozenset({ItemKind.SCORES, ItemKind.BALLOT, ItemKind.PURCHASE})
MARKS = {
    BallotFormat.SCORES: "scores",
    BallotFormat.YES_NO: "yes-no",
}


def paper_of_item(session: Session, item: AgendaItem) -> BallotPaper | None:
    """The paper that a vote of this item asks; None while nobody could fill one in."""
    rules = rules_of(session, item.assembly.round_id)
    try:
        if item.kind == ItemKind.BALLOT and not item.settings.get("own_count"):
            return paper_for(session, item.assembly.the_round, rules) if rules else None
        return _own_paper(session, item, rules)
    except ValueError:
        return None


def _own_paper(session: Session, item: AgendaItem, rules: VotingRules | None) -> BallotPaper:
    budget = item.assembly.the_round.budget_pence
    projects = tuple(
        PaperProject(project.code, project.cost_pence, project.category, project.area)
        for project in _projects_of(session, item)
    )
    if item.kind == ItemKind.SCORES:
        highest = _whole(item, "highest_score") or 5
        return BallotPaper(BallotFormat.SCORES, projects, budget, highest_score=highest)
    if item.kind == ItemKind.PURCHASE:
        affordable = tuple(project for project in projects if project.cost_pence <= budget)
        return BallotPaper(BallotFormat.CHOOSE_ONE, affordable, budget)
    usual = rules.ballot_format if rules else BallotFormat.APPROVAL
    ballot_format = BallotFormat(str(item.settings.get("format") or usual))
    points = ballot_format == BallotFormat.POINTS
    scores = ballot_format == BallotFormat.SCORES
    return BallotPaper(
        ballot_format,
        projects,
        budget,
        max_choices=_whole(item, "max_choices"),
        points_to_give=_whole(item, "points_to_give") or 10 if points else None,
        highest_score=_whole(item, "highest_score") or 5 if scores else None,
    )


def _projects_of(session: Session, item: AgendaItem) -> list[Project]:
    projects = projects_in(session, item.assembly.round_id)
    wanted = item.settings.get("projects")
    if not isinstance(wanted, list):
        return projects
    return [project for project in projects if project.code in wanted]


def _whole(item: AgendaItem, name: str) -> int | None:
    number = item.settings.get(name)
    return number if isinstance(number, int) else None


def serials_of(item: AgendaItem, numbers: range) -> list[str]:
    """What is printed on the papers with these numbers."""
    key = settings().key_for("paper-serials")
    return [paper_serial(key, item.id, number) for number in numbers]


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
            "place": known[project.id].area,
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
