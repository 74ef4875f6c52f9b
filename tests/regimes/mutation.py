"""Breaks every condition of every rule, one at a time, and counts how often a scenario turns red.

`python -m tests.regimes.mutation [RULE …]` prints a table and writes `tests/regimes/MUTATION.md`. A rule
none of whose mutants turns a scenario red ends the run with status 1.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from portal.domain.documents.base import Document
from portal.domain.rules import base
from portal.domain.rules.check import check, rules_for
from portal.domain.rules.dossier import Context, Dossier
from tests.regimes.scenarios import Scenario, disagreements, prepare, scenarios

OUT = Path(__file__).with_name("MUTATION.md")
SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def spots(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node that can be broken, and how."""
    for node in ast.walk(tree):
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
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            yield node, "plus-minus"


def broken(tree: ast.Module, nth: int) -> tuple[ast.Module, int]:
    """Return a copy of a module whose nth spot is broken, and the line."""
    twin = copy.deepcopy(tree)
    node, how = list(_in_functions(twin))[nth]
    match node, how:
        case ast.Compare(), _:
            node.ops[0] = SWAPS[type(node.ops[0])]()
        case ast.BoolOp(), _:
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(), _:
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ((ast.If() | ast.IfExp()), _):
            node.test = ast.Constant(how == "true")
        case ast.comprehension(), _:
            node.ifs = []
        case ast.BinOp(), _:
            node.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
    return ast.fix_missing_locations(twin), getattr(
        node, "lineno", getattr(getattr(node, "target", None), "lineno", 0)
    )


def _in_functions(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield the spots inside functions and decorators; not those of type declarations and messages."""
    for top in tree.body:
        if isinstance(top, ast.FunctionDef):
            for node, how in spots(top):
                if not (how == "plus-minus" and _is_text(node)):
                    yield node, how


def _is_text(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
        for one in ast.walk(node)
    )


def _owners(tree: ast.Module) -> dict[str, set[str]]:
    """Return by function name which rules reach it within the module."""
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    calls = {
        name: {
            one.id
            for one in ast.walk(node)
            if isinstance(one, ast.Name) and one.id in functions and one.id != name
        }
        for name, node in functions.items()
    }
    owners: dict[str, set[str]] = defaultdict(set)
    for name, node in functions.items():
        for decorator in node.decorator_list:
            if (
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Name)
                and decorator.func.id == "rule"
            ):
                rule_id = ast.literal_eval(decorator.args[0])
                todo = [name]
                while todo:
                    one = todo.pop()
                    if rule_id not in owners[one]:
                        owners[one].add(rule_id)
                        todo += calls[one]
    return owners


def _reddens(rule_ids: set[str], ready: dict[str, list[tuple[Scenario, Document, Context]]]) -> bool:
    for rule_id in sorted(rule_ids):
        for scenario, document, context in ready.get(rule_id, []):
            fresh = Context(
                **{**vars(context), "dossier": Dossier(context.dossier.entries, context.dossier.complete)}
            )
            try:
                report = check(document, fresh, only=scenario.rules or None)
            except Exception:  # A broken rule that raises is noticed, too.
                return True
            if disagreements(scenario, report):
                return True
    return False


def examine(
    module: ModuleType, wanted: set[str], ready: dict[str, list[tuple[Scenario, Document, Context]]]
) -> dict[str, list[tuple[int, bool]]]:
    """Break one module's rules; return by rule the line of each mutant and whether it was noticed."""
    tree = ast.parse(inspect.getsource(module))
    owners = _owners(tree)
    known = dict(base._RULES)
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for nth in range(len(list(_in_functions(tree)))):
        twin, line = broken(tree, nth)
        holder = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and _spans(one, line))
        rule_ids = owners[holder.name] & wanted
        if not rule_ids:
            continue
        try:
            exec(compile(twin, module.__file__ or "", "exec"), dict(vars(module)))  # noqa: S102 - our own source, broken on purpose.
            rules_for.cache_clear()
            noticed = _reddens(rule_ids, ready)
        except Exception:
            noticed = True
        finally:
            base._RULES.clear()
            base._RULES.update(known)
            rules_for.cache_clear()
        for rule_id in rule_ids:
            found[rule_id].append((line, noticed))
    return found


def _spans(node: ast.FunctionDef, line: int) -> bool:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return first <= line <= (node.end_lineno or first)


def main(wanted: list[str]) -> int:
    """Examine the rules and print the score."""
    book = base.rules()
    chosen = set(wanted) or set(book)
    ready: dict[str, list[tuple[Scenario, Document, Context]]] = defaultdict(list)
    for scenario in scenarios():
        for rule_id in scenario.rules or book:
            if rule_id in chosen:
                ready[rule_id].append((scenario, *prepare(scenario)))
    score: dict[str, list[tuple[int, bool]]] = {}
    for name in sorted({one.check.__module__ for one in book.values()}):
        score.update(examine(importlib.import_module(name), chosen, ready))
    rows = ["| 规则 | 情形 | 破坏 | 发现 | 未发现的行 |", "|---|---:|---:|---:|---|"]
    weak = []
    total = caught = 0
    for rule_id in (one for one in book if one in chosen):
        if not ready[rule_id]:
            rows.append(f"| {rule_id} | 0 | | | 五个县区都没有取值，由 tests/domain 的测试核对 |")
            continue
        mutants = score.get(rule_id, [])
        noticed = sum(one for _, one in mutants)
        silent = _silent_is_noticed(rule_id, ready[rule_id])
        total, caught = total + len(mutants) + 1, caught + noticed + silent
        missed = "、".join(str(line) for line in sorted({line for line, one in mutants if not one}))
        rows.append(
            f"| {rule_id} | {len(ready[rule_id])} | {len(mutants) + 1} | {noticed + silent} | {missed} |"
        )
        if not silent:
            weak.append(rule_id)
    rows.append(f"| 合计 | | {total} | {caught} | {caught / max(total, 1):.0%} |")
    print("\n".join(rows))
    if not wanted:
        OUT.write_text(
            "# 规则变异核对\n\n把每条规则的每个判断逐一改坏，看有没有情形变红。`make mutation` 生成。\n\n"
            + "\n".join(rows)
            + "\n",
            encoding="utf-8",
        )
    if weak:
        print(f"没有任何情形能发现以下规则失效：{'、'.join(weak)}")
    return 1 if weak else 0


def _silent_is_noticed(rule_id: str, ready: list[tuple[Scenario, Document, Context]]) -> bool:
    """Tell whether a rule that never finds anything is noticed."""
    return any(one["rule"] == rule_id for scenario, *_ in ready for one in scenario.data["expect"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
