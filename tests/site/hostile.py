"""Texts that try to be more than text, a county whose every free text holds them, and its twin whose texts are tame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import Field
from portal.domain.values import Type
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.build import build_site
from portal.store.db import make_engine
from portal.store.tables import Unit, Version
from tests.conftest import NOON, shipped
from tests.databases import new_database
from tests.site.filled import build, fields
from tests.site.sites import on_disk, site_over

# What spreadsheets run when a cell begins with it; also as full-width signs.
FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1+cmd|'/C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "'=1+1",
    '"=1+1',
    "%0A=1+1",
    '=HYPERLINK("//evil.example","甲")',
)
MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--</title><script>alert(3)//",
    "--><img src=x onerror=alert(4)>",
    "<img src=x onerror=alert(5)>",
    "<svg onload=alert(6)>",
    "<svg><script>alert(7)</script></svg>",
    "<svg><a xlink:href=javascript:alert(8)><text>x</text></a></svg>",
    "<math><mi xlink:href=javascript:alert(9)>x",
    '" onmouseover="alert(10)" x="',
    "' onfocus='alert(11)' autofocus='",
    "` onclick=alert(12) `",
    "javascript:alert(13)",
    "JaVaScRiPt:alert(14)",
    "data:text/html,<script>alert(15)</script>",
    "vbscript:msgbox(16)",
    "//evil.example/x",
    "</title><body onload=alert(17)>",
    "</textarea><input autofocus onfocus=alert(18)>",
    "<iframe srcdoc='<script>alert(19)</script>'>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example><button>甲",
    "<details open ontoggle=alert(20)>",
    "<b>甲</b>&lt;i&gt;&amp;amp;&#x3c;script&#x3e;",
    "{{7*7}}{{ config }}",
    "{% for x in [1] %}{{ x }}{% endfor %}{# #}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "]]><script>alert(21)</script><![CDATA[",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    '\\"};alert(22);//\\u003cscript\\u003e',
    "\\';alert(23)//",
    "../../../../etc/passwd%00.html?a=b#c",
    "甲,乙;丙|丁\"戊'",
    "[甲](javascript:alert(24)) ![x](//evil.example/x.png) **乙** `丙`",
    "𠮷野家＆％＜script＞",
    "％3Cscript％3E%3Cscript%3E",
    "</p></div></main></body></html><p>",
)
# What no reader can see, or no file can hold: such a text is not accepted at all.
REFUSED = (
    "甲\x00乙",
    "甲\x08",
    "甲\x0b\x0c",
    "甲\x1b[31m",
    "甲\x7f",
    "甲\x85",
    "甲\u200b乙",
    "甲\u202e乙",
    "甲\u2066乙\u2069",
    "甲\ufeff乙",
    "甲\ud800",
    "甲\udfff乙",
    "甲\U000e0041",
)
LINE = 300
RECORDS = 4  # Of each kind: together with the corrections they bring every text to many fields.


@cache
def bundles() -> list[str]:
    """Return all of it in as few lines as fit: each begins with a formula, one is as long as a line may be."""
    left = list(MARKUP)
    made = []
    for number, start in enumerate(FORMULAS):
        line = start
        while (
            left and len(line) + len(left[0]) < LINE - 30 and (len(left) > (len(FORMULAS) - 2 - number) * 4)
        ):
            line += f" {left.pop(0)}"
        made.append(line)
    assert not left, left
    made[-1] = (made[-1] + "长" * LINE)[: LINE - 12]
    return made


def tame(text: str) -> str:
    """Return a text of the same length, lines and words in which nothing means anything."""
    return re.sub(r"[^\n 0-9]", "文", text)


@dataclass(frozen=True)
class Texts:
    """Gives every free-text field of the documents its text."""

    wild: bool

    def of(self, number: int, place: int) -> str:
        """Return the text of one field of a document: neighbours have different ones, and no two are the same.

        Each ends in Chinese, so that an English page marks it as Chinese, wild or tame.
        """
        lines = bundles()
        text = f"{lines[(3 * number + place) % len(lines)]} {number}.{place}文"
        return text if self.wild else tame(text)

    def prose(self, number: int, place: int) -> str:
        """Return a text of several paragraphs, with a tab in front of one."""
        lines = [self.of(number + step, place) for step in range(3)]
        return (
            f"{lines[0]}\n\n\t{lines[1]}\n{lines[2]}"
            if self.wild
            else "\n".join((lines[0], "", f"文{lines[1]}", lines[2]))
        )

    def filling(self, model: type[Document], number: int) -> dict[str, Any]:
        """Return the values of a document's free texts, by the names that `build` knows."""
        given: dict[str, Any] = {}
        for place, (path, field) in enumerate(fields(model)):
            if (value := self._value(field, number, place)) is not None:
                given["__".join(path)] = value
        return given

    def _value(self, field: Field, number: int, place: int) -> Any:
        match field.type:
            case Type.LINE:
                return self.of(number, place)
            case Type.PROSE:
                return self.prose(number, place)
            case Type.LINES:
                return tuple(self.of(number + step, place) for step in range(2))
        return None


def document(
    model: type[Document], texts: Texts, number: int, *, told: int | None = None, shelf: int = 1000
) -> Document:
    """Return a document that is everywhere filled; `told` says the texts of another number, of the same record.

    No two records of a county share an index number: `shelf` tells those of one unit from another's.
    """
    given = texts.filling(model, number if told is None else told)
    keys = texts.filling(model, number)
    for name in ("doc_no", "decision_no", "project_no"):
        if name in keys:
            given[name] = keys[name]
    given |= {"audience": "public", "openness": "proactive"}
    given["index_no"] = texts.of(number, shelf + model.kind.order)
    if "nil" in model.model_fields:
        given["nil"] = number == 0
    if "period" in model.model_fields:
        quarterly = model.kind.code == "finance"
        given["period"] = f"{2023 + number // 4}Q{number % 4 + 1}" if quarterly else str(2012 + number)
    made, _ = build(model, **given)
    return made


def build_county(place: Path, *, wild: bool) -> dict[str, bytes]:
    """Publish a county full of such texts by the services, build its site by the engine, return its files."""
    texts = Texts(wild)
    regimes = {"xiuzhou": shipped()["xiuzhou"]}
    place.mkdir()
    url = new_database(place)
    engine = make_engine(url)
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOON)
        one, other = _units(session, texts)
        session.commit()
        # Sums and dates of these documents are made up, and rules refuse them: published as where no rule file is.
        book = Book(session, {})
        for step, (unit, made, reason, withdraw) in enumerate(_publications(texts, one, other)):
            now = NOON - timedelta(days=2, minutes=-step)
            draft = publishing.save_draft(session, unit=unit, document=made, author=texts.of(1, 1), now=now)
            version = publishing.publish(
                session, draft, book=book, reason=reason, actor=texts.of(2, 2), now=now
            )
            if withdraw is not None:
                _withdraw(session, version, texts, withdraw)
        session.commit()
        report = build_site(site_over(session, place / "site", regimes=regimes), now=NOON)
    engine.dispose()
    assert (report.failures, report.faults) == ((), ())
    return on_disk(report.folder)


def _units(session: Session, texts: Texts) -> list[Unit]:
    """Enter two units by a roster file, one of them renamed afterwards."""
    county = rosters.find_jurisdiction(session, "xiuzhou")
    names = [
        "示例<script>alert(31)</script>{{7*7}}\"'=1+1局",
        "=示例</script>]]><img src=x onerror=alert(32)>",
    ]
    shorts = [f"@{name[2:20]}" for name in names]
    if not texts.wild:  # What begins with a sign stays so: an index by letters puts it elsewhere than a word.
        names, shorts = ([re.sub(r"^\W", "·", one) for one in given] for given in (names, shorts))
        names, shorts = ([one[0] + tame(one[1:]) for one in given] for given in (names, shorts))
    quoted = ['"' + name.replace('"', '""') + '"' for name in (*names, *shorts)]
    lines = [f"{quoted[at]},部门,{quoted[at + 2]},unit-{at}" for at in range(2)]
    roster = "单位名称,单位类型,简称,网址代码\n" + "\n".join(lines)
    units = [
        rosters.put_unit(session, county, line, now=NOON) for line in rosters.read_roster(roster.encode())
    ]
    new = "+示例<svg onload=alert(33)>局"
    rosters.rename_unit(session, units[1], new if texts.wild else f"·{tame(new[1:])}", now=NOON)
    return units


def _publications(texts: Texts, one: Unit, other: Unit) -> Iterator[tuple[Unit, Document, str, int | None]]:
    """Yield what is published: unit, document, reason, and what kind of withdrawal follows, if any."""
    for model in kinds().values():
        for number in range(RECORDS):
            yield one, document(model, texts, number), texts.of(number, 3), None
        # A correction of everything, a version sealed, a version destroyed.
        yield one, document(model, texts, 1, told=5), texts.of(5, 4), None
        yield other, document(model, texts, 2, shelf=2000), texts.of(2, 5), 0
        yield other, document(model, texts, 3, shelf=2000), texts.of(3, 5), 1


def _withdraw(session: Session, version: Version, texts: Texts, number: int) -> None:
    publishing.withdraw(
        session,
        version,
        legal_ground=texts.of(number, 6),
        reason=texts.of(number, 7),
        approver=texts.of(number, 8),
        now=NOON - timedelta(hours=1),
        destroy=bool(number),
    )
