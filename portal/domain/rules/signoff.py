"""签批权限: whether a plan's tables of amount bands are whole, in the right hands, and filed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.domain.documents.delegation import Approver, DelegationPlan, Payer
from portal.domain.rules.bands import AtLimit, Table, domain_key, level, strictness, tables_of
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms, Yuan
from portal.domain.values import fold, show_day, show_yuan


class DeputyLimit(BaseModel):
    """Up to which amount a deputy may sign alone in one domain; `least` where the text gives a range."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    domain: Annotated[str, Field(min_length=2, max_length=40, title="事项")]
    least: Annotated[Yuan | None, Field(title="幅度下端")] = None
    most: Annotated[Yuan, Field(title="限额")]

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if self.most == 0:
            raise ValueError("限额是 0 元，分管副职就什么也不能审批。请填写数额，或者删去这一行。")
        if self.least is not None and self.least > self.most:
            raise ValueError(
                f"下端 {show_yuan(self.least)} 元高于上端 {show_yuan(self.most)} 元。请改正其中一个。"
            )
        return self

    def __str__(self) -> str:
        """Return the limit as the rules page shows it."""
        if self.least is None:
            return f"{self.domain}不超过 {show_yuan(self.most)} 元"
        return f"{self.domain} {show_yuan(self.least)} 元至 {show_yuan(self.most)} 元"


class BandTerms(Terms):
    """What a published table of bands must look like. An empty list asks nothing."""

    domains: Annotated[tuple[str, ...], Field(title="必须公布签批权限的事项")] = ()
    ordinary: Annotated[tuple[Approver, ...], Field(title="一般支出可以由谁审批")] = ()
    top: Annotated[tuple[Approver, ...], Field(title="一般支出最高一档由谁审批")] = ()
    consent_domains: Annotated[tuple[str, ...], Field(title="最高一档报主要负责人同意即可的事项")] = ()
    deputy_own: Annotated[tuple[Approver, ...], Field(title="分管领导本人经手的支出可以由谁审批")] = ()
    chief_own: Annotated[tuple[Approver, ...], Field(title="主要负责人本人经手的支出可以由谁审批")] = ()
    own_top_collective: Annotated[bool | None, Field(title="本人经手的大额支出也须班子集体研究")] = None
    limits: Annotated[tuple[DeputyLimit, ...], Field(title="分管副职单独审批的限额")] = ()
    at_limit: Annotated[AtLimit | None, Field(title="恰好等于限额的")] = None
    lower_allowed: Annotated[bool | None, Field(title="单位可以把限额定得比幅度更低")] = None
    shape: Annotated[Severity | None, Field(title="没有公布、各档不衔接或者最高一档未上会的")] = None

    @model_validator(mode="after")
    def _one_limit_a_domain(self) -> Self:
        names = [fold(one.domain) for one in self.limits]
        if twice := next((one.domain for one in self.limits if names.count(fold(one.domain)) > 1), None):
            raise ValueError(f"“{twice}”写了两个限额，同一笔支出就有两个界线。每个事项只写一行，请删去一行。")
        return self


@rule(
    "FIN-01",
    "签批权限表完整合规",
    DelegationPlan,
    why="多少钱由谁签字，必须分毫不漏地写在明处；有空档或者交回“一把手”一支笔，分权就落空了。",
    terms=BandTerms,
    when=lambda plan, _context, terms: bool(plan.bands or terms.domains),
)
def bands_are_whole(plan: DelegationPlan, context: Context, terms: BandTerms) -> Sights:
    """签批权限表: every money domain has one; each runs from 0 upwards without gap or overlap, in the right hands.

    Who may approve, who holds the top band and up to which amount a deputy
    signs alone is the jurisdiction's word (分级负责制).
    """
    tables = tables_of(plan, context)
    yield from _of_shape(terms.shape, _missing(plan, tables, context, terms))
    consent = {domain_key(context, one, plan.effective_from) for one in terms.consent_domains}
    for table in tables:
        yield from _of_shape(terms.shape, flaws(table))
        yield from _ticks(table)
        if table.restricted:
            yield from _hands(table, terms)
            top = _top(table, terms, consent_is_enough=table.domain in consent)
            yield from _of_shape(terms.shape, top)
        if table.payer == Payer.ANYONE:
            yield from _of_shape(terms.shape, _falling(table))
            for limit in terms.limits:
                if table.domain == domain_key(context, limit.domain, plan.effective_from):
                    yield from _deputy_limit(table, limit, terms)


def _of_shape(shape: Severity | None, sights: Sights) -> Sights:
    """Yield the sights; those of a table's shape are less grave where the text does not command one."""
    for one in sights:
        yield replace(one, severity=shape) if isinstance(one, Seen) else one


def _missing(
    plan: DelegationPlan, tables: Sequence[Table], context: Context, terms: BandTerms
) -> Iterator[Seen | Unclear]:
    known = {one.domain for one in tables if one.payer == Payer.ANYONE}
    wanting = [one for one in terms.domains if domain_key(context, one, plan.effective_from) not in known]
    if wanting and plan.exemption_reason:
        yield Unclear(f"方案写明不适用（{plan.exemption_reason}），是否仍须公布签批权限，请核对。")
    elif wanting:
        yield Seen(
            "/bands",
            f"签批权限表没有写{'、'.join(f'“{one}”' for one in wanting)}一般支出由谁审批、审批到多少。",
            "请经班子集体研究，按金额分档写明审批人，从 0 元起，最高一档不封顶。",
        )


def flaws(table: Table) -> Iterator[Seen]:
    """Yield every gap, overlap, upside-down band and missing top of a table that should cover [0, ∞) once."""
    reached: int | None = 0  # Everything below is covered; None: everything.
    for place, band in table.rows:
        line = f"签批权限表{table.name}第 {place + 1} 行"
        if band.lower < 0 or (band.upper is not None and band.upper <= band.lower):
            upper = "不封顶" if band.upper is None else f"{show_yuan(band.upper)} 元"
            yield Seen(
                pointer("bands", place, "lower"),
                f"{line}的金额范围（{show_yuan(band.lower)} 元至{upper}）不成立。",
                "下限不得低于 0，上限须高于下限。请改正。",
            )
            continue
        if reached is None or band.lower < reached:
            above = "不封顶的一档" if reached is None else f"至 {show_yuan(reached)} 元的一档"
            yield Seen(
                pointer("bands", place, "lower"),
                f"{line}从 {show_yuan(band.lower)} 元起，与{above}重叠，同一笔支出有两种审批办法。",
                "请按班子研究通过的方案改正，使各档首尾相接、互不重叠。",
            )
        elif band.lower > reached:
            yield Seen(
                pointer("bands", place, "lower"),
                f"{line}从 {show_yuan(band.lower)} 元起，{show_yuan(reached)} 元至 {show_yuan(band.lower)} 元之间没有写由谁审批。",
                "请按班子研究通过的方案补上缺少的一档。",
            )
        reached = None if reached is None or band.upper is None else max(reached, band.upper)
    if reached is not None:
        yield Seen(
            pointer("bands", table.rows[-1][0], "upper"),
            f"签批权限表{table.name}只写到 {show_yuan(reached)} 元，达到这个数额的由谁审批没有写。",
            "请补上不封顶的最高一档（金额上限留空）。",
        )


def _ticks(table: Table) -> Iterator[Seen]:
    for place, band in table.rows:
        by_group = band.approver == Approver.COLLECTIVE
        if by_group == band.needs_collective or (table.payer != Payer.ANYONE and band.needs_collective):
            continue
        ticked = "选了“是”" if band.needs_collective else "选了“否”"
        yield Seen(
            pointer("bands", place, "needs_collective"),
            f"签批权限表{table.name}第 {place + 1} 行的审批人是“{band.approver.label}”，“须班子集体研究”却{ticked}，前后不一致。",
            "请按班子研究通过的方案统一两栏。",
            Severity.YELLOW,
        )


def _hands(table: Table, terms: BandTerms) -> Iterator[Seen]:
    allowed = _allowed(table.payer, terms)
    for place, band in table.rows:
        if not allowed or band.approver in allowed:
            continue
        yield Seen(
            pointer("bands", place, "approver"),
            f"签批权限表{table.name}第 {place + 1} 行由“{band.approver.label}”审批，"
            f"按规定只能是{'、'.join(f'“{one.label}”' for one in allowed)}。",
            "请核对方案；如方案确是这样写的，须提交班子重新研究签批权限并报纪委备案。",
        )


def _allowed(payer: Payer, terms: BandTerms) -> tuple[Approver, ...]:
    match payer:
        case Payer.ANYONE:
            return terms.ordinary
        case Payer.DEPUTY_OWN:
            return terms.deputy_own
        case Payer.CHIEF_OWN:
            return terms.chief_own


def _top(table: Table, terms: BandTerms, *, consent_is_enough: bool) -> Iterator[Seen]:
    """The open band is the group's, but for the domains in which the chief's consent is what the text wants."""
    if table.payer == Payer.ANYONE:
        wanted = terms.top + ((Approver.DEPUTY_WITH_CONSENT,) if terms.top and consent_is_enough else ())
    else:
        wanted = (Approver.COLLECTIVE,) if terms.own_top_collective else ()
    allowed = _allowed(table.payer, terms)
    for place, band in table.rows:
        wrong_hands = allowed and band.approver not in allowed
        if not wanted or band.upper is not None or level(band) in wanted or wrong_hands:
            continue
        yield Seen(
            pointer("bands", place, "approver"),
            f"签批权限表{table.name}最高一档（{show_yuan(band.lower)} 元起）由“{band.approver.label}”审批，"
            f"应由{'或'.join(f'“{one.label}”' for one in wanted)}决定。",
            "请提交班子研究，写明达到多大数额须班子集体研究决定。",
        )


def _falling(table: Table) -> Iterator[Seen]:
    for (_, lower), (place, higher) in zip(table.rows, table.rows[1:], strict=False):
        if strictness(higher) < strictness(lower):
            yield Seen(
                pointer("bands", place, "approver"),
                f"签批权限表{table.name}第 {place + 1} 行金额更大，却由级次更低的“{level(higher).label}”决定"
                f"（较小的一档由“{level(lower).label}”决定）。",
                "请按班子研究通过的方案改正：金额越大，审批级次不应越低。",
            )


def _deputy_limit(table: Table, limit: DeputyLimit, terms: BandTerms) -> Iterator[Seen]:
    alone = [
        (band.upper, place)
        for place, band in table.rows
        if band.upper is not None and level(band) in (Approver.OFFICE, Approver.DEPUTY)
    ]
    if not alone:
        return
    upper, place = max(alone)
    at = pointer("bands", place, "upper")
    if upper > (terms.at_limit or AtLimit.ABOVE).first_above(limit.most):
        yield Seen(
            at,
            f"签批权限表{table.name}让分管副职单独审批到 {show_yuan(upper)} 元，高于规定的 {show_yuan(limit.most)} 元。",
            f"请提交班子研究，把分管副职单独审批的限额降到 {show_yuan(limit.most)} 元以内。",
        )
    elif limit.least is not None and upper < limit.least and not terms.lower_allowed:
        yield Seen(
            at,
            f"签批权限表{table.name}让分管副职单独审批到 {show_yuan(upper)} 元，低于原文所列的幅度"
            f"（{show_yuan(limit.least)} 元至 {show_yuan(limit.most)} 元）。",
            "定得更低会有更多支出上会研究；原文是否允许，请报本级纪委确认。",
            Severity.YELLOW,
        )


class LimitsFiled(Terms):
    """With whom the limits are filed."""

    filed_with: Annotated[str, Field(title="报备机关")]


@rule(
    "FIN-15",
    "大额支出标准报财政备案",
    DelegationPlan,
    why="多大的支出要集体定、谁能签到多少，报给财政部门备案，事后就不能随意改口。",
    terms=LimitsFiled,
    when=lambda plan, _context, _terms: bool(plan.bands),
)
def limits_are_filed(plan: DelegationPlan, context: Context, terms: LimitsFiled) -> Sights:
    """大额支出标准备案: a plan with sign-off bands tells on which day and under which number they were filed."""
    blank = [
        (place, label)
        for place, label, value in (
            ("/limits_filed_on", "备案日期", plan.limits_filed_on),
            ("/limits_filing_no", "备案号", plan.limits_filing_no),
        )
        if value is None
    ]
    if blank:
        yield Seen(
            blank[0][0],
            f"签批权限表没有填写向{terms.filed_with}备案的{'和'.join(label for _, label in blank)}。",
            f"请把审批级次、权限和大额支出标准报{terms.filed_with}备案；已经备案的，请补填日期和备案号。",
        )
    if plan.limits_filed_on and plan.limits_filed_on > context.on:
        yield Seen(
            "/limits_filed_on",
            f"备案日期{show_day(plan.limits_filed_on)}晚于核对之日{show_day(context.on)}。",
            "请核对日期；尚未备案的，请办理后再填写。",
        )
