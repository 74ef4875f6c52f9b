"""What a rule is: a small pure function from (document, context, terms) to what it saw.

A rule says what it saw, where (JSON Pointer, RFC 6901) and what to do. Why it
matters stands in its declaration; how grave it is and on whose word stands in
the regime. Nothing here counts days or knows a number of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from portal.domain.documents.base import Document
from portal.domain.rules.terms import Severity, Terms

if TYPE_CHECKING:
    from portal.domain.rules.dossier import Context


@dataclass(frozen=True)
class Seen:
    """What a rule saw. `place` is a JSON pointer into the document (into the row, for a rule of rows).

    `severity` only where this sight is less grave than the regime's word for the rule; `final` where
    no public explanation lifts this sight, though it may lift others of the rule.
    """

    place: str
    seen: str
    remedy: str
    severity: Severity | None = None
    final: bool = False


@dataclass(frozen=True)
class Unclear:
    """The rule binds, but what it needs is not known here; the text says what is missing."""

    seen: str


@dataclass(frozen=True)
class Finding:
    """One sight of a rule, with everything a reader needs to act on it or to dispute it."""

    rule: str
    title: str
    place: str
    seen: str
    why: str
    remedy: str
    severity: Severity
    source: str
    default: bool
    with_explanation: bool | None

    @property
    def blocks(self) -> bool:
        """Tell whether it stops publication (unless explained, where the regime allows it)."""
        return self.severity == Severity.BLOCK


Sights = Iterator[Seen | Unclear]
D = TypeVar("D")
T = TypeVar("T", bound=Terms)


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    `each` names the table whose rows are tested one by one; `day` says which
    day's terms bind a document (or a row); `when` whether the rule concerns it.
    """

    id: str
    title: str
    why: str
    kinds: tuple[type[Document], ...]
    terms: type[Terms]
    check: Callable[[Any, Context, Any], Sights]
    each: str | None
    day: Callable[[Any], date | None] | None
    when: Callable[[Any, Context, Any], bool] | None


_RULES: dict[str, Rule] = {}


def rule(
    rule_id: str,
    title: str,
    *kinds: type[Document],
    why: str,
    terms: type[T] = Terms,  # type: ignore[assignment]  # Terms is the least T; no default for a type variable can say so.
    each: str | None = None,
    day: Callable[[Any], date | None] | None = None,
    when: Callable[[Any, Context, Any], bool] | None = None,
) -> Callable[[Callable[[D, Context, T], Sights]], Callable[[D, Context, T], Sights]]:
    """Enter a check into the rule book.

    `title` is the rule in a few Chinese words; `why` one sentence that a citizen
    understands. Without `kinds` the rule concerns every kind. `day` defaults to
    the document's own `binding_day`; where that gives None, the day of checking.
    """

    def enter(check: Callable[[D, Context, T], Sights]) -> Callable[[D, Context, T], Sights]:
        if rule_id in _RULES and _RULES[rule_id].check.__qualname__ != check.__qualname__:
            raise ValueError(f"two rules are called {rule_id}")
        _RULES[rule_id] = Rule(rule_id, title, why, kinds or (Document,), terms, check, each, day, when)
        return check

    return enter


def rules() -> dict[str, Rule]:
    """Return every rule by id, in the catalogue's order."""
    _load()
    return dict(sorted(_RULES.items(), key=lambda one: order(one[0])))


@cache
def _load() -> None:
    """Import the modules beside this one, once."""
    import portal.domain.rules as package

    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


_FAMILIES = ("DEL", "FIN", "DEC", "SPK", "TEN", "APP", "PUB")


def order(rule_id: str) -> tuple[int, str]:
    """Sort rule ids by family, then number."""
    family = rule_id[:3]
    return (_FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES), rule_id)


def pointer(*parts: str | int) -> str:
    """Return a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
