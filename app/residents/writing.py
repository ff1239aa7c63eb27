"""Writing a proposal step by step: the words, the plan, the answers to check; then it is sent.

Nothing is kept on the server between the steps: every page carries what was typed to the next,
so going back, another tab or a slow phone loses nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field, RadioField

from app.map_plan import plan
from app.residents.proposal_forms import MenuForm, ProposalForm, category_words
from app.wording import say
from neighbourhoods.proposals import Proposal, ProposalWords
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

# The plan is shown in two sizes; the browser sends the spot in pixels of the one that was pressed.
PLAN_SIZES = (320, 640)


@dataclass(frozen=True)
class Writing:
    """One proposal being written: where its steps live and what sending it means."""

    the_round: Round
    form: ProposalForm | MenuForm
    action: str
    back: str
    title: str
    lede: str
    send_text: str
    send: Callable[[ProposalWords, int], ResponseReturnValue]
    # What it says now, when it is being changed.
    proposal: Proposal | None = None
    alike: Callable[[str], list[Proposal]] | None = None


def take_step(writing: Writing) -> ResponseReturnValue:
    """Show the step that comes after what was just pressed."""
    if request.method == "GET":
        return _words_page(writing)
    form, pressed = writing.form, request.form.get("go", "")
    spot = _pressed_spot()
    if pressed == "change":
        return _words_page(writing)
    if not form.validate():
        return _words_page(writing, 422)
    if spot is not None:
        return _put_pin(writing, spot)
    if pressed == "no-pin":
        form.put_pin(None)
        return _check_page(writing)
    if pressed == "send":
        return _send(writing)
    if plan() is not None and (pressed == "plan" or (pressed == "words" and form.pin is None)):
        return _plan_page(writing)
    return _check_page(writing)


def _send(writing: Writing) -> ResponseReturnValue:
    try:
        return writing.send(writing.form.spoken(), writing.form.seen_version.data or 0)
    except Refused as refused:
        if refused.reason != Refusal.CHANGED_MEANWHILE or writing.proposal is None:
            raise
        # Their words stay in the form; having read this, they may send them over the newer ones.
        writing.form.seen_version.data = writing.proposal.version
        writing.form.seen_version.raw_data = None
        return _words_page(writing, 409, refusal=say(refused))


def _put_pin(writing: Writing, spot: tuple[float, float]) -> ResponseReturnValue:
    here = plan()
    if here is None:
        return _check_page(writing)
    if not any(spot):  # what a keyboard sends: it cannot point
        return _plan_page(
            writing, 422, _("Press the spot on the plan, or go on and describe the place in words.")
        )
    writing.form.put_pin(here.pin_at(*spot))
    return _check_page(writing)


def _pressed_spot() -> tuple[float, float] | None:
    """The spot of the plan that was pressed, as shares from 0 to 1."""
    for size in PLAN_SIZES:
        across, down = request.form.get(f"pin{size}.x", ""), request.form.get(f"pin{size}.y", "")
        if across.isdecimal() and down.isdecimal():
            return min(int(across[:5]) / size, 1), min(int(down[:5]) / size, 1)
    return None


def _words_page(writing: Writing, status: int = 200, refusal: str = "") -> ResponseReturnValue:
    return _page("words", writing, status, refusal=refusal)


def _plan_page(writing: Writing, status: int = 200, wrong: str = "") -> ResponseReturnValue:
    return _page("plan", writing, status, plan=plan(), wrong=wrong, sizes=PLAN_SIZES)


def _check_page(writing: Writing) -> ResponseReturnValue:
    words = writing.form.spoken()
    alike = writing.alike(words.title) if writing.alike else []
    category = category_words(words.category)
    return _page("check", writing, 200, words=words, category=category, plan=plan(), alike=alike)


def _page(step: str, writing: Writing, status: int, **more: object) -> ResponseReturnValue:
    page = render_template(
        f"residents/write_{step}.html",
        writing=writing,
        form=writing.form,
        the_round=writing.the_round,
        carried=_carried(writing.form),
        errors=status != 200,
        **more,
    )
    response = make_response(page, status)
    # So that a browser's Back button shows what was typed. Unless a page that answers a POST may
    # be kept for a while, Chrome shows “Confirm form resubmission” in its place.
    keep = "no-cache" if request.method == "GET" else "max-age=1800"
    response.headers["Cache-Control"] = f"private, {keep}"
    return response


def _carried(form: ProposalForm | MenuForm) -> list[tuple[str, str]]:
    return [(field.name, _typed(field)) for field in form if field.name != "csrf_token"]


def _typed(field: Field) -> str:
    if isinstance(field, RadioField):
        return field.data or ""
    return str(field._value() or "")  # type: ignore[attr-defined]  # noqa: SLF001 - WTForms' way


def alike(title: str, proposals: list[Proposal]) -> list[Proposal]:
    """Up to three proposals whose titles share the telling words of a new one."""
    told = _telling_words(title)
    scored = [
        (len(told & _telling_words(proposal.title)), -proposal.id, proposal)
        for proposal in proposals
    ]
    enough = 1 if len(told) < 3 else 2
    best = sorted(found for found in scored if found[0] >= enough)
    return [proposal for _score, _age, proposal in reversed(best)][:3]


def _telling_words(title: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"\w+", title.lower()) if len(word) > 3}
