"""Passkeys (WebAuthn): adding one to one’s own device, and proving with it who is about to sign.

Source: W3C, Web Authentication Level 3; the checks themselves are py_webauthn’s.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import request
from flask import session as cookie
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.house import settings
from ballots.signing import Passkey
from neighbourhoods.database import now
from neighbourhoods.people import Person

_ADDING, _SIGNING = "passkey_adding", "passkey_signing"
# How long a challenge can be answered: a person needs seconds.
CHALLENGE_LIVES = timedelta(minutes=5)


@dataclass(frozen=True)
class _Challenge:
    """What a device is to answer, and since when it is asked."""

    words: bytes
    asked_at: datetime


def _ask(session: Session, purpose: str, person: Person, words: bytes) -> None:
    """Keep a challenge in the signed session; the next one takes its place."""
    asked_at = now(session).isoformat()
    cookie[purpose] = [bytes_to_base64url(words), person.id, asked_at]


def _take(session: Session, purpose: str, person: Person) -> _Challenge | None:
    """The challenge that was set to this person, if it is not too old; it is taken once."""
    kept = cookie.pop(purpose, None)
    if not isinstance(kept, list) or kept[1] != person.id:
        return None
    found = _Challenge(base64url_to_bytes(kept[0]), datetime.fromisoformat(kept[2]))
    return found if now(session) - found.asked_at <= CHALLENGE_LIVES else None


def passkeys_of(session: Session, person: Person) -> list[Passkey]:
    """The passkeys somebody has added, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person.id).order_by(Passkey.id)
    return list(session.scalars(query))


def ask_to_add(session: Session, person: Person) -> dict[str, object]:
    """What the browser needs to make a passkey, as JSON; the challenge is kept in the session."""
    options = generate_registration_options(
        rp_id=_host(),
        rp_name="Wardmote",
        user_name=person.email,
        user_id=str(person.id).encode(),
        user_display_name=person.name or person.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_known(session, person),
    )
    _ask(session, _ADDING, person, options.challenge)
    return _as_json(options)


def _as_json(
    options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions,
) -> dict[str, object]:
    written: dict[str, object] = json.loads(options_to_json(options))
    return written


def add_passkey(session: Session, person: Person, name: str, credential: str) -> bool:
    """Keep a passkey that answers the challenge that was set; False if it does not."""
    challenge = _take(session, _ADDING, person)
    if challenge is None:
        return False
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge.words,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    taken = select(Passkey.id).where(Passkey.credential_id == verified.credential_id)
    if session.scalar(taken) is not None:
        return False
    session.add(
        Passkey(
            person=person,
            name=name,
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            uses=verified.sign_count,
            added_at=now(session),
        )
    )
    session.flush()
    return True


def ask_to_prove(session: Session, person: Person) -> dict[str, object] | None:
    """What the browser needs to use one of somebody’s passkeys, as JSON; None without one."""
    known = _known(session, person)
    if not known:
        return None
    options = generate_authentication_options(
        rp_id=_host(),
        allow_credentials=known,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _ask(session, _SIGNING, person, options.challenge)
    return _as_json(options)


def proves(session: Session, person: Person, assertion: str) -> bool:
    """Whether one of somebody’s own passkeys answers the challenge that was set; it works once.

    The session lies with the browser, and whoever kept an old one could send it again: so a passkey
    answers nothing that was asked before it was used last.
    """
    challenge = _take(session, _SIGNING, person)
    if challenge is None:
        return False
    try:
        credential = parse_authentication_credential_json(assertion)
        passkey = session.scalar(
            select(Passkey)
            .where(Passkey.credential_id == credential.raw_id, Passkey.person_id == person.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if passkey is None or _is_used_up(passkey, challenge):
            return False
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.words,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    passkey.uses, passkey.used_at = verified.new_sign_count, now(session)
    session.flush()
    return True


def _is_used_up(passkey: Passkey, challenge: _Challenge) -> bool:
    return passkey.used_at is not None and challenge.asked_at <= passkey.used_at


def _known(session: Session, person: Person) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=one.credential_id) for one in passkeys_of(session, person)
    ]


def _host() -> str:
    return urlsplit(_origin()).hostname or "localhost"


def _origin() -> str:
    # For real people only ever the site’s own address; a test copy is opened at any.
    found = settings().public_url if settings().in_production else request.host_url
    return found.rstrip("/")
