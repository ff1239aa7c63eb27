"""Every word of every list has a sentence or a name, and every sentence can be filled in."""

import re
from enum import StrEnum

import pytest
from flask import Flask

from app.display import moment_words, pounds, read_pounds
from app.fault_wording import EXPECTED
from app.labels import LABELS
from app.wording import WORDS, say
from ballots.pabulib import Expected
from neighbourhoods.refusals import Refusal, Refused
from tests.builders import Clock

FIGURES = {"left": "£1", "held": "£4", "short": "£5", "limit": "2", "actual": "3", "words": "x"}


@pytest.mark.parametrize("words", [*WORDS, *LABELS], ids=lambda words: words.__name__)
def test_every_member_of_a_list_is_worded(words: type[StrEnum]) -> None:
    worded = WORDS.get(words) or LABELS[words]
    assert set(worded) == set(words)


def test_everything_a_file_can_lack_is_worded() -> None:
    assert set(EXPECTED) == set(Expected)


def test_every_placeholder_of_a_sentence_is_a_known_figure(app: Flask) -> None:
    with app.test_request_context():
        for worded in WORDS.values():
            for sentence in worded.values():
                assert set(re.findall(r"%\((\w+)\)", str(sentence))) <= set(FIGURES)
                assert "%" not in str(sentence) % FIGURES


def test_a_refusal_names_its_sum_in_pounds(app: Flask) -> None:
    with app.test_request_context():
        words = say(Refused(Refusal.FUND_EXCEEDED, left_pence=123_456))
    assert "£1,234.56" in words


@pytest.mark.parametrize(
    ("pence", "words"),
    [(0, "£0"), (5, "£0.05"), (340_000, "£3,400"), (340_050, "£3,400.50"), (-100, "−£1")],
)
def test_pence_are_written_as_pounds(pence: int, words: str) -> None:
    assert pounds(pence) == words


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("3400", 340_000),
        ("£3,400.50", 340_050),
        (" 0.1 ", 10),
        ("12.345", None),
        ("-5", None),
        ("1e5", None),
        ("NaN", None),
        ("", None),
        ("12345678901", None),
    ],
)
def test_typed_pounds_become_exact_pence_or_nothing(typed: str, pence: int | None) -> None:
    assert read_pounds(typed) == pence


def test_a_summer_moment_is_told_in_british_summer_time(app: Flask, clock: Clock) -> None:
    clock.moment = clock.moment.replace(month=7, day=3, hour=16, minute=30)
    with app.test_request_context():
        assert moment_words(clock.moment) == "5:30pm on Friday 3 July 2026"
