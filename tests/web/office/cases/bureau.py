"""A commission with key holders over a real database of reports: what the tests of its routes start from."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.reports.codes import new_code
from portal.domain.reports.content import read_content
from portal.domain.reports.keylist import Holder, HolderKey, HolderRank, KeyList, ReceiptKey
from portal.domain.reports.routing import Person, choose_route
from portal.services.reports import age, intake, sealing
from portal.services.reports.eyes import Eyes
from portal.services.reports.filing import public_of
from portal.services.reports.keylists import KeyLists, sign_list
from portal.services.reports.quotas import Quota
from portal.store.db import begin_write
from portal.store.reports.db import open_reports
from portal.store.reports.tables import KeyHolder, ReportStep, SealedReport
from portal.store.tables import Account
from tests import postgresql
from tests.web.office.world import World

SLUG = "xiuzhou"
TEXT = "在示例会议上主要负责人先定调后表决，其他成员没有机会发言。"


@dataclass
class Bureau:
    """The office with its reports: officers by name, their secrets, and the signed list."""

    world: World
    engine: Engine
    lists: KeyLists
    root: Ed25519PrivateKey
    routing: list[str]
    people: dict[str, Account] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    @property
    def key_list(self) -> KeyList:
        """The list in force."""
        found = self.lists.current(SLUG)
        assert found is not None
        return found.list

    def holder(self, name: str) -> str:
        """Return the id of somebody's holder."""
        with Session(self.engine) as session:
            found = session.query(KeyHolder).filter_by(account_id=self.people[name].id).one()
            return found.id

    def enrol(self, name: str, *roles: str, rank: str = "officer") -> Account:
        """Give somebody an account, a key and a place among the registered holders."""
        account = self.world.account(*roles, name=name)
        self.people[name] = account
        identity, recipient = age.new_identity()
        self.secrets[name] = identity
        with Session(self.engine) as session:
            begin_write(session)
            session.add(
                KeyHolder(
                    id=f"h{account.id:05}{'a' * 4}",
                    jurisdiction=SLUG,
                    account_id=account.id,
                    rank=rank,
                    name=name,
                    post="承办",
                    registered=recipient,
                    registered_on=self.world.at.date(),
                )
            )
            session.commit()
        return account

    def publish(self, *, opening: int = 1) -> KeyList:
        """Sign a list of everybody who is enrolled."""
        with Session(self.engine) as session:
            rows = session.query(KeyHolder).order_by(KeyHolder.id).all()
        holders = tuple(
            Holder(
                id=one.id,
                name=one.name,
                rank=HolderRank(one.rank),
                keys=(
                    HolderKey(
                        recipient=one.registered or "", since=date(2026, 1, 1), until=date(2027, 12, 31)
                    ),
                ),
            )
            for one in rows
        )
        serials = self.lists.serials(SLUG)
        made = KeyList(
            jurisdiction=SLUG,
            name="秀洲区纪委监委",
            serial=(serials[-1] if serials else 0) + 1,
            issued_on=date(2026, 1, 1),
            valid_until=date(2027, 12, 31),
            accept_previous_until=date(2027, 1, 1),
            opening=opening,
            slots=8,
            routing_key=age.recipient_of(self.routing[0]),
            receipt_key=ReceiptKey(name=f"{SLUG}/receipts", key=public_of(self.root)),
            own_names=("秀洲区纪委监委",),
            holders=holders,
        )
        return self.lists.publish(sign_list(made, self.root)).list

    def sealed(self, *, about: Sequence[str] = (), text: str = TEXT) -> sealing.SealedReportParts:
        """Seal a report as a reporter's browser would."""
        known, persons = self.key_list, [Person(one) for one in about]
        said = read_content(
            {
                "jurisdiction": SLUG,
                "unit": "示例县住房局",
                "categories": ["speak_last"],
                "what": text,
                "persons": [{"name": one} for one in about],
            }
        )
        day = self.world.at.date()
        route = choose_route(known, day=day, unit=said.unit, persons=persons, text=text)
        return sealing.seal_report(known, said, day=day, code=new_code(), route=route)

    def file(
        self, *, about: Sequence[str] = (), text: str = TEXT, routing: bytes | None = None, **more: Any
    ) -> str:
        """File a report and return its id."""
        parts = self.sealed(about=about, text=text)
        given = intake.Sealed(
            jurisdiction=SLUG,
            serial=self.key_list.serial,
            lookup=parts.lookup,
            case_key=parts.case_key,
            reporter_key=parts.reporter_key,
            binding=parts.binding,
            commitment=parts.commitment,
            grants=parts.grants,
            body=parts.body,
            routing=parts.routing if routing is None else routing,
        )
        with Session(self.engine) as session:
            begin_write(session)
            made = intake.file_report(
                session,
                given,
                regime=self.regime,
                sign=lambda _day, _commitment: "receipt",
                quota=Quota(2**50),
                now=self.world.at,
            )
            for name, value in more.items():
                setattr(session.get_one(SealedReport, made.id), name, value)
            session.commit()
            return made.id

    @property
    def regime(self) -> Any:
        """The county's regime."""
        return self.world.app.extensions["office"].regimes[SLUG]

    def browser(self, name: str) -> FlaskClient:
        """Return the browser in which somebody is signed in."""
        if name not in self.browsers:
            self.browsers[name] = self.world.client(account=self.people[name])
        return self.browsers[name]

    def put(self, report: str, **values: Any) -> str:
        """Put values into the row of a report; return its id."""
        with Session(self.engine) as session:
            begin_write(session)
            for name, value in values.items():
                setattr(session.get_one(SealedReport, report), name, value)
            session.commit()
        return report

    def get(self, name: str, path: str, **more: Any) -> TestResponse:
        """Ask as somebody."""
        return self.browser(name).get(f"/reports/{path}", **more)

    def post(self, name: str, path: str, given: Any) -> TestResponse:
        """Send JSON as somebody, like the office's script."""
        browser = self.browser(name)
        text = browser.get("/account").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert token
        return browser.post(f"/reports/{path}", json=given, headers={"X-CSRFToken": token[1]})

    def act(self, name: str, report: str, action: str, **given: Any) -> TestResponse:
        """Do an act with the version that the report has now."""
        version = self.row(report).version
        return self.post(name, f"{report}/act", {"action": action, "version": version, **given})

    def row(self, report: str) -> SealedReport:
        """Return a report as it is stored."""
        with Session(self.engine) as session:
            return session.get_one(SealedReport, report)

    def steps(self, report: str) -> list[str]:
        """Return what was done with a report."""
        with Session(self.engine) as session:
            query = session.query(ReportStep).filter_by(report_id=report).order_by(ReportStep.id)
            return [one.action for one in query]

    def case_of(self, name: str, report: str) -> str:
        """Return the secret of a case, opened by somebody alone."""
        found = sealing.open_grants(self.row(report).grants or b"", self.secrets[name])
        assert found is not None
        return found

    def note(self, report: str, text: str = "记要") -> str:
        """Return a sealed note in base64."""
        return b64(sealing.seal_note(self.row(report).case_key, text, {}))


def b64(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def _database(folder: Path) -> str:
    if postgresql.WANTED:
        return postgresql.owner_of(postgresql.database_for(folder / "reports"))
    return f"sqlite:///{folder / 'reports.db'}"


def open_bureau(world: World, folder: Path, *, opening: int = 1) -> Bureau:
    """Return a commission with a lead, two officers and one of the superior's."""
    engine = open_reports(_database(folder))
    root = Ed25519PrivateKey.generate()
    routing = [age.new_identity()[0]]
    lists = KeyLists(folder / "key_lists")
    lists.pin(SLUG, public_of(root))
    known = world.app.extensions["office"]
    world.app.extensions["office"] = replace(
        known, reports=engine, key_lists=lists, eyes=Eyes(lambda _: routing, lists)
    )
    made = Bureau(world, engine, lists, root, routing)
    made.enrol("示例甲", "intake_lead", rank="head")
    made.enrol("示例乙", "intake")
    made.enrol("示例丙", "intake")
    made.enrol("示例上", "intake", rank="superior")
    made.publish(opening=opening)
    return made
