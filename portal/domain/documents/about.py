"""What a field says about itself: label, help, legal source, header aliases.

The declaration of a kind of disclosure is its pydantic model; this module is
the vocabulary that the model's fields use to carry everything a form, a
spreadsheet, a schema or a page needs to know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema


@dataclass(frozen=True)
class About:
    """A field's own description.

    `label` is what every reader sees. `aliases` are other headers under which
    real files carry the field; `wan` says that a bare number under such a
    header is in ten-thousands of yuan (万元), as the official form has it. What is
    not `entered` is never typed: neither forms nor sheets show it, only the JSON has it.
    `section` is the part of a form that the field is in; the fields after it are in
    the same one until another names its own. `picks` says what the field names, so
    that it can be chosen instead of typed: "decision", "plan", "tender" (records of
    the unit), "member" (of its leadership group) or "domain" (a restricted domain).
    """

    label: str
    help: str = ""
    source: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    wan_aliases: tuple[str, ...] = field(default=())
    section: str = ""
    picks: str = ""
    entered: bool = True

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Carry the description into JSON Schema."""
        result = handler(schema)
        result["title"] = self.label
        if self.help:
            result["description"] = self.help
        if self.source:
            result["x-source"] = self.source
        if self.example:
            result["examples"] = [self.example]
        return result


class Part(BaseModel):
    """A frozen piece of a document: one row of a table, or one group of fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        validate_default=False,
        defer_build=True,  # Built when first used: a command uses few of the kinds.
    )
