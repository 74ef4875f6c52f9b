"""采购招标 as OCDS 1.1.5: valid by the official schemas, exact in its sums, silent about what was withdrawn."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.demo import demo_records
from portal.domain.documents import tender as t
from portal.domain.documents.base import Validity
from portal.domain.documents.declaration import declaration
from portal.domain.documents.tender import Tender
from portal.domain.values import MAX_FEN
from portal.exchange import ocds
from portal.exchange.ocds import (
    LOCAL_PREFIX,
    Buyer,
    Project,
    TenderVersion,
    record_lines,
    record_package,
    release_package,
)
from portal.exchange.ocds.notation import encode, make_ocid, money, web_address
from tests.conftest import ROOT, shipped
from tests.exchange.ocds_world import BUYER, FIRST, PAGE, PLACE, company_code, faults, project, tenders
from tests.site import filled, sample

WAN = 1_000_000
INTENT = t.Intent(summary="清运生活垃圾。", budget=80 * WAN, expected_month="2026-07")
NOTICE = t.Notice(issued_on=date(2026, 7, 6), bids_due=date(2026, 7, 28), ceiling=79 * WAN)
AWARD = t.Award(determined_on=date(2026, 8, 5), supplier="示例建设甲有限公司", amount=78_12_345_01)
CONTRACT = t.Contract(no="示合1号", signed_on=date(2026, 8, 21), amount=78_12_345_01)
ACCEPTED = t.Acceptance(accepted_on=date(2026, 12, 1), result="验收合格", final_amount=78 * WAN)


def make(**more: Any) -> Tender:
    """Return a small project of an intent, and whatever more is given."""
    return Tender(**{"title": "示例镇垃圾清运服务采购", "intent": INTENT, **more})


STAGES = (
    make(),
    make(notice=NOTICE),
    make(notice=NOTICE, award=AWARD),
    make(notice=NOTICE, award=AWARD, contract=CONTRACT),
    make(notice=NOTICE, award=AWARD, contract=CONTRACT, acceptance=ACCEPTED),
)


def record(one: Project) -> Any:
    """Return the record of a project."""
    return json.loads(record_package(one, PLACE))["records"][0]


def release(document: Tender, **more: Any) -> Any:
    """Return the release of a project's only version."""
    return record(project(document, **more))["releases"][0]


def tagged(*documents: Tender | None, **more: Any) -> list[list[str]]:
    """Return the tags of each open version."""
    return [one["tag"] for one in record(project(*documents, **more))["releases"]]


def all_packages(one: Project) -> list[bytes]:
    """Return every package that a project gives."""
    made = [release_package(one, version.number, PLACE) for version, _ in one.readable]
    return [*made, record_package(one, PLACE)]


# Validity


@pytest.mark.parametrize(
    "spoil",
    [
        lambda last: last.pop("initiationType"),
        lambda last: last["tender"].update(status="open"),
        lambda last: last["awards"][0].update(date="2026-08-05"),
        lambda last: last["tender"].update(x_venue="镇"),
        lambda last: last["buyer"].update(id="nobody"),
        lambda last: last["parties"][0]["roles"].append("supplier"),
        lambda last: last["contracts"][0].update(awardID="another"),
        lambda last: last["tender"]["documents"][0].update(url="javascript:alert(1)"),
        lambda last: last.update(date="2026-01-01T00:00:00+08:00"),
        lambda last: last.update(ocid="another"),
    ],
)
def test_the_schemas_can_refuse(spoil):
    package = json.loads(record_package(project(*STAGES, page=PAGE), PLACE))
    assert faults(json.dumps(package).encode()) == []
    spoil(package["records"][0]["releases"][-1])
    assert faults(json.dumps(package).encode())


def test_every_tender_of_the_sample_pages_is_valid():
    seen = 0
    for one in sample.snapshot().records:
        versions = tuple(
            TenderVersion(
                version.number,
                version.document,
                version.published_at,
                version.tombstone.withdrawn_at if version.tombstone else None,
                version.unit_name,
            )
            for version in one.versions
            if version.document is None or isinstance(version.document, Tender)
        )
        if one.kind.code != "tender":
            continue
        made = Project(one.index_no, Buyer(one.unit.slug, one.unit.name, one.unit.uscc), versions, PAGE)
        if not made.readable:
            with pytest.raises(LookupError):
                record_package(made, PLACE)
            continue
        for package in all_packages(made):
            assert faults(package) == []
            seen += 1
    assert seen >= 4


def test_every_project_of_the_demo_is_valid():
    seen: dict[str, list[Project]] = {}
    for count, one in enumerate(demo_records(ROOT / "content", shipped())):
        versions = tuple(
            TenderVersion(number, done.document, done.at)
            for number, done in enumerate(one.publications, start=1)
            if isinstance(done.document, Tender)
        )
        if versions:
            made = Project(f"{one.unit}/2026-{count:05d}", Buyer(one.unit, one.unit), versions)
            seen.setdefault(one.jurisdiction, []).append(made)
    assert sum(map(len, seen.values())) > 20
    for slug, projects in seen.items():
        lines = list(record_lines(projects, replace(PLACE, slug=slug)))
        assert len(lines) == len(projects)
        assert len({json.loads(line)["uri"] for line in lines}) == len(lines)
        for line in lines:
            assert line.count(b"\n") == 1
            assert faults(line) == []
    tags = {tag for projects in seen.values() for one in projects for tags in tagged_of(one) for tag in tags}
    assert {"planning", "tender", "award", "contract", "contractUpdate", "implementation"} <= tags


def tagged_of(one: Project) -> list[list[str]]:
    """Return the tags of each open version of a project."""
    return [found["tag"] for found in record(one)["releases"]]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    documents=st.lists(tenders() | st.none(), min_size=1, max_size=4),
    withdrawn=st.sets(st.integers(1, 4)),
    page=st.sampled_from([None, PAGE, "file:///x.html"]),
    code=st.sampled_from([None, company_code(1)]),
)
def test_whatever_a_tender_says_its_packages_are_valid(documents, withdrawn, page, code):
    one = project(*documents, withdrawn=tuple(withdrawn), page=page, buyer=replace(BUYER, uscc=code))
    if not one.readable:
        assert list(record_lines([one], PLACE)) == []
        return
    for package in all_packages(one):
        assert faults(package) == []
        assert not set(b"<>&") & set(package)
    assert record_package(one, PLACE) == record_package(one, PLACE)


# Figures and days


@given(st.integers(-MAX_FEN, MAX_FEN))
@example(1)
@example(29)
@example(-7)
@example(MAX_FEN - 1)
@example(MAX_FEN)
@example(123_456_789_012_345)
def test_an_amount_is_written_to_the_fen(fen):
    written = json.loads(encode({"v": money(fen)}), parse_float=Decimal, parse_int=Decimal)["v"]
    assert written["amount"] * 100 == fen
    assert written["currency"] == "CNY"


def test_a_project_is_told_through():
    said = release(
        make(
            project_no="示招〔2026〕031号",
            method=t.Method.INQUIRY,
            subject=t.Subject.SERVICES,
            fiscal_year=2026,
            agency="示例招标代理有限公司",
            notice=t.Notice(
                issued_on=date(2026, 7, 6),
                documents_from=date(2026, 7, 7),
                bids_due=date(2026, 7, 28),
                ceiling=79 * WAN,
            ),
            clarifications=(
                t.Clarification(issued_on=date(2026, 7, 20), content="顺延。", new_due=date(2026, 8, 4)),
            ),
            bidders=(
                t.Bidder(name="示例建设甲有限公司", outcome=t.Outcome.WON),
                t.Bidder(name="示例建工乙集团有限公司", uscc=company_code(2)),
            ),
            award=AWARD.model_copy(update={"uscc": company_code(1), "address": "示例路1号"}),
            award_items=(t.AwardItem(name="清运", quantity="12个月", unit_price=65_102_88),),
            contract=CONTRACT,
            variations=(t.Variation(agreed_on=date(2026, 9, 9), amount=-100_05, reason="减少一处。"),),
            acceptance=ACCEPTED,
        )
    )
    tender, award, contract = said["tender"], said["awards"][0], said["contracts"][0]
    assert said["planning"]["budget"] == {
        "description": "2026年度预算",
        "amount": {"amount": 800_000, "currency": "CNY"},
    }
    assert said["planning"]["milestones"][0]["dueDate"] == "2026-07-31T23:59:59+08:00"
    assert tender["id"] == "示招〔2026〕031号"
    assert (tender["procurementMethod"], tender["procurementMethodDetails"]) == ("limited", "询价")
    assert tender["mainProcurementCategory"] == "services"
    assert tender["tenderPeriod"] == {
        "startDate": "2026-07-07T00:00:00+08:00",
        "endDate": "2026-08-04T23:59:59+08:00",
    }
    assert (tender["numberOfTenderers"], tender["status"]) == (2, "complete")
    assert tender["procuringEntity"]["name"] == "示例招标代理有限公司"
    assert award["value"]["amount"] == 781_234_501 / 100
    assert award["items"][0]["quantity"] == 12
    assert award["items"][0]["unit"]["name"] == "个月"
    assert contract["dateSigned"] == "2026-08-21T00:00:00+08:00"
    assert (contract["status"], contract["awardID"]) == ("terminated", award["id"])
    assert contract["amendments"][0]["description"] == "变更金额 -100.05 元"
    assert contract["implementation"]["milestones"][0]["status"] == "met"
    winner = next(one for one in said["parties"] if one["name"] == "示例建设甲有限公司")
    assert winner == {  # The code that the award tells is the bidder's, too.
        "id": f"CN-USCC-{company_code(1)}",
        "name": "示例建设甲有限公司",
        "identifier": {"scheme": "CN-USCC", "id": company_code(1), "legalName": "示例建设甲有限公司"},
        "roles": ["supplier", "tenderer"],
        "address": {"streetAddress": "示例路1号"},
    }


def test_every_method_keeps_its_chinese_name():
    for method in t.Method:
        said = release(make(method=method))["tender"]
        assert said["procurementMethodDetails"] == method.label
        assert ("procurementMethod" in said) == (method != t.Method.FRAMEWORK)


@pytest.mark.parametrize(
    ("quantity", "number", "unit"),
    [("3项", 3, "项"), ("2.5公里", 2.5, "公里"), ("12", 12, None)]
    + [(odd, None, None) for odd in ("1,000台", "3至5台", "3-5台", "10万块", "一批", "2.5.1")],
)
def test_a_quantity_is_a_number_only_where_it_plainly_is_one(quantity, number, unit):
    item = release(make(award=AWARD, award_items=(t.AwardItem(name="物", quantity=quantity),)))["awards"][0][
        "items"
    ][0]
    assert (item.get("quantity"), item.get("unit", {}).get("name")) == (number, unit)
    assert (quantity in item["description"]) == (number is None)


def test_an_acceptance_is_met_only_where_it_says_so():
    told = {}
    for result in ("验收合格。", "不合格", "基本合格，限期整改"):
        done = make(acceptance=ACCEPTED.model_copy(update={"result": result}))
        told[result] = release(done)["contracts"][0]["implementation"]["milestones"][0].get("status")
    assert told == {"验收合格。": "met", "不合格": None, "基本合格，限期整改": None}


def test_a_time_without_a_zone_is_refused():
    naive = Project("a/1", BUYER, (TenderVersion(1, make(), datetime(2026, 6, 1)),))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        record_package(naive, PLACE)


# Tags and statuses


def test_each_stage_is_tagged_when_it_is_first_told():
    assert tagged(*STAGES) == [
        ["planning"],
        ["tender"],
        ["award"],
        ["contract"],
        ["implementation", "contractTermination"],
    ]
    statuses = [one["tender"]["status"] for one in record(project(*STAGES))["releases"]]
    assert statuses == ["planned", "active", "complete", "complete", "complete"]
    assert tagged(STAGES[3]) == [["planning", "tender", "award", "contract"]]


@pytest.mark.parametrize(
    ("before", "changed", "tags"),
    [
        (0, {"intent": INTENT.model_copy(update={"budget": 81 * WAN})}, ["planningUpdate"]),
        (0, {"title": "示例镇垃圾清运"}, ["planningUpdate"]),
        (1, {"notice": NOTICE.model_copy(update={"ceiling": 70 * WAN})}, ["tenderUpdate"]),
        (
            1,
            {"clarifications": (t.Clarification(issued_on=date(2026, 7, 9), content="改图。"),)},
            ["tenderAmendment"],
        ),
        (1, {"bidders": (t.Bidder(name="示例甲"),), "award": AWARD}, ["tenderUpdate", "award"]),
        (1, {"validity": Validity.ABOLISHED}, ["tenderCancellation"]),
        (2, {"award": AWARD.model_copy(update={"amount": 1})}, ["awardUpdate"]),
        (2, {"validity": Validity.ABOLISHED}, ["awardCancellation"]),
        (2, {"award": None}, ["awardCancellation"]),
        (3, {"contract": CONTRACT.model_copy(update={"amount": 1})}, ["contractUpdate"]),
        (
            3,
            {"variations": (t.Variation(agreed_on=date(2026, 9, 9), amount=1, reason="增。"),)},
            ["contractAmendment"],
        ),
        (3, {"contract": None}, ["contractUpdate"]),
        (3, {"validity": Validity.ABOLISHED}, ["contractTermination"]),
        (4, {"acceptance": ACCEPTED.model_copy(update={"result": "合格"})}, ["implementationUpdate"]),
        (4, {"remark": "补记。"}, ["implementationUpdate"]),
        (2, {"purchaser_contact": "000-1234567（示例）"}, ["awardUpdate"]),
    ],
)
def test_a_change_is_tagged_for_what_it_changes(before, changed, tags):
    old = STAGES[before]
    new = Tender.model_validate({**{name: getattr(old, name) for name in Tender.model_fields}, **changed})
    assert tagged(old, new)[1] == tags


def test_statuses_follow_what_became_of_the_project():
    lost = tuple(t.Bidder(name=name, outcome=t.Outcome.REJECTED) for name in ("示例甲", "示例乙"))
    assert release(make(bidders=lost))["tender"]["status"] == "unsuccessful"
    unsure = (*lost, t.Bidder(name="示例丙"))
    assert release(make(bidders=unsure))["tender"]["status"] == "active"
    stopped = make(notice=NOTICE, award=AWARD, validity=Validity.ABOLISHED)
    assert release(stopped)["awards"][0]["status"] == "cancelled"
    done = make(award=AWARD, contract=CONTRACT, acceptance=ACCEPTED, validity=Validity.ABOLISHED)
    assert release(done)["awards"][0]["status"] == "active"


def test_what_a_correction_took_out_is_cancelled_and_no_longer_told():
    said = record(project(STAGES[3], STAGES[1], STAGES[1]))
    for one in (*said["releases"][1:], said["compiledRelease"]):
        assert one["awards"] == [{"id": "award", "status": "cancelled"}]
        assert one["contracts"] == [{"id": "contract", "awardID": "award", "status": "cancelled"}]
        assert "78123" not in json.dumps(one)


def test_a_contract_that_is_taken_out_with_its_variations_is_not_amended():
    varied = STAGES[3].model_copy(
        update={"variations": (t.Variation(agreed_on=date(2026, 9, 9), amount=1, reason="增。"),)}
    )
    assert tagged(varied, STAGES[1])[1] == ["awardCancellation", "contractUpdate"]


def test_releases_lie_in_the_order_of_their_dates_and_are_compared_in_that_of_their_numbers():
    first, second = project(STAGES[0], STAGES[1]).versions
    early = replace(second, published_at=first.published_at.replace(year=2025))
    said = record(Project("a/1", BUYER, (early, first)))
    assert [(one["id"][-2:], one["tag"]) for one in said["releases"]] == [
        ("v2", ["tender"]),
        ("v1", ["planning"]),
    ]
    assert said["compiledRelease"]["date"] == said["releases"][0]["date"]


# Withdrawal


def test_nothing_of_a_withdrawn_version_comes_out():
    secret = Tender.model_validate(
        filled.build(Tender, title="秘密之题")[0].model_dump() | {"intent": None, "index_no": None}
    )
    for stored in (secret, None):
        plain = project(STAGES[0], STAGES[1], STAGES[2])
        gone = project(STAGES[0], stored, STAGES[2], withdrawn=(2,))
        said = record(gone)
        assert [one["id"][-2:] for one in said["releases"]] == ["v1", "v3"]
        text = record_package(gone, PLACE).decode()
        told = [value for value in _texts(secret.model_dump(mode="json")) if len(value) > 3]
        assert len(told) > 40
        assert [value for value in told if value in text] == []
        # Not even by comparison: the version after it is compared with the one before it.
        assert said["releases"][1]["tag"] == ["tender", "award"]
        assert record(plain)["releases"][2]["tag"] == ["award"]
        assert said["compiledRelease"]["tender"] == record(plain)["compiledRelease"]["tender"]
        with pytest.raises(LookupError):
            release_package(gone, 2, PLACE)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) and value.startswith("第") else []


def test_an_award_known_only_from_a_withdrawn_version_is_not_called_cancelled():
    said = record(project(STAGES[1], STAGES[2], STAGES[1], withdrawn=(2,)))
    assert "awards" not in said["releases"][1]


def test_an_older_version_does_not_come_back_into_force():
    one = project(*STAGES[:3], withdrawn=(3,))
    said = record(one)
    assert len(said["releases"]) == 2
    assert "compiledRelease" not in said
    assert one.in_force is None
    assert project(*STAGES[:3], withdrawn=(1,)).in_force is not None
    assert json.loads(record_package(one, PLACE))["publishedDate"] == "2027-07-09T10:00:00+08:00"
    with pytest.raises(LookupError):
        record_package(project(STAGES[0], None, withdrawn=(1,)), PLACE)


# Identity


def test_one_ocid_for_all_versions_and_another_for_every_other_project():
    said = record(project(*STAGES))
    assert {one["ocid"] for one in said["releases"]} == {said["ocid"]}
    assert said["ocid"] == f"{LOCAL_PREFIX}-xiuzhou_zhujian_2026-00023"
    assert said["compiledRelease"]["ocid"] == said["ocid"]
    assert said["compiledRelease"]["tag"] == ["compiled"]
    compiled = {**said["compiledRelease"], "id": "", "tag": ""}
    assert compiled == {**said["releases"][-1], "id": "", "tag": ""}
    assert ocds.ocid(project(make(), index_no="示001/2026#1"), PLACE).endswith("_~e7~a4~ba001_2026~231")


@given(st.lists(st.text(max_size=6) | st.text("/_~.-2f5e", max_size=6), unique=True, min_size=2, max_size=8))
def test_no_two_index_numbers_share_an_ocid(numbers):
    made = [make_ocid(LOCAL_PREFIX, slug, number) for slug in ("a", "a-b") for number in numbers]
    assert len(set(made)) == len(made)
    assert all(one.isascii() and "/" not in one and "#" not in one for one in made)


def test_a_renamed_unit_stays_the_same_party_under_the_name_of_its_time():
    first, second = project(STAGES[0], STAGES[1]).versions
    one = Project("a/1", BUYER, (replace(first, unit_name="示例区建设局"), second))
    old, new = (found["buyer"] for found in record(one)["releases"])
    assert (old["name"], new["name"]) == ("示例区建设局", BUYER.name)
    assert old["id"] == new["id"] == "unit-xiuzhou-zhujian"


def test_one_who_bids_twice_is_one_bidder_and_the_buyer_may_bid():
    said = release(
        make(
            bidders=(
                t.Bidder(name="示例甲", uscc=company_code(1)),
                t.Bidder(name="示例甲（分公司）", uscc=company_code(1)),
                t.Bidder(name=BUYER.name),
            )
        )
    )
    assert said["tender"]["numberOfTenderers"] == 2
    assert said["parties"][0]["roles"] == ["buyer", "procuringEntity", "tenderer"]


# Hostile texts and addresses


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("HTTP://example.org", "http://example.org"),
        ("https://example.org/公告", "https://example.org/%E5%85%AC%E5%91%8A"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%41", "https://example.org/%41"),
        *(
            (bad, None)
            for bad in (
                "javascript:alert(1)",
                "javascript://example.org/%0Aalert(1)",
                "file://example.org/x",
                "data:text/html,x",
                "//example.org",
                "https://",
                "https://a:b@example.org/",
                "https://[::1",
                "https://示例.org/",
                "https://example.org\\@evil.example",
                "见附件",
                "",
                None,
            )
        ),
    ],
)
def test_only_web_addresses_are_links(given, said):
    assert web_address(given) == said


def test_hostile_texts_are_inert():
    bad = "</script><!--\u202e\u2028\0\ud800&\u00ad"
    one = project(
        make(title=sample.HOSTILE, intent=INTENT.model_copy(update={"summary": "<b>" + "长" * 200_000})),
        buyer=Buyer("zhujian", bad),
        index_no=bad,
    )
    written = record_package(one, PLACE)
    text = written.decode()  # Proper UTF-8 in spite of the half surrogate.
    assert not set("<>&\u202e\u2028\0\u00ad") & set(text)
    said = json.loads(text)["records"][0]["releases"][0]
    assert said["buyer"]["name"] == bad
    assert said["tender"]["title"] == sample.HOSTILE
    assert said["ocid"].isascii()
    linked = make(intent=INTENT.model_copy(update={"link": "javascript:alert(1)"}))
    assert "javascript" not in record_package(project(linked), PLACE).decode()


def test_a_notice_is_linked_only_where_the_page_has_an_address():
    dated = {"announced_on": date(2026, 8, 6)}
    full = make(
        notice=NOTICE,
        award=AWARD.model_copy(update=dated),
        contract=CONTRACT.model_copy(update=dated),
    )
    said = release(full, page=PAGE)
    for part in (said["tender"], said["awards"][0], said["contracts"][0]):
        assert [one["url"] for one in part["documents"]] == [PAGE]
    for page in (None, "tenders/1.html", "file:///site/1.html"):
        assert "documents" not in json.dumps(release(full, page=page))


# What is left out is left out on purpose

LEFT_OUT = {
    "bidders": {
        "rank", "price", "business_score", "technical_score", "total_score", "quality", "term", "lead",
        "certificate", "qualification", "reason",
    },
    "experts": {"name", "office"},
    "objections": {"kind", "raised_on", "content", "suspended", "answered_on", "answer"},
    "notice": {"documents_until", "media"},
    "sole_source": {"posted_on"},
    "candidacy": {"report_on", "posted_on"},
    "failure": {"announced_on", "next_step"},
    "award": {"notified_on", "report_filed_on"},
    "contract": {"filed_on", "bond"},
    "acceptance": {"acceptors"},
    "": {
        "compulsory", "in_catalogue", "domain", "deputy", "applicant", "chief_consent", "decision", "starts_on",
        "retained_until",
    },
}  # fmt: skip
HEAD = {"title", "abstract", "validity"}  # What of the directory elements is told.


def test_every_field_is_told_or_known_to_be_left_out():
    whole, _ = filled.build(Tender, intent__link="https://example.org/notice/31")
    bases = [
        whole.model_copy(update={"validity": Validity.IN_FORCE} | less)
        for less in (
            {},
            {"award": None},
            {"award": None, "contract": None, "acceptance": None},
            {"award": None, "contract": None, "acceptance": None, "failure": None},
            {
                "bidders": (),
                "clarifications": (),
                "abstract": None,
                "project_no": None,
                "method_reason": None,
            },
        )
    ]
    own = {name for name in Tender.model_fields if name not in Tender.__mro__[1].model_fields}
    documented = ocds.__doc__ or ""
    for path, field in filled.fields(Tender):
        group, name = path if len(path) == 2 else ("", path[0])
        moved = any(_changed(base, path, field) for base in bases)
        dropped = name in LEFT_OUT.get(group, ()) or (not group and name not in own | HEAD)
        assert moved != dropped, path
        if dropped and (group or name in own) and group not in ("bidders", "experts", "objections"):
            assert field.about.label in documented, path


def _changed(base: Tender, path: tuple[str, ...], field: Any) -> bool:
    top = getattr(base, path[0])
    if len(path) == 2 and not top:
        return False
    part = top[0] if isinstance(top, tuple) and len(path) == 2 else top
    now = getattr(part, path[1]) if len(path) == 2 else top
    options = list(field.choices) if field.choices else [not now] if now in (True, False) else []
    if path[-1] == "result":
        options = ["另一结论"]
    for other in options or [filled.make(field, 99)]:
        if len(path) == 2:
            inner = part.model_copy(update={path[1]: other})
            changed: Any = (inner, *top[1:]) if isinstance(top, tuple) else inner
        else:
            changed = other
        after = base.model_copy(update={path[0]: changed})
        if release(base, page=PAGE) != release(after, page=PAGE):
            return True
    return False


def test_the_fields_named_as_left_out_exist():
    said = declaration(Tender)
    known = {(one.path if len(one.path) == 2 else ("", one.path[0])) for one in said.fields}
    known |= {(table.name, *one.path) for table in said.tables for one in table.fields}
    assert {(group, name) for group, names in LEFT_OUT.items() for name in names} <= known


def test_packages_have_addresses_of_their_own():
    one = project(*STAGES)
    named = [json.loads(package)["uri"] for package in all_packages(one)]
    assert len(set(named)) == len(named)
    assert all(uri.startswith("urn:uuid:") for uri in named)
    assert json.loads(record_package(one, PLACE, uri=PAGE))["uri"] == PAGE
    dates = [json.loads(release_package(one, number, PLACE))["publishedDate"] for number in (1, 2, 3)]
    assert all(earlier < later for earlier, later in pairwise(dates))
    assert dates[0] == (FIRST.replace(month=7, day=1)).strftime("%Y-%m-%dT10:00:00+08:00")
