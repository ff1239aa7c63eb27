"""The electoral roll: read strictly, replaced as a whole, and never while people vote."""

from io import BytesIO

import pytest

from neighbourhoods.eligibility import (
    ALPHABET,
    AT_ONCE,
    RollFault,
    RollProblem,
    RollReading,
    RollRow,
    check_roll,
    entry_by_code,
    entry_by_email,
    replace_roll,
    roll_size,
    rows_of,
    tidy_code,
    voter_code,
)
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from tests.builders import CODE_KEY, Town

HEADER = "reference,name,postcode,email\n"


def problems(text: str) -> list[RollProblem]:
    return check_roll(BytesIO(text.encode())).problems


def test_good_rows_are_read_and_tidied() -> None:
    file = BytesIO(
        "﻿Email,NAME,reference,Postcode\r\nA@B.uk, Ann  Lee ,7,zz11aa\r\n,Bo,8,\r\n".encode()
    )
    assert check_roll(file) == RollReading(people=2, problems=[])
    assert list(rows_of(file, [])) == [
        RollRow("7", "Ann Lee", "ZZ1 1AA", "a@b.uk"),
        RollRow("8", "Bo", None, None),
    ]


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("", 1, RollFault.NO_HEADER),
        ("name,email\n", 1, RollFault.NO_HEADER),
        (HEADER, 1, RollFault.NO_ROWS),
        (HEADER + ",Ann,,\n", 2, RollFault.REFERENCE_MISSING),
        (HEADER + "1,Ann,,\n\n1,Bo,,\n", 4, RollFault.REFERENCE_REPEATED),
        (HEADER + "x" * 41 + ",Ann,,\n", 2, RollFault.REFERENCE_TOO_LONG),
        (HEADER + "1, ,,\n", 2, RollFault.NAME_MISSING),
        (HEADER + "1," + "x" * 121 + ",,\n", 2, RollFault.NAME_TOO_LONG),
        (HEADER + "1,Ann,nowhere,\n", 2, RollFault.BAD_POSTCODE),
        (HEADER + "1,Ann,,ann at home\n", 2, RollFault.BAD_EMAIL),
        (HEADER + "1,Ann,,a@b.uk\n2,Bo,,A@b.uk\n", 3, RollFault.EMAIL_REPEATED),
        (HEADER + "1,Ann\n", 2, RollFault.WRONG_COLUMNS),
        (HEADER + '1,"Ann,,\n', 2, RollFault.WRONG_COLUMNS),
    ],
)
def test_a_bad_row_is_named_by_its_line(text: str, line: int, fault: RollFault) -> None:
    assert (line, fault) in {(problem.line, problem.fault) for problem in problems(text)}


def test_a_file_in_another_encoding_is_refused_whole() -> None:
    for raw in (f"{HEADER}1,Zoë,,\n".encode("latin-1"), f"{HEADER}1,Zoë,,\n".encode("utf-16")):
        reading = check_roll(BytesIO(raw))
        assert reading.problems == [RollProblem(1, RollFault.NOT_UTF8)]


def test_a_file_that_turns_unreadable_late_is_refused_whole() -> None:
    good = "".join(f"{n},Ann,,\n" for n in range(5_000))
    for late in (b"\xff", b"\0"):
        reading = check_roll(BytesIO((HEADER + good).encode() + b"last,Zo" + late + b",,\n"))
        assert reading.problems == [RollProblem(1, RollFault.NOT_UTF8)]


def test_others_are_let_go_first_while_a_long_roll_is_read_and_written(town: Town) -> None:
    the_round, pauses = town.round(voters=0), 0

    def pause() -> None:
        nonlocal pauses
        pauses += 1

    file = BytesIO((HEADER + "".join(f"{n},Ann,,\n" for n in range(3_000))).encode())
    assert check_roll(file, pause).people == 3_000
    while_reading, pauses = pauses, 0
    replace_roll(town.session, CODE_KEY, the_round, rows_of(file, []), pause)
    assert min(while_reading, pauses) >= 3_000 // AT_ONCE
    assert roll_size(town.session, the_round.id) == 3_000


def test_a_long_roll_is_replaced_to_the_last_person(town: Town) -> None:
    the_round = town.round(voters=0)
    many = [RollRow(f"M{n}", "Ann", None, None) for n in range(12 * AT_ONCE)]
    replace_roll(town.session, CODE_KEY, the_round, many)
    replace_roll(town.session, CODE_KEY, the_round, [RollRow("N1", "Ann", None, None)])
    assert roll_size(town.session, the_round.id) == 1


def test_a_file_full_of_faults_is_not_reported_for_ever() -> None:
    assert len(problems(HEADER + ",,,\n" * 5_000 + "a,,,\n" * 5_000)) <= 200


def test_a_new_roll_replaces_the_old_one(town: Town) -> None:
    the_round = town.round(voters=5)
    replace_roll(town.session, CODE_KEY, the_round, [RollRow("N1", "Ann", None, "ann@b.uk")])
    assert roll_size(town.session, the_round.id) == 1
    assert entry_by_email(town.session, the_round.id, "voter1@example.org") is None
    assert entry_by_email(town.session, the_round.id, "ANN@b.uk") is not None


def test_the_roll_is_never_written_while_people_vote(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    with pytest.raises(Refused) as refused:
        replace_roll(town.session, CODE_KEY, the_round, [])
    assert refused.value.reason is Refusal.WRONG_PHASE


def test_a_printed_code_finds_its_owner_however_it_is_typed(town: Town) -> None:
    the_round = town.round()
    entry = town.voter(the_round, 3)
    code = voter_code(CODE_KEY, the_round.id, entry.reference)
    assert len(code) == 12
    assert set(code) <= set(ALPHABET)
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}".replace("0", "o").replace("1", "l")
    found = entry_by_code(town.session, CODE_KEY, typed)
    assert found is not None
    assert found.id == entry.id


def test_a_code_of_another_key_finds_nobody(town: Town) -> None:
    the_round = town.round()
    code = voter_code(b"another key", the_round.id, "R1")
    assert entry_by_code(town.session, CODE_KEY, code) is None


def test_codes_are_compared_without_spaces_and_look_alikes() -> None:
    assert tidy_code("il0o-abcd 1") == "1100ABCD1"
