"""The booth for orders of choice, points, scores, and yes or no: cast, refused and kept."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.residents.paper_words import place_in_words
from ballots.counting import RankedBy, Rule
from ballots.moves import count_closed
from ballots.outcome import outcome_of
from ballots.papers import BallotFormat
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.residents.test_booth import where_it_goes_on
from tests.box_reader import choices_in
from tests.builders import Town
from tests.council import Site

LIMITS: dict[BallotFormat, dict[str, int]] = {
    BallotFormat.RANKING: {},
    BallotFormat.POINTS: {"points_to_give": 10, "most_points_on_one": 6},
    BallotFormat.SCORES: {"highest_score": 5},
    BallotFormat.YES_NO: {},
}
# What somebody fills in for the first and the third of four projects, and what it looks like
# in the box.
MARKS = {
    BallotFormat.POINTS: ("6", "4", "6 points", "4 points"),
    BallotFormat.SCORES: ("5", "1", "5 out of 5", "1 out of 5"),
    BallotFormat.YES_NO: ("1", "-1", "Yes", "No"),
}


def opened(town: Town, ballot_format: BallotFormat, **more: Any) -> Round:
    settings = {"max_choices": 3 if ballot_format is BallotFormat.RANKING else None}
    the_round = town.round(
        Phase.VOTE,
        ballot_format=ballot_format,
        **{**settings, **LIMITS[ballot_format], **more},
    )
    town.session.commit()
    return the_round


def codes_of(session: Session, the_round: Round) -> list[str]:
    return [project.code for project in projects_in(session, the_round.id)]


def send(client: FlaskClient, the_round: Round, form: dict[str, Any]) -> TestResponse:
    return client.post(f"/rounds/{the_round.id}/ballot", data={"request_id": "r1", **form})


def shown_again(client: FlaskClient, the_round: Round, form: dict[str, Any]) -> str:
    answer = send(client, the_round, form)
    return client.get(answer.location or where_it_goes_on(answer)).text


def ballots_in_box(town: Town) -> list[object]:
    town.session.rollback()
    rounds = town.session.scalars(select(Round.id)).all()
    return [
        json.loads(text)
        for round_id in rounds
        for text in choices_in(town.session, town.keys, round_id)
    ]


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# --- the rule of the paper -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ballot_format", "limits", "sentence"),
    [
        (BallotFormat.RANKING, {}, "Put up to 3 projects in order, your favourite first."),
        (BallotFormat.RANKING, {"min_choices": 3}, "Put 3 projects in order, your favourite"),
        (BallotFormat.RANKING, {"min_choices": 2}, "Put 2 to 3 projects in order"),
        (BallotFormat.POINTS, {}, "You have 10 points to share out. You can give fewer."),
        (BallotFormat.POINTS, {}, "Give one project 6 at most."),
        (BallotFormat.POINTS, {"max_choices": 2}, "Give points to 2 projects at most."),
        (BallotFormat.SCORES, {}, "Give projects a score from 1 to 5. 5 is best."),
        (BallotFormat.SCORES, {"max_choices": 3}, "Score 3 projects at most."),
        (BallotFormat.YES_NO, {}, "Say yes or no to as many projects as you like."),
        (BallotFormat.YES_NO, {"max_choices": 3}, "Say yes or no to 3 projects at most."),
    ],
)
def test_each_paper_says_its_rule(
    ballot_format: BallotFormat, limits: dict[str, int], sentence: str, town: Town, site: Site
) -> None:
    the_round = opened(town, ballot_format, **limits)
    assert sentence in site.as_(None).get(f"/rounds/{the_round.id}/ballot").text


@pytest.mark.parametrize(
    ("ballot_format", "limits", "sentence"),
    [
        (BallotFormat.APPROVAL, {}, "Choose 2 to 4 projects."),
        (BallotFormat.KNAPSACK, {}, "Choose at least 2 projects that cost £10,000 or less"),
        (BallotFormat.KNAPSACK, {"max_choices": 3}, "Choose 2 to 3 projects that cost £10,000"),
        (BallotFormat.RANKING, {"max_choices": 3}, "Put 2 to 3 projects in order"),
        (BallotFormat.POINTS, {"points_to_give": 10}, "Give points to at least 2 projects."),
        (BallotFormat.SCORES, {"highest_score": 5}, "Score at least 2 projects."),
        (BallotFormat.YES_NO, {}, "Say yes or no to 2 to 4 projects."),
        (BallotFormat.YES_NO, {"max_choices": 2}, "Say yes or no to 2 projects."),
    ],
)
def test_every_paper_says_how_many_it_asks_for_at_least(
    ballot_format: BallotFormat, limits: dict[str, int], sentence: str, town: Town, site: Site
) -> None:
    settings: dict[str, Any] = {"max_choices": None, "min_choices": 2, **limits}
    the_round = town.round(Phase.VOTE, ballot_format=ballot_format, **settings)
    town.session.commit()
    assert sentence in site.as_(None).get(f"/rounds/{the_round.id}/ballot").text


def test_an_approval_paper_may_ask_for_exactly_so_many(town: Town, site: Site) -> None:
    the_round = town.round(Phase.VOTE, max_choices=2, min_choices=2)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/ballot").text
    assert "Choose exactly 2 projects." in page


# --- order of choice -----------------------------------------------------------------------------


def test_an_order_of_choice_is_cast_as_it_was_made(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.RANKING)
    first, second, third, _ = codes_of(session, the_round)
    client = site.as_voter(town.voter(the_round, 1))
    answer = send(client, the_round, {"project": [third, first, second]})
    assert answer.location.endswith("/counted")
    assert ballots_in_box(town) == [[third, first, second]]


def test_a_place_left_out_moves_the_later_choices_up(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.RANKING)
    first, second, *_ = codes_of(session, the_round)
    send(site.as_voter(town.voter(the_round, 1)), the_round, {"project": [second, "", first]})
    assert ballots_in_box(town) == [[second, first]]


def test_a_project_in_two_places_is_refused_at_the_second_and_both_are_kept(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.RANKING)
    code = codes_of(session, the_round)[1]
    client = site.as_voter(town.voter(the_round, 1))
    page = shown_again(client, the_round, {"project": [code, "", code]})
    assert 'id="place-3-error"' in page
    assert 'href="#place-3"' in page
    assert "Bench 2: It stands in an earlier place too." in plain(page)
    assert len(re.findall(rf'value="{code}" selected', page)) == 2
    assert ballots_in_box(town) == []


def test_an_order_of_choice_is_told_in_words_before_it_is_cast(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.RANKING)
    codes = codes_of(session, the_round)
    form = {"project": [codes[3], codes[0], ""], "add_up": "1"}
    page = plain(shown_again(site.as_(None), the_round, form))
    assert "What you have marked so far Bench 4 1st choice Bench 1 2nd choice" in page
    assert "2 of 3 places filled" in page


@pytest.mark.parametrize(
    ("place", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")],
)
def test_places_are_named_as_people_say_them(place: int, words: str, app: Any) -> None:
    with app.test_request_context():
        assert place_in_words(place) == f"{words} choice"


# --- points, scores, yes and no ------------------------------------------------------------------


@pytest.mark.parametrize("ballot_format", MARKS)
def test_marks_are_cast_as_numbers_beside_their_projects(
    ballot_format: BallotFormat, town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, ballot_format)
    first, second, third, *_ = codes_of(session, the_round)
    one, other, *_ = MARKS[ballot_format]
    form = {f"mark-{first}": one, f"mark-{second}": "", f"mark-{third}": f" {other} "}
    answer = send(site.as_voter(town.voter(the_round, 1)), the_round, form)
    assert answer.location.endswith("/counted")
    assert ballots_in_box(town) == [{first: int(one), third: int(other)}]


@pytest.mark.parametrize("ballot_format", MARKS)
def test_marks_outlast_adding_up_and_are_told_in_words(
    ballot_format: BallotFormat, town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, ballot_format)
    first, _, third, _ = codes_of(session, the_round)
    one, other, one_in_words, other_in_words = MARKS[ballot_format]
    form = {f"mark-{first}": one, f"mark-{third}": other, "add_up": "1"}
    page = shown_again(site.as_(None), the_round, form)
    assert f"Bench 1 {one_in_words}" in plain(page)
    assert f"Bench 3 {other_in_words}" in plain(page)
    for code, mark in ((first, one), (third, other)):
        field = re.search(rf'<input[^>]*name="mark-{code}" value="{mark}"[^>]*>', page)
        assert field is not None
        assert "radio" not in field[0] or " checked" in field[0]
    assert ballots_in_box(town) == []


@pytest.mark.parametrize(
    ("ballot_format", "written", "words"),
    [
        (BallotFormat.POINTS, "1.5", "Enter a whole number from 1 to 6, or leave it empty."),
        (BallotFormat.POINTS, "a: lot.", "Enter a whole number from 1 to 6, or leave it empty."),
        (BallotFormat.POINTS, "-1", "Enter a number from 1 to 6, or leave it empty."),
        (BallotFormat.POINTS, "7", "Give one project 6 points at most."),
        (BallotFormat.SCORES, "6", "Give a score from 1 to 5."),
        (BallotFormat.YES_NO, "2", "Choose yes, no or no opinion."),
    ],
)
def test_a_wrong_mark_is_refused_at_its_field(
    ballot_format: BallotFormat,
    written: str,
    words: str,
    town: Town,
    site: Site,
    session: Session,
) -> None:
    the_round = opened(town, ballot_format)
    code = codes_of(session, the_round)[2]
    client = site.as_voter(town.voter(the_round, 1))
    page = shown_again(client, the_round, {f"mark-{code}": written})
    assert "<title>Error:" in page
    assert f"Bench 3: {words}" in plain(page)
    field = re.search(r'href="#(mark-\d)"', page)
    assert field is not None
    assert f'id="{field[1]}-error"' in page
    if ballot_format is BallotFormat.POINTS:
        assert f'name="mark-{code}" value="{written}"' in page
    assert ballots_in_box(town) == []


@pytest.mark.parametrize("zero", ["0", " 0 ", "-0", "00"])
def test_whoever_writes_nought_gives_nothing(
    zero: str, town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.POINTS)
    first, second, *_ = codes_of(session, the_round)
    form = {f"mark-{first}": zero, f"mark-{second}": "3"}
    send(site.as_voter(town.voter(the_round, 1)), the_round, form)
    assert ballots_in_box(town) == [{second: 3}]


def test_too_many_points_are_refused_with_both_sums_and_kept(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.POINTS)
    first, second, *_ = codes_of(session, the_round)
    client = site.as_voter(town.voter(the_round, 1))
    form = {f"mark-{first}": "6", f"mark-{second}": "5"}
    page = shown_again(client, the_round, form)
    assert "You gave 11 points. Take some away until they are 10 or fewer." in page
    assert "11 of 10 points given · 1 too many" in page
    assert f'name="mark-{second}" value="5"' in page


def test_all_points_given_is_said(town: Town, site: Site, session: Session) -> None:
    the_round = opened(town, BallotFormat.POINTS)
    first, second, *_ = codes_of(session, the_round)
    form = {f"mark-{first}": "6", f"mark-{second}": "4", "add_up": "1"}
    page = shown_again(site.as_(None), the_round, form)
    assert "10 of 10 points given · 0 left" in page
    assert "You have given all your points." in page


@pytest.mark.parametrize(
    ("ballot_format", "words"),
    [
        (BallotFormat.RANKING, "Choose a project in at least one place."),
        (BallotFormat.POINTS, "Give points to at least one project."),
        (BallotFormat.SCORES, "Score at least one project."),
        (BallotFormat.YES_NO, "Say yes or no to at least one project."),
    ],
)
def test_an_empty_paper_of_each_kind_is_refused_in_its_own_words(
    ballot_format: BallotFormat, words: str, town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, ballot_format)
    code = codes_of(session, the_round)[0]
    empty = {"project": ["", ""]} if ballot_format is BallotFormat.RANKING else {f"mark-{code}": ""}
    page = shown_again(site.as_voter(town.voter(the_round, 1)), the_round, empty)
    assert words in page
    assert ballots_in_box(town) == []


@pytest.mark.parametrize("ballot_format", LIMITS)
def test_a_project_of_another_paper_is_refused_and_never_echoed(
    ballot_format: BallotFormat, town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, ballot_format)
    form = {"project": ["nowhere"], "mark-nowhere": "1"}
    answer = send(site.as_voter(town.voter(the_round, 1)), the_round, form)
    assert answer.status_code == 422
    assert "nowhere" not in answer.text
    assert ballots_in_box(town) == []


@pytest.mark.parametrize("ballot_format", LIMITS)
@pytest.mark.parametrize("draft", ["999", "0:%FF.1:x", "..", ":::", "0:" + "9" * 3_000, "٣", "0.0"])
def test_a_forged_draft_never_breaks_a_paper(
    draft: str, ballot_format: BallotFormat, town: Town, site: Site
) -> None:
    the_round = opened(town, ballot_format)
    client = site.as_(None)
    client.set_cookie("wardmote_draft", draft, path=f"/rounds/{the_round.id}/")
    for query in ("", "?tried=1"):
        assert client.get(f"/rounds/{the_round.id}/ballot{query}").status_code == 200


def test_an_imported_paper_with_high_scores_asks_for_numbers(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.SCORES, highest_score=100)
    code = codes_of(session, the_round)[0]
    client = site.as_voter(town.voter(the_round, 1))
    assert 'inputmode="numeric"' in client.get(f"/rounds/{the_round.id}/ballot").text
    send(client, the_round, {f"mark-{code}": "100"})
    assert ballots_in_box(town) == [{code: 100}]


def test_the_receipt_page_never_shows_what_was_marked(
    town: Town, site: Site, session: Session
) -> None:
    the_round = opened(town, BallotFormat.POINTS)
    code = codes_of(session, the_round)[0]
    client = site.as_voter(town.voter(the_round, 1))
    page = client.get(send(client, the_round, {f"mark-{code}": "6"}).location).text
    assert "Your receipt" in page
    assert "Bench" not in page
    assert "6 points" not in page


def test_what_was_ranked_is_counted_by_its_points(town: Town, site: Site, session: Session) -> None:
    the_round = opened(town, BallotFormat.RANKING, rule=Rule(ranked_by=RankedBy.SCORE))
    first, second, third, _ = codes_of(session, the_round)
    for voter, order in enumerate(([third, first, second], [third, second], [first]), start=1):
        client = site.as_voter(town.voter(the_round, voter))
        send(client, the_round, {"project": order})
    session.rollback()
    session.refresh(the_round)
    town.enter(the_round, Phase.COUNT)
    count_closed(session, town.keys, the_round)
    outcome = outcome_of(session, the_round.id)
    assert outcome is not None
    scores = {verdict["project_id"]: verdict["score"] for verdict in outcome.verdicts}
    # 3 + 2 points; 2 + 1; 1 + 1.
    assert [scores[code] for code in (third, first, second)] == [5, 3, 2]
