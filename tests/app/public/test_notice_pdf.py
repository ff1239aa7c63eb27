"""The PDF of a notice, judged: what archives (PDF/A-2a) and screen readers (PDF/UA-1) need.

The typesetter refuses to write a file that breaks either. Here a checker by other people, which
knows all rules that a program can check, judges what it wrote, and we read it apart ourselves.
"""

import re

import pytest
from page import ValidationProfile, validate_pdf_bytes

from ballots.keys import KeyFolder
from tests.app.public.test_notices import NAMES, declined_round
from tests.builders import Town
from tests.council import Site
from tests.pdf_reader import Pdf


@pytest.fixture
def pdf(site: Site, town: Town) -> Pdf:
    """A notice with names in three scripts, a table, lists, a heading to each field, a link."""
    town.councillor.name, town.ward.name, town.neighbourhood.name = NAMES
    declined_round(town)
    return Pdf(site.as_(None).get("/notices/2026/1.pdf").data)


def structure(pdf: Pdf) -> str:
    """Everything in the tree of tags."""
    return "\n".join(
        body.decode("latin-1") for body in pdf.objects.values() if b"/Type/StructElem" in body
    )


JUDGED = (ValidationProfile.PDF_A_2A, ValidationProfile.PDF_UA_1)


@pytest.mark.parametrize("profile", JUDGED, ids=lambda profile: profile.value)
def test_an_independent_checker_finds_nothing_wrong(pdf: Pdf, profile: ValidationProfile) -> None:
    report = validate_pdf_bytes(pdf.raw, profile=profile)
    assert [(one.rule_id, one.message) for one in report.failures] == []
    assert report.is_compliant
    assert report.rules.total > 100


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        (b"/Lang(en-GB)", b"/Gnal(en-GB)", "TEXT-LANGUAGE"),
        (b"/ToUnicode", b"/ToUnikode", "UNICODE-MAPPING"),
        (b"/FontFile2", b"/FontFile8", "FONT-EMBEDDING"),
        (b"/S/TH", b"/S/TX", "TABLE-KIDS"),
        (b"/S/H2", b"/S/H4", "HEADING-NESTING"),
        (b"/Contents(", b"/Kontents(", "LINK-CONTENTS"),
        (b"/Marked true", b"/Marked null", "TAGGED-DOCUMENT"),
        (b"/DisplayDocTitle true", b"/DisplayDocTitle null", "VIEWER-PREFERENCES"),
        (b"<pdfaid:part>2", b"<pdfaid:part>3", "ID-PART"),
    ],
)
def test_the_checker_would_find_what_is_missing(
    pdf: Pdf, was: bytes, now: bytes, rule: str
) -> None:
    assert was in pdf.raw
    broken = pdf.raw.replace(was, now)
    found = [
        one.rule_id
        for profile in JUDGED
        for one in validate_pdf_bytes(broken, profile=profile).failures
    ]
    assert any(rule in one for one in found), found


def test_it_says_which_standards_it_keeps_its_title_and_its_language(pdf: Pdf) -> None:
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in pdf.claims
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.claims
    assert "Decision notice 2026/1: Canal Side decides</rdf:li>" in pdf.claims
    assert b"/Lang(en-GB)" in pdf.raw
    assert b"/DisplayDocTitle true" in pdf.raw


def test_its_colours_have_a_profile_that_lies_in_the_file(pdf: Pdf) -> None:
    found = re.search(rb"/Type/OutputIntent/DestOutputProfile (\d+) 0 R", pdf.raw)
    intent = re.search(rb"/S/GTS_PDFA1", pdf.raw)
    assert intent
    assert found
    assert pdf.stream(int(found[1]))[36:40] == b"acsp"  # what every ICC profile has there


def test_every_typeface_lies_in_the_file_and_leads_back_to_letters(pdf: Pdf) -> None:
    composite = [body for body in pdf.objects.values() if b"/Subtype/Type0" in body]
    descriptors = [body for body in pdf.objects.values() if b"/Type/FontDescriptor" in body]
    assert len(composite) >= 3
    assert all(b"/ToUnicode" in body for body in composite)
    assert len(descriptors) == len(composite)
    assert all(re.search(rb"/FontFile[23]? \d+ 0 R", body) for body in descriptors)


def test_everything_is_tagged_with_headings_in_order_and_heads_to_the_table(pdf: Pdf) -> None:
    assert b"/MarkInfo<</Marked true" in pdf.raw
    tags = structure(pdf)
    assert re.findall(r"/S/(H\d)", tags).count("H1") == 1
    assert len(re.findall(r"/S/H2\b", tags)) == 7
    assert len(re.findall(r"/S/TH\b", tags)) == 4
    assert len(re.findall(r"/S/TD\b", tags)) == 2 * 4
    assert len(re.findall(r"/Scope/Column", tags)) == 4
    for page in pdf.pages:
        assert b"/StructParents" in pdf.objects[page.number]
        assert b"/Tabs/S" in pdf.objects[page.number]


def test_it_holds_no_script_no_lock_and_nothing_from_outside(pdf: Pdf) -> None:
    for name in (b"/Encrypt", b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/OpenAction"):
        assert name not in pdf.raw
    assert set(re.findall(rb"/URI\((.*?)\)", pdf.raw)) == {b"http://localhost/notices/2026/1"}


def test_names_are_in_letters_that_can_be_found_again(pdf: Pdf, keys: KeyFolder) -> None:
    text = "".join(pdf.text.split())
    assert "SiânŴyn-Llŷr" in text
    assert "ŚwiętosławaŻółć" in text
    assert "محمدعبدالله" in text
    assert keys.public_key() not in text  # a page names it; paper cannot prove itself
