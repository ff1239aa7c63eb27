"""Moving a round: by hand, by the timetable, and what each move entails."""

from datetime import timedelta

import pytest

from ballots.counting import Rule
from ballots.disclosure import DisclosureProfile
from ballots.moves import (
    BY_TIMETABLE,
    Blocker,
    NotReady,
    count_closed,
    move_if_due,
    obstacles_before,
    take_forward,
)
from ballots.outcome import outcome_of
from ballots.papers import BallotFormat
from ballots.refusals import BallotRefusal
from ballots.voting_rules import RulesChosen, TieRule, rules_of, set_rules
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import create_round, set_timetable
from tests.builders import Clock, Town


def test_every_move_is_logged_with_who_and_why(town: Town) -> None:
    the_round = town.round()
    take_forward(town.session, town.keys, the_round, Phase.IDEAS, town.officer, "Leaflets are out.")
    move = the_round.moves[-1]
    assert (move.from_phase, move.to_phase) == (Phase.SET_UP, Phase.IDEAS)
    assert move.moved_by is town.officer
    assert move.why == "Leaflets are out."


def test_a_move_without_a_reason_is_refused(town: Town) -> None:
    the_round = town.round()
    with pytest.raises(Refused) as refused:
        take_forward(town.session, town.keys, the_round, Phase.IDEAS, town.officer, "  ")
    assert refused.value.reason is Refusal.REASON_MISSING


def test_a_vote_that_has_opened_cannot_go_back(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    with pytest.raises(Refused) as refused:
        take_forward(town.session, town.keys, the_round, Phase.DEBATE, town.officer, "Oops.")
    assert refused.value.reason is Refusal.NO_SUCH_MOVE


def test_a_round_goes_back_from_debate_to_screening_with_a_reason(town: Town) -> None:
    the_round = town.round(Phase.DEBATE)
    take_forward(town.session, town.keys, the_round, Phase.SCREENING, town.officer, "One left out.")
    assert the_round.phase == Phase.SCREENING


def test_a_vote_without_roll_or_projects_cannot_open_and_says_all_that_is_missing(
    town: Town,
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0, voters=0)
    town.enter(the_round, Phase.SCREENING)
    town.enter(the_round, Phase.DEBATE)
    with pytest.raises(NotReady) as not_ready:
        take_forward(town.session, town.keys, the_round, Phase.VOTE, town.officer, "Go.")
    missing = {obstacle.blocker for obstacle in not_ready.value.obstacles}
    assert Blocker.NO_ROLL in missing
    assert missing & {Blocker.NO_PROJECTS, Blocker.PAPER_IMPOSSIBLE}


def test_proposals_that_wait_for_screening_hold_a_round_back(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=3)
    take_forward(town.session, town.keys, the_round, Phase.SCREENING, town.officer, "Go.")
    (obstacle,) = obstacles_before(town.session, the_round, Phase.DEBATE)
    assert (obstacle.blocker, obstacle.number) == (Blocker.NOT_SCREENED, 3)


def test_opening_the_vote_freezes_its_rules(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    assert rules.frozen_text is not None
    with pytest.raises(Refused) as refused:
        set_rules(
            town.session,
            the_round,
            RulesChosen(rules.ballot_format, 1, rules.rule, DisclosureProfile.OPEN, 1),
        )
    assert refused.value.reason is Refusal.WRONG_PHASE


@pytest.mark.parametrize(
    ("profile", "step", "reason"),
    [
        (DisclosureProfile.LIVE, 9, BallotRefusal.STEP_TOO_SMALL),
        (DisclosureProfile.LIVE, 0, BallotRefusal.RULES_IMPOSSIBLE),
        (DisclosureProfile.LIVE, 10, None),
        (DisclosureProfile.SEALED, 1, None),
    ],
)
def test_a_live_vote_never_moves_in_steps_below_ten(
    profile: DisclosureProfile, step: int, reason: BallotRefusal | None, town: Town
) -> None:
    the_round = town.round()
    chosen = RulesChosen(BallotFormat.APPROVAL, 3, Rule(), profile, step)
    if reason is None:
        assert set_rules(town.session, the_round, chosen).disclosure_step == step
        return
    with pytest.raises(Refused) as refused:
        set_rules(town.session, the_round, chosen)
    assert refused.value.reason is reason


@pytest.mark.parametrize("source", ["", "  "])
def test_a_draw_from_nowhere_is_refused(source: str, town: Town) -> None:
    chosen = RulesChosen(
        BallotFormat.APPROVAL,
        3,
        Rule(),
        DisclosureProfile.SEALED,
        1,
        tie_rule=TieRule.DRAW,
        draw_source=source,
    )
    with pytest.raises(Refused) as refused:
        set_rules(town.session, town.round(), chosen)
    assert refused.value.reason is BallotRefusal.SOURCE_MISSING


def test_a_round_moves_when_its_date_has_come(town: Town, clock: Clock) -> None:
    the_round = town.round()
    set_timetable(town.session, the_round, {Phase.IDEAS: clock() + timedelta(days=1)})
    assert move_if_due(town.session, town.keys, the_round) is None
    clock.moves(days=1)
    move = move_if_due(town.session, town.keys, the_round)
    assert move is not None
    assert (the_round.phase, move.moved_by, move.why) == (Phase.IDEAS, None, BY_TIMETABLE)


def test_a_date_does_not_move_a_round_that_is_not_ready(town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.IDEAS, proposals=2)
    take_forward(town.session, town.keys, the_round, Phase.SCREENING, town.officer, "Go.")
    set_timetable(town.session, the_round, {Phase.DEBATE: clock()})
    assert move_if_due(town.session, town.keys, the_round) is None
    assert the_round.phase == Phase.SCREENING


def test_the_clock_closes_the_vote_and_the_count_follows(town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=2))
    clock.moves(hours=2)
    move_if_due(town.session, town.keys, the_round)
    count_closed(town.session, town.keys, the_round)
    assert the_round.phase == Phase.SIGN_OFF
    assert outcome_of(town.session, the_round.id) is not None


def test_dates_out_of_order_are_refused(town: Town, clock: Clock) -> None:
    the_round = town.round()
    with pytest.raises(Refused) as refused:
        set_timetable(
            town.session,
            the_round,
            {Phase.VOTE: clock() + timedelta(days=2), Phase.COUNT: clock() + timedelta(days=1)},
        )
    assert refused.value.reason is Refusal.DATES_OUT_OF_ORDER


def test_money_that_another_round_has_taken_cannot_be_taken_again(town: Town) -> None:
    fund = town.fund(pence=1_000_000)
    create_round(town.session, fund, "First", "Purpose", "", 700_000)
    with pytest.raises(Refused) as refused:
        create_round(town.session, fund, "Second", "Purpose", "", 300_001)
    assert refused.value.figures == {"left_pence": 300_000}
