"""制度文件 of every unit, put together from the clause bank; and one that had to be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from portal.demo.bank import later, month_shift, office_hour, pick, spread, workday
from portal.demo.models import DemoRecord, DemoWithdrawal, Publication
from portal.demo.orgs import Org
from portal.domain.documents.regulation import Area, Block, BlockType, Regulation
from portal.domain.values import show_day, show_yuan

_DIGITS = "零一二三四五六七八九十"


def regulation_records(org: Org) -> Iterator[DemoRecord]:
    """Yield the unit's rules, those that only some units have yet among them, and the withdrawn one where it has it."""
    for place, text in enumerate(org.bank["regulations"]["texts"]):
        if text.get("extra") and text["area"] not in org.row.get("supporting", ()):
            continue
        issued = _issued(org, int(text["month"]), text["key"])
        document = regulation(
            org,
            text,
            issued,
            key=text["key"],
            turn=org.serial + len(text["key"]),
            doc_no=org.doc_no(2025, 6 + place * 3),
        )
        at = office_hour(later(issued, spread(*org.key(text["key"]), low=3, high=14)), *org.key(text["key"]))
        yield DemoRecord(
            org.regime.slug, org.unit.slug, (Publication(at, document, "首次公开", org.publisher),)
        )
    if org.unit.position == 2:
        yield _withdrawn(org)


def _issued(org: Org, month: int, key: str) -> date:
    day = 8 + spread(*org.key(key, "issued"), low=0, high=12)
    return workday(date(2025, max(month, 8) if org.unit.founded_on and month < 8 else month, day))


def _words(org: Org, effective: date) -> dict[str, str]:
    limit = org.limit("finance") or 0
    yuan = show_yuan(limit // 100 * 100).removesuffix(".00").replace(",", "")
    excludes = bool(org.place.get("above_excludes_limit"))
    return {
        "unit": org.unit.name,
        "office": org.office,
        "finance_office": org.kind["finance_office"],
        "meeting": org.kind["meeting_name"],
        "mayor": org.head.post.split("、")[-1],
        "deputy_post": org.holder("finance", effective).post.split("、")[-1],
        "below": f"{yuan}元及以下" if excludes else f"不满{yuan}元",
        "above": f"超过{yuan}元" if excludes else f"{yuan}元及以上",
        "area": org.place["area"],
        "voting": org.place.get("voting", org.bank["regulations"]["voting"]),
        "filed_with": org.place["filed_with"],
        "months": str(org.place["rotation_months"]),
        "domains": "、".join(label for _, label in org.domains),
        "effective": show_day(effective),
    }


def regulation(
    org: Org,
    text: Mapping[str, Any],
    issued: date,
    *,
    key: object,
    turn: int,
    doc_no: str,
    revised: bool = False,
) -> Regulation:
    """Return one text of the clause bank as the unit's own rule; `turn` picks its title, `key` its clauses."""
    effective = month_shift(issued, 1)
    words = _words(org, effective)
    title = text["titles"][turn % len(text["titles"])].format(**words)
    blocks: list[Block] = []
    chapter = clause = 0
    for part in text["chapters"]:
        if part.get("when", org.unit.type) != org.unit.type:
            continue
        chapter += 1
        blocks.append(
            Block(type=BlockType.HEADING, level=1, number=f"第{chinese(chapter)}章", text=part["heading"])
        )
        for place, variants in enumerate(part["clauses"]):
            clause += 1
            chosen = pick(variants, *org.key(key, chapter, place))
            blocks.append(Block(number=f"第{chinese(clause)}条", text=chosen.format(**words)))
    blocks.append(Block(type=BlockType.SIGNATURE, text=f"{org.unit.name}\n{show_day(issued)}"))
    return Regulation(
        title=f"{title}（{issued.year}年修订）" if revised else title,
        doc_no=doc_no,
        issuer=org.unit.name,
        area=Area(text["area"]),
        effective_from=effective,
        provenance="本单位制定，全文公开。",
        blocks=tuple(blocks),
        genre="规范性文件",
        **org.reviewed(issued, abstract=text["abstract"], theme="规章制度"),
    )


def _withdrawn(org: Org) -> DemoRecord:
    bank = org.bank["regulations"]["withdrawn"]
    issued = _issued(org, 10, "withdrawn")
    effective = month_shift(issued, 1)
    words = _words(org, effective)
    dropped = org.serial % (len(bank["clauses"]) - 1)
    clauses = [one for place, one in enumerate(bank["clauses"]) if place != dropped]
    document = Regulation(
        title=pick(bank["titles"], *org.key("withdrawn")).format(**words),
        doc_no=org.doc_no(2025, 19),
        issuer=org.unit.name,
        area=Area.GENERAL,
        effective_from=effective,
        blocks=(
            *(
                Block(number=f"第{chinese(place)}条", text=clause.format(**words))
                for place, clause in enumerate(clauses, start=1)
            ),
            Block(type=BlockType.SIGNATURE, text=f"{org.unit.name}\n{show_day(issued)}"),
        ),
        **org.reviewed(issued, abstract=bank["abstract"], theme="内部管理"),
    )
    day = later(issued, 5)
    gone = later(day, 12)
    return DemoRecord(
        org.regime.slug,
        org.unit.slug,
        (Publication(office_hour(day, *org.key("inner")), document, "首次公开", org.publisher),),
        DemoWithdrawal(
            at=office_hour(gone, *org.key("inner", "gone")),
            version=1,
            legal_ground=bank["ground"],
            reason=bank["reason"],
            approver=org.head.name,
            destroy=False,
            review_on=month_shift(gone, int(bank["review_months"])),
        ),
    )


def chinese(number: int) -> str:
    """Return a number below 100 as an article number has it: 二十三."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")
