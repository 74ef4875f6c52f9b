"""Templates whose values go out as plain strings: most need no escaping, and none needs to be marked as safe once it is out."""

from __future__ import annotations

import re
from types import CodeType
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup, escape

_special = re.compile("[&<>'\"]").search  # What `escape` replaces.


def put(value: Any) -> str:
    """Return a value as it stands in a page: the same characters as `escape` gives, without its wrapping."""
    sort = type(value)
    if sort is str:
        return value if _special(value) is None else escape(value)
    if sort is Markup:
        marked: str = value
        return marked
    return str(value) if sort is int else escape(value)


class QuickTemplate(Template):
    """A template that puts its values out by `put`. Jinja calls `escape` for nothing else while it renders."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: Any,  # noqa: A002 - jinja2's name.
        uptodate: Any = None,
    ) -> Template:
        """Return the template of compiled code."""
        made = super().from_code(environment, code, globals, uptodate)
        made.root_render_func.__globals__["escape"] = put
        return made
