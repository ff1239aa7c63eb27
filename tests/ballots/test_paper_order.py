"""The order in which a voter sees the projects: their own, drawn by lot, and fair."""

from collections import Counter
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ballots.paper_order import _draw_below, shuffled


def test_a_voter_sees_the_same_order_again_wherever_it_comes_from() -> None:
    assert shuffled(["a", "b", "c", "d"], "voter 1") == shuffled("dcba", "voter 1")


def test_other_voters_see_other_orders() -> None:
    letters = "abcdefgh"
    assert len({shuffled(letters, f"voter {voter}") for voter in range(50)}) == 50


@settings(deadline=None)
@given(st.sets(st.text()), st.text(st.characters()))
def test_shuffling_loses_and_adds_nothing(projects: set[str], seed: str) -> None:
    assert sorted(shuffled(projects, seed)) == sorted(projects)


def test_a_seed_of_broken_text_still_shuffles() -> None:
    assert sorted(shuffled("abc", "\ud800")) == ["a", "b", "c"]


def test_a_draw_that_would_favour_the_first_projects_is_thrown_away() -> None:
    assert _draw_below(3, iter([2**64 - 1, 2**64 - 2])) == 2  # 2^64 - 1 is a multiple of 3


def test_every_order_is_as_likely_as_any_other() -> None:
    voters = 6_000
    seen = Counter(shuffled("abc", str(voter)) for voter in range(voters))
    expected = voters / 6
    chi_square = sum((seen[order] - expected) ** 2 / expected for order in permutations("abc"))
    assert chi_square < 20.5  # five degrees of freedom, one in a thousand


def test_every_project_stands_in_every_place_as_often() -> None:
    voters, letters = 4_000, "abcdefgh"
    seen = Counter(
        place for voter in range(voters) for place in enumerate(shuffled(letters, f"seed {voter}"))
    )
    expected = voters / len(letters)
    chi_square = sum(
        (seen[place, letter] - expected) ** 2 / expected
        for place in range(len(letters))
        for letter in letters
    )
    assert chi_square < 85.4  # forty-nine degrees of freedom, one in a thousand
