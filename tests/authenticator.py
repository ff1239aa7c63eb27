"""An authenticator without a browser: it makes a passkey and answers challenges, rightly or not.

Source: W3C, Web Authentication Level 3, sections 6.1 (authenticator data) and 6.5 (attestation).
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    """Bytes as the web’s base64 without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    """One passkey of one device; `uses` is its counter, which some devices leave at 0."""

    def __init__(self, host: str = "localhost", origin: str = "http://localhost") -> None:
        self.host, self.origin = host, origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.uses = 0

    def registers(self, options: dict[str, Any]) -> str:
        """What a browser sends that was asked to make a passkey."""
        point = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id
        data = self._data(USER_PRESENT | USER_VERIFIED | HAS_CREDENTIAL)
        data += attested + cbor2.dumps(public)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": text(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": text(made),
        }
        return self._credential(response)

    def answers(self, options: dict[str, Any], flags: int = USER_PRESENT | USER_VERIFIED) -> str:
        """What a browser sends that was asked to prove who is there."""
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(flags)
        signed = data + hashlib.sha256(client_data).digest()
        response = {
            "clientDataJSON": text(client_data),
            "authenticatorData": text(data),
            "signature": text(self.key.sign(signed, ec.ECDSA(SHA256()))),
        }
        return self._credential(response)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _credential(self, response: dict[str, str]) -> str:
        name = text(self.credential_id)
        credential = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(credential | {"clientExtensionResults": {}})
