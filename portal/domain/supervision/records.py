"""What was worked out and is kept as it was said: the figures of a bulletin, a unit's sheet of the year."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """One line of such a record."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Record(Frozen):
    """A record that is kept as text, told again from it, and known by its digest."""

    def to_json(self) -> str:
        """Return the record that is kept: always the same text for the same figures."""
        return json.dumps(
            self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

    def digest(self) -> str:
        """Return the SHA-256 of that record."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what was kept."""
        return cls.model_validate_json(text)
