"""What somebody who knows the order of arrival reads from live figures."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.disclosure import papers_in, replay, replays_of

SHARED = Path(__file__).parents[2].parent / "shared" / "pabulib"
FEW = (
    "Poland_Gdynia_2020_Orlowo__small",
    "Poland_Katowice_2022_Murcki",
    "Poland_Warszawa_2019_Obszar_II-Stara_Praga_ze_Szmulowizna_Michalow",
    "Poland_Warszawa_2026_Rakowiec",
    "Netherlands_Assen_2024",
    "US_Stanford_Dataset_Saratoga_NY_2022_vote_rankings",
)


@pytest.mark.parametrize(("k", "most"), [(10, 2.0), (20, 1.0)])
def test_of_real_elections_hardly_a_ballot_is_certain_and_no_step_is_small(
    k: int, most: float
) -> None:
    paths = [SHARED / f"{name}.pb" for name in FEW if (SHARED / f"{name}.pb").exists()]
    if not paths:
        pytest.skip("needs the elections in ../shared/pabulib")
    every = [each for path in paths for each in replays_of(papers_in(path), k)]
    voters = sum(each.voters for each in every)
    assert sum(each.ballots_by_draw for each in every) <= most / 100 * voters
    assert sum(each.choices_by_draw for each in every) <= most / 100 * voters
    assert sum(each.ballots_by_order for each in every) <= most / 100 * voters
    for each in every:
        assert sum(each.steps) == each.voters
        assert min(each.steps) >= k
        assert each.steps[-1] >= k


def test_where_all_vote_alike_every_ballot_is_certain() -> None:
    papers = np.tile(np.array([True, False, True]), (40, 1))
    told = replay(papers, 10, np.random.default_rng(1))
    assert told.ballots_by_draw == told.ballots_by_order == told.choices_by_draw == 40


def test_a_step_of_one_tells_whoever_knows_the_draw_every_ballot() -> None:
    papers = np.eye(30, dtype=np.bool_)
    told = replay(papers, 1, np.random.default_rng(1))
    assert told.ballots_by_draw == 30
    assert told.ballots_by_order < 30


def test_where_each_votes_otherwise_nothing_is_certain() -> None:
    told = replay(np.eye(60, dtype=np.bool_), 10, np.random.default_rng(1))
    assert (told.ballots_by_draw, told.ballots_by_order, told.choices_by_draw) == (0, 0, 0)
