"""Pages about the whole site: its front, what it is, where everything lies, the search page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.values import show_day
from portal.site.pages import paths
from portal.site.pages.differences import differences
from portal.site.pages.kinds.decision import order
from portal.site.pages.listings import years
from portal.site.pages.shell import SITE_NAME, Context, Link, Meta, newest, public_kinds, site_band
from portal.site.pages.status import newest_due, record_mark
from portal.site.snapshot import RecordView, Snapshot


@dataclass(frozen=True)
class Guide:
    """One thing worth a newcomer's look: what it shows, why it matters, where it is."""

    title: str
    text: str
    where: str
    path: str
    mark: str = ""  # A word to set off: 更正, 违反末位表态 …
    state: str = ""


def home_page(snapshot: Snapshot) -> Context:
    """Return the front page: what this is, which places take part, what to look at first."""
    areas = [
        {
            "view": view,
            "domains": view.regime.domains_on(snapshot.today),
            "units": len(view.units),
            "records": len(snapshot.records_in(view.slug)),
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
        "newest": newest(list(snapshot.records), 6),
        "unit_total": sum(len(view.units) for view in snapshot.jurisdictions),
        "record_total": len(snapshot.records),
        "version_total": sum(len(one.versions) for one in snapshot.records),
    }


def guides(snapshot: Snapshot) -> Iterator[Guide]:
    """Pick what shows best what the site is for; each only where the snapshot has one."""
    for pick in (_plan, _decision, _corrected, _late, _withdrawn):
        if found := pick(snapshot):
            yield found


def _where(record: RecordView) -> str:
    return record.unit.name


def _plan(snapshot: Snapshot) -> Guide | None:
    plans = [
        one for one in snapshot.records if isinstance(one.document, DelegationPlan) and one.document.bands
    ]
    if not plans:
        return None
    best = max(
        plans,
        key=lambda one: (len(one.document.bands) if isinstance(one.document, DelegationPlan) else 0, -one.id),
    )
    return Guide(
        "一个单位的权力分给了谁",
        "主要负责人总负责、不直接分管；每项权力由哪位副职分管、能签多少钱、多少以上必须集体研究，写在一页上。",
        _where(best),
        paths.record_path(best),
    )


def _decision(snapshot: Snapshot) -> Guide | None:
    fallback: RecordView | None = None
    for record in snapshot.records:
        if isinstance(record.document, DecisionRecord) and len(record.document.statements) > 2:
            if order(record.document).early:
                return Guide(
                    "一次会议的发言顺序",
                    "谁第几个发言、什么态度、怎样表决，逐人记录。这一次主要负责人没有最后表态，页面照样写明。",
                    _where(record),
                    paths.record_path(record),
                    "违反末位表态",
                    "breach",
                )
            fallback = fallback or record
    if fallback is None:
        return None
    return Guide(
        "一次会议的发言顺序",
        "谁第几个发言、什么态度、怎样表决、由谁落实，逐人记录；主要负责人最后表态。",
        _where(fallback),
        paths.record_path(fallback),
        "末位表态",
        "ok",
    )


def _corrected(snapshot: Snapshot) -> Guide | None:
    corrected = [one for one in snapshot.records if len(one.versions) > 1 and one.current]
    if not corrected:
        return None
    record = next((one for one in corrected if _amounts_changed(one)), corrected[0])
    return Guide(
        "一份更正过的公开",
        "写错可以更正，但不能悄悄改：每一版都留着，改了哪几处、为什么改，逐项列出。",
        _where(record),
        paths.record_path(record),
        f"第 {record.latest.number} 版",
        "note",
    )


def _amounts_changed(record: RecordView) -> bool:
    before, after = (one.readable for one in record.versions[-2:])
    return bool(before and after and any(one.amount for one in differences(before, after)))


def _late(snapshot: Snapshot) -> Guide | None:
    best: Guide | None = None
    most = 0
    for view in snapshot.jurisdictions:
        due = newest_due(snapshot, view)
        gaps = [mark for _, mark in due[1] if mark.gap] if due else []
        if due and len(gaps) > most:
            missing = sum(mark.state == "missing" for mark in gaps)
            most = len(gaps)
            parts = [f"{missing} 个单位未公开"] if missing else []
            parts += [f"{len(gaps) - missing} 个单位迟公开"] if len(gaps) > missing else []
            best = Guide(
                "谁没有按期公开",
                f"{due[0].label}财务应于{due[0].until}公开：{'，'.join(parts)}。",
                view.regime.name,
                paths.jurisdiction_path(view.slug, "status"),
                f"{len(gaps)} 个单位有欠缺",
                "late",
            )
    if best:
        return best
    for record in snapshot.records:
        area = snapshot.jurisdiction(record.unit.jurisdiction)
        mark = record_mark(snapshot, area, record) if area else None
        if mark and mark.state == "late":
            return Guide(
                "一份迟到的公开",
                f"{mark.note}。迟了就写迟，补上也留痕。",
                _where(record),
                paths.record_path(record),
                mark.word,
                "late",
            )
    return None


def _withdrawn(snapshot: Snapshot) -> Guide | None:
    for record in snapshot.records:
        gone = record.latest.tombstone
        if gone:
            return Guide(
                "一件撤回的内容",
                "撤回要有法律依据和批准人。内容撤下了，指纹、日期和理由留在原处，谁也不能当它没有发生过。",
                f"{_where(record)}，{show_day(gone.withdrawn_at.date())}撤回",
                paths.record_path(record),
                "已撤回",
                "gone",
            )
    return None


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
        "areas": _browsing(snapshot),
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
        "areas": snapshot.jurisdictions,
    }


def _browsing(snapshot: Snapshot) -> list[Context]:
    return [
        {
            "view": view,
            "kinds": [(kind, years(snapshot.records_in(view.slug, kind.code))) for kind in public_kinds()],
        }
        for view in snapshot.jurisdictions
    ]
