"""Keys that must never lie in the database: one a round, in a folder of files."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

KEY_BYTES = 32


class KeyStore(Protocol):
    """Where round keys are kept; a folder by default, a key service if a council has one."""

    def make(self, round_id: int) -> None:
        """Make the key of a round, once; a key that exists is left as it is."""

    def read(self, round_id: int) -> bytes:
        """The key of a round; KeyError if there is none."""


class KeyFolder:
    """Round keys as files that only the server's own user can read."""

    def __init__(self, folder: Path) -> None:
        """Use this folder, made at the first key."""
        self.folder = folder

    def _file(self, round_id: int) -> Path:
        return self.folder / f"round-{round_id:d}.key"

    def make(self, round_id: int) -> None:
        """Make the key of a round, once; a key that exists is left as it is."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole before it has its name: a full disk must not leave half a key behind.
        draft = self.folder / f"round-{round_id:d}.{secrets.token_hex(8)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, self._file(round_id))
        finally:
            draft.unlink()
        self._keep_names()

    def _keep_names(self) -> None:
        """Let the folder itself survive a power cut: without its key a vote is lost."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self, round_id: int) -> bytes:
        """The key of a round; KeyError if there is none."""
        try:
            key = self._file(round_id).read_bytes()
        except FileNotFoundError as missing:
            raise KeyError(round_id) from missing
        if len(key) != KEY_BYTES:  # under an empty key anybody could go from the roll to a ballot
            raise KeyError(round_id)
        return key


def voter_key(round_key: bytes, entry_id: int) -> str:
    """The name a ballot lies under: HMAC-SHA256(round key, roll entry id), in hex.

    Without the round key nobody can go from the roll to a ballot or back.
    """
    return hmac.new(round_key, f"voter|{entry_id:d}".encode(), hashlib.sha256).hexdigest()
