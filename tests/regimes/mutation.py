"""Breaks every condition of every rule and of what it rests on, one at a time, and counts which breaks turn a scenario red.

`python -m tests.regimes.mutation [RULE …]` prints a table and, for the whole book, writes `tests/regimes/MUTATION.md`.
A rule of whose breaks fewer than 85 % are noticed ends the run with status 1.

A broken function lends its code to the live one for a moment: whoever holds the
function, in whichever module, runs the broken code. A break in a helper or in a
method counts for every rule that reaches it.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import inspect
import pkgutil
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import portal.domain.rules as package
from portal.domain.documents.base import Document
from portal.domain.rules import base
from portal.domain.rules.check import check
from portal.domain.rules.dossier import Context, Dossier
from tests.regimes.scenarios import BadScenario, Scenario, disagreements, prepare, scenarios

OUT = Path(__file__).with_name("MUTATION.md")
LEAST = 0.85
PATIENCE = 10  # Seconds for one broken function: one that runs for ever is noticed.
# The frame, which reads and runs the book and is tested by tests/domain.
FRAME = {"base", "check", "dossier", "elsewhere", "terms", "unit_file"}
# Run when a regime file is read, not when a document is checked; tests/domain/test_regime_errors.py tests them.
READING = {"model_validator", "field_validator", "field_serializer"}
SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
Ready = tuple[Scenario, Document, Context]


def spots(body: list[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node of a function that can be broken, and how."""
    for node in (one for part in body for one in ast.walk(part)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "compare"
        elif isinstance(node, ast.BoolOp):
            yield node, "and-or"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not"
        elif isinstance(node, ast.If | ast.IfExp):
            yield node, "true"
            yield node, "false"
        elif isinstance(node, ast.comprehension) and node.ifs:
            yield node, "every"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and not _is_text(node):
            yield node, "plus-minus"


def _is_text(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
        for one in ast.walk(node)
    )


def _break(node: Any, how: str) -> None:
    match node:
        case ast.Compare():
            node.ops[0] = SWAPS[type(node.ops[0])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp():
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ast.If() | ast.IfExp():
            node.test = ast.Constant(how == "true")
        case ast.comprehension():
            node.ifs = []
        case ast.BinOp():
            node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()


@dataclass(frozen=True)
class Place:
    """One function, method or `when=`/`day=` of a rule: its source, and the live function that runs it."""

    file: str
    owner: str  # The top-level name within the module to which it belongs.
    tree: ast.FunctionDef | ast.Lambda
    live: FunctionType

    def body(self, tree: ast.FunctionDef | ast.Lambda) -> list[ast.AST]:
        """Return what can be broken: neither decorators nor declarations."""
        return list(tree.body) if isinstance(tree, ast.FunctionDef) else [tree.body]

    def breaks(self) -> Iterator[tuple[int, CodeType]]:
        """Yield line and broken code of each spot."""
        for nth in range(len(list(spots(self.body(self.tree))))):
            twin = copy.deepcopy(self.tree)
            node, how = list(spots(self.body(twin)))[nth]
            line = getattr(node, "lineno", 0) or getattr(getattr(node, "target", None), "lineno", 0)
            _break(node, how)
            yield line, self._code(twin)

    def _code(self, twin: ast.FunctionDef | ast.Lambda) -> CodeType:
        if isinstance(twin, ast.FunctionDef):
            twin.decorator_list = []
        body: ast.stmt = twin if isinstance(twin, ast.FunctionDef) else ast.Expr(twin)
        module = ast.fix_missing_locations(ast.Module([body], []))
        whole = compile(module, self.file, "exec", dont_inherit=True)
        name = self.live.__code__.co_name
        return next(one for one in whole.co_consts if isinstance(one, CodeType) and one.co_name == name)


def _function(found: Any) -> FunctionType | None:
    """Return the plain function inside a property, a cached one, a method of the class."""
    for name in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, name, None) or found
    return found if isinstance(found, FunctionType) and not found.__code__.co_freevars else None


@functools.cache  # Read once, at once: a file may be edited while the breaking goes on.
def _parsed(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def places(module: ModuleType) -> Iterator[Place]:
    """Yield what can be broken in one module."""
    file = Path(module.__file__ or "").name
    tree = _parsed(module)
    # A decorator of the module's own ran when the module was imported: to break it now would change nothing.
    ran = {
        one.id
        for top in tree.body
        if isinstance(top, ast.FunctionDef)
        for one in top.decorator_list
        if isinstance(one, ast.Name)
    }
    for top in tree.body:
        if isinstance(top, ast.FunctionDef) and top.name not in ran:
            if live := _function(vars(module).get(top.name)):
                yield Place(file, top.name, top, live)
            yield from _asked(file, top)
        elif isinstance(top, ast.ClassDef):
            for one in top.body:
                if not isinstance(one, ast.FunctionDef) or _names(one.decorator_list) & READING:
                    continue
                if live := _function(vars(vars(module)[top.name]).get(one.name)):
                    yield Place(file, top.name, one, live)


def _asked(file: str, top: ast.FunctionDef) -> Iterator[Place]:
    """Yield the lambdas of a `@rule`: when it concerns a document, whose day binds."""
    for rule_id, decorator in _rules_of(top):
        for one in decorator.keywords:
            live = getattr(base.rules()[rule_id], one.arg or "", None)
            if isinstance(one.value, ast.Lambda) and isinstance(live, FunctionType):
                yield Place(file, top.name, one.value, live)


def _rules_of(top: ast.FunctionDef) -> Iterator[tuple[str, ast.Call]]:
    for one in top.decorator_list:
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "rule":
            yield ast.literal_eval(one.args[0]), one


def _names(nodes: Any) -> set[str]:
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


def owners(modules: list[ModuleType]) -> dict[tuple[str, str], set[str]]:
    """Return by (module, top-level name) which rules reach it, through whatever other module."""
    reach: dict[tuple[str, str], set[tuple[str, str]]] = {}
    roots: list[tuple[str, tuple[str, str]]] = []
    for module in modules:
        for top in _parsed(module).body:
            for name in _defined(top):
                reach[module.__name__, name] = {_home(module, one) for one in _names([top]) - {name}}
            if isinstance(top, ast.FunctionDef):
                roots += [(rule_id, (module.__name__, top.name)) for rule_id, _ in _rules_of(top)]
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule_id, root in roots:
        todo = [root]
        while todo:
            one = todo.pop()
            if rule_id not in found[one]:
                found[one].add(rule_id)
                todo += reach.get(one, ())
    return found


def _defined(top: ast.stmt) -> list[str]:
    match top:
        case ast.FunctionDef() | ast.ClassDef():
            return [top.name]
        case ast.Assign():
            return [one.id for one in top.targets if isinstance(one, ast.Name)]
        case ast.AnnAssign(target=ast.Name()):
            return [top.target.id] if isinstance(top.target, ast.Name) else []
    return []


def _home(module: ModuleType, name: str) -> tuple[str, str]:
    """Return where a name that a module uses is defined."""
    found = vars(module).get(name)
    if isinstance(found, type | FunctionType) or hasattr(found, "__wrapped__"):
        return getattr(found, "__module__", module.__name__), getattr(found, "__name__", name)
    return module.__name__, name


def _fresh(context: Context) -> Context:
    return replace(context, dossier=Dossier(context.dossier.entries, context.dossier.complete))


def _red(one: Ready) -> bool:
    scenario, document, context = one
    try:
        return bool(disagreements(scenario, check(document, _fresh(context), only=scenario.rules or None)))
    except Exception:  # A broken rule that raises is noticed, too.
        return True


class _TooLong(BaseException):
    pass


def _stop(*_: object) -> None:
    raise _TooLong


def examine(place: Place, code: CodeType, ready: list[Ready], forget: list[Any]) -> bool:
    """Let the live function run broken code, and tell whether a scenario turns red."""
    whole = place.live.__code__
    for one in forget:
        one.cache_clear()
    place.live.__code__ = code
    signal.alarm(PATIENCE)
    try:
        witness = next((at for at, one in enumerate(ready) if _red(one)), None)
        if witness:  # It is asked first about the next break of the same function.
            ready.insert(0, ready.pop(witness))
        return witness is not None
    except _TooLong:
        return True
    finally:
        signal.alarm(0)
        place.live.__code__ = whole
        for one in forget:
            one.cache_clear()


def _caches(modules: list[ModuleType]) -> list[Any]:
    """Return what remembers answers of the rules' own functions."""
    return [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, functools._lru_cache_wrapper)
        and str(getattr(one, "__module__", "")).startswith(package.__name__)
    ]


def _prepared() -> tuple[dict[str, list[Ready]], list[str]]:
    """Return by rule its scenarios, those that expect findings first; and those that are red by themselves."""
    book = base.rules()
    ready: dict[str, list[Ready]] = defaultdict(list)
    red = []
    for scenario in sorted(scenarios(), key=lambda one: not one.data["expect"]):
        with suppress(BadScenario):
            one = (scenario, *prepare(scenario))
            if not _red(one):
                for rule_id in scenario.rules or book:
                    ready[rule_id].append(one)
                continue
        red.append(f"{scenario.file}“{scenario.name}”（{scenario.jurisdiction}）")
    return ready, red


def main(wanted: list[str]) -> int:
    """Break the rules and print the score."""
    signal.signal(signal.SIGALRM, _stop)
    book = base.rules()
    chosen = set(wanted) or set(book)
    modules = [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for one in pkgutil.iter_modules(package.__path__)
        if one.name not in FRAME
    ]
    known, forget = owners(modules), _caches(modules)
    ready, red = _prepared()
    score: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for module in modules:
        for place in places(module):
            rule_ids = known[module.__name__, place.owner] & chosen
            mine = list({id(one[0]): one for rule_id in rule_ids for one in ready[rule_id]}.values())
            if not mine:
                continue
            for line, code in place.breaks():
                noticed = examine(place, code, mine, forget)
                for rule_id in rule_ids:
                    score[rule_id].append((f"{place.file}:{line}", noticed))
    rows, weak = _table([one for one in book if one in chosen], ready, score)
    print("\n".join(rows))
    if not wanted:
        OUT.write_text(
            "# 规则变异核对\n\n把每条规则和它用到的函数的每个判断逐一改坏，看有没有情形变红。`make mutation` 生成。\n"
            "几条规则共用的函数，每条都计一次；合计也是如此。\n\n" + "\n".join(rows) + "\n",
            encoding="utf-8",
        )
    if red:
        print(f"下列情形本来就不符，没有用来核对：{'；'.join(red)}")
    if weak:
        print(f"情形发现的不足 {LEAST:.0%}：{'、'.join(weak)}")
    return 1 if weak else 0


def _table(
    rule_ids: list[str], ready: dict[str, list[Ready]], score: dict[str, list[tuple[str, bool]]]
) -> tuple[list[str], list[str]]:
    """Return the lines of the table, and the rules too few of whose breaks are noticed."""
    rows = ["| 规则 | 情形 | 破坏 | 发现 | 未发现的行 |", "|---|---:|---:|---:|---|"]
    weak = []
    total = caught = 0
    for rule_id in rule_ids:
        if not ready[rule_id]:
            rows.append(f"| {rule_id} | 0 | | | 五个县区都没有取值，由 tests/domain 的测试核对 |")
            continue
        # One break more: the rule finds nothing at all.
        silent = any(one["rule"] == rule_id for scene, *_ in ready[rule_id] for one in scene.data["expect"])
        mutants = [*score[rule_id], ("（整条失效）", silent)]
        noticed = sum(one for _, one in mutants)
        total, caught = total + len(mutants), caught + noticed
        missed = "、".join(sorted({where for where, one in mutants if not one}, key=_by_line))
        rows.append(f"| {rule_id} | {len(ready[rule_id])} | {len(mutants)} | {noticed} | {missed} |")
        if not silent or noticed < LEAST * len(mutants):
            weak.append(rule_id)
    rows.append(f"| 合计 | | {total} | {caught} | {caught / max(total, 1):.0%} |")
    return rows, weak


def _by_line(where: str) -> tuple[str, int]:
    file, _, line = where.partition(":")
    return file, int(line or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
