"""Preflight on a second machine: does it share the folder of keys and photos with the first?"""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.installation.command import findings_of
from app.installation.finding import Installation
from app.installation.machine_checks import check_same_folder
from app.settings import Settings
from ballots.keys import KeyFolder
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from tests.app.world import make_world
from tests.builders import Town


def said(settings: Settings, database: Database) -> list[str]:
    return [one.words for one in findings_of(check_same_folder, Installation(settings, database))]


def another_machines(settings: Settings) -> Settings:
    return replace(settings, var=settings.var / "another")


def test_before_anything_was_signed_there_is_nothing_to_share(
    test_settings: Settings, database: Database
) -> None:
    assert said(another_machines(test_settings), database) == []
    assert not (another_machines(test_settings).key_folder / "signing.key").exists()


def test_the_folder_that_signed_and_holds_the_photos_is_the_right_one(
    test_settings: Settings, town: Town, session: Session, database: Database
) -> None:
    make_world(town)
    session.commit()
    test_settings.photo_folder.mkdir()
    (test_settings.photo_folder / f"{'0' * 64}.jpg").touch()
    assert said(test_settings, database) == []


def test_another_machines_own_folder_lacks_the_key_that_signed_and_the_newest_photo(
    test_settings: Settings, town: Town, session: Session, database: Database
) -> None:
    make_world(town)
    session.commit()
    key, photo = said(another_machines(test_settings), database)
    assert "did not sign the newest entry" in key
    assert "newest photo is not in" in photo
    # Being asked made no key there, which would have looked like one that signs.
    assert not (another_machines(test_settings).key_folder / "signing.key").exists()


def test_a_signing_key_of_its_own_is_no_shared_one(
    test_settings: Settings, town: Town, session: Session, database: Database
) -> None:
    town.round(Phase.SIGN_OFF)
    session.commit()
    KeyFolder(another_machines(test_settings).key_folder).public_key()
    (key,) = said(another_machines(test_settings), database)
    assert "did not sign the newest entry" in key
