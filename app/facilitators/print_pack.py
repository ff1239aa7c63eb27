"""The print pack of a meeting: everything on paper, each by one click or all in one PDF."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.counting_room import counting
from app.facilitators import facilitators
from app.facilitators.print_papers import ballots, paper_of_item, tally_sheet
from app.facilitators.print_sheets import agenda, hand_count, poster, table_cards, voter_cards
from app.house import db, let_go
from app.typesetting import Part, typeset
from ballots.hall import VOTED_ON
from ballots.papers import BallotFormat, BallotPaper
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.eligibility import roll_size

MOST_CARDS = 400
MOST_PAPERS = 500
HIGHEST_NUMBER = 9999
MOST_VOTER_CARDS = 1000


@dataclass
class Asked:
    """What was asked for in the form, and what is wrong with it, by the name of the field."""

    given: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def number(self, name: str, usual: int, most: int) -> int:
        """A whole number from 1 on; the usual one where none was given."""
        written = self.given.get(name, str(usual)).strip().replace(",", "")
        if written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= most:
            return int(written)
        self.errors[name] = _("Enter a whole number from 1 to %(most)s.", most=f"{most:,}")
        return usual

    def span(self, name: str, usual: int, highest: int, most: int) -> range:
        """Numbers from one to another, at most so many; from 1 on where nothing was given."""
        first = self.number(f"first-{name}", 1, highest)
        last = self.number(f"last-{name}", max(first, min(usual, highest)), highest)
        if not self.errors and last < first:
            self.errors[f"last-{name}"] = _("The last number cannot be before the first.")
        elif not self.errors and last - first >= most:
            self.errors[f"last-{name}"] = _(
                "Print at most %(most)s at a time; print the rest after that.", most=f"{most:,}"
            )
        return range(first, last + 1)

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.given


@dataclass(frozen=True)
class VoteOnPaper:
    """A vote of the agenda, and its paper if there can be one."""

    item: AgendaItem
    paper: BallotPaper | None

    @property
    def may_be_ranked(self) -> bool:
        """Whether people may number their choices instead of adding up costs."""
        return self.paper is not None and self.paper.ballot_format == BallotFormat.KNAPSACK

    def numbers(self, asked: Asked) -> range:
        """The numbers of the papers asked for."""
        return asked.span(str(self.item.id), 50, HIGHEST_NUMBER, MOST_PAPERS)

    def ballots(self, asked: Asked) -> Part:
        """Its ballot papers as asked for."""
        return ballots(
            self.item,
            self.paper or abort(404),
            self.numbers(asked),
            large=asked.ticked(f"large-{self.item.id}"),
            ranked=asked.ticked(f"ranked-{self.item.id}"),
        )

    def tally_sheet(self, asked: Asked) -> Part:
        """The tellers’ sheet for the same numbers."""
        ranked = asked.ticked(f"ranked-{self.item.id}")
        return tally_sheet(self.item, self.paper or abort(404), self.numbers(asked), ranked=ranked)


def votes_on_paper(assembly: Assembly) -> list[VoteOnPaper]:
    """The votes of a meeting’s agenda."""
    return [
        VoteOnPaper(item, paper_of_item(db(), item))
        for item in assembly.items
        if item.kind in VOTED_ON
    ]


def polls_of(assembly: Assembly) -> list[AgendaItem]:
    """The polls of a meeting’s agenda."""
    return [item for item in assembly.items if item.kind == ItemKind.POLL]


@facilitators.get("/assemblies/<int:assembly_id>/print")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_pack(assembly: Assembly) -> ResponseReturnValue:
    """Everything that can be printed for a meeting, with its options."""
    return _page(assembly, Asked(request.args))


def _page(assembly: Assembly, asked: Asked) -> str:
    people = roll_size(db(), assembly.round_id)
    return render_template(
        "facilitators/print_pack.html",
        assembly=assembly,
        votes=votes_on_paper(assembly),
        polls=polls_of(assembly),
        people=people,
        last_card=min(people, MOST_VOTER_CARDS),
        is_officer=signed_in().is_officer,
        asked=asked,
        errors=asked.errors,
    )


def _pdf(assembly: Assembly, asked: Asked, name: str, title: str, *parts: Part) -> Response:
    """The PDF, made beside the server; or the page again, where something was asked wrongly."""
    if asked.errors:
        return Response(_page(assembly, asked), 400)
    heading = f"{title}: {assembly.title}"
    file = f"{name}-{assembly.code.lower()}.pdf"
    let_go()
    pdf = counting()(typeset, heading, parts)
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{file}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@facilitators.get("/assemblies/<int:assembly_id>/print/poster.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_poster(assembly: Assembly) -> ResponseReturnValue:
    """A poster, A4 or A3."""
    size = "a3" if request.args.get("size") == "a3" else "a4"
    asked = Asked(request.args)
    return _pdf(assembly, asked, f"poster-{size}", _("Poster"), poster(assembly, size))


@facilitators.get("/assemblies/<int:assembly_id>/print/table-cards.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_table_cards(assembly: Assembly) -> ResponseReturnValue:
    """Table cards, four to a sheet."""
    asked = Asked(request.args)
    cards = table_cards(assembly, asked.number("cards", 40, MOST_CARDS))
    return _pdf(assembly, asked, "table-cards", _("Table cards"), cards)


@facilitators.get("/assemblies/<int:assembly_id>/print/voter-cards.pdf")
@open_to(Who.OFFICER)
def print_voter_cards(assembly: Assembly) -> ResponseReturnValue:
    """Voter cards: they let people vote, so only officers print them."""
    asked = Asked(request.args)
    cards = _voter_cards(assembly, asked)
    return _pdf(assembly, asked, "voter-cards", _("Voter cards"), cards)


def _voter_cards(assembly: Assembly, asked: Asked) -> Part:
    people = roll_size(db(), assembly.round_id) or abort(404)
    numbers = asked.span("voter", MOST_VOTER_CARDS, people, MOST_VOTER_CARDS)
    return voter_cards(assembly, numbers)


@facilitators.get("/assemblies/<int:assembly_id>/print/<int:agenda_item_id>/papers.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_papers(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """The ballot papers of one vote."""
    asked = Asked(request.args)
    papers = _vote(item).ballots(asked)
    return _pdf(assembly, asked, f"papers-{item.position}", item.title, papers)


@facilitators.get("/assemblies/<int:assembly_id>/print/<int:agenda_item_id>/tally-sheet.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_tally_sheet(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """The tellers’ sheet of one vote."""
    asked = Asked(request.args)
    sheet = _vote(item).tally_sheet(asked)
    return _pdf(assembly, asked, f"tally-sheet-{item.position}", _("Tally sheet"), sheet)


def _vote(item: AgendaItem) -> VoteOnPaper:
    if item.kind not in VOTED_ON:
        abort(404)
    return VoteOnPaper(item, paper_of_item(db(), item))


@facilitators.get("/assemblies/<int:assembly_id>/print/<int:agenda_item_id>/hands.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_hand_count(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """The sheet on which hands of one poll are counted."""
    if item.kind != ItemKind.POLL:
        abort(404)
    asked = Asked(request.args)
    name = f"hands-{item.position}"
    return _pdf(assembly, asked, name, _("Count of hands"), hand_count(item))


@facilitators.get("/assemblies/<int:assembly_id>/print/agenda.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_agenda(assembly: Assembly) -> ResponseReturnValue:
    """The agenda for whoever runs the meeting."""
    return _pdf(assembly, Asked(request.args), "agenda", _("Agenda"), agenda(assembly))


@facilitators.get("/assemblies/<int:assembly_id>/print/pack.pdf")
@open_to(Who.FACILITATOR, Who.OFFICER)
def print_everything(assembly: Assembly) -> ResponseReturnValue:
    """Everything in one PDF; voter cards only for officers who ask for them."""
    asked = Asked(request.args)
    parts = list(_everything(assembly, asked))
    return _pdf(assembly, asked, "print-pack", _("Print pack"), *parts)


def _everything(assembly: Assembly, asked: Asked) -> Iterator[Part]:
    yield poster(assembly, "a3")
    yield poster(assembly, "a4")
    yield agenda(assembly)
    yield table_cards(assembly, asked.number("cards", 40, MOST_CARDS))
    for vote in votes_on_paper(assembly):
        if vote.paper is not None:
            yield vote.ballots(asked)
            yield vote.tally_sheet(asked)
    for item in polls_of(assembly):
        yield hand_count(item)
    if asked.ticked("voter-cards") and signed_in().is_officer:
        yield _voter_cards(assembly, asked)
