"""What travels compressed, what must not, and that everything else about an answer stays true."""

import gzip
import json
from collections.abc import Callable

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from app.ticker import Ticker
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import Town

BR = {"Accept-Encoding": "gzip, deflate, br, zstd"}
GZIP = {"Accept-Encoding": "gzip"}
FILE = "/static/css/wardmote.css"


FONTS = "/static/vendor/atkinson-hyperlegible-next-5.3.0"
FONT = f"{FONTS}/atkinson-hyperlegible-next-latin-400-normal.woff2"
Reader = Callable[[bytes], bytes]
FORMS = pytest.mark.parametrize(
    ("wish", "named", "read"), [(BR, "br", brotli.decompress), (GZIP, "gzip", gzip.decompress)]
)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser with cookies; what it is sent is bytes, which no linter can read."""
    app.test_client_class = FlaskClient
    return app.test_client()


def whole(visitor: FlaskClient, address: str) -> bytes:
    with visitor.get(address) as answer:
        return answer.data


def encoding(answer: Response) -> str | None:
    return answer.headers.get("Content-Encoding")


@FORMS
def test_a_page_reads_the_same_however_it_travels(
    visitor: FlaskClient, wish: dict[str, str], named: str, read: Reader
) -> None:
    page = visitor.get("/how-your-vote-is-kept", headers=wish)
    plain = visitor.get("/how-your-vote-is-kept")
    assert encoding(page) == named
    assert encoding(plain) is None
    assert "Accept-Encoding" in page.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    words = plain.text[plain.text.index("<main") : plain.text.index("</main>")]
    assert words in read(page.data).decode()
    assert len(page.data) < len(plain.data) / 2


@FORMS
def test_a_file_comes_whole_the_first_time_and_every_time(
    visitor: FlaskClient, wish: dict[str, str], named: str, read: Reader
) -> None:
    plain = whole(visitor, FILE)
    for _ in range(3):
        with visitor.get(FILE, headers=wish) as answer:
            assert encoding(answer) == named
            assert read(answer.data) == plain
            assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_a_file_that_a_browser_has_is_not_sent_again_in_either_form(visitor: FlaskClient) -> None:
    tags = set()
    for wish in (BR, GZIP, {}):
        for _ in range(2):
            with visitor.get(FILE, headers=wish) as answer:
                tag = answer.headers["ETag"]
            tags.add(tag)
            with visitor.get(FILE, headers={**wish, "If-None-Match": tag}) as again:
                assert again.status_code == 304
                assert again.data == b""
    assert len(tags) == 3  # a strong tag names these very bytes


def test_a_part_of_a_file_is_a_part_of_the_file_itself(visitor: FlaskClient) -> None:
    file = whole(visitor, FILE)
    with visitor.get(FILE, headers={**BR, "Range": "bytes=10-19"}) as part:
        assert part.status_code == 206
        assert encoding(part) is None
        assert part.data == file[10:20]


def test_fonts_and_pictures_travel_as_they_are(visitor: FlaskClient) -> None:
    with visitor.get(FONT, headers=BR) as answer:
        assert encoding(answer) is None
        assert answer.data[:4] == b"wOF2"


def test_a_page_that_repeats_an_address_with_a_secret_beside_it_is_not_compressed(
    visitor: FlaskClient,
) -> None:
    assert encoding(visitor.get("/sign-in?next=/me", headers=BR)) == "br"  # no cookie, no secret
    assert encoding(visitor.get("/sign-in?next=/me", headers=BR)) is None
    assert encoding(visitor.get("/sign-in", headers=BR)) == "br"


def test_an_answer_to_a_form_is_not_compressed(visitor: FlaskClient) -> None:
    answer = visitor.post("/sign-in", data={"email": ""}, headers=BR)
    assert len(answer.data) > 2_000
    assert encoding(answer) is None


def test_a_record_is_streamed_as_it_is(visitor: FlaskClient, town: Town) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    town.session.commit()
    answer = visitor.get(f"/rounds/{the_round.id}/record.json", headers=BR)
    assert answer.status_code == 200
    assert encoding(answer) is None
    assert "Content-Length" not in answer.headers  # it is sent while it is read
    assert answer.get_json()["ledger"]


def test_a_small_tally_fits_one_packet_and_keeps_its_tag(visitor: FlaskClient, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    address = f"/rounds/{the_round.id}/tally.json"
    answer = visitor.get(address, headers=BR)
    assert encoding(answer) is None
    again = visitor.get(address, headers={**BR, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_large_tally_is_compressed_and_known_by_its_tag(
    app: Flask, visitor: FlaskClient, town: Town
) -> None:
    the_round = town.round(Phase.VOTE, proposals=30, profile=DisclosureProfile.OPEN)
    projects = projects_in(town.session, the_round.id)
    choices, voter = [projects[0].code], town.voter(the_round, 1)
    cast_ballot(town.session, town.keys, the_round, voter, choices, request_id="one")
    town.session.commit()
    Ticker(app, delay=lambda: 0).tick()
    address = f"/rounds/{the_round.id}/tally.json"
    answer = visitor.get(address, headers=BR)
    assert encoding(answer) == "br"
    assert len(json.loads(brotli.decompress(answer.data))["figures"]) == 30
    tag = answer.headers["ETag"]
    assert visitor.get(address, headers={**BR, "If-None-Match": tag}).status_code == 304
