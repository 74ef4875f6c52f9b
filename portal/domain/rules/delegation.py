"""授权分工: who may hold which power, and who may not."""

from __future__ import annotations

import re

from portal.domain.documents.delegation import Chief, DelegationPlan, Role
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.delegation_terms import (
    ActingHead,
    DisciplinePosts,
    Holders,
    Holding,
    Load,
    Supervision,
    acting_names,
    alike,
    any_held,
    binds,
    chief_names,
    head_names,
    named,
    people,
    resembles,
    standing_day,
    tested,
    tested_domains,
)
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Terms
from portal.domain.values import fold

_CLAUSE = re.compile(r"[，。；,;]")
_REASSIGN = (
    "请核对分工记录；如记录无误，应由班子集体研究，改由一名副职分管，并在“公开说明”中写明原因和整改安排。"
)


@rule(
    "DEL-01",
    "正职不直接分管",
    DelegationPlan,
    why="人、财、物和审批的权力都握在一把手手里，就没有人能制约他。",
    when=binds,
)
def chief_holds_none(plan: DelegationPlan, context: Context, _terms: Terms) -> Sights:
    """正职不直接分管: no chief holds a restricted domain, by name or by 身份 (郑州市二七区、铜陵市、某县、秀洲区、金湖县).

    Who acts for a chief is tested by DEL-08, a chief as B角 by DEL-11.
    """
    if not head_names(plan):
        yield Unclear("方案没有列出党政正职，无法核对正职是否直接分管。")
    if not plan.assignments:
        yield Unclear("方案没有列出分管事项，无法核对正职是否直接分管。")
    chiefs, acting = chief_names(plan), acting_names(plan)
    for one in tested(plan, context):
        if one.name in chiefs or (one.row.role == Role.CHIEF and one.name not in acting):
            yield Seen(
                pointer("assignments", one.place, "deputy"),
                f"{one.person}是党政正职，方案列其直接分管{one.domain.label}（分管事项第 {one.place + 1} 行）。",
                _REASSIGN,
            )
    yield from _uncertain_duties(plan, context)


def _uncertain_duties(plan: DelegationPlan, context: Context) -> Sights:
    """Tell of a chief's duties that may be a restricted domain under a name that is not known here."""
    chiefs = chief_names(plan)
    for row in plan.assignments:
        heads = row.role == Role.CHIEF or any(fold(one) in chiefs for one in people(row.deputy))
        if heads and not named(row.domain, context, plan.effective_from):
            yield Unclear(
                f"正职{row.deputy}列为“{row.domain}”的分管人；本地区没有这一叫法，请核对是否属于不得直接分管的事项。"
            )
    for chief in plan.chiefs:
        clauses = [one for one in _CLAUSE.split(chief.duty) if "分管" in one and "不" not in one]
        if any(resembles(clause, one) for clause in clauses for one in tested_domains(plan, context)):
            yield Unclear(f"{chief.name}的职责写作“{chief.duty}”，请核对是否直接分管其中的事项。")


@rule(
    "DEL-02",
    "每项有一名分管副职",
    DelegationPlan,
    why="一项权力没有人管，或者几个人都管，出了问题就找不到负责的人。",
    terms=Holders,
    when=binds,
)
def each_domain_has_its_deputy(plan: DelegationPlan, context: Context, terms: Holders) -> Sights:
    """一名分管领导具体负责: each restricted domain names its deputy, and no more than the regime's number (某县讲话、秀洲区附件1).

    A chief who holds one is DEL-01's matter; here he counts as a name.
    """
    day = plan.effective_from
    holders: dict[str, dict[str, Holding]] = {}
    for held in tested(plan, context):
        holders.setdefault(held.domain.code, {}).setdefault(held.name, held)
    optional = {one.code for text in terms.may_omit for one in named(text, context, day)}
    missing = []
    for domain in tested_domains(plan, context):
        persons = [*holders.get(domain.code, {}).values()]
        if len(persons) > terms.most:
            yield Seen(
                pointer("assignments", persons[terms.most].place, "deputy"),
                f"{domain.label}列有 {len(persons)} 名分管人（{'、'.join(one.person for one in persons)}），"
                f"每项最多 {terms.most} 名。",
                "请核对分工记录，在方案中只保留实际负责的分管副职；如确由多人分管，应由班子集体研究后明确到人。",
                terms.several,
            )
        if persons or domain.code in optional:
            continue
        label = alike(plan, domain, context)
        if label:
            yield Unclear(f"方案列有“{label}”，请核对是否就是{domain.label}；如是，请改用本地区的叫法。")
        else:
            missing.append(domain.label)
    if missing:
        yield Seen(
            pointer("assignments"),
            f"方案没有写明{'、'.join(missing)}由哪名副职分管。",
            "请补上分管副职。确实没有这项职权的，应经批准后登记不适用原因（写明该事项）、批准机关和截止日期。",
        )


@rule(
    "DEL-03",
    "一名副职不包揽各项",
    DelegationPlan,
    why="把权力从一把手手里分出来，又全集中到一名副职手里，等于没有分。",
    terms=Load,
    when=any_held,
)
def no_deputy_holds_all(plan: DelegationPlan, context: Context, terms: Load) -> Sights:
    """分管不过于集中: no deputy holds more domains than the regime's number, nor all of several."""
    load: dict[str, dict[str, Holding]] = {}
    for held in tested(plan, context):
        load.setdefault(held.name, {}).setdefault(held.domain.code, held)
    every = len(tested_domains(plan, context))
    for domains in load.values():
        if len(domains) > terms.most or 1 < len(domains) == every:
            rows = [*domains.values()]
            yield Seen(
                pointer("assignments", rows[-1].place, "deputy"),
                f"{rows[0].person}一人分管{'、'.join(one.domain.label for one in rows)}，共 {len(rows)} 项。",
                "请由班子集体研究，把其中的事项调整给其他副职分管。",
            )


@rule(
    "DEL-04",
    "纪检负责人不分管",
    DelegationPlan,
    why="纪检负责人是监督的人，自己再管钱管人，就成了自己监督自己。",
    terms=DisciplinePosts,
    when=any_held,
)
def discipline_head_holds_none(plan: DelegationPlan, context: Context, terms: DisciplinePosts) -> Sights:
    """纪检负责人不分管: the head of discipline holds no restricted domain without recorded consent."""
    posts = [fold(one) for one in terms.posts]
    heads = {
        fold(person)
        for row in plan.assignments
        if row.role == Role.DISCIPLINE_HEAD or any(one in fold(row.post) for one in posts)
        for person in people(row.deputy)
    }
    for held in tested(plan, context):
        if held.name in heads and not held.row.consent_record:
            yield Seen(
                pointer("assignments", held.place, "deputy"),
                f"{held.person}是纪检负责人，方案列其分管{held.domain.label}，没有例外同意文号。",
                "请核对分工记录；经同意的填写例外同意文号，没有同意的应由班子集体研究，改由其他副职分管。",
            )


@rule(
    "DEL-08",
    "主持工作的视同正职",
    DelegationPlan,
    why="没有正职的名义、实际说了算的人，同样要受制约。",
    terms=ActingHead,
    when=binds,
)
def acting_head_counts_as_chief(plan: DelegationPlan, context: Context, terms: ActingHead) -> Sights:
    """主持工作的视同正职: a plan names its chief or who acts for one, and an acting head holds no restricted domain."""
    if not head_names(plan):
        yield Seen(
            "/chiefs",
            "方案没有写明党政正职，也没有写明由谁主持工作。",
            "请写明正职；正职空缺的，写明主持工作的人和起始日期。",
        )
    acting, counting = acting_names(plan), set()
    for chief in plan.chiefs:
        names = {fold(one) for one in people(chief.name)} & acting
        counts = _counts_as_chief(chief, plan, context, terms) if names else False
        if counts is None:
            yield Unclear(f"方案没有写明{chief.name}主持工作的起始日期，无法核对是否满{terms.after}。")
        elif counts:
            counting |= names
    for held in tested(plan, context):
        if held.name in counting:
            yield Seen(
                pointer("assignments", held.place, "deputy"),
                f"{held.person}主持工作，视同正职，方案列其直接分管{held.domain.label}（分管事项第 {held.place + 1} 行）。",
                _REASSIGN,
            )


def _counts_as_chief(chief: Chief, plan: DelegationPlan, context: Context, terms: ActingHead) -> bool | None:
    """Tell whether one has been acting head for long enough, or None where the first day is not given."""
    if not terms.after.count:
        return True
    if chief.acting_since is None:
        return None
    day = standing_day(plan, context)
    return context.calendar(day).lasts(chief.acting_since, day, terms.after)


@rule(
    "DEL-11",
    "正职不任B角",
    DelegationPlan,
    why="分管副职不在时由正职顶替，权力又回到一把手手里。",
    when=any_held,
)
def chief_is_no_substitute(plan: DelegationPlan, context: Context, _terms: Terms) -> Sights:
    """AB角: the substitute for a domain's deputy is not the chief, nor who acts for one."""
    chiefs = head_names(plan)
    told: set[int] = set()
    for held in tested(plan, context):
        names = [one for one in people(held.row.substitute or "") if fold(one) in chiefs]
        if names and held.place not in told:
            told.add(held.place)
            yield Seen(
                pointer("assignments", held.place, "substitute"),
                f"{held.domain.label}的B角是{'、'.join(names)}，是党政正职或主持工作的人。",
                "请改由其他班子成员任B角。",
            )


@rule(
    "DEL-12",
    "正职保留监管责任",
    DelegationPlan,
    why="不直接分管不等于不负责，出了问题正职仍要承担监管责任。",
    terms=Supervision,
    when=lambda plan, context, terms: bool(head_names(plan)) and binds(plan, context, terms),
)
def chief_still_answers(plan: DelegationPlan, _context: Context, terms: Supervision) -> Sights:
    """正职监管: each chief's duties say that he answers for and supervises what the deputies hold."""
    for place, chief in enumerate(plan.chiefs):
        if not any(word in chief.duty for word in terms.words):
            yield Seen(
                pointer("chiefs", place, "duty"),
                f"{chief.name}的职责写作“{chief.duty}”，没有写明监管责任。",
                f"请在职责中写明监管责任，例如“{terms.words[0]}”。",
            )
