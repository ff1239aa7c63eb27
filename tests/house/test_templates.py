"""Every word a template says goes through gettext, and nothing is marked safe by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, nodes

from tests.house.sources import our_files, problems_in

JINJA = Environment(
    extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True
)
WORD = re.compile(r"[^\W\d_]{2,}")
# Names are not translated.
NAMES = {"Wardmote"}
SPOKEN_ATTRIBUTES = {"title", "alt", "aria-label", "aria-description", "placeholder", "label"}
UNSPOKEN_ELEMENTS = {"script", "style"}
TRANSLATES = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
# Arguments of components that are words for people, whatever they look like.
SPOKEN_ARGUMENTS = {"text", "html", "titleText", "visuallyHiddenText", "caption", "hint", "label"}
# Arguments that are words for the machine, even with spaces in them.
UNSPOKEN_ARGUMENTS = {"class", "class_", "classes", "autocomplete", "sizes", "format", "d"}
SENTENCE = re.compile(r"^[“‘(]?[A-Z][a-z]+\b(?![-_./])|\b[a-z]{2,} [a-z]{2,}\b(?![-_])")
DATE_PATTERN = re.compile(r"^[GyMLdEahHkmsz ,:’'./-]+$")
# (template, line as written): each with the reason why its words cannot be escaped.
SAFE_BY_HAND: dict[tuple[str, str], str] = {}


class Reader(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.spoken: list[tuple[int, str]] = []
        self.silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent = tag if tag in UNSPOKEN_ELEMENTS else ""
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES:
                self.spoken.append((self.getpos()[0], value or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self.silent:
            self.silent = ""

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.spoken.append((self.getpos()[0], data))


def raw_words(source: str) -> Iterator[str]:
    """Words in the HTML of a template that stand outside `_()` and `{% trans %}`."""
    reader = Reader()
    reader.feed(_html_alone(source))
    reader.close()
    for line, text in reader.spoken:
        words = [word for word in WORD.findall(text) if word not in NAMES]
        if words:
            yield f"{line}: {' '.join(words)[:80]}"


def _html_alone(source: str) -> str:
    """The template with every Jinja part gone, lines kept, an expression standing as `0`."""
    html: list[str] = []
    until = ""  # the tag that ends a part which holds no raw words
    before, opened = "", ""
    for kind, text in _visible_tokens(source):
        if kind == "name" and before == "block_begin":
            opened = text
            if opened == "trans":
                until = "endtrans"
            elif opened == until:
                until = ""
        elif kind == "name" and opened == "block" and text.endswith("_classes"):
            until = "endblock"
        if kind == "data" and not until:
            html.append(text)
        else:
            html.append(("0" if kind == "variable_begin" else "") + "\n" * text.count("\n"))
        before = before if kind == "break" else kind
    return "".join(html)


def _visible_tokens(source: str) -> Iterator[tuple[str, str]]:
    """Jinja's tokens; of the spaces inside tags only the line breaks stay."""
    for _line, kind, text in JINJA.lex(source):
        if kind != "whitespace":
            yield kind, text
        elif "\n" in text:
            yield "break", text


def raw_strings(source: str) -> Iterator[str]:
    """Strings inside Jinja code that a person would read and that miss `_()`."""
    yield from _strings(JINJA.parse(source), spoken=None)


def _strings(node: nodes.Node, *, spoken: bool | None) -> Iterator[str]:
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in TRANSLATES:
        return
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and _is_said(node.value, spoken):
            yield f"{node.lineno}: {node.value[:80]!r}"
        return
    if isinstance(node, nodes.Pair):
        yield from _strings(node.value, spoken=_is_spoken(getattr(node.key, "value", None)))
        return
    if isinstance(node, nodes.Keyword):
        yield from _strings(node.value, spoken=_is_spoken(node.key))
        return
    for child in node.iter_child_nodes():
        yield from _strings(child, spoken=spoken if isinstance(node, nodes.Expr) else None)


def _is_spoken(argument: object) -> bool | None:
    if argument in SPOKEN_ARGUMENTS:
        return True
    return False if argument in UNSPOKEN_ARGUMENTS else None


def _is_said(text: str, spoken: bool | None) -> bool:
    if spoken is None:
        return bool(SENTENCE.search(text)) and not DATE_PATTERN.match(text) and text not in NAMES
    return spoken and any(word not in NAMES for word in WORD.findall(text))


def marked_safe(source: str) -> Iterator[str]:
    """Lines that switch escaping off."""
    for number, line in enumerate(source.splitlines(), start=1):
        if re.search(r"\|\s*safe\b|autoescape\s+false", line):
            yield f"{number}: {line.strip()}"


def test_every_word_of_the_templates_is_translatable() -> None:
    # Typst is no HTML: what is printed comes word by word from app/facilitators.
    pages = (path for path in our_files("templates") if path.suffix != ".typ")
    assert problems_in(pages, raw_words) == []


def test_every_string_in_template_code_is_translatable() -> None:
    assert problems_in(our_files("templates"), raw_strings) == []


def test_nothing_is_marked_safe_except_what_is_listed_with_a_reason() -> None:
    found = set()
    for problem in problems_in(our_files("templates"), marked_safe):
        name, _number, line = problem.split(":", 2)
        found.add((name, line.strip()))
    assert found == set(SAFE_BY_HAND)


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (raw_words, "<p>Back it</p>"),
        (raw_words, "<p>{{ _('Back') }} now</p>"),
        (raw_words, "{% trans %}Back{% endtrans %} now"),
        (raw_words, '<img alt="A hall">'),
        (raw_words, '<input placeholder="Postcode">'),
        (raw_words, "{% block title %}Rounds{% endblock %}"),
        (raw_words, "{% block body_classes %}wm-booth{% endblock %}<p>Vote</p>"),
        (raw_words, "{%\n  if person %}Sign out{% endif %}"),
        (raw_strings, '{{ govukButton({"text": "vote"}) }}'),
        (raw_strings, '{{ govukButton({"text": "Save" if new else _("Change")}) }}'),
        (raw_strings, '{{ card(title="Money left") }}'),
        (raw_strings, "{% set nav = 'Your area' %}"),
        (raw_strings, "{{ name | default('not known yet') }}"),
        (raw_strings, "{{ 'Counted' if counted else _('Not yet') }}"),
        (marked_safe, "{{ text|safe }}"),
        (marked_safe, "{% autoescape false %}"),
    ],
)
def test_the_rule_notices(rule: object, broken: str) -> None:
    assert callable(rule)
    assert len(list(rule(broken))) == 1


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        (raw_words, "<p class='note'>{{ _('Back it') }} · £{{ left }} <b>–</b> {# why #}</p>"),
        (raw_words, "{% trans n=n %}{{ n }} vote{% pluralize %}{{ n }} votes{% endtrans %}"),
        (raw_words, "<h{{ level }}>{{ title }}</h{{ level }}><title>Wardmote</title>"),
        (raw_words, "{% block body_classes %}wm-booth{% endblock %}<p>{{ _('Vote') }}</p>"),
        (raw_words, "<script nonce='{{ n }}'>let total = 0</script>"),
        (raw_words, "<a{% if here %} aria-current{% endif %} href='/find'>&nbsp;1</a>"),
        (raw_strings, '{{ govukButton({"text": _("Vote"), "classes": "wm-big wm-green"}) }}'),
        (raw_strings, "{{ url_for('residents.vote', id=1) }}{{ at | time('d MMMM yyyy') }}"),
        (raw_strings, "{% from 'components/cards.html' import card %}{% set x = 'areas' %}"),
        (raw_strings, "{% if kind == 'for' %}{% trans %}In favour of it{% endtrans %}{% endif %}"),
        (marked_safe, "{{ text }} {{ safe }}"),
    ],
)
def test_the_rule_leaves_alone(rule: object, fine: str) -> None:
    assert callable(rule)
    assert list(rule(fine)) == []
