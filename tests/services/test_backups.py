"""A backup is of one moment, sealed, whole or refused, and comes back to the letter."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backups.restoring import restore
from app.backups.rows import rows_of, tables_of
from app.backups.sealed_file import (
    PIECE,
    BackupError,
    SealedWriter,
    Secret,
    secret_from_file,
    secret_from_passphrase,
    unsealed,
)
from app.backups.verifying import verify_restored
from app.backups.writing import Part, back_up
from app.photo_drawing import clean_photo
from app.schema import migrate
from app.settings import Settings, settings_from
from ballots.casting import cast_ballot
from ballots.keys import KeyFolder
from ballots.ledger import head_of
from ballots.moves import conclude_sign_off
from ballots.sealing import seal_next, turnout
from ballots.tally import publish_next
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.servers import Server, drop_database, fresh_database
from tests.services.test_tally import vote

SECRET = Secret(b"0123456789abcdef0123456789abcdef", is_passphrase=False)
ALL = frozenset(Part)


@dataclass
class Place:
    """An installation without a row: settings and database."""

    settings: Settings
    database: Database

    def dump(self) -> dict[str, list[list[object]]]:
        with self.database.engine.connect() as connection:
            return {
                table.name: [list(row) for row in rows_of(connection, table)]
                for table in tables_of(connection)
            }


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Place:
    """Where the town lives."""
    return Place(settings_at(tmp_path, database), database)


def settings_at(var: Path, database: Database) -> Settings:
    environ = {"WARDMOTE_VAR": str(var), "ASYNC_MODE": "threading"}
    url = database.url.render_as_string(hide_password=False)
    return replace(settings_from(environ), database_url=url)


@pytest.fixture
def empty_place(
    database: Database, tmp_path: Path, clock: Clock, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Place]]:
    """Makes empty places on the same kind of database, or on the other one."""
    made: list[tuple[Server, str]] = []
    places: list[Place] = []

    def make(*, on_sqlite: bool | None = None) -> Place:
        folder = tmp_path / f"there-{len(places)}"
        folder.mkdir()
        if database.is_sqlite if on_sqlite is None else on_sqlite:
            url = f"sqlite:///{folder / 'wardmote.db'}"
        else:
            server: Server = request.getfixturevalue("postgres_server")
            url = fresh_database(server)
            made.append((server, url))
        there = Database(url, clock=clock)
        places.append(Place(settings_at(folder, there), there))
        return places[-1]

    yield make
    for place in places:
        place.database.dispose()
    for server, url in made:
        drop_database(server, url)


def whole_town(town: Town, here: Place, monkeypatch: pytest.MonkeyPatch) -> tuple[Round, Round]:
    """A vote under way with sealed and waiting ballots, and a signed round with its record."""
    monkeypatch.setattr("ballots.sealing.BATCH", 4)
    signed = town.round(Phase.VOTE, community=town.other_ward, voters=12)
    vote(town, signed, range(1, 9))
    town.enter(signed, Phase.COUNT)
    town.enter(signed, Phase.SIGN_OFF)
    town.approves(signed, town.other_councillor)
    assert conclude_sign_off(town.session, town.keys, signed)
    voting = town.round(Phase.VOTE, voters=30, step=3)
    vote(town, voting, range(1, 13))
    assert publish_next(town.session, town.keys, voting)
    assert seal_next(town.session, town.keys, voting)
    vote(town, voting, range(13, 16))
    town.session.commit()
    photos = here.settings.var / "photos"
    photos.mkdir()
    picture = clean_photo((Path(__file__).parents[2] / "docs/pictures/assembly.png").read_bytes())
    (photos / f"{picture.digest}.jpg").write_bytes(picture.content)
    return signed, voting


def test_everything_comes_back_to_the_letter_and_the_vote_goes_on(
    town: Town,
    here: Place,
    empty_place: Callable[..., Place],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _signed, voting = whole_town(town, here, monkeypatch)
    file, before = tmp_path / "backup", here.dump()
    made = back_up(here.settings, here.database, file, SECRET, ALL)
    assert file.stat().st_mode & 0o777 == 0o600
    there = empty_place()
    found = restore(there.settings, there.database, file, SECRET, into_empty=False)
    assert found == made
    assert (found.files["photos"], found.files["keys"]) == (1, 3)
    assert there.dump() == before
    assert sum(map(len, before.values())) == sum(found.rows.values()) > 100
    findings = {one.about: one for one in verify_restored(there.settings, there.database)}
    assert [one for one in findings.values() if one.is_wrong] == []
    assert sum("audit" in about for about in findings) == 2
    assert sum("record" in about for about in findings) == 1
    _goes_on(there, voting.id)


def _goes_on(there: Place, round_id: int) -> None:
    """Votes are cast, sealed and counted where the backup was restored, and rows are numbered."""
    keys = KeyFolder(there.settings.key_folder)
    with there.database.writing() as session:
        the_round, town = session.get_one(Round, round_id), object.__new__(Town)
        town.session, town.keys = session, keys
        town.officer = session.query(Person).filter_by(name="Olive Officer").one()
        assert turnout(session, round_id) == 15
        vote(town, the_round, range(16, 20))
        assert turnout(session, round_id) == 19
        town.enter(the_round, Phase.COUNT)
        town.enter(the_round, Phase.SIGN_OFF)
        town.person("Newly Come")
        session.commit()
    assert not [one for one in verify_restored(there.settings, there.database) if one.is_wrong]


@pytest.mark.postgres
def test_a_backup_moves_a_council_to_the_other_database(
    town: Town,
    here: Place,
    empty_place: Callable[..., Place],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _signed, voting = whole_town(town, here, monkeypatch)
    before = here.dump()
    back_up(here.settings, here.database, tmp_path / "backup", SECRET, ALL)
    there = empty_place(on_sqlite=not here.database.is_sqlite)
    restore(there.settings, there.database, tmp_path / "backup", SECRET, into_empty=False)
    assert there.dump() == before
    assert not [one for one in verify_restored(there.settings, there.database) if one.is_wrong]
    _goes_on(there, voting.id)


def test_a_backup_in_the_middle_of_a_vote_is_of_one_moment(
    town: Town,
    here: Place,
    empty_place: Callable[..., Place],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", 4)
    voting = town.round(Phase.VOTE, voters=200)
    vote(town, voting, range(1, 4))
    town.session.commit()
    code, entries = (
        projects_in(town.session, voting.id)[0].code,
        [town.voter(voting, number).id for number in range(4, 201)],
    )
    town.session.rollback()
    began, end = threading.Event(), threading.Event()
    cast = []

    def come_in() -> None:
        for entry_id in entries:
            with here.database.writing() as session:
                the_round = session.get_one(Round, voting.id)
                entry = session.get_one(RollEntry, entry_id)
                cast_ballot(session, town.keys, the_round, entry, [code], request_id=f"r{entry_id}")
                seal_next(session, town.keys, the_round)
                session.commit()
            cast.append(entry_id)
            began.set()
            if end.is_set():
                return

    voters = threading.Thread(target=come_in)
    voters.start()
    try:
        assert began.wait(30)
        before = len(cast)
        back_up(here.settings, here.database, tmp_path / "backup", SECRET, ALL)
        after = len(cast)
    finally:
        end.set()
        voters.join()
    assert after > before  # ballots came in meanwhile
    there = empty_place()
    restore(there.settings, there.database, tmp_path / "backup", SECRET, into_empty=False)
    assert not [one for one in verify_restored(there.settings, there.database) if one.is_wrong]
    with there.database.reading() as session, here.database.reading() as original:
        assert before + 3 <= turnout(session, voting.id) <= after + 4
        head = head_of(session, voting.id)
        assert head is not None
        same = text("SELECT hash FROM ledger_entries WHERE round_id = :round AND number = :number")
        asked = {"round": voting.id, "number": head.number}
        assert original.execute(same, asked).scalar_one() == head.hash


# --- what is refused ------------------------------------------------------------------------------


@pytest.fixture
def backup(town: Town, here: Place, tmp_path: Path) -> Path:
    town.round(Phase.VOTE)
    town.session.commit()
    file = tmp_path / "backup"
    back_up(here.settings, here.database, file, SECRET, ALL)
    return file


def is_untouched(there: Place) -> bool:
    with there.database.engine.connect() as connection:
        return not tables_of(connection) and not there.settings.key_folder.exists()


@pytest.mark.parametrize("damage", ["cut", "cut-in-head", "changed", "added", "head", "empty"])
def test_a_file_that_is_not_whole_is_refused_before_anything_is_touched(
    backup: Path, empty_place: Callable[..., Place], damage: str
) -> None:
    held = backup.read_bytes()
    backup.write_bytes(
        {
            "cut": held[:-1],
            "cut-in-head": held[:60],
            "changed": held[:-40] + bytes([held[-40] ^ 1]) + held[-39:],
            "added": held + b"\0",
            "head": held.replace(b'"nonce": "', b'"nonce": "00', 1),
            "empty": b"",
        }[damage]
    )
    there = empty_place()
    with pytest.raises(BackupError):
        restore(there.settings, there.database, backup, SECRET, into_empty=False)
    assert is_untouched(there)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (Secret(b"another key of thirty-two bytes.", is_passphrase=False), "This is not the key"),
        (Secret(b"a long enough phrase", is_passphrase=True), "was sealed with a key file"),
    ],
)
def test_the_wrong_key_says_so_in_one_sentence(
    backup: Path, empty_place: Callable[..., Place], secret: Secret, words: str
) -> None:
    there = empty_place()
    with pytest.raises(BackupError, match=words) as refused:
        restore(there.settings, there.database, backup, secret, into_empty=False)
    assert "\n" not in str(refused.value)
    assert is_untouched(there)


def test_a_database_with_content_is_never_overwritten(
    backup: Path, here: Place, tmp_path: Path
) -> None:
    before = here.dump()
    for into_empty in (False, True):
        with pytest.raises(BackupError, match="is not empty"):
            restore(here.settings, here.database, backup, SECRET, into_empty=into_empty)
    assert here.dump() == before
    with pytest.raises(BackupError, match="exists already"):
        back_up(here.settings, here.database, backup, SECRET, ALL)


def test_empty_tables_are_made_anew_only_when_told(
    backup: Path, here: Place, empty_place: Callable[..., Place]
) -> None:
    there = empty_place()
    migrate(there.database)
    with pytest.raises(BackupError, match="--into-empty"):
        restore(there.settings, there.database, backup, SECRET, into_empty=False)
    restore(there.settings, there.database, backup, SECRET, into_empty=True)
    assert there.dump() == here.dump()


def test_a_key_of_another_installation_is_not_overwritten(
    backup: Path, empty_place: Callable[..., Place]
) -> None:
    there = empty_place()
    KeyFolder(there.settings.key_folder).public_key()
    with pytest.raises(BackupError, match=r"another signing\.key"):
        restore(there.settings, there.database, backup, SECRET, into_empty=False)
    with there.database.engine.connect() as connection:
        assert tables_of(connection) == []


# --- keys apart -----------------------------------------------------------------------------------


def test_keys_can_be_kept_apart_from_ballots(
    town: Town, here: Place, empty_place: Callable[..., Place], tmp_path: Path
) -> None:
    the_round = town.round(Phase.VOTE)
    vote(town, the_round, range(1, 3))
    town.session.commit()
    apart, keys = tmp_path / "without", tmp_path / "keys-only"
    back_up(here.settings, here.database, apart, SECRET, ALL - {Part.KEYS})
    back_up(here.settings, here.database, keys, SECRET, {Part.KEYS})
    round_key = town.keys.read(the_round.id)
    there = empty_place()
    restore(there.settings, there.database, apart, SECRET, into_empty=False)
    assert not there.settings.key_folder.exists()
    words = [one.words for one in verify_restored(there.settings, there.database)]
    assert "not done: restore the backup of the keys, then: flask audit" in words
    assert not there.settings.key_folder.exists()  # and none was made on the way
    restore(there.settings, there.database, keys, SECRET, into_empty=False)
    assert KeyFolder(there.settings.key_folder).read(the_round.id) == round_key
    assert {file.stat().st_mode & 0o777 for file in there.settings.key_folder.iterdir()} == {0o400}
    assert not [one for one in verify_restored(there.settings, there.database) if one.is_wrong]


def test_what_was_changed_before_the_backup_is_found_after_it(
    town: Town, here: Place, empty_place: Callable[..., Place], tmp_path: Path
) -> None:
    the_round = town.round(Phase.VOTE)
    vote(town, the_round, range(1, 3))
    town.session.execute(text("UPDATE pending_ballots SET seal = 'forged'"))
    town.session.commit()
    back_up(here.settings, here.database, tmp_path / "backup", SECRET, ALL)
    there = empty_place()
    restore(there.settings, there.database, tmp_path / "backup", SECRET, into_empty=False)
    (wrong,) = [one for one in verify_restored(there.settings, there.database) if one.is_wrong]
    assert wrong.words.startswith("pending_ballots: ")


# --- the sealed file ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7])
def test_what_was_sealed_is_read_whatever_its_size(tmp_path: Path, size: int) -> None:
    words = bytes(range(256)) * (size // 256 + 1)
    with SealedWriter(tmp_path / "sealed", SECRET) as sealed:
        sealed.write(words[:size])
    assert b"".join(unsealed(tmp_path / "sealed", SECRET)) == words[:size]


def test_pieces_cannot_change_places_or_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "sealed"
    with SealedWriter(file, SECRET) as sealed:
        sealed.write(b"a" * PIECE + b"b" * PIECE + b"c")
    held, framed = file.read_bytes(), PIECE + 16 + 4
    head = len(held) - 2 * framed - (1 + 16 + 4)
    first, second = held[head : head + framed], held[head + framed : head + 2 * framed]
    for damaged in (second + first + held[head + 2 * framed :], first + held[head + 2 * framed :]):
        file.write_bytes(held[:head] + damaged)
        with pytest.raises(BackupError):
            list(unsealed(file, SECRET))
    for whole_pieces in (first, first + second):
        file.write_bytes(held[:head] + whole_pieces)
        with pytest.raises(BackupError):
            list(unsealed(file, SECRET))


def test_a_passphrase_opens_what_it_sealed_and_nothing_is_left_of_what_failed(
    tmp_path: Path,
) -> None:
    secret = secret_from_passphrase("correct horse battery")
    with SealedWriter(tmp_path / "sealed", secret) as sealed:
        sealed.write(b"words")
    assert b"".join(unsealed(tmp_path / "sealed", secret)) == b"words"
    with (
        pytest.raises(RuntimeError),
        SealedWriter(tmp_path / "other", secret) as sealed,
    ):
        raise RuntimeError
    assert {file.name for file in tmp_path.iterdir() if "sealed" not in file.name} <= {
        "wardmote.db"
    }
    with pytest.raises(BackupError, match="at least 12"):
        secret_from_passphrase("short")
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(BackupError, match="head -c 32"):
        secret_from_file(tmp_path / "key")
