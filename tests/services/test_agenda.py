"""The agenda: items of every kind, their order, and what can no longer change."""

import pytest

from neighbourhoods import agenda
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage import begin, end
from tests.builders import Town


@pytest.fixture
def meeting(town: Town) -> Assembly:
    return town.assembly(
        town.round(Phase.VOTE), ItemKind.WELCOME, ItemKind.BREAK, ItemKind.DISCUSSION
    )


def titles(meeting: Assembly) -> list[str]:
    return [item.title for item in meeting.items]


def test_an_item_changes_places_with_its_neighbour(town: Town, meeting: Assembly) -> None:
    welcome, rest, talk = meeting.items
    agenda.move_item(town.session, talk, town.facilitator, down=False)
    assert meeting.items == [welcome, talk, rest]
    agenda.move_item(town.session, welcome, town.facilitator, down=True)
    assert meeting.items == [talk, welcome, rest]
    agenda.move_item(town.session, rest, town.facilitator, down=True)
    assert meeting.items == [talk, welcome, rest]


def test_an_item_is_put_at_the_end_also_after_one_was_taken_out(
    town: Town, meeting: Assembly
) -> None:
    agenda.remove_item(town.session, meeting.items[1], town.facilitator)
    agenda.add_item(
        town.session,
        meeting,
        ItemKind.POLL,
        "Tea or coffee?",
        town.facilitator,
        settings={"options": ["Tea", "Coffee"]},
    )
    assert titles(meeting) == ["welcome 1", "discussion 3", "Tea or coffee?"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (ItemKind.PITCH, {}),
        (ItemKind.POLL, {"settings": {"options": ["Only one"]}}),
        (ItemKind.POLL, {"settings": {"options": ["Same", "Same"]}}),
        (ItemKind.POLL, {"settings": {"options": list("abcdefg")}}),
        (ItemKind.SCORES, {"settings": {"highest_score": 7}}),
        (ItemKind.REVEAL, {"settings": {"vote_item": 12345}}),
        (ItemKind.BREAK, {"seconds": 0}),
    ],
)
def test_an_item_without_what_its_kind_needs_is_refused(
    town: Town, meeting: Assembly, kind: ItemKind, more: dict[str, object]
) -> None:
    with pytest.raises(Refused) as refused:
        agenda.add_item(town.session, meeting, kind, "Item", town.facilitator, **more)  # type: ignore[arg-type]
    assert refused.value.reason is Refusal.ITEM_INCOMPLETE


def test_an_agenda_is_made_with_a_pitch_for_each_project(town: Town) -> None:
    meeting = town.assembly(town.round(Phase.DEBATE, proposals=3))
    made = agenda.default_agenda(town.session, meeting, town.facilitator)
    assert [item.kind.value for item in made] == [
        "welcome",
        "pitch",
        "pitch",
        "pitch",
        "discussion",
        "ballot",
        "reveal",
    ]
    assert [(i.title, i.seconds, i.project and i.project.title) for i in made[1:4]] == [
        (f"Bench {n}", 180, f"Bench {n}") for n in (1, 2, 3)
    ]
    assert made[5].settings == {"own_count": True, "held": True}
    assert made[6].settings == {"vote_item": made[5].id}
    with pytest.raises(Refused) as refused:
        agenda.default_agenda(town.session, meeting, town.facilitator)
    assert refused.value.reason is Refusal.AGENDA_NOT_EMPTY


def test_while_the_round_s_vote_is_open_the_hall_votes_into_its_box(town: Town) -> None:
    meeting = town.assembly(town.round(Phase.VOTE, proposals=1))
    made = agenda.default_agenda(town.session, meeting, town.facilitator)
    assert made[-2].settings == {"own_count": False, "held": True}
    assert made[-1].settings == {}


def test_what_has_begun_is_not_taken_out_and_its_options_stay(town: Town) -> None:
    meeting = town.assembly(town.round(Phase.VOTE), ItemKind.POLL, ItemKind.BREAK)
    begin(town.session, meeting, town.facilitator)
    poll = meeting.items[0]
    with pytest.raises(Refused) as refused:
        agenda.remove_item(town.session, poll, town.facilitator)
    assert refused.value.reason is Refusal.ITEM_BEGUN
    with pytest.raises(Refused) as refused:
        agenda.change_item(
            town.session, poll, title="Poll", settings={"options": ["Yes", "No", "Maybe"]}
        )
    assert refused.value.reason is Refusal.ITEM_BEGUN
    agenda.change_item(town.session, poll, title="New name", settings=dict(poll.settings))
    assert poll.title == "New name"


def test_a_vote_that_a_reveal_waits_for_is_not_taken_out(town: Town) -> None:
    meeting = town.assembly(town.round(Phase.DEBATE))
    vote, _ = agenda.default_agenda(town.session, meeting, town.facilitator)[-2:]
    with pytest.raises(Refused) as refused:
        agenda.remove_item(town.session, vote, town.facilitator)
    assert refused.value.reason is Refusal.ITEM_REVEALED


def test_an_agenda_does_not_change_after_the_meeting(town: Town, meeting: Assembly) -> None:
    begin(town.session, meeting, town.facilitator)
    end(town.session, meeting, town.facilitator)
    with pytest.raises(Refused) as refused:
        agenda.add_item(town.session, meeting, ItemKind.BREAK, "Tea", town.facilitator)
    assert refused.value.reason is Refusal.MEETING_ENDED
