"""The duties, and one cell of the board: a unit's standing with one duty for one period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import Due
from portal.domain.rules.terms import Terms
from portal.domain.values import Choice, fold


class Group(Choice):
    """Where a duty stands on the board."""

    PLAN = "plan", "分工方案"
    FINANCE = "finance", "财务"
    DECISIONS = "decisions", "集体决策"
    PROCUREMENT = "procurement", "采购"
    REPORTS = "reports", "报告"
    RULES = "rules", "配套制度"


@dataclass(frozen=True)
class Duty:
    """One thing that units owe. Whether and by when is said by the terms of `rule`, never here.

    `act` is what has to be done, as a verb: 公开, 备案, 报告, 检查; `since` what starts the period,
    `each` what its periods are counted in.
    """

    code: str
    title: str
    rule: str
    group: Group
    act: str = "公开"
    since: str = "季度结束后"
    each: str = "期"


DUTIES: tuple[Duty, ...] = (
    Duty("plan", "授权分工方案", "DEL-07", Group.PLAN, "公开", "方案执行后", "份"),
    Duty("filing", "分工方案备案", "DEL-06", Group.PLAN, "备案", "集体研究通过后", "份"),
    Duty("finance", "季度财务", "FIN-06", Group.FINANCE),
    Duty("township", "三项费用备案", "FIN-08", Group.FINANCE, "备案"),
    Duty("vouchers", "票据检查", "FIN-05", Group.FINANCE, "检查"),
    Duty("reports", "分管工作报告", "DEL-10", Group.REPORTS, "报告"),
    Duty("budget", "预算和决算", "FIN-13", Group.FINANCE, "公开", "批准（批复）后", "份"),
    Duty("decision", "集体决策", "PUB-01", Group.DECISIONS, "公开", "信息形成后", "件"),
    Duty("tender", "采购结果", "TEN-10", Group.PROCUREMENT, "公告", "供应商确定后", "件"),
    Duty("annual", "年度报告", "PUB-04", Group.REPORTS, "公开", "年度结束后"),
    Duty("supporting", "配套制度", "DEL-15", Group.RULES, "公开", "", "项"),
)
_BY_CODE = {one.code: one for one in DUTIES}


def duty_of(text: str) -> Duty:
    """Return the duty of that code, title or rule id, or raise `ValueError` naming the known ones."""
    wanted = fold(text)
    for one in DUTIES:
        if wanted in (one.code, fold(one.title), fold(one.rule)):
            return one
    listed = "、".join(f"{one.code}（{one.title}）" for one in DUTIES)
    raise ValueError(f"没有“{text}”这一项义务。可用：{listed}。")


class Status(Choice):
    """How a cell stands. Blank (no cell), nil and not due are three different things."""

    NOT_APPLICABLE = "not_applicable", "不适用"
    NOT_DUE = "not_due", "未到期"  # The period itself has not ended.
    DUE = "due", "期限内"  # The period has ended, the deadline has not.
    DUE_SOON = "due_soon", "临近到期"
    EXTENDED = "extended", "已延期"
    ON_TIME = "on_time", "按期"
    NIL = "nil", "无发生额"
    LATE = "late", "迟"
    MISSING = "missing", "未公开"
    EXEMPT = "exempt", "豁免"
    UNCLEAR = "unclear", "待核对"  # A record is there, but not the day on which its deadline rests.

    @property
    def wanting(self) -> bool:
        """Tell whether something is wanting."""
        return self in (Status.LATE, Status.MISSING)

    @property
    def kept(self) -> bool:
        """Tell whether the duty was kept in time."""
        return self in (Status.ON_TIME, Status.NIL)

    @property
    def open(self) -> bool:
        """Tell whether there still is time."""
        return self in (Status.NOT_DUE, Status.DUE, Status.DUE_SOON, Status.EXTENDED)


@dataclass(frozen=True)
class Evidence:
    """What a cell rests on: the record (see `PublishedDocument.ref`), the day, and what it shows."""

    ref: str
    day: date | None
    what: str


@dataclass(frozen=True)
class Counts:
    """How the events of one quarter stand: kept in time, late, and still open (`overdue` of these past due)."""

    on_time: int = 0
    late: int = 0
    open: int = 0
    overdue: int = 0
    unclear: int = 0

    @property
    def total(self) -> int:
        """How many events there were."""
        return self.on_time + self.late + self.open + self.unclear


@dataclass(frozen=True)
class Cell:
    """One unit's standing with one duty for one period.

    `period` is a quarter, a year, the first day of a plan, a supporting rule's area,
    or blank for a standing duty that nothing fulfils. `days` counts in `day_unit`.
    `due` is the deadline that counts (moved by an extension recorded in time),
    `original` the one that the terms give. `afterthought` tells of what was granted
    only when the deadline had passed: it is shown and changes nothing.
    """

    duty: Duty
    period: str
    status: Status
    due: Due | None = None
    original: Due | None = None
    days: int = 0
    day_unit: str = ""
    done_on: date | None = None
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    afterthought: str = ""
    withdrawn: bool = False
    counts: Counts | None = None
    terms: Terms | None = None

    @property
    def word(self) -> str:
        """The status in a few Chinese words."""
        match self.status:
            case Status.LATE:
                return f"迟 {self.days} {self.day_unit}"
            case Status.MISSING:
                return f"未{self.duty.act}"
            case Status.ON_TIME if self.due is None:
                return f"已{self.duty.act}"
            case Status.NOT_APPLICABLE | Status.EXEMPT | _:
                return self.status.label

    @property
    def provisional(self) -> bool:
        """Tell whether the deadline rests on a calendar that is not official yet."""
        return bool(self.due and self.due.provisional)
