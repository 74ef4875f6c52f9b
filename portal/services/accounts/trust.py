"""The trust cookie: a browser in which somebody has signed in completely before.

It lets nobody in. It only spares its owner the delays that others' failed tries bring upon an account
(`portal.services.accounts.trying`), and it ends when the password changes. The web layer sets it, for one
account each, after a complete sign-in and after a password was set through a link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from portal.store.tables import Account


def make_trust(secret: bytes, account_id: int, password_changed_at: datetime) -> str:
    """Return the cookie's value for a browser of that account: URL-safe, no secret of the account in it."""
    moment = password_changed_at.astimezone(UTC).isoformat(timespec="microseconds")
    words = f"trust|{account_id}|{moment}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret, words, hashlib.sha256)).decode().rstrip("=")


def is_trusted(secret: bytes, cookie: str | None, account: Account | None) -> bool:
    """Tell whether the cookie was made for this account since its password last changed."""
    if not cookie or account is None or account.password_changed_at is None:
        return False
    wanted = make_trust(secret, account.id, account.password_changed_at)
    return hmac.compare_digest(wanted.encode(), cookie.encode(errors="replace"))
