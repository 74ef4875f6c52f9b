"""A public snapshot made in memory: every kind, versions, withdrawals, lateness, hostile text. All of it fictional."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from portal.domain.canonical import fingerprint, publication
from portal.domain.documents import decision as d
from portal.domain.documents import delegation as g
from portal.domain.documents import finance as f
from portal.domain.documents import regulation as r
from portal.domain.documents import tender as t
from portal.domain.documents.base import Document
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, Tombstone, UnitView, VersionView

REGIMES = Path(__file__).resolve().parents[2] / "content" / "regimes"
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOSTILE = (
    "关于<script>alert(1)</script>“特殊”标题\"'><img src=x onerror=alert(2)>𠮷野家＆％的决定" + "长" * 24
)
WAN = 1_000_000


@cache
def regimes() -> dict[str, Regime]:
    """Return the regime files that ship."""
    return read_regimes(REGIMES)


def unit(number: int, slug: str, name: str, *, area: str = "xiuzhou", **more: Any) -> UnitView:
    """Return a sample unit."""
    given: dict[str, Any] = {
        "short": name.removeprefix("示例区"),
        "type": "bureau",
        "uscc": None,
        "sample": True,
        "founded_on": None,
        "abolished_on": None,
    } | more
    return UnitView(
        id=number,
        slug=slug,
        name=name,
        jurisdiction=area,
        position=number,
        created_on=date(2025, 1, 2),
        **given,
    )


def version(
    place: UnitView,
    index_no: str,
    number: int,
    document: Document,
    at: datetime,
    reason: str,
    tombstone: Tombstone | None = None,
) -> VersionView:
    """Return a published version with its true payload and digest."""
    payload = publication(
        document,
        jurisdiction=place.jurisdiction,
        unit=place.slug,
        unit_name=place.name,
        index_no=index_no,
        number=number,
        reason=reason,
        published_at=at,
    )
    salt = bytes([number]) * 32
    gone = tombstone is not None and tombstone.destroyed
    return VersionView(
        id=place.id * 1000 + number,
        number=number,
        document=None if gone else document,
        payload=None if gone else payload,
        salt=None if gone else salt,
        digest=fingerprint(salt, payload),
        reason=reason,
        published_by="示例发布员",
        published_at=at,
        unit_name=place.name,
        tombstone=tombstone,
    )


def record(
    number: int,
    place: UnitView,
    *editions: tuple[Document, datetime, str],
    slug: str | None = None,
    tombstones: dict[int, Tombstone] | None = None,
) -> RecordView:
    """Return a record with one version for each edition."""
    first = editions[0][0]
    index_no = f"{place.slug}/2026-{number:03d}"
    return RecordView(
        number,
        place,
        first.kind,
        slug or first.slug() or str(number),
        index_no,
        tuple(
            version(place, index_no, count, document, at, reason, (tombstones or {}).get(count))
            for count, (document, at, reason) in enumerate(editions, start=1)
        ),
    )


def at(year: int, month: int, day: int, hour: int = 2) -> datetime:
    """Return an instant on a day in China."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def plan(domains: tuple[str, ...], *, chief_holds: bool = False, year: int = 2026) -> g.DelegationPlan:
    """Return a delegation plan over the given domains."""
    people = ["林示二", "何示三", "罗示四", "郑示五", "谢示六", "梁示七"]
    limits = [5 * WAN, None, 10 * WAN, None, 3 * WAN, None]
    assignments = [
        g.Assignment(
            domain=domain,
            deputy="陈示一" if chief_holds and place == 1 else people[place % 6],
            post="副局长",
            limit=limits[place % 6],
            above_limit="党组会集体研究",
            held_since=date(2025, 3, 1),
            rotation_due=date(2028, 2, 29),
            substitute=people[(place + 1) % 6],
            scope="日常经费的审核与支付" if place == 0 else None,
        )
        for place, domain in enumerate(domains)
    ]
    bands = [
        g.SignOffBand(
            domain="财务", lower=0, upper=WAN // 2, approver=g.Approver.OFFICE, chain=("经办人", "办公室审核")
        ),
        g.SignOffBand(
            domain="财务",
            lower=WAN // 2,
            upper=5 * WAN,
            approver=g.Approver.DEPUTY,
            chain=("经办人", "办公室审核", "分管副职审批"),
        ),
        g.SignOffBand(
            domain="财务",
            lower=5 * WAN,
            upper=20 * WAN,
            approver=g.Approver.DEPUTY_WITH_CONSENT,
            chain=("经办人", "办公室审核", "分管副职审批", "主要负责人同意"),
        ),
        g.SignOffBand(
            domain="财务",
            lower=20 * WAN,
            approver=g.Approver.COLLECTIVE,
            needs_collective=True,
            chain=("分管副职提出", "党组会集体研究"),
            filed_with="区财政局",
        ),
        g.SignOffBand(
            domain="物资采购",
            lower=0,
            upper=3 * WAN,
            approver=g.Approver.DEPUTY,
            chain=("科室提计划", "分管副职审批"),
        ),
        g.SignOffBand(
            domain="物资采购",
            lower=3 * WAN,
            approver=g.Approver.COLLECTIVE,
            chain=("科室提计划", "班子集体研究"),
        ),
    ]
    return g.DelegationPlan(
        title=f"班子成员分工方案（{year}年）",
        doc_no=f"示住建党〔{year}〕3号",
        issued_on=date(year, 2, 26),
        abstract="明确班子成员分工和各项签批权限，自3月2日起执行。",
        adopted_on=date(year, 2, 25),
        adopted_by="党组会",
        adopting_decision="示住建决〔2026〕17号",
        effective_from=date(year, 3, 2),
        chiefs=(g.Chief(name="陈示一", post="党组书记、局长"),),
        assignments=tuple(assignments),
        bands=tuple(bands),
        filed_on=date(year, 3, 5),
        filing_no="示纪备〔2026〕11号",
        negative_list=(
            "不直接审批财务支出。",
            "不指定投标人、中介机构和供货商。",
            "不先于班子其他成员表态。",
        ),
        supervision_phone="000-12388（示例）",
        release_reviewer="曾示八",
        legal_basis="政府信息公开条例第二十条",
    )


def quarter(
    period: str, *, vehicles: int = 15_36, scale: int = 100, full: bool = True
) -> f.FinanceDisclosure:
    """Return a full finance disclosure; `vehicles` is hundredths of 万元."""
    basic, project = 762_10 * 100 * scale, 1528_48 * 100 * scale
    passed = int(period[-1])
    lines = (
        f.Money(item="基本支出", level=1, budget=3120_50 * 10_000, amount=basic, cumulative=2286_32 * 10_000),
        f.Money(
            item="人员经费",
            level=2,
            budget=2610_00 * 10_000,
            amount=basic - 100_00,
            cumulative=1950_11 * 10_000,
        ),
        f.Money(
            item="公用经费",
            level=2,
            budget=510_50 * 10_000,
            amount=100_00,
            cumulative=(336_21 - 15_36 + vehicles) * 10_000,
        ),
        f.Money(
            item="项目支出", level=1, budget=5480_00 * 10_000, amount=project, cumulative=3702_77 * 10_000
        ),
        f.Money(
            item="老旧小区改造",
            level=2,
            budget=1286_00 * 10_000,
            amount=project // 2,
            cumulative=364_10 * 10_000,
            explanation="9月开工，首期款9月18日支付，其余按进度拨付。",
        ),
        f.Money(
            item="市政设施维护",
            level=2,
            budget=4194_00 * 10_000,
            amount=project - project // 2,
            cumulative=3338_67 * 10_000,
        ),
    )
    return f.FinanceDisclosure(
        period=period,
        title=f.FinanceDisclosure.default_title({"period": period}),
        opening=1200 * WAN,
        income_total=2400 * WAN,
        expense_total=basic + project,
        closing=3600 * WAN - basic - project,
        income=(
            f.Money(
                item="财政拨款收入",
                level=1,
                amount=2380 * WAN,
                cumulative=2380 * WAN * passed,
                source="区财政",
            ),
            f.Money(item="其他收入", level=1, amount=20 * WAN, cumulative=20 * WAN * passed, source="利息"),
        ),
        expense=lines,
        public_funds_total=(vehicles + 4_06) * 10_000,
        public_funds=(
            f.FundLine(
                fund=f.PublicFund.OVERSEAS_TRAVEL,
                budget=0,
                amount=0,
                last_year=0,
                explanation="全年无出国（境）团组。",
            ),
            f.FundLine(fund=f.PublicFund.VEHICLE_PURCHASE, budget=0, amount=0, last_year=0),
            f.FundLine(
                fund=f.PublicFund.VEHICLE_OPERATION,
                budget=24 * WAN,
                amount=vehicles * 10_000,
                last_year=17_02 * 10_000,
                times=6,
            ),
            f.FundLine(
                fund=f.PublicFund.OFFICIAL_RECEPTION,
                budget=12_80 * 10_000,
                amount=4_06 * 10_000,
                last_year=6_91 * 10_000,
                times=31,
                people=214,
            ),
        ),
        payments=(
            f.Payment(
                paid_on=date(2026, 9, 18),
                purpose="老旧小区改造工程首期款",
                payee="示例建设甲有限公司",
                amount=364_10 * 10_000,
                handler="曾示八",
                witness="梁示七",
                office_reviewer="郑示五",
                approver="林示二",
                consent="陈示一",
                collective=True,
                decision="示住建决〔2026〕17号",
                tender="示招〔2026〕031号",
            ),
            f.Payment(
                paid_on=date(2026, 8, 6),
                purpose="办公用房维修",
                payee="示例修缮乙有限公司",
                amount=4_85 * 10_000,
                handler="谢示六",
                witness="曾示八",
                office_reviewer="郑示五",
                approver="林示二",
            ),
        )
        if full
        else (),
        empty_tables=(f.EmptyTable(table=f.Table.SPECIAL_FUNDS, reason="本季没有专项资金到账和支出。"),),
        voucher_checks=(
            f.VoucherCheck(
                checked_on=date(2026, 10, 9),
                checker="陈示一",
                scope="三季度全部票据",
                found="2张票据缺验收人签字。",
                corrected="10月12日补签。",
            ),
        )
        if full
        else (),
        unit_head="陈示一",
        finance_head="林示二",
        accounting_head="郑示五",
        feedback="000-1234567（示例）",
    )


def meeting(
    number: int = 17, *, early: bool = True, title: str = "关于安排老旧小区改造工程资金的决定"
) -> d.DecisionRecord:
    """Return a decision; `early` lets the chief speak second."""
    people = [
        ("罗示四", "副局长", "工程建设"),
        ("林示二", "副局长", "财务"),
        ("何示三", "副局长", "组织人事"),
        ("郑示五", "副局长", "行政审批"),
        ("谢示六", "副局长", "物资采购"),
    ]
    says = [
        (
            "罗示四",
            "15:02",
            d.Position.FOR,
            "3个小区建成均超过25年，排水和外墙隐患集中。建议安排1,286.00万元，公开招标。",
        ),
        ("林示二", "15:09", d.Position.FOR, "资金已列入年初预算，项目结余可以覆盖。建议按进度分三次拨付。"),
        ("何示三", "15:14", d.Position.FOR, "现场代表由工程科和监督科各派一人，不兼任。"),
        ("郑示五", "15:17", d.Position.FOR, "施工许可可以容缺受理，但消防设计审查不能省。"),
        ("谢示六", "15:21", d.Position.ABSTAIN, "建议先完成居民意见征询再定总额，本次暂不表态。"),
        ("梁示七", "15:26", d.Position.FOR, "请把变更签证的审批权限写进决定，避免事后追加。"),
    ]
    chief = (
        "陈示一",
        "15:06" if early else "15:33",
        d.Position.FOR,
        "我看这个方案可以，大家议一议怎么落实。" if early else "综合各位意见：同意立项和资金安排。",
    )
    says.insert(1 if early else 6, chief)
    return d.DecisionRecord(
        title=title,
        decision_no=f"示住建决〔2026〕{number}号",
        meeting_type=d.MeetingType.PARTY_GROUP,
        meeting_no="2026年第9次",
        category=d.Category.LARGE_FUND,
        domain="工程建设",
        amount=1286 * WAN,
        held_on=date(2026, 6, 24),
        began_at="15:00",
        ended_at="15:48",
        presider="陈示一",
        recorder="曾示八",
        proposer="罗示四",
        responsible_deputy="罗示四",
        proposal="对示例新村等3个老旧小区实施排水、外墙和消防改造，资金从城建专项列支。",
        should_attend=8,
        attendees=(
            d.Attendee(
                name="陈示一", post="党组书记、局长", standing=d.Standing.CHIEF, presence=d.Presence.PRESENT
            ),
            *(
                d.Attendee(name=name, post=post, domain=domain, presence=d.Presence.PRESENT)
                for name, post, domain in people
            ),
            d.Attendee(
                name="梁示七",
                post="派驻纪检监察组组长",
                standing=d.Standing.DISCIPLINE,
                presence=d.Presence.PRESENT,
            ),
            d.Attendee(name="曾示八", post="总工程师", presence=d.Presence.ABSENT, reason="因公外出"),
        ),
        pre_steps=(
            d.PreStep(
                step=d.PreStepKind.RESEARCH,
                began_on=date(2026, 5, 11),
                ended_on=date(2026, 5, 20),
                by="工程科",
            ),
            d.PreStep(
                step=d.PreStepKind.PUBLIC_OPINION,
                began_on=date(2026, 6, 1),
                ended_on=date(2026, 6, 10),
                by="示例街道",
                outcome="收到意见31条，采纳24条。",
            ),
        ),
        statements=tuple(d.Statement(speaker=a, at=b, position=c, reason=e) for a, b, c, e in says),
        vote_method=d.VoteMethod.SHOW_OF_HANDS,
        votes_for=6,
        votes_against=0,
        votes_abstain=1,
        result=d.Result.ADOPTED,
        decision_text="同意安排1,286.00万元，公开招标；变更超过合同价5%的须重新上会。",
        tasks=(
            d.Task(
                task="公布居民意见征询结果", owner="郑示五", due_on=date(2026, 7, 3), done_on=date(2026, 7, 2)
            ),
            d.Task(
                task="拨付首期30%工程款", owner="林示二", due_on=date(2026, 9, 15), done_on=date(2026, 9, 18)
            ),
            d.Task(task="竣工验收", owner="罗示四", due_on=date(2027, 5, 31), progress="施工中"),
        ),
    )


def project() -> t.Tender:
    """Return a tender from its intent to its contract."""
    names = ["示例建设甲有限公司", "示例建工乙集团有限公司", "示例市政丙有限公司", "示例路桥丁有限公司"]
    prices = [1213_68, 1228_05, 1240_90, 1262_33]
    return t.Tender(
        title="示例新村等三个老旧小区改造工程",
        project_no="示招〔2026〕031号",
        subject=t.Subject.WORKS,
        method=t.Method.OPEN_TENDER,
        compulsory=True,
        fiscal_year=2026,
        domain="工程建设",
        deputy="罗示四",
        decision="示住建决〔2026〕17号",
        agency="示例招标代理有限公司",
        intent=t.Intent(
            summary="三个小区的排水、外墙和消防改造。",
            budget=1286 * WAN,
            expected_month="2026-07",
            published_on=date(2026, 6, 1),
            link="https://example.org/notice/31",
        ),
        notice=t.Notice(
            issued_on=date(2026, 7, 6),
            documents_from=date(2026, 7, 6),
            documents_until=date(2026, 7, 10),
            bids_due=date(2026, 7, 28),
            opened_on=date(2026, 7, 28),
            venue=t.Venue.COUNTY_CENTRE,
            ceiling=1286 * WAN,
        ),
        bidders=(
            *(
                t.Bidder(
                    rank=place + 1,
                    name=name,
                    price=prices[place] * 10_000,
                    business_score=5520 - place * 120,
                    technical_score=3710 - place * 80,
                    total_score=9230 - place * 200,
                    outcome=t.Outcome.WON
                    if place == 0
                    else t.Outcome.CANDIDATE
                    if place < 3
                    else t.Outcome.LOST,
                )
                for place, name in enumerate(names)
            ),
            t.Bidder(
                name="示例安装戊有限公司",
                price=1297 * WAN,
                outcome=t.Outcome.REJECTED,
                reason="报价超过最高限价",
            ),
        ),
        candidacy=t.Candidacy(
            report_on=date(2026, 7, 29), posted_on=date(2026, 7, 31), posted_until=date(2026, 8, 4)
        ),
        experts=(
            t.Expert(name="专家示九", office="省评审专家库"),
            t.Expert(name="专家示十", office="省评审专家库"),
        ),
        award=t.Award(
            determined_on=date(2026, 8, 5),
            notified_on=date(2026, 8, 6),
            announced_on=date(2026, 8, 6),
            supplier=names[0],
            amount=1213_68 * 10_000,
        ),
        contract=t.Contract(
            no="示合〔2026〕88号",
            signed_on=date(2026, 8, 21),
            amount=1213_68 * 10_000,
            announced_on=date(2026, 9, 2),
            starts_on=date(2026, 9, 3),
            ends_on=date(2027, 5, 31),
            bond=60_68_40 * 10_000 // 100,
            terms="首期30%，过半40%，验收后27%，质保3%。",
        ),
    )


def intent(link: str = "javascript:alert(1)") -> t.Tender:
    """Return a tender of which only the intent is known, with a link that must not be one."""
    return t.Tender(
        title="示例镇垃圾清运服务采购",
        fiscal_year=2026,
        intent=t.Intent(
            summary="全镇12个村的生活垃圾清运，服务期一年。",
            budget=86_50 * 10_000,
            expected_month="2026-12",
            sme_reserved=True,
            link=link,
            published_on=date(2026, 10, 28),
        ),
    )


def rule_text() -> r.Regulation:
    """Return a regulation with chapters, an annex and a note on its provenance."""
    heading, paragraph = r.BlockType.HEADING, r.BlockType.PARAGRAPH
    blocks = [r.Block(type=r.BlockType.SALUTATION, text="各科室、直属单位：")]
    for number, name in (("一", "总体要求"), ("二", "会议组织"), ("三", "发言与表决"), ("四", "责任追究")):
        blocks.append(r.Block(type=heading, level=1, number=f"{number}、", text=name))
        blocks.append(r.Block(type=heading, level=2, number="（一）", text=f"{name}的范围"))
        blocks += [
            r.Block(type=paragraph, text="班子成员逐一说明意见和理由，记录人如实记录发言顺序。" * 3)
        ] * 2
    blocks.append(r.Block(type=r.BlockType.SIGNATURE, text="示例区住房和城乡建设局"))
    blocks.append(r.Block(type=r.BlockType.ANNEX, number="附件", text="发言顺序登记表"))
    blocks.append(r.Block(type=paragraph, text="登记表由记录人填写。"))
    return r.Regulation(
        title="示例区住房和城乡建设局末位表态工作制度",
        doc_no="示住建〔2025〕8号",
        issued_on=date(2025, 4, 1),
        effective_from=date(2025, 5, 1),
        issuer="示例区住房和城乡建设局",
        area=r.Area.SPEAK_LAST,
        provenance="由单位提供的排版文件。",
        incomplete=True,
        blocks=tuple(blocks),
    )


def units() -> dict[str, UnitView]:
    """Return the sample units by slug."""
    listed = [
        unit(1, "zhujian", "示例区住房和城乡建设局", short="示例住建局", uscc=None),
        unit(2, "caizheng", "示例区财政局", short="示例财政局"),
        unit(3, "renshe", "示例区人力资源和社会保障局", short="示例人社局"),
        unit(4, "yizhen", "示例一镇", type="township", short="示例一镇"),
        unit(5, "xinqu", "示例新区管理办公室", short="示例新区办", founded_on=date(2026, 8, 1)),
        unit(6, "jiuju", "示例区旧城改造办公室", short="示例旧改办", abolished_on=date(2026, 1, 31)),
    ]
    return {one.slug: one for one in listed}


@cache
def snapshot() -> Snapshot:
    """Return the whole sample: one jurisdiction with everything, the others empty."""
    known = units()
    housing, money, people, town = known["zhujian"], known["caizheng"], known["renshe"], known["yizhen"]
    domains = tuple(one.label for one in regimes()["xiuzhou"].domains)
    destroyed = Tombstone(
        "个人信息保护法第四十七条",
        "误载当事人身份信息。",
        "示例区纪委监委",
        True,
        date(2027, 8, 1),
        at(2026, 8, 3),
    )
    sealed = Tombstone(
        "政府信息公开条例第十五条",
        "涉及商业秘密，权利人不同意公开。",
        "示例区政府办公室",
        False,
        None,
        at(2026, 10, 8),
    )
    first = "首次公开"
    third = quarter("2026Q3", vehicles=10_36)
    fixed = quarter("2026Q3", vehicles=15_36)
    records = [
        record(1, housing, (plan(domains, year=2025), at(2025, 3, 5), first), slug="1"),
        record(2, housing, (plan(domains), at(2026, 3, 5), first), slug="2"),
        record(
            3,
            housing,
            (third, at(2026, 10, 12), first),
            (fixed, at(2026, 10, 18), "漏记9月公务用车维修费，补记后更正。"),
        ),
        *(
            record(10 + place, housing, (quarter(period, scale=90 + 3 * place, full=False), when, first))
            for place, (period, when) in enumerate(
                [
                    ("2025Q1", at(2025, 4, 20)),
                    ("2025Q2", at(2025, 7, 20)),
                    ("2025Q3", at(2025, 10, 20)),
                    ("2025Q4", at(2026, 1, 20)),
                    ("2026Q1", at(2026, 4, 20)),
                    ("2026Q2", at(2026, 7, 20)),
                ]
            )
        ),
        record(
            20,
            housing,
            (meeting(), at(2026, 6, 29), first),
            (meeting(), at(2026, 7, 1), "补记曾示八请假事由。"),
        ),
        record(
            21,
            housing,
            (meeting(18, early=False, title="关于调整2026年部门预算的决定"), at(2026, 7, 2), first),
        ),
        record(22, housing, (meeting(19, title=HOSTILE), at(2026, 7, 3), "更正<b>原因</b>"), slug="22"),
        record(23, housing, (project(), at(2026, 9, 2), first), slug="1"),
        record(24, housing, (rule_text(), at(2025, 4, 3), first), slug="1"),
        record(30, money, (plan(domains, chief_holds=True), at(2026, 3, 9), first)),
        record(31, money, (quarter("2026Q3"), at(2026, 11, 3), first)),
        record(32, people, (quarter("2026Q2"), at(2026, 8, 3), first)),
        record(40, town, (replace_nil("2026Q3"), at(2026, 10, 15), first)),
        record(41, town, (intent(), at(2026, 10, 28), first)),
        record(
            42,
            town,
            (meeting(3, early=False), at(2026, 7, 1), first),
            (meeting(3, early=False), at(2026, 7, 9), "更正到会人数。"),
            slug="42",
            tombstones={1: destroyed},
        ),
        record(
            43,
            town,
            (intent("https://example.org/a"), at(2026, 9, 1), first),
            slug="43",
            tombstones={1: sealed},
        ),
        record(44, people, (meeting(5), at(2026, 7, 1), first), slug="44", tombstones={1: destroyed}),
    ]
    areas = tuple(
        JurisdictionView(slug, regime, tuple(known.values()) if slug == "xiuzhou" else ())
        for slug, regime in regimes().items()
    )
    return Snapshot(areas, tuple(records), NOW, 57)


def replace_nil(period: str) -> f.FinanceDisclosure:
    """Return a nil return."""
    return f.FinanceDisclosure(
        period=period,
        title=f.FinanceDisclosure.default_title({"period": period}),
        nil=True,
        nil_reason="新建账套，本季度没有发生收支。",
        unit_head="卢示一",
    )


def at_another_time(days: int = 1) -> Snapshot:
    """Return the same records seen on another day."""
    return replace(snapshot(), taken_at=NOW.replace(day=NOW.day + days))
