"""A sealed file: written and read from front to back, and whole or not at all.

AES-256-GCM over pieces of a mebibyte (the STREAM construction): each piece is bound to its number,
to whether it is the last, and to the head of the file. What is cut off, swapped, added or changed
is noticed. The key comes from a key file (HKDF) or from a passphrase (scrypt), with a salt of the
file's own.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"wardmote-backup-1\n"
PIECE = 1024 * 1024
LEAST_KEY_BYTES = 32
LEAST_PASSPHRASE = 12
# 128 MiB and about half a second: so much does each guess cost whoever has stolen the file.
_SCRYPT = {"n": 2**17, "r": 8, "p": 1}
_TAG, _LENGTH, _LONGEST_HEAD = 16, 4, 1_000


class BackupError(Exception):
    """A backup cannot be made, read or restored; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Secret:
    """What a file is sealed with: the bytes of a key file, or a passphrase."""

    secret: bytes
    is_passphrase: bool

    def master(self, salt: bytes) -> bytes:
        """The key that both keys of a file come from."""
        if self.is_passphrase:
            return Scrypt(salt=salt, length=32, **_SCRYPT).derive(self.secret)
        return HKDF(SHA256(), 32, salt, b"wardmote-backup").derive(self.secret)


def secret_from_file(file: Path) -> Secret:
    """The secret that a key file holds."""
    held = file.read_bytes()
    if len(held) < LEAST_KEY_BYTES:
        raise BackupError(
            f"A key file holds at least {LEAST_KEY_BYTES} random bytes; make one with: "
            "head -c 32 /dev/urandom > FILE"
        )
    return Secret(held, is_passphrase=False)


def secret_from_passphrase(passphrase: str) -> Secret:
    """The secret that a passphrase is."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise BackupError(f"A passphrase has at least {LEAST_PASSPHRASE} characters; take more.")
    return Secret(passphrase.encode(), is_passphrase=True)


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, purpose).derive(master)


class _Pieces:
    """The cipher of one file, and how its pieces are numbered."""

    def __init__(self, master: bytes, prefix: bytes, head: bytes) -> None:
        self._cipher = AESGCM(_derived(master, b"pieces"))
        self._prefix, self._bound = prefix, hashlib.sha256(head).digest()
        self._number = 0

    def _nonce(self, *, is_last: bool) -> bytes:
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes([is_last])
        self._number += 1
        return nonce

    def seal(self, piece: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last=is_last), piece, self._bound)

    def open(self, sealed: bytes, *, is_last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(is_last=is_last), sealed, self._bound)


class SealedWriter:
    """Writes a sealed file: it has its name only once it is whole."""

    def __init__(self, file: Path, secret: Secret) -> None:
        """Begin a file that does not exist yet."""
        if file.exists():
            raise BackupError(f"{file} exists already; a backup never overwrites anything.")
        self._file, self._draft = file, file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        master = secret.master(salt)
        head = MAGIC + _line(
            {
                "from": "passphrase" if secret.is_passphrase else "key",
                "salt": salt.hex(),
                "nonce": prefix.hex(),
                "check": _derived(master, b"check").hex(),
            }
        )
        self._pieces, self._held = _Pieces(master, prefix, head), bytearray()
        handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._out: BinaryIO = os.fdopen(handle, "wb")
        self._out.write(head)

    def __enter__(self) -> Self:
        """Write inside; leaving without an error finishes the file."""
        return self

    def write(self, words: bytes) -> None:
        """Add to what is sealed."""
        self._held += words
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), is_last=False)
            del self._held[:PIECE]

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        sealed = self._pieces.seal(piece, is_last=is_last)
        self._out.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        """Finish the file, or leave nothing behind."""
        try:
            if kind is None:
                self._put(bytes(self._held), is_last=True)
                self._out.flush()
                os.fsync(self._out.fileno())
                os.link(self._draft, self._file)  # never over a file that came meanwhile
        finally:
            self._out.close()
            self._draft.unlink()


def _line(told: dict[str, str]) -> bytes:
    return json.dumps(told, sort_keys=True).encode() + b"\n"


def unsealed(file: Path, secret: Secret) -> Iterator[bytes]:
    """What was sealed, piece by piece; BackupError as soon as anything does not fit."""
    with file.open("rb") as opened:
        pieces = _opened(opened, file, secret)
        is_last = False
        sealed = _next(opened, file)
        while not is_last:
            following = opened.read(1)
            is_last = not following
            try:
                yield pieces.open(sealed, is_last=is_last)
            except InvalidTag as changed:
                raise BackupError(
                    f"{file} was changed or is not whole; nothing was touched: take another copy."
                ) from changed
            if not is_last:
                sealed = _next(opened, file, following)


def _next(opened: BinaryIO, file: Path, begun: bytes = b"") -> bytes:
    length = begun + opened.read(_LENGTH - len(begun))
    size = int.from_bytes(length, "big")
    sealed = opened.read(size) if size <= PIECE + _TAG else b""
    if len(length) < _LENGTH or not sealed or len(sealed) < size:
        raise BackupError(f"{file} is not whole; nothing was touched: take another copy.")
    return sealed


def _opened(opened: BinaryIO, file: Path, secret: Secret) -> _Pieces:
    """Read the head of a file and try the key on it."""
    if opened.read(len(MAGIC)) != MAGIC:
        raise BackupError(f"{file} is not a backup of Wardmote.")
    line = opened.readline(_LONGEST_HEAD)
    try:
        told = json.loads(line)
        salt, prefix, check = (bytes.fromhex(told[name]) for name in ("salt", "nonce", "check"))
        by_passphrase = {"passphrase": True, "key": False}[told["from"]]
    except (ValueError, KeyError, TypeError) as wrong:
        raise BackupError(f"{file} was changed: its head cannot be read.") from wrong
    if by_passphrase != secret.is_passphrase:
        kind = "a passphrase" if by_passphrase else "a key file"
        raise BackupError(f"{file} was sealed with {kind}; open it with that.")
    master = secret.master(salt)
    if not hmac.compare_digest(check, _derived(master, b"check")) or len(prefix) != 7:
        raise BackupError(f"This is not the key or passphrase that {file} was sealed with.")
    return _Pieces(master, prefix, MAGIC + line)
