"""制度参数 as they are shown: every entry in force, what of it may be changed here, and what recorded changes say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast, get_args

from pydantic import BaseModel

from portal.domain.dated import Dated
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Off, Terms
from portal.domain.spelling import Shape, shape_of, shown, shown_row, typed, typed_rows
from portal.domain.supervision.letters import Kind
from portal.domain.units import UnitType
from portal.services.running import overlay
from portal.services.running.overlay import RULE, SECTIONS, YEAR, Change

_STATUTORY = "原文已有规定，不能在这里改。原文修订的，由平台管理员更新制度文件。"
_STRUCTURED = "这一项有多层内容，须由平台管理员在制度文件中修改。"
_OF_THE_TEXT = frozenset(
    {("domains", "label"), ("replies", "basis")}
)  # What a file's text itself gives, whatever else of it is default.
_MAY_BE_ADDED = frozenset({("domains", "aliases")})
_FIXED = frozenset({"code", "title", "letter", "ocp", "duty", "rules"})
_COMMON = frozenset(Dated.model_fields)
_LABELS = {
    "label": "名称",
    "aliases": "文件中的其他叫法",
    "roll": "期限届满日逢节假日顺延",
    "aim": "目标比例",
    "areas": "应有的配套制度",
    "weight": "权重",
    "within": "期限",
    "basis": "文书引用的依据",
    "acknowledge": "告知是否受理",
    "feedback": "办结后反馈",
    "route": "转送其他机关",
    "petition_acknowledge": "信访事项告知",
    "petition_close": "信访事项办结",
    "petition_extension": "信访事项延期",
    "petition_review": "信访事项申请复查",
    "closed": "办结以后保存",
    "unaccepted": "不受理、转送以后保存",
    "after": "逾期后第几个工作日",
    "prevent": "达到多少分为预防",
    "alert": "达到多少分为警示",
    "items": "计分项目",
    "share": "比例",
    "days": "天数",
    "count": "次数",
    "months": "月数",
    "amounts": "金额",
    "least": "最少",
    "late_quarters": "迟公开往前列几个季度",
    "quarters": "统计最近几个季度",
    "index_step": "规范指数每低几分计一次",
    "before": "到期前第几个工作日提醒",
    "every": "以后每隔几个工作日提醒",
    "times": "逾期后总共提醒几次",
    "severity": "严重程度",
}


@dataclass(frozen=True)
class Value:
    """One value: how it reads and is typed, and whether it may be changed here, or why not."""

    name: str
    label: str
    text: str
    typed: str
    shape: Shape
    open: bool
    why: str = ""
    changed: bool = False
    rows: tuple[Mapping[str, str], ...] = ()  # Of a list with columns: what stands in each row's inputs.

    @property
    def lines(self) -> tuple[str, ...]:
        """The rows of a list with columns, each as people read it."""
        return tuple(shown_row(one, self.shape) for one in self.rows)


@dataclass(frozen=True)
class Group:
    """The values of one entry in force, under the name by which changes know it."""

    section: str
    name: str
    unit_types: tuple[str, ...]
    title: str
    about: str
    values: tuple[Value, ...]
    since: date
    until: date | None
    source: str
    changed: bool
    readings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The entry's part of an address."""
        return "~".join((self.section, self.name, "+".join(self.unit_types)))

    @property
    def open(self) -> bool:
        """Tell whether any value may be changed."""
        return any(one.open for one in self.values)

    @property
    def bound(self) -> str:
        """Whom it binds."""
        return "、".join(UnitType(one).label for one in self.unit_types) or "全部单位"


def groups_of(laid: Mapping[str, Regime], slug: str, *, on: date) -> list[Group]:
    """Return every entry of the regime in force on a day, with what may be changed."""
    regime, file = laid[slug], overlay.file_regime(laid, slug)
    return [*_rules(regime, file, on), *_sections(regime, file, on)]


def _rules(regime: Regime, file: Regime, on: date) -> Iterator[Group]:
    for rule_id, rule in rules().items():
        for entry in regime.entries_on(rule_id, on):
            if isinstance(entry, Off):
                continue
            types = [one for one in UnitType if regime.entry(rule_id, on, one) is entry]
            first = file.entry(rule_id, on, types[0])
            values = tuple(_rule_values(entry, first))
            if values:
                yield Group(
                    RULE,
                    rule_id,
                    tuple(one.value for one in entry.unit_types),
                    f"{rule_id} {rule.title}",
                    rule.why,
                    values,
                    entry.valid_from,
                    entry.valid_to,
                    entry.source,
                    entry is not first,
                    entry.readings,
                )


def _rule_values(entry: Terms, first: Terms | None) -> Iterator[Value]:
    names = [*entry.values(), "severity"]
    for name in names:
        info = type(entry).model_fields[name]
        shape, value = shape_of(info), getattr(entry, name)
        open_here = first is not None and not isinstance(first, Off) and first.is_default(name)
        if value is None and not open_here:
            continue
        before = getattr(first, name, None)
        yield _value(
            entry.file_name(name),
            info.title or name,
            value,
            shape,
            open_here=open_here,
            changed=first is not None and before != value,
        )


def _value(name: str, label: str, value: Any, shape: Shape, *, open_here: bool, changed: bool) -> Value:
    simple = shape.simple
    rows = typed_rows(value or (), shape) if shape.columns else ()
    text = shown(value, shape) if simple else f"{len(rows)} 行" if rows else "没有"
    typable = simple or bool(shape.columns)
    why = "" if open_here and typable else _STRUCTURED if open_here else _STATUTORY
    return Value(
        name,
        label,
        text,
        typed(value, shape) if simple else "",
        shape,
        open_here and typable,
        why,
        changed,
        rows,
    )


def _sections(regime: Regime, file: Regime, on: date) -> Iterator[Group]:
    for section, label in SECTIONS.items():
        theirs = {overlay.name_of(section, one): one for one in overlay.entries_of_section(file, section, on)}
        for entry in overlay.entries_of_section(regime, section, on):
            name = overlay.name_of(section, entry)
            first = theirs.get(name)
            values = tuple(_section_values(section, entry, first))
            title = getattr(entry, "title", "") or _entry_title(section, name)
            if values:
                yield Group(
                    section,
                    name,
                    (),
                    f"{label}：{title}" if title else label,
                    entry.note or "",
                    values,
                    entry.valid_from,
                    entry.valid_to,
                    entry.source,
                    first is None or any(one.changed for one in values),
                    entry.readings,
                )


def _entry_title(section: str, name: str) -> str:
    return "" if name == section else _ENTRIES.get(name, name)


_ENTRIES = {"matter": "监督事项的说明", "rectify": "整改", **{one.value: one.label for one in Kind}}


def _section_values(section: str, entry: Dated, first: Dated | None) -> Iterator[Value]:
    for name, info in type(entry).model_fields.items():
        if name in _COMMON or name in _FIXED:
            continue
        value, shape = getattr(entry, name), shape_of(info)
        if value is None or (value == () and not shape.columns and (section, name) not in _MAY_BE_ADDED):
            continue
        yield _value(
            info.alias or name,
            _LABELS.get(name, info.title or name),
            value,
            shape,
            open_here=first is not None and first.default and (section, name) not in _OF_THE_TEXT,
            changed=first is not None and getattr(first, name) != value,
        )


def group_of(laid: Mapping[str, Regime], slug: str, key: str, *, on: date) -> Group | None:
    """Return the entry of that address in force on a day."""
    return next((one for one in groups_of(laid, slug, on=on) if one.key == key), None)


def after_text(value: Any, shape: Shape) -> str:
    """Return a value in the file's spelling as people read it."""
    options = dict(shape.options)
    if shape.columns:
        entries = [shape.core.model_validate(one) for one in value or ()]
        lines = [shown_row(one, shape) for one in typed_rows(entries, shape)]
        return "；".join(f"第 {number} 行：{line}" for number, line in enumerate(lines, 1)) or "没有"
    if isinstance(value, list):
        return "、".join(options.get(str(one), str(one)) for one in value) or "没有"
    if value is None:
        return "没有"
    if isinstance(value, bool):
        return "是" if value else "否"
    return options.get(str(value), f"{value} 元" if shape.yuan else str(value))


def title_of(change: Change) -> str:
    """Return what a change is about."""
    if change.section == YEAR:
        return f"{change.name}年放假安排"
    if change.section == RULE:
        known = rules().get(change.name)
        return f"{change.name} {known.title}" if known else change.name
    label = SECTIONS.get(change.section, change.section)
    return label if change.name == change.section else f"{label}：{_ENTRIES.get(change.name, change.name)}"


def values_of(change: Change) -> list[tuple[str, str]]:
    """Return what a change says, labelled."""
    model = _model_of(change)
    fields = {(info.alias or name): info for name, info in model.model_fields.items()} if model else {}
    found = []
    for name, value in change.values.items():
        if info := fields.get(name):
            label = (change.section != RULE and _LABELS.get(name)) or info.title or _LABELS.get(name, name)
            found.append((label, after_text(value, shape_of(info))))
        else:
            found.append((_LABELS.get(name, name), str(value)))
    return found


def _model_of(change: Change) -> type[BaseModel] | None:
    """Return the model of the entry that a change is about."""
    if change.section == RULE:
        return rules()[change.name].terms if change.name in rules() else None
    if change.section not in SECTIONS:
        return None
    (model, *_) = get_args(Regime.model_fields[change.section].annotation)
    return cast(type[BaseModel], model)
