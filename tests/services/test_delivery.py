"""Milestones turn late by themselves, and a finished project is rated once by each."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    Late,
    commit_money,
    report_delivery,
)
from neighbourhoods.milestones import Planned, change_milestone, plan_milestone
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in, proposal_behind
from neighbourhoods.ratings import (
    CoEvaluation,
    Rating,
    co_evaluations,
    hide_rating,
    rate_delivery,
    rater_of,
    rating_by,
    ratings_in,
    show_rating_again,
)
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.report_photos import attach_photo, is_shown, take_down_photo
from neighbourhoods.rounds import Round, RoundKind
from tests.builders import Clock, Town

TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 22)
MAY = date(2026, 5, 5)


@pytest.fixture
def delivery(town: Town) -> Delivery:
    the_round = town.round(Phase.SIGN_OFF)
    the_round.phase = Phase.DELIVERY
    return commit_money(town.session, projects_in(town.session, the_round.id)[0], 200_000)


def report(
    town: Town, delivery: Delivery, status: DeliveryStatus, due_on: date | None = None
) -> None:
    report_delivery(town.session, delivery, town.officer, DeliveryStep(status, "News.", 0, due_on))


def finished(town: Town, delivery: Delivery) -> Delivery:
    report(town, delivery, DeliveryStatus.FINISHED)
    return delivery


# --- milestones ----------------------------------------------------------------------------------


def test_what_is_not_done_the_day_after_it_was_due_is_late(town: Town, delivery: Delivery) -> None:
    plan_milestone(town.session, delivery, Planned("Dig", YESTERDAY, "Parks"))
    plan_milestone(town.session, delivery, Planned("Paint", TODAY, "Parks"))
    assert delivery.late_on(YESTERDAY) == []
    assert delivery.late_on(TODAY) == [Late("Dig", YESTERDAY)]
    assert [one.title for one in delivery.late_on(date(2026, 11, 24))] == ["Dig", "Paint"]


def test_what_is_done_is_not_late(town: Town, delivery: Delivery) -> None:
    dig = plan_milestone(town.session, delivery, Planned("Dig", MAY, "Parks"))
    change_milestone(town.session, dig, Planned("Dig", MAY, "Parks", TODAY, "In the rain."))
    assert delivery.late_on(TODAY) == []


def test_a_whole_project_is_late_too_but_not_once_it_is_over(
    town: Town, delivery: Delivery
) -> None:
    plan_milestone(town.session, delivery, Planned("Dig", YESTERDAY, "Parks"))
    report(town, delivery, DeliveryStatus.STARTED, MAY)
    assert delivery.late_on(TODAY) == [Late("", MAY), Late("Dig", YESTERDAY)]
    report(town, delivery, DeliveryStatus.STOPPED, MAY)
    assert delivery.late_on(TODAY) == []


def test_nothing_is_done_before_its_day_has_come(town: Town, delivery: Delivery) -> None:
    ahead = Planned("Dig", MAY, "Parks", date(2026, 11, 25))
    with pytest.raises(Refused) as refused:
        plan_milestone(town.session, delivery, ahead)
    assert refused.value.reason is Refusal.NOT_DONE_YET


def test_the_day_that_was_promised_first_is_kept(town: Town, delivery: Delivery) -> None:
    june, july = date(2027, 6, 1), date(2027, 7, 1)
    dig = plan_milestone(town.session, delivery, Planned("Dig", MAY, "Parks"))
    kept = []
    for day in (june, july, MAY):
        change_milestone(town.session, dig, Planned("Dig", day, "Parks"))
        kept.append((dig.due_on, dig.first_due_on))
    assert kept == [(june, MAY), (july, MAY), (MAY, None)]


def test_a_day_comes_at_midnight_in_britain_in_summer_too(
    town: Town, delivery: Delivery, clock: Clock
) -> None:
    # Half past midnight on 2 July in Britain, still 1 July in UTC.
    clock.moment = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    done = Planned("Dig", MAY, "Parks", date(2026, 7, 2))
    plan_milestone(town.session, delivery, done)
    clock.moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    with pytest.raises(Refused) as refused:
        plan_milestone(town.session, delivery, done)
    assert refused.value.reason is Refusal.NOT_DONE_YET


def test_a_milestone_tells_what_was_spent_on_it(town: Town, delivery: Delivery) -> None:
    dig = plan_milestone(town.session, delivery, Planned("Dig", MAY, "Parks"))
    other = plan_milestone(town.session, delivery, Planned("Paint", MAY, "Parks"))
    for pence, about in ((30_000, dig), (200, dig), (7_000, None)):
        step = DeliveryStep(DeliveryStatus.STARTED, "News.", pence, None, about)
        report_delivery(town.session, delivery, town.officer, step)
    assert (dig.spent_pence, other.spent_pence, delivery.spent_pence) == (30_200, 0, 37_200)


def test_milestones_are_planned_once_the_money_is_promised(town: Town, delivery: Delivery) -> None:
    delivery.project.the_round.phase = Phase.SIGN_OFF
    with pytest.raises(Refused) as refused:
        plan_milestone(town.session, delivery, Planned("Dig", MAY, "Parks"))
    assert refused.value.reason is Refusal.WRONG_PHASE


def test_a_photo_says_in_words_what_it_shows(town: Town, delivery: Delivery) -> None:
    report(town, delivery, DeliveryStatus.STARTED)
    with pytest.raises(Refused) as refused:
        attach_photo(town.session, delivery.updates[0], "0" * 64, "  ", (4, 3))
    assert refused.value.reason is Refusal.ALT_MISSING


def test_a_photo_is_taken_down_once_with_a_reason_and_shown_while_another_report_shows_it(
    town: Town, delivery: Delivery
) -> None:
    for _ in range(2):
        report(town, delivery, DeliveryStatus.STARTED)
    first, second = (
        attach_photo(town.session, update, "0" * 64, "A bench", (4, 3))
        for update in delivery.updates
    )
    with pytest.raises(Refused) as refused:
        take_down_photo(town.session, first, " ")
    assert refused.value.reason is Refusal.REASON_MISSING
    assert take_down_photo(town.session, first, "Somebody on it asked.") is False
    assert is_shown(town.session, "0" * 64)
    with pytest.raises(Refused) as refused:
        take_down_photo(town.session, first, "Again.")
    assert refused.value.reason is Refusal.PHOTO_TAKEN_DOWN
    assert take_down_photo(town.session, second, "The same.") is True
    assert not is_shown(town.session, "0" * 64)


def test_a_copy_voted_on_in_a_hall_has_the_proposal_of_its_round(town: Town) -> None:
    the_round = town.round(Phase.DEBATE)
    project = projects_in(town.session, the_round.id)[0]
    vote = Round(
        fund=the_round.fund,
        title="In the hall",
        purpose="p",
        budget_pence=1,
        kind=RoundKind.HALL,
        within=the_round,
        phase=Phase.DELIVERY,
    )
    town.session.add(vote)
    town.session.flush()
    copy = Project(round_id=vote.id, code=project.code, title=project.title, cost_pence=1)
    other = Project(round_id=vote.id, code="other", title="Other", cost_pence=1)
    town.session.add_all([copy, other])
    town.session.flush()
    assert proposal_behind(town.session, copy) == project.proposal
    assert proposal_behind(town.session, project) == project.proposal
    assert proposal_behind(town.session, other) is None


# --- what residents say --------------------------------------------------------------------------


def said(town: Town, delivery: Delivery) -> CoEvaluation:
    return co_evaluations(town.session, [delivery.project_id])[delivery.project_id]


def test_what_few_people_say_is_not_shown(town: Town, delivery: Delivery) -> None:
    finished(town, delivery)
    for number in range(1, 5):
        rate_delivery(town.session, delivery, f"r{number}", 5, "Lovely.")
    assert said(town, delivery) == CoEvaluation(4)
    rate_delivery(town.session, delivery, "r5", 2, "")
    # 22 points from five people.
    assert said(town, delivery) == CoEvaluation(5, 44, ("Lovely.",) * 4)


def test_rating_again_replaces_what_one_said_before(town: Town, delivery: Delivery) -> None:
    finished(town, delivery)
    for score in (1, 4):
        rate_delivery(town.session, delivery, "me", score, f"{score}")
    mine = rating_by(town.session, delivery.project_id, "me")
    assert mine is not None
    assert (mine.score, mine.changed, said(town, delivery).people) == (4, "4", 1)


def test_the_words_of_who_is_hidden_are_not_shown_and_their_score_counts(
    town: Town, delivery: Delivery
) -> None:
    finished(town, delivery)
    for number in range(1, 6):
        rate_delivery(town.session, delivery, f"r{number}", number, f"Words {number}")
    first = ratings_in(town.session, delivery.project_id)[0]
    hide_rating(town.session, first, "It names a neighbour.")
    assert said(town, delivery) == CoEvaluation(5, 30, ("Words 2", "Words 3", "Words 4", "Words 5"))
    # Saying it again does not bring it back.
    rate_delivery(town.session, delivery, "r1", 1, "Words 1")
    assert "Words 1" not in said(town, delivery).said
    show_rating_again(town.session, first)
    assert "Words 1" in said(town, delivery).said


@pytest.mark.parametrize("score", [0, 6])
def test_a_score_outside_one_to_five_is_refused(
    town: Town, delivery: Delivery, clock: Clock, score: int
) -> None:
    finished(town, delivery)
    with pytest.raises(Refused) as refused:
        rate_delivery(town.session, delivery, "me", score, "")
    assert refused.value.reason is Refusal.SCORE_OUTSIDE
    past = Rating(
        project_id=delivery.project_id, rater="x", score=score, changed="", rated_at=clock()
    )
    town.session.add(past)
    with pytest.raises(IntegrityError):
        town.session.flush()


def test_what_is_not_finished_is_not_rated(town: Town, delivery: Delivery) -> None:
    with pytest.raises(Refused) as refused:
        rate_delivery(town.session, delivery, "me", 5, "")
    assert refused.value.reason is Refusal.NOT_FINISHED


def test_a_rater_cannot_be_followed_from_one_project_to_the_next() -> None:
    assert rater_of(b"key", 1, "roll|R1") != rater_of(b"key", 2, "roll|R1")
    assert rater_of(b"key", 1, "roll|R1") != rater_of(b"other", 1, "roll|R1")
