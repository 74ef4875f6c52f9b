"""Remembers what was worked out from texts, and forgets all of it at once: what the law destroyed must not stay here."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])
_FORGET: list[Callable[[], None]] = []


def remembered(most: int) -> Callable[[_F], _F]:
    """Let a pure function of texts remember its last `most` answers, until `forget_texts`."""

    def remember(function: _F) -> _F:
        kept = lru_cache(maxsize=most)(function)
        _FORGET.append(kept.cache_clear)
        return kept  # type: ignore[return-value]  # It is called as the function is.

    return remember


def forget_texts() -> None:
    """Forget every answer, and with it the texts that were asked about."""
    for forget in _FORGET:
        forget()
