"""Passkeys: WebAuthn Level 3 credentials, checked by the webauthn library.

The browser proves that it holds a private key; we keep the public one. A challenge is made for
every ceremony and belongs to the browser that asked for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from podcast_server.accounts.members import AccountError
from podcast_server.accounts.staff.models import Passkey, Staff


class PasskeyRefused(AccountError):
    """The browser's answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who we are to the browser: passkeys of one host work at no other."""

    host: str
    origin: str
    name: str

    @classmethod
    def of(cls, public_url: str, name: str) -> Site:
        """From the public address."""
        parts = urlsplit(public_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """Options for the browser, and the challenge its answer must hold."""

    options: dict[str, Any]
    challenge: bytes


def begin_registration(session: Session, person: Staff, site: Site) -> Ceremony:
    """Ask a browser to make a passkey for somebody."""
    known = session.scalars(select(Passkey.credential_id).where(Passkey.staff_id == person.id))
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=str(person.id).encode(),
        user_name=person.email,
        user_display_name=person.name or person.email,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return Ceremony(json.loads(options_to_json(options)), options.challenge)


def finish_registration(
    session: Session,
    person: Staff,
    site: Site,
    answer: dict[str, Any],
    challenge: bytes,
    *,
    name: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey a browser made. Raises PasskeyRefused."""
    try:
        proved = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("the browser’s answer could not be checked: try again") from error
    passkey = Passkey(
        staff_id=person.id,
        credential_id=proved.credential_id,
        public_key=proved.credential_public_key,
        sign_count=proved.sign_count,
        name=name[:120],
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    return passkey


def begin_sign_in(site: Site) -> Ceremony:
    """Ask a browser for any passkey it has for this site; nobody's address is needed."""
    options = generate_authentication_options(
        rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    return Ceremony(json.loads(options_to_json(options)), options.challenge)


def finish_sign_in(
    session: Session, site: Site, answer: dict[str, Any], challenge: bytes, now: datetime
) -> Staff:
    """Whose passkey signed the challenge. Raises PasskeyRefused, without saying what was wrong."""
    refused = PasskeyRefused("this passkey does not open the studio")
    try:
        credential_id = base64url_to_bytes(str(answer["rawId"]))
    except (KeyError, ValueError, TypeError) as error:
        raise refused from error
    passkey = session.scalars(select(Passkey).where(Passkey.credential_id == credential_id)).first()
    person = session.get(Staff, passkey.staff_id) if passkey else None
    if passkey is None or person is None or person.disabled_at is not None:
        raise refused
    try:
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise refused from error
    passkey.sign_count, passkey.used_at = proved.new_sign_count, now
    return person


def passkeys_of(session: Session, staff_id: int) -> list[Passkey]:
    """Somebody's passkeys, oldest first."""
    query = select(Passkey).where(Passkey.staff_id == staff_id).order_by(Passkey.id)
    return list(session.scalars(query))


def remove_passkey(session: Session, staff_id: int, passkey_id: int) -> None:
    """Forget one of somebody's passkeys."""
    session.execute(delete(Passkey).where(Passkey.staff_id == staff_id, Passkey.id == passkey_id))
