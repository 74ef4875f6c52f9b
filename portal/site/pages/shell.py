"""What every page says of itself: its place, its title, its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.documents.base import Kind, kinds
from portal.site.pages import paths
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView

SITE_NAME = "阳光权力公开平台"
TYPE_LABELS = {
    "bureau": "部门",
    "township": "镇（街道）",
    "village": "村（社区）",
    "institution": "事业单位",
    "enterprise": "国有企业",
    "commission": "纪委监委",
    "other": "其他单位",
}

Context = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A link: what it says and the site path that it leads to (None: the page itself)."""

    label: str
    path: str | None = None


@dataclass(frozen=True)
class Meta:
    """The head of a page. `crumbs` lead to it; `nav` names the entry of the menu that it belongs to."""

    path: str
    title: str
    description: str
    crumbs: tuple[Link, ...] = ()
    nav: str = ""
    jurisdiction: JurisdictionView | None = None
    sample: str = ""  # The sentence of the 示例数据 band; blank for none.
    column: str = ""
    published: date | None = None
    source: str = ""

    @property
    def site_name(self) -> str:
        """The name in the browser's tab and the SiteName tag."""
        return f"{self.jurisdiction.regime.short}{SITE_NAME}" if self.jurisdiction else SITE_NAME


def public_kinds() -> list[Kind]:
    """Return every kind of disclosure in display order, or raise `ValueError` if two would share an address."""
    found = [model.kind for model in kinds().values()]
    taken: dict[str, Kind] = {}
    for kind in found:
        paths.check_kind_path(kind)
        if (other := taken.setdefault(kind.path, kind)) is not kind:
            raise ValueError(
                f"公开类别“{other.label}”和“{kind.label}”的网址名都是“{kind.path}”。请给其中一类换一个 path。"
            )
    return found


def kind_at(path: str) -> Kind | None:
    """Return the kind whose pages lie in `path`."""
    return next((kind for kind in public_kinds() if kind.path == path), None)


def type_label(unit: UnitView) -> str:
    """Return what sort of unit it is, in Chinese."""
    return TYPE_LABELS.get(unit.type, unit.type if not unit.type.isascii() else "其他单位")


def sample_band(unit: UnitView) -> str:
    """Return the band of a sample unit's pages."""
    return "本页的单位、人员、企业和金额均为虚构。" if unit.sample else ""


def area_band(view: JurisdictionView) -> str:
    """Return the band of a jurisdiction with sample units."""
    if not any(unit.sample for unit in view.units):
        return ""
    return "名称带“示例”的单位及其内容均为虚构。"


def site_band(snapshot: Snapshot) -> str:
    """Return the band of pages about the whole site."""
    return "名称带“示例”的单位及其内容均为虚构。" if any(map(area_band, snapshot.jurisdictions)) else ""


def area_crumbs(view: JurisdictionView, *more: Link) -> tuple[Link, ...]:
    """Return the way to a jurisdiction's page."""
    return (Link("首页", paths.HOME), Link(view.regime.short, paths.jurisdiction_path(view.slug)), *more)


def area_meta(
    view: JurisdictionView, page: str, title: str, description: str, *, label: str, nav: str
) -> Meta:
    """Return the head of one of a jurisdiction's own pages."""
    return Meta(
        path=paths.jurisdiction_path(view.slug, page),
        title=title,
        description=description,
        crumbs=area_crumbs(view, Link(label)),
        nav=nav,
        jurisdiction=view,
        sample=area_band(view),
        column=label,
    )


def menu(view: JurisdictionView) -> list[tuple[str, Link]]:
    """Return a jurisdiction's menu: the name of each entry and its link."""
    entries = [("home", Link(f"{view.regime.short}首页", paths.jurisdiction_path(view.slug)))]
    entries.append(("units", Link("单位名录", paths.jurisdiction_path(view.slug, "units"))))
    entries.append(("domains", Link("谁分管什么", paths.jurisdiction_path(view.slug, "domains"))))
    entries += [
        (kind.code, Link(kind.short, paths.jurisdiction_path(view.slug, kind.path)))
        for kind in public_kinds()
    ]
    entries.append(("rules", Link("本地规定", paths.jurisdiction_path(view.slug, "rules"))))
    entries.append(("status", Link("公开情况", paths.jurisdiction_path(view.slug, "status"))))
    return entries
