"""The second factor: one-time codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

The secret is sealed (AES-256-GCM, the account's number as associated data), so that neither a copied database
nor a row moved to another account gives codes. Every time step counts once; a recovery code works once, and
only its digest is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.domain.roles import Role, needs_second_factor
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import end_sessions
from portal.services.accounts.steps import write_down
from portal.store.tables import Account, Passkey, RecoveryCode

STEP = 30  # Seconds: what every authenticator app assumes.
_WINDOW = 1  # Steps before and after: clocks of telephones differ, and people type slowly.
_NONCE = 12
_CODES, _GROUPS, _IN_GROUP = 10, 4, 4  # Ten codes of 80 bits: not to be found from their digests.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U.
_ALIKE = str.maketrans("OIL", "011")


def new_totp() -> str:
    """Return a new secret (base32, 160 bits), to be shown once and kept only after `enrol_totp`."""
    return pyotp.random_base32()


def totp_uri(secret: str, *, login: str, issuer: str) -> str:
    """Return the otpauth:// address of the secret, for a QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=login, issuer_name=issuer)


def enrol_totp(
    session: Session, account: Account, secret: str, code: str, *, key: bytes, now: datetime
) -> bool:
    """Keep the secret if the code proves that the app has it; the code is thereby used. False: nothing changed."""
    step = _step_of(secret, code, now=now)
    if step is None:
        return False
    nonce = secrets.token_bytes(_NONCE)
    account.totp_secret = nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound_to(account))
    account.totp_step = step
    session.flush()
    return True


def check_totp(session: Session, account: Account, code: str, *, key: bytes, now: datetime) -> bool:
    """Tell whether the code is right now (one step early or late), and use it up: no step works twice or backwards."""
    if account.totp_secret is None:
        return False
    sealed = account.totp_secret
    try:
        secret = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(account)).decode()
    except InvalidTag:
        return False  # The instance's key was replaced: recovery codes and resetting are left.
    step = _step_of(secret, code, now=now)
    if step is None:
        return False
    used = session.execute(
        update(Account)
        .where(Account.id == account.id, or_(Account.totp_step.is_(None), Account.totp_step < step))
        .values(totp_step=step)
    )
    session.refresh(account, ["totp_step"])
    # An UPDATE gives a CursorResult, which counts rows; the code sent twice at once changes only one.
    return bool(used.rowcount == 1)  # type: ignore[attr-defined] # as said above.


def remove_totp(session: Session, account: Account, *, now: datetime, keep_session: int | None) -> None:
    """Remove the app; other sessions end. Raise `Refused` where the roles need a second factor and no other is left."""
    if account.totp_secret is None:
        return
    left = count_passkeys(session, account)
    if not left:
        refuse_without_factor(account)
    account.totp_secret = account.totp_step = None
    if not left:
        forget_codes(session, account, now=now)
    end_sessions(session, account, reason="second_factor", now=now, but=keep_session)


def make_recovery_codes(session: Session, account: Account, *, now: datetime) -> list[str]:
    """Return ten new recovery codes, to be shown this once; earlier ones stop working."""
    forget_codes(session, account, now=now)
    codes = [_new_code() for _ in range(_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, digest=_digest(account, one)) for one in codes)
    session.flush()
    return codes


def use_recovery_code(session: Session, account: Account, code: str, *, now: datetime) -> bool:
    """Use a recovery code up; False where it is none of the account's or was used. Case, spaces, O/0, I/L/1 do not matter."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == _digest(account, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(used.rowcount == 1)  # type: ignore[attr-defined] # as above.


def recovery_codes_left(session: Session, account: Account) -> int:
    """Return how many recovery codes still work."""
    query = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def count_passkeys(session: Session, account: Account) -> int:
    """Return how many passkeys the account has."""
    return session.scalar(select(func.count()).where(Passkey.account_id == account.id)) or 0


def reset_second_factor(session: Session, account: Account, *, by: str, now: datetime) -> None:
    """Remove app, passkeys and recovery codes of somebody who lost them; every session ends.

    Until the person sets up a new one, the password alone leads to where that is done: see that it is really
    that person who asks, in presence or by telephone.
    """
    account.totp_secret = account.totp_step = None
    session.execute(delete(Passkey).where(Passkey.account_id == account.id))
    forget_codes(session, account, now=now)
    end_sessions(session, account, reason="second_factor", now=now)
    write_down(session, account, "解除第二步验证", by=by, now=now)


def refuse_without_factor(account: Account) -> None:
    """Raise `Refused` where the account's roles need a second factor."""
    if needs_second_factor(Role(one.role) for one in account.roles):
        raise Refused(
            "您的角色必须有第二步验证，这是最后一种方式，不能移除。请先设置另一种（动态口令或通行密钥），再移除这一种。"
        )


def forget_codes(session: Session, account: Account, *, now: datetime) -> None:
    """Let the recovery codes that were not used stop working."""
    session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
    )


def _step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step of which the code is, within the window."""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    app, current, found = pyotp.HOTP(secret), int(now.timestamp()) // STEP, None
    for step in range(current - _WINDOW, current + _WINDOW + 1):
        if hmac.compare_digest(app.at(step), typed):
            found = step
    return found


def _bound_to(account: Account) -> bytes:
    return f"totp|{account.id}".encode()


def _new_code() -> str:
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _IN_GROUP))
    return "-".join(text[place : place + _IN_GROUP] for place in range(0, len(text), _IN_GROUP))


def _digest(account: Account, code: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", code).upper().replace("-", "").split())
    return hashlib.sha256(f"{account.id}|{plain.translate(_ALIKE)}".encode(errors="replace")).hexdigest()
