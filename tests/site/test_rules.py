"""What the pages say of dated rules: today's value and those already laid down for later."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from portal.apps import create_public_app
from portal.domain.regimes import Duty, RestrictedDomain
from portal.site.snapshot import Snapshot
from tests.site.sample import snapshot

LATER = Duty.model_validate(
    {
        "kind": "finance",
        "label": "季度财务公开",
        "trigger": "quarter_end",
        "workdays": 10,
        "from": date(2026, 12, 1),
        "source": "示例文件第三条",
    }
)
DOMAIN = RestrictedDomain.model_validate(
    {"code": "assets", "label": "示例资产处置", "from": date(2027, 1, 1), "source": "示例文件第四条"}
)


def with_later(*, today: bool) -> Snapshot:
    """Return the sample with a stricter finance duty from 1 December; optionally without today's."""
    base = snapshot()

    def changed(duty: Duty) -> Duty:
        return duty.model_copy(update={"valid_to": date(2026, 11, 30)}) if duty.kind == "finance" else duty

    views = []
    for view in base.jurisdictions:
        duties = tuple(map(changed, view.regime.duties))
        if not today:
            duties = tuple(one for one in duties if one.kind != "finance")
        regime = view.regime.model_copy(
            update={"duties": (*duties, LATER), "domains": (*view.regime.domains, DOMAIN)}
        )
        views.append(replace(view, regime=regime))
    return replace(base, jurisdictions=tuple(views))


def text(place: Snapshot, page: str) -> str:
    answer = create_public_app(lambda: place).test_client().get(f"/xiuzhou/{page}.html")
    assert answer.status_code == 200
    body = answer.text[answer.text.index("<main") :]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", body))


@pytest.mark.parametrize("page", ["rules", "status"])
def test_a_value_laid_down_for_later_is_shown_beside_todays(page: str) -> None:
    said = text(with_later(today=True), page)
    assert "季度结束后20个工作日内" in said
    assert "自2026年12月1日起：10个工作日" in said
    assert "自2026年12月1日起" not in text(snapshot(), page)


def test_a_duty_that_only_begins_later_is_shown() -> None:
    place = with_later(today=False)
    rules = text(place, "rules")
    assert "季度结束后10个工作日内2026年12月1日起" in rules
    assert "自2026年12月1日起：季度财务公开，季度结束后10个工作日内" in text(place, "status")


def test_a_domain_that_only_begins_later_is_not_called_former() -> None:
    said = text(with_later(today=True), "rules")
    assert "将要施行：示例资产处置（自2027年1月1日起）" in said
    assert "已不再施行" not in said
