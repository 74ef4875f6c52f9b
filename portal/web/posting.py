"""The post: letters of the `mail` table are sent, each at least once.

A letter that is marked before it is sent is lost when the machine stops in between; one that is sent before
it is marked may come twice. A reminder twice is a nuisance, a lost invitation keeps somebody out: so it is the
second, and both copies bear the same Message-ID (made from the letter's key), by which mail programs show them as one.
Two senders at once do not double anything: who sends a letter first claims it for some minutes.

No transaction is open while a mail server is spoken to. What was sent keeps its envelope and loses its body:
bodies may hold links that let somebody in.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime, parseaddr
from typing import Any, Literal, Protocol

from flask import Flask
from flask_mailman import EmailMessage, Mail
from flask_mailman.backends.smtp import EmailBackend
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.store.db import begin_write
from portal.store.tables import Mail as MailRow

GIVEN_UP = 10  # Tries, over some three days; after that a person must look (portal mail).
_CLAIM = timedelta(minutes=10)  # Longer than any conversation with a mail server.
_UNREACHABLE = timedelta(minutes=5)
_BACKOFF = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 240, 720))
_TIMEOUT = 20  # Seconds for each answer of a mail server.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class Letter:
    """One letter as it is sent."""

    key: str
    recipient: str
    subject: str
    body: str
    written_at: datetime


@dataclass(frozen=True)
class Sent:
    """What came of one round."""

    sent: int
    failed: int


class NotSent(Exception):
    """A letter was not taken. The message says in Chinese why and what to do."""

    def __init__(self, told: str, *, lasting: bool = False, unreachable: bool = False) -> None:
        """Keep whether trying again is of no use, and whether the server itself could not be used."""
        super().__init__(told)
        self.lasting, self.unreachable = lasting, unreachable


class Sender(Protocol):
    """Takes letters to where they go."""

    def send(self, letter: Letter) -> None:
        """Send the letter, or raise `NotSent`."""


def send_due(session: Session, sender: Sender, *, now: datetime, limit: int = 50) -> Sent:
    """Send the letters that are due, at most `limit`, the longest waiting first. Commits after each letter.

    Failed letters wait longer each time; those that nobody will ever take are given up at once and stay listed.
    When the server itself cannot be reached the round ends, and no try is counted against any letter.
    """
    due = session.execute(
        select(MailRow.id)
        .where(MailRow.sent_at.is_(None), MailRow.next_try_at <= now, MailRow.tries < GIVEN_UP)
        .order_by(MailRow.next_try_at, MailRow.id)
        .limit(limit)
    )
    numbers = list(due.scalars())
    session.rollback()  # Nothing is held while letters travel.
    sent = failed = 0
    for number in numbers:
        letter = _claim(session, number, now=now)
        if letter is None:
            continue
        try:
            sender.send(letter)
        except NotSent as trouble:
            _put_off(session, number, trouble, now=now)
            failed += 1
            if trouble.unreachable:
                break
        else:
            _mark_sent(session, number, now=now)
            sent += 1
    return Sent(sent, failed)


def waiting(session: Session) -> list[MailRow]:
    """Return the letters that were not sent, the oldest first."""
    query = select(MailRow).where(MailRow.sent_at.is_(None))
    return list(session.scalars(query.order_by(MailRow.created_at, MailRow.id)))


def try_again(session: Session, *, now: datetime) -> int:
    """Make every letter that was not sent due now, given up or not; return how many. Commits."""
    begin_write(session)
    letters = waiting(session)
    for one in letters:
        one.tries, one.next_try_at = 0, now
    session.commit()
    return len(letters)


def _claim(session: Session, number: int, *, now: datetime) -> Letter | None:
    """Take the letter for this round; None where another sender has taken it."""
    begin_write(session)
    taken = session.execute(
        update(MailRow)
        .where(MailRow.id == number, MailRow.sent_at.is_(None), MailRow.next_try_at <= now)
        .values(next_try_at=now + _CLAIM, tries=MailRow.tries + 1)
    )
    row = session.get(MailRow, number, populate_existing=True)
    session.commit()
    if row is None or taken.rowcount != 1:  # type: ignore[attr-defined] # an UPDATE gives a CursorResult.
        return None
    return Letter(row.key, row.recipient, row.subject, row.body, row.created_at)


def _mark_sent(session: Session, number: int, *, now: datetime) -> None:
    begin_write(session)
    row = session.get_one(MailRow, number, populate_existing=True)
    row.sent_at, row.trouble, row.body = now, None, ""
    session.commit()


def _put_off(session: Session, number: int, trouble: NotSent, *, now: datetime) -> None:
    begin_write(session)
    row = session.get_one(MailRow, number, populate_existing=True)
    row.trouble = str(trouble)
    if trouble.unreachable:
        row.tries, row.next_try_at = max(row.tries - 1, 0), now + _UNREACHABLE
    else:
        row.next_try_at = now + _BACKOFF[min(max(row.tries, 1), len(_BACKOFF)) - 1]
        row.tries = GIVEN_UP if trouble.lasting else row.tries
    session.commit()


class _Backend(EmailBackend):  # type: ignore[misc] # Flask-Mailman ships no types.
    """Flask-Mailman's SMTP connection, except that STARTTLS looks at the server's certificate, too."""

    connection: smtplib.SMTP | None

    def open(self) -> bool:
        """Open the connection; False where it is open."""
        if self.connection:
            return False
        secure = {"context": self.ssl_context} if self.use_ssl else {}
        connection: smtplib.SMTP = self.connection_class(
            self.host, self.port, timeout=self.timeout, local_hostname="localhost", **secure
        )
        try:
            if self.use_tls and not self.use_ssl:
                connection.starttls(context=self.ssl_context)
            if self.username and self.password:
                connection.login(self.username, self.password)
        except BaseException:
            connection.close()
            raise
        self.connection = connection
        return True

    def close(self) -> None:
        """Close the connection. A server that says good-bye badly has taken the letter all the same."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            pass
        finally:
            connection.close()


@dataclass(frozen=True)
class SmtpSender:
    """Hands letters to a mail server. `mail_from` is “名称 <address>”."""

    server: str
    port: int
    username: str | None
    password: str | None
    tls: Literal["none", "starttls", "tls"]
    mail_from: str

    def send(self, letter: Letter) -> None:
        """Send the letter, or raise `NotSent`."""
        _refuse_odd_headers(letter)
        app = Flask("portal.web.posting")
        app.config.update(
            MAIL_BACKEND=_Backend,
            MAIL_SERVER=self.server,
            MAIL_PORT=self.port,
            MAIL_USERNAME=self.username,
            MAIL_PASSWORD=self.password,
            MAIL_USE_TLS=self.tls == "starttls",
            MAIL_USE_SSL=self.tls == "tls",
            MAIL_DEFAULT_SENDER=self.mail_from,
            MAIL_TIMEOUT=_TIMEOUT,
        )
        mail = Mail(app)
        with app.app_context():
            backend = mail.get_connection()
            headers = self._headers(letter)
            message = EmailMessage(letter.subject, letter.body, to=[letter.recipient], headers=headers)
            try:
                backend.open()
                backend.send_messages([message])
            except Exception as trouble:
                raise _told(trouble, f"{self.server}:{self.port}") from trouble
            finally:
                backend.close()

    def _headers(self, letter: Letter) -> dict[str, str]:
        domain = parseaddr(self.mail_from)[1].rpartition("@")[2] or "localhost"
        return {
            "Message-ID": f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{domain}>",
            "Date": format_datetime(letter.written_at),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers to us.
        }


def _refuse_odd_headers(letter: Letter) -> None:
    if not _ADDRESS.fullmatch(letter.recipient):
        raise NotSent("收件地址不是一个可用的邮箱地址，没有发送。请在账号中改正邮箱。", lasting=True)
    if not letter.subject.isprintable():
        raise NotSent("信件标题中有换行或控制字符，没有发送。", lasting=True)


def _told(trouble: Exception, server: str) -> NotSent:
    """Say in Chinese what SMTP says in English."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(trouble.recipients.values()), (550, b""))
        if code < 500:
            return NotSent(f"邮件服务器暂时不收给这个地址的信（{code} {_plain(answer)}），稍后再试。")
        return NotSent(
            f"邮件服务器不收给这个地址的信（{code} {_plain(answer)}）。请核对账号中的邮箱地址。", lasting=True
        )
    if isinstance(trouble, smtplib.SMTPAuthenticationError):
        return NotSent(
            "邮件服务器不认可用户名或密码。请核对 PORTAL_MAIL_USERNAME 和 PORTAL_MAIL_PASSWORD。",
            unreachable=True,
        )
    if isinstance(trouble, smtplib.SMTPSenderRefused):
        return NotSent(
            f"邮件服务器不接受发件地址（{trouble.smtp_code} {_plain(trouble.smtp_error)}）。请核对 PORTAL_MAIL_FROM。",
            unreachable=True,
        )
    if isinstance(trouble, smtplib.SMTPNotSupportedError):
        return NotSent("邮件服务器不支持所设的加密或登录方式。请核对 PORTAL_MAIL_TLS。", unreachable=True)
    if isinstance(trouble, smtplib.SMTPDataError):
        return NotSent(
            f"邮件服务器没有收下这封信（{trouble.smtp_code} {_plain(trouble.smtp_error)}），稍后再试。"
        )
    if isinstance(trouble, ssl.SSLError):
        return NotSent(
            f"与邮件服务器 {server} 的加密连接不可信或未能建立。请核对服务器证书和 PORTAL_MAIL_TLS。",
            unreachable=True,
        )
    if isinstance(trouble, smtplib.SMTPException | OSError):
        return NotSent(
            f"连不上邮件服务器 {server}。请核对 PORTAL_MAIL_SERVER、PORTAL_MAIL_PORT 和网络。",
            unreachable=True,
        )
    if isinstance(trouble, ValueError):
        return NotSent("信件的收件人、发件人或标题不合邮件格式，没有发送。", lasting=True)
    raise trouble


def _plain(answer: Any) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return " ".join(text.split())[:200]
