"""Who may call which route. Every route of the office says so; one that says nothing fails a test and answers 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from portal.domain.roles import Action

View = TypeVar("View", bound=Callable[..., Any])

OPEN = "open"  # For everybody, signed in or not.


def may(action: Action) -> Callable[[View], View]:
    """Declare that the route is for people who may do this."""

    def declare(view: View) -> View:
        view.portal_action = action  # type: ignore[attr-defined] # a mark on the function, read by `declared`.
        return view

    return declare


def open_to_all(view: View) -> View:
    """Declare that the route is for everybody: signing in, links by mail, error pages."""
    view.portal_action = OPEN  # type: ignore[attr-defined] # likewise.
    return view


def half_signed_in(view: View) -> View:
    """Declare that the route is also for people who have given their password and still owe a second factor."""
    view.portal_half = True  # type: ignore[attr-defined] # likewise.
    return view


def accepts(limit: int) -> Callable[[View], View]:
    """Declare how many bytes a request to the route may have, where it is not the usual."""

    def declare(view: View) -> View:
        view.portal_limit = limit  # type: ignore[attr-defined] # likewise.
        return view

    return declare


def rescued_by(rescue: Callable[..., None], *, back: str = "writing.edit") -> Callable[[View], View]:
    """Declare who keeps what was typed when a request arrives after its session ran out by time.

    `back` is the route where the person finds it after signing in again.

    It is called with the room and the actor of that session and the route's own arguments, inside a transaction
    that is committed afterwards; it may keep the text, and must not change anything else.
    """

    def declare(view: View) -> View:
        view.portal_rescue = rescue  # type: ignore[attr-defined] # likewise.
        view.portal_back = back  # type: ignore[attr-defined] # likewise.
        return view

    return declare


def declared(view: Callable[..., Any]) -> Action | str | None:
    """Return what the route is for; None where it does not say."""
    return getattr(view, "portal_action", None)


def half(view: Callable[..., Any]) -> bool:
    """Tell whether somebody who still owes the second factor may call the route."""
    return getattr(view, "portal_half", False)


def limit_of(view: Callable[..., Any]) -> int | None:
    """Return the route's own limit of bytes."""
    return getattr(view, "portal_limit", None)


def rescuer_of(view: Callable[..., Any]) -> Callable[..., None] | None:
    """Return who keeps what was typed."""
    return getattr(view, "portal_rescue", None)


def back_of(view: Callable[..., Any]) -> str:
    """Return the route to which a person is led back who signs in again after that."""
    found: str = getattr(view, "portal_back", "writing.edit")
    return found
