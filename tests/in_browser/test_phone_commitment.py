"""The phone writes down a ballot, and hashes it, exactly as the server does."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page

from app.residents.filled import Filled
from ballots.papers import NUMBERED, BallotFormat, BallotPaper, PaperProject, canonical
from ballots.receipts import commitment, receipt_code
from tests.browser import WardmoteServer, running_wardmote

pytestmark = pytest.mark.browser

CLIENT, SERVER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
SCRIPT = "/static/js/receipt.js"
LETTERS = "aZ09-_ .|\"\\/'<&:,[]{}\x7f\x80\xa0éßñŁΩж中語ﬁ\ufffd\ue000\ufeff\u2028🌳🏙️😀𝔸\U0010fffd"
IDS = [
    *("1", "2", "10", "03", "__proto__", "constructor", "a", "a|b", "é", "e\u0301", "Ł"),
    *("\U0001f333", "\U0001f333a", "\ufb01", "\uffee", "\ue000", "\U0010fffd", 'say "yes"', "\\"),
]
NUMBERS = ("", "0", "-0", "1", "5", " 7 ", "+3", "007", "-1", "\u20034\u2003", "999999999")


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    """One Wardmote for all tests here."""
    with running_wardmote() as server:
        yield server


class Sent(NamedTuple):
    """A filled-in paper: its fields as a form sends them, and as the server reads them."""

    ballot_format: BallotFormat
    fields: list[tuple[str, str]]
    filled: Filled

    def text(self, ids: list[str]) -> str:
        scores = self.ballot_format is BallotFormat.SCORES
        points = self.ballot_format is BallotFormat.POINTS
        paper = BallotPaper(
            self.ballot_format,
            tuple(PaperProject(code, 100) for code in ids),
            100,
            points_to_give=9 if points else None,
            highest_score=9 if scores else None,
        )
        choices: Any = self.filled.choices_on(paper)
        return canonical(self.ballot_format, choices)


def filled_in(ballot_format: BallotFormat, ids: list[str], dice: random.Random) -> Sent:
    if ballot_format in NUMBERED:
        written = {code: dice.choice(NUMBERS) for code in ids}
        fields = [(f"mark-{code}", words) for code, words in written.items()]
        return Sent(ballot_format, fields, Filled(written=written))
    chosen = dice.sample(ids, 1 if ballot_format is BallotFormat.CHOOSE_ONE else len(ids) // 2)
    if ballot_format is BallotFormat.RANKING:
        chosen.insert(dice.randrange(len(chosen) + 1), "")
    return Sent(ballot_format, [("project", code) for code in chosen], Filled(tuple(chosen)))


def in_page(page: Page, expression: str, given: object) -> Any:
    """What an expression over `checks` (the phone’s functions) and `given` comes to."""
    return page.evaluate(
        f"async (given) => {{ const checks = await import({SCRIPT!r}); return {expression}; }}",
        given,
    )


@pytest.mark.parametrize("ballot_format", BallotFormat)
def test_the_phone_writes_choices_and_commitments_as_the_server_does(
    ballot_format: BallotFormat, served: WardmoteServer, phone: Page
) -> None:
    dice = random.Random(2026)
    pages = [IDS] + [
        sorted({"".join(dice.choices(LETTERS, k=dice.randint(1, 6))) for _ in range(8)})
        for _ in range(200)
    ]
    papers = [filled_in(ballot_format, dice.sample(ids, len(ids)), dice) for ids in pages]
    texts = [paper.text(ids) for paper, ids in zip(papers, pages, strict=True)]
    phone.goto(served.base_url)
    found = in_page(
        phone,
        "given.papers.map((it) => checks.canonicalChoices(given.kind, new URLSearchParams(it)))",
        {"kind": ballot_format.value, "papers": [paper.fields for paper in papers]},
    )
    assert found == texts
    assert len(set(texts)) > 15
    committed = in_page(
        phone,
        "given.map((words) => checks.commitmentOf(...words))",
        [(round_id, CLIENT, SERVER, text) for round_id, text in enumerate(texts)],
    )
    wanted = [commitment(number, CLIENT, SERVER, text) for number, text in enumerate(texts)]
    assert committed == wanted
    codes = in_page(phone, "given.map(checks.codeOf)", wanted)
    assert codes == [receipt_code(words) for words in wanted]
