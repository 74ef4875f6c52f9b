"""From a flag to a matter: only by an officer's click. A flag is a hint, and the matter asks; it finds nobody guilty.

take_up_flags(county, regime, flags, *, now) -> list[Matter]
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.flags import Flag
from portal.domain.supervision.matters import Source
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision.opening import NewItem, open_matter
from portal.store.tables import Matter

_NAMED = 6  # Data that the item's own text repeats; the page shows them all.


def take_up_flags(county: County, regime: Regime, flags: Iterable[Flag], *, now: datetime) -> list[Matter]:
    """Open a matter of each flag that an officer chose, or add to the open one of its cause; flags are no findings."""
    terms = {one.code: one for one in regime.flags_on(now.astimezone(SHANGHAI).date())}
    opened = []
    for flag in flags:
        unit = county.unit(flag.unit)
        if unit is None or flag.code not in terms:
            continue
        title = f"{terms[flag.code].title}{f'：{flag.supplier}' if flag.supplier else ''}"
        matter = open_matter(
            county,
            unit,
            source=Source.FLAG,
            cause=flag.cause,
            title=title,
            severity=Severity.YELLOW,
            items=[_item(flag, terms[flag.code].source)],
            now=now,
            regime=regime,
        )
        county.write_down(
            "flag.taken_up",
            now=now,
            object=f"matter:{matter.uid}",
            words=title,
            unit_id=unit.id,
            detail={"before": {}, "after": {"信号": terms[flag.code].title, "记录": "、".join(flag.refs)}},
        )
        opened.append(matter)
    return opened


def _item(flag: Flag, basis: str) -> NewItem:
    first = flag.data[-1]
    return NewItem(
        fingerprint=flag.fingerprint,
        ref=first.ref,
        kind=Tender.kind.code,
        slug=first.slug,
        title=first.title,
        period="",
        seen=f"{flag.seen}（{'；'.join(f'{one.field}：{one.value}' for one in flag.data[:_NAMED])}）"[:2000],
        remedy="请说明情况，并提供有关材料。这是系统按公开数据给出的提示，不是违规的认定。",
        basis=basis,
    )
