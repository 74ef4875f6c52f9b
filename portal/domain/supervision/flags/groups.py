"""Flags over several purchases: of one unit, or of the whole jurisdiction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from portal.domain.calendar import add_months
from portal.domain.documents.tender import Subject
from portal.domain.rules.tender_route import stem
from portal.domain.supervision.flags.base import Datum, Purchase, Raised, Sights, Untold, across, together
from portal.domain.supervision.flags.limits import limits
from portal.domain.supervision.flags.single import percent, yuan
from portal.domain.supervision.terms import FlagTerms
from portal.domain.values import fold, show_day

_NAMED = 30  # Data of a group that are listed one by one; the others are in the sums.
_BIDDERS = (
    50  # Losers of one purchase that are held against its winner: keeps a padded list from costing time.
)


@together("splitting")
def splitting(purchases: list[Purchase], terms: FlagTerms) -> Sights:
    """Purchases of one subject from one supplier, or of one name, within months, that together reach an amount.

    Unlike the rule on splitting (TEN-02) it does not ask for the same project, item or year.
    """
    if not terms.months or len(purchases) < 2:
        return
    groups: dict[tuple[str, str, Subject, int], list[tuple[date, int, Purchase]]] = defaultdict(list)
    whats: dict[tuple[Subject, int], tuple[str, str]] = {}
    for one in purchases:
        tender = one.tender
        if tender.method is None and not tender.award:
            continue  # Only planned.
        if tender.subject is None or tender.method is None or one.amount is None or one.day is None:
            yield Untold("没有填写采购对象、采购方式、金额或者日期")
            continue
        for limit in limits(one):
            if one.amount < limit.fen:
                whats[tender.subject, limit.fen] = (limit.what, limit.rule)
                for way, name in _alike(one):
                    groups[way, name, tender.subject, limit.fen].append((one.day, one.amount, one))
    told: set[frozenset[str]] = set()
    for (way, name, subject, fen), parts in groups.items():
        found = _window(parts, fen, terms.months)
        if (
            len(found) < max(terms.count or 2, 2)
            or (refs := frozenset(one.ref for _, _, one in found)) in told
        ):
            continue
        told.add(refs)
        what, rule = whats[subject, fen]
        yield _split(found, way, name, fen, what, rule, terms.months)


def _alike(purchase: Purchase) -> Iterator[tuple[str, str]]:
    tender = purchase.tender
    if purchase.winner:
        yield "同一供应商", purchase.winner
    if tender.parent_project:
        yield "同一总项目", fold(tender.parent_project)
    elif tender.catalogue_item and tender.subject != Subject.WORKS:
        yield "同一品目", fold(tender.catalogue_item)
    else:
        yield "相近名称", stem(tender.title)


def _window(
    parts: list[tuple[date, int, Purchase]], fen: int, months: int
) -> list[tuple[date, int, Purchase]]:
    """Return the purchases of the dearest window of so many months, where it reaches the amount; else nothing."""
    parts.sort(key=lambda one: (one[0], one[2].ref))
    best: tuple[int, int, int] = (0, 0, 0)
    first, total = 0, 0
    for last, (day, amount, _) in enumerate(parts):
        total += amount
        while add_months(parts[first][0], months) <= day:
            total -= parts[first][1]
            first += 1
        if total > best[0]:
            best = (total, first, last + 1)
    return parts[best[1] : best[2]] if best[0] >= fen else []


def _split(
    parts: list[tuple[date, int, Purchase]], way: str, name: str, fen: int, what: str, rule: str, months: int
) -> Raised:
    total = sum(amount for _, amount, _ in parts)
    award = parts[-1][2].tender.award
    supplier = award.supplier if award and way == "同一供应商" else ""
    return Raised(
        f"{show_day(parts[0][0])}至{show_day(parts[-1][0])}，{way}{f'（{supplier}）' if supplier else ''}分 {len(parts)} 次采购，"
        f"每次都不足 {yuan(fen)}，合计 {yuan(total)}，达到{what}。",
        tuple(
            one.datum(
                f"{show_day(day)}金额",
                yuan(amount),
                f"{what} {yuan(fen)}（{rule}），{months} 个月内合计 {yuan(total)}",
            )
            for day, amount, one in parts[:_NAMED]
        ),
        key=f"{way}|{name}|{fen}",
        supplier=supplier,
        day=parts[-1][0],
    )


@together("repeat_winner")
def repeat_winner(purchases: list[Purchase], terms: FlagTerms) -> Sights:
    """One supplier has so large a share of a unit's awards within the months; at least `count` of them."""
    if terms.share is None or terms.count is None or terms.months is None:
        return
    awarded = _recent(purchases, terms.months)
    if not awarded:
        return
    if len(awarded) < terms.count:
        yield Untold(f"{terms.months} 个月内成交不足 {terms.count} 件，比例没有意义")
        return
    by_supplier: dict[str, list[Purchase]] = defaultdict(list)
    for one in awarded:
        by_supplier[one.winner].append(one)
    for key, won in by_supplier.items():
        share = Fraction(len(won), len(awarded))
        if len(won) >= terms.count and share >= terms.share:
            award = won[-1].tender.award
            name = award.supplier if award else key
            total = sum(one.tender.award.amount for one in won if one.tender.award)
            yield Raised(
                f"{terms.months} 个月内 {len(awarded)} 件成交中，{name} 成交 {len(won)} 件，占 {percent(share)}，合计 {yuan(total)}。",
                _awards(won, f"占 {percent(share)}，参照值：{terms.count} 件以上且占 {percent(terms.share)}"),
                key=key,
                supplier=name,
                day=_day(won[-1]),
            )


def _day(purchase: Purchase) -> date | None:
    award = purchase.tender.award
    return award.determined_on if award else purchase.day


def _recent(purchases: Iterable[Purchase], months: int) -> list[Purchase]:
    """Return the purchases awarded within the last months, in order."""
    return sorted(
        (
            one
            for one in purchases
            if one.tender.award and add_months(one.context.on, -months) < one.tender.award.determined_on
        ),
        key=lambda one: (_day(one) or date.min, one.ref),
    )


def _awards(won: list[Purchase], against: str) -> tuple[Datum, ...]:
    return tuple(
        one.datum(f"{show_day(award.determined_on)}成交", f"{award.supplier} {yuan(award.amount)}", against)
        for one in won[-_NAMED:]
        if (award := one.tender.award)
    )


@together("many_rejected")
def many_rejected(purchases: list[Purchase], terms: FlagTerms) -> Sights:
    """A unit throws out a large share of the bids (R038; here a fixed share and a least number of bids)."""
    if terms.share is None or terms.count is None or terms.months is None:
        return
    with_bids = [one for one in _recent(purchases, terms.months) if one.competitive and one.bids]
    bids = [(one, bid) for one in with_bids for bid in one.bids]
    if not bids:
        return
    told = [pair for pair in bids if pair[1].won or pair[1].bidder.outcome is not None]
    if len(told) < len(bids):
        yield Untold("有的投标人没有填写结果")
    if len(told) < terms.count:
        yield Untold(f"{terms.months} 个月内填写了结果的投标不足 {terms.count} 份，比例没有意义")
        return
    out = [(one, bid) for one, bid in told if bid.rejected]
    share = Fraction(len(out), len(told))
    if share >= terms.share:
        yield Raised(
            f"{terms.months} 个月内 {len(told)} 份投标中否决 {len(out)} 份，占 {percent(share)}。",
            tuple(
                one.datum(
                    f"投标人·{bid.bidder.name}",
                    f"否决：{bid.bidder.reason or '没有填写否决理由'}",
                    f"占 {percent(share)}，参照值：{terms.count} 份以上且占 {percent(terms.share)}",
                )
                for one, bid in out[-_NAMED:]
            ),
            key="unit",
            day=_day(out[-1][0]),
        )


@across("recurring_losers")
def recurring_losers(purchases: list[Purchase], terms: FlagTerms) -> Sights:
    """The same bidder loses again and again to the same winner, and has never won against anybody."""
    if terms.count is None or terms.months is None:
        return
    recent = [one for one in _recent(purchases, terms.months) if one.competitive]
    winners = {one.winner for one in recent}
    pairs: dict[tuple[str, str], list[tuple[Purchase, str]]] = defaultdict(list)
    for one in recent:
        if not one.bids:
            yield Untold("没有填写投标人")
            continue
        losing = {bid.key: bid.bidder.name for bid in one.bids if bid.key != one.winner}
        for key in sorted(losing)[:_BIDDERS]:
            if key not in winners:
                pairs[one.winner, key].append((one, losing[key]))
    for (winner, loser), met in pairs.items():
        if len(met) < terms.count:
            continue
        last, name = met[-1]
        supplier = last.tender.award.supplier if last.tender.award else winner
        units = len({one.context.unit.slug for one, _ in met})
        yield Raised(
            f"{terms.months} 个月内 {name} 陪同 {supplier} 投标 {len(met)} 次（{units} 个单位），每次都是后者中标，前者从未中标。",
            tuple(
                one.datum(
                    f"{show_day(one.tender.award.determined_on)}成交·{one.context.unit.name}",
                    f"{supplier} 中标，{name} 未中标",
                    f"参照值：{terms.count} 次以上",
                )
                for one, _ in met[-_NAMED:]
                if one.tender.award
            ),
            key=f"{winner}|{loser}",
            supplier=supplier,
            day=_day(last),
        )
