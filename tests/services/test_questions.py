"""Questions to a meeting: short, once, backed by others, and shown to the hall."""

import pytest

from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind, Slide
from neighbourhoods.attendance import Phone
from neighbourhoods.phases import Phase
from neighbourhoods.questions import (
    MOST_WAITING,
    QuestionState,
    answer,
    ask,
    back_question,
    backed_by,
    hide,
    put_on_screen,
    question_on_screen,
    questions_in,
    reopen,
)
from neighbourhoods.refusals import Refusal, Refused
from tests.builders import Clock, Town


@pytest.fixture
def meeting(town: Town, clock: Clock) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.PITCH)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, clock()
    assembly.stage.item = assembly.items[0]
    town.session.flush()
    return assembly


@pytest.fixture
def phones(town: Town, meeting: Assembly) -> list[Phone]:
    joined = [
        Phone(assembly_id=meeting.id, number=number, joined_at=meeting.starts_at)
        for number in (1, 2, 3)
    ]
    town.session.add_all(joined)
    town.session.flush()
    return joined


def slide_of(meeting: Assembly) -> Slide:
    return meeting.stage.slide


def listed(town: Town, meeting: Assembly) -> list[tuple[str, int]]:
    return [(one.question.words, one.wanting) for one in questions_in(town.session, meeting)]


def test_a_question_is_asked_once_however_often_it_is_sent(
    town: Town, meeting: Assembly, phones: list[Phone]
) -> None:
    first = ask(town.session, meeting, phones[0], " Who mends it? ")
    assert ask(town.session, meeting, phones[0], "Who mends it?") is first
    assert first.item_id == meeting.items[0].id
    assert listed(town, meeting) == [("Who mends it?", 1)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [(" \n", Refusal.QUESTION_EMPTY), ("q" * 281, Refusal.QUESTION_TOO_LONG)],
)
def test_a_question_has_words_and_at_most_280_letters(
    town: Town, meeting: Assembly, phones: list[Phone], words: str, reason: Refusal
) -> None:
    with pytest.raises(Refused) as refused:
        ask(town.session, meeting, phones[0], words)
    assert refused.value.reason == reason
    assert ask(town.session, meeting, phones[0], "q" * 280).words == "q" * 280


def test_a_phone_has_only_so_many_questions_waiting_until_one_is_answered(
    town: Town, meeting: Assembly, phones: list[Phone]
) -> None:
    first, *_rest = [
        ask(town.session, meeting, phones[0], f"Why {number}?") for number in range(MOST_WAITING)
    ]
    with pytest.raises(Refused) as refused:
        ask(town.session, meeting, phones[0], "One more?")
    assert refused.value.reason == Refusal.TOO_MANY_QUESTIONS
    ask(town.session, meeting, phones[1], "Mine?")
    answer(town.session, first, town.facilitator)
    ask(town.session, meeting, phones[0], "One more?")


def test_what_more_would_like_to_know_comes_first_and_each_phone_counts_once(
    town: Town, meeting: Assembly, phones: list[Phone], clock: Clock
) -> None:
    ask(town.session, meeting, phones[0], "First?")
    clock.moves(seconds=1)
    second = ask(town.session, meeting, phones[1], "Second?")
    for phone in (phones[2], phones[2], phones[1]):
        back_question(town.session, second, phone)
    assert listed(town, meeting) == [("Second?", 2), ("First?", 1)]
    assert backed_by(town.session, phones[2]) == {second.id}
    assert backed_by(town.session, phones[1]) == frozenset()


def test_one_question_stands_on_the_screen_and_leaves_it_when_it_is_answered(
    town: Town, meeting: Assembly, phones: list[Phone]
) -> None:
    first = ask(town.session, meeting, phones[0], "First?")
    second = ask(town.session, meeting, phones[1], "Second?")
    put_on_screen(town.session, first, town.facilitator)
    put_on_screen(town.session, second, town.facilitator)
    assert slide_of(meeting) == Slide.QUESTION
    assert question_on_screen(town.session, meeting) is second
    assert first.state == QuestionState.WAITING
    answer(town.session, second, town.facilitator)
    assert slide_of(meeting) == Slide.ITEM
    assert question_on_screen(town.session, meeting) is None
    assert listed(town, meeting) == [("First?", 1)]


def test_a_hidden_question_is_seen_by_nobody_until_it_is_let_wait_again(
    town: Town, meeting: Assembly, phones: list[Phone]
) -> None:
    rude = ask(town.session, meeting, phones[0], "Rude?")
    hide(town.session, rude, town.facilitator)
    back_question(town.session, rude, phones[1])
    assert listed(town, meeting) == []
    reopen(town.session, rude, town.facilitator)
    assert listed(town, meeting) == [("Rude?", 1)]
