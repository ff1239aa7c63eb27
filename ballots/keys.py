"""Keys that must never lie in the database: one a round, and the one that signs, in a folder."""

import hmac
import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32


class KeyStore(Protocol):
    """Where keys are kept; a folder by default, a key service if a council has one."""

    def make(self, round_id: int) -> None:
        """Make the key of a round, once; a key that exists is left as it is."""

    def read(self, round_id: int) -> bytes:
        """The key of a round; KeyError if there is none."""

    def destroy(self, round_id: int) -> None:
        """Destroy the key of a round for good; nothing happens if there is none."""

    def sign(self, message: str) -> str:
        """The council's Ed25519 signature over ASCII words, as 128 hexadecimal digits."""

    def public_key(self) -> str:
        """The key that checks the council's signatures, as 64 hexadecimal digits."""


class KeyFolder:
    """Keys as files that only the server's own user can read."""

    def __init__(self, folder: Path) -> None:
        """Use this folder, made at the first key."""
        self.folder = folder

    def _file(self, round_id: int) -> Path:
        return self.folder / f"round-{round_id:d}.key"

    def make(self, round_id: int) -> None:
        """Make the key of a round, once; a key that exists is left as it is."""
        self._make(self._file(round_id))

    def _make(self, file: Path) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole before it has its name: a full disk must not leave half a key behind.
        draft = self.folder / f"{file.stem}.{secrets.token_hex(8)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(secrets.token_bytes(KEY_BYTES))
                written.flush()
                os.fsync(written.fileno())
            with suppress(FileExistsError):
                os.link(draft, file)
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

    def destroy(self, round_id: int) -> None:
        """Destroy the key of a round for good; nothing happens if there is none."""
        file = self._file(round_id)
        if not file.exists():
            return
        # The disk may keep what a name no longer points to: write over it first.
        file.chmod(0o600)
        with file.open("r+b") as written:
            written.write(secrets.token_bytes(KEY_BYTES))
            written.flush()
            os.fsync(written.fileno())
        file.unlink()
        self._keep_names()

    @cached_property
    def _signing_key(self) -> Ed25519PrivateKey:
        file = self.folder / "signing.key"
        if not file.exists():
            self._make(file)
        return Ed25519PrivateKey.from_private_bytes(file.read_bytes())

    def sign(self, message: str) -> str:
        """The council's Ed25519 signature over ASCII words, as 128 hexadecimal digits."""
        return self._signing_key.sign(message.encode("ascii")).hex()

    def public_key(self) -> str:
        """The key that checks the council's signatures, as 64 hexadecimal digits."""
        return self._public_key

    @cached_property
    def _public_key(self) -> str:
        return self._signing_key.public_key().public_bytes_raw().hex()


def is_signed(message: str, signature: str, public_key: str) -> bool:
    """Whether this is the signature of these words under a public key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message.encode("ascii"))
    except (InvalidSignature, ValueError):
        return False
    return True


def pseudonym(round_key: bytes, purpose: str, words: str) -> str:
    """HMAC-SHA256(round key, purpose | words), in hex: without the key nobody can go back."""
    return hmac.digest(round_key, f"{purpose}|{words}".encode(), "sha256").hex()


def veiled(round_key: bytes, name: str, commitment: str) -> str:
    """A voter's name as it stands beside one commitment; veiled again, it is the name itself."""
    veil = int(pseudonym(round_key, "receipt", commitment), 16)
    return f"{int(name, 16) ^ veil:064x}"


def voter_key(round_key: bytes, entry_id: int) -> str:
    """The name a sealed ballot lies under: HMAC-SHA256(round key, roll entry id), in hex.

    Without the round key nobody can go from the roll to a ballot or back.
    """
    return pseudonym(round_key, "voter", str(entry_id))
