"""What it would have taken under greedy: more votes, or a lower cost. Pure, exact."""

from fractions import Fraction

from ballots.counting.election import Election
from ballots.counting.explanation import Story, losers, purse_before, votes_to_be_let_in
from ballots.counting.purse import Purse
from ballots.counting.result import Reason, Result, Verdict
from ballots.counting.rules import RankedBy
from ballots.counting.ties import TieBreak


def tell_greedy(election: Election, result: Result, stories: list[Story]) -> None:
    """More votes lift a project to an earlier turn; a lower cost lets it fit at its own.

    Before its turn a project that lost changed nothing, so the turns above it are as they were.
    Where scores are ranked nothing is said of votes. Conditions besides money: nothing is said.
    """
    purse = purse_before(election, result)
    if purse.conditional:
        return
    turns = [
        verdict
        for verdict in result.verdicts
        if verdict.left_before_pence is not None and verdict.reason is not Reason.ALREADY_CHOSEN
    ]
    by_place = {election.places[verdict.project_id]: verdict for verdict in result.verdicts}
    for at in losers(election, result):
        verdict = by_place[at]
        if verdict.reason is Reason.DOES_NOT_FIT and verdict.left_before_pence is not None:
            stories[at].might_win_at(verdict.left_before_pence)
        if result.rule.ranked_by is not RankedBy.SCORE:
            _more_votes(purse, result, turns, verdict, stories[at])


def _more_votes(
    purse: Purse, result: Result, turns: list[Verdict], lost: Verdict, story: Story
) -> None:
    """The votes to come just before the last turn at which the money left still covered it."""
    needed = votes_to_be_let_in(purse, lost.votes)
    if needed is None:
        return
    if lost.cost_pence <= result.left_pence and result.stopped_at is None:
        story.might_win_with(needed)
        return
    in_time = [
        turn
        for turn in turns
        if turn.project_id != lost.project_id and (turn.left_before_pence or 0) >= lost.cost_pence
    ]
    if in_time:
        story.might_win_with(max(needed, _to_pass(purse, in_time[-1], lost)))


def _to_pass(purse: Purse, ahead: Verdict, lost: Verdict) -> int:
    """The least votes that give the loser its turn before the project ahead."""
    places = purse.election.places
    at, other = places[lost.project_id], places[ahead.project_id]
    target, has = Fraction(purse.values[other]), Fraction(purse.values[at])
    own = Fraction(purse.worths[at] if purse.rule.criteria else 1)
    if purse.rule.ranked_by is RankedBy.VOTES_PER_POUND:
        if lost.cost_pence == 0:
            return 0
        target, has = target / (ahead.cost_pence or 1), has / lost.cost_pence
        own /= lost.cost_pence
    missing = (target - has) / own
    if missing.denominator == 1 and _goes_first(purse, at, other, int(missing)):
        return int(missing)
    return missing.__floor__() + 1


def _goes_first(purse: Purse, at: int, other: int, votes: int) -> bool:
    """Whether the tie order puts a project with so many further votes before another."""
    if purse.tie_order.by is TieBreak.REFUSE:
        return False
    loser, ahead = purse.election.projects[at], purse.election.projects[other]
    changed = {**purse.election.votes, loser.id: purse.election.vote_counts[at] + votes}
    ordered, _ = purse.tie_order.arrange([ahead, loser], changed)
    return ordered[0] is loser
