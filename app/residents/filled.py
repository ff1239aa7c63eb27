"""A ballot paper as somebody filled it in: read from the form, carried by the browser, and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from flask import Response, request

from app.house import settings
from ballots.papers import NUMBERED, BallotFormat, BallotPaper
from neighbourhoods.rounds import Round

MARK = "mark-"
DRAFT = "wardmote_draft"
DRAFT_SECONDS = 30 * 60
LONGEST_DRAFT = 4_000
# What is carried of one field; a number of points is never longer.
LONGEST_WRITTEN = 12


@dataclass(frozen=True)
class Filled:
    """What somebody picked and wrote, right or wrong, as they did it.

    `chosen` are project ids; on a ranking in order, empty where a place was left out. `written`
    is what stands beside each project on a numbered paper.
    """

    chosen: tuple[str, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> set[str]:
        """Every project that was picked or written beside."""
        return {*self.chosen, *self.written} - {""}

    def choices_on(self, paper: BallotPaper) -> list[str] | dict[str, object]:
        """The same as `faults_in` asks for it: empty fields are gone, whole numbers are numbers.

        Whoever writes 0 gives nothing, and later choices move up where a place was left out.
        """
        if paper.ballot_format not in NUMBERED:
            return [code for code in self.chosen if code]
        numbers = {code: _number(written) for code, written in self.written.items()}
        return {code: number for code, number in numbers.items() if number not in (0, "")}


def _number(written: str) -> int | str:
    words = written.strip()
    return int(words) if re.fullmatch(r"[+-]?\d{1,9}", words, re.ASCII) else words


def read_form(paper: BallotPaper) -> Filled:
    """What was sent from the booth."""
    if paper.ballot_format in NUMBERED:
        return Filled(
            # One field sent twice is no number: which of the two was meant?
            written={
                name.removeprefix(MARK): " ".join(texts)
                for name, texts in request.form.lists()
                if name.startswith(MARK)
            }
        )
    return Filled(chosen=tuple(request.form.getlist("project")))


# --- carried by the browser while somebody says who they are -------------------------------------
# In a cookie of the booth's own, never in the session: that one may name a person.


def keep_draft(response: Response, the_round: Round, paper: BallotPaper, filled: Filled) -> None:
    """Let the browser carry what was filled in to the booth and back, for half an hour."""
    response.set_cookie(
        DRAFT,
        _carried(paper, filled),
        max_age=DRAFT_SECONDS,
        path=_booth_path(the_round.id),
        secure=settings().in_production,
        httponly=True,
        samesite="Lax",
    )


def draft_of(paper: BallotPaper) -> Filled:
    """What the browser carried back."""
    on_paper = {str(place): project.id for place, project in enumerate(paper.projects)}
    parts = request.cookies.get(DRAFT, "")[:LONGEST_DRAFT].split(".")
    if paper.ballot_format in NUMBERED:
        pairs = [part.partition(":") for part in parts]
        return Filled(
            written={on_paper[at]: unquote(words) for at, _, words in pairs if at in on_paper}
        )
    if paper.ballot_format is BallotFormat.RANKING:
        places = parts[: paper.most_choices]
        return Filled(chosen=tuple(on_paper.get(place, "") for place in places))
    return Filled(chosen=tuple(dict.fromkeys(on_paper[at] for at in parts if at in on_paper)))


def _carried(paper: BallotPaper, filled: Filled) -> str:
    """Projects by their place on the paper, in order, and what was written beside them."""
    places = {project.id: str(place) for place, project in enumerate(paper.projects)}
    if paper.ballot_format in NUMBERED:
        return ".".join(
            f"{places[code]}:{_quoted(words)}"
            for code, words in filled.written.items()
            if code in places and words.strip()
        )
    if paper.ballot_format is BallotFormat.RANKING:
        return ".".join(places.get(code, "") for code in filled.chosen)
    return ".".join(place for code, place in places.items() if code in filled.chosen)


def _quoted(words: str) -> str:
    return quote(words.strip()[:LONGEST_WRITTEN], safe="").replace(".", "%2E")


def has_draft() -> bool:
    """Whether the browser carried choices back, if only an empty paper."""
    return DRAFT in request.cookies


def drop_draft(response: Response, round_id: int) -> None:
    """Let the browser forget the choices it carried."""
    response.delete_cookie(DRAFT, path=_booth_path(round_id), httponly=True, samesite="Lax")


def _booth_path(round_id: int) -> str:
    return f"/rounds/{round_id}/"
