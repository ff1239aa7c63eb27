"""Who may do what when, held against a table that anybody can read."""

import pytest

from neighbourhoods.phases import MOVES, ORDER, Action, Phase, Role, is_past, why_not
from neighbourhoods.refusals import Refusal

# A anyone, R resident, C councillor, F facilitator, O officer; "." nobody.
TABLE = """
                  set-up ideas screening debate vote count sign-off delivery review
set-rules         O      O     O         O      .    .     .        .        .
import-roll       O      O     O         O      .    .     .        .        .
propose           .      R     .         .      .    .     .        .        .
edit-proposal     .      R     .         .      .    .     .        .        .
back              .      R     R         .      .    .     .        .        .
screen            .      .     O         O      .    .     .        .        .
answer-screening  .      .     R         R      .    .     .        .        .
debate            .      RCO   RCO       RCO    .    .     .        .        .
answer            .      RCO   RCO       RCO    RCO  .     .        .        .
report            AR     AR    AR        AR     AR   AR    AR       AR       AR
hide              O      O     O         O      O    O     O        O        O
vote              .      .     .         .      AR   .     .        .        .
decide            .      .     .         .      .    .     C        .        .
answer-referral   .      .     .         .      .    .     O        .        .
deliver           .      .     .         .      .    .     .        O        O
"""
LETTERS = {
    "A": Role.ANYONE,
    "R": Role.RESIDENT,
    "C": Role.COUNCILLOR,
    "F": Role.FACILITATOR,
    "O": Role.OFFICER,
}


def cells() -> list[tuple[Action, Phase, str]]:
    heading, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (Action(row[0]), Phase(phase), cell)
        for row in rows
        for phase, cell in zip(heading, row[1:], strict=True)
    ]


@pytest.mark.parametrize(("action", "phase", "cell"), cells())
def test_each_role_may_do_exactly_what_the_table_says(
    action: Action, phase: Phase, cell: str
) -> None:
    allowed = {letter for letter, role in LETTERS.items() if why_not(role, action, phase) is None}
    assert allowed == set(cell) - {"."}


def test_the_table_names_every_action_in_every_phase() -> None:
    assert {(action, phase) for action, phase, _ in cells()} == {
        (action, phase) for action in Action for phase in Phase
    }


def test_the_wrong_role_is_told_so_before_the_wrong_phase() -> None:
    assert why_not(Role.RESIDENT, Action.SCREEN, Phase.VOTE) is Refusal.WRONG_ROLE
    assert why_not(Role.OFFICER, Action.SCREEN, Phase.VOTE) is Refusal.WRONG_PHASE


@pytest.mark.parametrize("phase", ORDER[ORDER.index(Phase.VOTE) :])
def test_from_the_vote_on_there_is_only_forward(phase: Phase) -> None:
    assert all(is_past(phase, later) for later in MOVES[phase])
