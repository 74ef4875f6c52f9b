"""通行密钥 (WebAuthn) as a second factor, and how they are set up.

The authenticator must verify the person (PIN, finger, face). A challenge belongs to one session and is used up
by the first answer, right or wrong: the caller commits in both cases. No attestation is asked for: it would
tell the make of somebody's device and is not needed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.domain.values import clean_text
from portal.services.accounts.factors import forget_codes, refuse_without_factor
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import end_sessions
from portal.store.tables import Account, LoginSession, Passkey

MOST = 10  # Passkeys of one account: every device that a person has, and no unbounded list in each ceremony.
_LONGEST_NAME = 40
_FAILED = "通行密钥没有设置成功。请重新点“添加通行密钥”再试一次；仍不成功时请换一个浏览器，或改用动态口令。"


def passkeys_of(session: Session, account: Account) -> list[Passkey]:
    """Return the account's passkeys, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.account_id == account.id).order_by(Passkey.id)))


def registration_options(
    session: Session, account: Account, login_session: LoginSession, *, rp_id: str, rp_name: str
) -> str:
    """Return the options for navigator.credentials.create() as JSON; the challenge is kept in the session."""
    options = generate_registration_options(
        rp_id=rp_id,
        rp_name=rp_name,
        # The same for every key of the account, and telling nothing about whose it is.
        user_id=hashlib.sha256(f"passkey|{rp_id}|{account.id}".encode()).digest(),
        user_name=account.login,
        user_display_name=account.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(session, account),
    )
    login_session.challenge = options.challenge
    session.flush()
    return options_to_json(options)


def register(
    session: Session,
    account: Account,
    login_session: LoginSession,
    response_json: str,
    *,
    name: str,
    rp_id: str,
    origin: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey that the browser made, under that name; raise `Refused`. The challenge is used up either way."""
    challenge = _take_challenge(session, account, login_session)
    if challenge is None:
        raise Refused(_FAILED)
    if len(passkeys_of(session, account)) >= MOST:
        raise Refused(f"一个账号最多 {MOST} 个通行密钥。请先移除不再使用的。")
    try:
        label = str(clean_text(name)) or "通行密钥"
    except ValueError as wrong:
        raise Refused(f"名称：{wrong}") from wrong
    if len(label) > _LONGEST_NAME or "\n" in label:
        raise Refused(f"通行密钥的名称最多 {_LONGEST_NAME} 个字符，写在一行内。")
    try:
        made = verify_registration_response(
            credential=response_json,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise Refused(_FAILED) from wrong
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise Refused("这个通行密钥已经登记过，不必再次添加。")
    passkey = Passkey(
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=label,
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    return passkey


def authentication_options(
    session: Session, account: Account, login_session: LoginSession, *, rp_id: str
) -> str:
    """Return the options for navigator.credentials.get() as JSON; the challenge is kept in the session."""
    options = generate_authentication_options(
        rp_id=rp_id,
        allow_credentials=_descriptors(session, account),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    login_session.challenge = options.challenge
    session.flush()
    return options_to_json(options)


def authenticate(
    session: Session,
    account: Account,
    login_session: LoginSession,
    response_json: str,
    *,
    rp_id: str,
    origin: str,
    now: datetime,
) -> bool:
    """Tell whether one of the account's passkeys answered the challenge. The challenge is used up either way.

    A key whose counter did not go on is refused: it may be a copy.
    """
    challenge = _take_challenge(session, account, login_session)
    if challenge is None:
        return False
    try:
        credential = parse_authentication_credential_json(response_json)
        passkey = session.scalar(
            select(Passkey).where(
                Passkey.account_id == account.id, Passkey.credential_id == credential.raw_id
            )
        )
        if passkey is None:
            return False
        seen = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    passkey.sign_count, passkey.last_used_at = seen.new_sign_count, now
    session.flush()
    return True


def remove_passkey(
    session: Session, account: Account, passkey_id: int, *, now: datetime, keep_session: int | None
) -> bool:
    """Remove one of the account's passkeys; other sessions end. False where the account has no such key.

    Raise `Refused` where the roles need a second factor and no other is left.
    """
    found = session.get(Passkey, passkey_id)
    if found is None or found.account_id != account.id:
        return False
    last = account.totp_secret is None and len(passkeys_of(session, account)) == 1
    if last:
        refuse_without_factor(account)
    session.delete(found)
    if last:
        forget_codes(session, account, now=now)
    session.flush()
    end_sessions(session, account, reason="second_factor", now=now, but=keep_session)
    return True


def _descriptors(session: Session, account: Account) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in passkeys_of(session, account)]


def _take_challenge(session: Session, account: Account, login_session: LoginSession) -> bytes | None:
    if login_session.account_id != account.id:
        return None
    challenge, login_session.challenge = login_session.challenge, None
    session.flush()
    return challenge
