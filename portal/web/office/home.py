"""The unit's home: what is due, what came back, what was published; and the commission's entrance."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import kinds
from portal.domain.reports.deadlines import SOON
from portal.domain.roles import Action, Role
from portal.domain.values import show_day, show_period
from portal.services.board.first_look import FirstLook, first_look
from portal.services.desk.past import recent
from portal.services.desk.reading import handled_by
from portal.services.desk.tasks import Target, desk_of, first_quarter_of
from portal.services.reports.reading import Counts, counts
from portal.services.supervision import answering
from portal.web.guards import may
from portal.web.office.cases.counter import close, desk
from portal.web.office.house import Person, actor, county, now, office, page, person, room
from portal.web.office.showing import kind_name, link_to, show_moment

bp = Blueprint("home", __name__)
_ICONS = {
    "missing": ("no", "red"),
    "late": ("late", "ochre"),
    "waiting": ("wait", "plain"),
    "note": ("note", "plain"),
}


@bp.get("/")
@may(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the desk; who has none is led to what they have."""
    who = person()
    if who.unit_id is None:
        return redirect(url_for("home.commission"), 303)
    if not who.may(Action.OPEN_DESK):
        if reading := link_to("reading.listing"):
            return redirect(reading, 303)
        return page("office/home/reader.html", title="首页")
    here = room()
    regime = office().regimes.get(who.jurisdiction)
    # Of another unit nothing is asked but since when the county discloses: the board shows it to everybody.
    first = first_quarter_of(here.session, here.unit.jurisdiction)
    desk = desk_of(here, regime, actor=actor(), now=now(), first_quarter=first)
    people = {
        role: [one.name for one in here.accounts() if one.active and role.value in {each.role for each in one.roles}]
        for role in (Role.EDITOR, Role.REVIEWER, Role.UNIT_ADMIN)
    }  # fmt: skip
    return page(
        "office/home/show.html",
        title="待办",
        desk=desk,
        icons=_ICONS,
        to=to,
        address=link_to,
        kinds=[model.kind for model in kinds().values()],
        kind_name=kind_name,
        latest=recent(here, audiences=handled_by(who.roles)),
        people=people,
        writes=who.may(Action.WRITE),
        day=show_day,
        moment=show_moment,
        asked=answering.pending(here, desk.today),
        sheets=[(model.kind, sheet) for model in kinds().values() if (sheet := blank_sheet(model.kind.code))],
    )


# Pages of the commission that the menu has no room for: where, name, what it is for.
ALSO = (
    ("letters_many.ladder", "逾期与升级", "到期没有公开的单位，按督办阶梯到了哪一级；可以成批发文。"),
    ("granting.listing", "豁免和延期", "登记豁免、延期，写明原因和批准机关。"),
    ("outcomes.listing", "处理结果", "诫勉、批评、调离等结果的登记和统计。"),
    ("minutes.listing", "双记双评", "纪委监委的到会记录，同单位公开的决策逐项对照。"),
    ("neglect.listing", "不管不问", "一个季度没有监督记录的主要负责人。"),
    ("assessing.listing", "年度考核", "按证据形成的各单位考核表。"),
)


@bp.get("/commission/")
@may(Action.OPEN_BOARD)
def commission() -> ResponseReturnValue:
    """Show the commission's accounts what this office offers them."""
    who = person()
    public, look = office().public_url, _first_look(who)
    regime = office().regimes.get(who.jurisdiction)
    return page(
        "office/home/commission.html",
        title="首页",
        users=link_to("users.commission_listing") if who.may(Action.KEEP_COMMISSION_USERS) else None,
        account=link_to("account.show"),
        board=f"{public}/{who.jurisdiction}/status.html" if public else None,
        place=regime.name if regime else "",
        reports=_reports(who),
        report_soon=SOON,
        day=show_day,
        look=look,
        also=_also(who),
        period=show_period,
        quarter_name=show_period(look.quarter) if look and look.quarter else "",
    )


# What the menu has as well, for those whose daily work it is: their page would be almost empty otherwise.
OWN = (
    (
        "filings.listing",
        "特定关系人报备",
        "登记、封存报备，看最近一次同采购结果核对的情况。",
        Action.KEEP_FILINGS,
    ),
    (
        "county_units.listing",
        "单位名册",
        "用文件导入、更名、撤销、合并，原来的沿革都保留。",
        Action.KEEP_COUNTY,
    ),
    (
        "county_terms.listing",
        "制度参数",
        "法律和文件留给本级决定的取值，从某一天起改动。",
        Action.KEEP_COUNTY,
    ),
    (
        "county_years.listing",
        "放假安排",
        "录入国务院办公厅每年的通知，暂定的期限随之确定。",
        Action.KEEP_COUNTY,
    ),
    (
        "audit.listing",
        "操作日志",
        "谁在什么时候做了什么，只增加，不能改，可以筛选和导出。",
        Action.READ_AUDIT,
    ),
)


def _first_look(who: Person) -> FirstLook | None:
    """Return where to act first; None for whoever does not see the board, or where the county has no regime."""
    regime = office().regimes.get(who.jurisdiction)
    if regime is None or not who.may(Action.VIEW_BOARD):
        return None
    return first_look(county(), regime, now=now(), account_id=who.account_id)


def _also(who: Person) -> list[tuple[str, str, str]]:
    """Return where else the person has something to do: endpoint, name, what it is for."""
    own = [one[:3] for one in OWN if who.may(one[3])]
    board = list(ALSO) if who.may(Action.VIEW_BOARD) else []
    return [one for one in (*own, *board) if one[0] in current_app.view_functions]


def _reports(who: Person) -> Counts | None:
    """Count the reports that this person sees; None for whoever handles none."""
    if not who.may(Action.HANDLE_REPORTS) or office().reports is None:
        return None
    try:
        return counts(desk(who))
    finally:
        close(None)


def to(target: Target | None) -> str | None:
    """Return where a task is done."""
    if target is None:
        return None
    match target.place:
        case "new":
            return link_to("writing.new", kind=target.kind, period=target.period or None)
        case "edit":
            return link_to("writing.edit", uid=target.uid)
        case "review":
            return link_to("reviewing.show", uid=target.uid)
        case "record":
            return link_to("published.show", kind=target.kind, slug=target.slug)
        case _:
            return link_to("published.listing", kind=target.kind)


def blank_sheet(kind: str) -> str | None:
    """Return where the empty workbook of a kind is."""
    return link_to("uploads.template", kind=kind) or link_to("uploads.blank", kind=kind)
