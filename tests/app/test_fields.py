"""Our own form fields: what people type, what comes out, and what they are told."""

from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import InputRequired

from app.date_fields import DayField, MomentField, read_time
from app.fields import (
    LineField,
    PoundsField,
    WholeField,
    WordsField,
    tidy_line,
    tidy_words,
)


class AForm(Form):
    name = LineField("Name", most=10, needed="Enter a name")
    about = WordsField("About", most=20)
    number = WholeField("Number", least=2, most=9_000)
    cost = PoundsField("Cost", [InputRequired("Enter the cost")])
    yearly = PoundsField("Yearly", least_pence=0)
    given_on = DayField("Given on")
    opens = MomentField("Opens")


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask) -> object:
    with app.test_request_context():
        yield


def filled(**typed: str | list[str]) -> AForm:
    """The form as sent, with these fields and an honest rest."""
    sent: MultiDict[str, str] = MultiDict({"name": "Anna", "cost": "5"})
    for name, value in typed.items():
        sent.setlist(name, [value] if isinstance(value, str) else value)
    form = AForm(sent)
    form.validate()
    return form


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("1200", 120_000),
        ("£1,200.50", 120_050),
        (" 49.5 ", 4_950),
        ("0.01", 1),
        ("1 000 000", 100_000_000),
    ],
)
def test_pounds_become_whole_pence(typed: str, pence: int) -> None:
    form = filled(cost=typed)
    assert (form.cost.data, form.cost.errors) == (pence, [])


@pytest.mark.parametrize(
    "typed", ["a lot", "-5", "1.234", "5\x00", "1e9", "9" * 400, "<script>", "0x10", "12,50.1.2"]
)
def test_what_is_no_money_is_refused_with_an_example(typed: str) -> None:
    form = filled(cost=typed)
    assert form.cost.data is None
    assert form.cost.errors == ["Enter a sum of money in pounds, such as 1,200 or 49.50"]


def test_nothing_typed_is_none_and_refused_only_where_it_is_needed() -> None:
    form = filled(cost="", yearly="")
    assert form.cost.errors == ["Enter the cost"]
    assert (form.yearly.data, form.yearly.errors) == (None, [])


def test_nought_pounds_is_an_answer_only_where_it_is_allowed() -> None:
    form = filled(cost="0", yearly="0")
    assert form.cost.errors == ["Enter a sum of more than £0"]
    assert (form.yearly.data, form.yearly.errors) == (0, [])


def test_no_sum_is_larger_than_a_database_can_hold() -> None:
    assert filled(cost="9999999999").cost.errors == ["Enter £1,000,000,000 or less"]


def test_a_sum_is_shown_as_it_was_typed_or_as_pounds() -> None:
    assert 'value="12x"' in str(filled(cost="12x").cost())
    assert 'value="3,400.50"' in str(AForm(data={"cost": 340_050}).cost())


def test_a_day_is_read_from_three_inputs() -> None:
    form = filled(given_on=["1", "04", "2026"])
    assert form.given_on.data == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["", "4", "2026"], "The date must include a day"),
        (["1", "", "2026"], "The date must include a month"),
        (["1", "4"], "The date must include a year"),
        (["31", "2", "2026"], "Enter a real date, such as 4 12 2026"),
        (["1", "4", "9" * 30], "Enter a real date, such as 4 12 2026"),
        (["1", "4", "9" * 5_000], "Enter a real date, such as 4 12 2026"),
        (["first", "4", "2026"], "Enter a real date, such as 4 12 2026"),
        (["1", "4", "26"], "The year must be between 2000 and 2100"),
    ],
)
def test_what_is_no_day_is_refused_by_the_part_that_is_wrong(typed: list[str], words: str) -> None:
    form = filled(given_on=typed)
    assert form.given_on.data is None
    assert form.given_on.errors == [words]


def test_a_blank_day_is_none() -> None:
    form = filled(given_on=["", "", ""])
    assert (form.given_on.data, form.given_on.errors) == (None, [])


def test_a_forged_number_of_parts_does_no_harm() -> None:
    form = filled(given_on=["1", "4", "2026", "5", "6"], opens=["1"])
    assert form.given_on.data == date(2026, 4, 1)
    assert form.opens.errors == ["The date must include a month"]
    assert 'value="1"' in str(form.opens())


def test_a_moment_is_british_time_and_comes_out_as_utc() -> None:
    summer = filled(opens=["1", "7", "2026", "5pm"]).opens.data
    winter = filled(opens=["4", "12", "2026", "17:00"]).opens.data
    assert summer == datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    assert winter == datetime(2026, 12, 4, 17, 0, tzinfo=UTC)


def test_a_moment_is_shown_in_british_time() -> None:
    shown = str(AForm(data={"opens": datetime(2026, 7, 1, 16, 0, tzinfo=UTC)}).opens())
    assert 'value="17:00"' in shown
    assert 'value="7"' in shown


def test_a_moment_needs_its_time() -> None:
    assert filled(opens=["1", "7", "2026", ""]).opens.errors == [
        "Enter a time, such as 5pm or 17:00"
    ]
    assert filled(opens=["1", "7", "2026", "5"]).opens.errors == [
        "Enter the time like 5pm, 9:30am or 17:00"
    ]


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    form = filled(opens=["29", "3", "2026", "1:30am"])
    assert form.opens.errors == ["The clocks go forward over that time. Enter a later one"]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("5pm", time(17)),
        ("5 PM", time(17)),
        ("9.30am", time(9, 30)),
        ("17:05", time(17, 5)),
        ("0:00", time(0)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midday", time(12)),
        ("midnight", time(0)),
        ("5", None),
        ("13pm", None),
        ("24:00", None),
        ("17:60", None),
        ("five", None),
        ("٥pm", None),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, at: time | None) -> None:
    assert read_time(typed) == at


@pytest.mark.parametrize("typed", ["1", "9001", "-3", "2.5", "many", "9" * 30, "٣٣"])
def test_a_whole_number_outside_its_limits_is_refused(typed: str) -> None:
    form = filled(number=typed)
    assert form.number.data is None
    assert form.number.errors == ["Enter a whole number from 2 to 9,000"]


def test_a_whole_number_may_be_written_with_commas() -> None:
    assert filled(number=" 1,204 ").number.data == 1_204


def test_words_that_are_too_long_are_refused_with_both_lengths() -> None:
    form = filled(about="x" * 10_000)
    assert form.about.errors == ["This is 10,000 characters long. Write 20 or fewer"]


def test_blank_words_are_refused_only_where_they_are_needed() -> None:
    form = filled(name="   ", about="  ")
    assert form.name.errors == ["Enter a name"]
    assert (form.about.data, form.about.errors) == ("", [])


def test_a_field_left_out_by_a_forged_form_is_empty_words_not_none() -> None:
    assert filled().about.data == ""


def test_what_cannot_be_printed_is_taken_out() -> None:
    assert tidy_line("A\x00 bench\r\nby\tthe \x07lock") == "A bench by the lock"
    assert tidy_words(" One\r\n\r\nTwo\x00 ") == "One\n\nTwo"


def test_the_error_summary_leads_to_the_first_input_of_a_date() -> None:
    assert 'id="given_on"' in str(filled(given_on=["", "4", "2026"]).given_on())
