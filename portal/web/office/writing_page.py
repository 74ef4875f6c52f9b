"""The form of a draft as its page shows it: sections, inputs, what was typed, what is wrong beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table
from portal.domain.rules.base import Finding
from portal.domain.rules.check import Report, explains
from portal.domain.values import Type, show_yuan
from portal.exchange.forms import FormProblem, FormReading, Section, layout
from portal.exchange.forms.entries import rows_of, text_of
from portal.exchange.sheets.layout import default_of, is_required

_TABULAR = 8  # Columns that stand in one line on a wide screen.
_HOW = {
    Type.DAY: "例如 2026-03-05。",
    Type.MONTH: "例如 2026年7月。",
    Type.PERIOD: "例如 2026年第三季度、2026年7月、2026年。",
    Type.CLOCK: "例如 15:30。",
    Type.LINES: "一行一条。",
    Type.USCC: "18 位。",
}
_MODES = {Type.MONEY: "decimal", Type.RATIO: "decimal", Type.COUNT: "numeric"}


@dataclass(frozen=True)
class Said:
    """What the rule book says beside an input."""

    rule: str
    severity: str
    word: str
    title: str
    seen: str
    remedy: str
    source: str
    blocks: bool


@dataclass(frozen=True)
class Input:
    """One input: how it is shown, what was typed, what is wrong."""

    name: str
    label: str
    type: str  # line, area, select
    value: str
    mode: str = ""
    hint: str = ""
    source: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    picks: str = ""
    error: str = ""
    said: tuple[Said, ...] = ()
    money: bool = False

    @property
    def id(self) -> str:
        """Its id in the page."""
        return f"f-{self.name}"


@dataclass(frozen=True)
class Row:
    """One row of a table; `number` counts from 0, a pattern for new rows has a mark instead."""

    number: int | str
    name: str
    inputs: tuple[Input, ...]
    error: str = ""
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Box:
    """One piece of a section: a single input, a group of inputs, or a table."""

    name: str
    label: str = ""
    hint: str = ""
    inputs: tuple[Input, ...] = ()
    group: bool = False
    rows: tuple[Row, ...] = ()
    pattern: Row | None = None
    tabular: bool = False
    totals: tuple[tuple[str, str, str], ...] = ()  # Column, label, sum.
    columns: str = ""
    error: str = ""
    said: tuple[Said, ...] = ()

    @property
    def table(self) -> bool:
        """Tell whether it is a table."""
        return self.pattern is not None


@dataclass(frozen=True)
class Part:
    """One section: `folded` while nothing is in it and nothing need be."""

    number: int
    title: str
    boxes: tuple[Box, ...]
    later: bool
    open: bool
    count: int


@dataclass(frozen=True)
class FormView:
    """The whole form, and what is to be said above it."""

    parts: tuple[Part, ...]
    problems: tuple[tuple[str, str], ...]  # The input's id, and what to mend.
    loose: tuple[Said, ...]  # Findings that concern no single input.
    blocking: tuple[tuple[str, Said], ...]  # The place's id, and the finding that stops publication.
    count: int  # Of what must be mended before the form can be submitted.


@dataclass
class _Making:
    """What the pieces of a view are made from."""

    model: type[Document]
    entries: Mapping[str, str]
    errors: dict[str, str]
    said: dict[str, list[Said]]
    told: bool
    shown: set[str] = field(default_factory=set)

    def input(self, one: Field, name: str, label: str, text: str, table: Table | None) -> Input:
        default = default_of(self.model, one, table.name if table else None)
        self.shown.add(name)
        options = _options(one, text, default) if one.type in (Type.CHOICE, Type.YES_NO) else ()
        required = is_required(self.model, one) or (one.required and one.group is not None)
        return Input(
            name=name,
            label=f"{label}（元）" if one.type == Type.MONEY else label,
            type="select" if options else "area" if _is_long(one) else "line",
            value=text or (text_of(one, default) if options else ""),
            mode=_MODES.get(one.type, ""),
            hint=(one.about.help or ("" if table else self.hint(one)))
            + ("" if options else _if_blank(one, default)),
            source=one.about.source,
            required=required,
            options=options,
            picks=one.about.picks,
            error=self.errors.get(name, "") if self.told else "",
            said=tuple(self.said.get(name, ())),
            money=one.type == Type.MONEY,
        )

    def hint(self, one: Field) -> str:
        if one.path == ("title",) and self.model.names_itself():
            return "留空则自动拟定。"
        return f"例如 {one.about.example}。" if one.about.example else _HOW.get(one.type, "")

    def row(self, table: Table, number: int | str, typed: Mapping[str, str]) -> Row:
        name = f"{table.name}-{number}"
        inputs = tuple(
            self.input(
                one,
                f"{table.name}-{number}-{one.path[0]}",
                one.about.label,
                typed.get(one.path[0], ""),
                table,
            )
            for one in table.fields
        )
        self.shown.add(name)
        return Row(
            number,
            name,
            inputs,
            self.errors.get(name, "") if self.told else "",
            tuple(self.said.get(name, ())),
        )


def form_view(
    reading: FormReading, entries: Mapping[str, str], report: Report | None, *, told: bool
) -> FormView:
    """Return the form of a kind with what was typed. With `told` what is wrong stands in it: not before anything was typed."""
    model = reading.model
    findings = findings_of(reading, report)
    said: dict[str, list[Said]] = {}
    for name, one in findings if told else ():
        said.setdefault(name or "", []).append(one)
    errors: dict[str, str] = {}
    for problem in reading.problems:
        errors.setdefault(problem.name, f"{problem.message}{problem.remedy}")
    making = _Making(model, entries, errors, said, told)
    parts = tuple(_part(making, number, one) for number, one in enumerate(layout(model)))
    blocking = tuple((anchor(name), one) for name, one in findings if one.blocks)
    loose = tuple(one for name, some in said.items() if name not in making.shown for one in some)
    return FormView(
        parts,
        tuple(summary(reading.problems)) if told else (),
        loose,
        blocking if told else (),
        len(reading.problems) + len(blocking),
    )


def summary(problems: Sequence[FormProblem]) -> Iterable[tuple[str, str]]:
    """Yield what to mend in lines, each with its input's id: what is wrong alike in a column of a table is one line."""
    alike: dict[tuple[str, str, str, str], list[tuple[FormProblem, int]]] = {}
    for one in problems:
        cell = _CELL.fullmatch(one.label)
        where = (cell[1], cell[3]) if cell else (one.name, one.label)
        key = (*where, one.message, one.remedy)
        alike.setdefault(key, []).append((one, int(cell[2]) if cell else 0))
    for key, some in alike.items():
        first = some[0][0]
        if len(some) == 1:
            yield anchor(first.name), line(first)
        else:
            rows = _ranges([number for _, number in some])
            yield anchor(first.name), f"{key[0]}第 {rows} 行·{key[1]}：{first.message}{first.remedy}"


_CELL = re.compile(r"(.+)第 (\d+) 行·(.+)")  # How a cell of a table is named.


def _ranges(numbers: Sequence[int]) -> str:
    """Return rows as a person names them: 1、3、5 至 9."""
    spans: list[list[int]] = []
    for one in sorted(numbers):
        if spans and one == spans[-1][-1] + 1:
            spans[-1].append(one)
        else:
            spans.append([one])
    return "、".join(f"{one[0]} 至 {one[-1]}" if len(one) > 2 else "、".join(map(str, one)) for one in spans)


def line(problem: FormProblem) -> str:
    """Return a problem in one line, as a summary has it."""
    return f"{problem.label}：{problem.message}{problem.remedy}"


def anchor(name: str | None) -> str:
    """Return the id of what an input's name leads to."""
    return f"f-{name}" if name else "writing"


def findings_of(reading: FormReading, report: Report | None) -> list[tuple[str | None, Said]]:
    """Return the findings with the names of the inputs that they concern, the gravest first."""
    if report is None or reading.document is None:
        return []
    blocking = {id(one) for one in report.blocking(explained=explains(reading.document.public_explanation))}
    return [(reading.name_of(one.place), _said(one, id(one) in blocking)) for one in report.findings]


def _said(one: Finding, blocks: bool) -> Said:
    return Said(
        one.rule, one.severity.value, one.severity.label, one.title, one.seen, one.remedy, one.source, blocks
    )


def _part(making: _Making, number: int, section: Section) -> Part:
    boxes: list[Box] = []
    for item in section.items:
        if item.table:
            boxes.append(_table(making, item.table, item.about.help))
            continue
        inputs = tuple(
            making.input(
                one,
                ".".join(one.path),
                one.about.label,
                making.entries.get(".".join(one.path), ""),
                None,
            )
            for one in item.fields
        )
        making.shown.add(item.name)
        if item.group:
            error = making.errors.get(item.name, "") if making.told else ""
            said = tuple(making.said.get(item.name, ()))
            boxes.append(
                Box(item.name, item.about.label, item.about.help, inputs, True, error=error, said=said)
            )
        else:
            boxes.append(Box(item.name, inputs=inputs))
    typed = sum(_typed(making, box) for box in boxes)
    begun = any(box.rows for box in boxes)
    trouble = any(_trouble(box) for box in boxes)
    return Part(number, section.title, tuple(boxes), section.later, bool(typed) or trouble or begun, typed)


def _typed(making: _Making, box: Box) -> int:
    if box.table:
        return sum(
            any(one for one in row.values()) for row in rows_of(making.model, making.entries, box.name)
        )
    return sum(bool(making.entries.get(one.name)) and not _untouched(one) for one in box.inputs)


def _untouched(one: Input) -> bool:
    """Tell whether a choice stands where it stood from the start."""
    return bool(one.options) and one.options[0][0] == one.value


def _trouble(box: Box) -> bool:
    pieces: Iterable[Any] = (box, *box.inputs, *box.rows, *(one for row in box.rows for one in row.inputs))
    return any(one.error or one.said for one in pieces)


def _table(making: _Making, table: Table, hint: str) -> Box:
    typed: Sequence[Mapping[str, str]] = rows_of(making.model, making.entries, table.name)
    if not typed and table.required:
        typed = [{}]
    rows = tuple(making.row(table, number, row) for number, row in enumerate(typed))
    making.shown.add(table.name)
    pattern = making.row(table, "__n__", {})
    return Box(
        table.name,
        table.about.label,
        hint,
        rows=rows,
        pattern=pattern,
        tabular=len(table.fields) <= _TABULAR,
        totals=tuple(_totals(table, typed)),
        columns="、".join(one.about.label for one in table.fields),
        error=making.errors.get(table.name, "") if making.told else "",
        said=tuple(making.said.get(table.name, ())),
    )


def _totals(table: Table, rows: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, str, str]]:
    """Yield the sums of the columns of amounts; where lines are nested, of the highest level only."""
    levels = [row.get("level") or "1" for row in rows]
    top = min(levels, default="1") if any(one.path == ("level",) for one in table.fields) else None
    for one in table.fields:
        if one.type != Type.MONEY:
            continue
        total = 0
        for row, level in zip(rows, levels, strict=True):
            if top is None or level == top:
                try:
                    total += one.read(row[one.path[0]]) if row.get(one.path[0], "").strip() else 0
                except ValueError:
                    continue  # What is no amount is told beside it.
        yield one.path[0], one.about.label, show_yuan(total)


def _is_long(one: Field) -> bool:
    return one.type == Type.PROSE or (one.type == Type.LINES and one.path[-1] != "chain")


def _if_blank(one: Field, default: Any) -> str:
    return f"留空按“{shown}”处理。" if (shown := one.show(default)) else ""


def _options(one: Field, text: str, default: Any) -> tuple[tuple[str, str], ...]:
    known = (
        [(choice.value, choice.label) for choice in one.choices]
        if one.choices is not None
        else [("是", "是"), ("否", "否")]
    )
    first = text_of(one, default)
    if first:
        known.sort(key=lambda pair: pair[0] != first)  # What stands there from the start comes first.
    else:
        known.insert(0, ("", "请选择" if one.required else "—"))
    if text and text not in [code for code, _ in known]:
        known.append((text, text))  # Wrong, and told so; it is not thrown away.
    return tuple(known)


__all__ = ["FormView", "Said", "anchor", "findings_of", "form_view", "line"]
