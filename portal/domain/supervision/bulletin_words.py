"""通报: its text, written from the figures, and how each figure was counted. The same on page, paper and in tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.domain.supervision.bulletin import Before, DutyLine, Figures, Gap, RankLine, points
from portal.domain.values import show_day, show_period

NAMED = 8  # So many units are named in a sentence; the tables name them all.


@dataclass(frozen=True)
class Section:
    """One part of the text: its heading without a number, and its paragraphs."""

    name: str
    heading: str
    text: tuple[str, ...]


def title_of(figures: Figures) -> str:
    """Return 关于2026年第三季度权力公开情况的通报."""
    return f"关于{show_period(figures.quarter)}权力公开情况的通报"


def sections_of(figures: Figures) -> tuple[Section, ...]:
    """Return the text of a bulletin, the commission's own words apart."""
    found = (
        Section("overall", "总体情况", tuple(_overall(figures))),
        Section("coverage", "授权分工和配套制度", tuple(_coverage(figures))),
        Section("ranking", "规范指数和排名", tuple(_ranking(figures))),
        Section("gaps", "迟公开和未公开", tuple(_gaps(figures))),
        Section("findings", "规则核对发现的问题", tuple(_findings(figures))),
        Section("own", "整改和督办", tuple(_own(figures))),
    )
    return tuple(one for one in found if one.text)


def _overall(figures: Figures) -> Iterator[str]:
    total, quarter = figures.total, show_period(figures.quarter)
    if not total.due:
        yield (
            f"截至{show_day(figures.on)}，{figures.area_name}共有{figures.units}个单位。"
            f"{quarter}没有到期的公开事项{_waiting(total)}。"
        )
        return
    then = figures.earlier.share.value if figures.earlier else None
    moved = points(total.share.value, then)
    compared = ""
    if moved and figures.earlier:
        compared = f"，{'与' if moved == '持平' else '比'}{show_period(figures.earlier.quarter)}{moved}"
    yield (
        f"截至{show_day(figures.on)}，{figures.area_name}共有{figures.units}个单位。"
        f"{quarter}到期的公开、备案、报告事项共{total.due}项，按期完成{total.on_time}项，"
        f"按期率{total.share.text}{compared}；{_late_and_missing(total)}{_waiting(total)}。"
    )
    for one in figures.of_quarter:
        if one.code == "finance" and one.due:
            nil = f"（其中{one.nil}个单位申报无发生额）" if one.nil else ""
            yield (
                f"季度财务方面，应{one.act}{one.due}个单位，按期{one.act}{one.on_time}个{nil}，"
                f"按期率{one.share.text}；{_late_and_missing(one)}。"
            )
    if figures.provisional:
        yield "部分事项到期日所在年份的放假安排尚未公布，到期日为暂定，公布后可能变动。"


def _late_and_missing(line: DutyLine) -> str:
    each = line.each.removeprefix("个单位") or "个"
    late = f"逾期{line.act}{line.late}{each}" if line.late else f"没有逾期{line.act}的"
    missing = f"至今未{line.act}{line.missing}{each}" if line.missing else f"没有至今未{line.act}的"
    return f"{late}，{missing}"


def _waiting(line: DutyLine) -> str:
    """Say what is not counted, and why."""
    parts = [
        f"期限未满{line.waiting}项" if line.waiting else "",
        f"经批准豁免{line.exempt}项" if line.exempt else "",
        f"资料不全待核对{line.unclear}项" if line.unclear else "",
        f"已依法撤回{line.withdrawn}项" if line.withdrawn else "",
    ]
    told = "、".join(one for one in parts if one)
    return f"。另有{told}，不计入按期率" if told else ""


def _coverage(figures: Figures) -> Iterator[str]:
    then = dict(figures.before.coverage) if figures.before else {}
    for one in figures.coverage:
        if not one.share.of:
            continue
        moved = points(one.share.value, then[one.code].value) if one.code in then else ""
        compared = f"，{_than(figures.before, moved)}" if moved and figures.before else ""
        aim = ""
        if one.aim is not None:
            aim = f"，{'达到' if one.reached else '未达到'}{_plain(one.aim.value)}的目标"
        exempt = f"豁免{one.exempt}个，不计入。" if one.exempt else ""
        yield (
            f"{one.title}的单位{one.done}个，占应有单位{one.share.of}个的{one.share.text}{compared}{aim}。{exempt}"
            + (f"尚未做到的有{_names(one.wanting)}。" if one.wanting else "")
        )


def _plain(value: Fraction | None) -> str:
    """Return a share as the source names it: 90%, not 90.0%."""
    hundred = 100 * (value or 0)
    return f"{hundred.numerator}%" if hundred.denominator == 1 else f"{float(hundred):.1f}%"


def _than(before: Before, moved: str) -> str:
    when = "通报时" if before.number else f"同期（{show_day(before.on)}）"
    return f"{'与' if moved == '持平' else '比'}{show_period(before.quarter)}{when}{moved}"


def _ranking(figures: Figures) -> Iterator[str]:
    ranked = [one for one in figures.ranking if one.rank is not None]
    if not ranked:
        yield "各单位都没有适用的规范指数项目，本季度不排名。"
        return
    then = Fraction(*figures.before.index) / 100 if figures.before and figures.before.index else None
    now = Fraction(*figures.average) / 100 if figures.average else None
    moved = points(now, then, unit="分")
    compared = f"，{_than(figures.before, moved)}" if moved and figures.before else ""
    last = max(one.rank or 0 for one in ranked)
    first, bottom = ([one.name for one in ranked if one.rank == rank] for rank in (1, last))
    unranked = len(figures.ranking) - len(ranked)
    yield (
        f"{len(ranked)}个单位的规范指数平均{figures.average_text}分{compared}。{_at(first, 1)}"
        + (f"，{_at(bottom, last)}" if last > 1 else "")
        + "。"
        + (f"{unranked}个单位没有适用的项目，不排名。" if unranked else "")
    )


def _at(names: Sequence[str], rank: int) -> str:
    return f"{_names(names)}{'并列' if len(names) > 1 else '列'}第{rank}名"


def _gaps(figures: Figures) -> Iterator[str]:
    if figures.missing:
        names = list(dict.fromkeys(one.name for one in figures.missing))
        yield f"至今未完成的共{sum(one.count for one in figures.missing)}项，涉及{len(names)}个单位：{_names(names)}。"
    if figures.late:
        names = list(dict.fromkeys(one.name for one in figures.late))
        longest = max(figures.late, key=lambda one: one.days)
        worst = (
            f"，最长的是{longest.name}{longest.period}{longest.title}，逾期{longest.days}{longest.day_unit}"
            if longest.days
            else ""
        )
        yield f"逾期完成的共{sum(one.count for one in figures.late)}项，涉及{len(names)}个单位：{_names(names)}{worst}。"
    if not figures.missing and not figures.late:
        yield "没有逾期完成和至今未完成的事项。"


def _findings(figures: Figures) -> Iterator[str]:
    if not figures.findings:
        yield "对有效的公开内容按规则核对，没有发现违规和预警。"
        return
    bad, warned = (
        sum(one.block + one.red for one in figures.findings),
        sum(one.yellow for one in figures.findings),
    )
    most = figures.findings[0]
    fresh = sum(one.fresh for one in figures.findings)
    yield (
        f"对有效的公开内容按规则核对，发现违规{bad}处、预警{warned}处，涉及{figures.finding_units}个单位，"
        f"其中出自本季度公开或者更正的内容{fresh}处。较为突出的是“{most.title}”，{most.total}处，"
        f"涉及{most.units}个单位。"
    )


def _own(figures: Figures) -> Iterator[str]:
    own = figures.own
    if own.to_rectify:
        yield (
            f"本季度到期的整改事项{own.to_rectify}项，已销号{own.rectified}项，整改率{own.share.text}，"
            f"其中按期销号{own.in_time}项。目前超过期限尚未销号的有{own.overdue}项。"
        )
    else:
        yield "本季度没有到期的整改事项。" + (
            f"目前超过期限尚未销号的有{own.overdue}项。" if own.overdue else ""
        )
    sent = "、".join(f"{name}{count}份" for name, count in own.letters)
    said = f"本季度立监督事项{own.matters_opened}项，办结{own.matters_closed}项。"
    yield said + (f"发出{sent}。" if sent else "")


def _names(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return "、".join(names)
    return f"{'、'.join(names[:NAMED])}等{len(names)}个单位"


def gap_word(gap: Gap) -> str:
    """Return 逾期3个工作日公开, or 未公开."""
    each = f"{gap.count}件，最长" if gap.count > 1 else ""
    if gap.days:
        return f"{each}逾期{gap.days}{gap.day_unit}"
    return f"{gap.count}件" if gap.count > 1 else ""


def place_word(line: RankLine) -> str:
    """Return a unit's place in words."""
    return f"{line.rank}" if line.rank is not None else "不排名"


METHOD: tuple[tuple[str, str], ...] = (
    (
        "统计范围",
        "只统计向社会公开的内容和登记的豁免、延期，任何人都可以用公开网站的数据重新计算。标有“本级掌握”的除外，那是纪委监委自己的办理数据。",
    ),
    (
        "按期率",
        "按期完成的项数除以到期的项数。到期的项数为按期、逾期完成和至今未完成三项之和；期限未满、豁免、不适用、待核对和已撤回的另列，不计入。",
    ),
    (
        "归属季度",
        "季度财务、三项费用备案、票据检查、分管工作报告按所属季度；集体决策按会议日期、采购结果按供应商确定日期所在季度，按件计算；预算和决算按原到期日所在季度；年度报告归第四季度。",
    ),
    (
        "长期义务",
        "授权分工方案、分工方案备案和配套制度看统计日的情况，不计入季度按期率。",
    ),
    (
        "逾期天数",
        "从到期日的次日起计算，单位与规定期限的单位一致；经批准延期的从延期后的到期日起计算，到期后才登记的延期不改变逾期。同一单位按件计算的事项只列最长的一件。",
    ),
    (
        "覆盖率",
        "已做到的单位数除以应当做到的单位数；豁免的和期限未满的不计入。",
    ),
    (
        "规范指数",
        "100乘以符合项目的权重之和，除以适用项目的权重之和；没有涉及的项目不计。平均数是有指数的各单位的简单平均。",
    ),
    (
        "排名",
        "先比规范指数，相同的再比本季度按期率；两项都相同的名次并列，其后名次顺延空出。本季度没有到期事项的，按期率视同百分之百。没有适用项目的单位不排名。",
    ),
    (
        "问题分类",
        "现有效的公开内容按规则核对的结果，违规包括“不得发布”和“违规”两级，提示不计入。核对由平台自动进行，是不是违反规定以核查结果为准，不涉及对个人责任的认定。“本季度”指本季度公开或者更正的内容中的问题。",
    ),
    (
        "趋势",
        "各季度都按统计日的情况计算，所以过去季度的数字可能与当时通报的不同。覆盖率和规范指数与上一季度同期比较：上一季度结束后经过同样天数的那一天，按那一天已经公开的内容计算。",
    ),
    (
        "整改率",
        "本级掌握。期限在本季度内的整改事项中已经销号的比例。",
    ),
)
"""口径说明: how each figure was counted."""
