"""Templates whose values go out as plain strings: most need no escaping, and none needs to be marked as safe once it is out."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, MethodWrapperType
from typing import Any

import jinja2
from jinja2 import BytecodeCache, Environment, Template
from jinja2.bccache import Bucket
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_DIGEST = 32  # Bytes of a SHA-256.
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
        # Flat: a chain of mappings is copied item by item for every page and every part included in it.
        made = super().from_code(environment, code, dict(globals), uptodate)
        made.root_render_func.__globals__["escape"] = put
        return made


_PLAIN = frozenset({FunctionType, MethodType, BuiltinFunctionType, MethodWrapperType, partial})
_LOCALS = ("_block_vars", "_loop_vars")  # Jinja hands them to every call, for the few that want the context.


class QuickContext(Context):
    """A context that calls macros and plain functions without looking through all that Jinja allows for."""

    def call(self, called: Any, /, *given: Any, **named: Any) -> Any:
        """Call what a template calls."""
        if type(called) is Macro:
            given = (self.eval_ctx, *given)
        elif type(called) not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *given, **named)
        if named:
            for name in _LOCALS:
                named.pop(name, None)
        return called(*given, **named)


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates in a folder of the instance, so that a command need not compile them again.

    They are the program's own code and lie where nobody else may write. Each file bears its digest, for
    spoiled bytecode could do anything. A folder that cannot be written costs nothing but time.
    """

    def __init__(self, folder: Path, program: str, *, edition: str = "") -> None:
        """Keep the templates of one program, named by a digest of its code and templates, and no other's."""
        self._all, self._program, self._edition = folder, program, edition
        self._folder = folder / f"{program}-{jinja2.__version__}"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for other in folder.iterdir():
                if other != self._folder:
                    rmtree(other, ignore_errors=True)

    def edition(self, name: str) -> CompiledTemplates:
        """Return where another edition keeps its own, for the same templates compile to something else there."""
        return CompiledTemplates(self._all, self._program, edition=name)

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{self._edition}{bucket.key}.bytecode"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a compiled template, where it is there and whole."""
        with suppress(OSError):
            kept = self._file(bucket).read_bytes()
            if sha256(kept[_DIGEST:]).digest() == kept[:_DIGEST]:
                bucket.bytecode_from_string(kept[_DIGEST:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write down a compiled template, if that is possible."""
        code = bucket.bytecode_to_string()
        with suppress(OSError), NamedTemporaryFile(dir=self._folder, delete=False) as aside:
            aside.write(sha256(code).digest() + code)
            aside.flush()
            Path(aside.name).replace(self._file(bucket))
