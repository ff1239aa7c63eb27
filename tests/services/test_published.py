"""What anybody downloads of a real vote is right for two verifiers that know nothing of ours."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

import ballots
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.disputes import correct_ledger
from ballots.ledger import EntryKind, entries_between, entries_of
from ballots.moves import conclude_sign_off
from ballots.published import may_open, record_in_pieces
from ballots.sealing import seal_next
from ballots.tally import publish_next
from ballots.whereabouts import find_receipt, receipt_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.second_verifier import first_fault

VERIFIER = Path(ballots.__file__).with_name("verify.py")


def held_vote(town: Town, clock: Clock, voters: int, profile: DisclosureProfile) -> Round:
    """Everybody votes, every fifth twice; figures and batches come as a clerk lets them."""
    the_round = town.round(Phase.VOTE, voters=voters + 5, profile=profile, step=10)
    codes, lot = [project.code for project in projects_in(town.session, the_round.id)], Random(7)
    for number in range(1, voters + 1):
        # The last two of every five have voted before: once while both wait, once long ago.
        again = {3: number, 4: number - 3}.get(number % 5)
        for time, voter in enumerate(filter(None, (number, again))):
            chosen = lot.sample(codes, lot.randint(1, 3))
            entry, request_id = town.voter(the_round, voter), f"{number}.{time}"
            nonce = lot.randbytes(32).hex()
            cast_ballot(
                town.session,
                town.keys,
                the_round,
                entry,
                chosen,
                request_id=request_id,
                client_nonce=nonce,
            )
        if number % 15 == 0:
            clock.moves(minutes=1)
            publish_next(town.session, town.keys, the_round)
            seal_next(town.session, town.keys, the_round)
    return the_round


def sign(town: Town, the_round: Round) -> None:
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)


def downloaded(session: Session, the_round: Round, *, opened: bool) -> dict[str, Any]:
    text = "".join(record_in_pieces(session, the_round, opened=opened))
    found: dict[str, Any] = json.loads(text)
    return found


def checked(folder: Path, record: dict[str, Any], *options: str) -> tuple[int, str]:
    """What `python verify.py record.json …` says, in a folder that has nothing else."""
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "verify.py").write_bytes(VERIFIER.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "record.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def vote(town: Town, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Round:
    """A live vote of 125 people, sealed in several batches, corrected once and signed."""
    monkeypatch.setattr("ballots.sealing.BATCH", 20)
    the_round = held_vote(town, clock, 125, DisclosureProfile.LIVE)
    correct_ledger(town.session, town.keys, the_round, 1, "Olive Officer", "The day was Monday.")
    sign(town, the_round)
    town.session.commit()
    return the_round


def test_the_record_of_a_real_vote_passes_the_second_verifier(town: Town, vote: Round) -> None:
    assert may_open(town.session, vote.id)
    record = downloaded(town.session, vote, opened=True)
    kinds = [entry["kind"] for entry in record["ledger"]]
    assert kinds.count("batch") >= 4
    assert kinds.count("snapshot") >= 3
    assert any(entry["body"].get("replaced") for entry in record["ledger"])
    assert len(record["ballots"]) == 125
    assert first_fault(record) is None


def test_one_ballot_changed_is_found_by_the_second_verifier(town: Town, clock: Clock) -> None:
    the_round = held_vote(town, clock, 15, DisclosureProfile.SEALED)
    sign(town, the_round)
    record = downloaded(town.session, the_round, opened=True)
    assert first_fault(record) is None
    record["ballots"][6]["choices"] += " "
    assert first_fault(record) is not None


def test_the_record_and_every_receipt_pass_our_verifier(
    town: Town, vote: Round, tmp_path: Path
) -> None:
    record = downloaded(town.session, vote, opened=True)
    code, said = checked(tmp_path, record)
    assert (code, said.splitlines()[0]) == (0, "All is right.")
    for number in (1, 2, 64, 125):
        promise = receipt_of(town.session, town.keys, vote.id, town.voter(vote, number))
        assert promise is not None
        found = find_receipt(town.session, town.keys, promise.code)
        assert found is not None
        (tmp_path / "receipt.json").write_text(json.dumps(found.as_json()))
        code, said = checked(tmp_path, record, "--receipt", "receipt.json")
        assert code == 0, said
        assert f"Receipt {promise.code}: its ballot lies in batch" in said


def test_a_small_sealed_vote_passes_with_and_without_its_ballots(
    town: Town, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", 10)
    the_round = held_vote(town, clock, 40, DisclosureProfile.SEALED)
    sign(town, the_round)
    assert not may_open(town.session, the_round.id)
    for opened in (True, False):
        record = downloaded(town.session, the_round, opened=opened)
        assert (record["ballots"] is not None) == opened
        assert first_fault(record) is None
        code, said = checked(tmp_path, record)
        assert code == 0, said


def test_entries_are_read_in_pages(town: Town, clock: Clock) -> None:
    the_round = held_vote(town, clock, 15, DisclosureProfile.SEALED)
    for number in (1, 2, 3):
        correct_ledger(town.session, town.keys, the_round, number, "Olive", "It is not so.")
    sign(town, the_round)
    everything = entries_of(town.session, the_round.id)
    assert [entry.number for entry in everything] == list(range(1, 9))
    assert entries_between(town.session, the_round.id, 3, 6) == everything[2:6]
    assert entries_between(town.session, the_round.id, -5, 2) == everything[:2]
    corrections = entries_of(town.session, the_round.id, EntryKind.CORRECTION)
    assert [entry.contents["corrects"] for entry in corrections] == [1, 2, 3]


@pytest.mark.parametrize("code", ["\0" * 16, "\ud800" * 16, "0" * 10_000, "🗳" * 16, "", "%" * 16])
def test_a_code_that_no_receipt_can_have_is_nobodys(town: Town, code: str) -> None:
    town.round(Phase.VOTE)
    assert find_receipt(town.session, town.keys, code) is None
