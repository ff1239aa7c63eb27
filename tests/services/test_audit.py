"""Whoever changes the database behind the ledger's back is found: each of a thousand times."""

# ruff: noqa: S608 - statements are put together from names of tables alone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ballots.audit import first_fault
from ballots.disclosure import DisclosureProfile
from ballots.disputes import destroy_key
from ballots.moves import conclude_sign_off
from ballots.sealing import seal_next
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.intruder import Intruder
from tests.services.test_tally import vote

MUTATIONS = {"sqlite": 500, "postgresql": 120}
# What a round has before its close, and after councillors signed.
TABLES = {
    Phase.VOTE: (
        "ledger_entries",
        "batches",
        "receipts",
        "ballots",
        "castings",
        "pending_ballots",
        "snapshots",
        "roll_entries",
    ),
    Phase.DELIVERY: (
        "ledger_entries",
        "batches",
        "receipts",
        "ballots",
        "snapshots",
        "outcomes",
        "public_records",
        "roll_entries",
    ),
}


def voted_round(town: Town, monkeypatch: pytest.MonkeyPatch) -> Round:
    """An open vote with two batches, figures, changed ballots, and castings of all kinds."""
    monkeypatch.setattr("ballots.sealing.BATCH", 4)
    the_round = town.round(Phase.VOTE, voters=30, step=3)
    vote(town, the_round, range(1, 13))
    publish_next(town.session, town.keys, the_round)
    seal_next(town.session, town.keys, the_round)
    vote(town, the_round, range(3, 6), choice=1)  # some of them sealed, some not
    vote(town, the_round, range(13, 25), choice=2)
    publish_next(town.session, town.keys, the_round)
    seal_next(town.session, town.keys, the_round)
    vote(town, the_round, range(20, 26), choice=3)
    vote(town, the_round, range(1, 4), choice=3)
    return the_round


def signed_round(town: Town, monkeypatch: pytest.MonkeyPatch) -> Round:
    the_round = voted_round(town, monkeypatch)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round)
    return the_round


MADE = {Phase.VOTE: voted_round, Phase.DELIVERY: signed_round}


@pytest.mark.parametrize("phase", list(MADE))
def test_nothing_is_wrong_with_a_round_that_nobody_touched(
    town: Town, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    assert first_fault(town.session, town.keys, MADE[phase](town, monkeypatch)) is None


@pytest.mark.parametrize("phase", list(MADE))
def test_every_byte_and_row_that_is_changed_deleted_or_added_is_found_and_named(
    town: Town, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    the_round = MADE[phase](town, monkeypatch)
    session = town.session
    session.commit()
    intruder = Intruder(session, the_round.id, TABLES[phase], seed=4)
    intruder.switch_off_triggers()
    missed, unnamed = [], []
    tried = MUTATIONS[session.get_bind().dialect.name]
    for _ in range(tried):
        done = intruder.mutate()
        fault = first_fault(session, town.keys, session.get_one(Round, the_round.id))
        if fault is None:
            missed.append(done)
        elif fault.partition(":")[0] not in TABLES[phase]:
            unnamed.append((done, fault))
        session.rollback()
        intruder.after_rollback()
    assert missed == []
    assert unnamed == []
    assert first_fault(session, town.keys, session.get_one(Round, the_round.id)) is None
    assert len(intruder.touched) == len(TABLES[phase]) * 3  # each table in each way


def test_an_older_ballot_of_the_same_voter_cannot_be_put_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = voted_round(town, monkeypatch)
    town.session.execute(
        text(
            "UPDATE pending_ballots SET casting = (SELECT min(c.casting) FROM castings c "
            "WHERE c.voter = pending_ballots.voter AND c.casting <> pending_ballots.casting) "
            "WHERE castings > 1"
        )
    )
    fault = first_fault(town.session, town.keys, the_round)
    assert fault is not None
    assert fault.startswith("pending_ballots: the ballot of ")


def test_once_the_key_is_destroyed_all_but_names_can_still_be_audited(
    town: Town, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    the_round = signed_round(town, monkeypatch)
    clock.moves(days=29)
    assert destroy_key(town.session, town.keys, the_round, "Olive Officer")
    town.keys.destroy(the_round.id)
    assert first_fault(town.session, town.keys, the_round) is None
    town.session.execute(text("UPDATE ballots SET choices = '[]'"))
    fault = first_fault(town.session, town.keys, the_round)
    assert fault is not None
    assert fault.startswith("ballots: the ballot of commitment ")


def test_a_key_that_is_gone_without_a_word_in_the_ledger_is_a_fault(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = voted_round(town, monkeypatch)
    town.keys.destroy(the_round.id)
    fault = first_fault(town.session, town.keys, the_round)
    assert fault == "ledger_entries: the round’s key is gone, and no entry says so"


def test_a_round_before_its_vote_has_nothing_to_audit(town: Town) -> None:
    assert first_fault(town.session, town.keys, town.round(Phase.DEBATE)) is None


def test_covered_marks_of_a_sealed_vote_are_a_fault(town: Town) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.SEALED)
    vote(town, the_round, range(1, 4))
    assert first_fault(town.session, town.keys, the_round) is None
    on = "1" if town.session.get_bind().dialect.name == "sqlite" else "true"
    town.session.execute(text(f"UPDATE pending_ballots SET covered = {on}"))
    fault = first_fault(town.session, town.keys, the_round)
    assert fault == "pending_ballots: ballots of a sealed vote are marked as covered"


FROZEN = {
    "ledger_entries": "signature = 'x'",
    "batches": "ballots = 7",
    "receipts": "batch = 1",
    "snapshots": "covered = 0",
    "public_records": "digest = 'x'",
}


@pytest.mark.parametrize("table", list(FROZEN))
@pytest.mark.parametrize("act", ["UPDATE", "DELETE", "TRUNCATE", "REPLACE"])
def test_the_database_itself_refuses_to_change_what_is_frozen(
    town: Town, monkeypatch: pytest.MonkeyPatch, table: str, act: str
) -> None:
    signed_round(town, monkeypatch)
    on_sqlite = town.session.get_bind().dialect.name == "sqlite"
    if (act == "TRUNCATE" and on_sqlite) or (act == "REPLACE" and not on_sqlite):
        pytest.skip("the other database's word")
    statement = {
        "UPDATE": f"UPDATE {table} SET {FROZEN[table]}",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }[act]
    town.session.commit()
    with pytest.raises(DBAPIError, match="never changed"):
        town.session.execute(text(statement))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE voting_rules SET disclosure_profile = 'open'", "disclosure"),
        ("UPDATE voting_rules SET disclosure_step = 1", "disclosure"),
        ("UPDATE voting_rules SET max_choices = 1", "paper"),
        ("UPDATE projects SET cost_pence = cost_pence + 1", "paper"),
        ("UPDATE rounds SET budget_pence = budget_pence + 1", "budget_pence"),
        ("UPDATE rounds SET title = 'Another'", "title"),
        ("UPDATE voting_rules SET tie_rule = 'draw', draw_source = 'Dice'", "tie_order"),
    ],
)
def test_a_vote_that_is_held_under_other_rules_than_promised_is_found(
    town: Town, change: str, named: str
) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.execute(text(change))
    fault = first_fault(town.session, town.keys, the_round)
    told = f"voting_rules: the vote is held under another {named} than entry 1 promised"
    assert fault == told
