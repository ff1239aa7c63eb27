"""What we print: values are printed as they are, tagged, in typefaces that hold people's names."""

import re
import threading
import time
import urllib.request
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from itertools import pairwise

import pytest
import typst
from flask import Flask

from app.counting_room import counting, open_counting_room
from app.settings import settings_from
from app.typesetting import Part, typeset
from neighbourhoods.agenda import add_item
from neighbourhoods.assemblies import ItemKind, plan_assembly
from neighbourhoods.database import Database
from neighbourhoods.people import Office, appointed
from neighbourhoods.rounds import Round
from tests.browser import WardmoteServer, running_wardmote
from tests.pdf_reader import Pdf


def hands(heading: str, *options: str) -> Part:
    """The plainest sheet there is."""
    return {
        "kind": "hand-count",
        "heading": heading,
        "how": "Count.",
        "columns": ["Option", "One", "Two"],
        "options": list(options),
        "first": "First:",
        "second": "Second:",
    }


def printed(*options: str) -> str:
    return Pdf(typeset("Hands", [hands("Hands", *options)])).text


@pytest.mark.parametrize(
    "words",
    [
        "#panic() *x* <script>",
        "$ x^2 $ `raw` @label <label> /* */",
        "\\#let x = 1 = Heading",
        '", sys.inputs, "',
        "Ŵyn o’r Ŷsgubor, Llŷr Gruffydd",
        "Łukasz Żółć, Świętosława Gąsior",
        "Київ, Θεσσαλονίκη, Đặng",
    ],
)
def test_words_are_printed_as_they_are_and_never_read_as_markup(words: str) -> None:
    # A word in letters of two typefaces is shown in two pieces.
    assert "".join(words.split()) in "".join(printed(words).split())


@pytest.mark.parametrize("name", ["محمد عبد الله بن زايد", "پگاه ژیلا", "ٹیپو ڈار", "ڕێبین ئاڵا"])
def test_arabic_persian_urdu_and_kurdish_names_come_back_as_they_are_read(name: str) -> None:
    assert f"Moved by {name} , chair" in " ".join(printed(f"Moved by {name}, chair").split())


def test_a_letter_that_no_typeface_has_does_not_stop_the_printing() -> None:
    text = printed("Trees 🌳 for 漢字\u0000\u202e")
    assert "Trees  for" in text
    assert "🌳" not in text


def test_a_pdf_is_tagged_titled_in_british_english_and_made_for_archives() -> None:
    pdf = Pdf(typeset("Hands & feet", [hands("Hands", "Yes")]))
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in pdf.claims
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.claims
    assert ">Hands &amp; feet</rdf:li>" in pdf.claims
    assert b"/Lang(en-GB)" in pdf.raw
    assert b"/Marked true" in pdf.raw
    assert b"/S/H1" in pdf.raw
    assert b"/S/TH" in pdf.raw


def test_parts_stand_one_after_the_other() -> None:
    pdf = Pdf(typeset("Two", [hands("First sheet"), hands("Second sheet")]))
    assert ["First sheet" in page.text for page in pdf.pages] == [True, False]
    assert ["Second sheet" in page.text for page in pdf.pages] == [False, True]


def test_a_server_typesets_in_the_room_beside_it_and_hears_of_errors(app: Flask) -> None:
    with app.app_context():
        open_counting_room(app)
        pdf = counting()(typeset, "Hands", [hands("Hands", "Yes")])
        with pytest.raises(typst.TypstError):
            counting()(typeset, "Hands", [{"kind": "no such sheet"}])
    app.extensions["wardmote-counting-room"].close()
    assert "Yes" in Pdf(pdf).text


# --- beside a real server ------------------------------------------------------------------------

PAPERS = 300
MOST_SECONDS = 0.5


def pack_of(server: WardmoteServer) -> str:
    """The address of so many papers, in a meeting about the demonstration’s open vote."""
    settings = settings_from(server.settings | {"ASYNC_MODE": "threading"})
    database = Database(settings.database_url)
    with database.writing() as session:
        by = appointed(session, Office.FACILITATOR)[0]
        starts_at = datetime(2027, 1, 1, tzinfo=UTC)
        assembly = plan_assembly(session, session.get_one(Round, 3), by, "Day", starts_at)
        item = add_item(session, assembly, ItemKind.BALLOT, "The vote", by)
        address = f"/assemblies/{assembly.id}/print/{item.id}/papers.pdf?last-{item.id}={PAPERS}"
        session.commit()
    database.dispose()
    return server.base_url + address


def test_three_hundred_papers_keep_nobody_waiting() -> None:
    with running_wardmote("--demo") as server:
        address = pack_of(server)
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        facilitator = urllib.request.build_opener(jar).open
        link = re.search(r"^Facilitator: .*?(http\S+)", server.log, re.MULTILINE)
        assert link is not None
        facilitator(link[1]).read()
        made: list[bytes] = []
        printing = threading.Thread(target=lambda: made.append(facilitator(address).read()))
        printing.start()
        asked = [time.monotonic()]
        while printing.is_alive():
            urllib.request.urlopen(f"{server.base_url}/health/live").read()  # noqa: S310
            asked.append(time.monotonic())
            time.sleep(0.01)
    waited = [later - earlier for earlier, later in pairwise(asked)]
    assert len(Pdf(made[0]).pages) == PAPERS
    assert max(waited) < MOST_SECONDS
    assert asked[-1] - asked[0] > 2 * MOST_SECONDS, "too fast to show anything"
