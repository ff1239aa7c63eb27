"""What may be shown now, to anybody at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots.disclosure import DisclosureProfile, next_step, profile_among, voters_covered

OPEN, LIVE, SEALED = DisclosureProfile.OPEN, DisclosureProfile.LIVE, DisclosureProfile.SEALED

profiles = st.sampled_from(DisclosureProfile)
counts = st.integers(0, 10_000)
steps = st.integers(1, 200)


@pytest.mark.parametrize(
    ("voters", "covered"),
    [(0, 0), (9, 0), (10, 0), (19, 0), (20, 10), (29, 10), (30, 20), (105, 90)],
)
def test_live_figures_with_steps_of_ten_hold_the_last_ten_back(voters: int, covered: int) -> None:
    assert voters_covered(LIVE, voters, 10, closed=False) == covered


@given(counts, steps)
def test_a_show_of_hands_covers_everybody_at_once(voters: int, k: int) -> None:
    assert voters_covered(OPEN, voters, k, closed=False) == voters


@given(counts, steps)
def test_a_sealed_vote_covers_nobody_before_the_close(voters: int, k: int) -> None:
    assert voters_covered(SEALED, voters, k, closed=False) == 0


@given(profiles, counts, steps)
def test_after_the_close_everybody_is_covered(
    profile: DisclosureProfile, voters: int, k: int
) -> None:
    assert voters_covered(profile, voters, k, closed=True) == voters


@settings(deadline=None)
@given(steps, st.lists(st.integers(0, 50), max_size=60))
def test_every_step_of_a_live_vote_covers_k_voters_the_last_one_too(
    k: int, arrivals: list[int]
) -> None:
    sealed = pending = 0
    published = []
    for arriving in arrivals:
        pending += arriving
        step = next_step(LIVE, sealed, pending, k, closed=False)
        if step:
            published.append(step)
        sealed, pending = sealed + step, pending - step
    voters = sealed + pending
    published.append(next_step(LIVE, sealed, pending, k, closed=True))
    assert sum(published) == voters
    if voters >= 2 * k:
        assert min(published) >= k
    else:
        assert len(published) == 1


@given(profiles, counts, counts, steps, st.booleans())
def test_a_step_never_holds_more_ballots_than_are_pending(
    profile: DisclosureProfile, sealed: int, pending: int, k: int, closed: bool
) -> None:
    assert 0 <= next_step(profile, sealed, pending, k, closed=closed) <= pending


@given(counts, counts, steps)
def test_an_open_step_leaves_k_behind_even_after_an_odd_start(
    sealed: int, pending: int, k: int
) -> None:
    step = next_step(LIVE, sealed, pending, k, closed=False)
    assert step == 0 or (step >= k and pending - step >= k)


def test_a_single_ballot_is_a_step_where_hands_are_shown() -> None:
    assert next_step(OPEN, 7, 1, 10, closed=False) == 1


@pytest.mark.parametrize(("voters", "k"), [(-1, 10), (5, 0)])
def test_impossible_numbers_of_voters_are_refused(voters: int, k: int) -> None:
    with pytest.raises(ValueError, match="voter"):
        voters_covered(LIVE, voters, k, closed=False)


@pytest.mark.parametrize(("sealed", "pending"), [(-1, 5), (5, -1)])
def test_impossible_numbers_of_ballots_are_refused(sealed: int, pending: int) -> None:
    with pytest.raises(ValueError, match="ballots"):
        next_step(LIVE, sealed, pending, 10, closed=False)


@pytest.mark.parametrize("people", [0, 49, 50, 300])
@pytest.mark.parametrize("profile", list(DisclosureProfile))
def test_a_live_vote_among_fewer_than_fifty_people_is_sealed_and_no_other(
    monkeypatch: pytest.MonkeyPatch, profile: DisclosureProfile, people: int
) -> None:
    monkeypatch.setattr("ballots.disclosure.ENOUGH_FOR_LIVE", 50)
    sealed = profile is DisclosureProfile.LIVE and people < 50
    expected = DisclosureProfile.SEALED if sealed else profile
    assert profile_among(profile, people) is expected
