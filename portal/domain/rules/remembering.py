"""Remembers what rules found of a document, for as long as nothing changed that they looked at.

A correction of one record then asks again only the rules that look at records of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from portal.domain.documents.base import Document
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.domain.rules.base import Rule
from portal.domain.rules.dossier import Context, Dossier

if TYPE_CHECKING:
    from portal.domain.rules.check import Check

EVERYTHING = ""  # Stands for records of all kinds.
_LOOKS_AT: Mapping[str, type[Document]] = {
    "plans": DelegationPlan,
    "plan_on": DelegationPlan,
    "decision": DecisionRecord,
    "disclosure": FinanceDisclosure,
    "tender": Tender,
}
_OWN = frozenset({"behind", "seen"})


class Watched(Dossier):
    """The same dossier, which notes by code the kinds of record that are looked at."""

    behind: Dossier
    seen: set[str]

    def __init__(self, behind: Dossier) -> None:
        """Watch over a dossier."""
        self.__dict__.update(behind=behind, seen=set())

    def __getattribute__(self, name: str) -> Any:
        """Pass everything on to the dossier behind."""
        if name in _OWN or name.startswith("__"):
            return object.__getattribute__(self, name)
        if name == "of":
            return self._of
        if name == "_of":
            return object.__getattribute__(self, name)
        if name != "complete":
            kind = _LOOKS_AT.get(name)
            self.seen.add(kind.kind.code if kind else EVERYTHING)
        return getattr(self.behind, name)

    def _of(self, kind: type[Document]) -> tuple[Document, ...]:
        self.seen.add(kind.kind.code if hasattr(kind, "kind") else EVERYTHING)
        return self.behind.of(kind)


class Memory:
    """What each rule found of one version of a record."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._facts: object = None
        self._known: dict[str, tuple[tuple[tuple[str, str | None], ...], Check | None]] = {}

    def asking(
        self,
        document: Document,
        context: Context,
        *,
        facts: object,
        prints: Mapping[str, str],
        ask: Callable[[Rule, Document, Context], Check | None],
    ) -> Callable[[Rule], Check | None]:
        """Return what asks one rule, or remembers what it said.

        `facts` are everything beside the records that the answers rest on; `prints` has one print for the
        unit's records of each kind, and one for `EVERYTHING`.
        """
        if facts != self._facts:
            self._facts = facts
            self._known.clear()
        watched = Watched(context.dossier)
        context = replace(context, dossier=watched)

        def answer(one: Rule) -> Check | None:
            if (known := self._known.get(one.id)) and all(prints.get(kind) == was for kind, was in known[0]):
                return known[1]
            watched.seen.clear()
            done = ask(one, document, context)
            self._known[one.id] = tuple((kind, prints.get(kind)) for kind in sorted(watched.seen)), done
            return done

        return answer
