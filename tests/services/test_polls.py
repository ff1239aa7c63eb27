"""Quick polls: one hand a phone, hands in the hall counted by two, told apart and added."""

import pytest

from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, ItemKind
from neighbourhoods.attendance import Phone
from neighbourhoods.phases import Phase
from neighbourhoods.polls import (
    MOST_HANDS,
    agreed_hands,
    choice_of,
    choose,
    count_hands,
    hand_counts,
    poll_figures,
)
from neighbourhoods.refusals import Refusal, Refused
from tests.builders import Clock, Town


@pytest.fixture
def meeting(town: Town, clock: Clock) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.POLL, ItemKind.BREAK)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, clock()
    go_to(town, assembly, 0)
    return assembly


def go_to(town: Town, meeting: Assembly, place: int) -> None:
    meeting.stage.item = meeting.items[place]
    meeting.items[place].began_at = town.session.info["clock"]()
    town.session.flush()


@pytest.fixture
def poll(meeting: Assembly) -> AgendaItem:
    return meeting.items[0]


@pytest.fixture
def phones(town: Town, meeting: Assembly) -> list[Phone]:
    joined = [
        Phone(assembly_id=meeting.id, number=number, joined_at=meeting.starts_at)
        for number in (1, 2, 3)
    ]
    town.session.add_all(joined)
    town.session.flush()
    return joined


def refusal(act: object, *arguments: object) -> object:
    with pytest.raises(Refused) as refused:
        act(*arguments)  # type: ignore[operator]
    return refused.value.reason


def test_a_phone_has_one_hand_and_changes_its_mind_by_choosing_again(
    town: Town, poll: AgendaItem, phones: list[Phone]
) -> None:
    for phone, option in zip([*phones, phones[0]], [0, 0, 1, 1], strict=True):
        choose(town.session, poll, phone, option)
    assert poll_figures(town.session, poll).phones == (1, 2)
    assert choice_of(town.session, poll.id, phones[0]) == 1


def test_nobody_chooses_what_is_not_asked(
    town: Town, poll: AgendaItem, phones: list[Phone]
) -> None:
    assert refusal(choose, town.session, poll, phones[0], 2) == Refusal.NOT_AN_OPTION
    assert refusal(choose, town.session, poll, phones[0], -1) == Refusal.NOT_AN_OPTION


def test_a_poll_is_open_only_while_the_meeting_is_at_it(
    town: Town, meeting: Assembly, poll: AgendaItem, phones: list[Phone]
) -> None:
    go_to(town, meeting, 1)
    assert refusal(choose, town.session, poll, phones[0], 0) == Refusal.POLL_NOT_OPEN


def test_hands_are_added_only_when_two_tellers_say_the_same(
    town: Town, poll: AgendaItem, phones: list[Phone]
) -> None:
    choose(town.session, poll, phones[0], 0)
    count_hands(town.session, poll, town.facilitator, [10, 4])
    figures = poll_figures(town.session, poll)
    assert (figures.hands, figures.together, figures.disagree) == (None, (1, 0), False)
    count_hands(town.session, poll, town.officer, [10, 5])
    assert poll_figures(town.session, poll).disagree
    count_hands(town.session, poll, town.officer, [10, 4])
    figures = poll_figures(town.session, poll)
    assert (figures.phones, figures.hands, figures.together) == ((1, 0), (10, 4), (11, 4))
    assert figures.total == 15
    assert [count.hands for count in hand_counts(town.session, poll)] == [[10, 4], [10, 4]]


def test_one_teller_who_counts_twice_is_still_one_teller(town: Town, poll: AgendaItem) -> None:
    count_hands(town.session, poll, town.officer, [3, 3])
    count_hands(town.session, poll, town.officer, [3, 3])
    assert poll_figures(town.session, poll).hands is None


def test_hands_may_be_entered_when_the_meeting_has_gone_on_but_not_before_the_poll(
    town: Town, meeting: Assembly, poll: AgendaItem
) -> None:
    go_to(town, meeting, 1)
    count_hands(town.session, poll, town.officer, [1, 1])
    poll.began_at = None
    assert refusal(count_hands, town.session, poll, town.officer, [1, 1]) == Refusal.POLL_NOT_OPEN


@pytest.mark.parametrize("hands", [[1], [1, 2, 3], [-1, 2], [0, MOST_HANDS + 1]])
def test_a_count_that_no_hall_could_give_is_refused(
    town: Town, poll: AgendaItem, hands: list[int]
) -> None:
    assert refusal(count_hands, town.session, poll, town.officer, hands) == Refusal.HANDS_MISCOUNTED


def test_of_three_counts_the_two_that_agree_hold_and_two_pairs_settle_nothing() -> None:
    assert agreed_hands([[1, 2], [1, 3], [1, 2]]) == (1, 2)
    assert agreed_hands([[1, 2], [1, 3], [1, 2], [1, 3]]) is None
    assert agreed_hands([[1, 2]]) is None
