"""采购招标 of every unit: each project published again at every stage that it reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.demo.bank import later, office_hour, spread, workday, workday_before
from portal.demo.models import DemoRecord, Publication
from portal.demo.orgs import Org
from portal.demo.timetables import Timetable, company, company_code, timetable
from portal.domain.documents.tender import (
    Acceptance,
    Award,
    AwardItem,
    Bidder,
    Candidacy,
    Contract,
    Expert,
    Intent,
    Method,
    Notice,
    Objection,
    ObjectionKind,
    Outcome,
    SoleSource,
    Stage,
    Subject,
    Tender,
    Venue,
)
from portal.domain.values import show_day

STAGES = list(Stage)
COMPULSORY = 400  # 万元, of works; goods and services on their own are bought by 政府采购法.
LAST_DAY = date(2026, 11, 20)  # What would be filed later is not told yet.
REASONS = {
    Stage.INTENT: "公开采购意向",
    Stage.NOTICE: "发布采购公告",
    Stage.RESULT: "公告中标（成交）结果",
    Stage.CONTRACT: "公告合同",
    Stage.ACCEPTED: "公开验收结果",
}


def tender_records(org: Org, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the unit's projects."""
    rows = [
        row
        for row in org.bank["tenders"]["projects"]
        if (row["j"], row["unit"]) == (org.regime.slug, org.unit.slug)
    ]
    for place, row in enumerate(rows, start=1):
        if row["last"] == "intent":
            yield _planned(org, row)
            continue
        yield _staged(org, row, place, numbers)


def _base(org: Org, row: Mapping[str, Any], day: date) -> dict[str, Any]:
    subject = Subject(row["subject"])
    _, label = org.domain(row["domain"])
    return {
        **org.reviewed(day, abstract=row["summary"], theme="政府采购"),
        "title": f"{org.unit.name}{row['title']}项目",
        "subject": subject,
        "method": Method(row["method"]),
        "compulsory": subject == Subject.WORKS and row["budget"] >= COMPULSORY,
        "in_catalogue": False,
        "catalogue_item": row["item"],
        "region": org.place["region"],
        "domain": label,
        "deputy": org.holder(row["domain"], day).name,
        "applicant": org.kind["offices"][row["domain"]],
        "purchaser_contact": f"{org.unit.name}{org.office}",
        "purchaser_address": f"{org.place['region']}示例路{org.serial + 1}号",
    }


def _planned(org: Org, row: Mapping[str, Any]) -> DemoRecord:
    day = workday(date(2026, 10, 12) + timedelta(days=org.serial % 15))
    finished = workday_before(day)
    document = Tender(
        **_base(org, row, finished),
        fiscal_year=int(row["expected"][:4]),
        intent=_intent(row, row["expected"], day),
    )
    at = office_hour(day, *org.key(row["title"]))
    return DemoRecord(
        org.regime.slug, org.unit.slug, (Publication(at, document, REASONS[Stage.INTENT], org.publisher),)
    )


def _intent(row: Mapping[str, Any], month: str, day: date) -> Intent:
    return Intent(
        summary=row["summary"],
        budget=round(row["budget"] * 10**6),
        expected_month=month,
        sme_reserved=row["budget"] < 200,
        published_on=day,
    )


def _staged(org: Org, row: Mapping[str, Any], place: int, numbers: dict[str, str]) -> DemoRecord:
    days = timetable(row)
    parts = _Project(org, row, days)
    reached = STAGES[: STAGES.index(Stage(row["last"])) + 1]
    moments = {
        Stage.INTENT: days.intent,
        Stage.NOTICE: days.notice,
        Stage.RESULT: days.announced,
        Stage.CONTRACT: days.contract_announced,
        Stage.ACCEPTED: later(days.accepted, 2),
    }
    common = {
        "project_no": f"{org.unit.short}采〔{days.notice.year}〕{place}号",
        "fiscal_year": days.notice.year,
        "agency": "示例招标代理有限公司" if row["budget"] >= 50 else None,
        "agency_contact": "示例招标代理有限公司项目部" if row["budget"] >= 50 else None,
    }
    told: dict[str, Any] = {}
    publications = []
    for stage in reached:
        told |= parts.tell(stage, numbers)
        if stage == Stage(row.get("explained_from", "intent")) and "explanation" in row:
            told["public_explanation"] = row["explanation"]
        steps: list[tuple[date, str, dict[str, Any]]] = [(moments[stage], REASONS[stage], {})]
        if stage == Stage.CONTRACT and later(days.filed, 1) <= LAST_DAY:
            steps.append((later(days.filed, 1), "登记合同备案", parts.filing()))
        for day, reason, more in steps:
            told |= more
            document = Tender.model_validate({**_base(org, row, workday_before(day)), **common, **told})
            at = office_hour(day, *org.key(row["title"], stage, *more))
            publications.append(Publication(at, document, reason, org.publisher))
    return DemoRecord(org.regime.slug, org.unit.slug, tuple(publications))


def _kept_until(day: date) -> date:
    """Return a day that lies at least fifteen years after `day` (政府采购法 42)."""
    return day.replace(year=day.year + 15, day=1) + timedelta(days=31)


@dataclass(frozen=True)
class _Project:
    """The parts of one project that become known, stage by stage."""

    org: Org
    row: Mapping[str, Any]
    days: Timetable

    def tell(self, stage: Stage, numbers: dict[str, str]) -> dict[str, Any]:
        """Return the fields that the stage adds."""
        if stage == Stage.INTENT:
            return self._planned()
        if stage == Stage.NOTICE:
            return self._notice(numbers)
        if stage == Stage.RESULT:
            return self._result()
        return self._contract() if stage == Stage.CONTRACT else self._acceptance()

    def _planned(self) -> dict[str, Any]:
        data: dict[str, Any] = {"intent": _intent(self.row, f"{self.days.notice:%Y-%m}", self.days.intent)}
        if self.org.regime.slug == "xian" and self.row["subject"] == "goods":
            asked = workday_before(self.days.intent)
            data["chief_consent"] = f"{self.org.chiefs[0].name}{show_day(asked)}签字同意采购计划"
        return data

    @property
    def _ceiling(self) -> int:
        budget: float = self.row["budget"]
        return round(budget * 10**6) // 100 * 98

    @property
    def _price(self) -> int:
        cut = spread(*self.org.key(self.row["title"], "price"), low=880, high=968)
        return self._ceiling * cut // 1000 // 10_000 * 10_000

    def _notice(self, numbers: dict[str, str]) -> dict[str, Any]:
        texts, days = self.org.bank["tenders"], self.days
        single = self.row["method"] == "sole_source"
        own = self.row["method"] == "direct"
        venue = self.row.get("venue") or (
            "own" if own else "online" if self.row["budget"] < 40 else "trading_center"
        )
        data: dict[str, Any] = {
            "starts_on": days.notice,
            "decision": numbers[self.row.get("decision", f"funds-{days.notice.year}")],
            "notice": Notice(
                issued_on=days.notice,
                documents_from=None if single else days.notice,
                documents_until=None if single else days.documents_until,
                bids_due=None if single else days.due,
                opened_on=None if single else days.due,
                media="、".join(texts["media"]),
                venue=Venue(venue),
                ceiling=self._ceiling,
            ),
        }
        if single:
            data["sole_source"] = SoleSource(
                reason=texts["single_reason"], posted_on=days.notice, posted_until=later(days.notice, 6)
            )
        return data

    def _bidders(self) -> tuple[Bidder, ...]:
        texts, count = self.org.bank["tenders"], int(self.row["bidders"])
        start = self.org.serial + len(self.row["title"])
        found = []
        for place in range(count):
            name = company(start + place, self.row["subject"], texts["trades"], texts["marks"])
            rejected = place == count - 1 and count >= 5
            technical = 4620 - place * 185 - spread(*self.org.key(name), low=0, high=90)
            business = 4710 - place * 120 - spread(*self.org.key(name, "price"), low=0, high=60)
            outcome = Outcome.WON if place == 0 else Outcome.CANDIDATE if place < 3 else Outcome.LOST
            found.append(
                Bidder(
                    rank=None if rejected else place + 1,
                    name=name,
                    uscc=company_code(name),
                    price=min(self._price + place * (self._ceiling // 90), self._ceiling),
                    business_score=None if rejected else business,
                    technical_score=None if rejected else technical,
                    total_score=None if rejected else business + technical,
                    quality="达到国家现行合格标准",
                    term={"works": "七十五日", "goods": "二十日", "services": "六十日"}[self.row["subject"]],
                    lead=self.org.name(30 + place),
                    certificate=f"示例证书{place + 1:03d}" if self.row["subject"] == "works" else None,
                    qualification="投标文件未按要求签字盖章" if rejected else "符合",
                    outcome=Outcome.REJECTED if rejected else outcome,
                    reason="投标函没有法定代表人签字，也没有附授权书。" if rejected else None,
                )
            )
        return tuple(found)

    def _result(self) -> dict[str, Any]:
        org, days, bidders = self.org, self.days, self._bidders()
        winner = bidders[0]
        single = self.row["method"] == "sole_source"
        channel = org.bank["tenders"]["objection_channel"].format(unit=org.unit.name, office=org.office)
        works = self.row["subject"] == "works"
        data: dict[str, Any] = {
            "bidders": bidders,
            "experts": tuple(
                Expert(name=org.name(40 + place), office="评审专家库随机抽取")
                for place in range(3 if single else 5)
            ),
            "award": Award(
                determined_on=days.determined,
                notified_on=days.announced,
                announced_on=days.announced,
                supplier=winner.name,
                uscc=winner.uscc,
                address=f"{org.place['region']}示例工业路{len(winner.name)}号",
                amount=winner.price or 0,
                report_filed_on=later(days.determined, 6),
            ),
            "award_items": (
                AwardItem(
                    name=self.row["item"],
                    specification="见采购文件",
                    quantity="1项",
                    unit_price=winner.price,
                    service="按采购文件和响应承诺执行",
                ),
            ),
        }
        if not single:
            data["candidacy"] = Candidacy(
                report_on=days.due,
                posted_on=days.due + timedelta(days=1),
                posted_until=days.posted_until,
                objection_channel=channel,
            )
        if self.row.get("objection"):
            raised = days.due + timedelta(days=2)
            data["objections"] = (
                Objection(
                    kind=ObjectionKind.OBJECTION if works else ObjectionKind.QUERY,
                    raised_on=raised,
                    content="认为第一名的业绩材料与公告要求的时间范围不符。",
                    suspended=True,
                    answered_on=raised + timedelta(days=2),
                    answer="经核对业绩合同和验收单，完工时间在要求范围内，异议不成立；已书面答复。",
                ),
            )
        # The report can only be told of once it is filed: the contract's version carries it.
        data["award"] = data["award"].model_copy(update={"report_filed_on": None})
        return data

    def _contract(self) -> dict[str, Any]:
        org, days = self.org, self.days
        result = self._result()
        award = result["award"].model_copy(update={"report_filed_on": later(days.determined, 6)})
        data: dict[str, Any] = {
            "award": award,
            "contract": Contract(
                no=f"{org.unit.short}合〔{days.signed.year}〕{spread(*org.key(self.row['title']), low=3, high=60)}号",
                signed_on=days.signed,
                amount=award.amount,
                announced_on=days.contract_announced,
                starts_on=days.starts,
                ends_on=days.ends,
                bond=award.amount // 20 // 100_000 * 100_000,
                terms="按进度付款，验收合格后付清余款，留百分之三作质量保证金；变更须书面确认。",
            ),
        }
        return data

    def filing(self) -> dict[str, Any]:
        """Return what is told once the contract's copy was filed."""
        contract = self._contract()["contract"].model_copy(update={"filed_on": self.days.filed})
        return {"contract": contract, "retained_until": _kept_until(self.days.ends)}

    def _acceptance(self) -> dict[str, Any]:
        org, days = self.org, self.days
        filed = self.filing()["contract"]
        data: dict[str, Any] = {
            "contract": filed,
            "acceptance": Acceptance(
                accepted_on=days.accepted,
                result="验收合格",
                final_amount=filed.amount,
                acceptors="、".join(org.name(number) for number in (12, 17, 19)),
            ),
            "retained_until": _kept_until(days.accepted),
        }
        return data
