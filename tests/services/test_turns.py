"""Taking turns: first come, first served, and nobody who leaves keeps the others waiting."""

import threading
import time

import pytest

from neighbourhoods.turns import Turns


def wait_in_line(turns: Turns, name: str, served: list[str]) -> threading.Thread:
    """A thread that waits behind those who wait already."""

    def wait() -> None:
        with turns:
            served.append(name)

    before = len(turns._waiting)
    thread = threading.Thread(target=wait)
    thread.start()
    while len(turns._waiting) == before:
        time.sleep(0.001)
    return thread


def test_whoever_waits_longest_is_served_next() -> None:
    turns, served = Turns(), list[str]()
    with turns:
        threads = [wait_in_line(turns, str(n), served) for n in range(20)]
    for thread in threads:
        thread.join(5)
    assert served == [str(n) for n in range(20)]


def test_whoever_comes_again_and_again_does_not_overtake_who_waits() -> None:
    turns, served = Turns(), list[str]()
    turns.__enter__()
    thread = wait_in_line(turns, "closer", served)
    turns.__exit__(None, None, None)
    with turns:
        assert served == ["closer"]
    thread.join(5)


class TornAwayError(BaseException):
    """What ends a green thread that waits."""


class TornAway:
    """The turn of somebody who is torn away while they wait, or just as it is handed to them."""

    def __init__(self, turns: Turns, *, as_it_comes: bool) -> None:
        self.turns, self.as_it_comes, self.is_new = turns, as_it_comes, True

    def acquire(self) -> None:
        if self.is_new:
            self.is_new = False
            return
        if self.as_it_comes:
            self.turns.__exit__(None, None, None)
        raise TornAwayError

    def release(self) -> None:
        """Nobody is there to be woken."""


def wait_and_be_torn_away(
    monkeypatch: pytest.MonkeyPatch, turns: Turns, *, as_it_comes: bool
) -> None:
    with monkeypatch.context() as torn:
        torn.setattr(threading, "Lock", lambda: TornAway(turns, as_it_comes=as_it_comes))
        with pytest.raises(TornAwayError):
            turns.__enter__()


def test_who_is_torn_away_from_the_queue_leaves_it_to_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, served = Turns(), list[str]()
    with turns:
        wait_and_be_torn_away(monkeypatch, turns, as_it_comes=False)
        thread = wait_in_line(turns, "next", served)
    thread.join(5)
    assert served == ["next"]


def test_a_turn_that_came_as_its_owner_was_torn_away_goes_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, served = Turns(), list[str]()
    turns.__enter__()
    wait_and_be_torn_away(monkeypatch, turns, as_it_comes=True)
    thread = threading.Thread(target=lambda: served.extend(_enter(turns)), daemon=True)
    thread.start()
    thread.join(5)
    assert served == ["next"]


def _enter(turns: Turns) -> list[str]:
    with turns:
        return ["next"]
