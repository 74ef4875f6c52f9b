"""反映问题: where to turn, what to write, what else is a matter for whom, and what this site can and cannot do."""

from __future__ import annotations

from portal.site.pages.shell import Context, area_meta
from portal.site.snapshot import JurisdictionView, Snapshot


def report_page(_: Snapshot, view: JurisdictionView) -> Context:
    """Return a jurisdiction's page; its channels are the regime's."""
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
