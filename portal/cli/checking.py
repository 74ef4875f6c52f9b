"""Commands for the rule book: check a file before it is entered, and list the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from portal import intake
from portal.cli.documents import read_kind, read_upload
from portal.cli.opened import load_regimes
from portal.cli.settings import load_settings
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.domain.catalogue import Row, catalogue
from portal.domain.documents.base import Document, kind_of
from portal.domain.regime_schema import regime_schema
from portal.domain.regimes import Regime
from portal.domain.rules.base import Finding, rules
from portal.domain.rules.check import EXPLANATION, Report, State, as_json, check, explains
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts, UnitType
from portal.domain.values import read_day
from portal.exchange import regulations, sheets
from portal.services.checking import SHANGHAI
from portal.site.pages.checks import place_text


@dataclass(frozen=True)
class _Tested:
    """One document of the file, where it stands, and what the rule book says of it."""

    document: Document
    where: str
    report: Report


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--regime", "-r", "slug", required=True, help="县区代码，例如 xiuzhou。")
@click.option("--kind", "-k", default=None, help="类别代码，例如 decision；从本平台下载的 JSON 可省略。")
@click.option("--on", "day", default=None, help="按哪一天的规则核对，例如 2026-10-20；默认今天。")
@click.option("--unit-type", default=UnitType.BUREAU.value, help="单位类型：bureau、township、village 等。")
@click.option(
    "--given", multiple=True, help="有关联的文件，写成 类别=文件，例如 delegation=分工方案.json；可多次。"
)
@click.option("--json", "as_json_", is_flag=True, help="只输出一个 JSON 对象。")
def check_command(
    file: Path,
    slug: str,
    kind: str | None,
    day: str | None,
    unit_type: str,
    given: tuple[str, ...],
    as_json_: bool,
) -> None:
    """按一个县区的规则核对文件，不写入任何内容。有“不得发布”的问题时以状态 1 结束。

    关联的文件（授权分工方案、决策记录等）不在手边时，需要它们才能判断的规则显示为“待核对”。
    """
    regime = _regime(slug)
    on = _day(day)
    facts = UnitFacts("本单位", _unit_type(unit_type))
    documents, problems = _documents(file, kind)
    linked = [one for text in given for one in _linked(text)]
    dossier = Dossier(tuple(Entry(one) for one in (*linked, *(one for one, _ in documents))), complete=False)
    tested = [
        _Tested(one, where, check(one, Context(regime, facts, on, dossier))) for one, where in documents
    ]
    refused = bool(problems) or any(
        one.report.blocking(explained=explains(one.document.public_explanation)) for one in tested
    )
    if as_json_:
        click.echo(json.dumps(_as_json(tested, problems, regime, on), ensure_ascii=False))
    else:
        _tell(tested, problems, regime)
    if refused:
        raise SystemExit(1)


def _regime(slug: str) -> Regime:
    regimes = load_regimes(load_settings())
    if slug not in regimes:
        known = "、".join(f"{one.slug}（{one.name}）" for one in regimes.values())
        raise Refusal(f"没有代码为“{slug}”的县区制度。可用：{known}。")
    return regimes[slug]


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).astimezone(SHANGHAI).date()
    try:
        return read_day(text)
    except ValueError as wrong:
        raise Refusal(f"--on：{wrong}") from wrong


def _unit_type(text: str) -> UnitType:
    try:
        return UnitType.read(text)
    except ValueError as wrong:
        raise Refusal(f"--unit-type：{wrong}") from wrong


def _documents(file: Path, kind: str | None) -> tuple[list[tuple[Document, str]], list[dict[str, Any]]]:
    """Read a file; return its documents with their places, and what could not be read."""
    data = read_upload(file)
    published = _published(data) if file.suffix.lower() == ".json" else None
    if published:
        return [(published, "")], []
    if kind is None:
        raise Refusal("请用 --kind 写明类别，例如 --kind decision；全部类别见 portal kinds。")
    model = read_kind(kind)
    try:
        source = intake.read(data, file.name, model)
    except (sheets.UnreadableFile, regulations.UnreadableFile) as refusal:
        raise Refusal(f"{intake.safe_name(file.name)}：{refusal}") from refusal
    many = len(source.reading.entries) > 1
    found = [
        (one.document, f"{f'工作表“{one.sheet}”' if one.sheet else ''}第 {one.row} 行" if many else "")
        for one in source.reading.entries
    ]
    if not found and not source.reading.problems:
        raise Refusal(f"{intake.safe_name(file.name)} 中没有可核对的内容。请检查文件和 --kind。")
    return found, [problem.as_dict() for problem in source.reading.problems]


def _published(data: bytes) -> Document | None:
    """Return the document of a JSON file that was downloaded from a portal, or None for any other JSON."""
    with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
        outer = json.loads(data)
        head = outer.get("content", outer)
        return kind_of(head["schema"].split("/")[0]).model_validate_json(json.dumps(head["document"]))
    return None


def _linked(text: str) -> Iterator[Document]:
    kind, equals, path = text.partition("=")
    if not equals:
        kind, path = "", text
    found, problems = _documents(Path(path), kind or None)
    if problems:
        first = problems[0]
        raise Refusal(f"--given {text}：{first['message']}{first['remedy']}")
    yield from (document for document, _ in found)


def _as_json(
    tested: list[_Tested], problems: list[dict[str, Any]], regime: Regime, on: date
) -> dict[str, Any]:
    return {
        "regime": regime.slug,
        "on": on.isoformat(),
        "blocked": bool(problems)
        or any(one.report.blocking(explained=explains(one.document.public_explanation)) for one in tested),
        "unreadable": problems,
        "documents": [
            {
                "title": one.document.title,
                "kind": one.document.kind.code,
                "where": one.where,
                "explained": explains(one.document.public_explanation),
                **as_json(one.report),
            }
            for one in tested
        ],
    }


def _tell(tested: list[_Tested], problems: list[dict[str, Any]], regime: Regime) -> None:
    for problem in problems:
        place = "，".join(str(one) for one in (problem["sheet"], problem["cell"] or problem["column"]) if one)
        say(f"无法读取：{place}{'：' if place else ''}{problem['message']}{problem['remedy']}")
    for one in tested:
        counts = {state: len(one.report.by_state(state)) for state in State}
        say(
            f"《{one.document.title}》{one.where}　按{regime.name}的规则核对 {len(one.report.checks)} 条："
            f"符合 {counts[State.PASSED]}，待核对 {counts[State.UNCLEAR]}，有问题 {counts[State.FOUND]}。"
        )
        for finding in one.report.findings:
            _say_finding(finding, one.document)
        for item in one.report.by_state(State.UNCLEAR):
            for text in item.unclear:
                say(f"  ? {item.rule.id} {item.rule.title}：{text}")
        blocking = one.report.blocking(explained=explains(one.document.public_explanation))
        if blocking:
            liftable = all(finding.with_explanation for finding in blocking)
            say(
                "  不得发布："
                + (
                    f"可改正后发布，或填写“公开说明”如实说明后发布：{EXPLANATION}。"
                    if liftable
                    else "须改正后才能发布。"
                )
            )


def _say_finding(finding: Finding, document: Document) -> None:
    place = place_text(finding.place, document)
    say(f"  ✗ [{finding.severity.label}] {finding.rule} {finding.title}{f'（{place}）' if place else ''}")
    say(f"    看到：{finding.seen}")
    say(f"    为什么：{finding.why}")
    say(f"    怎么办：{finding.remedy}")
    say(f"    依据：{finding.source}{'（原文未规定的取值由系统默认）' if finding.default else ''}")


@click.command("rules")
@click.option("--regime", "-r", "slug", default=None, help="只列一个县区，并列出取值和出处。")
@click.option("--schema", is_flag=True, help="输出制度文件的 JSON Schema，供编辑器使用。")
@click.option("--json", "as_json_", is_flag=True, help="只输出一个 JSON 对象。")
def rules_command(slug: str | None, schema: bool, as_json_: bool) -> None:
    """列出全部规则：是否实现、各县区的严重程度、出处、情形数。"""
    if schema:
        click.echo(json.dumps(regime_schema(), ensure_ascii=False, indent=2))
        return
    regimes = load_regimes(load_settings())
    if slug is not None:
        regimes = {slug: _regime(slug)}
    rows = catalogue(regimes, _day(None))
    if as_json_:
        told = [
            {**one.as_dict(), **({"entries": _entries(one, slug)} if slug and one.implemented else {})}
            for one in rows
        ]
        click.echo(json.dumps({"rules": told}, ensure_ascii=False))
        return
    if slug is None:
        heads = ("编号", "规则", "实现", *(one.short for one in regimes.values()), "情形")
        say(text_table(heads, [one.cells(regimes) for one in rows]))
        say("* 含出处没有给出、由系统默认的取值。加 -r 县区代码，列出取值、出处和读法。")
    else:
        for one in rows:
            if one.implemented:
                _say_rule(one, slug)
    missing = [one for one in rows if not one.implemented]
    say(f"共 {len(rows)} 条，已实现 {len(rules())} 条；另 {len(missing)} 条不在此核对：")
    for one in missing:
        say(f"  {one.id} {one.title}：{one.reason}")


def _entries(row: Row, slug: str) -> list[dict[str, Any]]:
    return [one.as_dict() for one in row.entries[slug]]


def _say_rule(row: Row, slug: str) -> None:
    """Say what one regime lays down for a rule: each entry with its days, values, source and readings."""
    say(f"{row.id} {row.title}　{row.mark(slug)}　情形 {sum(row.scenarios.values())}")
    for one in row.entries[slug]:
        for line in one.lines():
            say(f"    {line}")


COMMANDS = (check_command, rules_command)
