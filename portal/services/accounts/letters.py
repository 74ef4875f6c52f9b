"""Letters to people about their own accounts. They are written in the change's transaction and sent afterwards."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.tables import Account, Mail

_END = "\n\n如果不是您本人操作，请立即联系本单位的账号管理员。\n\n阳光权力公开平台（系统发出，请勿回复）"


_LINK = re.compile(r"(/(?:invitation|reset)/)[\w-]{20,}")


def without_links(body: str) -> str:
    """Return a letter's text without the tokens of its links: who reads the table later opens no account by them."""
    return _LINK.sub(r"\1…", body)


def write_letter(session: Session, account: Account, *, subject: str, body: str, now: datetime) -> bool:
    """Write to the person, where an address is known; tell whether."""
    if not account.email:
        return False
    session.add(
        Mail(
            unit_id=account.unit_id,
            key=f"account:{account.id}:{secrets.token_hex(12)}",
            recipient=account.email,
            subject=" ".join(subject.split()),
            body=f"{account.name}：\n\n{body}{_END}",
            created_at=now,
            next_try_at=now,
        )
    )
    session.flush()
    return True
