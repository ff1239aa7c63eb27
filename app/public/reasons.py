"""Why every project was funded or not, and how ties were broken, in sentences."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from ballots.counting import Reason, TieStep


def votes_words(votes: int) -> str:
    """A number of votes: 57 votes."""
    return str(ngettext("%(num)s vote", "%(num)s votes", votes))


def why_decided(verdict: Mapping[str, Any], minimum_votes: int = 0) -> str:
    """The reason of a stored verdict in a sentence, with its figures."""
    votes = votes_words(verdict["votes"])
    match Reason(verdict["reason"]):
        case Reason.FUNDED:
            left = pounds(verdict["left_before_pence"])
            return _(
                "Funded: %(votes)s; %(left)s was left when its turn came.", votes=votes, left=left
            )
        case Reason.DOES_NOT_FIT:
            return _does_not_fit(verdict, votes)
        case Reason.AFTER_THE_STOP:
            return _(
                "Not funded: %(votes)s. The count had already stopped at a project with more "
                "votes that cost more than was left.",
                votes=votes,
            )
        case Reason.BELOW_THRESHOLD:
            return _(
                "Not funded: %(votes)s; the rules ask for at least %(minimum)s.",
                votes=votes,
                minimum=minimum_votes,
            )
        case Reason.NO_VOTES:
            return _("Not funded: nobody voted for it.")


def _does_not_fit(verdict: Mapping[str, Any], votes: str) -> str:
    if verdict["left_before_pence"] == 0:
        return _("Not funded: %(votes)s; no money was left when its turn came.", votes=votes)
    return _(
        "Not funded: %(votes)s. It cost %(short)s more than the %(left)s left when its turn came.",
        votes=votes,
        short=pounds(verdict["shortfall_pence"]),
        left=pounds(verdict["left_before_pence"]),
    )


def tie_sentences(tie: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    """How a stored tie was broken, one sentence for each pair and one for what it changed."""
    names = [titles.get(code, code) for code in tie["members"]]
    sentences = [
        _(
            "%(names)s each had %(votes)s.",
            names=_listed(names),
            votes=votes_words(tie["votes"]),
        )
    ]
    for first, second, step in zip(names, names[1:], tie["steps"], strict=False):
        sentences.append(_step_words(first, second, TieStep(step)))
    sentences.append(
        _("Another order would have changed which projects are funded.")
        if tie["decisive"]
        else _("Any other order would have funded the same projects.")
    )
    return sentences


def _listed(names: list[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return _("%(first)s and %(last)s", first=", ".join(quoted[:-1]), last=quoted[-1])


def _step_words(first: str, second: str, step: TieStep) -> str:
    sentence = {
        TieStep.LOWER_COST: _("“%(first)s” came before “%(second)s” because it cost less."),
        TieStep.MORE_BALLOTS: _(
            "“%(first)s” came before “%(second)s” because more ballots named it."
        ),
        TieStep.RECORDED_LIST: _(
            "“%(first)s” came before “%(second)s” on the list drawn beforehand."
        ),
        TieStep.PROJECT_ID: _(
            "“%(first)s” came before “%(second)s” by their project codes, compared as text."
        ),
    }[step]
    return sentence % {"first": first, "second": second}
