"""Pages about the whole site: its front, what it is, where everything lies, the search page."""

from __future__ import annotations

from collections.abc import Iterator

from portal.site.cards import newest
from portal.site.pages import paths, reading
from portal.site.pages.shell import SITE_NAME, Context, Link, Meta, public_kinds, site_band
from portal.site.pages.status import newest_due
from portal.site.pages.summary import Highlight, filed_in, summaries_of
from portal.site.snapshot import Snapshot


def home_page(snapshot: Snapshot) -> Context:
    """Return the front page: what this is, which places take part, what to look at first."""
    summaries = {view.slug: summaries_of(snapshot, view) for view in snapshot.jurisdictions}
    everyone = [one for found in summaries.values() for one in found]
    areas = [
        {
            "view": view,
            "units": len(view.units),
            "records": sum(one.count for one in summaries[view.slug]),
            "wanting": sum(one.row.gaps > 0 for one in summaries[view.slug]),
            "sample": any(unit.sample for unit in view.units),
        }
        for view in snapshot.jurisdictions
    ]
    return {
        "meta": Meta(
            path=paths.HOME,
            title=SITE_NAME,
            description="县区和单位的权力分给了谁、怎么用的：分工授权、集体决策、季度财务、采购招标，人人可查、可核对。",
            sample=site_band(snapshot),
            column="首页",
        ),
        "areas": areas,
        "guides": list(guides(snapshot)),
        "newest": newest([card for one in everyone for card in one.newest], 6),
        "unit_total": len(everyone),
        "record_total": sum(one.count for one in everyone),
        "version_total": sum(one.versions for one in everyone),
    }


def guides(snapshot: Snapshot) -> Iterator[Highlight]:
    """Pick what shows best what the site is for; each only where the snapshot has one."""
    best: dict[str, Highlight] = {}
    for view in snapshot.jurisdictions:
        for summary in summaries_of(snapshot, view):
            for one in summary.highlights:
                if one.sort not in best or one.rank > best[one.sort].rank:
                    best[one.sort] = one
    if behind := _behind(snapshot):
        best["late"] = behind
    for sort in ("plan", "decision", "corrected", "late", "withdrawn"):
        if sort in best:
            yield best[sort]


def _behind(snapshot: Snapshot) -> Highlight | None:
    """Return the jurisdiction with the most gaps in its newest quarter."""
    best: Highlight | None = None
    for view in snapshot.jurisdictions:
        due = newest_due(snapshot, view)
        gaps = [mark for _, mark in due[1] if mark.gap] if due else []
        if due and len(gaps) > (best.rank if best else 0):
            missing = sum(mark.state == "missing" for mark in gaps)
            parts = [f"{missing} 个单位未公开"] if missing else []
            parts += [f"{len(gaps) - missing} 个单位迟公开"] if len(gaps) > missing else []
            best = Highlight(
                "late",
                len(gaps),
                "谁没有按期公开",
                f"{due[0].label}财务应于{due[0].until}公开：{'，'.join(parts)}。",
                view.regime.name,
                paths.jurisdiction_path(view.slug, "status"),
                f"{len(gaps)} 个单位没有按期",
                "late",
            )
    return best


def about_page(snapshot: Snapshot) -> Context:
    """Return the page that says what the site is and how to check it."""
    return {
        "meta": Meta(
            path=paths.ABOUT,
            title="这个平台是什么",
            description="阳光权力公开平台公开什么、由谁负责、怎样更正和撤回、怎样自己核对内容没有被改动。",
            crumbs=(Link("首页", paths.HOME), Link("这个平台是什么")),
            column="关于",
            sample=site_band(snapshot),
        ),
        "kinds": public_kinds(),
        "areas": snapshot.jurisdictions,
        "directory": reading.directory(),
    }


def sitemap_page(snapshot: Snapshot) -> Context:
    """Return the map of the site for people."""
    return {
        "meta": Meta(
            path=paths.SITEMAP,
            title="网站地图",
            description="全部地区、单位、公开类别和年份的入口。",
            crumbs=(Link("首页", paths.HOME), Link("网站地图")),
            column="网站地图",
            sample=site_band(snapshot),
        ),
        "directory": reading.directory(),
        "areas": _browsing(snapshot),
    }


def search_page(snapshot: Snapshot) -> Context:
    """Return the search page as it stands without a query or without a live search."""
    return {
        "meta": Meta(
            path=paths.SEARCH,
            title="搜索",
            description="按单位、姓名、项目、文号或金额查找公开内容。",
            crumbs=(Link("首页", paths.HOME), Link("搜索")),
            column="搜索",
            sample=site_band(snapshot),
        ),
        # Only where there is no live search: the live app has no records at hand.
        "browse": lambda: _browsing(snapshot),
    }


def not_found_page(snapshot: Snapshot) -> Context:
    """Return the page for addresses that lead nowhere."""
    return {
        "meta": Meta(
            path="404.html",
            title="没有这个页面",
            description="地址不对，或页面已移走。",
            crumbs=(Link("首页", paths.HOME), Link("没有这个页面")),
        ),
        "directory": reading.directory(),
        "areas": snapshot.jurisdictions,
    }


def _browsing(snapshot: Snapshot) -> list[Context]:
    return [
        {
            "view": view,
            "kinds": [(kind, list(filed_in(snapshot, view, kind.code).items())) for kind in public_kinds()],
        }
        for view in snapshot.jurisdictions
    ]
