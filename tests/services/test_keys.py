"""Round keys: whole or not there at all, and readable by nobody else."""

import os
import stat
from pathlib import Path

import pytest

from ballots.keys import KeyFolder, is_signed


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    keys.make(1)
    first = keys.read(1)
    keys.make(1)
    assert keys.read(1) == first
    (file,) = keys.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_a_full_disk_leaves_no_half_key_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = KeyFolder(tmp_path / "keys")

    def full(_handle: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as while_full:
        while_full.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            keys.make(1)
    assert list(keys.folder.iterdir()) == []
    keys.make(1)
    assert len(keys.read(1)) == 32


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    (tmp_path / "round-1.key").touch()
    with pytest.raises(KeyError):
        keys.read(1)


def test_a_destroyed_key_is_gone_for_good_and_may_be_destroyed_again(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    keys.make(1)
    keys.destroy(1)
    keys.destroy(1)
    with pytest.raises(KeyError):
        keys.read(1)


def test_the_key_that_signs_is_made_once_and_kept(tmp_path: Path) -> None:
    signed = KeyFolder(tmp_path / "keys").sign("words")
    later = KeyFolder(tmp_path / "keys")
    assert later.sign("words") == signed
    assert is_signed("words", signed, later.public_key())
    assert not is_signed("other words", signed, later.public_key())
    assert not is_signed("words", "no digits", later.public_key())
