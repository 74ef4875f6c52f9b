"""制度文件 of the county, put together from the clause bank; one of a unit's may have to be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from portal.demo.bank import later, month_shift, office_hour, pick, spread, workday
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.models import DemoRecord, DemoWithdrawal, Publication
from portal.demo.texts import chinese
from portal.domain.calendar import add_months
from portal.domain.documents.regulation import Area, Block, BlockType, Regulation
from portal.domain.values import show_day, show_yuan
from portal.services.publishing import FIRST

_WITHDRAWN, _MENDED = 4, 12  # Of a hundred texts: withdrawn by law; published again with a word put right.
_FIRST_NUMBER = 6  # Document numbers below are the plans'.


def regulations_of(body: Body, year: Year) -> Iterator[DemoRecord]:
    """Yield the year's rules: the texts of the bank in turn, revised when their turn comes again."""
    bank = body.bank["regulations"]["texts"]
    count = year.wanted["regulation"]
    days = (year.window.last - year.window.first).days
    for place in range(count):
        serial = year.window.number * count + place
        text = bank[(body.serial + serial) % len(bank)]
        chance = spread(*body.key(serial, "regulation"), low=0, high=max(days - 60, 0))
        issued = workday(year.window.first + timedelta(days=20 + chance))
        document = _regulation(body, text, issued, serial, revised=serial >= len(bank))
        yield _published(body, document, issued, serial)


def _published(body: Body, document: Regulation, issued: date, serial: int) -> DemoRecord:
    turn = spread(*body.key(serial, "course"), low=0, high=99)
    day = later(issued, spread(*body.key(serial, "release"), low=3, high=12))
    first = Publication(office_hour(day, *body.key(serial)), document, FIRST, body.publisher)
    second = later(day, 9)
    if turn < _WITHDRAWN and second <= body.county.until:
        text = body.texts["withdrawals"]
        gone = DemoWithdrawal(
            at=office_hour(second, *body.key(serial, "gone")),
            version=1,
            legal_ground=text["regulation_ground"],
            reason=text["regulation_reason"],
            approver=body.head.name,
            destroy=False,
            review_on=add_months(second, 12),
        )
        return DemoRecord(body.regime.slug, body.unit.slug, (first,), gone)
    if turn < _MENDED and second <= body.county.until:
        remark = pick(body.texts["corrections"]["text"], *body.key(serial, "mended"))
        mended = document.model_copy(
            update={
                "abstract": f"{document.abstract}自{show_day(document.effective_from or issued)}起施行。",
                "remark": remark,
            }
        )
        again = Publication(
            office_hour(second, *body.key(serial, "again")), mended, f"更正：{remark}", body.publisher
        )
        return DemoRecord(body.regime.slug, body.unit.slug, (first, again))
    return DemoRecord(body.regime.slug, body.unit.slug, (first,))


def _regulation(
    body: Body, text: Mapping[str, Any], issued: date, serial: int, *, revised: bool
) -> Regulation:
    effective = month_shift(issued, 1)
    words = _words(body, effective)
    title = text["titles"][(body.serial + serial) % len(text["titles"])].format(**words)
    blocks: list[Block] = []
    chapter = clause = 0
    for part in text["chapters"]:
        if part.get("when", body.unit.type) != body.unit.type:
            continue
        chapter += 1
        blocks.append(
            Block(type=BlockType.HEADING, level=1, number=f"第{chinese(chapter)}章", text=part["heading"])
        )
        for place, variants in enumerate(part["clauses"]):
            clause += 1
            chosen = pick(variants, *body.key(serial, chapter, place))
            blocks.append(Block(number=f"第{chinese(clause)}条", text=chosen.format(**words)))
    blocks.append(Block(type=BlockType.SIGNATURE, text=f"{body.unit.name}\n{show_day(issued)}"))
    return Regulation(
        title=f"{title}（{issued.year}年修订）" if revised else title,
        doc_no=body.doc_no(issued.year, _FIRST_NUMBER + serial * 3),
        issuer=body.unit.name,
        area=Area(text["area"]),
        effective_from=effective,
        provenance="本单位制定，全文公开。",
        blocks=tuple(blocks),
        genre="规范性文件",
        **body.reviewed(issued, abstract=text["abstract"], theme="规章制度"),
    )


def _words(body: Body, effective: date) -> dict[str, str]:
    limit = body.limit("finance") or 0
    yuan = show_yuan(limit // 100 * 100).removesuffix(".00").replace(",", "")
    excludes = bool(body.place.get("above_excludes_limit"))
    return {
        "unit": body.unit.name,
        "office": body.office,
        "finance_office": body.kind["finance_office"],
        "meeting": body.kind["meeting_name"],
        "mayor": body.head.post.split("、")[-1],
        "deputy_post": body.holder("finance", effective).post.split("、")[-1],
        "below": f"{yuan}元及以下" if excludes else f"不满{yuan}元",
        "above": f"超过{yuan}元" if excludes else f"{yuan}元及以上",
        "area": body.place["area"],
        "voting": body.place.get("voting", body.bank["regulations"]["voting"]),
        "filed_with": body.place["filed_with"],
        "months": str(body.place["rotation_months"]),
        "domains": "、".join(label for _, label in body.domains),
        "effective": show_day(effective),
    }
