"""The command for sample data: the small county of the first look, or a synthetic one of any size."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from portal.cli import instance
from portal.cli.opened import Opened, opened
from portal.cli.telling import Refusal, say
from portal.config import data_dir
from portal.demo.bank import SHANGHAI
from portal.demo.county import MOST, County, CountyRefused, Loaded, county_units, load_county, touch_county
from portal.domain.values import read_day

_UNTIL = date(2026, 9, 30)
_EARLIEST = date(2015, 1, 1)  # Before that the county would need years that the calendar does not have.
_JURISDICTION = "xiuzhou"


_Callback = Callable[[click.Context, click.Parameter, str | None], Any]


def _whole(least: int, most: int) -> _Callback:
    """Return the reader of a whole number from `least` to `most`; what it refuses it tells in Chinese."""

    def read(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        try:
            number = int(text)
        except ValueError as wrong:
            raise click.BadParameter(f"“{text}”不是整数") from wrong
        if not least <= number <= most:
            raise click.BadParameter(f"{number} 不在 {least} 到 {most} 之间")
        return number

    return read


def _day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> date | None:
    """Read the last day of the county: one that the calendar knows and that has come."""
    if text is None:
        return None
    try:
        day = read_day(text)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    if not _EARLIEST <= day <= datetime.now(SHANGHAI).date():
        raise click.BadParameter(f"{day} 不在 {_EARLIEST} 到今天之间，公开日期不能在将来")
    return day


@click.command("demo")
@click.option(
    "--units", callback=_whole(1, MOST), default=None, help="生成有这么多个单位的示例县，用于测量性能。"
)
@click.option("--years", callback=_whole(1, 20), default=None, help="公开几年的内容，默认 5。")
@click.option("--records", callback=_whole(1, 400), default=None, help="每个单位每年公开几件，默认 40。")
@click.option("--until", callback=_day, default=None, help="最后一天，默认 2026-09-30。")
@click.option(
    "--seed", callback=_whole(0, 10**9), default=None, help="种子：不同的种子生成不同的内容，默认 1。"
)
@click.option(
    "--jurisdiction", "-j", default=None, help=f"装入哪个县区（制度文件的代码），默认 {_JURISDICTION}。"
)
@click.option(
    "--touch", callback=_whole(1, 100_000), default=None, help="再更正这么多件记录（每次运行更正不同的）。"
)
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
@click.pass_context
def demo_command(
    ctx: click.Context,
    units: int | None,
    years: int | None,
    records: int | None,
    until: date | None,
    seed: int | None,
    jurisdiction: str | None,
    touch: int | None,
    as_json: bool,
) -> None:
    """装入示例数据（虚构的单位和人员，页面均标明“示例数据”）。可重复运行。

    不带选项时装入各县区的小份示例；带 --units 时生成一个示例县，单位名称、数额和文字都由参数决定，
    同样的参数生成同样的内容。--touch 更正其中若干件，供测量增量生成。
    """
    figures = (years, records, until, seed)
    if units is None and any(one is not None for one in figures):
        raise click.UsageError("--years、--records、--until、--seed 须与 --units 一起使用。")
    if units is None and touch is None:
        if as_json or jurisdiction:
            raise click.UsageError("--json、--jurisdiction 须与 --units 或 --touch 一起使用。")
        ctx.invoke(instance.demo_command)
        return
    started = time.monotonic()
    with opened(create=units is not None) as place:
        slug = _known(place, jurisdiction or _JURISDICTION)
        answer: dict[str, Any] = {"jurisdiction": slug}
        try:
            if units is not None:
                county = County(
                    slug, units, years or 5, records or 40, until or _UNTIL, 1 if seed is None else seed
                )
                answer |= _load(place, county, quiet=as_json)
            if touch is not None:
                touched = _touch(place, slug, touch, quiet=as_json)
                answer |= touched | {"versions": answer.get("versions", 0) + touch}
        except CountyRefused as refusal:
            place.session.rollback()
            raise Refusal(str(refusal)) from refusal
    answer["seconds"] = round(time.monotonic() - started, 2)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        say(_told(answer))


def _known(place: Opened, slug: str) -> str:
    if slug not in place.regimes:
        listed = "、".join(f"{one.slug}（{one.short}）" for one in place.regimes.values())
        raise click.UsageError(f"没有代码为“{slug}”的县区。可用的代码：{listed}。")
    return slug


def _load(place: Opened, county: County, *, quiet: bool) -> dict[str, Any]:
    place.begin_write()
    with _bar("示例县", county.units * county.years * county.records, quiet=quiet) as step:
        try:
            loaded: Loaded = load_county(
                place.session,
                county,
                data_dir("content"),
                place.regimes,
                commit=lambda: _commit(place),
                progress=step,
            )
        except KeyboardInterrupt as stopped:
            place.session.rollback()
            raise Refusal(
                "已中断。已经生成完的单位保留，正在生成的一个单位没有写入；用同样的参数再运行一次，就从这里接着生成。"
            ) from stopped
    return {
        "units": loaded.units,
        "records": loaded.records + loaded.present,
        "new_records": loaded.records,
        "versions": loaded.versions,
        "withdrawals": loaded.withdrawals,
        "explained": loaded.explained,
        "refused": loaded.refused,
        "reasons": dict(sorted(loaded.reasons.items())),
    }


@contextmanager
def _bar(label: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Give a progress callback: a bar on terminals, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=total, label=label, file=sys.stderr, show_pos=True) as bar:
        yield bar.update


def _commit(place: Opened) -> None:
    place.session.commit()
    place.begin_write()


def _touch(place: Opened, slug: str, count: int, *, quiet: bool) -> dict[str, Any]:
    place.begin_write()
    with _bar("更正记录", count, quiet=quiet) as step:
        before = touch_county(place.session, slug, count, place.regimes, progress=step)
    place.session.commit()
    return {"units": len(county_units(place.session, slug)), "touched": count, "touched_before": before}


def _told(answer: dict[str, Any]) -> str:
    lines = []
    if "records" in answer:
        lines.append(
            f"示例县共 {answer['units']} 个单位、{answer['records']} 件记录；"
            f"本次新公开 {answer['new_records']} 件、{answer['versions']} 个版本（含更正），撤回 {answer['withdrawals']} 个版本。"
        )
        if answer["explained"] or answer["refused"]:
            rules = "、".join(f"{rule} {count} 次" for rule, count in answer["reasons"].items())
            lines.append(
                f"其中 {answer['explained']} 个版本附公开说明后公开，{answer['refused']} 件不得公开（{rules}）。"
            )
    if "touched" in answer:
        lines.append(f"更正 {answer['touched']} 件（此前已更正 {answer['touched_before']} 件）。")
    lines.append(f"用时 {answer['seconds']} 秒。运行 portal sync 更新检索和网站。")
    return "\n".join(lines)


COMMANDS = (demo_command,)
