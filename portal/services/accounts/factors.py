"""The second factor: one-time codes of an app (TOTP, RFC 6238) and recovery codes on paper. Passkeys have a module of their own."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.domain.roles import Role, needs_second_factor
from portal.domain.values import fold
from portal.services.accounts.sealing import keyed_digest, seal, unseal
from portal.store.tables import Account, Passkey, RecoveryCode

STEP = 30  # Seconds of one code, as every app assumes.
CODES = 10  # Recovery codes of one sheet.
_DRIFT = (0, -1, 1)  # Clocks of telephones may be off by a step.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing that reads like something else.
_LENGTH = 12  # 60 bits.


def new_secret() -> str:
    """Return a fresh TOTP secret in base32 (160 bits, RFC 4226 section 4)."""
    return pyotp.random_base32(32)


def in_fours(secret: str) -> str:
    """Return the secret in groups of four, to be typed by hand."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def qr_picture(secret: str, *, login: str, issuer: str) -> str:
    """Return the QR code that apps read, as an `img`'s data address."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=4, dark="#1d1a16", light="#ffffff")


def fitting_step(secret: str, code: str, *, after: int | None, now: datetime) -> int | None:
    """Return the time step that the code belongs to, if it is right, near enough and later than `after`."""
    typed = fold(code).replace("-", "")
    generator, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    fitting = [
        current + drift
        for drift in _DRIFT
        if hmac.compare_digest(generator.generate_otp(current + drift).encode(), typed.encode())
    ]
    return next((step for step in fitting if after is None or step > after), None)


def enrol_totp(session: Session, account: Account, secret: str, *, step: int, key: bytes) -> None:
    """Give the account this TOTP secret; `step` is that of the code that proved it."""
    account.totp_secret = seal(key, secret.encode(), purpose="totp", owner=str(account.id))
    account.totp_step = step
    session.flush()


def use_totp(session: Session, account: Account, code: str, *, key: bytes, now: datetime) -> bool:
    """Tell whether the code is right, and use it up: no step counts twice, nor one before it."""
    if account.totp_secret is None:
        return False
    secret = unseal(key, account.totp_secret, purpose="totp", owner=str(account.id))
    if secret is None:
        return False
    step = fitting_step(secret.decode(), code, after=account.totp_step, now=now)
    if step is None:
        return False
    account.totp_step = step
    session.flush()
    return True


def new_recovery_codes(session: Session, account: Account, *, key: bytes) -> list[str]:
    """Replace the account's recovery codes and return the new ones, the only time that they are seen."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(CODES)]
    session.add_all(
        RecoveryCode(account_id=account.id, digest=_digest(key, account.id, one)) for one in codes
    )
    session.flush()
    return ["-".join(one[at : at + 4] for at in range(0, _LENGTH, 4)) for one in codes]


def use_recovery_code(session: Session, account: Account, code: str, *, key: bytes, now: datetime) -> bool:
    """Tell whether it is one of the account's codes that was not used yet, and use it up."""
    typed = fold(code).replace("-", "").translate(str.maketrans("oil", "011"))
    found = session.scalar(
        select(RecoveryCode).where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.used_at.is_(None),
            RecoveryCode.digest == _digest(key, account.id, typed),
        )
    )
    if found is None:
        return False
    found.used_at = now
    session.flush()
    return True


def recovery_codes_left(session: Session, account: Account) -> int:
    """Return how many recovery codes can still be used."""
    query = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def has_factor(session: Session, account: Account) -> bool:
    """Tell whether the account has a second factor (recovery codes alone are none)."""
    if account.totp_secret is not None:
        return True
    return session.scalar(select(Passkey.id).where(Passkey.account_id == account.id).limit(1)) is not None


def must_have_factor(account: Account) -> bool:
    """Tell whether the account's roles ask for a second factor."""
    return needs_second_factor(Role(one.role) for one in account.roles)


def remove_totp(session: Session, account: Account) -> None:
    """Take the app's codes away."""
    account.totp_secret = account.totp_step = None
    session.flush()


def remove_all_factors(session: Session, account: Account) -> None:
    """Take every second factor away: the person sets up a new one after the password."""
    account.totp_secret = account.totp_step = None
    session.execute(delete(Passkey).where(Passkey.account_id == account.id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.flush()


def _digest(key: bytes, account_id: int, code: str) -> str:
    return keyed_digest(key, f"{account_id}:{code}", purpose="recovery")
