"""What is past its time is cleared, on both databases, and nothing that is held against it."""

import pytest
from sqlalchemy import func, select

from app.privacy import purging
from app.privacy.periods import DEFAULT_DAYS, Period, read_days
from app.privacy.purging import KEYS, look_what_is_due, purge
from ballots.audit import first_fault
from ballots.hall import open_vote
from ballots.ledger import EntryKind, find_entry
from neighbourhoods.assemblies import AssemblyAct, AssemblyState, ItemKind
from neighbourhoods.attendance import Attendee, Channel, Phone
from neighbourhoods.database import Database
from neighbourhoods.debate import PointKind, Report, hide_point, make_point, report_point
from neighbourhoods.door import approve_walk_in, ask_for_walk_in
from neighbourhoods.eligibility import RollEntry, roll_size
from neighbourhoods.letters import Letter, write_letter
from neighbourhoods.people import NOWHERE, SignInCode, ask_for_code, find_or_add_person
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import back, proposals_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.services.test_audit import signed_round
from tests.services.test_hall import check_in as check_in_hall
from tests.services.test_hall import hall

BY = "Millbrook Borough Council"


def cleared(database: Database, town: Town) -> dict[str, int]:
    """Purge, and tell what was done of each table that had anything."""
    town.session.commit()
    done = purge(database, town.keys, DEFAULT_DAYS, BY)
    town.session.expire_all()
    return {one.table: one.number for one in done if one.number}


def due(town: Town) -> dict[str, int]:
    return {
        one.table: one.number for one in look_what_is_due(town.session, DEFAULT_DAYS) if one.number
    }


def test_a_young_council_has_nothing_to_clear(database: Database, town: Town) -> None:
    town.round(Phase.VOTE)
    assert cleared(database, town) == {}


def test_the_roll_is_blanked_half_a_year_after_delivery_began_and_the_audit_still_passes(
    database: Database, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = signed_round(town, monkeypatch)
    clock.moves(days=184)
    assert due(town)["roll_entries"] == 30
    done = cleared(database, town)
    assert done["roll_entries"] == 30
    assert done[KEYS] == 1
    entries = town.session.scalars(select(RollEntry).where(RollEntry.round_id == the_round.id))
    told = {(one.name, one.postcode, one.email) for one in entries}
    assert told == {("", None, None)}
    assert roll_size(town.session, the_round.id) == 30
    fresh = town.session.get_one(Round, the_round.id)
    assert first_fault(town.session, town.keys, fresh) is None
    entry = find_entry(town.session, the_round.id, EntryKind.KEY_DESTROYED)
    assert entry is not None
    assert entry.contents == {"by": BY}
    with pytest.raises(KeyError):
        town.keys.read(the_round.id)


def test_after_four_weeks_the_key_goes_and_the_roll_stays(
    database: Database, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = signed_round(town, monkeypatch)
    clock.moves(days=27)
    assert KEYS not in cleared(database, town)
    clock.moves(days=2)
    assert cleared(database, town)[KEYS] == 1
    assert town.voter(the_round, 1).name == "Voter 1"


def test_a_purge_that_cannot_destroy_a_key_leaves_the_roll_and_goes_on_next_time(
    database: Database, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = signed_round(town, monkeypatch)
    clock.moves(days=184)

    def read_only(_keys: object, _round_id: int) -> None:
        raise OSError("the folder of keys is read-only")

    with monkeypatch.context() as stopped:
        stopped.setattr(type(town.keys), "destroy", read_only)
        with pytest.raises(OSError, match="read-only"):
            cleared(database, town)
    town.session.rollback()
    assert town.keys.read(the_round.id)
    assert town.voter(the_round, 1).name == "Voter 1"
    assert first_fault(town.session, town.keys, town.session.get_one(Round, the_round.id)) is None
    assert cleared(database, town)["roll_entries"] == 30
    with pytest.raises(KeyError):
        town.keys.read(the_round.id)
    assert first_fault(town.session, town.keys, town.session.get_one(Round, the_round.id)) is None


def test_a_roll_whose_vote_is_not_signed_stays_however_old_it_is(
    database: Database, town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    clock.moves(days=2_000)
    assert "roll_entries" not in cleared(database, town)
    assert town.voter(the_round, 1).postcode == "ZZ1 1AA"


def test_looking_changes_nothing_and_a_second_purge_finds_nothing(
    database: Database, town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_round(town, monkeypatch)
    write_letter(town.session, "somebody@example.org", "s", "b")
    clock.moves(days=184)
    town.session.commit()
    assert due(town) == due(town)
    looked = due(town)
    assert cleared(database, town) == looked
    assert cleared(database, town) == {}
    assert due(town) == {}


def test_letters_and_codes_go_after_their_days_and_not_before(
    database: Database, town: Town, clock: Clock
) -> None:
    write_letter(town.session, "somebody@example.org", "s", "b")
    ask_for_code(town.session, b"key", "somebody@example.org")
    clock.moves(days=1, minutes=14)
    assert cleared(database, town) == {}
    clock.moves(minutes=2)
    assert cleared(database, town) == {"sign_in_codes": 1}
    clock.moves(days=92)
    assert cleared(database, town) == {"letters": 1}
    assert town.session.scalar(select(func.count()).select_from(Letter)) == 0
    assert town.session.scalar(select(func.count()).select_from(SignInCode)) == 0


def test_a_meeting_forgets_who_was_there_and_keeps_how_many(
    database: Database, town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.DEBATE)
    assembly = town.assembly(the_round)
    session, moment = town.session, clock()
    attendee = Attendee(
        assembly_id=assembly.id, reference="R1", name="Voter 1", checked_in_at=moment
    )
    session.add(attendee)
    session.flush()
    session.add(
        Phone(assembly_id=assembly.id, number=1234, name="V.", attendee=attendee, joined_at=moment)
    )
    ask_for_walk_in(session, assembly, "Wanda Walker", town.facilitator, Channel.PAPER)
    approve_walk_in(session, assembly, "Walter Walker", town.officer, town.facilitator)
    assembly.state, assembly.began_at, assembly.ended_at = AssemblyState.ENDED, moment, moment
    clock.moves(days=91)
    assert cleared(database, town) == {}
    clock.moves(days=2)
    assert cleared(database, town) == {
        "walk_ins": 1,
        "phones": 1,
        "attendees": 2,
        "assembly_acts": 1,
    }
    assert {one.name for one in session.scalars(select(Attendee))} == {""}
    assert {one.attendee_id for one in session.scalars(select(Phone))} == {None}
    words = session.scalars(select(AssemblyAct.words)).all()
    assert not any("Walker" in one for one in words)


def test_a_meeting_that_nobody_ended_is_forgotten_too(
    database: Database, town: Town, clock: Clock
) -> None:
    assembly = town.assembly(town.round(Phase.DEBATE))
    person = Attendee(assembly_id=assembly.id, reference="R1", name="V", checked_in_at=clock())
    town.session.add(person)
    clock.moves(days=93)
    assert cleared(database, town) == {"attendees": 1}


def test_a_report_goes_a_year_after_it_was_settled_and_hidden_words_with_it(
    database: Database, town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.DEBATE)
    first = proposals_in(town.session, the_round)[0]
    bad, good = (
        make_point(town.session, first, town.neighbour, Role.RESIDENT, PointKind.AGAINST, words)
        for words in ("He is a thief.", "It is too dear.")
    )
    report_point(town.session, bad, town.resident, "It is a lie.")
    report_point(town.session, good, town.councillor, "I do not like it.")
    hide_point(town.session, bad, town.officer, "It is about a person.")
    clock.moves(days=364)
    assert cleared(database, town) == {}
    clock.moves(days=2)
    assert cleared(database, town) == {"reports": 1, "points": 1}
    assert (bad.words, good.words) == ("", "It is too dear.")
    assert bad.hidden_why == "It is about a person."
    assert [one.point_id for one in town.session.scalars(select(Report))] == [good.id]


def test_an_account_from_which_nothing_hangs_is_blanked_and_its_number_is_never_used_again(
    database: Database, town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.IDEAS)
    idle = town.person("Ida Idle")
    back(town.session, proposals_in(town.session, the_round)[0], town.neighbour)
    clock.moves(days=729)
    assert "people" not in cleared(database, town)
    clock.moves(days=2)
    assert cleared(database, town)["people"] == 1
    assert (idle.name, idle.email) == ("", f"erased-{idle.id}{NOWHERE}")
    assert idle.erased_at == clock()
    kept = (town.neighbour, town.resident, town.officer, town.other_councillor)
    assert all(one.erased_at is None and one.name for one in kept)
    again = find_or_add_person(town.session, "ida.idle@example.org")
    assert again.id != idle.id


@pytest.mark.parametrize(("page", "left"), [(50_000, [15, 5, 0]), (12, [15, 13, 3, 1, 0])])
def test_many_rows_are_cleared_in_small_transactions(
    database: Database,
    town: Town,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    page: int,
    left: list[int],
) -> None:
    monkeypatch.setattr(purging, "BATCH", 10)
    monkeypatch.setattr(purging, "PAGE", page)
    for number in range(25):
        write_letter(town.session, f"somebody{number}@example.org", "s", "b")
    town.session.commit()
    clock.moves(days=93)
    paused: list[int] = []
    there = select(func.count()).select_from(Letter)

    def look() -> None:
        with database.reading() as session:
            paused.append(session.scalar(there) or 0)

    purge(database, town.keys, DEFAULT_DAYS, BY, pause=look)
    assert paused == left


def test_a_council_may_keep_things_longer_or_shorter(
    database: Database, town: Town, clock: Clock
) -> None:
    write_letter(town.session, "somebody@example.org", "s", "b")
    town.session.commit()
    clock.moves(days=93)
    patient = read_days("letters=94, roll=400")
    assert patient[Period.ROLL] == 400
    assert all(one.number == 0 for one in purge(database, town.keys, patient, BY))
    clock.moves(days=2)
    assert [one.number for one in purge(database, town.keys, patient, BY) if one.number] == [1]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("letters", "letters must be a number of days from 1 to 3653"),
        ("letters=0", "letters must be"),
        ("letters=99999", "letters must be"),
        ("roll=27", "roll must be a number of days from 28"),
        ("rolls=30", "'rolls' is none of roll, meetings"),
        ("letters=-3", "letters must be"),
    ],
)
def test_a_period_that_cannot_be_is_refused_by_name(written: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_days(written)


def test_votes_of_a_rehearsal_go_with_their_keys_and_votes_in_earnest_stay(
    database: Database, town: Town, clock: Clock
) -> None:
    earnest, rehearsed = (
        hall(town, ItemKind.BALLOT, is_practice=is_practice) for is_practice in (False, True)
    )
    for assembly in (earnest, rehearsed):
        check_in_hall(town, assembly, "R1", "R2", "R3")
    votes = [
        open_vote(town.session, town.keys, assembly.items[0], town.facilitator)
        for assembly in (earnest, rehearsed)
    ]
    kept, wiped = (vote.round_id for vote in votes)
    clock.moves(days=93)
    assert due(town)["rehearsed votes"] == 1
    done = cleared(database, town)
    assert done["rehearsed votes"] == 1
    assert (roll_size(town.session, kept), roll_size(town.session, wiped)) == (3, 0)
    assert town.keys.read(kept)
    with pytest.raises(KeyError):
        town.keys.read(wiped)
    assert "rehearsed votes" not in cleared(database, town)
