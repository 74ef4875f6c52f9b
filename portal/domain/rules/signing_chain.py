"""会签程序: whether a payment went through every step, in order."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from portal.domain.documents.delegation import Payer
from portal.domain.documents.finance import FinanceDisclosure, Payment
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.hands import PaymentTerms, hands_of, payer_of, people
from portal.domain.rules.terms import Severity
from portal.domain.values import Choice, fold, show_yuan


class Signer(Choice):
    """The field of a payment that names who took a step."""

    HANDLER = "handler", "经办人"
    WITNESS = "witness", "证明人或验收人"
    OFFICE_REVIEWER = "office_reviewer", "办公室（财务）审核人"
    APPROVER = "approver", "审批人"
    COUNTERSIGNER = "countersigner", "监督会签人"


class Step(BaseModel):
    """One step: its name, the words by which a chain may call it, the field with its signer."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: Annotated[str, Field(min_length=2, title="步骤")]
    words: Annotated[tuple[str, ...], Field(min_length=1, title="写法（有其一即可）")]
    signer: Annotated[Signer | None, Field(title="签字的栏目")] = None
    # A step only of payments that the group decided.
    only_collective: Annotated[bool, Field(title="只限集体研究的支出")] = False
    # Less grave for a step that the text does not name.
    severity: Annotated[Severity | None, Field(title="缺少时的严重程度")] = None

    def __str__(self) -> str:
        """Return the step as the rules page shows it."""
        return f"{self.name}（集体研究的支出）" if self.only_collective else self.name

    def taken(self, entry: str, payment: Payment, *, chief_approves: bool) -> bool:
        """Tell whether an entry of the chain is this step: by one of its words, or by its signer's name.

        A chief who approves anyone's expense is not the deputy whose review the step asks for.
        """
        folded = fold(entry)
        signers = people(getattr(payment, self.signer.value) or "") if self.signer else frozenset()
        by_name = not (chief_approves and self.signer == Signer.APPROVER)
        return any(fold(word) in folded for word in self.words) or bool(
            by_name and any(one in folded for one in signers)
        )


class Chain(PaymentTerms):
    """The steps in their order, for anyone's expense and for a deputy's own."""

    steps: Annotated[tuple[Step, ...], Field(title="一般支出的审批程序（按先后）")]
    deputy_own_steps: Annotated[
        tuple[Step, ...], Field(title="分管领导本人经手支出的审批程序（按先后）")
    ] = ()
    same_person: Annotated[Severity, Field(title="一人签了两步以上（经手又审批的除外）的")]


def _steps(payment: Payment, context: Context, terms: Chain) -> tuple[Step, ...]:
    match payer_of(payment, context, terms):
        case Payer.ANYONE:
            wanted = terms.steps
        case Payer.DEPUTY_OWN:
            wanted = terms.deputy_own_steps
        case Payer.CHIEF_OWN:
            wanted = ()
    return tuple(one for one in wanted if payment.collective or not one.only_collective)


@rule(
    "FIN-04",
    "支出会签程序完整",
    FinanceDisclosure,
    why="经办、证明、审核、审批各有其人、依次签字，一笔钱才有人证明、有人核对。",
    terms=Chain,
    each="payments",
    day=lambda payment: payment.paid_on,
    when=lambda payment, context, terms: bool(_steps(payment, context, terms)),
)
def signed_in_order(payment: Payment, context: Context, terms: Chain) -> Sights:
    """会签制: every step is in the chain, in order, and its signer is named.

    A chief's own expense has no such chain.
    """
    steps = _steps(payment, context, terms)
    for step in steps:
        if step.signer and not getattr(payment, step.signer.value):
            yield Seen(
                f"/{step.signer.value}",
                f"“{payment.purpose}”{show_yuan(payment.amount)} 元没有填写{step.signer.label}。",
                f"请核对凭证并补填；确实没有“{step.name}”这一步的，请在“公开说明”中写明。",
                step.severity,
            )
    yield from _one_hand(payment, steps, terms.same_person)
    if not payment.chain:
        yield Unclear(f"“{payment.purpose}”没有填写实际审批程序，无法核对先后。")
        return
    reached, by_chief = 0, _chief_approves(payment, context, terms)
    for step in steps:
        places = [
            place
            for place, entry in enumerate(payment.chain)
            if step.taken(entry, payment, chief_approves=by_chief)
        ]
        later = [place for place in places if place >= reached]
        if later:
            reached = later[0]
            continue
        fault = "不在应有的位置" if places else "没有出现"
        yield Seen(
            "/chain",
            f"“{payment.purpose}”的审批程序（{'→'.join(payment.chain)}）中，“{step.name}”{fault}。"
            f"应依次为{'→'.join(one.name for one in steps)}。",
            "请核对凭证；如记录无误，请在“公开说明”中写明缺少或颠倒的原因。",
            step.severity,
        )


def _one_hand(payment: Payment, steps: tuple[Step, ...], severity: Severity) -> Sights:
    """Yield who signed more than one of the steps; FIN-03 tests a handler who approves."""
    signed: dict[str, list[Signer]] = {}
    for step in steps:
        if step.signer:
            for one in people(getattr(payment, step.signer.value) or ""):
                signed.setdefault(one, []).append(step.signer)
    for one, fields in sorted(signed.items()):
        if len(fields) > 1 and fields != [Signer.HANDLER, Signer.APPROVER]:
            yield Seen(
                f"/{fields[-1].value}",
                f"“{payment.purpose}”{show_yuan(payment.amount)} 元的{'、'.join(each.label for each in fields)}"
                f"都是{one}，一人签了 {len(fields)} 步。",
                "请核对凭证；如记录无误，请在“公开说明”中写明原因，今后由不同的人分别签字。",
                severity,
            )


def _chief_approves(payment: Payment, context: Context, terms: Chain) -> bool:
    """Tell whether a chief approved an expense that is nobody's own."""
    plan = context.plan_on(payment.paid_on)
    if plan is None or payer_of(payment, context, terms) != Payer.ANYONE:
        return False
    return bool(people(payment.approver) & hands_of(plan, context).chiefs)
