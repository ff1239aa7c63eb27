"""The register’s feed: valid Atom by the musts of RFC 4287, and renewed by what happens later."""

import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from ballots.notices import call_in, correct_notice, notice_of
from tests.app.public.builders import signed_round
from tests.app.public.test_notices import HOSTILE, called_in_round, declined_round
from tests.app.public.test_register import ATOM, rows, shown
from tests.builders import Clock, Town
from tests.council import Site

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE = ("id", "title", "updated")


def faults(feed: bytes) -> list[str]:
    """What breaks RFC 4287 in a feed, by the musts of its sections 4.1 and 4.2."""
    root = ET.fromstring(feed)  # noqa: S314 - our own
    found = [] if root.tag == f"{ATOM}feed" else ["the root is no feed"]
    found += _common_faults(root, "the feed")
    if not root.findall(f"{ATOM}link[@rel='self']"):
        found.append("the feed has no link to itself")
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        found += _common_faults(entry, "an entry")
        if not entry.findall(f"{ATOM}link[@rel='alternate']"):
            found.append("an entry leads nowhere and has no content")
        kinds = [(one.get("type"), one.get("hreflang")) for one in _alternates(entry)]
        if len(kinds) != len(set(kinds)):
            found.append("two links are alternates of one kind")
        if len(entry.findall(f"{ATOM}summary")) > 1:
            found.append("an entry has two summaries")
        if len(entry.findall(f"{ATOM}published")) > 1:
            found.append("an entry was published twice")
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    if len(ids) != len(set(ids)):
        found.append("two entries have one id")
    moments = [one.text or "" for one in root.iter() if one.tag in (_UPDATED, _PUBLISHED)]
    found += [f"no moment: {one}" for one in moments if not _MOMENT.fullmatch(one)]
    return found


_UPDATED, _PUBLISHED = f"{ATOM}updated", f"{ATOM}published"


def _alternates(entry: ET.Element) -> list[ET.Element]:
    return entry.findall(f"{ATOM}link[@rel='alternate']")


def _common_faults(part: ET.Element, name: str) -> list[str]:
    found = [f"{name} has not one {one}" for one in _ONCE if len(part.findall(f"{ATOM}{one}")) != 1]
    found += [
        f"{name} has an author without a name"
        for author in part.findall(f"{ATOM}author")
        if not author.findtext(f"{ATOM}name")
    ]
    if not part.findall(f"{ATOM}author"):
        found.append(f"{name} has no author")
    address = urlsplit(part.findtext(f"{ATOM}id") or "")
    if not (address.scheme and address.netloc):
        found.append(f"{name} has no whole address as its id")
    links = [link.get("href") or "" for link in part.findall(f"{ATOM}link")]
    found += [f"{name} has a link to nowhere" for one in links if not urlsplit(one).netloc]
    found += [f"{name} has a category without a term" for one in part if one.get("term") == ""]
    return found


def test_the_feed_is_valid_atom_with_and_without_entries(site: Site, town: Town) -> None:
    client = site.as_(None)
    assert faults(client.get("/decisions/register.atom").data) == []
    town.councillor.name = 'Ann & "Bob" <c>'
    declined_round(town, HOSTILE)
    signed_round(town)
    answer = client.get("/decisions/register.atom?q=&ward=millbrook&year=2026")
    assert faults(answer.data) == []
    assert answer.data.count(b"<entry>") == 2
    links = ET.fromstring(answer.data).findall(f"{ATOM}link")  # noqa: S314 - our own
    (whole,) = [one.get("href") for one in links if one.get("rel") == "self"]
    again = client.get((whole or "").removeprefix("http://localhost"))
    assert again.data.count(b"<entry>") == 2
    entry = ET.fromstring(answer.data).find(f"{ATOM}entry")  # noqa: S314 - our own
    assert entry is not None
    for link in _alternates(entry):
        found = client.get((link.get("href") or "").removeprefix("http://localhost"))
        assert (found.status_code, found.mimetype) == (200, link.get("type"))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"<published>2026-11-23T", b"<published>23 November 2026 "),
        (b'rel="self"', b'rel="elsewhere"'),
        (b"<name>Cora Councillor</name>", b""),
        (b"<id>http://localhost/notices", b"<id>/notices"),
        (b'type="application/pdf"', b'type="application/json"'),
        (b'term="Millbrook"', b'term=""'),
    ],
)
def test_a_feed_that_breaks_the_standard_is_found(
    site: Site, town: Town, was: bytes, now: bytes
) -> None:
    signed_round(town)
    feed = site.as_(None).get("/decisions/register.atom").data
    assert was in feed
    assert faults(feed.replace(was, now)) != []


def test_a_call_in_renews_the_feed_and_stands_in_it(site: Site, town: Town, clock: Clock) -> None:
    the_round = called_in_round(town)
    clock.moves(days=1)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    call_in(town.session, notice, "Scrutiny wants to hear residents.")
    town.session.commit()
    feed = ET.fromstring(site.as_(None).get("/decisions/register.atom").data)  # noqa: S314
    assert feed.findtext(f"{ATOM}entry/{ATOM}updated") == clock().isoformat()
    assert "Scrutiny wants to hear residents." in (
        feed.findtext(f"{ATOM}entry/{ATOM}summary") or ""
    )
    assert rows(site)[0]["called_in_why"] == "Scrutiny wants to hear residents."


def test_a_correction_is_found_by_its_words(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    assert shown(site, "?q=hawthorn") == []
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    correct_notice(town.session, town.keys, notice, town.officer, "Read “Hawthorn Lane”.")
    town.session.commit()
    assert shown(site, "?q=hawthorn") == ["/notices/2026/1"]
