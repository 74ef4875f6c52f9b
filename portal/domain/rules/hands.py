"""经手与分管: who holds what by the plan, and whose expense a payment is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from portal.domain.documents.delegation import DelegationPlan, Payer
from portal.domain.documents.finance import Payment
from portal.domain.remembered import remembered
from portal.domain.rules.bands import domain_key
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Terms
from portal.domain.values import fold


class PaymentTerms(Terms):
    """`domain` is under whose hand expenses fall where a payment names no domain, and beside the one it names."""

    domain: Annotated[str | None, Field(title="支出归口的分管事项")] = None


@dataclass(frozen=True)
class Hands:
    """Who holds what by a plan, in folded names."""

    chiefs: frozenset[str]
    holders: dict[str, frozenset[str]]
    substitutes: dict[str, frozenset[str]]


_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")
_MARKS = re.compile(r"[、,;/&+|\n()\[\]【】〔〕]")
_BETWEEN = re.compile(r"\s*(?:以?及|和|与)\s*|\s+")
_AFTER = re.compile(r"(同志|等(\d*人)?)$")
_SHORTEST = 2  # No name has fewer characters: the blank in 王 明 and the 和 in 王和平 part no names.
_DOUBLE_SURNAMES = frozenset(
    (
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "长孙",
        "宇文",
        "东方",
    )
)


@remembered(65536)
def people(text: str) -> frozenset[str]:
    """Return the folded names that a field holds: one, or several with a mark, 和 or a blank between.

    A post in brackets, a word before a colon and 同志 are no part of a name.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    bare = _BRACKETED.sub("", plain)
    parts = _MARKS.split(bare if bare.strip() else plain)
    names = (one for part in parts for one in _parted(part.rpartition(":")[2].strip()))
    return frozenset(_AFTER.sub("", one) for one in names) - {""}


def _parted(text: str) -> Iterator[str]:
    """Part names at 和、与、及 and blanks, but only where what stands on either side can be a name."""
    name, rest = "", text
    while found := _BETWEEN.search(rest):
        name, rest = name + rest[: found.start()], rest[found.end() :]
        name_ends = len(name) >= _SHORTEST and name not in _DOUBLE_SURNAMES
        if name_ends and len("".join(rest.split())) >= _SHORTEST:
            yield name
            name = ""
        else:
            name += found.group().strip()
    yield name + rest


_NO_OBJECTION = re.compile(r"(没有|无|未提出?)不同意见")
_REFUSED = re.compile(
    r"(不|未|没有?)(予|经|征得|获得?|取得|得到)?(其|本人|领导|主要负责人)?(同意|批准)"
    r"|不予|不批|未(报|请示|汇报|批)|没有?(报|请示|汇报|批)|反对|否决|驳回|拒绝"
)
_CLAUSES = re.compile(r"[,;。、:/()]")
_NO = frozenset(("否", "无", "不", "未", "没", "没有", "暂无", "-", "--", "—", "——"))


def consented(text: str | None) -> bool:
    """Tell whether a field records consent: a text that says 不同意, 未报 or 无 records none."""
    said = _NO_OBJECTION.sub("无异议", fold(text or ""))
    clauses = frozenset(_CLAUSES.split(said)) - {""}
    return bool(clauses) and not _REFUSED.search(said) and not clauses & _NO


def hands_of(plan: DelegationPlan, context: Context) -> Hands:
    """Return who holds what by a plan of the dossier, worked out once."""
    derived = context.dossier.derived
    key = ("payments.hands", id(plan))
    if key not in derived:
        chiefs = frozenset[str]().union(*(people(one.name) for one in plan.chiefs))
        holders: dict[str, frozenset[str]] = {}
        substitutes: dict[str, frozenset[str]] = {}
        for one in plan.assignments:
            domain = domain_key(context, one.domain, plan.effective_from)
            holders[domain] = holders.get(domain, frozenset()) | (people(one.deputy) - chiefs)
            second = people(one.substitute) if one.substitute else frozenset()
            substitutes[domain] = substitutes.get(domain, frozenset()) | (second - chiefs)
        derived[key] = Hands(chiefs, holders, substitutes)
    return derived[key]  # type: ignore[return-value]  # `derived` holds anything; this key only this.


def domains_of(payment: Payment, context: Context, terms: PaymentTerms) -> list[str]:
    """Return the domains under which a payment falls, its own first."""
    named = (one for one in (payment.domain, terms.domain) if one)
    return list(dict.fromkeys(domain_key(context, one, payment.paid_on) for one in named))


def holders_of(payment: Payment, hands: Hands, context: Context, terms: PaymentTerms) -> frozenset[str]:
    """Return the deputies who hold the domains under which a payment falls."""
    return frozenset().union(
        *(hands.holders.get(one, frozenset()) for one in domains_of(payment, context, terms))
    )


def payer_of(payment: Payment, context: Context, terms: PaymentTerms) -> Payer:
    """Return whose expense it is: by the plan's names where they tell, whatever the row is labelled."""
    plan = context.plan_on(payment.paid_on)
    if plan is None:
        return payment.applies_to
    hands, handlers = hands_of(plan, context), people(payment.handler)
    if handlers & hands.chiefs:
        return Payer.CHIEF_OWN
    if handlers & holders_of(payment, hands, context, terms):
        return Payer.DEPUTY_OWN
    return payment.applies_to
