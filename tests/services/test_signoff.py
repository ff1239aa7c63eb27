"""Sign-off: interests first, then approval or referral, and a record that never changes."""

import json

import pytest

from ballots.moves import conclude_sign_off
from ballots.record import PublicRecord, record_of
from ballots.refusals import BallotRefusal
from ballots.signoff import (
    Act,
    InterestKind,
    answer_referral,
    approvals_needed,
    awaiting,
    decide,
    declare_interest,
    sign_off_of,
)
from neighbourhoods.delivery import (
    DeliveryStatus,
    DeliveryStep,
    deliveries_in,
    report_delivery,
)
from neighbourhoods.funds import position_of
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.services.test_tally import vote


def approve(town: Town, the_round: Round, councillor: Person) -> None:
    declare_interest(town.session, the_round, councillor, InterestKind.NONE, "")
    decide(town.session, the_round, councillor, Act.APPROVE, "")


def counted(town: Town, approvals: int = 1) -> Round:
    """A round whose voters all chose the £2,000 bench."""
    the_round = town.round(Phase.VOTE, approvals=approvals)
    vote(town, the_round, range(1, 7))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    return the_round


def published(town: Town, the_round: Round) -> PublicRecord:
    record = record_of(town.session, the_round.id)
    assert record is not None
    return record


def test_nobody_decides_before_declaring(town: Town) -> None:
    the_round = counted(town)
    with pytest.raises(Refused) as refused:
        decide(town.session, the_round, town.councillor, Act.APPROVE, "")
    assert refused.value.reason is BallotRefusal.INTEREST_UNDECLARED


def test_a_pecuniary_interest_keeps_a_councillor_out_and_stands(town: Town) -> None:
    the_round = counted(town)
    declare_interest(
        town.session, the_round, town.councillor, InterestKind.PECUNIARY, "I own the boatyard."
    )
    with pytest.raises(Refused) as refused:
        decide(town.session, the_round, town.councillor, Act.APPROVE, "")
    assert refused.value.reason is BallotRefusal.INTEREST_FORBIDS
    with pytest.raises(Refused) as refused:
        declare_interest(town.session, the_round, town.councillor, InterestKind.NONE, "")
    assert refused.value.reason is BallotRefusal.INTEREST_STANDS


def test_a_conflicted_councillor_is_not_waited_for(town: Town) -> None:
    the_round = counted(town, approvals=2)
    declare_interest(
        town.session, the_round, town.councillor, InterestKind.PECUNIARY, "I own the boatyard."
    )
    approve(town, the_round, town.second_councillor)
    assert sign_off_of(town.session, the_round).agreed


def test_when_all_are_conflicted_nothing_is_agreed(town: Town) -> None:
    the_round = counted(town)
    for councillor in (town.councillor, town.second_councillor):
        declare_interest(town.session, the_round, councillor, InterestKind.PECUNIARY, "Owner.")
    sign_off = sign_off_of(town.session, the_round)
    assert sign_off.stuck
    assert not sign_off.agreed


def test_another_wards_councillor_has_no_seat(town: Town) -> None:
    the_round = counted(town)
    with pytest.raises(Refused) as refused:
        declare_interest(town.session, the_round, town.other_councillor, InterestKind.NONE, "")
    assert refused.value.reason is BallotRefusal.NOT_YOUR_COMMUNITY


def test_the_same_councillor_cannot_approve_twice(town: Town) -> None:
    the_round = counted(town, approvals=2)
    approve(town, the_round, town.councillor)
    with pytest.raises(Refused) as refused:
        decide(town.session, the_round, town.councillor, Act.APPROVE, "")
    assert refused.value.reason is BallotRefusal.ALREADY_DECIDED


def test_one_approval_of_two_leaves_the_round_waiting(town: Town) -> None:
    the_round = counted(town, approvals=2)
    approve(town, the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is None
    assert the_round.phase == Phase.SIGN_OFF
    assert awaiting(town.session, town.councillor) == []
    assert awaiting(town.session, town.second_councillor) == [the_round]


def test_referring_back_needs_reasons_and_stops_the_others(town: Town) -> None:
    the_round = counted(town)
    declare_interest(town.session, the_round, town.councillor, InterestKind.NONE, "")
    with pytest.raises(Refused) as refused:
        decide(town.session, the_round, town.councillor, Act.REFER_BACK, " ")
    assert refused.value.reason is BallotRefusal.REASONS_MISSING
    decide(town.session, the_round, town.councillor, Act.REFER_BACK, "Who insures the ramp?")
    declare_interest(town.session, the_round, town.second_councillor, InterestKind.NONE, "")
    with pytest.raises(Refused) as refused:
        decide(town.session, the_round, town.second_councillor, Act.APPROVE, "")
    assert refused.value.reason is BallotRefusal.REFERRED_BACK


def test_an_answered_referral_opens_a_second_sitting(town: Town) -> None:
    the_round = counted(town)
    declare_interest(town.session, the_round, town.councillor, InterestKind.NONE, "")
    decide(town.session, the_round, town.councillor, Act.REFER_BACK, "Who insures the ramp?")
    answer_referral(town.session, the_round, town.officer, "The canal trust does.")
    assert sign_off_of(town.session, the_round).sitting == 2
    decide(town.session, the_round, town.councillor, Act.APPROVE, "")
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    contents = published(town, the_round).contents
    assert contents["councillors"]["referrals"][0]["answer"] == "The canal trust does."  # type: ignore[index]


def test_agreement_freezes_the_record_commits_the_money_and_begins_delivery(town: Town) -> None:
    the_round = counted(town)
    approve(town, the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    assert the_round.phase == Phase.DELIVERY
    (delivery,) = deliveries_in(town.session, the_round)
    assert delivery.committed_pence == 200_000
    position = position_of(town.session, the_round.fund)
    assert (position.allocated_pence, position.committed_pence, position.spent_pence) == (
        1_000_000,
        200_000,
        0,
    )
    contents = json.loads(published(town, the_round).document)
    assert contents["residents"]["result"]["winners"] == [delivery.project.code]
    assert contents["residents"]["ballots_cast"] == 6
    assert [row["councillor"] for row in contents["councillors"]["decisions"]] == [
        "Cora Councillor"
    ]


def test_the_record_names_no_voter(town: Town) -> None:
    the_round = counted(town)
    approve(town, the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    document = published(town, the_round).document
    for private in ("Voter 1", "voter1@example.org", "Rita", "@example.org"):
        assert private not in document


def test_the_record_stays_as_it_was_when_the_world_moves_on(town: Town) -> None:
    the_round = counted(town)
    approve(town, the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    before = published(town, the_round).document
    (delivery,) = deliveries_in(town.session, the_round)
    delivery.project.title = "Renamed"
    report_delivery(
        town.session,
        delivery,
        town.officer,
        DeliveryStep(DeliveryStatus.FINISHED, "Done.", 150_000, None),
    )
    town.session.expire_all()
    assert published(town, the_round).document == before


def test_spending_more_than_was_committed_is_refused(town: Town) -> None:
    the_round = counted(town)
    approve(town, the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    (delivery,) = deliveries_in(town.session, the_round)
    step = DeliveryStep(DeliveryStatus.STARTED, "Ordered.", 150_000, None)
    report_delivery(town.session, delivery, town.officer, step)
    with pytest.raises(Refused) as refused:
        report_delivery(town.session, delivery, town.officer, step)
    assert refused.value.reason is Refusal.SPEND_EXCEEDS_COMMITMENT
    assert refused.value.figures == {"left_pence": 50_000}


@pytest.mark.parametrize(
    ("asked", "councillors", "conflicted", "needed"),
    [(2, 3, 0, 2), (2, 3, 1, 2), (2, 3, 2, 1), (1, 3, 2, 1), (3, 2, 0, 2), (1, 1, 1, 1)],
)
def test_approvals_needed_never_exceed_those_free_to_decide(
    asked: int, councillors: int, conflicted: int, needed: int
) -> None:
    assert approvals_needed(asked, councillors, conflicted) == needed
