"""Commands about duties: compliance, exempt, revoke-exemption, extend."""

from __future__ import annotations

import json
from datetime import date
from typing import NoReturn

import click

from portal.cli.opened import Opened, opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.domain.obligations import DUTIES, Cell, Status
from portal.domain.regimes import Regime
from portal.domain.values import read_day, show_day
from portal.services import compliance, exempting, rosters
from portal.services import compliance_answers as answers
from portal.services.checking import SHANGHAI
from portal.store.tables import Jurisdiction, Unit

_DUTIES = "、".join(f"{one.code}（{one.title}）" for one in DUTIES)


def _day(text: str, what: str) -> date:
    try:
        return read_day(text)
    except ValueError as wrong:
        raise Refusal(f"{what}：{wrong}") from wrong


def _place(instance: Opened, slug: str, name: str | None) -> tuple[Regime, Jurisdiction, Unit | None]:
    """Return the regime, the jurisdiction and the unit, or refuse."""
    try:
        county = rosters.find_jurisdiction(instance.session, slug)
        unit = rosters.need_unit(instance.session, county, name) if name else None
    except rosters.RosterError as refusal:
        instance.session.rollback()
        raise Refusal(str(refusal)) from refusal
    regime = instance.regimes.get(slug)
    if regime is None:
        raise Refusal(f"县区“{slug}”没有制度文件，无法判断有哪些义务。请在制度文件夹中补上 {slug}.toml。")
    return regime, county, unit


@click.command("compliance")
@click.option("--jurisdiction", "-j", required=True, help="县区代码，例如 xiuzhou。")
@click.option("--on", "day", default=None, help="截至哪一天，例如 2026-10-20；默认今天。")
@click.option("--unit", "-u", default=None, help="只看一个单位：名称、简称或代码。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def compliance_command(jurisdiction: str, day: str | None, unit: str | None, as_json: bool) -> None:
    """公开义务一览：哪个单位、哪一期、应何时公开、现在怎样，以及覆盖率和规范指数。

    按数据库中的全部记录计算，包括没有向社会公开的。
    """
    given = _day(day, "--on") if day else None
    with opened() as instance:
        today = instance.now().astimezone(SHANGHAI).date()
        if given and given > today:
            raise Refusal(f"--on：{given} 在将来。请填写今天（{today}）或以前的日期。")
        regime, county, only = _place(instance, jurisdiction, unit)
        found = compliance.board(instance.session, regime, county, on=given or today, only=only)
        instance.session.rollback()
    if as_json:
        click.echo(json.dumps(answers.as_json(found), ensure_ascii=False))
        return
    _tell(found)


def _tell(found: compliance.Board) -> None:
    say(f"{found.regime.name}公开义务一览（截至{show_day(found.on)}）")
    if not found.rows:
        say("名册中还没有单位。请先用 portal units 导入单位名册。")
        return
    for row in found.rows:
        gaps = len(row.standing.wanting)
        say(f"\n{_name(row)}：{f'{gaps} 项有欠缺' if gaps else '没有欠缺'}，规范指数 {row.index.text}")
        for failed in row.index.items:
            if failed.passed is False:
                first = next((seen.what for seen in failed.evidence), failed.note)
                say(f"  不符合：{failed.item.title}{f'——{first}' if first else ''}")
        lines = [line for code in row.standing.cells for line in map(_line, row.standing.of(code))]
        if lines:
            say(text_table(("义务", "所属期", "到期日", "状态", "说明"), lines))
        for one in row.case.exemptions:
            ended = (
                f"，{show_day(one.revoked_on)}撤销{f'（{one.revoke_reason}）' if one.revoke_reason else ''}"
                if one.revoked_on
                else ""
            )
            say(
                f"豁免登记 {one.number}：{answers.duty_title(one.duty)}{f'（{one.period}）' if one.period else ''}，"
                f"{show_day(one.valid_from)}至{show_day(one.valid_until)}，{one.approver}批准：{one.reason}{ended}"
            )
    _tell_gaps(found)
    say("\n覆盖率（豁免的单位另列）")
    say(
        text_table(
            ("项目", "已落实", "应落实", "豁免", "比例", "原文比例"),
            [
                (
                    one.item.title,
                    str(len(one.done)),
                    str(one.eligible),
                    str(len(one.exempt)),
                    f"{float(one.share):.1%}" if one.share is not None else "—",
                    f"{float(one.item.aim):.0%}（{'达到' if one.reached else '未达到'}）"
                    if one.item.aim
                    else "—",
                )
                for one in found.rates
            ],
        )
    )
    if found.index is not None:
        say(f"规范指数平均 {float(found.index):.1f}")


def _name(row: compliance.Row) -> str:
    return f"{row.case.unit.name}{'（已撤销）' if row.case.gone_on else ''}"


def _weight(row: compliance.Row) -> tuple[bool, int, int]:
    """Sort the worst first, units that are gone last; equal ones stay in roster order."""
    states = [one.status for one in row.standing.wanting]
    return row.case.gone_on is not None, -states.count(Status.MISSING), -states.count(Status.LATE)


def _tell_gaps(found: compliance.Board) -> None:
    """Tell in one line each who has gaps, the worst first."""
    behind = sorted((row for row in found.rows if row.standing.wanting), key=_weight)
    say(f"\n有欠缺的单位 {len(behind)} 个，没有欠缺的 {len(found.rows) - len(behind)} 个")
    for row in behind:
        told = [
            f"{one.duty.title}{answers.period_name(one.period)}{one.word}" for one in row.standing.wanting
        ]
        say(f"  {_name(row)}：{len(told)} 项有欠缺：{'、'.join(told)}")


def _line(cell: Cell) -> tuple[str, str, str, str, str]:
    due = "—" if cell.due is None else cell.due.day.isoformat() + ("（暂定）" if cell.provisional else "")
    word = f"{cell.word}（已撤回）" if cell.withdrawn else cell.word
    if cell.status == Status.MISSING and cell.days:
        word += f"，逾期 {cell.days} {cell.day_unit}"
    told = "；".join(part for part in (cell.note, cell.afterthought) if part)
    return cell.duty.title, answers.period_name(cell.period) or "—", due, word, told


@click.command(
    "exempt",
    help=f"登记豁免：一个单位在一段时间内不适用某项义务。原因和批准机关将公示。\n\n可用的义务：{_DUTIES}。",
)
@click.argument("unit")
@click.argument("duty")
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--from", "since", required=True, help="起始日期（含）。")
@click.option("--until", required=True, help="截止日期（含），须晚于起始日期。")
@click.option("--reason", required=True, help="原因（将公示）。")
@click.option("--approver", required=True, help="批准人或批准机关（将公示）。")
@click.option("--period", default=None, help="只豁免一期：季度写 2026Q3，年度写 2026。")
@click.option("--actor", default="命令行", help="登记人。")
def exempt_command(
    unit: str,
    duty: str,
    jurisdiction: str,
    since: str,
    until: str,
    reason: str,
    approver: str,
    period: str | None,
    actor: str,
) -> None:
    first, last = _day(since, "--from"), _day(until, "--until")
    with opened() as instance:
        instance.begin_write()
        regime, _, found = _place(instance, jurisdiction, unit)
        if found is None:
            raise Refusal("请写明单位。")
        try:
            row = exempting.exempt(
                instance.session,
                found,
                regime=regime,
                duty=duty,
                period=period,
                reason=reason,
                approver=approver,
                valid_from=first,
                valid_until=last,
                actor=actor,
                now=instance.now(),
            )
        except exempting.Refused as refusal:
            _refuse(instance, refusal)
        instance.session.commit()
        say(
            f"已登记豁免（编号 {row.id}）：{found.name}，{answers.duty_title(row.duty)}，{show_day(first)}至{show_day(last)}。"
        )
    say("登记以前已经到期的各期不受影响。运行 portal sync 更新网站。")


@click.command("revoke-exemption")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="撤销原因。")
@click.option("--actor", default="命令行", help="撤销人。")
def revoke_command(number: int, reason: str, actor: str) -> None:
    """撤销一条豁免登记，自今天起失效；登记本身保留。编号见 portal compliance。"""
    with opened() as instance:
        instance.begin_write()
        try:
            row = exempting.revoke(instance.session, number, reason=reason, actor=actor, now=instance.now())
        except exempting.Refused as refusal:
            _refuse(instance, refusal)
        name = row.unit.name
        instance.session.commit()
    say(f"已撤销编号 {number} 的豁免登记（{name}）。运行 portal sync 更新网站。")


@click.command(
    "extend", help=f"登记延期：一项义务的一期延后到期。原因和批准机关将公示。\n\n可用的义务：{_DUTIES}。"
)
@click.argument("unit")
@click.argument("duty")
@click.argument("period")
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--until", required=True, help="新的到期日，须晚于原到期日。")
@click.option("--reason", required=True, help="原因（将公示）。")
@click.option("--approver", required=True, help="批准人或批准机关（将公示）。")
@click.option("--actor", default="命令行", help="登记人。")
def extend_command(
    unit: str, duty: str, period: str, jurisdiction: str, until: str, reason: str, approver: str, actor: str
) -> None:
    day = _day(until, "--until")
    with opened() as instance:
        instance.begin_write()
        regime, _, found = _place(instance, jurisdiction, unit)
        if found is None:
            raise Refusal("请写明单位。")
        try:
            row, afterwards = exempting.extend(
                instance.session,
                found,
                regime=regime,
                duty=duty,
                period=period,
                new_due=day,
                reason=reason,
                approver=approver,
                actor=actor,
                now=instance.now(),
            )
        except exempting.Refused as refusal:
            _refuse(instance, refusal)
        instance.session.commit()
        say(f"已登记延期：{found.name}，{answers.duty_title(row.duty)}{row.period}，延至{show_day(day)}。")
    if afterwards:
        say("注意：原到期日已过，本次延期标为“事后登记”并公示，迟延记录不变。")
    say("运行 portal sync 更新网站。")


def _refuse(instance: Opened, refusal: Exception) -> NoReturn:
    instance.session.rollback()
    raise Refusal(str(refusal)) from refusal


COMMANDS = (compliance_command, exempt_command, revoke_command, extend_command)
