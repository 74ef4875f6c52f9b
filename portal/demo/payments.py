"""大额支出 and sampled vouchers: each follows the route that the unit's own limits set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from portal.demo.bank import spread, workday_before
from portal.demo.orgs import Org
from portal.domain.calendar import quarter_end
from portal.domain.documents.delegation import ExpenseType, Payer
from portal.domain.documents.finance import Payment

GROUP = "班子集体研究"  # The last step of a large payment.


def payments(org: Org, period: str, numbers: dict[str, str]) -> tuple[Payment, ...]:
    """Return the quarter's listed payments, by date."""
    bank = [
        one for one in org.bank["finance"]["payments"] if org.unit.type in one.get("units", (org.unit.type,))
    ]
    start = spread(*org.key(period, "payments"), low=0, high=len(bank) - 1)
    count = spread(*org.key(period, "count"), low=4, high=6)
    first = date(int(period[:4]), int(period[5]) * 3 - 2, 1)
    found = []
    for place in range(count):
        step = 17 + place * 12 + spread(*org.key(period, place, "day"), low=0, high=5)
        day = workday_before(first + timedelta(days=step + 1))
        found.append(_payment(org, bank[(start + place) % len(bank)], period, day, numbers))
    if period == org.row.get("skipped"):
        _skip_the_group(found)
    return tuple(found)


def _skip_the_group(found: list[Payment]) -> None:
    """The deliberate breach: one purchase was paid on the chief's consent alone."""
    place = next(place for place, one in enumerate(found) if one.collective and one.consent)
    chain = tuple(one for one in found[place].chain if one != GROUP)
    found[place] = found[place].model_copy(update={"collective": False, "decision": None, "chain": chain})


def _payment(org: Org, one: Mapping[str, Any], period: str, day: date, numbers: dict[str, str]) -> Payment:
    code, label = org.domain(one["domain"])
    key = org.key(period, one["purpose"])
    amount = spread(*key, "amount", low=one["low"], high=one["high"]) * 100
    deputy = org.holder(code, day)
    handler = org.name(10 + spread(*key, "handler", low=0, high=5))
    witness = org.name(16 + spread(*key, "witness", low=0, high=3))
    steps = [f"经办人{handler}签字", f"证明人{witness}签字", f"{org.office}{org.office_head.name}审核"]
    data: dict[str, Any] = {"handler": handler, "approver": deputy.name, "applies_to": Payer.ANYONE}
    if one["payee"].startswith("经办人") and spread(*key, "own", low=0, high=1):
        data = _own_expense(org, code, day)
        steps = [f"{data['handler']}本人签字", f"{org.office}{org.office_head.name}审核"]
    data |= _route(org, code, amount, steps, data["approver"], numbers[f"funds-{period[:4]}"])
    return Payment(
        paid_on=day,
        purpose=one["purpose"].format(
            month=day.month,
            quarter=f"第{'一二三四'[int(period[5]) - 1]}季度",
            count=spread(*key, "copies", low=4, high=20) * 100,
        ),
        payee=one["payee"],
        domain=label,
        expense_type=ExpenseType(one["type"]),
        amount=amount,
        witness=witness,
        office_reviewer=org.office_head.name,
        signed_in_person=True,
        **data,
    )


def _own_expense(org: Org, code: str, day: date) -> dict[str, Any]:
    """A deputy's own expense goes to the chief; a chief's own is settled by the office (Jinhu)."""
    if org.regime.slug == "jinhu" and quarter_end(f"{day.year}Q{(day.month + 2) // 3}").month in (6, 12):
        return {
            "handler": org.head.name,
            "approver": org.deputies[-1].name,
            "applies_to": Payer.CHIEF_OWN,
            "settled_by": org.office,
        }
    return {
        "handler": org.holder(code, day).name,
        "approver": org.chiefs[0].name,
        "applies_to": Payer.DEPUTY_OWN,
    }


def _route(
    org: Org, code: str, amount: int, steps: list[str], approver: str, decision: str
) -> dict[str, Any]:
    limit = org.limit(code)
    if limit is None or amount < limit:
        return {"chain": (*steps, f"{approver}审批")}
    data: dict[str, Any] = {"collective": True, "decision": decision}
    if org.regime.slug == "xian" and code == "procurement":
        chief = data["consent"] = org.chiefs[0].name
        steps = [*steps, f"主要负责人{chief}同意"]
    return {**data, "chain": (*steps, f"{approver}审核", GROUP)}
