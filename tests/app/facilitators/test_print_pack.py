"""The print pack of a meeting: what there is, for whom, and what stands on each sheet."""

import re

import pytest
from bs4 import BeautifulSoup

from ballots.paper_ballots import number_of
from ballots.papers import BallotFormat
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import Town
from tests.council import Site
from tests.pdf_reader import Pdf

# What only a paper of this format says.
SAYS = {
    BallotFormat.APPROVAL: "Put a cross in the box beside each project you choose.",
    BallotFormat.CHOOSE_ONE: "A paper with two crosses does not count.",
    BallotFormat.KNAPSACK: "Your projects may cost £10,000 together. Add up their costs.",
    BallotFormat.RANKING: "Write 1 beside your favourite",
    BallotFormat.POINTS: "You have 10 points. Add up yours.",
    BallotFormat.SCORES: "Put a cross through one number",
    BallotFormat.YES_NO: "Put a cross in the box for yes or in the box for no.",
}


def meeting(town: Town, ballot_format: BallotFormat = BallotFormat.APPROVAL) -> Assembly:
    """A meeting with a poll and a ballot, about a round of four benches."""
    limits: dict[str, int] = {}
    if ballot_format == BallotFormat.POINTS:
        limits["points_to_give"] = 10
    if ballot_format == BallotFormat.SCORES:
        limits["highest_score"] = 5
    the_round = town.round(
        Phase.DEBATE,
        ballot_format=ballot_format,
        max_choices=3 if ballot_format == BallotFormat.APPROVAL else None,
        **limits,  # type: ignore[arg-type]
    )
    assembly = town.assembly(the_round, ItemKind.WELCOME, ItemKind.POLL, ItemKind.BALLOT)
    town.session.commit()
    return assembly


def vote_of(assembly: Assembly) -> AgendaItem:
    return next(item for item in assembly.items if item.kind == ItemKind.BALLOT)


def pdf(site: Site, person: Person, assembly: Assembly, path: str) -> Pdf:
    answer = site.as_(person).get(f"/assemblies/{assembly.id}/print/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    return Pdf(answer.data)


def words_of(printed: Pdf) -> str:
    return " ".join(printed.text.split())


def papers(site: Site, town: Town, assembly: Assembly, options: str = "") -> Pdf:
    item = vote_of(assembly).id
    query = f"first-{item}=7&last-{item}=9{options.replace('ID', str(item))}"
    return pdf(site, town.facilitator, assembly, f"{item}/papers.pdf?{query}")


def test_the_page_offers_a_pdf_of_everything(town: Town, site: Site) -> None:
    assembly = meeting(town)
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/print")
    found = BeautifulSoup(page.text, "html5lib")
    offered = {str(each["href"]) for each in found.select("a[href*='.pdf']")}
    offered |= {str(each["formaction"]) for each in found.select("button[formaction]")}
    poll, vote = assembly.items[1].id, vote_of(assembly).id
    print_pack = f"/assemblies/{assembly.id}/print"
    assert offered == {
        f"{print_pack}/pack.pdf",
        f"{print_pack}/poster.pdf?size=a4",
        f"{print_pack}/poster.pdf?size=a3",
        f"{print_pack}/table-cards.pdf",
        f"{print_pack}/agenda.pdf",
        f"{print_pack}/{poll}/hands.pdf",
        f"{print_pack}/{vote}/papers.pdf",
        f"{print_pack}/{vote}/tally-sheet.pdf",
    }


@pytest.mark.parametrize(("size", "millimetres"), [("a4", (210, 297)), ("a3", (297, 420))])
def test_a_poster_says_how_to_join_and_the_wi_fi(
    size: str, millimetres: tuple[int, int], town: Town, site: Site
) -> None:
    assembly = meeting(town)
    poster = pdf(site, town.facilitator, assembly, f"poster.pdf?size={size}")
    assert [page.size for page in poster.pages] == [millimetres]
    text = words_of(poster)
    for words in ("localhost/join", f"{assembly.code[:3]} {assembly.code[3:]}", "hall", "frogs"):
        assert words in text
    assert "1pm on Monday 23 November 2026" in text
    assert f"/Alt(QR code of http://localhost/a/{assembly.code})".encode() in b"".join(
        poster.stream(number) for number, body in poster.objects.items() if b"/Length" in body
    )


def test_table_cards_come_four_to_a_sheet(town: Town, site: Site) -> None:
    assembly = meeting(town)
    cards = pdf(site, town.facilitator, assembly, "table-cards.pdf?cards=9")
    assert [page.text.count("localhost/join") for page in cards.pages] == [4, 4, 1]


@pytest.mark.parametrize("ballot_format", BallotFormat)
def test_a_paper_of_every_format_says_how_to_mark_it_and_what_projects_cost(
    ballot_format: BallotFormat, town: Town, site: Site
) -> None:
    printed = papers(site, town, meeting(town, ballot_format))
    text = words_of(printed)
    assert SAYS[ballot_format] in text
    for number in range(1, 5):
        assert f"Bench {number}" in text
        assert f"£{number * 2},000" in text


def test_each_paper_has_the_serial_of_its_number_which_leads_back_to_it(
    town: Town, site: Site
) -> None:
    assembly = meeting(town)
    printed = papers(site, town, assembly)
    assert len(printed.pages) == 3
    serials = [re.findall(r"\b\d{4}-[0-9A-Z]{3}\b", page.text)[0] for page in printed.pages]
    key = site.app.extensions["wardmote"][0].key_for("paper-serials")
    numbers = [number_of(key, vote_of(assembly).id, serial) for serial in serials]
    assert numbers == [7, 8, 9]


@pytest.mark.parametrize("ballot_format", BallotFormat)
def test_nothing_on_a_large_print_paper_is_smaller_than_18_point(
    ballot_format: BallotFormat, town: Town, site: Site
) -> None:
    assembly = meeting(town, ballot_format)
    large = papers(site, town, assembly, "&large-ID=yes&ranked-ID=yes")
    plain = papers(site, town, assembly)
    assert min(size for page in large.pages for size, _words in page.lines) >= 18
    assert min(size for page in plain.pages for size, _words in page.lines) < 18


def test_a_paper_of_many_pages_says_its_number_on_each(town: Town, site: Site) -> None:
    the_round = town.round(Phase.DEBATE, proposals=20)
    assembly = town.assembly(the_round, ItemKind.BALLOT)
    town.session.commit()
    printed = papers(site, town, assembly, "&large-ID=yes")
    serials = [set(re.findall(r"\b(000[789])-[0-9A-Z]{3}\b", page.text)) for page in printed.pages]
    assert len(serials) > 3
    assert all(len(found) == 1 for found in serials)
    assert {number for found in serials for number in found} == {"0007", "0008", "0009"}


def test_choices_may_be_numbered_in_place_of_adding_up_costs(town: Town, site: Site) -> None:
    assembly = meeting(town, BallotFormat.KNAPSACK)
    text = words_of(papers(site, town, assembly, "&ranked-ID=yes"))
    assert "We take them in your order as long as the money lasts: £10,000 in all." in text
    assert "Add up" not in text
    item = vote_of(assembly).id
    sheet = pdf(
        site, town.facilitator, assembly, f"{item}/tally-sheet.pdf?last-{item}=2&ranked-{item}=yes"
    )
    assert "Leave out a project that no longer fits the money." in words_of(sheet)


def test_the_tally_sheet_lists_serials_and_the_projects_codes(town: Town, site: Site) -> None:
    assembly = meeting(town)
    item = vote_of(assembly)
    sheet = pdf(site, town.facilitator, assembly, f"{item.id}/tally-sheet.pdf?last-{item.id}=30")
    text = words_of(sheet)
    for project in projects_in(town.session, assembly.round_id):
        assert re.search(rf"\b{project.code}\b", text)
    assert len(re.findall(r"\b00\d\d-[0-9A-Z]{3}\b", text)) == 30
    # The heads of its columns come again on the next page.
    assert [page.text.count("Spoilt") > 0 for page in sheet.pages] == [True, True]


def test_hands_are_counted_on_a_sheet_with_the_options_of_the_poll(town: Town, site: Site) -> None:
    assembly = meeting(town)
    sheet = pdf(site, town.facilitator, assembly, f"{assembly.items[1].id}/hands.pdf")
    assert "Yes No First teller:" in words_of(sheet)


def test_a_buying_round_asks_for_one_project_that_fits(town: Town, site: Site) -> None:
    the_round = town.round(Phase.DEBATE)
    the_round.budget_pence = 500_000
    assembly = town.assembly(the_round, ItemKind.PURCHASE)
    town.session.commit()
    item = assembly.items[0].id
    text = words_of(pdf(site, town.facilitator, assembly, f"{item}/papers.pdf?last-{item}=1"))
    assert "Bench 2" in text
    assert "Bench 3" not in text
    assert "A paper with two crosses does not count." in text


# --- voter cards ---------------------------------------------------------------------------------


def test_voter_cards_are_for_officers_alone(town: Town, site: Site) -> None:
    assembly = meeting(town)
    address = f"/assemblies/{assembly.id}/print/voter-cards.pdf"
    assert site.as_(town.facilitator).get(address).status_code == 403
    cards = pdf(site, town.officer, assembly, "voter-cards.pdf?first-voter=2&last-voter=3")
    assert re.findall(r"Voter \d", cards.text) == ["Voter 2", "Voter 3"]
    page = site.as_(town.officer).get(f"/office/rounds/{assembly.round_id}/voter-cards").text
    codes = re.findall(r"\b[0-9A-Z]{4} [0-9A-Z]{4} [0-9A-Z]{4}\b", cards.text)
    assert len(codes) == 2
    assert all(code in page for code in codes)


def test_everything_comes_in_one_pdf_with_voter_cards_only_for_an_officer(
    town: Town, site: Site
) -> None:
    assembly = meeting(town)
    item = vote_of(assembly).id
    asked = f"pack.pdf?cards=1&last-{item}=2&voter-cards=yes"
    theirs = words_of(pdf(site, town.facilitator, assembly, asked))
    officers = words_of(pdf(site, town.officer, assembly, asked))
    for words in ("localhost/join", "Agenda: Decision day", "Bench 4", "Tally sheet", "hands"):
        assert words in theirs
        assert words in officers
    assert "Voter 1" not in theirs
    assert "Voter 1" in officers


# --- what is asked wrongly -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("first-ID=5&last-ID=4", "The last number cannot be before the first."),
        ("first-ID=x", "Enter a whole number from 1 to 9,999."),
        ("first-ID=0", "Enter a whole number from 1 to 9,999."),
        ("last-ID=10000", "Enter a whole number from 1 to 9,999."),
        ("last-ID=501", "Print at most 500 at a time"),
        ("first-ID=²&last-ID=٣", "Enter a whole number from 1 to 9,999."),
    ],
)
def test_numbers_that_make_no_stack_are_explained_beside_the_field(
    query: str, words: str, town: Town, site: Site
) -> None:
    assembly = meeting(town)
    item = str(vote_of(assembly).id)
    address = f"/assemblies/{assembly.id}/print/{item}/papers.pdf?{query.replace('ID', item)}"
    answer = site.as_(town.facilitator).get(address)
    assert answer.status_code == 400
    assert BeautifulSoup(answer.text, "html5lib").select(".govuk-error-summary")
    assert words in answer.text


def test_what_is_no_vote_has_no_papers(town: Town, site: Site) -> None:
    assembly = meeting(town)
    client = site.as_(town.facilitator)
    for item in assembly.items[:2]:
        address = f"/assemblies/{assembly.id}/print/{item.id}/papers.pdf"
        assert client.get(address).status_code == 404


def test_before_there_are_projects_the_page_says_that_there_is_no_paper(
    town: Town, site: Site
) -> None:
    assembly = town.assembly(town.round(Phase.IDEAS), ItemKind.BALLOT)
    town.session.commit()
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/print").text
    assert "There is no paper yet" in page
