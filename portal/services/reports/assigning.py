"""Who works on a report: assigning, withdrawing (回避, RPT-10), and letting a colleague in who came to the key list later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from portal.domain.reports import envelopes
from portal.domain.reports.acts import Act
from portal.domain.reports.words import Recusal, State
from portal.services.reports.age import CannotOpen
from portal.services.reports.desk import Desk, NotDone, bytes_of, sealed_of, touch
from portal.services.reports.eyes import Routing, list_of
from portal.services.reports.sealing import read_grants
from portal.store.reports.tables import ReportHandler, ReportTurn, SealedReport

MOST_GRANTS = 1_500_000  # Bytes: 240 packets of two layers each, with room.
MOST_ROUTING = 8_000


def colleagues(desk: Desk, report_id: str) -> list[tuple[int, str]]:
    """Return account and name of those to whom a report can be assigned: they see it, and their account works."""
    found = desk.eyes.holders_of(desk.session, report_id)
    active = desk.handlers_of([one.account_id for one in found])
    return [(one.account_id, one.name) for one in found if one.account_id in active]


def assign(desk: Desk, report: SealedReport, asked: Mapping[str, Any]) -> None:
    """Assign a report to exactly these accounts; each must see it. Who withdrew is no choice."""
    wanted = asked.get("account_ids")
    if not isinstance(wanted, list) or not all(isinstance(one, int) for one in wanted):
        raise NotDone("没有选择承办人。请选择后再分派。")
    possible = dict(colleagues(desk, report.id))
    if not set(wanted) <= set(possible):
        raise NotDone("选择的人员不能承办这件举报。请从所列人员中选择。")
    before = {one.account_id: one for one in desk.handlers(report.id) if one.recused is None}
    for number, row in before.items():
        if number not in wanted:
            desk.session.delete(row)
    for number in sorted(set(wanted) - set(before)):
        desk.session.add(
            ReportHandler(report_id=report.id, account_id=number, name=possible[number], since=desk.today)
        )
    desk.session.flush()
    desk.write(report.id, Act.ASSIGNED, count=len(set(wanted)))


def recuse(desk: Desk, report: SealedReport, asked: Mapping[str, Any]) -> None:
    """Take a report out of somebody's sight, for good: one's own withdrawal, or the lead's order. Raise `NotDone`."""
    try:
        reason = Recusal(str(asked.get("reason", "")))
    except ValueError:
        raise NotDone("没有选择回避的理由。请选择后再提交。") from None
    number = asked.get("account_id", desk.viewer.account_id)
    if number != desk.viewer.account_id and not desk.viewer.leads:
        raise NotDone("只能申请本人回避。其他人的回避由信访举报负责人决定。", status=403)
    left = desk.eyes.holders_of(desk.session, report.id)
    who = next((one for one in left if one.account_id == number), None)
    if who is None:
        raise NotDone("这个人员本来就看不到这件举报。请从所列人员中选择。")
    rest = desk.handlers_of([one.account_id for one in left if one.account_id != number])
    if not rest and State(report.state) is not State.MERGED:
        raise NotDone("回避以后没有别人能办理这件举报。请先报上一级机关，或请同事加入，再回避。")
    row = next((one for one in desk.handlers(report.id) if one.account_id == number), None)
    if row is None:
        row = ReportHandler(report_id=report.id, account_id=who.account_id, name=who.name, since=desk.today)
        desk.session.add(row)
    row.recused, row.since = reason.value, desk.today
    for turn in desk.session.scalars(
        select(ReportTurn).where(ReportTurn.report_id == report.id, ReportTurn.account_id == number)
    ):
        desk.session.delete(turn)
    desk.session.flush()
    desk.write(report.id, Act.RECUSED, reason=reason.value, ordered=number != desk.viewer.account_id or None)


def grant(desk: Desk, report_id: str, asked: Mapping[str, Any], *, key_lists: Any) -> None:
    """Replace who can open a report: new grants, made in a colleague's browser, and the routing that goes with them.

    Added may be whoever stands in the present list and did not stand in that of the report: whom the reporter's
    browser left out stays out. Gone may be only who withdrew or left the list. Raise `NotDone`.
    """
    report = desk.report(report_id)
    if asked.get("version") not in (None, report.version):
        raise NotDone("别人刚刚办理过这件举报。请核对最新情况后再操作。", status=409)
    if not desk.may_handle(report_id) or State(report.state) is State.ROUTED_UP or report.erased_on:
        raise NotDone("不能为这件举报增加人员。请由承办人或负责人操作。", status=403)
    grants = grants_of(asked)
    sealed = sealed_of(asked, "routing", limit=MOST_ROUTING)
    routing, before = desk.eyes.read(report.jurisdiction, sealed), desk.sight.reports[report_id]
    if routing is None or before is None or routing.route != before.route:
        raise NotDone("提交的内容不能识别。请刷新页面后再试。")
    if opening_of(grants) < opening_of(report.grants or b""):
        raise NotDone("这件举报须由两个人打开，不能改为一个人打开。请刷新页面后再试。")
    refuse_misshapen(desk, report, grants)
    _refuse_strangers(desk, report, routing, before, key_lists)
    report.grants, report.routing = grants, sealed
    touch(desk.session, report)
    desk.write(report_id, Act.GRANTED, added=len(routing.holders - before.holders))


def opening_of(grants: bytes) -> int:
    """Return how many people open, as the grants say."""
    return grants[4] if len(grants) > 4 else 1


def grants_of(asked: Mapping[str, Any]) -> bytes:
    """Return grants that were sent; raise `NotDone` for what is none."""
    grants = bytes_of(asked, "grants", limit=MOST_GRANTS)
    try:
        read_grants(grants)
    except CannotOpen:
        raise NotDone("提交的内容不是加密的钥匙。请刷新页面后再试。") from None
    return grants


def refuse_misshapen(desk: Desk, report: SealedReport, grants: bytes) -> None:
    """Raise `NotDone` unless grants look as the present list says: what cannot open would lose the report for ever.

    Whether the right key is inside nobody sees from outside; that it was replaced, and by whom, is written down.
    """
    present = desk.eyes.present(report.jurisdiction)
    if present is None:
        raise NotDone("没有可用的密钥清单，不能改变谁能打开。请联系平台管理员。")
    opening = max(present.opening, opening_of(report.grants or b""))
    try:
        envelopes.check_grants(grants, slots=present.slots, opening=opening)
    except envelopes.BadEnvelope as wrong:
        raise NotDone(f"提交的钥匙不完整（{wrong}），没有改变。请刷新页面后再试。") from None


def _refuse_strangers(
    desk: Desk, report: SealedReport, routing: Routing, before: Routing, key_lists: Any
) -> None:
    then = list_of(key_lists, report.jurisdiction, report.serial)
    present = list_of(key_lists, report.jurisdiction)
    if then is None or present is None:
        raise NotDone("没有这件举报所用的密钥清单，不能增加人员。请联系平台管理员。")
    ranks = ("superior",) if before.route == "superior" else ("head", "officer")
    now = {one.id for one in present.list.holders if one.rank.value in ranks}
    old = {one.id for one in then.list.holders}
    if not (routing.holders - before.holders) <= (now - old):
        raise NotDone("增加的人员中，有人不能打开这件举报。只能增加举报之后才列入密钥清单的人员。")
    seeing = {one.id for one in desk.eyes.holders_of(desk.session, report.id)}
    if (before.holders & seeing & now) - routing.holders:
        raise NotDone("不能减少仍可办理这件举报的人员。需要减少的，请先办理回避。")
