"""Published figures: in steps that hide single votes, and from one place only."""

import pytest
from sqlalchemy.orm import Session

from ballots.casting import cast_ballot
from ballots.covered import read_ballots
from ballots.disclosure import SECONDS_APART, DisclosureProfile
from ballots.papers import BallotFormat
from ballots.tally import PublicTally, public_tally, publish_next
from ballots.voting_rules import rules_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round, create_round
from tests.builders import Town


def vote(town: Town, the_round: Round, voters: range, choice: int = 0) -> None:
    code = projects_in(town.session, the_round.id)[choice].code
    for number in voters:
        voter = town.voter(the_round, number)
        cast_ballot(
            town.session, town.keys, the_round, voter, [code], request_id=f"{number}-{choice}"
        )
    # Live figures move only some seconds after the last.
    town.session.info["clock"].moves(seconds=SECONDS_APART)


def tally_of(session: Session, the_round: Round) -> PublicTally:
    tally = public_tally(session, the_round)
    assert tally is not None
    return tally


def test_figures_stay_hidden_until_two_steps_of_voters_have_come(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=3)
    vote(town, the_round, range(1, 6))
    assert publish_next(town.session, town.keys, the_round) is None
    tally = tally_of(town.session, the_round)
    assert (tally.turnout, tally.figures, tally.spent_pence) == (5, None, None)


def test_a_step_leaves_at_least_as_many_voters_behind(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=3)
    vote(town, the_round, range(1, 9))
    publish_next(town.session, town.keys, the_round)
    tally = tally_of(town.session, the_round)
    assert (tally.turnout, tally.covered) == (8, 3)
    assert tally.figures is not None
    assert sum(figure.votes for figure in tally.figures) == 3


def test_somebody_who_votes_again_makes_no_step(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=3)
    vote(town, the_round, range(1, 7))
    publish_next(town.session, town.keys, the_round)
    for choice in range(1, 4):
        vote(town, the_round, range(1, 7), choice)
        assert publish_next(town.session, town.keys, the_round) is None
    assert tally_of(town.session, the_round).version == 1


def test_a_changed_ballot_moves_the_figures_only_with_the_next_step(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, step=3)
    vote(town, the_round, range(1, 7), choice=0)
    publish_next(town.session, town.keys, the_round)
    vote(town, the_round, range(1, 7), choice=1)
    vote(town, the_round, range(7, 10), choice=1)
    publish_next(town.session, town.keys, the_round)
    figures = tally_of(town.session, the_round).figures
    assert figures is not None
    assert sorted(figure.votes for figure in figures) == [0, 0, 0, 6]


def test_a_sealed_round_shows_turnout_and_nothing_else(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.SEALED)
    vote(town, the_round, range(1, 7))
    assert publish_next(town.session, town.keys, the_round) is None
    shown = tally_of(town.session, the_round).as_json()
    assert shown["turnout"] == 6
    assert shown["figures"] is None
    assert shown["spent_pence"] is None


def test_a_show_of_hands_shows_every_vote_and_every_change_at_once(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    vote(town, the_round, range(1, 2), choice=0)
    publish_next(town.session, town.keys, the_round)
    vote(town, the_round, range(1, 2), choice=1)
    publish_next(town.session, town.keys, the_round)
    tally = tally_of(town.session, the_round)
    assert (tally.version, tally.covered) == (2, 1)
    assert publish_next(town.session, town.keys, the_round) is None


@pytest.mark.parametrize("profile", list(DisclosureProfile))
def test_the_count_covers_every_voter_under_every_profile(
    town: Town, profile: DisclosureProfile
) -> None:
    the_round = town.round(Phase.VOTE, profile=profile, voters=5, step=3)
    vote(town, the_round, range(1, 6))
    publish_next(town.session, town.keys, the_round)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    tally = tally_of(town.session, the_round)
    assert (tally.covered, tally.turnout) == (5, 5)


def test_the_figures_say_what_would_be_funded_if_the_vote_closed_now(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=1)
    vote(town, the_round, range(1, 7), choice=3)
    publish_next(town.session, town.keys, the_round)
    tally = tally_of(town.session, the_round)
    assert tally.figures is not None
    assert [figure.title for figure in tally.figures if figure.funded] == ["Bench 4"]
    assert tally.spent_pence == 800_000


def test_live_figures_move_only_some_seconds_after_the_last(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=12, step=2)
    vote(town, the_round, range(1, 7))
    publish_next(town.session, town.keys, the_round)
    vote(town, the_round, range(7, 13))
    town.session.info["clock"].moves(seconds=-1)
    assert publish_next(town.session, town.keys, the_round) is None
    town.session.info["clock"].moves(seconds=1)
    assert publish_next(town.session, town.keys, the_round) is not None


def test_a_round_whose_rules_are_not_chosen_has_no_tally(town: Town) -> None:
    the_round = create_round(town.session, town.fund(), "Pot", "To choose.", "", 1_000)
    assert public_tally(town.session, the_round) is None


@pytest.mark.parametrize(
    ("spoilt", "kind"), [({"projects": None}, "projects"), ({"spent_pence": "1"}, "whole")]
)
def test_figures_that_are_none_are_not_shown_as_some(
    town: Town, spoilt: dict[str, object], kind: str
) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    vote(town, the_round, range(1, 3))
    snapshot = publish_next(town.session, town.keys, the_round)
    assert snapshot is not None
    # Not stored: the database refuses to change what was published.
    snapshot.result = snapshot.result | spoilt
    with town.session.no_autoflush, pytest.raises(TypeError, match=kind):
        public_tally(town.session, the_round)


def test_in_a_sealed_vote_nothing_covered_waits_to_be_read(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.SEALED)
    vote(town, the_round, range(1, 3))
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    assert read_ballots(town.session, town.keys, the_round, rules).covered == 0


def test_figures_with_points_say_so_and_how_long_the_longest_bar_is(town: Town) -> None:
    the_round = town.round(
        Phase.VOTE,
        ballot_format=BallotFormat.SCORES,
        highest_score=5,
        max_choices=None,
        profile=DisclosureProfile.OPEN,
    )
    code = projects_in(town.session, the_round.id)[0].code
    voter = town.voter(the_round, 1)
    cast_ballot(town.session, town.keys, the_round, voter, {code: 4}, request_id="a")
    publish_next(town.session, town.keys, the_round)
    tally = tally_of(town.session, the_round)
    assert (tally.in_points, tally.most_points) == (True, 4)
    figures = tally.as_json()["figures"]
    assert isinstance(figures, list)
    assert (figures[0]["code"], figures[0]["votes"], figures[0]["score"]) == (code, 1, 4)
