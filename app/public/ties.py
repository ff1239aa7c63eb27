"""How ties were broken, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from flask_babel import gettext as _

from app.public.background import listed, votes_words
from ballots.counting import TieStep
from ballots.draws import Draw


@dataclass(frozen=True)
class DrawTold:
    """A draw in words: what was read and by whom, the order drawn, and how to repeat it."""

    sentences: tuple[str, ...]
    order: tuple[str, ...]
    hashed: str
    seed: str

    @classmethod
    def of(cls, draw: Draw, titles: Mapping[str, str]) -> Self:
        """A draw with its projects’ titles."""
        sentences = (
            _("Where the chance came from: %(source)s.", source=draw.source.rstrip(".")),
            _("What it said: %(value)s.", value=draw.value),
            _("Read and entered by %(names)s, each without seeing the other’s.", names=_and(draw)),
        )
        order = tuple(f"{titles.get(code, code)} ({code})" for code in draw.order)
        return cls(sentences, order, f"wardmote-draw-1|{draw.head}|{draw.value}", draw.seed)


def _and(draw: Draw) -> str:
    *others, last = draw.entered_by
    return _("%(first)s and %(last)s", first=", ".join(others), last=last) if others else last


def tie_sentences(tie: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    """How a stored tie was broken: a sentence for each pair, and what it changed if known."""
    names = [titles.get(code, code) for code in tie["members"]]
    sentences = [_level_words(names, tie["votes"])]
    for first, second, step in zip(names, names[1:], tie["steps"], strict=False):
        sentences.append(_step_words(first, second, TieStep(step)))
    if tie["decisive"] is not None:
        sentences.append(
            _("Another order would have changed which projects are funded.")
            if tie["decisive"]
            else _("Any other order would have funded the same projects.")
        )
    return sentences


def _level_words(names: list[str], votes: int | None) -> str:
    if votes is None:
        return _("%(names)s stood level when it was their turn.", names=listed(names))
    return _("%(names)s each had %(votes)s.", names=listed(names), votes=votes_words(votes))


def _step_words(first: str, second: str, step: TieStep) -> str:
    sentence = {
        TieStep.LOWER_COST: _("“%(first)s” came before “%(second)s” because it cost less."),
        TieStep.MORE_BALLOTS: _(
            "“%(first)s” came before “%(second)s” because more ballots named it."
        ),
        TieStep.RECORDED_LIST: _(
            "“%(first)s” came before “%(second)s” on the list drawn beforehand."
        ),
        TieStep.DRAW: _("“%(first)s” came before “%(second)s” in a draw that anybody can repeat."),
        TieStep.PROJECT_ID: _(
            "“%(first)s” came before “%(second)s” by their project codes, compared as text."
        ),
    }[step]
    return sentence % {"first": first, "second": second}
