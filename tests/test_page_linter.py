from __future__ import annotations

import pytest
from flask import Flask, Response, redirect
from werkzeug.wrappers import Response as Redirect

from tests.page_linter import LintingClient, problems_with_page

GOOD = """<!doctype html>
<html lang="en">
<head>
  <title>Back a proposal – Wardmote</title>
  <style nonce="n0nce">p {color: black}</style>
  <script src="/static/live.js"></script>
  <script type="application/json">{"round": "open"}</script>
</head>
<body>
<nav><h2>Your account</h2><a href="#content">Skip to content</a></nav>
<main id="content">
  <h1>Back a proposal</h1>
  <h2>Money left</h2><h3>In Hatherley</h3>
  <p id="hint">Don’t name anyone. <code>"as typed"</code> <q data-verbatim>it's mine</q></p>
  <form method="post" action="/back">
    <input type="hidden" name="csrf_token" value="t0ken">
    <label for="why">Why</label><textarea id="why" aria-describedby="hint">It's ours</textarea>
    <label>Ward <select><option>Hatherley</option></select></label>
    <input aria-label="Postcode">
    <button>Back it</button>
  </form>
  <form method="get" action="/find"><input type="submit" value="Find"></form>
  <img src="a.png" alt=""><a href="/"><img src="b.png" alt="Wardmote"></a>
  <table><tr><th scope="col">Cost</th></tr><tr><td>£300</td></tr></table>
</main>
</body>
</html>"""

BROKEN = {
    "two h1 headings": ("<h2>Money left</h2>", "<h1>Money left</h1>", "2 h1 headings"),
    "no h1": ("<h1>Back a proposal</h1>", "", "0 h1 headings"),
    "an empty title": ("Back a proposal – Wardmote", "", "title ''"),
    "a title without the service": ("proposal – Wardmote", "proposal", "title 'Back a proposal'"),
    "a title with the service alone": ("Back a proposal – ", "", "title 'Wardmote'"),
    "no language": (' lang="en"', "", "lang"),
    "no main": ("main", "div", "0 main regions"),
    "two mains": ("<h1>", "<main></main><h1>", "2 main regions"),
    "a skipped heading level": ("<h2>Money left</h2>", "", "skips a heading level"),
    "an id used twice": ("<h1>", '<h1 id="hint">', "id 'hint' is used 2 times"),
    "a description that is not there": ('id="hint"', "", "aria-describedby points to 'hint'"),
    "a label for nothing": ('id="why"', "", "for points to 'why'"),
    "a link to no place on the page": ("#content", "#contents", "leads to #contents"),
    "a field without a label": ('<label for="why">Why</label>', "", "has no label"),
    "a label without words": (">Why</label>", "></label>", "has no label"),
    "a select without a label": ("<label>Ward", "<label></label>", "has no label"),
    "an input without a label": ('<input aria-label="Postcode">', "<input>", "has no label"),
    "a form without an action": (' action="/find"', "", "has no action"),
    "a post without a token": ("csrf_token", "token", "has no csrf_token"),
    "a post with an empty token": ("t0ken", "", "has no csrf_token"),
    "a button without words": ("Back it", "", "<button> has no words"),
    "a submit without words": ('value="Find"', "", "has no words"),
    "an inline script": ("<h1>", "<script>go()</script><h1>", "without a nonce"),
    "an inline style sheet": (' nonce="n0nce"', "", "without a nonce"),
    "an inline handler": ("<h1>", '<h1 onclick="go()">', "inline handler, onclick"),
    "a style attribute": ("<h1>", '<h1 style="color: red">', "style attribute"),
    "a javascript address": ('href="/"', 'href=" JavaScript:go()"', "javascript: address"),
    "a picture without alt": ('src="a.png" alt=""', 'src="a.png"', "has no alt"),
    "a link without words": ('alt="Wardmote"', 'alt=""', "has no words"),
    "a link that says click here": ("Skip to content", "Click here to skip", "say where it leads"),
    "a link that says here": ("Skip to content", "here.", "say where it leads"),
    "a table without headers": ("<th", "<td", "has no th"),
    "a header without scope": (' scope="col"', "", "has no scope"),
    "a straight apostrophe": ("Don’t", "Don't", "straight quote"),
    "a straight quotation mark": ("name anyone", 'name "anyone"', "straight quote"),
}


def test_a_good_page_has_no_problems() -> None:
    assert problems_with_page(GOOD, url="/back") == []


@pytest.mark.parametrize("name", BROKEN)
def test_the_linter_notices(name: str) -> None:
    good, broken, words = BROKEN[name]
    assert good in GOOD
    problems = problems_with_page(GOOD.replace(good, broken), url="/back")
    assert any(words in problem for problem in problems), problems
    assert all(problem.startswith("/back: ") for problem in problems)


def _client_of_a_small_site() -> LintingClient:
    site = Flask(__name__)
    bad = GOOD.replace("Don’t", "Don't")

    @site.get("/good")
    def good() -> str:
        return GOOD

    @site.get("/bad/<int:status>")
    def bad_page(status: int) -> tuple[str, int]:
        return bad, status

    @site.get("/plain")
    def plain() -> Response:
        return Response(bad, mimetype="text/plain")

    @site.get("/moved")
    def moved() -> Redirect:
        return redirect("/bad/200")

    return LintingClient(site)


def test_the_client_opens_a_good_page() -> None:
    assert _client_of_a_small_site().get("/good").status_code == 200


@pytest.mark.parametrize("address", ["/bad/200", "/bad/404", "/bad/422"])
def test_the_client_refuses_a_bad_page_and_names_its_address(address: str) -> None:
    with pytest.raises(AssertionError, match=f"{address}.*straight quote"):
        _client_of_a_small_site().get(address)


@pytest.mark.parametrize("address", ["/plain", "/moved", "/bad/500"])
def test_the_client_leaves_alone_what_is_no_page_of_ours(address: str) -> None:
    assert _client_of_a_small_site().get(address).status_code > 0


def test_the_client_lints_where_a_redirect_leads() -> None:
    with pytest.raises(AssertionError, match="straight quote"):
        _client_of_a_small_site().get("/moved", follow_redirects=True)
