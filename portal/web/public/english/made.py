"""What the program says beside its templates: the labels of its declarations, the sentences that it puts together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from portal.domain.documents.base import kinds
from portal.domain.documents.tender import Stage
from portal.domain.obligations import DUTIES, Status
from portal.domain.rules.base import rules
from portal.domain.rules.elsewhere import ELSEWHERE
from portal.domain.supervision.outcomes import Kind as Outcome
from portal.site.cards import BUDGET, CEILING
from portal.site.pages.rules import FAMILIES
from portal.site.pages.shell import TYPE_LABELS
from portal.web.public.english.catalog import HAN, Catalog
from portal.web.public.english.speaking import Speaker

# Modules of record pages alone; their words are not of the English edition.
_OF_RECORDS = frozenset(
    ("charts", "checks", "comparing", "declared", "differences", "downloads", "initials", "paths", "phrases", "reading",
     "record", "sitemaps", "trends", "wording")
)  # fmt: skip
# Pieces that only stand in longer sentences, and what is compared with names, never shown.
_PIECES = frozenset(
    (
        "零一二三四五六七八九十",
        "示例",
        "，本期无发生额",
        "（暂定）",
        "预算",
        "决算",
        "{word}（附公开说明可以发布）",
    )
)
_PROBES = ("3", "2026年3月5日", "2026年第三季度", "财务", "示例区", "授权分工方案", "五", "个工作日", "四项")


def labels() -> Iterator[tuple[str, str]]:
    """Yield the labels of kinds, duties, their states, rules and their values, each with where it is declared."""
    for model in kinds().values():
        yield from (("kind", text) for text in (model.kind.label, model.kind.short, model.kind.purpose))
    for duty in DUTIES:
        yield from (("duty", text) for text in (duty.title, duty.group.label, duty.since) if text)
        yield from (("duty", text) for text in (f"未{duty.act}", f"已{duty.act}"))
    yield from (("status", one.label) for one in Status)
    yield from (("stage", one.label) for one in Stage)
    yield from (("planned", one) for one in (BUDGET, CEILING))
    for rule in rules().values():
        yield from (("rule", text) for text in (rule.title, rule.why))
        for name in rule.terms.values():
            yield "value of a rule", rule.terms.model_fields[name].title or name
    for one in ELSEWHERE.values():
        yield from (("rule", text) for text in (one.title, one.reason))
    yield from (("family", text) for text in FAMILIES.values())
    yield from (("unit", text) for text in TYPE_LABELS.values())
    yield from (("outcome", one.label) for one in Outcome)


def sentences(catalog: Catalog, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the Chinese sentences in the modules of a folder that the catalogue does not know.

    A sentence with values is tried with examples of what may stand in its places.
    """
    speaker = Speaker(catalog)
    for file in sorted(folder.glob("*.py")):
        if file.stem in _OF_RECORDS:
            continue
        for node in _texts(ast.parse(file.read_text(encoding="utf-8"))):
            written = ast.unparse(node).removeprefix("f").strip("'\"")
            if written not in _PIECES and not any(speaker.say(text) for text in _examples(node)):
                yield file.name, ast.unparse(node)


def _texts(tree: ast.Module) -> Iterator[ast.JoinedStr | ast.Constant]:
    """Yield the texts of a module that may reach a page: no docstrings, no messages of errors, no pieces of others."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Assert | ast.Compare):
            passed |= {id(one) for one in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif isinstance(node, ast.JoinedStr) and id(node) not in passed:
            passed |= {id(one) for one in ast.walk(node)} - {id(node)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        words = node.values if isinstance(node, ast.JoinedStr) else [node]
        written = [one.value for one in words if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if isinstance(node, ast.JoinedStr | ast.Constant) and HAN.search("".join(written)):
            yield node


def _examples(node: ast.JoinedStr | ast.Constant) -> Iterator[str]:
    """Yield what a text may come out as."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
        return
    places = sum(isinstance(one, ast.FormattedValue) for one in node.values)
    for filled in (
        product((*_PROBES, ""), repeat=places) if places <= 3 else ((one,) * places for one in _PROBES)
    ):
        if not any(filled):  # The sentence without any value is another one.
            continue
        rest = iter(filled)
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else next(rest) for one in node.values)
