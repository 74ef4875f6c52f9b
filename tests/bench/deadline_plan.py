"""Prepares an instance for the deadline hour: people of every unit, signed in, and what they are going to publish.

`python -m tests.bench.deadline_plan PLAN --units N --each K` reads PORTAL_HOME and writes the plan as JSON.
Every disclosure is one of the county's own, moved to where the next one is due, and passes the rule book now.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.apps import create_office_app
from portal.config import Settings
from portal.demo.county.touching import _changed  # The corrections that `portal demo --touch` makes.
from portal.domain.calendar import previous_quarter
from portal.domain.canonical import document_json, read_publication
from portal.domain.documents.base import Document, kind_of
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.domain.rules.check import explains
from portal.domain.values import show_period
from portal.exchange.forms import Entries, entries_of, read_entries
from portal.services.accounts.keeping import make_account
from portal.services.accounts.passwords import set_password
from portal.services.accounts.sessions import begin_session
from portal.services.checking import SHANGHAI, Book
from portal.services.desk.starting import last_quarter
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.migrate import upgrade
from portal.store.tables import Account, Jurisdiction, Record, Unit
from portal.web.secrets import instance_secret

PASSWORD = "示例口令-秋水长天-共一色"
KNOWN_BY_PASSWORD = 24  # Editors who sign in by password too: making one costs as much as trying one.
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXPLAINED = "因经办人员岗位调整，本件公开较晚，现予补充公开。"
_QUARTERS = "一二三四"


@dataclass(frozen=True)
class Publication:
    """What one unit publishes: typed anew, or as the correction of a record."""

    unit: str
    kind: str
    title: str
    key: str  # The record's natural key.
    entries: Entries
    period: str = ""  # As it is typed.
    slug: str = ""  # Of the record that is corrected.
    reason: str = ""


@dataclass
class Plan:
    """Cookies of an editor and a reviewer by unit, who knows the password, and what will be published."""

    cookie: str = ""
    editors: dict[str, str] = field(default_factory=dict)
    reviewers: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)


def prepare(settings: Settings, *, units: int, each: int) -> Plan:
    """Migrate the instance, enter the people, and choose `each` disclosures of the first `units` units."""
    url = sqlite_url(settings.database)
    upgrade(url)
    regimes = read_regimes(settings.regimes_folder)
    office = create_office_app(
        settings, regimes, secret=instance_secret(settings.secret_file), database_url=url
    )
    engine, now = make_engine(url), datetime.now(UTC)
    plan = Plan(cookie=office.config["SESSION_COOKIE_NAME"])
    sealed: Any = office.session_interface.get_signing_serializer(office)  # type: ignore[attr-defined] # Flask's own.
    with Session(engine) as session:
        begin_write(session)
        chosen = list(session.scalars(select(Unit).where(Unit.sample).order_by(Unit.id).limit(units)))
        for number, unit in enumerate(chosen):
            for role, cookies in ((Role.EDITOR, plan.editors), (Role.REVIEWER, plan.reviewers)):
                account = _account(session, unit, number, role, now)
                token = begin_session(
                    session, account, stage="full", address="127.0.0.1", agent="bench", now=now
                )
                cookies[unit.slug] = sealed.dumps({"_user_id": token, "_fresh": True})
                if role is Role.EDITOR and number < KNOWN_BY_PASSWORD:
                    set_password(session, account, PASSWORD, now=now)
                    plan.logins.append(account.login)
        session.commit()
        for unit in chosen:
            plan.publications += _of_unit(session, unit, regimes, each, now)
    engine.dispose()
    return plan


def _account(session: Session, unit: Unit, number: int, role: Role, now: datetime) -> Account:
    return make_account(
        session,
        jurisdiction=session.get_one(Jurisdiction, unit.jurisdiction_id),
        unit=unit,
        login=f"{role.value}{number}",
        name="方示九" if role is Role.EDITOR else "林示二",
        email="",
        roles=[role.value],
        by="示例",
        now=now,
    )


def _of_unit(
    session: Session, unit: Unit, regimes: dict[str, Regime], each: int, now: datetime
) -> list[Publication]:
    """Return the quarter's finances, a decision, a tender and a correction; then more corrections."""
    book = Book(session, regimes)
    records = list(
        session.scalars(select(Record).where(Record.unit_id == unit.id).order_by(Record.id.desc()))
    )
    known = {(one.kind, one.natural_key) for one in records}
    anew = [
        next(
            (
                made
                for made in _tried(book, unit, one(records, now), now)
                if (made.kind, made.key) not in known
            ),
            None,
        )
        for one in (_finances, _decisions, _tenders)
    ]
    found = [one for one in anew if one is not None][: each - 1]
    corrected = _tried(book, unit, _corrections(records), now)
    while len(found) < each:
        found.append(next(corrected))
    session.rollback()
    return found


_Candidate = tuple[Document, str, str, str]  # With the period as typed, the record's slug and the reason.


def _tried(book: Book, unit: Unit, candidates: Iterator[_Candidate], now: datetime) -> Iterator[Publication]:
    """Yield those that the rule book lets pass, if need be with an explanation, and that a form can hold."""
    for document, period, slug, reason in candidates:
        explained = document.model_copy(update={"public_explanation": _EXPLAINED})
        for one in (document, explained):
            report = book.test(unit, one, now=now)
            if report and not report.blocking(explained=explains(one.public_explanation)):
                entries = entries_of(one)
                if read_entries(type(one), entries).document == one:
                    kind = one.kind.code
                    yield Publication(
                        unit.slug, kind, one.title, one.natural_key(), entries, period, slug, reason
                    )
                    break


def _newest(records: list[Record], kind: str) -> Iterator[tuple[Record, Document]]:
    for record in records:
        last = record.versions[-1]
        if record.kind == kind and last.withdrawal is None and last.payload is not None:
            yield record, read_publication(last.payload)[1]


def _finances(records: list[Record], now: datetime) -> Iterator[_Candidate]:
    """Yield the quarter that is due, with the amounts of the one before: it goes on where that one ended."""
    period = last_quarter(now)
    for _, document in _newest(records, "finance"):
        if not isinstance(document, FinanceDisclosure) or document.period != previous_quarter(period):
            continue
        data = _moved(document_json(document), 92)
        for line in (one for lines in data.values() if isinstance(lines, list) for one in lines):
            if isinstance(line, dict) and isinstance(line.get("cumulative"), int):
                line["cumulative"] += line["amount"]
        closing = document.closing or 0
        data |= {
            "period": period,
            "opening": closing,
            "closing": closing + (document.income_total or 0) - (document.expense_total or 0),
            "title": document.title.replace(
                f"第{_QUARTERS[int(document.period[-1]) - 1]}季度", f"第{_QUARTERS[int(period[-1]) - 1]}季度"
            ),
        }
        yield _read("finance", data), show_period(period), "", ""


def _decisions(records: list[Record], now: datetime) -> Iterator[_Candidate]:
    for _, document in _newest(records, "decision"):
        data = document_json(document)
        days = (now.astimezone(SHANGHAI).date() - date.fromisoformat(data["held_on"])).days - 3
        data = _moved(data, days)
        data["decision_no"] = re.sub(r"〕\d+号", "〕901号", data["decision_no"])
        data["meeting_no"] = "2026年第91次"
        data["title"] += "（续）"
        yield _read("decision", data), "", "", ""


def _tenders(records: list[Record], _: datetime) -> Iterator[_Candidate]:
    for _, document in _newest(records, "tender"):
        data = _moved(document_json(document), 0)
        data["project_no"] = re.sub(r"〕\d+号", "〕901号", data["project_no"])
        data["title"] += "（二标段）"
        yield _read("tender", data), "", "", ""


def _corrections(records: list[Record]) -> Iterator[_Candidate]:
    for kind in ("decision", "finance", "regulation", "tender"):
        for record, document in _newest(records, kind):
            changed, told = _changed(document, 7)
            yield changed, "", record.slug, told


def _moved(data: dict[str, Any], days: int) -> dict[str, Any]:
    """Return a document's data without its number, every day in it later."""
    later = timedelta(days=days)

    def move(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: move(value) for key, value in one.items()}
        if isinstance(one, list | tuple):
            return [move(value) for value in one]
        if isinstance(one, str) and _DAY.fullmatch(one):
            return (date.fromisoformat(one) + later).isoformat()
        return one

    moved: dict[str, Any] = move(data)
    moved.pop("index_no", None)
    return moved


def _read(kind: str, data: dict[str, Any]) -> Document:
    return kind_of(kind).model_validate_json(json.dumps(data))


def main() -> None:
    """Prepare the instance of PORTAL_HOME and write the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--each", type=int, required=True)
    asked = parser.parse_args()
    plan = prepare(Settings(), units=asked.units, each=asked.each)
    asked.plan.write_text(json.dumps(asdict(plan)), encoding="utf-8")
    kinds: dict[str, int] = {}
    for one in plan.publications:
        what = "corrections" if one.slug else one.kind
        kinds[what] = kinds.get(what, 0) + 1
    print(json.dumps({"kinds": kinds}))


if __name__ == "__main__":
    main()
