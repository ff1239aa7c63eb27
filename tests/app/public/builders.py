"""Rounds as the public pages meet them: voted on, signed, under way."""

from ballots.bundle import costs_to_sign
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.moves import conclude_sign_off
from ballots.routes import Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.tally import publish_next
from ballots.voting_rules import TieRule
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town


def vote(town: Town, the_round: Round, *ballots: list[int]) -> None:
    """Cast one ballot a voter; the numbers are places on the ballot paper, from 1."""
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    for number, choices in enumerate(ballots, start=1):
        chosen = [codes[choice - 1] for choice in choices]
        voter = town.voter(the_round, number)
        cast_ballot(town.session, town.keys, the_round, voter, chosen, request_id=f"r{number}")


def counted_round(
    town: Town, *ballots: list[int], approvals: int = 1, community: Community | None = None
) -> Round:
    """A round of four benches (£2,000 to £8,000 out of £10,000), voted on and counted."""
    the_round = town.round(Phase.VOTE, approvals=approvals, community=community)
    vote(town, the_round, *(ballots or ([4, 1], [4, 2], [4, 3], [1], [3, 1])))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return the_round


def tied_round(town: Town, phase: Phase = Phase.COUNT) -> Round:
    """Benches 3 and 4 stand level and only one fits: its rules have dice thrown after the close."""
    the_round = town.round(Phase.VOTE, tie_rule=TieRule.DRAW, profile=DisclosureProfile.OPEN)
    vote(town, the_round, [3], [4])
    publish_next(town.session, town.keys, the_round)
    if phase == Phase.COUNT:
        town.enter(the_round, phase)
    town.session.commit()
    return the_round


def endorsed(town: Town, the_round: Round, reasons: str = "Residents were clear.") -> SheetGiven:
    """A sheet that endorses every project residents funded."""
    codes = costs_to_sign(town.session, the_round)
    return SheetGiven(dict.fromkeys(codes, VerdictGiven(Verdict.ENDORSE)), reasons=reasons)


def approve(town: Town, the_round: Round, councillor: Person | None = None) -> None:
    """Let a councillor declare no interest and endorse, and conclude if that was enough."""
    signs_as(town, the_round, endorsed(town, the_round), councillor)


def signs_as(
    town: Town, the_round: Round, sheet: SheetGiven, councillor: Person | None = None
) -> None:
    """Let a councillor declare no interest and sign a sheet, and conclude if that was enough."""
    signs = councillor or town.councillor
    town.declares_none(the_round, signs)
    town.signs(the_round, signs, sheet)
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()


def signed_round(town: Town, *ballots: list[int]) -> Round:
    """A round whose outcome councillors signed: its record is public, its money committed."""
    the_round = counted_round(town, *ballots)
    approve(town, the_round)
    return the_round
