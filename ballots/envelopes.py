"""Ballots as they wait in the pending box: in envelopes that only the round's key opens.

A row that is written while people vote keeps the order in which they came, whatever its columns
say. So it says nothing: all of it is keyed or encrypted, and what leaves the pending box later
lies under other names.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ballots.keys import KeyStore, pseudonym, veiled, voter_key
from ballots.receipts import Promise, commitment, receipt_code, sign_promise

_NONCE_BYTES = 12
# What an envelope holds besides the choices: names, nonces, and what parts them.
_BESIDES = 64 + 64 + 64 + 32 + 4


class SpoiltEnvelopeError(Exception):
    """An envelope that its key does not open: somebody changed the pending box."""


class Paper(NamedTuple):
    """What lies in an envelope: a filled-in paper, and what it is known by once it is sealed."""

    voter_key: str
    commitment: str
    client_nonce: str
    server_nonce: str
    choices: str


@dataclass(frozen=True)
class Envelope:
    """A filled-in paper ready for the pending box, under the names that it has there."""

    round_id: int
    voter: str
    casting: str
    contents: bytes
    # Shows that this casting is this voter's ballot, as long as no other takes its place.
    seal: str
    # Only for as long as the voter waits: what is stored of it lies in `contents`.
    entry_id: int
    paper: Paper
    promise: Promise


class EnvelopeKey:
    """What a round's key is good for while people vote."""

    def __init__(self, keys: KeyStore, round_id: int) -> None:
        """Use the key of this round; KeyError if there is none."""
        self._keys, self._round_id = keys, round_id
        self._round_key = keys.read(round_id)
        self._cipher = AESGCM(hmac.digest(self._round_key, b"envelopes", "sha256"))

    def sealed_voter(self, entry_id: int) -> str:
        """The name that somebody's ballot lies under once it is sealed."""
        return voter_key(self._round_key, entry_id)

    def voter(self, entry_id: int) -> str:
        """The name that somebody's ballot waits under."""
        return pseudonym(self._round_key, "pending-voter", str(entry_id))

    def receipt_voter(self, paper: Paper) -> str:
        """The name that a receipt of this paper bears: another one for every receipt."""
        return veiled(self._round_key, paper.voter_key, paper.commitment)

    def receipt_owner(self, voter: str, committed: str) -> str:
        """The name that the ballot of a receipt with these names lies under, once it is sealed."""
        return veiled(self._round_key, voter, committed)

    def casting(self, code: str) -> str:
        """The name that the cast with this receipt code waits under."""
        return pseudonym(self._round_key, "pending-casting", code)

    def seal(self, voter: str, casting: str) -> str:
        """The proof that a casting is a voter's ballot."""
        return pseudonym(self._round_key, "pending-ballot", f"{voter}|{casting}")

    def close(
        self, entry_id: int, choices: str, request_id: str, client_nonce: str, *, longest: int
    ) -> Envelope:
        """Put a paper into its envelope; the same request by the same voter is the same cast.

        All envelopes of a round have one size, that of a paper whose choices are the `longest`:
        it must not tell how many projects were chosen.

        The server's nonce is drawn from the round's key and the whole request, so that a retry
        gets the same receipt though nothing is kept that would lead from the request to it.
        """
        asked = f"{entry_id}|{client_nonce}|{len(request_id)}|{request_id}|{choices}"
        server_nonce = pseudonym(self._round_key, "server-nonce", asked)[:32]
        committed = commitment(self._round_id, client_nonce, server_nonce, choices)
        code = receipt_code(committed)
        paper = Paper(self.sealed_voter(entry_id), committed, client_nonce, server_nonce, choices)
        voter, casting = self.voter(entry_id), self.casting(code)
        signature = sign_promise(self._keys, self._round_id, committed)
        return Envelope(
            self._round_id,
            voter,
            casting,
            self._encrypted(paper, voter, casting, longest),
            self.seal(voter, casting),
            entry_id,
            paper,
            Promise(self._round_id, code, committed, server_nonce, signature),
        )

    def _encrypted(self, paper: Paper, voter: str, casting: str, longest: int) -> bytes:
        padded = "\n".join(paper).encode().ljust(_BESIDES + longest, b"\0")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, f"{voter}|{casting}".encode())

    def open(self, contents: bytes, voter: str, casting: str) -> Paper:
        """The paper in an envelope; SpoiltEnvelopeError if anything about it was changed."""
        nonce, encrypted = contents[:_NONCE_BYTES], contents[_NONCE_BYTES:]
        try:
            padded = self._cipher.decrypt(nonce, encrypted, f"{voter}|{casting}".encode())
        except (InvalidTag, ValueError) as spoilt:
            raise SpoiltEnvelopeError(casting) from spoilt
        return Paper(*padded.rstrip(b"\0").decode().split("\n"))
