"""Letters are sent to a real mail server; nothing that goes wrong there loses one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.store.tables import Mail
from portal.web.posting import GIVEN_UP, Letter, Sent, SmtpSender, send_due, try_again, waiting
from tests.conftest import NOON
from tests.web.postbox import Box, open_box

FROM = "阳光权力公开平台 <noreply@office.example.cn>"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def sender(box: Box) -> Iterator[SmtpSender]:
    with open_box(box) as port:
        yield smtp(port)


def smtp(port: int, **more: Any) -> SmtpSender:
    return SmtpSender(
        server="127.0.0.1",
        port=port,
        username=more.get("username"),
        password=more.get("password"),
        tls=more.get("tls", "none"),
        mail_from=more.get("mail_from", FROM),
    )


def put(session: Session, key: str = "k1", **more: Any) -> Mail:
    letter = Mail(
        key=key,
        recipient=more.get("recipient", "fang@example.cn"),
        subject=more.get("subject", "您有一件财务公开待审核"),
        body=more.get("body", "方示九：\n\n请登录办公端审核。\n.\n末行"),
        created_at=NOON,
        next_try_at=more.get("due", NOON),
    )
    session.add(letter)
    session.commit()
    return letter


def test_a_letter_arrives_in_chinese_and_is_marked(session: Session, sender: SmtpSender, box: Box) -> None:
    put(session)
    assert send_due(session, sender, now=NOON) == Sent(1, 0)
    ((recipients, got),) = box.taken
    assert recipients == ["fang@example.cn"]
    assert got["Subject"] == "您有一件财务公开待审核"
    assert got["From"].addresses[0].display_name == "阳光权力公开平台"
    assert got["Message-ID"].endswith("@office.example.cn>")
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().replace("\r\n", "\n").rstrip("\n") == "方示九：\n\n请登录办公端审核。\n.\n末行"
    session.expire_all()
    kept = session.query(Mail).one()
    assert (kept.sent_at, kept.trouble, kept.body) == (NOON, None, "")
    assert send_due(session, sender, now=NOON + timedelta(days=9)) == Sent(0, 0)
    assert len(box.taken) == 1


def test_only_what_is_due_goes_the_longest_waiting_first(
    session: Session, sender: SmtpSender, box: Box
) -> None:
    for number in range(4):
        put(session, f"k{number}", recipient=f"p{number}@example.cn", due=NOON - timedelta(hours=number))
    put(session, "future", due=NOON + timedelta(seconds=1))
    assert send_due(session, sender, now=NOON, limit=3) == Sent(3, 0)
    assert [to for (to,), _ in box.taken] == ["p3@example.cn", "p2@example.cn", "p1@example.cn"]


def test_a_refused_recipient_is_given_up_and_keeps_nobody_waiting(
    session: Session, sender: SmtpSender, box: Box
) -> None:
    put(session, "k1", recipient="nobody@example.cn", due=NOON - timedelta(hours=1))
    put(session, "k2")
    assert send_due(session, sender, now=NOON) == Sent(1, 1)
    (left,) = waiting(session)
    assert left.tries == GIVEN_UP
    assert "550" in (left.trouble or "")
    assert "核对账号中的邮箱地址" in (left.trouble or "")
    assert send_due(session, sender, now=NOON + timedelta(days=30)) == Sent(0, 0)
    left.recipient = "fang@example.cn"
    session.commit()
    assert try_again(session, now=NOON) == 1
    assert send_due(session, sender, now=NOON) == Sent(1, 0)


def test_a_busy_mailbox_is_tried_again_later_and_later(session: Session, sender: SmtpSender) -> None:
    put(session, recipient="later@example.cn")
    at, gaps = NOON, []
    for _ in range(GIVEN_UP):
        assert send_due(session, sender, now=at) == Sent(0, 1)
        (left,) = waiting(session)
        gaps.append((left.next_try_at - at).total_seconds() / 60)
        assert send_due(session, sender, now=left.next_try_at - timedelta(seconds=1)) == Sent(0, 0)
        at = left.next_try_at
    assert gaps == [1, 5, 15, 60, 240, 720, 720, 720, 720, 720]
    assert send_due(session, sender, now=at) == Sent(0, 0)
    assert "450" in (waiting(session)[0].trouble or "")


def test_an_unreachable_server_ends_the_round_and_costs_no_try(session: Session) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound, not listening: whoever connects is refused.
        nowhere = smtp(taken.getsockname()[1])
        for number in range(3):
            put(session, f"k{number}")
        assert send_due(session, nowhere, now=NOON) == Sent(0, 1)
    assert [one.tries for one in waiting(session)] == [0, 0, 0]
    assert "连不上邮件服务器 127.0.0.1" in (waiting(session)[0].trouble or "")


def test_a_letter_that_the_server_does_not_like_today_waits(
    session: Session, sender: SmtpSender, box: Box
) -> None:
    box.refuse_data = "451 4.3.0 try later"
    put(session)
    assert send_due(session, sender, now=NOON) == Sent(0, 1)
    box.refuse_data = ""
    assert "没有收下这封信（451" in (waiting(session)[0].trouble or "")
    assert send_due(session, sender, now=NOON + timedelta(minutes=1)) == Sent(1, 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"subject": "好消息\nBcc: all@example.cn"},
        {"subject": "好消息\r\n\r\n正文"},
        {"subject": "好\u2028消息"},
        {"recipient": "fang@example.cn\nBcc: all@example.cn"},
        {"recipient": "fang@example.cn>\r\nRCPT TO:<all@example.cn"},
        {"recipient": "fang@example.cn, all@example.cn"},
        {"recipient": "方示九 <fang@example.cn>"},
        {"recipient": ""},
        {"recipient": "fang@example.cn\n"},
    ],
)
def test_headers_cannot_be_smuggled_in(
    session: Session, sender: SmtpSender, box: Box, odd: dict[str, str]
) -> None:
    put(session, **odd)
    assert send_due(session, sender, now=NOON) == Sent(0, 1)
    assert box.taken == []
    assert waiting(session)[0].tries == GIVEN_UP


def test_a_crash_between_sending_and_marking_sends_again_under_the_same_number(
    session: Session, sender: SmtpSender, box: Box
) -> None:
    class Crash(BaseException):
        pass

    class Crashing:
        def send(self, letter: Letter) -> None:
            sender.send(letter)
            raise Crash

    put(session)
    with pytest.raises(Crash):
        send_due(session, Crashing(), now=NOON)
    session.rollback()
    assert send_due(session, sender, now=NOON) == Sent(0, 0)  # Claimed: another sender may be at it.
    assert send_due(session, sender, now=NOON + timedelta(minutes=10)) == Sent(1, 0)
    first, second = (got for _, got in box.taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_two_senders_at_once_double_nothing(
    engine: Engine, session: Session, sender: SmtpSender, box: Box
) -> None:
    class Meanwhile:
        def send(self, letter: Letter) -> None:
            with Session(engine) as other:
                assert send_due(other, sender, now=NOON).failed == 0
            sender.send(letter)

    put(session, "k1", recipient="p1@example.cn")
    put(session, "k2", recipient="p2@example.cn")
    assert send_due(session, Meanwhile(), now=NOON) == Sent(1, 0)
    assert sorted(to for (to,), _ in box.taken) == ["p1@example.cn", "p2@example.cn"]


def test_nothing_is_locked_while_a_letter_travels(engine: Engine, session: Session) -> None:
    class Looking:
        def send(self, _: Letter) -> None:
            with Session(engine) as other:
                put(other, "written meanwhile", due=NOON + timedelta(days=1))

    put(session)
    assert send_due(session, Looking(), now=NOON) == Sent(1, 0)


def test_a_server_without_tls_gets_nothing_where_tls_is_set(
    session: Session, sender: SmtpSender, box: Box
) -> None:
    put(session)
    assert send_due(session, smtp(sender.port, tls="starttls"), now=NOON) == Sent(0, 1)
    assert box.taken == []
    assert "PORTAL_MAIL_TLS" in (waiting(session)[0].trouble or "")


def test_a_wrong_password_for_the_server_is_said(session: Session, box: Box) -> None:
    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with open_box(box, authenticator=nobody, auth_require_tls=False) as port:
        put(session)
        assert send_due(session, smtp(port, username="u", password="p"), now=NOON) == Sent(0, 1)  # noqa: S106 - of nothing.
    assert "PORTAL_MAIL_PASSWORD" in (waiting(session)[0].trouble or "")
    assert waiting(session)[0].tries == 0


def own_certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for 127.0.0.1 that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(names, critical=False).sign(key, SHA256())
    file = folder / "own.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return file


def test_a_server_that_anybody_could_be_gets_nothing(
    session: Session, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    put(session)
    with open_box(box, tls_context=context) as port:
        assert send_due(session, smtp(port, tls="starttls"), now=NOON) == Sent(0, 1)
        assert box.taken == []
        assert "加密连接不可信" in (waiting(session)[0].trouble or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(file))  # As an administrator trusts the office's own server.
        assert try_again(session, now=NOON) == 1
        assert send_due(session, smtp(port, tls="starttls"), now=NOON) == Sent(1, 0)
    assert len(box.taken) == 1
