"""The room's own end of the line: what comes in, what goes out, when it ends."""

import os
import socket
import sys
import threading

import pytest

from ballots.counting import BallotGroup, Election, Project, Rule, TieRefusedError, count
from ballots.counting.alternatives import explain_beside_other, other_rule
from ballots.counting.room import count_until_closed, main, receive, send
from ballots.counting.rules import Completion, Misfit, RankedBy, RuleName, Utility
from ballots.counting.ties import REFUSE

STREET = Election.of([Project("a", 5), Project("b", 5)], [BallotGroup(("a", "b"), 2)], 5)


def test_the_room_answers_with_results_and_errors_until_the_line_is_closed() -> None:
    ours, theirs = socket.socketpair()
    room = threading.Thread(target=count_until_closed, args=(theirs,))
    room.start()
    send(ours, (count, (STREET, Rule())))
    assert receive(ours) == count(STREET, Rule())
    send(ours, (count, (STREET, Rule(), REFUSE)))
    assert isinstance(receive(ours), TieRefusedError)
    ours.close()
    room.join(timeout=10)
    assert not room.is_alive()
    theirs.close()


def test_the_room_counts_at_the_descriptor_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    kinder: list[int] = []
    monkeypatch.setattr(os, "nice", kinder.append)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(sys, "argv", ["room", str(theirs.detach())])
    room = threading.Thread(target=main)
    room.start()
    send(ours, (count, (STREET, Rule())))
    assert receive(ours).winners == ("a",)
    ours.close()
    room.join(timeout=10)
    assert not room.is_alive()
    assert kinder == [5]


@pytest.mark.parametrize(
    ("rule", "beside"),
    [
        (
            Rule(misfit=Misfit.STOP, minimum_votes=3),
            Rule(
                RuleName.EQUAL_SHARES,
                completion=Completion.ADD1,
                utility=Utility.COST,
                minimum_votes=3,
            ),
        ),
        (
            Rule(ranked_by=RankedBy.SCORE),
            Rule(RuleName.EQUAL_SHARES, completion=Completion.ADD1, utility=Utility.POINTS),
        ),
        (Rule(RuleName.PHRAGMEN, misfit=Misfit.STOP), Rule()),
        (
            Rule(RuleName.EQUAL_SHARES, utility=Utility.POINTS),
            Rule(utility=Utility.POINTS, ranked_by=RankedBy.SCORE),
        ),
    ],
)
def test_beside_greedy_stands_equal_shares_and_beside_others_greedy(
    rule: Rule, beside: Rule
) -> None:
    assert other_rule(rule) == beside


@pytest.mark.parametrize("rule", [Rule(), Rule(RuleName.PHRAGMEN)])
def test_a_second_rule_never_refuses_a_tie(rule: Rule) -> None:
    settled = Election.of([Project("a", 5)], [BallotGroup(("a",), 2)], 5)
    told = explain_beside_other(settled, count(settled, rule, REFUSE))
    beside = told["alternative"]
    assert isinstance(beside, dict)
    assert beside["winners"] == ["a"]
    assert explain_beside_other(STREET, count(STREET, rule))["alternative"] is not None
