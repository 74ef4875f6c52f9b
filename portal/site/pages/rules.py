"""本地规定: the regime in Chinese, every value with its source. What a citizen can hold the government to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.regimes import Regime
from portal.domain.rules.base import Rule, rules
from portal.domain.rules.elsewhere import ELSEWHERE
from portal.domain.rules.terms import Off, Severity, Terms
from portal.site.pages.shell import Context, area_meta
from portal.site.pages.summary import summaries_of
from portal.site.snapshot import JurisdictionView, Snapshot

FAMILIES = {
    "DEL": "班子分工",
    "FIN": "签批和财务",
    "DEC": "集体决策",
    "SPK": "发言次序",
    "APP": "行政审批",
    "TEN": "采购和招标",
    "PUB": "信息公开",
}
_MARKS = {Severity.BLOCK: "breach", Severity.RED: "missing", Severity.YELLOW: "late", Severity.INFO: "note"}
_WEIGHTS = {
    Severity.BLOCK: "违规，不得发布",
    Severity.RED: "违规",
    Severity.YELLOW: "预警",
    Severity.INFO: "提示",
}


@dataclass(frozen=True)
class Entry:
    """One dated value of a rule: today's, one laid down for later, or a former one."""

    terms: Terms
    national: bool
    later: bool

    @property
    def mark(self) -> str:
        """The sign of its weight."""
        return _MARKS[self.terms.severity]

    @property
    def weight(self) -> str:
        """What a breach is."""
        word = _WEIGHTS[self.terms.severity]
        return f"{word}（附公开说明可以发布）" if self.terms.with_explanation else word

    @property
    def units(self) -> str:
        """Which units are bound; blank for all."""
        return "、".join(one.label for one in self.terms.unit_types)


@dataclass(frozen=True)
class Item:
    """One rule with its values."""

    rule: Rule
    entries: tuple[Entry, ...]

    @property
    def default(self) -> bool:
        """Tell whether the system chose any of it."""
        return any(one.terms.default for one in self.entries)


def entries_of(regime: Regime, rule_id: str, today: date) -> tuple[Entry, ...]:
    """Return the values that bind today or later, the jurisdiction's own before the national one."""
    own = [one for one in regime.rules.get(rule_id, ()) if not one.valid_to or one.valid_to >= today]
    shown = [Entry(one, national=False, later=one.valid_from > today) for one in own]
    everywhere = not own or any(one.unit_types for one in own) or all(one.valid_from > today for one in own)
    if regime.national and everywhere:
        shown += [
            Entry(one, national=True, later=one.valid_from > today)
            for one in regime.national.rules.get(rule_id, ())
            if not one.valid_to or one.valid_to >= today
        ]
    return tuple(one for one in shown if not isinstance(one.terms, Off))


def rules_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the jurisdiction's regime: domains, rules by family, mechanisms, texts."""
    today, regime = snapshot.today, view.regime
    families: list[tuple[str, str, list[Item]]] = []
    for code, label in FAMILIES.items():
        items = [
            Item(one, found)
            for rule_id, one in rules().items()
            if rule_id.startswith(code) and (found := entries_of(regime, rule_id, today))
        ]
        if items:
            families.append((code, label, items))
    off = [
        (rules()[rule_id], one)
        for rule_id, entries in regime.rules.items()
        for one in entries
        if isinstance(one, Off) and one.in_force(today)
    ]
    counting = next(
        (
            one
            for one in (*regime.counting, *(regime.national.counting if regime.national else ()))
            if one.in_force(today)
        ),
        None,
    )
    return {
        "meta": area_meta(
            view,
            "rules",
            f"{regime.short}的规定：{regime.rule_name}",
            f"{regime.name}“{regime.rule_name}”的内容、公开期限、每条规则的取值和出处。",
            label="本地规定",
            nav="rules",
        ),
        "domains": regime.domains_on(today),
        "former": [one for one in regime.domains if one.valid_to and one.valid_to < today],
        "later": [one for one in regime.domains if one.valid_from > today],
        "families": families,
        "total": sum(len(items) for _, _, items in families),
        "own": sum(not one.entries[0].national for _, _, items in families for one in items),
        "off": off,
        "elsewhere": ELSEWHERE,
        "counting": counting,
        "defaults": sum(one.default for _, _, items in families for one in items),
        "texts": [text for one in summaries_of(snapshot, view) for text in one.texts][:100],
    }
