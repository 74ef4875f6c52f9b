"""预警（计入举报）: for who leads the intake and supervises; what the page gives the browser, and what it never tells."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest

from portal.domain.calendar import previous_quarter, quarter_of, quarter_start
from portal.domain.supervision.reported import spellings
from portal.domain.supervision.warnings import window
from tests.web.office.cases.bureau import Bureau
from tests.web.office.world import steady


@pytest.fixture
def led(bureau: Bureau) -> Bureau:
    """A commission in which somebody leads the intake and supervises."""
    bureau.enrol("示例丁", "intake_lead", "officer")
    bureau.publish()
    return bureau


def page(bureau: Bureau, path: str = "warnings") -> str:
    """Return the page as that person gets it."""
    answer = bureau.get("示例丁", path)
    assert answer.status_code == 200
    return html.unescape(steady(answer.text))


def ids(text: str) -> set[str]:
    """Return the ids that the page has the browser open."""
    found = re.search(r'data-ids="(\[.*?\])"', text)
    assert found
    return set(json.loads(found[1]))


def test_nobody_else_gets_the_page_or_is_led_to_it(led: Bureau) -> None:
    paths = ("/warnings/", f"/warnings/{led.world.unit.slug}", "/reports/statistics")
    # Every single role is walked by the sweep of all routes.
    for roles in (("officer", "intake"), ("officer", "commission_admin"), ("intake_lead",)):
        client = led.world.client(*roles)
        assert client.get("/reports/warnings").status_code in (403, 404), roles
        for path in paths:
            assert "/reports/warnings" not in client.get(path).text, (roles, path)
    for path in ("/commission/", *paths):
        assert "/reports/warnings" in led.browser("示例丁").get(path).text, path
    # With nothing to open there is no lock, and the script would find nothing to work with.
    assert "cases-warnings.js" not in page(led)
    led.file(state="accepted")
    assert "cases-warnings.js" in page(led)
    keyless = html.unescape(led.world.client("intake_lead", "officer").get("/reports/warnings").text)
    assert "您还没有登记密钥" in keyless
    assert ids(keyless) == set()


def test_the_page_gives_the_terms_the_names_and_the_ids_that_count(led: Bureau) -> None:
    today = led.world.at.date()
    terms = led.regime.warning_on(today)
    first = quarter_start(window(terms, quarter_of(today))[-1])
    main = led.file(state="accepted")
    counts = {
        main,
        led.file(state="closed", outcome="true"),
        led.file(state="reopened"),
        led.file(state="accepted", received_on=first),
    }
    for more in (
        {"state": "received"},
        {"state": "merged", "merged_into": main},
        {"state": "closed", "outcome": "false_accusation"},
        {"state": "accepted", "received_on": first - timedelta(days=1)},
        {"state": "accepted", "jurisdiction": "jinhu"},
    ):
        led.file(**more)
    text = page(led)
    assert ids(text) == counts
    assert "举报 7 件，其中受理的 <b>4 件</b>" in text
    assert "还没有决定是否受理 1 件，已并入另一件，随那一件计一次 1 件，办结时没有发现问题" in text
    item = next(one for one in terms.items if one.code == "reports")
    assert f'data-each="{item.points}" data-most="{item.most}"' in text
    assert list(spellings("示例财政局", "财政局")) in [
        json.loads(one) for one in re.findall(r'data-names="(\[.*?\])"', text)
    ]
    assert "季末固定的状态也不含举报" in text
    assert "启用脚本" in text  # What who has none is told.

    hidden = led.file(about=["示例丁"], state="accepted")
    assert led.get("示例甲", hidden).status_code == 200  # Else the next line looks at nothing.
    assert page(led) == text  # Who must withdraw finds no trace.

    last = previous_quarter(quarter_of(today))
    led.world.post(led.browser("示例丁"), "/warnings/keep", {"quarter": last})
    kept = page(led, f"warnings?quarter={last}")
    assert "固定的状态始终不含举报，本页不会改变它" in kept
    assert main not in ids(kept)  # Received after that quarter.
