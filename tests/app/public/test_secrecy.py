"""How a vote is kept: the page and SECURITY.md promise the same, in the same words."""

import re
from pathlib import Path

from bs4 import BeautifulSoup

from tests.council import Site

SECURITY = Path(__file__).parents[3] / "SECURITY.md"
# A section of the page, and the one of SECURITY.md that says the same.
SECTIONS = {
    "What we promise": "What is promised about a vote",
    "What we do not promise": "What is not promised",
}


def sections_of_the_page(site: Site) -> dict[str, list[str]]:
    """What the page says under each h2, idea by idea."""
    page = BeautifulSoup(site.as_(None).get("/how-your-vote-is-kept").text, "html5lib")
    sections: dict[str, list[str]] = {}
    for heading in page.select("main h2"):
        ideas = sections.setdefault(heading.get_text(), [])
        for element in heading.find_next_siblings():
            if element.name == "h2":
                break
            words = " ".join(element.get_text().split())
            if element.name == "h3":
                ideas.append(f"{words}.")
            elif ideas:
                ideas[-1] += f" {words}"
    return sections


def sections_of_the_file() -> dict[str, list[str]]:
    """What SECURITY.md says under each heading, bullet by bullet, without its markup."""
    written = re.sub(r"[*`]{2}|`", "", SECURITY.read_text("utf-8"))
    return {
        about: [" ".join(bullet.split()) for bullet in words.split("\n* ")[1:]]
        for about, _, words in (part.partition("\n") for part in written.split("\n## ")[1:])
    }


def test_the_file_and_the_page_say_the_same_word_for_word(site: Site) -> None:
    on_the_page, in_the_file = sections_of_the_page(site), sections_of_the_file()
    for heading, title in SECTIONS.items():
        assert len(on_the_page[heading]) > 4
        assert on_the_page[heading] == in_the_file[title]


def test_the_page_warns_that_a_receipt_opens_a_published_ballot(site: Site) -> None:
    words = " ".join(sections_of_the_page(site)["What we do not promise"])
    assert "Your code is the beginning of the fingerprint." in words
    assert "Keep your receipt to yourself." in words


def test_what_has_to_be_typed_in_is_marked_as_code(site: Site) -> None:
    page = BeautifulSoup(site.as_(None).get("/how-your-vote-is-kept").text, "html5lib")
    assert [code.get_text() for code in page.select("main code")] == [
        "flask witness",
        "python verify.py record.json",
        "docs/verification.md",
    ]
    assert "`" not in page.get_text()


def test_every_place_where_people_wonder_leads_to_the_page(site: Site) -> None:
    for address in ("/", "/privacy"):
        assert 'href="/how-your-vote-is-kept"' in site.as_(None).get(address).text
