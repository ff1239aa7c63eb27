"""What is wrong with a filled-in paper, each fault at the field where it is put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.residents.filled import Filled
from app.residents.paper_words import fault_on
from ballots.papers import NUMBERED, BallotFormat, BallotPaper, Fault


@dataclass(frozen=True)
class WrongMarks:
    """Sentences for the top of the page, and those that stand at a field, by the field's id."""

    summary: list[tuple[str, str]] = field(default_factory=list)
    at_field: dict[str, str] = field(default_factory=dict)


def wrong_marks(
    paper: BallotPaper, filled: Filled, faults: Sequence[Fault], titles: Mapping[str, str]
) -> WrongMarks:
    """Every fault in words; `titles` are by project code, in the order of the page."""
    wrong = WrongMarks()
    for fault in faults:
        words, spot = fault_on(paper, fault), _field_of(paper, filled, fault, list(titles))
        if spot is None:
            line = (words, f"{_kind_of_field(paper)}-1")
        else:
            wrong.at_field.setdefault(spot, words)
            named = titles.get(fault.project_id or "")
            line = (f"{named}: {words}" if named else words, spot)
        if line not in wrong.summary:
            wrong.summary.append(line)
    return wrong


def _kind_of_field(paper: BallotPaper) -> str:
    if paper.ballot_format in NUMBERED:
        return "mark"
    return "place" if paper.ballot_format is BallotFormat.RANKING else "project"


def _field_of(paper: BallotPaper, filled: Filled, fault: Fault, codes: Sequence[str]) -> str | None:
    """The id of the field that is wrong, None if it is the paper as a whole."""
    if paper.ballot_format in NUMBERED and fault.project_id in codes:
        return f"mark-{codes.index(fault.project_id) + 1}"
    if paper.ballot_format is BallotFormat.RANKING and fault.position is not None:
        # The places left empty do not stand in the list that was judged.
        taken = [place for place, code in enumerate(filled.chosen, start=1) if code]
        return f"place-{taken[fault.position - 1]}"
    return None
