"""反映问题: where to turn, what to write, and what this site can and cannot do; where it takes reports, their pages too.

Nothing of a report is here: the pages are empty forms, the report host's address, and the keys to seal to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.reports.words import Category, KnownFrom, Outcome, Reason, State
from portal.site.pages import paths
from portal.site.pages.shell import Context, Link, Meta, area_band, area_crumbs, area_meta
from portal.site.snapshot import JurisdictionView, Snapshot

PERSONS = 1  # Rows for the persons named: the script adds more, and a phone's page stays short.


@dataclass(frozen=True)
class ReportLink:
    """Where 举报此项 leads, and whether that is the form or the page of other channels."""

    path: str
    open: bool


def report_link(view: JurisdictionView) -> ReportLink:
    """Return where a record's page leads to whoever wants to report it."""
    if view.reports:
        return ReportLink(paths.report_path(view.slug, "write.html"), True)
    return ReportLink(paths.jurisdiction_path(view.slug, "report"), False)


def report_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return a jurisdiction's page: where one begins, or else the other channels, which are the regime's."""
    terms = view.regime.intake_on(snapshot.today)
    if view.reports:
        return {
            "meta": area_meta(
                view,
                "report",
                f"向{view.regime.short}举报",
                f"在网上向{view.regime.name}举报：我们做到什么、做不到什么，怎样准备，还有哪些渠道。",
                label="我要举报",
                nav="",
            ),
            "templates": ("report_open.html",),
            "channels": view.regime.report_channels,
            "terms": terms,
            "base": view.slug,
            "host": _host(view),
        }
    return {
        "meta": area_meta(
            view,
            "report",
            f"向{view.regime.short}反映问题",
            f"{view.regime.name}公布的反映渠道，写清楚哪几件事，哪些事该找别的机关，怎样保护自己。",
            label="反映问题",
            nav="",
        ),
        "channels": view.regime.report_channels,
    }


def write_page(_: Snapshot, view: JurisdictionView) -> Context | None:
    """Return the form; None where reports are not taken over the network."""
    if view.reports is None:
        return None
    return {
        **_frame(view, "write", "填写举报", "在您的设备上加密，只有有权开启的承办人能看到。"),
        "units": [unit.name for unit in view.units],
        "categories": list(Category),
        "known_from": list(KnownFrom),
        "persons": PERSONS,
        "script": "report-form",
    }


def status_page(_: Snapshot, view: JurisdictionView) -> Context | None:
    """Return the page of the query code; None where reports are not taken over the network."""
    if view.reports is None:
        return None
    return {
        **_frame(view, "status", "查询办理情况", "用查询码看举报办到哪一步，和承办人对话，补交材料。"),
        "states": list(State),
        "reasons": list(Reason),
        "outcomes": list(Outcome),
        "script": "report-status",
    }


def check_page(_: Snapshot, view: JurisdictionView) -> Context | None:
    """Return the page where a filing receipt is checked; None where reports are not taken over the network."""
    if view.reports is None:
        return None
    return {
        **_frame(view, "check", "核对收件凭证", "在您的浏览器里核对收件凭证是不是真的，内容有没有被改动。"),
        "script": "report-check",
    }


def key_list(snapshot: Snapshot, values: Mapping[str, str]) -> bytes | None:
    """Return the signed key list as it is stored; None where reports are not taken over the network."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    return view.reports.key_list if view and view.reports else None


def _host(view: JurisdictionView) -> str:
    return f"{view.reports.host}/{view.slug}" if view.reports else ""


def _frame(view: JurisdictionView, name: str, title: str, description: str) -> Context:
    start = Link("我要举报", paths.jurisdiction_path(view.slug, "report"))
    return {
        "meta": Meta(
            path=paths.report_path(view.slug, f"{name}.html"),
            title=title,
            description=description,
            crumbs=area_crumbs(view, start, Link(title)),
            jurisdiction=view,
            sample=area_band(view),
            column=title,
        ),
        "channels": view.regime.report_channels,
        "reports": view.reports,
        "base": view.slug,
        "host": _host(view),
    }
