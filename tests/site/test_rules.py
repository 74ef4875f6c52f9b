"""Values that change: what is laid down for later is announced, and called neither former nor in force."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from portal.apps import create_public_app
from portal.domain.regime_sections import RestrictedDomain
from portal.domain.rules.base import rules
from portal.site.pages.status import status_page
from portal.site.snapshot import Snapshot
from tests.site.sample import snapshot

LATER = rules()["FIN-06"].terms.model_validate(
    {"from": date(2026, 12, 1), "within": "10个工作日", "severity": "red", "source": "示例文件第三条"}
)
DOMAIN = RestrictedDomain.model_validate(
    {"code": "assets", "label": "示例资产处置", "from": date(2027, 1, 1), "source": "示例文件第四条"}
)


def with_later(*, today: bool) -> Snapshot:
    """Return the sample with a stricter finance deadline from 1 December; optionally without today's."""
    base = snapshot()
    views = []
    for view in base.jurisdictions:
        now = tuple(
            one.model_copy(update={"valid_to": date(2026, 11, 30)})
            for one in view.regime.rules.get("FIN-06", ())
            if today
        )
        regime = view.regime.model_copy(
            update={
                "rules": {**view.regime.rules, "FIN-06": (*now, LATER)},
                "domains": (*view.regime.domains, DOMAIN),
            }
        )
        views.append(replace(view, regime=regime))
    return replace(base, jurisdictions=tuple(views))


def text(place: Snapshot, page: str) -> str:
    answer = create_public_app(lambda: place).test_client().get(f"/xiuzhou/{page}.html")
    assert answer.status_code == 200
    body = answer.text[answer.text.index("<main") :]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", body))


def test_a_value_laid_down_for_later_is_shown_beside_todays() -> None:
    said = text(with_later(today=True), "status")
    assert "季度财务：季度结束后20个工作日内；自2026年12月1日起：10个工作日。" in said
    assert "自2026年12月1日起" not in text(snapshot(), "status")


def test_a_duty_that_only_begins_later_is_shown() -> None:
    said = text(with_later(today=False), "status")
    assert "自2026年12月1日起：季度财务，季度结束后10个工作日内" in said
    assert "季度结束后20个工作日内" not in said


@pytest.mark.parametrize("today", [True, False])
def test_the_rules_page_tells_both_values(today: bool) -> None:
    said = text(with_later(today=today), "rules")
    assert "10个工作日" in said
    assert "2026年12月1日" in said


def test_a_domain_that_only_begins_later_is_not_called_former() -> None:
    said = text(with_later(today=True), "rules")
    assert "将要施行：示例资产处置（自2027年1月1日起）" in said
    assert "已不再施行" not in said


@pytest.mark.parametrize("area", [one.slug for one in snapshot().jurisdictions])
def test_the_index_names_only_rules_that_bind_here(area: str) -> None:
    now = snapshot()
    view = now.jurisdiction(area)
    assert view
    named = {rule.id for _, tested in status_page(now, view)["items"] for rule in tested}
    shown = create_public_app(lambda: now).test_client().get(f"/{area}/rules.html").text
    assert named
    assert named <= set(re.findall(r'id="([A-Z]+-\d+)"', shown))
