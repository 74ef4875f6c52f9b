"""Who takes part in a project, told once each with all its roles.

A party with a unified social credit code (统一社会信用代码, GB 32100-2015) is
identified by it under the scheme CN-USCC. That scheme is this portal's name for
the code; org-id.guide lists no code for it. A party without one is identified by
a digest of its name, which is the same in every version and every project.
"""

from __future__ import annotations

import hashlib
from typing import Any

from portal.domain.documents.tender import Tender
from portal.domain.values import Json
from portal.exchange.ocds.inputs import Buyer, Place
from portal.exchange.ocds.notation import told

SCHEME = "CN-USCC"
ROLES = ("buyer", "procuringEntity", "supplier", "tenderer")


class Parties:
    """The parties of one release, in the order in which they were first named."""

    def __init__(self, document: Tender, buyer: Buyer, place: Place) -> None:
        """Learn which names have which code; a name that is told once with its code has it everywhere."""
        self._parties: dict[str, Json] = {}
        self._local = {buyer.name: f"unit-{place.slug}-{buyer.slug}"}
        self._codes: dict[str, set[str]] = {}
        known = [(buyer.name, buyer.uscc), *((one.name, one.uscc) for one in document.bidders)]
        if document.award:
            known.append((document.award.supplier, document.award.uscc))
        for name, uscc in known:
            if uscc:
                self._codes.setdefault(name, set()).add(uscc)

    def name(self, name: str, role: str, *, uscc: str | None = None, **details: Json) -> Json:
        """Enter a party in a role and return the reference to it. Details that were told before stay."""
        codes = self._codes.get(name, set())
        code = uscc or (next(iter(codes)) if len(codes) == 1 else None)
        local = (
            self._local.get(name)
            or f"local-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"
        )
        identity = f"{SCHEME}-{code}" if code else local
        party = self._parties.setdefault(
            identity,
            told(
                id=identity,
                name=name,
                identifier={"scheme": SCHEME, "id": code, "legalName": name} if code else None,
            ),
        )
        for field, value in details.items():
            if value:
                party.setdefault(field, value)
        party.setdefault("roles", [])
        return self.also({"id": identity, "name": party["name"]}, role)

    def also(self, reference: Json, role: str) -> Json:
        """Give a party that was named before one more role, and return the same reference."""
        party = self._parties[reference["id"]]
        party["roles"] = [one for one in ROLES if one == role or one in party["roles"]]
        return reference

    def listed(self) -> list[Json]:
        """Return the parties as the release lists them."""
        return list(self._parties.values())


def distinct(references: list[Json]) -> list[Json]:
    """Return each party once, in the order given: a name entered twice is still one bidder."""
    found: dict[Any, Json] = {}
    for one in references:
        found.setdefault(one["id"], one)
    return list(found.values())
