"""Commands for files: import, units, template, schema, kinds, search."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import click

from portal import intake
from portal.cli.opened import Opened, opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.domain.documents.base import Document, kind_of, kinds
from portal.domain.units import UnitType
from portal.exchange import regulations, sheets
from portal.search import IndexDamaged, SearchIndex
from portal.services import rosters
from portal.services.board.county import open_county
from portal.services.checking import SHANGHAI
from portal.services.running import units as running

MAX_BYTES = 30 * 1024 * 1024


def read_kind(code: str) -> type[Document]:
    try:
        return kind_of(code)
    except ValueError as unknown:
        raise Refusal(str(unknown)) from unknown


def read_upload(file: Path) -> bytes:
    if not file.is_file():
        raise Refusal(f"找不到文件 {file}。请检查路径和文件名。")
    if file.stat().st_size > MAX_BYTES:
        raise Refusal(f"{file.name} 超过 30 MB。请拆分后分别导入。")
    data = file.read_bytes()
    if not data:
        raise Refusal(f"{file.name} 是空文件（0 字节）。请重新导出或下载后再导入。")
    return data


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--jurisdiction", "-j", required=True, help="县区代码，例如 xiuzhou。")
@click.option("--kind", "-k", required=True, help="类别代码，例如 tender；见 portal kinds。")
@click.option("--unit", "-u", default=None, help="单位名称、简称或代码；文件中有单位一栏时可省略。")
@click.option("--dry-run", is_flag=True, help="只检查，不写入数据库（仍会另存批注过的工作簿）。")
@click.option("--publish", is_flag=True, help="检查通过的直接发布；不加则存为草稿。")
@click.option("--reason", default=None, help="更正已公开内容时必填：更正了什么、为什么。")
@click.option("--create-units", is_flag=True, help="名册中没有的单位自动加入名册。")
@click.option("--strict", is_flag=True, help="只要有一处问题，就以状态 1 结束（已通过的照常写入）。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def import_command(
    file: Path,
    jurisdiction: str,
    kind: str,
    unit: str | None,
    dry_run: bool,
    publish: bool,
    reason: str | None,
    create_units: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """导入 xlsx、csv、json（制度文件还可用 txt、docx、pdf）。

    逐行检查；有问题的行写明行、列、单元格、问题和改法，并另存一份批注过的工作簿。
    同一文件再次导入不会重复发布。
    """
    model = read_kind(kind)
    data = read_upload(file)
    wish = intake.Wish(
        jurisdiction=jurisdiction,
        kind=model,
        unit=unit,
        publish=publish,
        reason=reason,
        create_units=create_units,
    )
    with opened() as instance:
        try:
            # The file is read before the right to write is asked for: a slow file holds nobody up.
            source = intake.read(data, file.name, model)
            instance.begin_write()
            report = intake.take_in(instance.session, source, wish, instance.regimes, now=instance.now())
        except (sheets.UnreadableFile, regulations.UnreadableFile, rosters.RosterError) as refusal:
            instance.session.rollback()
            told = f"{intake.safe_name(file.name)}：{refusal}"
            if as_json:
                click.echo(json.dumps(_unreadable(told, source_name=file.name), ensure_ascii=False))
                raise SystemExit(1) from refusal
            raise Refusal(told) from refusal
        report.dry_run = dry_run
        if dry_run:
            instance.session.rollback()
        else:
            instance.session.commit()
        if report.errors and not source.is_text and file.suffix.lower() != ".json":
            _save_annotated(instance, source, wish, data, report)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        _tell(report, publish=publish)
    nothing_good = report.rejected and not (report.published or report.unchanged or report.drafts)
    if nothing_good or (strict and (report.errors or report.rejected)):
        raise SystemExit(1)


def _unreadable(message: str, *, source_name: str) -> dict[str, object]:
    problem = {
        "sheet": "",
        "row": None,
        "column": "",
        "cell": "",
        "value": "",
        "message": message,
        "remedy": "",
    }
    return {
        "file": intake.safe_name(source_name),
        "published": 0,
        "unchanged": 0,
        "drafts": 0,
        "rejected": 0,
        "errors": [problem],
    }


def _save_annotated(
    instance: Opened, source: intake.Source, wish: intake.Wish, data: bytes, report: intake.IntakeReport
) -> None:
    """Keep the marked copy; what was imported stands even where the copy cannot be written."""
    moment = instance.now().astimezone(SHANGHAI).strftime("%Y%m%d-%H%M%S-%f")
    stem = f"{wish.jurisdiction}-{wish.kind.kind.code}-{Path(source.name).stem}-{moment}-批注"
    try:
        copy = sheets.annotate(data, source.name, report.errors)
        report.annotated = str(_write_new(instance.settings.imports_folder, stem, ".xlsx", copy))
    except OSError as broken:
        reason = os.strerror(broken.errno) if broken.errno else str(broken)
        report.notes.append(
            f"批注过的工作簿未能保存（{reason}），导入结果不受影响。请检查磁盘空间和文件夹权限。"
        )


def _write_new(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Write a file that was not there; nothing is overwritten and no planted link is followed."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=suffix, delete=False) as aside:
        aside.write(content)
    try:
        for number in count(1):
            target = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
            with suppress(FileExistsError):
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                Path(aside.name).replace(target)
                return target
    finally:
        Path(aside.name).unlink(missing_ok=True)
    raise AssertionError("the numbers never end")


def _tell(report: intake.IntakeReport, *, publish: bool) -> None:
    done = f"发布 {report.published} 件" if publish else f"存为草稿 {report.drafts} 件"
    trial = "（试运行，未写入）" if report.dry_run else ""
    say(f"{report.file}{trial}：{done}，内容未变 {report.unchanged} 件，未通过 {report.rejected} 行。")
    if report.units_added:
        say(f"新加入名册的单位 {len(report.units_added)} 个：{'、'.join(report.units_added)}")
    for note in report.notes:
        say(f"说明：{note}")
    if report.errors:
        several = len({one.sheet for one in report.errors}) > 1
        rows = [
            (
                *((one.sheet,) if several else ()),
                str(one.row or ""),
                one.column,
                one.cell,
                f"{one.message}→ {one.remedy}",
            )
            for one in report.errors
        ]
        header = ("行", "列", "单元格", "问题 → 改法")
        say("")
        say(text_table(("工作表", *header) if several else header, rows))
        say("原因汇总：" + "；".join(f"{cause} {count} 处" for cause, count in intake.causes(report)))
    if report.annotated:
        say(f"批注过的工作簿：{report.annotated}")
    if report.removed:
        say("")
        say(f"已去除的网页附着内容 {len(report.removed)} 处，请核对：")
        say(
            text_table(
                ("行", "去除的内容", "原因"),
                [(str(one.line), one.text, one.reason) for one in report.removed],
            )
        )
    if report.doubts:
        say("")
        say(f"需要人工确认 {len(report.doubts)} 处：")
        say(
            text_table(
                ("行", "原文", "请确认"), [(str(one.line), one.text, one.question) for one in report.doubts]
            )
        )
    if not publish and report.drafts and not report.dry_run:
        say("草稿尚未公开。核对无误后运行 portal drafts 查看，portal publish 发布。")
    elif report.published and not report.dry_run:
        say("已发布。运行 portal sync 更新检索和网站。")


@click.command("units")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--dry-run", is_flag=True, help="只检查，不写入。")
def units_command(file: Path | None, jurisdiction: str, dry_run: bool) -> None:
    """导入单位名册（CSV）；不给文件时列出现有名册。

    表头：单位名称、单位类型（部门、镇（街道）、村（社区）、事业单位、国有企业、其他），
    可选：简称、单位代码、统一社会信用代码、曾用名、成立日期、撤销日期、网址代码。
    """
    with opened() as instance:
        if file:
            instance.begin_write()
        try:
            county = rosters.find_jurisdiction(instance.session, jurisdiction)
            if file:
                lines = rosters.read_roster(read_upload(file))
                for line in lines:
                    rosters.put_unit(instance.session, county, line, now=instance.now())
        except rosters.RosterError as wrong:
            instance.session.rollback()
            raise Refusal(str(wrong)) from wrong
        listed = [
            (unit.name, UnitType(unit.type).label, unit.slug)
            for unit in rosters.units_of(instance.session, county)
        ]
        if dry_run:
            instance.session.rollback()
        else:
            instance.session.commit()
    say(text_table(("单位名称", "类型", "网址代码"), listed) if listed else "名册还是空的。")
    if file:
        say(f"{'试运行：' if dry_run else ''}名册现有 {len(listed)} 个单位。")


@click.command("template")
@click.option("--kind", "-k", required=True, help="类别代码。")
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="保存为哪个 xlsx 文件。")
@click.option("--jurisdiction", "-j", default=None, help="县区代码；给出时“单位”一栏可从名册中下拉选取。")
def template_command(kind: str, output: Path, jurisdiction: str | None) -> None:
    """生成某类公开内容的 Excel 填报模板。"""
    model = read_kind(kind)
    output.write_bytes(sheets.template(model, unit_names=_unit_names(jurisdiction) if jurisdiction else ()))
    say(f"{model.kind.label}填报模板已保存：{output}")


def _unit_names(jurisdiction: str) -> list[str]:
    with opened() as instance:
        try:
            county = rosters.find_jurisdiction(instance.session, jurisdiction)
        except rosters.RosterError as unknown:
            raise Refusal(str(unknown)) from unknown
        return [unit.name for unit in rosters.units_of(instance.session, county)]


@click.command("schema")
@click.option("--kind", "-k", required=True, help="类别代码。")
def schema_command(kind: str) -> None:
    """输出某类公开内容的 JSON Schema。"""
    click.echo(json.dumps(read_kind(kind).model_json_schema(), ensure_ascii=False, indent=2))


@click.command("kinds")
def kinds_command() -> None:
    """列出全部公开内容类别。"""
    rows = [(one.kind.code, one.kind.label, one.kind.purpose) for one in kinds().values()]
    say(text_table(("代码", "类别", "说明"), rows))


@click.command("search")
@click.argument("query")
@click.option("--jurisdiction", "-j", default=None, help="只看某县区。")
@click.option("--unit", "-u", default=None, help="只看某单位（网址代码）。")
@click.option("--kind", "-k", default=None, help="只看某类。")
@click.option("--year", "-y", type=int, default=None, help="只看某年。")
@click.option("--page", type=click.IntRange(1, 10_000), default=1, help="第几页。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def search_command(
    query: str,
    jurisdiction: str | None,
    unit: str | None,
    kind: str | None,
    year: int | None,
    page: int,
    as_json: bool,
) -> None:
    """检索已公开的内容。"""
    with opened() as instance:
        index = SearchIndex(instance.settings.index_folder)
        try:
            found = index.search(query, jurisdiction=jurisdiction, unit=unit, kind=kind, year=year, page=page)
        except IndexDamaged as damaged:
            raise Refusal(str(damaged)) from damaged
        finally:
            index.close()
    if as_json:
        results = [
            {
                "url": hit.url,
                "title": hit.title,
                "unit": hit.unit_name,
                "jurisdiction": hit.jurisdiction_name,
                "kind": hit.kind,
                "date": hit.date.isoformat(),
                "snippet": str(hit.snippet_html),
            }
            for hit in found.hits
        ]
        answer = {
            "query": query,
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "results": results,
        }
        click.echo(json.dumps({**answer, "notice": found.notice}, ensure_ascii=False))
        return
    say(f"找到 {found.total} 件。" + (found.notice or ""))
    rows = [(hit.date.isoformat(), hit.unit_name, hit.kind_label, hit.title, hit.url) for hit in found.hits]
    if rows:
        say(text_table(("发布日期", "单位", "类别", "标题", "网页"), rows))


@click.command("rename-unit")
@click.argument("old")
@click.argument("new")
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--short", default=None, help="新的简称。")
@click.option("--source", default="", help="依据的文件，写入单位沿革并公开。")
def rename_command(old: str, new: str, jurisdiction: str, short: str | None, source: str) -> None:
    """单位改名：网址和已公开的内容不变，旧名称仍可用于导入。"""
    with opened() as instance:
        instance.begin_write()
        try:
            county = rosters.find_jurisdiction(instance.session, jurisdiction)
            unit = rosters.need_unit(instance.session, county, old)
            was = unit.name
            rosters.rename_unit(instance.session, unit, new, short=short, now=instance.now())
            running.note_renaming(
                open_county(instance.session, jurisdiction, None),
                unit,
                was=was,
                source=source,
                now=instance.now(),
            )
        except rosters.RosterError as wrong:
            instance.session.rollback()
            raise Refusal(str(wrong)) from wrong
        instance.session.commit()
    say(f"已改名：{new}。运行 portal sync 更新网站。")


COMMANDS = (
    rename_command,
    import_command,
    units_command,
    template_command,
    schema_command,
    kinds_command,
    search_command,
)
