"""Sentences of the templates in the language of a request, looked up once for each language.

A page has some forty sentences, and Flask-Babel asks five questions about each before it looks one
up: together they cost as much as all of a ballot paper's projects.
"""

from typing import Any

from flask import Flask, g
from flask_babel import get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup


def translate_templates(app: Flask) -> None:
    """Give the templates `_` and `ngettext`, as Flask-Babel’s, but quicker."""
    app.jinja_env.globals |= {"_": _sentence, "gettext": _sentence, "ngettext": _counted}


def _translations() -> Any:
    found = g.get("translations")
    if found is None:
        found = g.translations = get_translations()
    return found


@pass_eval_context
def _sentence(page: EvalContext, words: str, /, **variables: object) -> str:
    """A sentence in the language of the request; what is put into it is escaped where pages are."""
    said = _translations().ugettext(words)
    if page.autoescape:
        said = Markup(said)  # noqa: S704 - a sentence of ours, or of who translated it
    return said % variables if "%" in said else said


@pass_eval_context
def _counted(page: EvalContext, one: str, more: str, number: int, /, **variables: object) -> str:
    """The same, in the form that goes with a number."""
    said = _translations().ungettext(one, more, number)
    if page.autoescape:
        said = Markup(said)  # noqa: S704 - a sentence of ours, or of who translated it
    return said % {"num": number, **variables}
