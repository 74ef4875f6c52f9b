"""Runs the rule book on a document: what was tested, by which terms, with what result."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.remembered import remembered
from portal.domain.rules.base import Finding, Rule, Seen, Unclear, rules
from portal.domain.rules.dossier import Context
from portal.domain.rules.remembering import Memory
from portal.domain.rules.terms import Terms
from portal.domain.values import Choice


class State(Choice):
    """What came of one check."""

    FOUND = "found", "有问题"
    UNCLEAR = "unclear", "待核对"
    PASSED = "passed", "符合"


@dataclass(frozen=True)
class Check:
    """One rule that concerned the document, the terms by which it was tested, and the outcome."""

    rule: Rule
    terms: Terms
    state: State
    findings: tuple[Finding, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Every check that concerned a document, in the catalogue's order."""

    checks: tuple[Check, ...]

    @property
    def findings(self) -> list[Finding]:
        """All findings, the gravest first."""
        found = [finding for one in self.checks for finding in one.findings]
        return sorted(found, key=lambda one: one.severity.rank)

    def blocking(self, *, explained: bool) -> list[Finding]:
        """Return the findings that stop publication; with a public explanation, only those that none can lift.

        `explained` is what `explains` says of the document's public explanation, not that there is some text.
        """
        return [one for one in self.findings if one.blocks and not (explained and one.with_explanation)]

    def by_state(self, state: State) -> list[Check]:
        """Return the checks with that outcome."""
        return [one for one in self.checks if one.state == state]


# What an explanation consists of, for whoever has to write one.
EXPLANATION = "公开说明须写清发生了什么、为什么、怎样整改；只写“无”“略”“见附件”或者几个符号的不算说明"
_LEAST, _DIFFERENT = (
    10,
    6,
)  # Letters and digits, and different characters of a script that writes words with them.
_EVASIONS = re.compile(
    "详见|参见|请见|见|附件|附后|附表|附页|同上|如上|同前|同前述|从略|此处|暂无|没有|不详|其他|公开说明|情况说明|说明|略|无|另行|备注"
)


@remembered(4096)
def explains(text: str | None) -> bool:
    """Tell whether a public explanation says something: some words, beyond “none”, “omitted” and “see the annex”."""
    written = unicodedata.normalize("NFKC", text or "")
    if sum(unicodedata.category(one)[0] in "LN" for one in written) < _LEAST:
        return False
    left = _EVASIONS.sub("", written)
    return len({one for one in left if unicodedata.category(one) == "Lo"}) >= _DIFFERENT


@cache
def rules_for(kind: type[Document]) -> tuple[Rule, ...]:
    """Return the rules that concern a kind."""
    return tuple(one for one in rules().values() if any(issubclass(kind, wanted) for wanted in one.kinds))


def check(document: Document, context: Context, *, only: Iterable[str] | None = None) -> Report:
    """Test a document by every rule in force (or by `only` those). Pure: same input, same report."""
    wanted = None if only is None else frozenset(only)
    context = replace(context, document=document)
    asked = (one for one in rules_for(type(document)) if wanted is None or one.id in wanted)
    return Report(tuple(done for one in asked if (done := _ask(one, document, context))))


def check_again(
    document: Document, context: Context, memory: Memory, *, facts: object, prints: Mapping[str, str]
) -> Report:
    """Test a document as `check` does, asking only the rules whose answers may have changed (see `Memory`)."""
    context = replace(context, document=document)
    ask = memory.asking(document, context, facts=facts, prints=prints, ask=_ask)
    return Report(tuple(done for one in rules_for(type(document)) if (done := ask(one))))


def _ask(one: Rule, document: Document, context: Context) -> Check | None:
    return _rows(one, document, context) if one.each else _whole(one, document, context)


def _whole(one: Rule, document: Document, context: Context) -> Check | None:
    day = one.day(document) if one.day else document.binding_day()
    terms = context.regime.terms(one.id, day or context.on, context.unit.type)
    if terms is None or (one.when and not one.when(document, context, terms)):
        return None
    findings, unclear = _sort(one, one.check(document, context, terms), terms, "")
    return _outcome(one, terms, findings, unclear)


def _rows(one: Rule, document: Document, context: Context) -> Check | None:
    findings: list[Finding] = []
    unclear: list[str] = []
    first: Terms | None = None
    for place, row in enumerate(getattr(document, one.each or "")):
        day = (one.day(row) if one.day else document.binding_day()) or context.on
        terms = context.regime.terms(one.id, day, context.unit.type)
        if terms is None or (one.when and not one.when(row, context, terms)):
            continue
        first = first or terms
        found, doubts = _sort(one, one.check(row, context, terms), terms, f"/{one.each}/{place}")
        findings += found
        unclear += doubts
    return _outcome(one, first, findings, unclear) if first else None


def _outcome(one: Rule, terms: Terms, findings: list[Finding], unclear: list[str]) -> Check:
    state = State.FOUND if findings else State.UNCLEAR if unclear else State.PASSED
    return Check(one, terms, state, tuple(findings), tuple(dict.fromkeys(unclear)))


def _sort(
    one: Rule, sights: Iterator[Seen | Unclear], terms: Terms, prefix: str
) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    unclear: list[str] = []
    for sight in sights:
        if isinstance(sight, Unclear):
            unclear.append(sight.seen)
            continue
        severity = sight.severity or terms.severity
        findings.append(
            Finding(
                rule=one.id,
                title=one.title,
                place=prefix + sight.place,
                seen=sight.seen,
                why=one.why,
                remedy=sight.remedy,
                severity=severity,
                source=terms.source,
                default=bool(terms.default),
                with_explanation=False if sight.final else terms.with_explanation,
            )
        )
    return findings, unclear


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON values."""
    return {
        "findings": [
            {
                "rule": one.rule,
                "title": one.title,
                "severity": one.severity.value,
                "place": one.place,
                "seen": one.seen,
                "why": one.why,
                "remedy": one.remedy,
                "source": one.source,
                "default": one.default,
                "with_explanation": one.with_explanation,
            }
            for one in report.findings
        ],
        "checks": [
            {
                "rule": one.rule.id,
                "title": one.rule.title,
                "state": one.state.value,
                "source": one.terms.source,
                "unclear": list(one.unclear),
            }
            for one in report.checks
        ],
    }
