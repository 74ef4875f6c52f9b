"""Sends the letters that wait in the table `mail`.

A letter's try is written down, in a transaction of its own, before the letter
is handed over, and that it went is written down after. So a process that dies
in between tries again later: a letter may arrive twice, but none is lost. A
reset link or a reminder that comes twice does less harm than one that never
comes, and each letter has one `Message-ID`, by which mail programs fold copies.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Protocol

from flask import Flask
from flask_mailman import DNS_NAME, EmailMessage
from flask_mailman import Mail as Mailman
from flask_mailman.backends.smtp import EmailBackend
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.services.accounts.letters import without_links
from portal.store.db import begin_write
from portal.store.tables import Mail

TRIES = 12  # The last a day and a half after the first: by then it is out of date.
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=8)
_TIMEOUT = 20  # Seconds for one word from the mail server.
_log = logging.getLogger(__name__)


class Unsent(Exception):
    """A letter was not taken. `fatal`: it never will be; `elsewhere`: the server itself is out of reach."""

    def __init__(self, message: str, *, fatal: bool = False, elsewhere: bool = False) -> None:
        """Keep what kind of trouble it is."""
        super().__init__(message)
        self.fatal, self.elsewhere = fatal, elsewhere


class Sender(Protocol):
    """Hands letters over."""

    def send(self, letter: Mail) -> None:
        """Hand one letter over; raise `Unsent`."""


@dataclass
class Sent:
    """What one pass did."""

    sent: int = 0
    failed: int = 0
    troubles: list[str] = field(default_factory=list)


class _Connection(EmailBackend):  # type: ignore[misc] # Flask-Mailman ships no types.
    """Flask-Mailman's connection, which by itself begins STARTTLS with whoever answers: here the certificate counts."""

    connection: smtplib.SMTP | None

    def open(self) -> bool:
        """Open the connection; False where it is open."""
        if self.connection:
            return False
        secure = {"context": self.ssl_context} if self.use_ssl else {}
        opened: smtplib.SMTP = self.connection_class(
            self.host, self.port, timeout=self.timeout, local_hostname=DNS_NAME.get_fqdn(), **secure
        )
        try:
            if self.use_tls and not self.use_ssl:
                opened.starttls(context=self.ssl_context)
            if self.username and self.password:
                opened.login(self.username, self.password)
        except BaseException:
            opened.close()
            raise
        self.connection = opened
        return True


class SmtpSender:
    """Sends by SMTP, through Flask-Mailman."""

    def __init__(
        self,
        *,
        server: str,
        port: int,
        tls: str,
        sender: str,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """Know the server; nothing is opened yet. `tls` is “none”, “starttls” or “tls”."""
        self._app = Flask("portal.posting")
        self._app.config.update(
            MAIL_BACKEND=_Connection,
            MAIL_SERVER=server,
            MAIL_PORT=port,
            MAIL_USE_TLS=tls == "starttls",
            MAIL_USE_SSL=tls == "tls",
            MAIL_USERNAME=username,
            MAIL_PASSWORD=password,
            MAIL_DEFAULT_SENDER=sender,
            MAIL_TIMEOUT=_TIMEOUT,
        )
        self._mail, self._sender = Mailman(self._app), sender

    def send(self, letter: Mail) -> None:
        """Hand one letter over; raise `Unsent`."""
        host = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        message = EmailMessage(
            f"【阳光权力公开平台】{letter.subject}",
            letter.body,
            self._sender,
            [letter.recipient],
            headers={"Message-ID": f"<mail-{letter.id}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        with self._app.app_context():
            try:
                # Opened and closed here: left to itself the connection stays open after a refusal.
                with self._mail.get_connection() as connection:
                    connection.send_messages([message])
            except smtplib.SMTPRecipientsRefused as refused:
                codes = [code for code, _ in refused.recipients.values()]
                fatal = bool(codes) and all(500 <= code < 600 for code in codes)
                raise Unsent(f"邮件服务器不接受收件地址（{codes}）", fatal=fatal) from refused
            except smtplib.SMTPAuthenticationError as refused:
                raise Unsent("邮件服务器不接受用户名或密码", elsewhere=True) from refused
            except smtplib.SMTPResponseException as refused:
                fatal = 500 <= refused.smtp_code < 600
                raise Unsent(f"邮件服务器拒收（{refused.smtp_code}）", fatal=fatal) from refused
            except (OSError, smtplib.SMTPException) as broken:
                raise Unsent(f"连不上邮件服务器（{type(broken).__name__}）", elsewhere=True) from broken
            except ValueError as torn:  # A line break where none may be.
                raise Unsent("邮件地址或标题不能用", fatal=True) from torn


def waiting(session: Session, *, limit: int = 200) -> list[Mail]:
    """Return the letters that were not sent, the oldest first."""
    query = select(Mail).where(Mail.sent_at.is_(None), Mail.tries < TRIES)
    return list(session.scalars(query.order_by(Mail.id).limit(limit)))


def given_up(session: Session, *, limit: int = 200) -> list[Mail]:
    """Return the letters that are not tried any more, the newest first."""
    query = select(Mail).where(Mail.sent_at.is_(None), Mail.tries >= TRIES)
    return list(session.scalars(query.order_by(Mail.id.desc()).limit(limit)))


def send_due(
    session: Session,
    sender: Sender,
    *,
    now: datetime,
    limit: int = 50,
    clock: Callable[[], datetime] | None = None,
) -> Sent:
    """Send what is due, each letter in transactions of its own; return what was done.

    Commits. A server that is out of reach ends the pass: the other letters keep their tries.
    """
    done = Sent()
    session.rollback()
    due = list(
        session.scalars(
            select(Mail.id)
            .where(Mail.sent_at.is_(None), Mail.tries < TRIES, Mail.next_try_at <= now)
            .order_by(Mail.next_try_at, Mail.id)
            .limit(limit)
        )
    )
    for number in due:
        letter = _claim(session, number, now)
        if letter is None:
            continue
        try:
            sender.send(letter)
        except Unsent as trouble:
            _record(session, number, trouble=trouble, at=None)
            done.failed += 1
            done.troubles.append(f"邮件 {number}：{trouble}")
            _log.warning("邮件 %s 没有送出：%s", number, trouble)
            if trouble.elsewhere:
                break
        else:
            _record(session, number, trouble=None, at=clock() if clock else now)
            done.sent += 1
    session.rollback()
    return done


def _claim(session: Session, number: int, now: datetime) -> Mail | None:
    """Write the try down; None where another process has the letter by now."""
    begin_write(session)
    letter = session.get(Mail, number, populate_existing=True)
    if letter is None or letter.sent_at is not None or letter.next_try_at > now:
        session.rollback()
        return None
    letter.next_try_at = now + min(_LONGEST, _FIRST * 2**letter.tries)
    letter.tries += 1
    session.commit()
    session.refresh(letter)
    session.rollback()  # No transaction stays open while the mail server is waited for.
    return letter


def _record(session: Session, number: int, *, trouble: Unsent | None, at: datetime | None) -> None:
    begin_write(session)
    letter = session.get_one(Mail, number, populate_existing=True)
    if at is not None:
        letter.body = without_links(letter.body)
    letter.sent_at, letter.trouble = at, str(trouble) if trouble else None
    if trouble is not None and trouble.fatal:
        letter.tries = TRIES
    elif trouble is not None and trouble.elsewhere:
        # Nothing is wrong with the letter: it is tried again with the server, however long that takes.
        letter.tries = min(letter.tries, TRIES - 1)
    session.commit()


def sender_of(
    *, server: str | None, port: int, tls: str, sender: str, username: str | None, password: Any
) -> SmtpSender | None:
    """Return the sender for these settings (`password` may be a pydantic secret); None where no server is named."""
    if not server:
        return None
    plain = password.get_secret_value() if hasattr(password, "get_secret_value") else password
    return SmtpSender(server=server, port=port, tls=tls, sender=sender, username=username, password=plain)
