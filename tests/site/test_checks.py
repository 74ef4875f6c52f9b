"""按规定核对: a record's page shows what was found, what stays open and what passed, each with its source."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from portal.apps import create_public_app
from portal.domain.documents.base import Document
from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.rules.base import Rule, rules
from portal.domain.rules.terms import Off
from portal.site.findings import findings_of, report_of
from portal.site.pages.checks import checks_of
from portal.site.snapshot import RecordView, Snapshot
from tests.regimes.scenarios import build
from tests.site.sample import at, record, regimes, snapshot, unit

EARLY = {
    "/statements/0": {"speaker": "甲正职", "position": "for", "reason": "我先说，同意。"},
    "/statements/7": {"speaker": "乙副职", "position": "for", "reason": "同意。"},
    "/public_explanation": "发言次序有误，已重新研究。",
}


def renumbered(document: Document) -> Document:
    return document.model_copy(update={"decision_no": "示决〔2026〕19号"})


@cache
def place() -> Snapshot:
    """Return a county of one unit: a breach with its explanation and a later version, a clean decision, a plan."""
    base = snapshot()
    town = unit(901, "hedui", "示例核对局")
    early = build("xiuzhou", {"base": "decision", "change": EARLY})
    clean = build("xiuzhou", {"base": "decision", "change": {"/decision_no": "示决〔2026〕18号"}})
    records = (
        record(9001, town, (early, at(2026, 9, 15), "首次公开"), slug="2026-0001"),
        record(
            9002,
            town,
            (clean, at(2026, 9, 15), "首次公开"),
            (clean.model_copy(update={"remark": "补充备注。"}), at(2026, 9, 16), "补充"),
            slug="2026-0002",
        ),
        record(
            9004,
            town,
            (renumbered(early), at(2026, 9, 15), "首次公开"),
            (renumbered(clean), at(2026, 9, 20), "发言次序抄错，已更正"),
            slug="2026-0004",
        ),
        record(9003, town, (build("xiuzhou", "plan"), at(2026, 1, 4), "首次公开"), slug="2026-0001"),
    )
    areas = tuple(
        replace(view, units=(*view.units, town)) if view.slug == "xiuzhou" else view
        for view in base.jurisdictions
    )
    return Snapshot(areas, (*base.records, *records), base.taken_at, base.change)


def found(number: int) -> RecordView:
    return next(one for one in place().records if one.id == number)


def page(path: str) -> str:
    answer = create_public_app(place).test_client().get(f"/{path}")
    assert answer.status_code == 200
    return str(answer.text)


def plain(html: str) -> str:
    body = html[html.index("<main") :]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", body))


def test_a_breach_stands_at_the_top_beside_its_explanation_and_in_full_below() -> None:
    html = page(found(9001).path)
    said = plain(html)
    assert "处与规定不一致" in said
    assert "发言次序有误，已重新研究。" in said
    assert "问题不因说明而消除" in said
    assert "按规定核对" in said
    assert "附件1二" in said.replace("（", "").replace(" ", "")
    assert 'xiuzhou/rules.html#SPK-01"' in html
    assert html.index("公开说明") < html.index("处与规定不一致") < html.index('id="checks"')


def test_a_clean_decision_names_what_it_passed() -> None:
    area = place().jurisdiction("xiuzhou")
    assert area is not None
    checks = checks_of(place(), area, found(9002))
    assert checks is not None
    assert not checks.findings
    assert {"SPK-01", "DEC-02", "DEC-07"} <= {rule for rule, _ in checks.passed}
    said = plain(page(found(9002).path))
    assert f"符合的{len(checks.passed)}条" in said
    assert "处与规定不一致" not in said


def test_what_needs_a_record_that_is_not_public_stays_open() -> None:
    said = plain(page(found(9003).path))
    assert "待核对" in said
    area = place().jurisdiction("xiuzhou")
    assert area is not None
    report = report_of(place(), area, found(9003))
    assert report is not None
    assert "DEL-05" not in {one.rule for one in report.findings}


def test_a_correction_does_not_wipe_out_what_the_version_before_it_broke() -> None:
    old = plain(page(found(9004).path.replace(".html", "-v1.html")))
    assert "处与规定不一致" in old
    assert "SPK-01" in old
    now = plain(page(found(9004).path))
    assert "处与规定不一致" not in now
    assert "更正以前的版本曾有违规，更正后不再出现：第1版：" in now
    area = place().jurisdiction("xiuzhou")
    assert area is not None
    checks = checks_of(place(), area, found(9004))
    assert checks is not None
    assert {number for number, _ in checks.earlier} == {1}


def test_a_stage_that_had_not_come_yet_is_no_breach_of_the_version_before_it() -> None:
    town = found(9001).unit
    project = build("xiuzhou", "tender")
    assert isinstance(project, Tender)
    awarded = project.model_copy(update={"contract": None})
    both = record(
        9100, town, (awarded, at(2026, 9, 15), "首次公开"), (project, at(2026, 9, 22), "签订合同"), slug="9"
    )
    base = place()
    grown = replace(base, records=(*base.records, both))
    area = grown.jurisdiction("xiuzhou")
    assert area is not None
    first = report_of(grown, area, both, 1)
    assert first is not None
    assert not {"TEN-09", "TEN-12", "TEN-13"} & {one.rule for one in first.findings}
    alone = replace(base, records=(*base.records, replace(both, versions=both.versions[:1])))
    late = report_of(alone, area, alone.records[-1])
    assert late is not None
    assert "TEN-13" in {one.rule for one in late.findings}, "two months later it is one"


def test_the_gravest_findings_of_a_unit_come_first() -> None:
    area = place().jurisdiction("xiuzhou")
    assert area is not None
    pairs = findings_of(place(), area, found(9001).unit)
    ranks = [finding.severity.rank for _, finding in pairs]
    assert ranks == sorted(ranks)
    assert pairs[0][0].id == 9001


def test_a_rule_that_fails_to_run_does_not_take_the_page_down(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.domain.rules import check as engine

    def broken(kind: object) -> tuple[Rule, ...]:
        raise RuntimeError("示例故障")

    monkeypatch.setattr(engine, "rules_for", broken)
    place().derived.clear()
    try:
        assert "按规定核对" not in plain(page(found(9002).path))
    finally:
        place().derived.clear()


@pytest.mark.parametrize("slug", list(regimes()))
def test_the_rules_page_shows_every_value_with_its_source(slug: str) -> None:
    html = page(f"{slug}/rules.html")
    said = plain(html)
    regime: Regime = regimes()[slug]
    today = place().today
    for rule_id in rules():
        terms = regime.terms(rule_id, today)
        if terms is None:
            continue
        assert f'id="{rule_id}"' in html
        assert re.sub(r"\s+", "", terms.source) in said.replace("&#34;", '"')
        for value in terms.parameters():
            assert f"{value.label}{value.text}".replace(" ", "") in said
        for reading in terms.readings:
            assert re.sub(r"\s+", "", reading) in said
        if terms.readings:
            assert "原文未明确，系统按从严处理（可由本级纪委调整）" in said


def test_a_rule_taken_out_of_force_is_named_with_its_reason() -> None:
    base = place()
    off = Off.model_validate(
        {
            "from": at(2020, 1, 1).date(),
            "source": "示例文件 第一条",
            "note": "示例：本地另有规定。",
            "off": True,
        }
    )
    areas = tuple(
        replace(
            view, regime=view.regime.model_copy(update={"rules": {**view.regime.rules, "PUB-01": (off,)}})
        )
        for view in base.jurisdictions
    )
    changed = replace(base, jurisdictions=areas)
    html = create_public_app(lambda: changed).test_client().get("/xiuzhou/rules.html").text
    assert "本地不适用的全国规则" in html
    assert "示例：本地另有规定。" in html
    assert 'id="PUB-01"' not in html
