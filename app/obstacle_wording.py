"""Everything still to be done before a round can move, in plain words."""

from enum import StrEnum

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.display import pounds
from ballots.moves import Blocker, NotReady, Obstacle

OBSTACLE_WORDS: dict[type[StrEnum], dict[StrEnum, str]] = {
    Blocker: {
        Blocker.NO_TIMETABLE: _("Set the dates of the round."),
        Blocker.NOT_SCREENED: _("Screen the proposals that are still waiting."),
        Blocker.NO_PROJECTS: _("Put at least one project on the ballot paper."),
        Blocker.NO_RULES: _("Choose how people vote and how votes are counted."),
        Blocker.PAPER_IMPOSSIBLE: _("Change the limits of the ballot paper: nobody can meet them."),
        Blocker.CONDITIONS_IMPOSSIBLE: _(
            "Change the conditions of the count: they no longer fit the projects or the money."
        ),
        Blocker.NO_ROLL: _("Import the electoral roll."),
        Blocker.NO_COUNCILLORS: _("Appoint a councillor who answers for this community."),
        Blocker.CLOSE_NOT_AHEAD: _("Set a closing date for the vote that lies ahead."),
        Blocker.NOT_COUNTED: _("Count the votes."),
        Blocker.PAPERS_UNSETTLED: _("Let a second teller enter the papers that were entered once."),
        Blocker.PAPERS_OUT: _(
            "Enter the papers that are still out, or say why nobody waits for them any more."
        ),
        Blocker.NOT_AGREED: _("Wait until enough councillors have approved the outcome."),
        Blocker.BOUGHT_IN_HALL: _(
            "A meeting has bought projects already. Set them as already chosen in the conditions."
        ),
        Blocker.NOTHING_DECIDED_IN_HALL: _(
            "No meeting has decided anything yet, so the round needs its vote."
        ),
        Blocker.HALL_VOTES_WAIT: _(
            "A vote held in a meeting is still open, or waits to be counted or signed."
        ),
        Blocker.MONEY_TAKEN: _(
            "Votes that were signed before have taken this money. Ask councillors to refer the "
            "outcome back."
        ),
        Blocker.FUND_SHORT: _(
            "Add a source to the fund: it holds too little for this round besides what other "
            "rounds may promise."
        ),
    },
}


def obstacle_in_words(obstacle: Obstacle) -> str:
    """One thing still to be done before a round can move."""
    if obstacle.blocker == Blocker.NOT_SCREENED:
        return str(
            ngettext(
                "Screen the %(num)d proposal that is still waiting.",
                "Screen the %(num)d proposals that are still waiting.",
                obstacle.number,
            )
        )
    if obstacle.blocker == Blocker.PAPERS_UNSETTLED:
        return str(
            ngettext(
                "Let a second teller enter the %(num)d paper that was entered once.",
                "Let a second teller enter the %(num)d papers that were entered once.",
                obstacle.number,
            )
        )
    if obstacle.blocker == Blocker.PAPERS_OUT:
        return str(
            ngettext(
                "Enter the %(num)d paper that is still out, or say why nobody waits for it.",
                "Enter the %(num)d papers that are still out, or say why nobody waits for them.",
                obstacle.number,
            )
        )
    sentence = str(OBSTACLE_WORDS[Blocker][obstacle.blocker])
    if obstacle.blocker == Blocker.FUND_SHORT:
        return str(gettext("%(sum)s is missing. ", sum=pounds(obstacle.number))) + sentence
    return sentence


def obstacles_in_words(refused: NotReady) -> list[str]:
    """Everything still to be done before a round can move."""
    return [obstacle_in_words(obstacle) for obstacle in refused.obstacles]
