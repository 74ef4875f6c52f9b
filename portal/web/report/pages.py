"""What the pages without JavaScript share: the frame, days in Chinese, the picture of a code, a constant length."""

from __future__ import annotations

import base64
import io
import secrets
from datetime import date
from typing import Any

import segno
from flask import Flask, render_template
from markupsafe import Markup

from portal.domain.regimes import Regime

STEP = 64 * 1024  # Bytes: a page about a case is a whole number of these long, found or not.


def page(template: str, *, place: Regime, title: str, **context: Any) -> str:
    """Render a page of a place."""
    return render_template(template, place=place, title=title, **context)


def chinese_day(day: date | None) -> Markup:
    """Return a day as people write it, never broken across lines."""
    if day is None:
        return Markup("")
    return Markup('<time class="nw" datetime="{}">{}年{}月{}日</time>').format(
        day.isoformat(), day.year, day.month, day.day
    )


def code_picture(text: str) -> Markup:
    """Return a QR code as SVG that stands in the page itself: no address ever holds a query code."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        nl=False,
        scale=4,
        dark="#000",
        light="#fff",
        omitsize=True,
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - made of squares by segno; the text is not in it.


def even(text: str) -> str:
    """Return a page filled up with a comment of random characters to a whole number of steps."""
    long = len(text.encode())
    empty = len("\n<!-- -->")
    missing = -(long + empty) % STEP
    noise = base64.urlsafe_b64encode(secrets.token_bytes(missing))[:missing].decode()
    # No dash: two of them would end the comment.
    return f"{text}\n<!-- {noise.replace('-', '0')}-->"


def hang_pages(app: Flask) -> None:
    """Give the templates what they use."""
    app.jinja_env.filters["day"] = chinese_day
