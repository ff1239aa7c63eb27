"""Minutes of a meeting: who may read them when, what they tell, and what they never do."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from app.display import moment_words
from app.facilitators.minutes_words import most_at_once
from ballots.casting import cast_ballot
from ballots.hall import hall_entry, open_vote, release
from ballots.hall_votes import HallVote
from ballots.moves import count_closed, take_forward
from neighbourhoods import polls, questions, speakers, stage
from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, ItemKind
from neighbourhoods.attendance import Attendee, check_in, join_by_phone
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import Clock, Town
from tests.council import Site
from tests.pdf_reader import Pdf


def meeting(town: Town, *kinds: ItemKind) -> Assembly:
    """A meeting under way with three people of the roll, Voter 1 to Voter 3."""
    the_round = town.round(Phase.VOTE)
    assembly = town.assembly(the_round, *kinds)
    stage.begin(town.session, assembly, town.facilitator)
    for number in (1, 2, 3):
        check_in(town.session, assembly, town.voter(the_round, number), town.facilitator)
    town.session.commit()
    return assembly


def end(town: Town, assembly: Assembly) -> None:
    stage.end(town.session, assembly, town.facilitator)
    town.session.commit()


def hall_vote(town: Town, item: AgendaItem, *choices: int) -> HallVote:
    """A vote in the hall in which its people chose these benches, closed and waiting."""
    session = town.session
    stage.go_to(session, item.assembly, item, town.facilitator)
    vote = open_vote(session, town.keys, item, town.facilitator)
    codes = [project.code for project in projects_in(session, vote.round_id)]
    for number, choice in enumerate(choices, start=1):
        voter = town.voter(item.assembly.the_round, number)
        entry = hall_entry(session, vote.the_round, voter)
        assert entry is not None
        ballot = [codes[choice - 1]]
        cast_ballot(session, town.keys, vote.the_round, entry, ballot, request_id=f"h{number}")
    take_forward(session, town.keys, vote.the_round, Phase.COUNT, town.officer, "last call")
    session.commit()
    return vote


def count(town: Town, vote: HallVote) -> None:
    town.session.info["clock"].moves(seconds=10)
    count_closed(town.session, town.keys, vote.the_round)
    town.session.commit()


def words(site: Site, town: Town, assembly: Assembly) -> str:
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/minutes").text
    main = BeautifulSoup(page, "html5lib").select_one("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


@pytest.mark.parametrize("path", ["minutes", "minutes.pdf"])
def test_minutes_are_public_once_the_meeting_has_ended(path: str, town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.WELCOME)
    address = f"/assemblies/{assembly.id}/{path}"

    def answers() -> list[int]:
        people = (None, town.resident, town.councillor, town.facilitator, town.officer)
        return [site.as_(person).get(address).status_code for person in people]

    assert answers() == [404, 404, 404, 200, 200]
    end(town, assembly)
    assert answers() == [200] * 5


def test_minutes_of_a_practice_meeting_are_never_public(town: Town, site: Site) -> None:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.WELCOME, is_practice=True)
    stage.begin(town.session, assembly, town.facilitator)
    end(town, assembly)
    assert site.as_(None).get(f"/assemblies/{assembly.id}/minutes").status_code == 404
    assert "practice meeting" in words(site, town, assembly)


def test_a_draft_says_so(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.WELCOME)
    assert "This is a draft" in words(site, town, assembly)
    end(town, assembly)
    assert "This is a draft" not in words(site, town, assembly)


def test_times_are_told_in_british_time(town: Town, site: Site, clock: Clock) -> None:
    clock.moment = clock.moment.replace(month=7, day=1)  # summer: an hour ahead of the server
    assembly = meeting(town, ItemKind.WELCOME, ItemKind.BREAK)
    stage.go_to(town.session, assembly, assembly.items[0], town.facilitator)
    clock.moves(minutes=5)
    stage.go_to(town.session, assembly, assembly.items[1], town.facilitator)
    clock.moves(minutes=90)
    end(town, assembly)
    text = words(site, town, assembly)
    assert "It began at 1pm on Wednesday 1 July 2026 and ended at 2:35pm." in text
    assert "Place: Canal Side hall" in text
    assert "From 1pm to 1:05pm." in text


def test_people_are_numbers_and_no_resident_is_named(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.WELCOME)
    assembly.quorum = 4
    town.session.add(
        Attendee(
            assembly_id=assembly.id,
            reference="W1",
            name="Wanda Walkin",
            is_walk_in=True,
            approved_by=town.officer,
            checked_in_at=assembly.began_at,
        )
    )
    stage.log_act(town.session, assembly, ActKind.APPROVE_WALK_IN, town.officer, "Wanda Walkin")
    end(town, assembly)
    text = words(site, town, assembly)
    pdf = Pdf(site.as_(None).get(f"/assemblies/{assembly.id}/minutes.pdf").data).text
    assert "4 people were checked in." in text
    assert "One of them was a walk-in" in text
    assert "The quorum of 4 was reached." in text
    assert "Let a walk-in take part" in text
    for secret in ("Wanda", "Voter 1", "Voter 2", "Voter 3"):
        assert secret not in text
        assert secret not in pdf


def test_the_quorum_counts_who_was_there_at_one_time(town: Town, clock: Clock) -> None:
    start = clock.moment

    def person(came: int, left: int | None) -> Attendee:
        gone = start + timedelta(minutes=left) if left is not None else None
        return Attendee(checked_in_at=start + timedelta(minutes=came), left_at=gone)

    assert most_at_once([person(0, 10), person(10, None), person(20, None)]) == 2
    assert most_at_once([person(0, 11), person(10, None)]) == 2
    assert most_at_once([]) == 0


def test_speakers_stand_at_their_item_with_the_time_they_spoke(
    town: Town, site: Site, clock: Clock
) -> None:
    assembly = meeting(town, ItemKind.DISCUSSION, ItemKind.BREAK)
    session, item = town.session, assembly.items[0]
    stage.go_to(session, assembly, item, town.facilitator)
    for name in ("Łucja", "Never called"):
        speakers.ask_to_speak(session, assembly, name, speakers.TurnKind.SPEECH, speakers.Side.FOR)
    turn = speakers.call_next(session, assembly, town.facilitator)
    assert turn is not None
    clock.moves(seconds=125)
    speakers.end_turn(session, turn, town.facilitator)
    end(town, assembly)
    text = words(site, town, assembly)
    first, second = text.index("1. discussion 1"), text.index("2. break 2")
    assert "Łucja, for, 2 min 5 s" in text[first:second]
    assert "Never called" not in text


def test_polls_tell_phones_and_agreed_hands_apart(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.POLL)
    session, item = town.session, assembly.items[0]
    stage.go_to(session, assembly, item, town.facilitator)
    phone = join_by_phone(session, assembly)
    polls.choose(session, item, phone, 1)
    polls.count_hands(session, item, town.facilitator, [7, 2])
    session.commit()
    assert "Yes 0 – 0 No 1 – 1" in words(site, town, assembly)
    polls.count_hands(session, item, town.officer, [7, 2])
    end(town, assembly)
    assert "Yes 0 7 7 No 1 2 3" in words(site, town, assembly)


def test_questions_are_told_once_answered(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.DISCUSSION)
    session = town.session
    stage.go_to(session, assembly, assembly.items[0], town.facilitator)
    phone = join_by_phone(session, assembly)
    answered = questions.ask(session, assembly, phone, "Who mends it?")
    questions.ask(session, assembly, phone, "What of the other?")
    questions.answer(session, answered, town.facilitator)
    end(town, assembly)
    text = words(site, town, assembly)
    assert "Questions answered Who mends it?" in text
    assert "What of the other?" not in text


def test_nothing_of_a_held_vote_is_told_before_its_release(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.BALLOT)
    vote = hall_vote(town, assembly.items[0], 1, 1, 2)
    text = words(site, town, assembly)
    assert "Its outcome is not released yet." in text
    assert "Bench" not in text
    assert "3 of 3" not in text
    release(town.session, vote, town.facilitator)
    count(town, vote)
    text = words(site, town, assembly)
    assert "3 people were present." in text
    assert "3 of 3 people voted." in text
    assert "Bench 1 2 £2,000 Yes Bench 2 1 £4,000 Yes Bench 3 0 £6,000 No" in text
    assert "ballot 1: Bench 1, £2,000" in text


def test_a_vote_that_outlasts_the_meeting_is_not_said_to_have_closed(
    town: Town, site: Site
) -> None:
    assembly = town.assembly(town.round(Phase.VOTE, closes_in=timedelta(days=7)), ItemKind.BALLOT)
    stage.begin(town.session, assembly, town.facilitator)
    assembly.items[0].settings = {"own_count": False}
    stage.go_to(town.session, assembly, assembly.items[0], town.facilitator)
    open_vote(town.session, town.keys, assembly.items[0], town.facilitator)
    town.session.commit()
    text = words(site, town, assembly)
    closes_at = assembly.the_round.vote_closes_at
    assert closes_at is not None
    with site.app.test_request_context():
        assert f"It is open until {moment_words(closes_at)}." in text
    assert "Closed at" not in text


def test_even_a_counted_outcome_is_not_told_while_it_is_held(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.BALLOT)
    vote = hall_vote(town, assembly.items[0], 1, 1, 2)
    release(town.session, vote, town.facilitator)
    count(town, vote)
    vote.released_at = None
    town.session.commit()
    assert "Bench" not in words(site, town, assembly)


def test_outcome_and_ledger_of_a_vote_are_linked(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.BALLOT)
    vote = hall_vote(town, assembly.items[0], 1)
    release(town.session, vote, town.facilitator)
    count(town, vote)
    page = site.as_(town.facilitator).get(f"/assemblies/{assembly.id}/minutes").text
    for path in ("outcome", "ledger"):
        assert f'href="http://localhost/rounds/{vote.round_id}/{path}"' in page


def test_the_pdf_tells_what_the_page_tells(town: Town, site: Site) -> None:
    assembly = meeting(town, ItemKind.WELCOME, ItemKind.BALLOT, ItemKind.POLL)
    vote = hall_vote(town, assembly.items[1], 1, 2)
    end(town, assembly)
    count(town, vote)
    pdf = Pdf(site.as_(None).get(f"/assemblies/{assembly.id}/minutes.pdf").data)
    page = words(site, town, assembly)
    printed = "".join(pdf.text.split())
    for piece in ("2. ballot 2", "2 of 3 people voted.", "Bench 2", "Decisions", "Run by Fred"):
        assert piece in page
        assert "".join(piece.split()) in printed
