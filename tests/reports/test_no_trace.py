"""A report about a unit's chief leaves no trace for the unit, for a named officer, or in the database without keys.

Every address of the office is asked before and after, by everybody whom the report must not reach: the answers are
the same to the byte. A colleague whom it may reach sees it, else the test would look at nothing.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal import apps
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.domain.reports.envelopes import look
from portal.domain.reports.keylist import KeyList
from portal.domain.roles import COMMISSION_ROLES, UNIT_ROLES, Role
from portal.search import SearchIndex
from portal.services.reports import keyring, sealing
from portal.services.reports.keylists import KeyLists
from portal.site.served import current_build
from portal.store.reports.db import open_reports
from portal.store.reports.tables import KeyHolder, ReportsBase, SealedReport
from portal.store.tables import Account, AccountRole, Unit
from portal.sync import sync
from tests.conftest import NOON
from tests.reports.citizen import SHANGHAI, content_of, sealed_filing, solve
from tests.reports.county import Officer, made_keys
from tests.reports.searching import encoded
from tests.site.sites import on_disk
from tests.web.office import test_sweep as sweeping
from tests.web.office.conftest import other_unit  # noqa: F401 - a fixture.
from tests.web.office.planted import Planted, plant
from tests.web.office.world import World, db

pytestmark = pytest.mark.sqlite  # Looks into the files of both databases.

SLUG = "xiuzhou"
CHIEF = "欧阳示例"
STORY = "示例财政局局长欧阳示例在会上没有听完意见就先表态，会后补的会议记录，施工单位是他指定的。"
MISSING = "0" * 26
_BY_CHANCE = {"/account/totp"}  # Shows a new secret each time; whose, the session alone decides.
_GREASE = re.compile(rb"-> [!-~]{1,9}-grease[^\n]*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n")


@dataclass
class Scene:
    """The office, the report host over the same folder, and the browsers of everybody."""

    world: World
    host: FlaskClient
    engine: Engine
    key_list: KeyList
    officers: tuple[Officer, ...]
    planted: Planted
    folder: Path
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def file(self, **more: Any) -> str:
        """File a report as a browser does, and return its id."""
        before = set(self.ids())
        begun = self.host.get(f"/{SLUG}/start").get_json()
        content = content_of(SLUG, STORY, **more)
        filing = sealed_filing(self.key_list, content, day=NOON.astimezone(SHANGHAI).date())
        nonce = solve(begun["challenge"], begun["bits"])
        answer = self.host.post(
            f"/{SLUG}/reports", json={**filing.sent, "challenge": begun["challenge"], "nonce": nonce}
        )
        assert answer.status_code == 201, answer.text
        (made,) = set(self.ids()) - before
        return made

    def ids(self) -> list[str]:
        """Return the ids of all reports."""
        with Session(self.engine) as session:
            return list(session.scalars(select(SealedReport.id)))

    def named(self, name: str) -> Officer:
        """Return the officer of that name."""
        return next(one for one in self.officers if one.holder.name == name)

    def settle(self) -> None:
        """Let the commission's board be worked out: looking at it for the first time renews it, reports or none."""
        officer = self.world.client("officer")
        for _ in range(3):
            assert officer.get("/board/").status_code == 200

    def sweep(self, name: str) -> dict[str, tuple[int, str, dict[str, str]]]:
        """Return what somebody sees at every address that can be asked for without a report's own id."""
        found = {}
        for rule, method in sweeping.routes(self.world):
            if method != "GET" or "report" in rule.arguments or rule.rule in _BY_CHANCE:
                continue
            every = list(sweeping.values_of(self.planted, rule)) if rule.arguments else [{}]
            for values in every:
                address = sweeping.address(self.world, rule, values)
                found[address] = seen(self.browsers[name].get(address))
        for query in ("?state=received", "?mine=1", "?late=1", "?page=2"):
            found[f"/reports/{query}"] = seen(self.browsers[name].get(f"/reports/{query}"))
        return found

    def asked_about(self, name: str, report: str) -> dict[str, tuple[int, str, dict[str, str]]]:
        """Return what somebody is answered at every address about one report, by every method, with its id taken out."""
        found = {}
        browser = self.browsers[name]
        token = self.world.token(browser)
        for rule, method in sweeping.routes(self.world):
            if "report" not in rule.arguments:
                continue
            values = {"report": report, **{one: 1 for one in rule.arguments if one != "report"}}
            address = sweeping.address(self.world, rule, values)
            body = {"action": "accept", "version": 1, "halves": ["AA=="], "token": "0" * 32, "sealed": "AA=="}
            answer = browser.open(
                address,
                method=method,
                **({"json": body, "headers": {"X-CSRFToken": token}} if method == "POST" else {}),
            )
            status, text, headers = seen(answer)
            found[f"{method} {rule.rule}"] = (status, text.replace(report, "·"), headers)
        return found


def seen(answer: TestResponse) -> tuple[int, str, dict[str, str]]:
    """Return an answer without what differs from one to the next by its nature."""
    status, text, headers = sweeping.seen(answer, {})
    if answer.data.startswith(b"PK"):  # A workbook says when it was made, in one of its parts.
        with zipfile.ZipFile(BytesIO(answer.data)) as book:
            text = repr([(one, book.read(one)) for one in book.namelist() if one != "docProps/core.xml"])
    text = re.sub(r'nonce="[^"]*"|nonce-[\w+/=-]+|name="uid" value="[\w-]{22}"', "", text)
    return status, text, {name: re.sub(r"nonce-[\w+/=-]+", "", value) for name, value in headers.items()}


@pytest.fixture
def scene(
    engine: Engine,
    session: Session,
    regimes: dict[str, Regime],
    unit: Unit,
    other_unit: Unit,  # noqa: F811 - a fixture.
    tmp_path: Path,
    a_quarter: Callable[..., Any],
) -> Iterator[Scene]:
    settings = Settings(home=tmp_path)
    key_list, officers, _ = made_keys(settings, SLUG, day=NOON.astimezone(SHANGHAI).date())
    reports, lists = (
        open_reports(f"sqlite:///{settings.reports_database}"),
        KeyLists(settings.key_lists_folder),
    )
    app = apps.create_office_app(
        settings,
        regimes,
        secret=b"s" * 32,
        database_url=engine.url.render_as_string(hide_password=False),
        public_url="http://public.example",
        clock=lambda: NOON,
        reports=reports,
        routing_keys=lambda slug: [keyring.read_routing_key(settings.routing_keys_folder, slug)],
        key_lists=lists,
    )
    app.config["TESTING"] = True
    host = apps.create_report_app(
        settings,
        regimes,
        reports_engine=reports,
        key_lists=lists,
        public_url="http://public.example",
        clock=lambda: NOON,
    )
    world = World(app, session, unit, other_unit, NOON.astimezone(UTC))
    made = Scene(
        world, host.test_client(), reports, key_list, officers, plant(world, unit, "自家甲", 10_000, regimes, a_quarter), tmp_path
    )  # fmt: skip
    for role in sorted(UNIT_ROLES):
        # The chief himself is among them, under his own name.
        account = world.account(role.value, name=CHIEF if role is Role.GROUP else None)
        made.browsers[f"unit: {role.value}"] = world.client(account=account)
    for role in sorted(COMMISSION_ROLES):
        made.browsers[f"commission without a key: {role.value}"] = world.client(
            account=_commission(world, role, name="赵示六")
        )
    with Session(reports) as held:
        for number, officer in enumerate(officers):
            role = (Role.INTAKE_LEAD, Role.INTAKE)[number % 2]
            account = _commission(world, role, name=officer.holder.name)
            made.browsers[officer.holder.name] = world.client(account=account)
            held.add(
                KeyHolder(
                    id=officer.holder.id,
                    jurisdiction=SLUG,
                    account_id=account.id,
                    rank=officer.holder.rank.value,
                    name=officer.holder.name,
                    post=officer.holder.post,
                    unit=officer.holder.unit,
                    registered=officer.holder.keys[0].recipient,
                    registered_on=NOON.date(),
                )
            )
        held.commit()
    yield made
    reports.dispose()
    with app.app_context():
        db.engine.dispose()


def _commission(world: World, role: Role, *, name: str) -> Account:
    made = Account(
        jurisdiction_id=world.unit.jurisdiction_id,
        unit_id=None,
        login=f"{role.value}{sum(map(ord, name))}",
        name=name,
        active=True,
        created_by="测试",
        created_at=world.at,
    )
    made.roles = [AccountRole(role=role.value, granted_by="测试", granted_at=world.at)]
    world.session.add(made)
    world.session.commit()
    return made


ABOUT_CHIEF = {
    "unit": "示例财政局",
    "persons": [{"name": CHIEF, "unit": "示例财政局", "post": "局长"}],
}


def test_nobody_of_the_unit_and_no_named_officer_sees_a_trace(scene: Scene) -> None:
    named, free = "郑示五", "吴示四"
    blind = [one for one in scene.browsers if one not in {"冯示首", free, "周示三"}]
    scene.settle()
    before = {name: scene.sweep(name) for name in scene.browsers}
    database = dumped(scene.folder / "portal.db")

    persons = [*ABOUT_CHIEF["persons"], {"name": named, "unit": "", "post": "信访室主任"}]
    report = scene.file(unit=ABOUT_CHIEF["unit"], persons=persons)

    assert dumped(scene.folder / "portal.db") == database
    for name in blind:
        after = scene.sweep(name)
        assert after.keys() == before[name].keys()
        for address, answer in after.items():
            assert answer == before[name][address], f"{name} at {address}"
            assert report not in str(answer), f"{name} at {address}"
        assert scene.asked_about(name, report) == scene.asked_about(name, MISSING), name
    assert dumped(scene.folder / "portal.db") == database
    with Session(scene.engine) as session:
        row = session.get_one(SealedReport, report)
        assert (row.state, row.version) == ("received", 1)  # All that was asked of it above was for nothing.
    changed = [address for address, answer in scene.sweep(free).items() if answer != before[free][address]]
    assert "/reports/" in changed  # Else the test looks at nothing.
    assert scene.browsers[free].get(f"/reports/{report}").status_code == 200
    assert scene.browsers[named].get(f"/reports/{report}").status_code == 404


def test_a_report_on_the_head_is_seen_by_the_superior_commission_alone(scene: Scene) -> None:
    everybody = [one for one in scene.browsers if not one.startswith("unit")] + ["unit: editor"]
    scene.settle()
    before = {name: scene.sweep(name) for name in everybody}
    report = scene.file(
        unit="示例县纪委监委", persons=[{"name": "冯示首", "unit": "", "post": "书记"}], route="superior"
    )
    for name in everybody:
        after = scene.sweep(name)
        if name == "陈示上":
            assert after["/reports/"] != before[name]["/reports/"]
            continue
        assert after == before[name], name
        assert scene.asked_about(name, report) == scene.asked_about(name, MISSING), name


def test_site_and_search_are_the_same_after_as_before(
    scene: Scene, session: Session, regimes: dict[str, Regime]
) -> None:
    settings = Settings(home=scene.folder, report_url="http://reports.example")

    def build(home: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
        at = settings.model_copy(update={"home": home})
        sync(session, at, regimes, apps.create_public_app, now=NOON)
        session.rollback()
        folder = current_build(at.site_folder)
        assert folder is not None
        index = SearchIndex(at.index_folder)
        words = (CHIEF, "示例财政局", "先表态", "施工单位", "举报", "自家甲")
        found = {word: repr(index.search(word)) for word in words}
        index.close()
        return on_disk(folder), found

    first, searched = build(scene.folder / "one")
    assert any("自家甲" in one for one in searched.values())
    files = whole(scene.folder / "one")
    report = scene.file(**ABOUT_CHIEF)
    again, searched_again = build(scene.folder / "one")  # Nothing is owed.
    assert whole(scene.folder / "one") == files
    anew, searched_anew = build(scene.folder / "two")  # From nothing, with the report there.
    assert again == first
    assert anew.keys() == first.keys()
    assert [name for name in first if anew[name] != first[name]] == []
    assert searched_again == searched_anew == searched
    for name, data in [*files.items(), *whole(scene.folder / "two").items()]:
        assert report.encode() not in data, name
        assert CHIEF.encode() not in data, name


def whole(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_the_database_without_keys_names_nobody(scene: Scene) -> None:
    before = rows(scene.engine)
    scene.file(**ABOUT_CHIEF)
    scene.file(unit="示例财政局", persons=[{"name": "郑示五", "unit": "", "post": ""}])
    added = [row for row in rows(scene.engine) if row not in before]
    data = b"\n".join(one if isinstance(one, bytes) else str(one).encode() for row in added for one in row)
    assert len(data) > 40_000
    known = [one.holder for one in scene.officers]
    for word in (
        CHIEF,
        "示例财政局",
        "郑示五",
        STORY[:12],
        *(one.id for one in known),
        *(one.name for one in known),
    ):
        for charset, form in encoded(word):
            # Three characters in some encoding may stand anywhere by chance: six bytes and more do not.
            assert len(form) < 6 or form not in data, f"{word} as {charset}"


def test_what_is_stored_looks_alike_whoever_is_named(scene: Scene) -> None:
    made = [
        scene.file(unit="示例县水利局"),
        scene.file(unit="示例县水利局", persons=[{"name": "郑示五", "unit": "", "post": ""}]),
        scene.file(
            unit="示例县水利局", persons=[{"name": "冯示首", "unit": "", "post": "书记"}], route="superior"
        ),
        scene.file(**ABOUT_CHIEF),
    ]
    with Session(scene.engine) as session:
        shapes = [_shape(session.get_one(SealedReport, one)) for one in made]
    assert shapes[0]["body"] > 16_384
    assert [shape for shape in shapes if shape != shapes[0]] == []


@pytest.mark.parametrize("opening", [1, 2])
def test_grants_look_alike_whoever_is_left_out(opening: int) -> None:
    day = NOON.date()
    with TemporaryDirectory() as folder:
        key_list, _, _ = made_keys(Settings(home=Path(folder)), SLUG, opening=opening, day=day)
    shapes = set()
    for persons in ([], [{"name": "郑示五"}], [{"name": "郑示五"}, {"name": "吴示四"}]):
        content = content_of(SLUG, STORY, unit="示例县水利局", persons=persons)
        grants = base64.b64decode(sealed_filing(key_list, content, day=day).sent["grants"])
        number, packets = sealing.read_grants(grants)
        # Opened by two, each packet holds another one; how much by chance stands in that one, its length tells.
        shapes.add(
            (
                number,
                *sorted(
                    len(_GREASE.sub(b"", one)) if opening == 1 else look(one).recipients for one in packets
                ),
            )
        )
    assert len(shapes) == 1, shapes


def _shape(row: SealedReport) -> dict[str, Any]:
    """Return of each column how long it is, or what it says where it is no text; without what age strews in by chance."""
    found: dict[str, Any] = {}
    for column in inspect(SealedReport).columns:
        value = getattr(row, column.key)
        if column.key == "grants":
            value = b"".join(sealing.read_grants(value)[1])
        value = _GREASE.sub(b"", value) if isinstance(value, bytes) else value
        found[column.key] = len(value) if isinstance(value, bytes | str) else value
    return found


def rows(engine: Engine) -> list[tuple[Any, ...]]:
    """Return every row of the reports' database."""
    with Session(engine) as session:
        return [
            (name, *row)
            for name, table in sorted(ReportsBase.metadata.tables.items())
            for row in session.execute(select(table))
        ]


def dumped(database: Path) -> list[str]:
    """Return a database as text."""
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())
