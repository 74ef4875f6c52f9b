"""Templates in English: their Chinese texts are replaced while they are compiled, so that pages cost nothing more.

A text is what stands in one text node or in one attribute that people read, with
the values in it: `{{ total }} 个单位` is the message `{total} 个单位`. Chinese strings in
expressions are messages too, and `{{ count ~ ' 件' }}` is `{count} 件`. Every value that is
shown is said by the `Speaker`. The templates themselves know nothing of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Undefined
from markupsafe import escape

from portal.web.public.english.catalog import HAN, WIDE, Catalog, Place, normal, parts_of, punctuation
from portal.web.public.english.speaking import Speaker, read_value
from portal.web.public.output import QuickContext, QuickTemplate

READ = frozenset(("aria-label", "placeholder", "title", "alt", "content", "data-l", "label"))
PLAIN = frozenset(("title", "desc", "text", "option", "textarea"))  # No element may stand in these.
TYPED = frozenset(("query",))  # What the reader typed: shown as it is.
_ENDS = "。，：；、？！"
_BEGIN = re.compile(r"<(?=[A-Za-z/!])")
_TAG = re.compile(r"</?([A-Za-z][\w:-]*)")
_IN_TAG = re.compile(r"""([\w:-]+)=(["'])|>""")


@dataclass(frozen=True)
class Slot:
    """Where something stands in the page: in markup, in a text, or in the value of an attribute."""

    number: int
    sort: str
    tag: str = ""
    attribute: str = ""

    @property
    def read(self) -> bool:
        """Tell whether people read it."""
        return self.sort != "markup" and (not self.attribute or self.attribute in READ)

    @property
    def plain(self) -> bool:
        """Tell whether only text may stand there."""
        return self.sort != "text"


class Scanner:
    """Follows the markup of a template through its pieces."""

    def __init__(self) -> None:
        """Start in a text."""
        self._state = "text"
        self._tag = self._attribute = self._quote = self._within = ""
        self._closing = False
        self._number = 0

    @property
    def slot(self) -> Slot:
        """The place reached."""
        if self._state == "text":
            return Slot(self._number, "plain" if self._within else "text", self._within)
        if self._state == "value":
            return Slot(self._number, "value", self._tag, self._attribute)
        return Slot(self._number, "markup", self._tag)

    def feed(self, data: str) -> Iterator[tuple[Slot, str]]:
        """Yield each stretch of a piece with its place."""
        at = 0
        while at < len(data):
            end = self._end(data, at)
            if end > at:
                yield self.slot, data[at:end]
            at = end
            if at < len(data):
                taken = self._turn(data, at)
                if taken:
                    yield Slot(self._number, "markup", self._tag), data[at : at + taken]
                    self._number += 1
                at += taken

    def _end(self, data: str, at: int) -> int:
        """Return where the present place ends."""
        if self._state == "text":
            found = _BEGIN.search(data, at)
            return found.start() if found else len(data)
        if self._state == "value":
            found_at = data.find(self._quote, at)
            return len(data) if found_at < 0 else found_at
        found = _IN_TAG.search(data, at)
        return found.start() if found else len(data)

    def _turn(self, data: str, at: int) -> int:
        """Take what leads from one place to the next, and return its length."""
        self._number += 1
        if self._state == "text":
            found = _TAG.match(data, at)
            self._tag = found[1].lower() if found else ""
            self._closing = data.startswith("</", at)
            self._state = "tag"
            return found.end() - at if found else 2
        if self._state == "value":
            self._state = "tag"
            return 1
        found = _IN_TAG.match(data, at)
        assert found  # noqa: S101 - `_end` stops only there.
        if found[0] == ">":
            self._state = "text"
            if self._closing and self._tag == self._within:
                self._within = ""
            elif not self._closing and not self._within and self._tag in PLAIN:
                self._within = self._tag
        else:
            self._state, self._attribute, self._quote = "value", found[1].lower(), found[2]
        return found.end() - at


class Translator:
    """Replaces the Chinese texts of one template after another; `missing` are those without a translation."""

    def __init__(self, catalog: Catalog) -> None:
        """Translate by a catalogue."""
        self.catalog = catalog
        self.seen: dict[str, str] = {}  # Every message with the template that it was first seen in.
        self.missing: dict[str, str] = {}

    def translate(self, template: nodes.Template, name: str) -> None:
        """Translate one parsed template in place."""
        self._name = name
        self._walk(template, Scanner())
        template.set_environment(template.environment)  # type: ignore[arg-type] # Set by the parser.

    def _find(self, message: str, *, joined: bool = False) -> str | None:
        message = normal(message)
        self.seen.setdefault(message, self._name)
        found = self.catalog.find(message, joined=joined)
        if found is None:
            self.missing.setdefault(message, self._name)
        return found

    # Statements.

    def _walk(self, node: nodes.Node, scanner: Scanner) -> None:
        for field, value in node.iter_fields():
            if isinstance(value, list):
                setattr(node, field, [self._visit(one, scanner) for one in value])
            elif isinstance(value, nodes.Node):
                setattr(node, field, self._visit(value, scanner))

    def _visit(self, node: Any, scanner: Scanner) -> Any:
        if isinstance(node, nodes.Output):
            node.nodes = _merged(self._output(node, scanner))
        elif isinstance(node, nodes.Expr):
            return self._expression(node)
        elif isinstance(node, nodes.Macro | nodes.Block):
            self._walk(node, Scanner())
        elif isinstance(node, nodes.Node):
            self._walk(node, scanner)
        return node

    def _output(self, output: nodes.Output, scanner: Scanner) -> Iterator[nodes.Expr]:
        """Yield what is put out, text by text."""
        run: list[nodes.Expr] = []
        place = scanner.slot
        foreign: nodes.Expr | None = None
        for slot, node in self._stretches(output, scanner):
            if slot != place:
                yield from self._run(place, run)
                foreign = _leads_to(place, run) or foreign
                place, run = slot, []
            if foreign is not None and slot.sort == "markup" and isinstance(node, nodes.TemplateData):
                # The closing quote of the address: what the link leads to is told after it.
                yield _data(node.data[0], node.lineno)
                yield nodes.Call(
                    nodes.Name("abroad", "load", lineno=node.lineno),
                    [foreign],
                    [],
                    None,
                    None,
                    lineno=node.lineno,
                )
                foreign, node = None, _data(node.data[1:], node.lineno)
            run.append(node)
        yield from self._run(place, run)

    def _stretches(self, output: nodes.Output, scanner: Scanner) -> Iterator[tuple[Slot, nodes.Expr]]:
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                for slot, data in scanner.feed(node.data):
                    yield slot, _data(data, node.lineno)
            else:
                yield scanner.slot, node

    def _run(self, slot: Slot, run: list[nodes.Expr]) -> Iterator[nodes.Expr]:
        """Yield one text, or one stretch of markup, in English."""
        if slot.tag == "html" and slot.attribute == "lang":
            yield _data("en", 1)
            return
        if not slot.read:
            yield from (one if isinstance(one, nodes.TemplateData) else self._expression(one) for one in run)
            return
        words = "".join(one.data for one in run if isinstance(one, nodes.TemplateData))
        filter_name = "en_plain" if slot.plain else "en"
        if not HAN.search(words):
            for one in run:
                if isinstance(one, nodes.TemplateData):
                    yield _data(punctuation(one.data) if WIDE.search(one.data) else one.data, one.lineno)
                else:
                    yield _filter(filter_name, self._expression(one))
            return
        message, values = self._message(run)
        found = self._find(message)
        if found is None:
            for one in run:
                data = isinstance(one, nodes.TemplateData)
                yield one if data else _filter(filter_name, self._expression(one))
            return
        line = run[0].lineno
        begin = (
            words[: len(words) - len(words.lstrip(" \t\r\n"))]
            if isinstance(run[0], nodes.TemplateData)
            else ""
        )
        end = words[len(words.rstrip(" \t\r\n")) :] if isinstance(run[-1], nodes.TemplateData) else ""
        if slot.sort == "text" and message.endswith(tuple(_ENDS)) and not found.endswith(" "):
            end = end or " "
        yield _data(begin, line)
        for part in parts_of(found.strip() if slot.sort == "value" else found):
            yield (
                _data(str(escape(part)), line)
                if isinstance(part, str)
                else self._place(part, values, filter_name)
            )
        yield _data(end, line)

    # Expressions.

    def _expression(self, node: nodes.Expr) -> nodes.Expr:
        """Return an expression with its Chinese strings in English; what it compares stays as it is."""
        if isinstance(node, nodes.Compare | nodes.Test) or _is_link(node):
            return node
        if isinstance(node, nodes.Const):
            return self._constant(node)
        if isinstance(node, nodes.Concat):
            return self._concat(node)
        if isinstance(node, nodes.Getitem):
            node.node = self._expression(node.node)
            return node
        self._walk(node, Scanner())
        return node

    def _constant(self, node: nodes.Const) -> nodes.Expr:
        if not isinstance(node.value, str) or not WIDE.search(node.value):
            return node
        found = self._find(node.value) if HAN.search(node.value) else punctuation(node.value)
        return node if found is None else nodes.Const(found, lineno=node.lineno)

    def _concat(self, node: nodes.Concat) -> nodes.Expr:
        words = "".join(str(one.value) for one in node.nodes if isinstance(one, nodes.Const))
        if not HAN.search(words):
            node.nodes = [
                self._constant(one) if isinstance(one, nodes.Const) else _filter("en", self._expression(one))
                for one in node.nodes
            ]
            return node
        run = [
            _data(str(one.value), one.lineno) if isinstance(one, nodes.Const) else one for one in node.nodes
        ]
        message, values = self._message(run)
        found = self._find(message, joined=True)
        if found is None:
            return node
        line = node.lineno
        return nodes.Concat(
            [
                nodes.Const(part, lineno=line) if isinstance(part, str) else self._place(part, values, "en")
                for part in parts_of(found)
            ],
            lineno=line,
        )

    # Messages.

    def _message(self, run: list[nodes.Expr]) -> tuple[str, dict[str, nodes.Expr]]:
        """Return a text as the catalogue has it, and the values that stand in its places."""
        message, values = "", dict[str, nodes.Expr]()
        for one in run:
            if isinstance(one, nodes.TemplateData):
                message += unescape(one.data)
                continue
            name = base = _name(one)
            while name in values:
                name = f"{base}{int(name.removeprefix(base) or 1) + 1}"
            values[name] = self._expression(one)
            message += f"{{{name}}}"
        return message, values

    def _place(self, part: Place, values: dict[str, nodes.Expr], filter_name: str) -> nodes.Expr:
        value = values[part.name]
        line = value.lineno
        if part.many is not None:
            single = nodes.Compare(value, [nodes.Operand("eq", nodes.Const(1, lineno=line))], lineno=line)
            return nodes.CondExpr(
                single, nodes.Const(part.one, lineno=line), nodes.Const(part.many, lineno=line), lineno=line
            )
        said = _filter(filter_name, value)
        return _filter("en_lower", said) if part.one == "lower" else said


def _merged(found: Iterable[nodes.Expr]) -> list[nodes.Expr]:
    """Return what is put out with neighbouring pieces of markup as one: templates compile much faster so."""
    merged: list[nodes.Expr] = []
    for one in found:
        last = merged[-1] if merged else None
        if isinstance(one, nodes.TemplateData) and isinstance(last, nodes.TemplateData):
            merged[-1] = _data(last.data + one.data, last.lineno)
        else:
            merged.append(one)
    return merged


def _data(text: str, line: int) -> nodes.TemplateData:
    return nodes.TemplateData(text, lineno=line)


def _filter(name: str, node: nodes.Expr) -> nodes.Expr:
    if isinstance(node, nodes.Name) and node.name in TYPED:
        name = "en_kept"
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _is_link(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "link"


def _leads_to(slot: Slot, run: list[nodes.Expr]) -> nodes.Expr | None:
    """Return the path that a link leads to, where it is one of the site's."""
    if slot.tag == "a" and slot.attribute == "href" and run and _is_link(run[0]):
        call = run[0]
        return call.args[0] if isinstance(call, nodes.Call) and call.args else None
    return None


def _name(node: nodes.Node) -> str:
    """Return what a value is called in a message."""
    match node:
        case nodes.Name(name=str(name)) | nodes.Getattr(attr=str(name)):
            return re.sub(r"\d+$", "", name).lower() or "value"
        case nodes.Filter(node=nodes.Node() as inner) | nodes.Getitem(node=inner) | nodes.Call(node=inner):
            return _name(inner)
        case nodes.CondExpr(expr1=inner):
            return _name(inner)
    return "value"


class _Compiler(CodeGenerator):
    """Compiles a template after it was translated."""

    def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: N802 - jinja2's name.
        assert isinstance(self.environment, EnglishEnvironment)  # noqa: S101 - set by it.
        self.environment.translator.translate(node, self.name or "")
        super().visit_Template(node, frame)


class EnglishEnvironment(Environment):
    """The environment of the English edition, over the same templates."""

    code_generator_class = _Compiler
    template_class = QuickTemplate
    context_class = QuickContext

    def __init__(self, catalog: Catalog, **options: Any) -> None:
        """Translate by a catalogue; `options` are jinja2's."""
        super().__init__(**options)
        self.translator = Translator(catalog)
        self.speaker = Speaker(catalog)
        self.filters.update(self.speaker.filters)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; what units wrote is marked as such (see `Speaker`)."""
        found = super().getattr(obj, attribute)
        return found if isinstance(found, Undefined) else read_value(obj, attribute, found)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item, or an attribute as `map(attribute=…)` asks for it, marked likewise."""
        found = super().getitem(obj, argument)
        named = isinstance(argument, str) and not isinstance(found, Undefined)
        return read_value(obj, argument, found) if named else found
