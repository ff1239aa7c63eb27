"""A practice meeting: the agenda of the real one, its own code, nothing else of it."""

from neighbourhoods.assemblies import ItemKind
from neighbourhoods.practice import plan_practice, practices_for
from neighbourhoods.stage import begin, end
from tests.builders import Town


def test_a_practice_meeting_has_the_same_agenda_and_its_own_code(town: Town) -> None:
    assembly = town.assembly(town.round(), ItemKind.WELCOME, ItemKind.BALLOT, ItemKind.REVEAL)
    _welcome, ballot, reveal = assembly.items
    ballot.settings, ballot.seconds = {"own_count": True, "format": "approval"}, 90
    reveal.settings = {"vote_item": ballot.id}
    assembly.quorum = 30
    practice = plan_practice(town.session, assembly, town.facilitator)
    assert practice.is_practice
    assert practice.code != assembly.code
    assert practice.quorum is None
    assert [(item.kind, item.title) for item in practice.items] == [
        (item.kind, item.title) for item in assembly.items
    ]
    assert practice.items[1].settings == ballot.settings
    assert practice.items[1].seconds == 90
    assert practice.items[2].settings == {"vote_item": practice.items[1].id}
    assert reveal.settings == {"vote_item": ballot.id}


def test_practice_meetings_are_listed_until_they_have_ended(town: Town) -> None:
    assembly = town.assembly(town.round(), ItemKind.WELCOME)
    first = plan_practice(town.session, assembly, town.facilitator)
    second = plan_practice(town.session, assembly, town.facilitator)
    begin(town.session, second, town.facilitator)
    end(town.session, second, town.facilitator)
    assert practices_for(town.session, assembly) == [first]


def test_planning_a_practice_does_not_move_the_stage_of_the_real_meeting(town: Town) -> None:
    assembly = town.assembly(town.round(), ItemKind.WELCOME)
    version = assembly.stage.version
    plan_practice(town.session, assembly, town.facilitator)
    town.session.refresh(assembly.stage)
    assert assembly.stage.version == version
