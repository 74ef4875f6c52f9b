"""How commands speak: refusals, lines, progress bars. Imports nothing that is slow to load."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click


class Refusal(click.ClickException):
    """Something that the user must mend; the message says what and how."""


def say(text: str) -> None:
    """Tell the user something; in --json runs commands stay silent instead."""
    click.echo(text)


def meter(label: str, *, quiet: bool) -> Any:
    """Return a context manager that gives a progress callback (a bar on terminals, nothing elsewhere)."""

    @contextmanager
    def running() -> Iterator[Callable[[int], None] | None]:
        if quiet or not sys.stderr.isatty():
            yield None
            return
        with click.progressbar(
            length=0, label=label, file=sys.stderr, show_pos=True, show_percent=False
        ) as bar:

            def step(count: int) -> None:
                bar.length = (bar.length or 0) + count
                bar.update(count)

            yield step

    return running()


@contextmanager
def steps(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give a callback for (done, of how many) that draws a bar on terminals; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=True) as bar:

        def step(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield step
