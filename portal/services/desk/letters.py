"""Letters (信件): what is written to people, and that nothing is written twice.

    write_letter(session, *, unit_id, key, to, subject, body, now) -> Mail | None
    submitted / returned / published / due / overdue / … -> Letter (subject and body)

Mail travels in the clear and shows its subject on locked screens: a subject
names the kind of work at most, never a title, an amount or a person; a body
holds no content of a draft, only where to read it after signing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.values import show_day
from portal.store.tables import Mail

_NAME = "阳光权力公开平台"
_FOOT = f"此信由{_NAME}自动发出，请勿回复。信中不含填报内容，请登录后查看。"


@dataclass(frozen=True)
class Letter:
    """A letter without its address."""

    subject: str
    body: str


def write_letter(
    session: Session, *, unit_id: int | None, key: str, to: str, subject: str, body: str, now: datetime
) -> Mail | None:
    """Put a letter on its way in the transaction of what it tells of; None where one of that key was written before."""
    if session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
        return None
    mail = Mail(
        unit_id=unit_id,
        key=key,
        recipient=to,
        subject=_one_line(subject),
        body=body,
        created_at=now,
        next_try_at=now,
    )
    try:
        with (
            session.begin_nested()
        ):  # Two workers at once: the second finds the key taken, and loses nothing else.
            session.add(mail)
    except IntegrityError:
        return None
    return mail


def submitted(*, kind: str, address: str) -> Letter:
    """待审核: to the reviewers."""
    return _letter(
        f"有一件{kind}待您审核",
        f"本单位有一件{kind}已经提交，等待审核。请登录后查看，审核通过后才会发布。",
        address,
    )


def returned(*, kind: str, address: str) -> Letter:
    """已退回: to whoever submitted it."""
    return _letter(
        f"一件{kind}被退回，请修改",
        f"您提交的一件{kind}被退回。退回意见请登录后查看，修改后重新提交。",
        address,
    )


def published(*, kind: str, index_no: str, number: int, address: str) -> Letter:
    """已发布: to those who worked on it."""
    return _letter(
        f"一件{kind}已经发布",
        f"{kind}（索引号 {index_no}，第 {number} 版）已经发布。发现错误时请用“更正”发布新的一版，说明更正了什么、为什么。",
        address,
    )


def due(
    *, duty: str, period: str, what: str, day: date, workdays: int, provisional: bool, address: str
) -> Letter:
    """到期提醒: before the deadline."""
    left = "今天到期" if workdays == 0 else f"还剩 {workdays} 个工作日"
    doubt = "当年的放假安排尚未公布，这一日期是暂定的。" if provisional else ""
    return _letter(
        f"{duty}{left}",
        f"{_name(duty, period)}：{what}，{show_day(day)}到期，{left}。{doubt}\n"
        "目前还没有完成。已经提交的，请提醒审核人在到期前审核发布。",
        address,
    )


def overdue(*, duty: str, period: str, what: str, day: date, workdays: int, address: str) -> Letter:
    """逾期提醒: after the deadline."""
    return _letter(
        f"{duty}已经过期",
        f"{_name(duty, period)}：{what}，已于{show_day(day)}到期，至今过了 {workdays} 个工作日，仍未完成。\n"
        "请尽快补报，并在“公开说明”中写明迟延的原因。迟公开的事实会一直保留。",
        address,
    )


def asked(*, day: date, address: str) -> Letter:
    """监督事项: the commission waits for the unit's answer."""
    return _letter(
        "有一件监督事项请本单位说明",
        f"纪委监委就一件监督事项请本单位在{show_day(day)}前作出说明。请登录后在“监督事项”中查看和答复。",
        address,
    )


def told_by_commission(*, address: str) -> Letter:
    """Something of the commission waits: what it is about is read after signing in."""
    return _letter(
        "纪委监委有一件事项请查收",
        "纪委监委向本单位发来一件文书或者事项，请登录后查看。有期限的，请在期限以内办理。",
        address,
    )


def answered_to_commission(*, explained: int, replied: int, reported: int, address: str) -> Letter:
    """单位答复: to the officers whom it concerns; how many, and nothing of whom or of what."""
    said = [
        text
        for count, text in (
            (explained, f"说明 {explained} 件"), (replied, f"文书回复 {replied} 份"), (reported, f"整改报请验收 {reported} 项"),
        )
        if count
    ]  # fmt: skip
    return _letter(
        "有单位作出答复，请登录查看",
        f"您经办的事项有了新的答复：{'，'.join(said)}。请登录后办理。",
        address,
    )


def overdue_rectification(*, address: str) -> Letter:
    """整改逾期: to the commission's officers."""
    return _letter("整改台账有事项逾期", "整改台账里有一项超过期限还没有销号，请登录后查看。", address)


def group_brought(*, summary: str, address: str) -> Letter:
    """班子名单: the commission brought the unit's group; how many of what, and nobody's name."""
    return _letter(
        "纪委监委导入了本单位的班子名单",
        f"纪委监委导入了本单位的班子名单：{summary}。请登录后在“班子名单”中核对，有出入的由单位管理员改正。",
        address,
    )


def _name(duty: str, period: str) -> str:
    return f"{duty}（{period}）" if period else duty


def _letter(subject: str, text: str, address: str) -> Letter:
    return Letter(f"【{_NAME}】{subject}", f"{text}\n\n登录：{address}\n\n{_FOOT}\n")


def _one_line(subject: str) -> str:
    """A line break in a subject would begin a header of its own."""
    return " ".join(subject.split())
