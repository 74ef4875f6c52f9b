"""通行密钥 (WebAuthn): keys that a device keeps and that work for this office's address only.

User verification (fingerprint, face, PIN) is always asked for, so that a
passkey alone is two factors: what one has, and what one is or knows.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.store.tables import Account, LoginSession, Passkey

MOST = 10  # Passkeys of one account.
_VERIFIED = UserVerificationRequirement.REQUIRED


class PasskeyRefused(ValueError):
    """The device's answer does not count; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """Where passkeys are valid: the office's own address."""

    origin: str
    name: str = "阳光权力公开平台"

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.origin).hostname or "localhost"


def passkeys_of(session: Session, account: Account) -> list[Passkey]:
    """Return the account's passkeys, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)))


def registration_options(session: Session, account: Account, here: LoginSession, *, place: Place) -> str:
    """Begin to register a passkey in this browser: return the options (JSON); the challenge stays in the session's row."""
    here.challenge = secrets.token_bytes(32)
    session.flush()
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=place.name,
        user_name=account.login,
        user_display_name=account.name,
        user_id=_handle(account.id),
        challenge=here.challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=one.credential_id) for one in passkeys_of(session, account)
        ],
    )
    return webauthn.options_to_json(options)


def register(
    session: Session,
    account: Account,
    here: LoginSession,
    answer: str,
    *,
    name: str,
    place: Place,
    now: datetime,
) -> Passkey:
    """Keep the passkey that the device made; raise `PasskeyRefused`. The challenge is used up either way."""
    challenge, here.challenge = here.challenge, None
    session.flush()
    if challenge is None:
        raise PasskeyRefused("这次设置已经失效。请重新点“添加通行密钥”。")
    if len(passkeys_of(session, account)) >= MOST:
        raise PasskeyRefused(f"每个账号最多 {MOST} 个通行密钥。请先删除不用的。")
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise PasskeyRefused("设备的回答没有通过核对，没有添加。请重试，或换一个设备。") from wrong
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise PasskeyRefused("这个通行密钥已经添加过了。")
    found = Passkey(
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=now,
    )
    session.add(found)
    session.flush()
    return found


def second_factor_options(session: Session, account: Account, here: LoginSession, *, place: Place) -> str:
    """Begin to prove a passkey after the password: return the options (JSON)."""
    here.challenge = secrets.token_bytes(32)
    session.flush()
    return _asked(
        place,
        here.challenge,
        [PublicKeyCredentialDescriptor(id=one.credential_id) for one in passkeys_of(session, account)],
    )


def first_options(challenge: bytes, *, place: Place) -> str:
    """Return the options (JSON) for signing in with a passkey alone: the device says whose it is."""
    return _asked(place, challenge, [])


def prove(
    session: Session,
    answer: str,
    *,
    challenge: bytes,
    asked_at: datetime | None,
    account: Account | None,
    place: Place,
    now: datetime,
) -> Passkey:
    """Check the device's answer and return the passkey, marked as used; raise `PasskeyRefused`.

    With `account`, only its own passkeys count. `asked_at` is when a challenge was given out that no row
    keeps: an answer to one that is older than the passkey's last use has been used before.
    """
    refusal = PasskeyRefused("通行密钥没有通过核对。请重试，或改用其他方式。")
    try:
        wanted = webauthn.helpers.parse_authentication_credential_json(answer)
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise refusal from wrong
    found = session.scalar(select(Passkey).where(Passkey.credential_id == wanted.raw_id))
    if found is None or (account is not None and found.account_id != account.id):
        raise refusal
    if asked_at is not None and found.last_used_at is not None and asked_at <= found.last_used_at:
        raise refusal
    try:
        proved = webauthn.verify_authentication_response(
            credential=wanted,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise refusal from wrong
    found.sign_count, found.last_used_at = proved.new_sign_count, now
    session.flush()
    return found


def remove(session: Session, account: Account, number: int) -> str | None:
    """Take one of the account's passkeys away and return its name; None where it has none of that number."""
    found = session.scalar(select(Passkey).where(Passkey.id == number, Passkey.account_id == account.id))
    if found is None:
        return None
    session.execute(delete(Passkey).where(Passkey.id == found.id))
    session.flush()
    return found.name


def _asked(place: Place, challenge: bytes, allow: list[PublicKeyCredentialDescriptor]) -> str:
    options = webauthn.generate_authentication_options(
        rp_id=place.host, challenge=challenge, allow_credentials=allow, user_verification=_VERIFIED
    )
    return webauthn.options_to_json(options)


def _handle(account_id: int) -> bytes:
    return hashlib.sha256(f"account:{account_id}".encode()).digest()
