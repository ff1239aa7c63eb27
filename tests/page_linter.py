"""Reads every page a test loads and says what is wrong with it.

    client = LintingClient(app)   # or: app.test_client_class = LintingClient
    client.get("/")               # AssertionError with one line a problem

Inside an element with `data-verbatim` people's own words stand: their straight quotes are theirs.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TITLE = re.compile(r"\S.* – Wardmote\b")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# A title often is somebody’s own words, which nobody can mark as such inside <title>.
NOT_PROSE = ("title", "code", "pre", "kbd", "samp", "script", "style", "textarea", "template")
NO_LABEL_NEEDED = ("hidden", "submit", "button", "reset", "image")
NOT_RUN = ("application/json", "application/ld+json")
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-errormessage")


def problems_with_page(html: str, *, url: str) -> list[str]:
    """Every broken house rule of one page, one line each, starting with the address."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = BeautifulSoup(html, "html5lib")
    return [f"{url}: {problem}" for rule in RULES for problem in rule(page)]


# --- the page as a whole -------------------------------------------------------------------------


def _one_h1(page: BeautifulSoup) -> Iterator[str]:
    found = len(page.find_all("h1"))
    if found != 1:
        yield f"{found} h1 headings; a page has exactly one"


def _title(page: BeautifulSoup) -> Iterator[str]:
    title = page.title.get_text(strip=True) if page.title else ""
    if not TITLE.match(title):
        yield f"title {title!r} is not in the shape “What this page is – Wardmote”"


def _language(page: BeautifulSoup) -> Iterator[str]:
    if not (page.html and _attribute(page.html, "lang")):
        yield "the html element does not say its lang"


def _one_main(page: BeautifulSoup) -> Iterator[str]:
    found = len(page.select("main, [role=main]"))
    if found != 1:
        yield f"{found} main regions; a page has exactly one"


def _heading_levels(page: BeautifulSoup) -> Iterator[str]:
    level = 1  # a banner before the h1 may start with an h2
    for heading in page.find_all(HEADINGS):
        here = int(heading.name[1])
        if here > level + 1:
            yield f"{_shown(heading)} skips a heading level after h{level}"
        level = here


def _unique_ids(page: BeautifulSoup) -> Iterator[str]:
    counted = Counter(_attribute(element, "id") for element in page.select("[id]"))
    for name, times in counted.items():
        if times > 1:
            yield f"id {name!r} is used {times} times"


def _references(page: BeautifulSoup) -> Iterator[str]:
    ids = {_attribute(element, "id") for element in page.select("[id]")}
    for name in REFERENCES:
        for element in page.select(f"[{name}]"):
            for missing in [i for i in _attribute(element, name).split() if i not in ids]:
                yield f"{_shown(element)}: {name} points to {missing!r}, which is not on the page"
    for link in page.select('a[href^="#"]'):
        target = _attribute(link, "href")[1:]
        if target not in ids:
            yield f"{_shown(link)} leads to #{target}, which is not on the page"


# --- forms ---------------------------------------------------------------------------------------


def _fields_have_labels(page: BeautifulSoup) -> Iterator[str]:
    labelled = {_attribute(label, "for") for label in page.select("label[for]") if _name_of(label)}
    for field in page.find_all(["input", "select", "textarea"]):
        if _attribute(field, "type").lower() in NO_LABEL_NEEDED:
            continue
        spoken = _attribute(field, "aria-label") or _attribute(field, "aria-labelledby")
        around = field.find_parent("label")
        if not (spoken or _attribute(field, "id") in labelled or (around and _name_of(around))):
            yield f"{_shown(field)} has no label"


def _forms(page: BeautifulSoup) -> Iterator[str]:
    for form in page.find_all("form"):
        if not _attribute(form, "action"):
            yield f"{_shown(form)} has no action"
        token = form.find("input", attrs={"name": "csrf_token"})
        is_post = _attribute(form, "method").lower() == "post"
        if is_post and not (token and _attribute(token, "value")):
            yield f"{_shown(form)} has no csrf_token"


def _buttons_have_words(page: BeautifulSoup) -> Iterator[str]:
    for button in page.select("button, [role=button], input[type=submit], input[type=button]"):
        if not (_name_of(button) or _attribute(button, "value").strip()):
            yield f"{_shown(button)} has no words"


# --- what the content security policy would refuse -----------------------------------------------


def _inline_code(page: BeautifulSoup) -> Iterator[str]:
    for element in page.find_all(["script", "style"]):
        is_inline = not _attribute(element, "src") and _attribute(element, "type") not in NOT_RUN
        if is_inline and not _attribute(element, "nonce"):
            yield f"{_shown(element)} stands inline without a nonce"
    for element in page.find_all(True):
        for name in element.attrs:
            if name.startswith("on"):
                yield f"{_shown(element)} has an inline handler, {name}"
            elif name == "style":
                yield f"{_shown(element)} has a style attribute"
        for name in ("href", "src", "action", "formaction"):
            if _attribute(element, name).strip().lower().startswith("javascript:"):
                yield f"{_shown(element)} has a javascript: address"


# --- words ---------------------------------------------------------------------------------------


def _pictures(page: BeautifulSoup) -> Iterator[str]:
    for picture in page.select("img, input[type=image]"):
        if "alt" not in picture.attrs:
            yield f"{_shown(picture)} has no alt (an empty one says it only decorates)"


def _links_say_where(page: BeautifulSoup) -> Iterator[str]:
    for link in page.select("a[href]"):
        words = _name_of(link)
        if not words:
            yield f"{_shown(link)} has no words"
        elif "click here" in words.lower() or words.lower().strip(" .") == "here":
            yield f"{_shown(link)} does not say where it leads"


def _tables(page: BeautifulSoup) -> Iterator[str]:
    for table in page.select("table:not([role=presentation])"):
        if not table.find("th"):
            yield f"{_shown(table)} has no th"
        for header in table.find_all("th"):
            if not _attribute(header, "scope"):
                yield f"{_shown(header)} has no scope"


def _curly_quotes(page: BeautifulSoup) -> Iterator[str]:
    for text in page.find_all(string=re.compile("[\"']")):
        if not isinstance(text, PreformattedString) and not _is_verbatim(text):
            yield f"straight quote in {' '.join(text.split())[:80]!r}; use ’ “ ”"


def _is_verbatim(text: NavigableString) -> bool:
    return any(
        parent.name in NOT_PROSE or "data-verbatim" in parent.attrs for parent in text.parents
    )


# --- reading -------------------------------------------------------------------------------------


def _attribute(element: Tag, name: str) -> str:
    value = element.attrs.get(name, "")
    return " ".join(value) if isinstance(value, list) else str(value)


def _name_of(element: Tag) -> str:
    """The words a screen reader would say for it, near enough."""
    spoken = _attribute(element, "aria-label") or _attribute(element, "aria-labelledby")
    pictures = " ".join(_attribute(picture, "alt") for picture in element.find_all("img"))
    titles = " ".join(title.get_text() for title in element.select("svg > title"))
    return " ".join(f"{spoken} {element.get_text()} {pictures} {titles}".split())


def _shown(element: Tag) -> str:
    opening = str(element).split(">", 1)[0]
    return f"{opening[:120]}>"


RULES: tuple[Callable[[BeautifulSoup], Iterator[str]], ...] = (
    _one_h1,
    _title,
    _language,
    _one_main,
    _heading_levels,
    _unique_ids,
    _references,
    _fields_have_labels,
    _forms,
    _buttons_have_words,
    _inline_code,
    _pictures,
    _links_say_where,
    _tables,
    _curly_quotes,
)


class LintingClient(FlaskClient):
    """A test client that refuses pages which break a house rule."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Open as Flask's client does, then lint what a person would see."""
        response = super().open(*args, **kwargs)
        is_page = response.mimetype == "text/html"
        # A redirect's body is seen by nobody; a 500 is judged by the test that caused it.
        if is_page and (200 <= response.status_code < 300 or 400 <= response.status_code < 500):
            problems = problems_with_page(
                response.get_data(as_text=True), url=response.request.full_path
            )
            assert not problems, "\n" + "\n".join(problems)
        return response
