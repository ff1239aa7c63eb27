"""Who asks for erasure is found nowhere any more but where the retention table says so."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.privacy.clearings import NAMING
from app.privacy.erasing import erase_person
from app.privacy.own_data import Part, as_json, own_data
from app.privacy.retention import retention
from app.privacy.shown_columns import SHOWN
from app.schema import metadata
from ballots.audit import first_fault
from ballots.casting import cast_ballot
from ballots.disputes import destroy_key
from ballots.moves import conclude_sign_off
from ballots.stages import Substitution
from neighbourhoods.assemblies import AssemblyAct, AssemblyState
from neighbourhoods.attendance import Attendee, Phone, check_in, join_by_phone, pair
from neighbourhoods.database import Database, now
from neighbourhoods.debate import PointKind, Report, make_point, report_point, settle_reports
from neighbourhoods.delivery import DeliveryStatus, DeliveryStep, deliveries_in, report_delivery
from neighbourhoods.digests import choose_digest
from neighbourhoods.eligibility import RollEntry, RollRow, replace_roll
from neighbourhoods.letters import Letter, write_letter
from neighbourhoods.people import NOWHERE, Office, Person, ask_for_code
from neighbourhoods.phases import Phase, Role
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import (
    Proposal,
    ProposalWords,
    back,
    backing_counts,
    proposals_in,
    propose,
)
from neighbourhoods.ratings import Rating, co_evaluations, rate_delivery, rater_of
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.speakers import SpeakingTurn, ask_to_speak
from tests.builders import CODE_KEY, Clock, Town
from tests.burglar import dump

KEY = b"ratings of the tests"
NAME, EMAIL = "Zebedee Quixwood", "zebedee.quixwood@example.org"
TELLING = ("zebedee", "quixwood", "Q77X")


def busy_resident(town: Town) -> tuple[Person, Round]:
    """Somebody who did all that a resident can do, in a round that is being delivered."""
    session, them = town.session, town.person(NAME)
    the_round = town.round()
    rows = [RollRow(f"R{n}", f"Voter {n}", "ZZ1 1AA", f"voter{n}@example.org") for n in range(1, 4)]
    replace_roll(session, CODE_KEY, the_round, [*rows, RollRow("Q77X", NAME, "ZZ1 1AA", EMAIL)])
    town.enter(the_round, Phase.IDEAS, proposals=1)
    other = proposals_in(session, the_round)[0]
    propose(session, the_round, them, ProposalWords("A quiet bench", "Oak.", "To sit.", 90_000))
    back(session, other, them)
    town.enter(the_round, Phase.SCREENING)
    town.enter(the_round, Phase.DEBATE)
    make_point(session, other, them, Role.RESIDENT, PointKind.QUESTION, "Who mends it?")
    looked_at, open_still = (
        make_point(session, other, town.neighbour, Role.RESIDENT, PointKind.FOR, words)
        for words in ("Good.", "Better.")
    )
    report_point(session, looked_at, them, "It is off the point.")
    settle_reports(session, looked_at)
    report_point(session, open_still, them, "It is off it too.")
    _meeting(town, the_round)
    town.enter(the_round, Phase.VOTE)
    choice = [projects_in(session, the_round.id)[0].code]
    cast_ballot(session, town.keys, the_round, town.voter(the_round, 1), choice, request_id="1")
    for reached in (Phase.COUNT, Phase.SIGN_OFF):
        town.enter(the_round, reached)
    town.approves(the_round, town.councillor)
    conclude_sign_off(session, town.keys, the_round)
    _rating(town, the_round, them)
    write_letter(session, EMAIL, f"For {NAME}", "Hello")
    ask_for_code(session, b"key", EMAIL)
    choose_digest(session, them, wanted=False)
    session.commit()
    return them, the_round


def _meeting(town: Town, the_round: Round) -> None:
    session, assembly = town.session, town.assembly(the_round)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, now(session)
    for email in (EMAIL, "voter1@example.org"):
        entry = session.scalars(select(RollEntry).where(RollEntry.email == email)).one()
        attendee = check_in(session, assembly, entry, town.facilitator)
        phone = join_by_phone(session, assembly)
        pair(session, phone, attendee, town.facilitator)
        turn = ask_to_speak(session, assembly, phone, name=f"{entry.name.split()[0]} Q.")
        turn.began_at = now(session)
    assembly.state, assembly.ended_at = AssemblyState.ENDED, now(session)
    session.flush()


def _rating(town: Town, the_round: Round, them: Person) -> None:
    """They rate a finished project as somebody on the roll, and a neighbour as a backer."""
    session = town.session
    for delivery in deliveries_in(session, the_round):
        step = DeliveryStep(DeliveryStatus.FINISHED, "Done.", 100, None)
        report_delivery(session, delivery, town.officer, step)
        for who, words in (("roll|Q77X", "I sit there."), (f"person|{them.id + 1}", "Fine.")):
            rater = rater_of(KEY, delivery.project_id, who)
            rate_delivery(session, delivery, rater, 5, words)


def found_in(database: Database, *, words: tuple[str, ...] = TELLING) -> set[str]:
    """Every column of every table in which one of these words still stands."""
    return {
        f"{table}.{column}"
        for table, rows in dump(database).tables.items()
        for row in rows
        for column, value in row.items()
        if any(word.lower() in str(value).lower() for word in words)
    }


def test_after_erasure_a_name_stands_only_where_the_table_says_it_may(
    database: Database, town: Town
) -> None:
    them, the_round = busy_resident(town)
    before = found_in(database)
    assert before >= {
        "people.name",
        "people.email",
        "letters.to_email",
        "letters.subject",
        "sign_in_codes.email",
        "roll_entries.name",
        "roll_entries.email",
        "attendees.name",
        "attendees.reference",
        "speaking_turns.name",
        "phones.name",
        "assembly_acts.words",
    }
    erase_person(town.session, them, KEY)
    town.session.commit()
    left = found_in(database)
    # The key still holds the roll: nobody may change it before the result is beyond dispute.
    assert left == {"roll_entries.name", "roll_entries.email", "roll_entries.reference"}
    assert left <= {column for row in retention() if row.names_stay for column in row.personal}
    assert first_fault(town.session, town.keys, town.session.get_one(Round, the_round.id)) is None


def test_once_the_key_is_gone_erasure_leaves_nothing_anywhere_and_the_audit_passes(
    database: Database, town: Town, clock: Clock
) -> None:
    them, the_round = busy_resident(town)
    clock.moves(days=29)
    destroy_key(town.session, town.keys, the_round, "Olive Officer")
    town.session.commit()
    town.keys.destroy(the_round.id)
    erase_person(town.session, them, KEY)
    town.session.commit()
    assert found_in(database) == set()
    assert "Voter 1" in {one.name for one in town.session.scalars(select(RollEntry))}
    fresh = town.session.get_one(Round, the_round.id)
    assert first_fault(town.session, town.keys, fresh) is None


def test_others_keep_all_that_is_theirs(database: Database, town: Town) -> None:
    them, _the_round = busy_resident(town)
    town.session.commit()
    names = {one.name for one in town.session.scalars(select(Person)) if one.id != them.id}
    erase_person(town.session, them, KEY)
    town.session.commit()
    assert {one.name for one in town.session.scalars(select(Person)) if one.name} == names
    present = set(town.session.scalars(select(Attendee.name)))
    assert present == {"", "Voter 1"}
    assert set(town.session.scalars(select(SpeakingTurn.name))) == {"", "Voter Q."}
    paired = set(town.session.scalars(select(Phone.attendee_id)))
    assert len(paired) == 2
    query = select(AssemblyAct.words).where(AssemblyAct.kind.in_(NAMING))
    assert any(words.startswith("Voter 1") for words in town.session.scalars(query))


def test_words_stay_without_the_name_and_backing_goes(database: Database, town: Town) -> None:
    them, the_round = busy_resident(town)
    first, own = proposals_in(town.session, the_round)
    assert backing_counts(town.session, the_round) == {first.id: 1}
    erase_person(town.session, them, KEY)
    assert backing_counts(town.session, the_round) == {}
    own = town.session.get_one(Proposal, own.id)
    assert (own.title, own.proposer.name) == ("A quiet bench", "")
    assert [one.why for one in town.session.scalars(select(Report))] == ["It is off it too."]


def test_the_row_stays_empty_and_the_same_address_makes_somebody_new(
    town: Town, clock: Clock
) -> None:
    ida = town.person("Ida Idle")
    joined, number = ida.joined_at, ida.id
    clock.moves(days=9)
    erase_person(town.session, ida, KEY)
    kept = town.session.get_one(Person, number)
    assert (kept.name, kept.email) == ("", f"erased-{number}{NOWHERE}")
    assert kept.joined_at != joined  # the day they came is theirs too
    assert town.person("Ida Idle").id > number


def test_asking_twice_is_asking_once(town: Town, clock: Clock) -> None:
    ida = town.person("Ida Idle")
    erase_person(town.session, ida, KEY)
    at = ida.erased_at
    clock.moves(hours=1)
    erase_person(town.session, ida, KEY)
    assert ida.erased_at == at


def test_no_letter_is_written_to_somebody_who_was_erased(town: Town) -> None:
    ida = town.person("Ida Idle")
    erase_person(town.session, ida, KEY)
    write_letter(town.session, ida.email, "News", "Words")
    assert town.session.scalars(select(Letter)).all() == []


@pytest.mark.parametrize("is_over", [True, False])
def test_a_rating_stays_counted_and_bears_a_mark_only_while_its_giver_stays_on_the_roll(
    town: Town, clock: Clock, *, is_over: bool
) -> None:
    them, the_round = busy_resident(town)
    delivery = deliveries_in(town.session, the_round)[0]
    if is_over:
        clock.moves(days=28)
        destroy_key(town.session, town.keys, the_round, "Olive Officer")
    erase_person(town.session, them, KEY)
    raters = set(town.session.scalars(select(Rating.rater)))
    assert (rater_of(KEY, delivery.project_id, "roll|Q77X") not in raters) is is_over
    assert rater_of(KEY, delivery.project_id, f"person|{them.id + 1}") in raters
    assert co_evaluations(town.session, [delivery.project_id])[delivery.project_id].people == 2


# --- in office -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "councillor", "facilitator", "scrutineer"])
def test_nobody_in_office_is_erased(town: Town, who: str) -> None:
    person: Person = getattr(town, who)
    with pytest.raises(Refused) as refused:
        erase_person(town.session, person, KEY)
    assert refused.value.reason is Refusal.IN_OFFICE
    assert person.name


def test_whoever_will_come_into_office_is_not_erased_either(town: Town, clock: Clock) -> None:
    town.councillor.appointments[0].starts_on = clock().date() + timedelta(days=30)
    with pytest.raises(Refused):
        erase_person(town.session, town.councillor, KEY)


def test_whoever_is_named_to_act_is_needed_until_the_decision_is_made(town: Town) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    named = Substitution(
        round_id=the_round.id,
        sitting=1,
        place=1,
        person_id=town.neighbour.id,
        named_by_id=town.officer.id,
        why="Nobody is free to.",
        named_at=now(town.session),
    )
    town.session.add(named)
    town.session.flush()
    with pytest.raises(Refused):
        erase_person(town.session, town.neighbour, KEY)
    the_round.phase = Phase.DELIVERY
    erase_person(town.session, town.neighbour, KEY)
    assert town.neighbour.email.endswith(NOWHERE)
    assert town.neighbour.name == "Nora Neighbour"


def test_after_office_decisions_keep_the_name_and_what_was_said_as_a_resident_loses_it(
    database: Database, town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.IDEAS)
    own = propose(
        town.session, the_round, town.councillor, ProposalWords("A tree", "Lime.", "Shade.", 50_000)
    )
    for reached in (Phase.SCREENING, Phase.DEBATE):
        town.enter(the_round, reached)
    said = {
        role: make_point(
            town.session, own, town.councillor, role, PointKind.FOR, f"As {role.value}."
        )
        for role in (Role.RESIDENT, Role.COUNCILLOR)
    }
    for reached in (Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF):
        town.enter(the_round, reached)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    town.councillor.appointments[0].ends_on = clock().date()
    erase_person(town.session, town.councillor, KEY)
    town.session.commit()
    assert town.councillor.name == "Cora Councillor"
    assert said[Role.COUNCILLOR].author_id == town.councillor.id
    nameless = said[Role.RESIDENT].author
    assert (nameless.name, nameless.id) != ("Cora Councillor", town.councillor.id)
    assert (own.proposer_id, own.versions[0].written_by_id) == (nameless.id, nameless.id)
    assert nameless.erased_at is not None
    assert found_in(database, words=("cora.councillor@example.org",)) == set()
    assert first_fault(town.session, town.keys, the_round) is None


def test_who_proposed_what_stands_on_an_open_ballot_paper_leaves_it_there(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    erase_person(town.session, town.resident, KEY)
    town.session.commit()
    fresh = town.session.get_one(Round, the_round.id)
    assert proposals_in(town.session, fresh)[0].title == "Bench 1"
    assert first_fault(town.session, town.keys, fresh) is None
    for reached in (Phase.COUNT, Phase.SIGN_OFF):
        town.enter(fresh, reached)
    assert first_fault(town.session, town.keys, fresh) is None


# --- the copy ------------------------------------------------------------------------------------


def told(town: Town, person: Person) -> dict[str, Part]:
    return {part.table: part for part in own_data(town.session, person, KEY)}


def test_the_copy_has_what_is_theirs_of_every_kind(town: Town) -> None:
    them, the_round = busy_resident(town)
    parts = told(town, them)
    assert set(parts) == {
        "people",
        "proposals",
        "proposal_versions",
        "points",
        "backings",
        "reports",
        "digest_refusals",
        "letters",
        "sign_in_codes",
        "roll_entries",
        "attendees",
        "phones",
        "speaking_turns",
        "ratings",
    }
    assert parts["people"].rows[0]["email"] == EMAIL
    assert parts["roll_entries"].rows[0]["reference"] == "Q77X"
    assert parts["roll_entries"].rows[0]["round"] == the_round.title
    assert [row["words"] for row in parts["points"].rows] == ["Who mends it?"]
    assert [row["changed"] for row in parts["ratings"].rows] == ["I sit there."]
    assert [row["name"] for row in parts["speaking_turns"].rows] == ["Zebedee Q."]


def test_the_copy_has_nothing_of_anybody_else_and_no_ballot(town: Town) -> None:
    busy_resident(town)
    for person in (town.neighbour, town.facilitator, town.officer, town.councillor):
        parts = own_data(town.session, person, KEY)
        written = json.dumps(as_json(town.session, person, parts, "Millbrook"), default=str)
        assert not any(word in written for word in ("Zebedee", "zebedee", "Q77X", "Voter 1"))
        own = person.name.split()[0]
        others = {"Olive", "Cora", "Fred", "Nora", "Rita", "Otto", "Una"} - {own}
        assert not any(name in written for name in others)
        tables = {part.table for part in parts}
        assert not tables & {"ballots", "castings", "pending_ballots", "receipts"}


def test_the_copy_knows_every_column_that_leads_to_a_person() -> None:
    leading = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if any(key.column is Person.__table__.c.id for key in column.foreign_keys)
    }
    assert set(SHOWN) == leading


def test_every_column_that_is_shown_is_there() -> None:
    for link, (_title, shown) in SHOWN.items():
        there = metadata().tables[link.partition(".")[0]].columns
        assert [name for name in shown if name not in there] == [], link


def test_no_column_that_is_shown_leads_to_somebody_else() -> None:
    leading = {link.rpartition(".")[0]: set[str]() for link in SHOWN}
    for link in SHOWN:
        table, _dot, column = link.partition(".")
        leading[table].add(column)
    for link, (_title, shown) in SHOWN.items():
        table = link.partition(".")[0]
        assert not leading[table] & set(shown), link


def test_offices_are_in_the_copy(town: Town) -> None:
    parts = told(town, town.councillor)
    assert parts["appointments"].rows[0]["office"] == Office.COUNCILLOR
