"""The checks before a meeting, with what they find and what to do."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from ballots.hall import open_vote, votes_in
from ballots.papers import BallotFormat
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import check_in, join_by_phone
from neighbourhoods.people import Appointment, Office
from neighbourhoods.phases import Phase
from neighbourhoods.stage import begin
from tests.builders import Clock, Town
from tests.council import Site

READY, TO_DO, BY_HAND = "Ready", "To do", "Check by hand"


def checks(site: Site, town: Town, assembly: Assembly) -> dict[str, tuple[str, str]]:
    """Each check by its key: how it stands, and what was found."""
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/preflight")
    assert page.status_code == 200
    found = {}
    for check in BeautifulSoup(page.text, "html5lib").select("[data-check]"):
        said = [
            check.select(part)[0].get_text(strip=True) for part in ("[data-state]", "[data-found]")
        ]
        found[str(check["data-check"])] = (said[0], said[1])
    return found


@pytest.fixture
def meeting(town: Town) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.WELCOME, ItemKind.BALLOT)
    town.session.commit()
    return assembly


def test_a_screen_counts_when_it_was_seen_in_the_last_minute(
    meeting: Assembly, town: Town, site: Site, clock: Clock
) -> None:
    assert checks(site, town, meeting)["screen"][0] == TO_DO
    meeting.screens[0].seen_at = clock.moment
    town.session.commit()
    clock.moves(seconds=60)
    assert checks(site, town, meeting)["screen"][0] == READY
    clock.moves(seconds=1)
    assert checks(site, town, meeting)["screen"] == (
        TO_DO,
        "“Decision day” was seen 1 minute ago.",
    )


def test_a_phone_that_joins_lights_up(
    meeting: Assembly, town: Town, site: Site, clock: Clock
) -> None:
    assert checks(site, town, meeting)["phones"] == (TO_DO, "No phone has joined yet.")
    join_by_phone(town.session, meeting)
    town.session.commit()
    clock.moves(seconds=5)
    expected = (READY, "One phone has joined, 5 seconds ago.")
    assert checks(site, town, meeting)["phones"] == expected


def test_the_page_shows_the_code_to_try_a_phone_with(
    meeting: Assembly, town: Town, site: Site
) -> None:
    page = site.as_(town.facilitator).get(f"/assemblies/{meeting.id}/preflight").text
    assert f"Or go to localhost/join and type {meeting.code}." in page
    assert "<svg" in page


def test_what_only_the_device_can_tell_says_how_to_check_it_by_hand(
    meeting: Assembly, town: Town, site: Site
) -> None:
    found = checks(site, town, meeting)
    assert [found[key][0] for key in ("socket", "clock")] == [BY_HAND, BY_HAND]
    assert all(found[key][1].startswith("To check by hand:") for key in ("socket", "clock"))


def vote_check(site: Site, town: Town, assembly: Assembly) -> tuple[str, str]:
    found = checks(site, town, assembly)
    return next(check for key, check in found.items() if key.startswith("vote-"))


def test_a_vote_is_ready_with_paper_and_roll(meeting: Assembly, town: Town, site: Site) -> None:
    assert vote_check(site, town, meeting) == (READY, "Round, roll and paper are ready.")


def test_a_vote_without_a_roll_or_projects_says_what_is_missing(town: Town, site: Site) -> None:
    assembly = town.assembly(town.round(Phase.IDEAS, voters=0), ItemKind.BALLOT)
    town.session.commit()
    state, found = vote_check(site, town, assembly)
    assert state == TO_DO
    assert "roll" in found
    assert "project" in found


@pytest.mark.parametrize(
    ("phase", "state", "words"),
    [
        (Phase.VOTE, READY, "ready"),
        (Phase.DEBATE, TO_DO, "The round’s vote is not open yet."),
        (Phase.SIGN_OFF, TO_DO, "The vote of the round has closed already."),
    ],
)
def test_an_item_of_the_rounds_own_vote_needs_it_open(
    phase: Phase, state: str, words: str, town: Town, site: Site
) -> None:
    assembly = town.assembly(town.round(phase), ItemKind.BALLOT)
    assembly.items[0].settings = {"own_count": False}
    town.session.commit()
    found = vote_check(site, town, assembly)
    assert found[0] == state
    assert words in found[1]


def test_settings_by_which_nobody_could_vote_are_told(town: Town, site: Site) -> None:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.BALLOT)
    assembly.items[0].settings = {"format": "coin"}
    town.session.commit()
    assert vote_check(site, town, assembly)[0] == TO_DO


def test_councillors_are_named(meeting: Assembly, town: Town, site: Site) -> None:
    state, found = checks(site, town, meeting)["councillors"]
    assert state == READY
    assert "Cora Councillor" in found
    terms = select(Appointment).where(Appointment.office == Office.COUNCILLOR)
    for appointment in town.session.scalars(terms):
        town.session.delete(appointment)
    town.session.commit()
    assert checks(site, town, meeting)["councillors"] == (TO_DO, "Nobody is appointed.")


def test_the_wi_fi_has_to_be_named(meeting: Assembly, town: Town, site: Site) -> None:
    assert checks(site, town, meeting)["wifi"] == (READY, "hall")
    meeting.wifi_name = ""
    town.session.commit()
    assert checks(site, town, meeting)["wifi"][0] == TO_DO


def test_somebody_says_that_the_print_pack_is_in_the_hall(
    meeting: Assembly, town: Town, site: Site
) -> None:
    assert checks(site, town, meeting)["print"][0] == TO_DO
    version = meeting.stage.version
    client = site.as_(town.facilitator)
    answer = client.post(f"/assemblies/{meeting.id}/preflight/printed")
    assert answer.status_code == 303
    assert checks(site, town, meeting)["print"][0] == READY
    town.session.refresh(meeting.stage)
    assert meeting.stage.version == version


def test_one_button_makes_a_practice_meeting_and_lists_it(
    meeting: Assembly, town: Town, site: Site
) -> None:
    client = site.as_(town.facilitator)
    client.post(f"/assemblies/{meeting.id}/practice")
    town.session.expire_all()
    practice = town.session.scalars(select(Assembly).where(Assembly.is_practice)).one()
    assert [item.title for item in practice.items] == [item.title for item in meeting.items]
    page = client.get(f"/assemblies/{meeting.id}/preflight").text
    assert f"Wipe practice meeting {practice.code}" in page
    assert f"/assemblies/{practice.id}/practice/wipe" in page
    # A practice is of a real meeting, not of another practice.
    assert client.post(f"/assemblies/{practice.id}/practice").status_code == 404


def test_a_real_meeting_cannot_be_wiped(meeting: Assembly, town: Town, site: Site) -> None:
    answer = site.as_(town.officer).post(f"/assemblies/{meeting.id}/practice/wipe")
    assert answer.status_code == 404


def test_the_page_counts_what_is_still_to_do(town: Town, site: Site, clock: Clock) -> None:
    the_round = town.round(Phase.VOTE, ballot_format=BallotFormat.RANKING)
    assembly = town.assembly(the_round, ItemKind.BALLOT)
    assembly.screens[0].seen_at = clock.moment - timedelta(seconds=3)
    town.session.commit()
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/preflight").text
    assert "2 things are still to do." in page  # phones and the print pack


def test_a_practice_meeting_is_wiped_by_one_button(
    meeting: Assembly, town: Town, site: Site
) -> None:
    client = site.as_(town.facilitator)
    client.post(f"/assemblies/{meeting.id}/practice")
    practice = town.session.scalars(select(Assembly).where(Assembly.is_practice)).one()
    check_in(town.session, practice, town.voter(practice.the_round, 1), town.facilitator)
    begin(town.session, practice, town.facilitator)
    open_vote(town.session, town.keys, practice.items[1], town.facilitator)
    town.session.commit()
    answer = client.post(f"/assemblies/{practice.id}/practice/wipe", follow_redirects=True)
    assert "One practice vote is wiped." in answer.text
    town.session.expire_all()
    assert votes_in(town.session, practice) == []
