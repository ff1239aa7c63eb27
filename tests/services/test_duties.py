"""Interests before a duty: whoever has not declared, or is not free, neither screens nor runs."""

import pytest

from ballots.hall import HallVote, extend, open_vote, release, stop
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import proposals_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.screening import Finding, ScreeningResult, screen_proposal, screenings_of
from neighbourhoods.stage import begin
from tests.builders import Town
from tests.services.test_hall import check_in, hall, set_item

FINDING = Finding(True, True, 100, 200, 300, 0, ScreeningResult.PASSED, "It fits.")


def test_who_declared_nothing_or_a_pecuniary_interest_screens_no_proposal(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=2)
    mine, other = proposals_in(town.session, the_round)
    the_round.phase = Phase.SCREENING
    with pytest.raises(Refused) as refused:
        screen_proposal(town.session, mine, town.officer, FINDING)
    assert refused.value.reason is Refusal.DUTY_UNDECLARED
    pecuniary, none = InterestKind.PECUNIARY, InterestKind.NONE
    declare_for_duty(
        town.session, the_round, town.officer, pecuniary, "My brother builds it.", proposal=mine
    )
    declare_for_duty(town.session, the_round, town.officer, none, proposal=other)
    with pytest.raises(Refused) as refused:
        screen_proposal(town.session, mine, town.officer, FINDING)
    assert refused.value.reason is Refusal.DUTY_FORBIDDEN
    assert screenings_of(town.session, mine) == []
    # The interest is in one proposal: the other is screened.
    assert screen_proposal(town.session, other, town.officer, FINDING).screened_by == town.officer


def test_who_declared_nothing_or_a_pecuniary_interest_begins_no_meeting(town: Town) -> None:
    assembly = town.assembly(town.round(Phase.DEBATE), ItemKind.WELCOME)
    newcomer = town.person("Gwen Facilitator", Office.FACILITATOR)
    assert refusal_of(town, assembly, newcomer) is Refusal.DUTY_UNDECLARED
    kind = InterestKind.PECUNIARY
    declare_for_duty(town.session, assembly.the_round, newcomer, kind, "I own the yard.")
    assert refusal_of(town, assembly, newcomer) is Refusal.DUTY_FORBIDDEN
    begin(town.session, assembly, town.facilitator)
    assert assembly.began_at is not None


def refusal_of(town: Town, assembly: Assembly, person: Person) -> object:
    with pytest.raises(Refused) as refused:
        begin(town.session, assembly, person)
    return refused.value.reason


def test_a_rehearsal_decides_nothing_so_nobody_declares_before_it(town: Town) -> None:
    assembly = town.assembly(town.round(Phase.DEBATE), ItemKind.WELCOME, is_practice=True)
    begin(town.session, assembly, town.person("Gwen Facilitator", Office.FACILITATOR))
    assert assembly.began_at is not None


def test_whoever_takes_a_meeting_over_declares_before_touching_a_vote(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1", "R2")
    item = set_item(town, assembly, own_count=True, held=True, seconds=120)
    newcomer = town.person("Gwen Facilitator", Office.FACILITATOR)
    with pytest.raises(Refused) as refused:
        open_vote(town.session, town.keys, item, newcomer)
    assert refused.value.reason is Refusal.DUTY_UNDECLARED
    vote = open_vote(town.session, town.keys, item, town.facilitator)
    for reason in refusals_on(town, vote, newcomer):
        assert reason is Refusal.DUTY_UNDECLARED
    assert vote.called_at is None


def refusals_on(town: Town, vote: HallVote, person: Person) -> list[object]:
    """What somebody reads who puts a vote off, and who stops it."""
    reasons: list[object] = []
    with pytest.raises(Refused) as refused:
        extend(town.session, town.keys, vote, person, 60)
    reasons.append(refused.value.reason)
    with pytest.raises(Refused) as refused:
        stop(town.session, town.keys, vote, person)
    reasons.append(refused.value.reason)
    return reasons


def test_whoever_is_not_free_lets_no_held_outcome_go(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1", "R2")
    item = set_item(town, assembly, own_count=True, held=True, seconds=120)
    vote = open_vote(town.session, town.keys, item, town.facilitator)
    town.enter(vote.the_round, Phase.COUNT)
    newcomer = town.person("Gwen Facilitator", Office.FACILITATOR)
    kind = InterestKind.PECUNIARY
    declare_for_duty(town.session, assembly.the_round, newcomer, kind, "I own the yard.")
    with pytest.raises(Refused) as refused:
        release(town.session, vote, newcomer)
    assert refused.value.reason is Refusal.DUTY_FORBIDDEN
    assert vote.released_at is None
    release(town.session, vote, town.facilitator)
    assert vote.released_at is not None
