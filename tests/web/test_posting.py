"""Letters against a real mail server: sent, refused, and with nobody there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.store.tables import Mail
from portal.web import posting
from tests.conftest import NOON
from tests.web.postbox import open_box


class Box:
    """Takes letters, except those to somebody called “nobody” (for good) or “later” (for now)."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_RCPT(self, _s: Any, _x: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address.startswith("nobody"):
            return "550 no such user"
        if address.startswith("later"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: Any, _x: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        self.letters.append(envelope)
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    made = Box()
    with open_box(made) as port:
        yield made, port


def sender(port: int) -> posting.SmtpSender:
    found = posting.sender_of(
        server="127.0.0.1", port=port, tls="none", sender="阳光权力公开平台 <noreply@example.gov.cn>", username=None,
        password=None,
    )  # fmt: skip
    assert found is not None
    return found


def letter(session: Session, to: str, key: str, subject: str = "重设密码") -> Mail:
    made = Mail(
        key=key, recipient=to, subject=subject, body="正文：方示九", created_at=NOON, next_try_at=NOON
    )
    session.add(made)
    session.commit()
    return made


def test_what_is_due_is_sent_once(session: Session, box: tuple[Box, int]) -> None:
    taken, port = box
    letter(session, "fang@example.gov.cn", "a")
    late = letter(session, "fang@example.gov.cn", "b")
    late.next_try_at = NOON + timedelta(hours=1)
    session.commit()
    assert posting.send_due(session, sender(port), now=NOON).sent == 1
    assert posting.send_due(session, sender(port), now=NOON).sent == 0
    (envelope,) = taken.letters
    assert envelope.rcpt_tos == ["fang@example.gov.cn"]
    assert b"Message-ID: <mail-1@example.gov.cn>" in envelope.content
    assert session.get_one(Mail, 1).sent_at == NOON


def test_a_letter_that_went_keeps_no_link_that_opens_an_account(
    session: Session, box: tuple[Box, int]
) -> None:
    found = letter(session, "fang@example.gov.cn", "a")
    link = "https://office.example/reset/" + "aB-_" * 10 + "xyz"
    found.body = f"请打开：\n\n{link}\n\n动态口令不受影响。"
    session.commit()
    assert posting.send_due(session, sender(box[1]), now=NOON).sent == 1
    session.expire_all()
    assert "aB-_" not in found.body
    assert found.body == "请打开：\n\nhttps://office.example/reset/…\n\n动态口令不受影响。"


def test_a_refused_letter_does_not_hold_the_others_up(session: Session, box: tuple[Box, int]) -> None:
    _, port = box
    never, later, good = (
        letter(session, f"{who}@example.gov.cn", who) for who in ("nobody", "later", "fang")
    )
    done = posting.send_due(session, sender(port), now=NOON)
    assert (done.sent, done.failed) == (1, 2)
    assert (never.tries, later.tries, good.tries) == (posting.TRIES, 1, 1)
    assert later.next_try_at == NOON + timedelta(minutes=1)
    assert "550" in (never.trouble or "")
    assert posting.given_up(session) == [never]
    waits = []
    at = later.next_try_at
    while later.tries < posting.TRIES:
        posting.send_due(session, sender(port), now=at)
        waits.append((later.next_try_at - at).total_seconds() / 60)
        at = later.next_try_at
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 480, 480, 480]


def test_with_no_server_there_nothing_is_lost(session: Session) -> None:
    for key in ("a", "b"):
        letter(session, "fang@example.gov.cn", key)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = posting.send_due(session, sender(taken.getsockname()[1]), now=NOON)
    assert (done.sent, done.failed) == (0, 1)
    first, second = session.scalars(select(Mail).order_by(Mail.id))
    assert (first.tries, second.tries, second.next_try_at) == (1, 0, NOON)
    assert "连不上" in (first.trouble or "")


def test_a_process_that_dies_while_sending_tries_again_later(session: Session, box: tuple[Box, int]) -> None:
    class Dies:
        def send(self, _: Mail) -> None:
            raise KeyboardInterrupt

    found = letter(session, "fang@example.gov.cn", "a")
    with pytest.raises(KeyboardInterrupt):
        posting.send_due(session, Dies(), now=NOON)
    session.rollback()
    assert posting.send_due(session, sender(box[1]), now=NOON).sent == 0
    assert posting.send_due(session, sender(box[1]), now=found.next_try_at).sent == 1


def test_a_line_break_in_a_subject_adds_no_header(session: Session, box: tuple[Box, int]) -> None:
    taken, port = box
    found = letter(session, "fang@example.gov.cn", "a", "x\r\nBcc: somebody@example.com")
    posting.send_due(session, sender(port), now=NOON)
    assert taken.letters == []
    assert found.tries == posting.TRIES
