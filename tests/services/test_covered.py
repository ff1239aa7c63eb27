"""Figures are counted while nothing is held: whatever comes between, no step is lost or doubled."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.covered import Counted, CoveredBallots, castings_in, covered_in
from ballots.disclosure import DisclosureProfile
from ballots.outcome import count_votes, explained, uncounted_ballots
from ballots.sealing import seal_next
from ballots.tally import (
    Snapshot,
    cover_next,
    due_ballots,
    latest_snapshot,
    publish,
    publish_next,
    step_due,
)
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.box_reader import choices_in
from tests.builders import Town
from tests.services.test_tally import vote


def due(town: Town, the_round: Round, castings: int | None = None) -> CoveredBallots:
    found = due_ballots(town.session, town.keys, the_round, castings=castings)
    assert found is not None
    return found


def versions(session: Session, the_round: Round) -> list[tuple[int, int]]:
    query = select(Snapshot).where(Snapshot.round_id == the_round.id).order_by(Snapshot.version)
    return [(snapshot.version, snapshot.covered) for snapshot in session.scalars(query)]


def test_a_step_that_was_covered_but_not_published_is_published_next_time(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=3)
    vote(town, the_round, range(1, 7))
    assert cover_next(town.session, the_round) == 3  # and then the power goes
    assert versions(town.session, the_round) == []
    publish_next(town.session, town.keys, the_round)
    assert versions(town.session, the_round) == [(1, 3)]


def test_no_further_step_is_covered_while_the_last_is_counted(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=12, step=2)
    vote(town, the_round, range(1, 5))
    assert cover_next(town.session, the_round) == 2
    ballots = due(town, the_round)
    vote(town, the_round, range(5, 13))
    assert step_due(town.session, the_round) == 0
    assert cover_next(town.session, the_round) == 0
    publish(town.session, town.keys, ballots, ballots.counted())
    assert versions(town.session, the_round) == [(1, 2)]
    assert step_due(town.session, the_round) == 8
    publish_next(town.session, town.keys, the_round)
    assert versions(town.session, the_round) == [(1, 2), (2, 10)]


def test_of_two_who_count_the_same_step_one_publishes_it(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 5))
    cover_next(town.session, the_round)
    one, other = due(town, the_round), due(town, the_round)
    assert publish(town.session, town.keys, one, one.counted()) is not None
    assert publish(town.session, town.keys, other, other.counted()) is None
    assert versions(town.session, the_round) == [(1, 2)]


def test_a_count_that_the_close_overtook_is_dropped(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 6))
    cover_next(town.session, the_round)
    late = due(town, the_round)
    town.enter(the_round, Phase.COUNT)
    count_votes(town.session, town.keys, the_round)
    assert publish(town.session, town.keys, late, late.counted()) is None
    assert versions(town.session, the_round) == [(1, 5)]


def test_a_closed_vote_has_no_live_figures_left_to_publish(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 6))
    town.enter(the_round, Phase.COUNT)
    assert cover_next(town.session, the_round) == 0
    assert due_ballots(town.session, town.keys, the_round) is None


def test_figures_are_those_of_the_ballots_in_the_database(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=30, step=2)
    for voters, choice in ((range(1, 20), 3), (range(5, 8), 0), (range(20, 31), 1)):
        vote(town, the_round, voters, choice)
        publish_next(town.session, town.keys, the_round)
    papers = Counter(choices_in(town.session, town.keys, the_round.id, covered=True))
    expected = {
        project.code: papers[f'["{project.code}"]']
        for project in projects_in(town.session, the_round.id)
    }
    snapshot = latest_snapshot(town.session, the_round.id)
    assert snapshot is not None
    verdicts = snapshot.result["projects"]
    assert isinstance(verdicts, list)
    assert {verdict["project_id"]: verdict["votes"] for verdict in verdicts} == expected
    assert snapshot.covered == sum(expected.values()) == 28


def test_figures_are_as_old_as_the_ballots_that_were_read(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 5))
    cover_next(town.session, the_round)
    ballots = due(town, the_round)
    read_at = town.session.info["clock"]()
    town.session.info["clock"].moves(seconds=3)
    snapshot = publish(town.session, town.keys, ballots, ballots.counted())
    assert snapshot is not None
    assert snapshot.published_at == read_at


def test_a_show_of_hands_is_counted_again_only_when_somebody_voted(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    assert due_ballots(town.session, town.keys, the_round) is None
    vote(town, the_round, range(1, 4))
    publish_next(town.session, town.keys, the_round)
    counted = castings_in(town.session, the_round.id)
    assert due_ballots(town.session, town.keys, the_round, castings=counted) is None
    vote(town, the_round, range(1, 2), choice=2)
    ballots = due(town, the_round, counted)
    assert publish(town.session, town.keys, ballots, ballots.counted()) is not None


def test_a_vote_between_covering_and_reading_is_followed_the_next_time(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    vote(town, the_round, range(1, 2))
    cover_next(town.session, the_round)
    vote(town, the_round, range(2, 3))
    ballots = due(town, the_round)
    publish(town.session, town.keys, ballots, ballots.counted())
    assert cover_next(town.session, the_round) == 1
    assert due(town, the_round, ballots.castings).covered == 2


def test_whoever_reads_many_ballots_lets_others_go_first_between_pages(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=1)
    vote(town, the_round, range(1, 10))
    cover_next(town.session, the_round)
    monkeypatch.setattr("ballots.sealing.BATCH", 4)
    assert seal_next(town.session, town.keys, the_round) == 4
    monkeypatch.setattr("ballots.covered.PAGE", 1)
    pauses: list[int] = []
    due_ballots(town.session, town.keys, the_round, pause=lambda: pauses.append(1))
    assert len(pauses) >= 4  # four sealed ballots are four pages


def test_what_was_counted_away_is_stored_and_not_counted_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = town.round(Phase.VOTE, voters=5)
    vote(town, the_round, range(1, 6))
    town.enter(the_round, Phase.COUNT)
    ballots = uncounted_ballots(town.session, the_round)
    assert ballots is not None
    result = ballots.counted()
    monkeypatch.setattr("ballots.poll.count", None)  # nobody may call it any more
    outcome = count_votes(town.session, town.keys, the_round, Counted(ballots, result))
    assert outcome.result == result.to_json()
    assert outcome.explanation is None
    assert covered_in(town.session, the_round.id) == 5
    assert uncounted_ballots(town.session, the_round) is None


def test_a_count_of_other_ballots_than_those_in_the_box_is_done_again(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=5, step=1)
    vote(town, the_round, range(1, 4))
    cover_next(town.session, the_round)
    ballots = due(town, the_round)
    early = Counted(ballots, ballots.counted())
    vote(town, the_round, range(4, 6))
    town.enter(the_round, Phase.COUNT)
    outcome = count_votes(town.session, town.keys, the_round, early)
    assert outcome.ballots_cast == 5


def test_an_outcome_keeps_its_explanation_beside_another_rule(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=5)
    vote(town, the_round, range(1, 6), choice=2)
    town.enter(the_round, Phase.COUNT)
    outcome = count_votes(town.session, town.keys, the_round)
    explanation = outcome.explanation
    assert explanation is not None
    told = explanation["projects"]
    assert isinstance(told, list)
    assert [story["project_id"] for story in told] == [v["project_id"] for v in outcome.verdicts]
    other = explanation["alternative"]
    assert isinstance(other, dict)
    assert other["rule"]["name"] == "equal-shares"
    # Five voters and £10,000: all five together can pay for the £6,000 they want.
    assert other["winners"] == outcome.winners
    assert explanation["ballots_with_a_winner"] == 5


def test_the_explanation_can_be_had_elsewhere(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=5)
    vote(town, the_round, range(1, 6))
    town.enter(the_round, Phase.COUNT)
    ballots = uncounted_ballots(town.session, the_round)
    assert ballots is not None
    asked: list[object] = []

    def elsewhere(work: object, *about: object) -> object:
        asked.append(work)
        assert callable(work)
        return work(*about)

    result = ballots.counted(elsewhere)  # type: ignore[arg-type] # it returns what it is told
    explained(ballots, result, elsewhere)  # type: ignore[arg-type] # the same
    assert len(asked) == 2
