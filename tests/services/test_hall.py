"""Votes in a hall: opened for those present, closed by the clock, put off, called early."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.audit import first_fault
from ballots.casting import cast_ballot
from ballots.counting import RankedBy
from ballots.disclosure import DisclosureProfile
from ballots.hall import (
    HallVote,
    balance_of,
    bought_in,
    call_off,
    current_vote,
    extend,
    hall_entry,
    is_held,
    open_vote,
    open_vote_in,
    release,
    stop,
    undo_act,
    votes_of,
)
from ballots.ledger import EntryKind, entries_of
from ballots.moves import count_closed, move_if_due
from ballots.outcome import outcome_of
from ballots.papers import BallotFormat
from ballots.refusals import BallotRefusal
from ballots.voting_rules import rules_of
from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, AssemblyState, ItemKind
from neighbourhoods.attendance import Attendee
from neighbourhoods.eligibility import RollEntry, roll_size
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundKind, votes_within
from tests.builders import Clock, Town


def hall(
    town: Town, *kinds: ItemKind, phase: Phase = Phase.DEBATE, is_practice: bool = False
) -> Assembly:
    """A meeting under way with nobody present yet."""
    assembly = town.assembly(town.round(phase), *kinds, is_practice=is_practice)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, town.session.info["clock"]()
    town.session.flush()
    return assembly


def check_in(town: Town, assembly: Assembly, *references: str) -> list[Attendee]:
    people = [
        Attendee(
            assembly_id=assembly.id,
            reference=reference,
            name=f"Name of {reference}",
            checked_in_at=town.session.info["clock"](),
            is_walk_in=reference.startswith("W"),
            approved_by=town.officer if reference.startswith("W") else None,
        )
        for reference in references
    ]
    town.session.add_all(people)
    town.session.flush()
    return people


def set_item(town: Town, assembly: Assembly, place: int = 0, **settings: object) -> AgendaItem:
    item = assembly.items[place]
    seconds = settings.pop("seconds", None)
    item.seconds = seconds if isinstance(seconds, int) else None
    item.settings = settings
    town.session.flush()
    return item


def opened(town: Town, assembly: Assembly, place: int = 0, **settings: object) -> HallVote:
    item = set_item(town, assembly, place, **settings)
    return open_vote(town.session, town.keys, item, town.facilitator)


def vote_for(town: Town, vote: HallVote, person: Attendee, choices: object) -> None:
    entry = hall_entry(town.session, vote.the_round, person)
    request_id = f"{person.reference}-{choices}"
    cast_ballot(town.session, town.keys, vote.the_round, entry, choices, request_id=request_id)


def refused(town: Town, assembly: Assembly, place: int = 0) -> object:
    with pytest.raises(Refused) as caught:
        open_vote(town.session, town.keys, assembly.items[place], town.facilitator)
    return caught.value.reason


# --- opening -------------------------------------------------------------------------------------


def test_a_vote_in_a_hall_is_a_round_of_its_own_for_those_present(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1", "R2", "W1")
    vote = opened(town, assembly, seconds=90)
    of_hall, main = vote.the_round, assembly.the_round
    assert (of_hall.kind, of_hall.within_id, of_hall.phase) == (
        RoundKind.HALL, main.id, Phase.VOTE,
    )  # fmt: skip
    assert main.phase == Phase.DEBATE
    assert of_hall.vote_closes_at == town.session.info["clock"]() + timedelta(seconds=90)
    assert of_hall.moves[-1].moved_by == town.facilitator
    found = town.session.scalars(select(RollEntry).where(RollEntry.round_id == of_hall.id)).all()
    assert {(entry.reference, entry.email) for entry in found} == {
        ("R1", "voter1@example.org"), ("R2", "voter2@example.org"), ("W1", None),
    }  # fmt: skip
    copied = projects_in(town.session, of_hall.id)
    assert [(p.code, p.title, p.cost_pence) for p in copied] == [
        (p.code, p.title, p.cost_pence) for p in projects_in(town.session, main.id)
    ]
    assert {project.proposal_id for project in copied} == {None}
    assert vote.present == 3
    assert current_vote(town.session, assembly.items[0]) == vote
    assert open_vote_in(town.session, assembly) == vote
    assert votes_within(town.session, main) == [of_hall]
    assert assembly.acts[-1].kind == ActKind.OPEN_VOTE if assembly.acts else True


def test_who_arrives_later_votes_in_the_next_vote(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT, ItemKind.SCORES)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    (late,) = check_in(town, assembly, "R2")
    assert hall_entry(town.session, vote.the_round, late) is None
    with pytest.raises(Refused) as caught:
        vote_for(town, vote, late, ["1"])
    assert caught.value.reason == BallotRefusal.NOT_ON_ROLL


def test_who_has_left_is_not_on_the_roll(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    left, _stayed = check_in(town, assembly, "R1", "R2")
    left.left_at = clock()
    vote = opened(town, assembly)
    assert roll_size(town.session, vote.round_id) == 1
    assert hall_entry(town.session, vote.the_round, left) is None


def test_the_order_of_the_roll_in_a_hall_says_nothing_of_who_came_when(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    names = [f"W{number:03d}" for number in range(60)]
    check_in(town, assembly, *names)
    vote = opened(town, assembly)
    query = select(RollEntry.reference).where(RollEntry.round_id == vote.round_id)
    found = list(town.session.scalars(query.order_by(RollEntry.id)))
    assert sorted(found) == names
    assert found != names


def test_a_live_vote_of_few_people_in_a_hall_is_sealed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.disclosure.ENOUGH_FOR_LIVE", 50)
    for people, profile in ((49, DisclosureProfile.SEALED), (50, DisclosureProfile.LIVE)):
        assembly = hall(town, ItemKind.BALLOT)
        check_in(town, assembly, *(f"W{number}" for number in range(people)))
        rules = rules_of(town.session, opened(town, assembly, profile="live").round_id)
        assert rules is not None
        assert rules.disclosure_profile == profile


def test_scores_are_given_from_one_to_the_highest_and_ranked_by_their_sum(town: Town) -> None:
    assembly = hall(town, ItemKind.SCORES)
    check_in(town, assembly, "R1")
    rules = rules_of(town.session, opened(town, assembly, highest_score=10).round_id)
    assert rules is not None
    assert (rules.ballot_format, rules.highest_score) == (BallotFormat.SCORES, 10)
    assert rules.rule.ranked_by == RankedBy.SCORE


def test_a_vote_opens_only_while_the_meeting_is_under_way(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    assembly.state, assembly.ended_at = AssemblyState.ENDED, clock()
    town.session.flush()
    assert refused(town, assembly) == BallotRefusal.MEETING_NOT_UNDER_WAY


def test_nobody_present_no_quorum_and_an_open_vote_are_refused(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT, ItemKind.SCORES, ItemKind.BREAK)
    assembly.quorum = 2
    assert refused(town, assembly) == BallotRefusal.NOBODY_PRESENT
    check_in(town, assembly, "R1")
    assert refused(town, assembly) == BallotRefusal.QUORUM_MISSING
    check_in(town, assembly, "R2")
    assert refused(town, assembly, 2) == BallotRefusal.NOT_A_VOTE
    vote = opened(town, assembly)
    assert refused(town, assembly) == BallotRefusal.HALL_VOTE_OPEN
    assert refused(town, assembly, 1) == BallotRefusal.HALL_VOTE_OPEN
    close(town, vote)
    assert refused(town, assembly) == BallotRefusal.VOTED_ALREADY


def close(town: Town, vote: HallVote) -> None:
    """Stop a vote and let its last call run out."""
    stop(town.session, town.keys, vote, town.facilitator)
    clock = town.session.info["clock"]
    clock.moves(seconds=10)
    assert move_if_due(town.session, town.keys, vote.the_round) is not None


def test_a_meeting_opens_the_vote_of_its_own_round_or_follows_it(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT, ItemKind.BALLOT)
    vote = opened(town, assembly, own_count=False)
    assert vote.the_round == assembly.the_round
    assert assembly.the_round.phase == Phase.VOTE
    assert assembly.the_round.moves[-1].moved_by == town.facilitator
    following = opened(town, hall(town, ItemKind.BALLOT, phase=Phase.VOTE), own_count=False)
    with pytest.raises(Refused) as caught:
        stop(town.session, town.keys, following, town.facilitator)
    assert caught.value.reason == BallotRefusal.NOT_OPENED_HERE
    over = hall(town, ItemKind.BALLOT, phase=Phase.COUNT)
    set_item(town, over, own_count=False)
    assert refused(town, over) == BallotRefusal.VOTE_CLOSED
    early = hall(town, ItemKind.BALLOT, phase=Phase.IDEAS)
    set_item(town, early, own_count=False)
    assert refused(town, early) == BallotRefusal.VOTE_NOT_OPEN


# --- the close -----------------------------------------------------------------------------------


def test_more_time_is_told_in_the_ledger_and_taken(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=60)
    closes_at = clock() + timedelta(seconds=120)
    assert extend(town.session, town.keys, vote, town.facilitator, 60) == closes_at
    (told,) = entries_of(town.session, vote.round_id, EntryKind.EXTENDED)
    assert told.contents == {"closes_at": closes_at.isoformat(), "by": "Fred Facilitator"}
    clock.moves(seconds=119)
    vote_for(town, vote, person, ["1"])
    clock.moves(seconds=1)
    assert open_vote_in(town.session, assembly) is None
    with pytest.raises(Refused) as caught:
        extend(town.session, town.keys, vote, town.facilitator, 60)
    assert caught.value.reason == BallotRefusal.VOTE_CLOSED
    assert first_fault(town.session, town.keys, vote.the_round) is None


def test_a_vote_without_an_end_is_not_extended(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    with pytest.raises(Refused) as caught:
        extend(town.session, town.keys, vote, town.facilitator, 60)
    assert caught.value.reason == BallotRefusal.NO_CLOSE_SET


@pytest.mark.parametrize("seconds", [None, 300])
def test_a_stop_is_a_last_call_of_ten_seconds_that_can_be_called_off(
    town: Town, clock: Clock, seconds: int | None
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=seconds)
    before = vote.the_round.vote_closes_at
    assert stop(town.session, town.keys, vote, town.facilitator) == clock() + timedelta(seconds=10)
    clock.moves(seconds=9)
    vote_for(town, vote, person, ["1"])
    undone = undo_act(town.session, town.keys, assembly, town.facilitator)
    assert (undone.kind, undone.undone) == (ActKind.STOP_VOTE, True)
    assert vote.the_round.vote_closes_at == before
    clock.moves(seconds=9)
    vote_for(town, vote, person, ["2"])
    with pytest.raises(Refused) as caught:
        call_off(town.session, town.keys, vote, town.facilitator)
    assert caught.value.reason == BallotRefusal.NO_LAST_CALL


def test_after_the_last_call_nobody_votes_and_nobody_calls_it_off(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    stop(town.session, town.keys, vote, town.facilitator)
    with pytest.raises(Refused) as twice:
        stop(town.session, town.keys, vote, town.facilitator)
    assert twice.value.reason == BallotRefusal.LAST_CALL_RUNS
    clock.moves(seconds=10)
    for act in (
        lambda: vote_for(town, vote, person, ["1"]),
        lambda: call_off(town.session, town.keys, vote, town.facilitator),
        lambda: stop(town.session, town.keys, vote, town.facilitator),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.reason == BallotRefusal.VOTE_CLOSED


def test_a_stop_just_before_the_end_makes_it_no_later(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=60)
    clock.moves(seconds=55)
    assert stop(town.session, town.keys, vote, town.facilitator) == clock() + timedelta(seconds=5)


def test_more_time_takes_a_last_call_back(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly, seconds=300)
    promised = vote.the_round.vote_closes_at
    stop(town.session, town.keys, vote, town.facilitator)
    closes_at = extend(town.session, town.keys, vote, town.facilitator, 60)
    assert promised is not None
    assert closes_at == promised + timedelta(seconds=60)
    assert vote.called_at is None


# --- holding -------------------------------------------------------------------------------------


def test_a_held_vote_is_counted_by_nobody_until_ten_seconds_after_its_release(
    town: Town, clock: Clock
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    vote_for(town, vote, person, ["1"])
    with pytest.raises(Refused) as early:
        release(town.session, vote, town.facilitator)
    assert early.value.reason == BallotRefusal.STILL_OPEN
    close(town, vote)
    assert is_held(town.session, vote.round_id)
    with pytest.raises(Refused) as caught:
        count_closed(town.session, town.keys, vote.the_round)
    assert caught.value.reason == BallotRefusal.HELD
    assert outcome_of(town.session, vote.round_id) is None
    release(town.session, vote, town.facilitator)
    clock.moves(seconds=9)
    with pytest.raises(Refused):
        count_closed(town.session, town.keys, vote.the_round)
    clock.moves(seconds=1)
    assert not is_held(town.session, vote.round_id)
    count_closed(town.session, town.keys, vote.the_round)
    assert vote.the_round.phase == Phase.SIGN_OFF
    with pytest.raises(Refused) as again:
        release(town.session, vote, town.facilitator)
    assert again.value.reason == BallotRefusal.NOT_HELD


def test_a_release_is_undone_within_ten_seconds_and_the_outcome_stays_sealed(
    town: Town, clock: Clock
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    close(town, vote)
    release(town.session, vote, town.facilitator)
    clock.moves(seconds=9)
    undo_act(town.session, town.keys, assembly, town.facilitator)
    assert vote.released_at is None
    clock.moves(hours=1)
    assert is_held(town.session, vote.round_id)
    release(town.session, vote, town.facilitator)
    clock.moves(seconds=10)
    with pytest.raises(Refused) as late:
        undo_act(town.session, town.keys, assembly, town.facilitator)
    assert late.value.reason == Refusal.TOO_LATE_TO_UNDO
    assert not is_held(town.session, vote.round_id)


def test_nothing_is_held_once_the_meeting_has_ended_or_a_day_has_passed(
    town: Town, clock: Clock
) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    close(town, vote)
    clock.moves(hours=23, minutes=59)
    assert is_held(town.session, vote.round_id)
    clock.moves(minutes=1)
    assert not is_held(town.session, vote.round_id)
    clock.moves(hours=-24)
    assert is_held(town.session, vote.round_id)
    assembly.state, assembly.ended_at = AssemblyState.ENDED, clock()
    town.session.flush()
    assert not is_held(town.session, vote.round_id)


# --- buying --------------------------------------------------------------------------------------


def test_one_project_is_bought_at_a_time_until_nothing_fits(town: Town) -> None:
    """Of £10,000, with projects of £2,000, £4,000, £6,000 and £8,000."""
    assembly = hall(town, ItemKind.PURCHASE)
    people = check_in(town, assembly, "R1", "R2", "R3")
    codes = [project.code for project in projects_in(town.session, assembly.round_id)]
    assert balance_of(town.session, assembly) == 1_000_000
    vote = opened(town, assembly)
    for person, code in zip(people, (codes[2], codes[2], codes[1]), strict=True):
        vote_for(town, vote, person, [code])
    close(town, vote)
    assert refused(town, assembly) == BallotRefusal.SPENDING_UNKNOWN
    count_closed(town.session, town.keys, vote.the_round)
    assert bought_in(town.session, assembly) == [(codes[2], "Bench 3", 600_000, vote.the_round)]
    assert balance_of(town.session, assembly) == 400_000
    second = opened(town, assembly)
    assert second.number == 2
    assert second.the_round.budget_pence == 400_000
    assert [p.code for p in projects_in(town.session, second.round_id)] == codes[:2]
    vote_for(town, second, people[0], [codes[1]])
    close(town, second)
    count_closed(town.session, town.keys, second.the_round)
    assert balance_of(town.session, assembly) == 0
    assert refused(town, assembly) == BallotRefusal.NOTHING_FITS
    assert votes_of(town.session, assembly.items[0]) == [vote, second]


def test_a_cap_on_a_category_counts_what_was_bought_before(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    (person,) = check_in(town, assembly, "R1")
    projects = projects_in(town.session, assembly.round_id)
    for project in projects[:3]:
        project.category = "Benches"
    caps = {"Benches": 700_000}
    vote = opened(town, assembly, category_caps=caps)
    assert [p.code for p in projects_in(town.session, vote.round_id)] == [p.code for p in projects]
    vote_for(town, vote, person, [projects[1].code])
    close(town, vote)
    count_closed(town.session, town.keys, vote.the_round)
    second = opened(town, assembly, category_caps=caps)
    # £6,000 are left and £3,000 of the cap: £6,000 of a bench and £8,000 do not fit.
    assert [p.code for p in projects_in(town.session, second.round_id)] == [projects[0].code]


def test_a_purchase_that_nobody_wants_buys_nothing(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    close(town, vote)
    count_closed(town.session, town.keys, vote.the_round)
    assert bought_in(town.session, assembly) == []
    assert opened(town, assembly).number == 2


def test_whoever_votes_in_a_hall_says_so_nowhere_else(town: Town, session: Session) -> None:
    """What a meeting buys in rehearsal is not bought in earnest."""
    the_round = town.round(Phase.DEBATE)
    rehearsal = town.assembly(the_round, ItemKind.PURCHASE, is_practice=True)
    rehearsal.state, rehearsal.began_at = AssemblyState.UNDER_WAY, session.info["clock"]()
    earnest = town.assembly(the_round, ItemKind.PURCHASE)
    (person,) = check_in(town, rehearsal, "R1")
    vote = opened(town, rehearsal)
    assert vote.the_round.kind == RoundKind.PRACTICE
    vote_for(town, vote, person, [projects_in(session, the_round.id)[0].code])
    close(town, vote)
    count_closed(session, town.keys, vote.the_round)
    assert balance_of(session, rehearsal) == 800_000
    assert balance_of(session, earnest) == 1_000_000
    assert session.scalars(select(Round).where(Round.kind == RoundKind.HALL)).all() == []
