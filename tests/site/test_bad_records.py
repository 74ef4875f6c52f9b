"""One bad record neither escapes from its folder, nor merges with another, nor stops the build, whatever its kind."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Document, kinds
from portal.domain.documents.regulation import Block
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.build import build_site
from portal.store.db import make_engine
from tests.conftest import NOON, shipped
from tests.databases import new_database
from tests.site import sample
from tests.site.sites import on_disk, site_over

ACUTE = "\N{COMBINING ACUTE ACCENT}"
BAD = {
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;",
    "way up": "../../../etc/passwd",
    "way up, encoded": "..%2f..%2f..%5cwindows",
    "absolute": "/etc/passwd",
    "device": "CON",
    "ninety": "长" * 90,
    "composed": "é" + "合" * 10,
    "decomposed": "e" + ACUTE + "合" * 10,
    "turned round": "关于\u202egnp.exe\u202c的通知",
    "zero width": "关于\u200b\u200d\ufeff的通知",
    "formula": '=HYPERLINK("http://example.org","x")',
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "beyond the plane": "𠮷野家🀄\U000e0041",
    "dots": "....",
    "megabyte": "长" * 350_000,
    "nothing": "\x00",
    "lone": "\ud800",
    "lines": "一行\r\n又一行\u2028再一行",
}
DOCUMENTS: dict[str, Callable[[int], Document]] = {
    "regulation": lambda number: sample.rule_text().model_copy(
        update={"doc_no": f"示例发〔2026〕{number}号"}
    ),
    "finance": lambda number: sample.quarter(f"{1980 + number}Q3"),
    "decision": lambda number: sample.meeting().model_copy(
        update={"decision_no": f"示例决〔2026〕{number}号"}
    ),
    "tender": lambda number: sample.intent().model_copy(update={"project_no": f"SL-{number}"}),
    "delegation": lambda number: sample.plan(("财务", "人事", "工程", "审批", "采购"), year=1930 + number),
    "annual_report": lambda number: AnnualReport(
        period=str(1880 + number),
        title=f"{1880 + number}年政府信息公开工作年度报告",
        issued_on=date(2026, 1, 12),
        overview="示例总体情况。",
        problems="示例问题。",
    ),
}
# A megabyte of UTF-8 in two fields, each as long as a field may be; nowhere in it may a mark-up come alive.
PIECE = f"{BAD['markup']}{BAD['formula']}{BAD['template']}" + "长" * 900
PIECES = 190
HALF = PIECE * PIECES
BODIES: dict[str, dict[str, Any]] = {
    "regulation": {"blocks": (Block(text=HALF), Block(text=HALF[::-1]))},
    "annual_report": {"overview": HALF, "problems": HALF[::-1]},
    **{
        kind: {"abstract": HALF, "public_explanation": HALF[::-1]}
        for kind in ("finance", "decision", "tender", "delegation")
    },
}
BODY = "a megabyte of body"


@dataclass
class Made:
    """A site of bad records: what was published under which title, what was refused, and all files."""

    accepted: dict[tuple[str, str], str]
    refused: dict[tuple[str, str], str]
    files: dict[str, bytes]
    top: Path


def bad(kind: str, number: int, text: str) -> Document:
    """Return a document of a kind that bears the text wherever a short and a long text may stand.

    Where the text is `BODY`, a plain title stands over the longest text that the kind's own body takes.
    """
    plain = DOCUMENTS[kind](number)
    if text == BODY:
        return type(plain).model_validate(plain.model_dump() | BODIES[kind])
    filled = plain.model_dump() | {"title": text, "abstract": text, "public_explanation": f"示例说明：{text}"}
    return type(plain).model_validate(filled)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Publish every bad text as every kind, as far as the services take it, and build."""
    top = tmp_path_factory.mktemp("bad")
    url = new_database(top)
    engine = make_engine(url)
    accepted, refused = {}, {}
    with Session(engine) as session:
        regimes = {"xiuzhou": shipped()["xiuzhou"]}
        # What the rules say of the content is another matter.
        lenient = {slug: one.model_copy(update={"rules": {}}) for slug, one in regimes.items()}
        rosters.init_jurisdictions(session, regimes.values(), now=NOON)
        county = rosters.find_jurisdiction(session, "xiuzhou")
        line = rosters.RosterLine(name="示例财政局", type="bureau", slug="u1", sample=True)
        unit = rosters.put_unit(session, county, line, now=NOON)
        session.commit()
        names = {**BAD, BODY: BODY}
        for number, (kind, name) in enumerate((kind, name) for kind in DOCUMENTS for name in names):
            now = sample.NOW + timedelta(minutes=number)
            try:
                document = bad(kind, number, names[name])
                draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=now)
                version = publishing.publish(
                    session, draft, book=Book(session, lenient), reason=f"首次公开{names[name][:200]}",
                    actor="乙", now=now,
                )  # fmt: skip
                accepted[kind, name] = version.record.slug
                session.commit()
            except (ValidationError, ValueError, publishing.NotPublishable) as told:
                session.rollback()
                accepted.pop((kind, name), None)
                refused[kind, name] = str(told)
        report = build_site(
            site_over(session, top / "site", regimes=regimes), now=sample.NOW + timedelta(days=1)
        )
    assert (report.failures, report.faults) == ((), ())
    yield Made(accepted, refused, on_disk(report.folder), top)
    engine.dispose()


def test_every_kind_is_there_with_most_of_the_texts_and_what_is_refused_is_told(made: Made) -> None:
    assert {kind for kind, _ in made.accepted} == set(DOCUMENTS) == set(BODIES) == set(kinds())
    for kind in DOCUMENTS:
        assert {"markup", "way up", "ninety", "composed", BODY} <= {
            one for two, one in made.accepted if two == kind
        }
    for (kind, name), told in made.refused.items():
        assert told, (kind, name)
        assert name in (
            "megabyte", "nothing", "lone", "turned round", "zero width", "lines", "decomposed", "beyond the plane"
        ), (kind, name, told)  # fmt: skip


def test_no_two_records_merge(made: Made) -> None:
    paths = {code: model.kind.path for code, model in kinds().items()}
    for (kind, name), slug in made.accepted.items():
        wrapper = json.loads(made.files[f"xiuzhou/u/u1/{paths[kind]}/{slug}-v1.json"])
        title = unicodedata.normalize("NFC", wrapper["content"]["document"]["title"])
        if name in ("markup", "way up", "ninety", "composed", "formula", "template"):
            assert title == BAD[name], (kind, name)
    slugs = [(kind, slug) for (kind, _), slug in made.accepted.items()]
    # NFC and NFD are one title: the later one corrects the earlier, or is refused; it never takes another's place.
    twins = {kind for kind in DOCUMENTS if slugs.count((kind, made.accepted.get((kind, "composed"), ""))) > 1}
    assert len(slugs) - len(set(slugs)) == len(twins)


def test_a_megabyte_of_body_is_whole_in_the_data_and_on_its_own_page_and_nowhere_else(made: Made) -> None:
    paths = {code: model.kind.path for code, model in kinds().items()}
    long = {path for path, content in made.files.items() if path.endswith(".html") and len(content) > 900_000}
    for kind in DOCUMENTS:
        stem = f"xiuzhou/u/u1/{paths[kind]}/{made.accepted[kind, BODY]}"
        document = json.loads(made.files[f"{stem}-v1.json"])["content"]["document"]
        told = json.dumps(document, ensure_ascii=False)
        assert told.count("长" * 900) == 2 * PIECES, kind
        assert len(told.encode()) > 1_000_000, kind
        page = made.files[f"{stem}.html"].decode()
        assert html.unescape(page).count("长" * 900) >= 2 * PIECES, kind
        long -= {f"{stem}.html", f"{stem}-v1.html"}
    # Lists, feeds and the like name such a record, and do not repeat it.
    assert long == set()


def test_nothing_escapes(made: Made) -> None:
    assert {one.name for one in made.top.iterdir()} <= {"site", "portal.db", "portal.db-wal", "portal.db-shm"}
    store = {one.name for one in (made.top / "site").iterdir()}
    assert store == {"index.html", "current", "builds", "trees", "state"}
    allowed = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
    assert [path for path in made.files if not allowed.fullmatch(path) or len(path) > 200] == []


class Links(HTMLParser):
    """Collects where a page leads, and what in it could run."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.runs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                self.runs.append(f"{tag} {name}={value}")
            if name in ("href", "src"):
                self.leads.append(value or "")
        if (
            tag == "script"
            and not dict(attrs).get("src")
            and dict(attrs).get("type") != "application/ld+json"
        ):
            self.runs.append(tag)


def test_every_page_leads_only_to_pages_that_are_there_and_nothing_in_it_runs(made: Made) -> None:
    pages = {path: content for path, content in made.files.items() if path.endswith(".html")}
    assert len(pages) > 100
    for path, content in pages.items():
        found = Links()
        found.feed(content.decode())
        assert found.runs == [], path
        for lead in found.leads:
            target = unquote(urldefrag(lead).url).partition("?")[0]
            if target and ":" not in target and not target.startswith("search.html"):
                steps: list[str] = path.split("/")[:-1]
                for step in target.split("/"):
                    if step == "..":
                        assert steps, (path, lead)
                        steps.pop()
                    else:
                        steps.append(step)
                goal = "/".join(steps)
                assert goal in made.files or goal.endswith("search.html"), (path, lead)


def test_no_text_turns_a_page_round_or_breaks_a_line_of_data(made: Made) -> None:
    for path, content in made.files.items():
        if path.endswith((".br", ".gz")) or path.startswith("static/"):
            continue
        if path.endswith((".html", ".csv", ".xml")):
            assert "\u202e" not in content.decode("utf-8-sig"), path
        if path.endswith(".ndjson"):
            lines: list[Any] = [json.loads(line) for line in content.split(b"\n") if line]
            assert lines, path
        if path.endswith((".json", ".jsonld")):
            json.loads(content)
        if path.endswith(".csv"):
            assert not re.search(r'(^|,)"?[=@+](?![0-9.])', content.decode("utf-8-sig"), re.MULTILINE), path
        assert b"\x00" not in content or not path.endswith((".html", ".json", ".xml", ".csv")), path


def test_a_bad_name_of_a_unit_is_no_folder(session: Session, tmp_path: Path) -> None:
    county = rosters.find_jurisdiction(session, "xiuzhou")
    names = [name for text in BAD.values() if len(name := text[:100]) > 1]
    taken = set()
    for name in names:
        try:
            unit = rosters.put_unit(session, county, rosters.RosterLine(name=name, type="bureau"), now=NOON)
            session.commit()
            taken.add(unit.id)
        except (rosters.RosterError, ValueError):
            session.rollback()
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    assert (report.failures, report.faults) == ((), ())
    folders = {path.split("/")[2] for path in on_disk(report.folder) if path.startswith("xiuzhou/u/")}
    assert len(folders) == len(taken) > 3
    assert all(re.fullmatch(r"[0-9a-z-]+", one) for one in folders)
