"""Finding one's area by postcode or name."""

import pytest

from neighbourhoods.places import find_areas, slug_for, tidy_postcode
from tests.builders import Town


@pytest.mark.parametrize("written", ["ZZ1 1AA", "zz11aa", " zz1-1aa ", "Zz1  1aA"])
def test_a_postcode_finds_the_neighbourhood_and_its_ward(town: Town, written: str) -> None:
    assert find_areas(town.session, written).areas == (town.neighbourhood, town.ward)


def test_an_unknown_postcode_finds_nothing_but_is_known_to_be_one(town: Town) -> None:
    found = find_areas(town.session, "ZZ9 9ZZ")
    assert (found.postcode, found.areas) == ("ZZ9 9ZZ", ())


@pytest.mark.parametrize("words", ["canal", "CANAL SIDE", "nal si"])
def test_part_of_a_name_finds_the_area(town: Town, words: str) -> None:
    assert find_areas(town.session, words).areas == (town.neighbourhood,)


@pytest.mark.parametrize("words", ["", "   ", "%", "_", "\\", "nowhere"])
def test_words_that_name_nothing_find_nothing(town: Town, words: str) -> None:
    assert find_areas(town.session, words).areas == ()


@pytest.mark.parametrize(
    ("written", "tidy"),
    [("sw1a1aa", "SW1A 1AA"), ("M1 1AE", "M1 1AE"), ("hello", None), ("AB1", None), ("", None)],
)
def test_postcodes_are_told_from_other_words(written: str, tidy: str | None) -> None:
    assert tidy_postcode(written) == tidy


def test_a_slug_drops_what_an_address_cannot_hold() -> None:
    assert slug_for("St Mary’s & All Saints") == "st-marys-all-saints"
