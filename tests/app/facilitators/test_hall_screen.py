"""The assembly's screens: each slide says what it may, and nothing that is not public yet."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.display import LONDON
from app.facilitators.revealing import reveal_steps
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.hall_votes import HallVote
from ballots.last_call import extend
from ballots.outcome import outcome_of
from ballots.tally import publish_next
from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, ItemKind, Screen, Slide
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def meeting(town: Town, session: Session) -> Assembly:
    """A meeting under way with an item of every kind, that shows its welcome."""
    assembly = town.assembly(town.round(Phase.VOTE), *ItemKind)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, session.info["clock"]()
    assembly.quorum = 10
    go_to(session, assembly, ItemKind.WELCOME)
    return assembly


def go_to(session: Session, meeting: Assembly, kind: ItemKind, step: int = 0) -> AgendaItem:
    item = next(item for item in meeting.items if item.kind == kind)
    meeting.stage.item, meeting.stage.slide, meeting.stage.step = item, Slide.ITEM, step
    session.commit()
    return item


def screen(site: Site, meeting: Assembly, page: str = "screen") -> str:
    answer = site.as_(None).get(f"/a/{meeting.code}/{page}")
    assert answer.status_code == 200
    return answer.text


def words(page: str) -> str:
    main = BeautifulSoup(page, "html5lib").main
    assert main is not None
    return main.get_text(" ", strip=True)


def vote(
    town: Town,
    item: AgendaItem,
    profile: DisclosureProfile,
    *,
    held: bool = True,
    counted: bool = False,
) -> Round:
    """A vote of an item: three for the third project, two for the first, in a round of its own."""
    session = town.session
    the_round = town.round(Phase.VOTE, profile=profile, closes_in=timedelta(minutes=5))
    codes = [project.code for project in projects_in(session, the_round.id)]
    for voter, place in ((1, 2), (2, 2), (3, 2), (4, 0), (5, 0)):
        entry = town.voter(the_round, voter)
        cast_ballot(session, town.keys, the_round, entry, [codes[place]], request_id=f"r{voter}")
    publish_next(session, town.keys, the_round)
    if counted:
        town.enter(the_round, Phase.COUNT)
        town.enter(the_round, Phase.SIGN_OFF)
    session.add(
        HallVote(
            item=item,
            number=1,
            the_round=the_round,
            opened_at=session.info["clock"](),
            opened_by_id=town.facilitator.id,
            opened_here=True,
            present=6,
            held=held,
        )
    )
    session.commit()
    return the_round


def test_the_hall_sees_how_to_join(site: Site, meeting: Assembly) -> None:
    page = screen(site, meeting)
    assert "localhost/join" in words(page)
    assert f"{meeting.code[:3]} {meeting.code[3:]}" in words(page)
    assert "hall" in words(page)
    assert "frogs" in words(page)
    assert "quorum of 10 not reached" in page
    assert "<svg" in page


def test_a_screen_may_show_something_of_its_own(
    site: Site, meeting: Assembly, session: Session
) -> None:
    own = Screen(assembly_id=meeting.id, number=2, name="Foyer", shows=Slide.AGENDA)
    session.add(own)
    session.commit()
    assert "Agenda" in words(screen(site, meeting, "screen/2"))
    assert "Agenda" not in words(screen(site, meeting, "screen/1"))
    assert site.as_(None).get(f"/a/{meeting.code}/screen/3").status_code == 404


def test_the_agenda_tells_what_is_done_on_and_next(
    site: Site, meeting: Assembly, session: Session
) -> None:
    go_to(session, meeting, ItemKind.DISCUSSION)
    meeting.stage.slide = Slide.AGENDA
    session.commit()
    page = BeautifulSoup(screen(site, meeting), "html5lib")
    lines = [line.get_text(" ", strip=True) for line in page.select("main li")]
    assert lines[:4] == [
        "✓"[:0] + "welcome 1 Done",
        "pitch 2 Done",
        "discussion 3 Now",
        "poll 4 Next",
    ]


@pytest.mark.parametrize("profile", [DisclosureProfile.SEALED, DisclosureProfile.LIVE])
def test_an_open_vote_shows_turnout_and_figures_only_as_its_profile_allows(
    profile: DisclosureProfile, site: Site, meeting: Assembly, town: Town
) -> None:
    vote(town, go_to(town.session, meeting, ItemKind.BALLOT), profile)
    page = BeautifulSoup(screen(site, meeting), "html5lib")
    assert "5 of 6 have voted" in " ".join(page.footer.get_text(" ").split())  # type: ignore[union-attr]
    figures = page.select(".slide-vote__number")
    # In steps of two: the figures cover the first two ballots.
    sealed = profile == DisclosureProfile.SEALED
    assert len(figures) == (0 if sealed else 4)
    assert "data-until" in str(page.header)


def test_more_time_is_announced_to_the_hall_in_writing_and_in_words(
    site: Site, meeting: Assembly, town: Town
) -> None:
    vote(town, go_to(town.session, meeting, ItemKind.BALLOT), DisclosureProfile.SEALED)
    assert "The box closes in" in screen(site, meeting)
    kept = town.session.scalars(select(HallVote)).one()
    closes_at = extend(town.session, town.keys, kept, town.facilitator, 60)
    town.session.commit()
    page = BeautifulSoup(screen(site, meeting), "html5lib")
    assert "More time: the box closes in" in page.header.get_text()  # type: ignore[union-attr]
    aloud = page.select_one("[data-aloud]")
    assert aloud is not None
    said = str(aloud["data-aloud"])
    assert f"there is more time, the vote closes at {closes_at.astimezone(LONDON):%H:%M:%S}" in said


def test_a_buying_round_shows_what_is_left_of_the_money_of_the_whole_round(
    site: Site, meeting: Assembly, town: Town
) -> None:
    item = go_to(town.session, meeting, ItemKind.PURCHASE)
    the_round = vote(town, item, DisclosureProfile.SEALED)
    the_round.budget_pence, meeting.the_round.budget_pence = 400_000, 1_200_000
    town.session.commit()
    page = BeautifulSoup(screen(site, meeting), "html5lib")
    assert "£4,000 left of £12,000" in " ".join(page.get_text(" ").split())


def test_a_vote_that_is_counted_but_held_says_only_that_the_box_is_closed(
    site: Site, meeting: Assembly, town: Town
) -> None:
    item = go_to(town.session, meeting, ItemKind.BALLOT)
    the_round = vote(town, item, DisclosureProfile.LIVE, held=True, counted=True)
    assert outcome_of(town.session, the_round.id) is not None
    assert words(screen(site, meeting)) == "The box is closed"
    reveal = go_to(town.session, meeting, ItemKind.REVEAL, step=2)
    reveal.settings = {"vote_item": item.id}
    town.session.commit()
    assert words(screen(site, meeting)) == "The box is closed"


def test_a_vote_past_its_time_is_closed_before_the_clerk_has_closed_it(
    site: Site, meeting: Assembly, town: Town, clock: Clock
) -> None:
    vote(town, go_to(town.session, meeting, ItemKind.BALLOT), DisclosureProfile.LIVE)
    clock.moves(minutes=5)
    assert words(screen(site, meeting)) == "The box is closed"


def test_a_reveal_goes_from_nothing_through_each_purchase_to_everything(
    site: Site, meeting: Assembly, town: Town
) -> None:
    session = town.session
    ballot = go_to(session, meeting, ItemKind.BALLOT)
    vote(town, ballot, DisclosureProfile.SEALED, held=False, counted=True)
    item = go_to(session, meeting, ItemKind.REVEAL)
    item.settings = {"vote_item": ballot.id}
    session.commit()
    assert words(screen(site, meeting)) == item.title
    shown = []
    for step in (1, 2, 3):
        go_to(session, meeting, ItemKind.REVEAL, step)
        shown.append(words(screen(site, meeting)))
    # Bench 3 has three votes and costs £6,000, Bench 1 two votes and £2,000, of £10,000.
    assert "1 Bench 3 £6,000 3 votes" in shown[0]
    assert "£4,000 left of £10,000" in shown[0]
    assert "Bench 1" not in shown[0]
    assert "2 Bench 1 £2,000 2 votes" in shown[1]
    assert "£2,000 left of £10,000" in shown[1]
    assert "Bench 4" in shown[2]
    last = reveal_steps(session, item)
    assert last >= 3
    go_to(session, meeting, ItemKind.REVEAL, last)
    at_the_end = words(screen(site, meeting))
    go_to(session, meeting, ItemKind.REVEAL, last + 5)
    assert words(screen(site, meeting)) == at_the_end


def test_a_reveal_of_a_vote_that_was_not_held_yet_tells_nothing(
    site: Site, meeting: Assembly, session: Session
) -> None:
    item = go_to(session, meeting, ItemKind.REVEAL, step=3)
    assert words(screen(site, meeting)) == "The box is closed"
    item.settings = {"vote_item": meeting.items[0].id}
    session.commit()
    assert words(screen(site, meeting)) == "The box is closed"


def test_a_blackout_stays_dark_for_whoever_opens_the_screen(
    site: Site, meeting: Assembly, session: Session
) -> None:
    meeting.stage.is_dark = True
    session.commit()
    assert "screen__body--dark" in screen(site, meeting)


def test_a_screen_is_noted_as_seen_but_not_more_often_than_needed(
    site: Site, meeting: Assembly, session: Session, clock: Clock
) -> None:
    client, address = site.as_(None), f"/a/{meeting.code}/screen/1/seen"
    meeting.stage.version = 7
    session.commit()

    def seen(version: str) -> tuple[int, int | None]:
        answer = client.post(address, data={"version": version})
        session.commit()
        session.expire_all()
        return answer.status_code, meeting.screens[0].seen_version

    assert seen("6") == (204, 6)
    assert seen("7") == (204, 6)
    clock.moves(seconds=6)
    assert seen("7") == (204, 7)
    clock.moves(seconds=6)
    for nonsense in ("", "-1", "8", "x", "²", "9" * 40):
        assert seen(nonsense) == (204, 7)
