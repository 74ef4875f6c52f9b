"""Turns contexts into pages: filters, macros, and header and footer rendered once for many pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from jinja2 import Environment
from markupsafe import Markup, escape

from portal.domain.values import show_day, show_month, show_period, show_yuan
from portal.site.pages.english import ENGLISH, in_english
from portal.site.pages.kinds.figures import rate, short
from portal.site.pages.kinds.tender import span
from portal.site.pages.paths import HOME, record_path, up
from portal.site.pages.shell import Context, Link, Meta, menu
from portal.site.snapshot import SHANGHAI, Snapshot
from portal.web.public.editions import DataBlock
from portal.web.public.qr import qr

ICONS = {
    "ok": "i-ok",
    "late": "i-late",
    "missing": "i-no",
    "breach": "i-no",
    "waiting": "i-wait",
    "nil": "i-dash",
    "none": "i-na",
    "gone": "i-gone",
    "note": "i-note",
}


def outward(text: str) -> Markup:
    """Link to an address of the data, if it is an ordinary web address; else show it as text."""
    parts = _split(text) if text.isprintable() else None
    if parts and parts.scheme in ("http", "https") and parts.hostname:
        return Markup('<a href="{0}" rel="external nofollow noopener noreferrer">{1}</a>').format(
            text, parts.hostname
        )
    return escape(text)


def _split(address: str) -> SplitResult | None:
    """Take an address apart; None where it is none (http://[ and the like)."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def china_day(moment: datetime) -> date:
    """Return the day in China of an instant."""
    return moment.astimezone(SHANGHAI).date()


def _ratio(hundredths: int | None) -> str:
    return "—" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}"


FILTERS: dict[str, Callable[..., Any]] = {
    "yuan": show_yuan,
    "short": short,
    "day": show_day,
    "month": show_month,
    "period": show_period,
    "percent": lambda part, whole: rate(part, whole) or "—",
    "ratio": _ratio,
    "span": span,
    "outward": outward,
    "china_day": china_day,
}


@dataclass(frozen=True)
class Twin:
    """The same page in the other edition: where it is, its language, the link's words, and this edition's language."""

    href: str
    lang: str
    word: str | Markup
    own: str


class Rendering:
    """Fills the public templates. One object serves one app; what it caches lives in the snapshot."""

    edition = ""
    filters: Mapping[str, Callable[..., Any]] = FILTERS

    def __init__(
        self, env: Environment, *, search_url: str | None, base_url: str | None, english: bool = False
    ) -> None:
        """Prepare the environment: filters, the macros that every page uses, the site's own address.

        `english` lets pages lead to their English twins.
        """
        self.english = english
        self.env = env
        self.search_url = search_url
        # A static server answers every unknown address with 404.html, however deep:
        # where the site's address is known, that page's links start at its root.
        self.root = f"{urlsplit(base_url).path.rstrip('/')}/" if base_url else None
        env.filters.update(self.filters)
        env.globals.update(icons=ICONS, one_path=record_path, base_url=base_url)
        domain = urlsplit(base_url).hostname if base_url else None
        env.globals.update(site_domain=domain, data_block=DataBlock(base_url), qr=qr)
        parts: Any = env.get_template("public/_parts.html").module
        for name in ("mark", "head", "fact", "day_fact", "paras", "cell", "feed", "declared_parts"):
            env.globals[name] = getattr(parts, name)
        env.globals["amounts"] = parts.figures
        self._shell = env.get_template("public/_shell.html")

    def page(self, snapshot: Snapshot, template: str, context: Context, *, up: str | None = None) -> str:
        """Return one page as HTML; `up` overrides what leads from the page to the site's top."""
        meta: Meta = context["meta"]
        if up is None and meta.path == "404.html":
            up = self.root
        prefix = _up(meta.path) if up is None else up
        link = self.linking(prefix)
        search = self.search_url or link("search.html")
        top, foot = self._frame(snapshot, meta, prefix, search)
        names = context.get("templates") or (template,)
        chosen = self.env.select_template([f"public/{name}" for name in names])
        twin, within = self.twin(meta.path, prefix), f"{self.edition}/" if self.edition else ""
        return chosen.render(context, link=link, search=search, top=top, foot=foot, twin=twin, within=within)

    def linking(self, prefix: str) -> Callable[[str], str]:
        """Return what makes a link of a site path, on a page from which `prefix` leads to the top."""
        return prefix.__add__

    def twin(self, path: str, prefix: str) -> Twin | None:
        """Return the same page in the other edition, if there is one."""
        if not (self.english and in_english(path)):
            return None
        return Twin(f"{prefix}{ENGLISH}/{path}", ENGLISH, "English", "zh-Hans")

    def _frame(self, snapshot: Snapshot, meta: Meta, prefix: str, search: str) -> tuple[Markup, Markup]:
        """Return header and footer, rendered once for all pages that share them."""
        entries = menu(meta.jurisdiction) if meta.jurisdiction else site_menu(snapshot)
        own = meta.path if any(entry.path == meta.path for _, entry in entries) else ""
        area = meta.jurisdiction.slug if meta.jurisdiction else ""
        online = bool(meta.jurisdiction and meta.jurisdiction.reports)
        key = ("frame", self.env, area, online, prefix, meta.nav, meta.sample, own, search)
        if key not in snapshot.lasting:
            known = {"meta": meta, "link": self.linking(prefix), "search": search, "entries": entries}
            snapshot.lasting[key] = (
                Markup(self._shell.render(known, part="top")),  # noqa: S704 - rendered with autoescape.
                Markup(self._shell.render(known, part="foot")),  # noqa: S704 - likewise.
            )
        found: tuple[Markup, Markup] = snapshot.lasting[key]
        return found


def site_menu(snapshot: Snapshot) -> list[tuple[str, Link]]:
    """Return the menu of the pages about the whole site."""
    entries = [("front", Link("首页", HOME))]
    entries += [
        (one.slug, Link(one.regime.short, f"{one.slug}/index.html")) for one in snapshot.jurisdictions[:8]
    ]
    entries.append(("about", Link("这个平台是什么", "about.html")))
    entries.append(("help", Link("帮助", "help/index.html")))
    entries.append(("sitemap", Link("网站地图", "sitemap.html")))
    return entries


_up = up
