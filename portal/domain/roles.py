"""Who may do what at the office: roles, actions, and the one table that says which role may do which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from portal.domain.values import Choice


class Role(Choice):
    """角色. A unit's account may have several; the commission's accounts belong to no unit."""

    STAFF = "staff", "本单位职工"
    GROUP = "group", "班子成员"
    EDITOR = "editor", "填报人"
    REVIEWER = "reviewer", "审核人"
    UNIT_ADMIN = "unit_admin", "单位管理员"
    OFFICER = "officer", "纪委监委工作人员"
    COMMISSION_ADMIN = "commission_admin", "纪委监委管理员"
    INTAKE = "intake", "信访举报承办人"
    INTAKE_LEAD = "intake_lead", "信访举报负责人"
    FILINGS = "filings", "报备专管员"


UNIT_ROLES = frozenset({Role.STAFF, Role.GROUP, Role.EDITOR, Role.REVIEWER, Role.UNIT_ADMIN})
COMMISSION_ROLES = frozenset(
    {Role.OFFICER, Role.COMMISSION_ADMIN, Role.INTAKE, Role.INTAKE_LEAD, Role.FILINGS}
)
_INTAKE = frozenset({Role.INTAKE, Role.INTAKE_LEAD})
# A second factor is no choice for those who publish, and for those who see more than one unit.
SECOND_FACTOR = frozenset({Role.REVIEWER, Role.UNIT_ADMIN}) | COMMISSION_ROLES


class Action(StrEnum):
    """What a route does."""

    OPEN_DESK = "open_desk"  # The unit's home, its drafts and their history.
    WRITE = "write"  # Drafts, uploads, attachments.
    SEE_UPLOADS = "see_uploads"  # What came of a file: it may hold what will never be published.
    SUBMIT = "submit"
    REVIEW = "review"  # Return or approve what another person wrote.
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    PRINT = "print"  # Posters.
    READ_OWN = "read_own"  # What is open to staff or to the leadership group only.
    KEEP_ROSTER = "keep_roster"
    KEEP_USERS = "keep_users"
    OWN_ACCOUNT = "own_account"
    OPEN_BOARD = "open_board"  # The commission's entrance.
    VIEW_BOARD = "view_board"  # The board, matters, letters, rectification, bulletins: to read and to export.
    SUPERVISE = (
        "supervise"  # To act: ask, remind, grant, order rectification, record outcomes, inspect, issue.
    )
    KEEP_COUNTY = "keep_county"  # Units, terms, holidays.
    READ_AUDIT = "read_audit"
    KEEP_FILINGS = "keep_filings"  # To enter and read 特定关系人 filings.
    SEE_MATTERS = "see_matters"  # A unit: what the commission asked of it.
    ANSWER_MATTERS = "answer_matters"  # A unit: to explain, reply, and hand in what was mended.
    KEEP_COMMISSION_USERS = "keep_commission_users"
    HANDLE_REPORTS = "handle_reports"  # The inbox of sealed reports, one's own key, what one may open.
    LEAD_REPORTS = "lead_reports"  # Assignment, approvals, statistics, the log of who opened what.
    WEIGH_REPORTS = "weigh_reports"  # Early warnings with the reports that one opens oneself; see `_BOTH`.


_DESK = frozenset({Role.EDITOR, Role.REVIEWER, Role.UNIT_ADMIN})
ALLOWED: dict[Action, frozenset[Role]] = {
    Action.OPEN_DESK: _DESK,
    Action.WRITE: frozenset({Role.EDITOR}),
    Action.SEE_UPLOADS: frozenset({Role.EDITOR, Role.REVIEWER}),
    Action.SUBMIT: frozenset({Role.EDITOR}),
    Action.REVIEW: frozenset({Role.REVIEWER}),
    Action.PUBLISH: frozenset({Role.REVIEWER}),
    Action.WITHDRAW: frozenset({Role.REVIEWER}),
    Action.PRINT: _DESK,
    Action.READ_OWN: UNIT_ROLES,
    Action.KEEP_ROSTER: frozenset({Role.UNIT_ADMIN}),
    Action.KEEP_USERS: frozenset({Role.UNIT_ADMIN}),
    Action.OWN_ACCOUNT: UNIT_ROLES | COMMISSION_ROLES,
    Action.OPEN_BOARD: COMMISSION_ROLES,
    Action.VIEW_BOARD: frozenset({Role.OFFICER, Role.COMMISSION_ADMIN}),
    Action.SUPERVISE: frozenset({Role.OFFICER}),
    Action.KEEP_COUNTY: frozenset({Role.COMMISSION_ADMIN}),
    Action.READ_AUDIT: frozenset({Role.COMMISSION_ADMIN}),
    Action.KEEP_FILINGS: frozenset({Role.FILINGS}),
    Action.SEE_MATTERS: _DESK,
    Action.ANSWER_MATTERS: frozenset({Role.EDITOR, Role.REVIEWER}),
    Action.KEEP_COMMISSION_USERS: frozenset({Role.COMMISSION_ADMIN}),
    Action.HANDLE_REPORTS: _INTAKE,
    Action.LEAD_REPORTS: frozenset({Role.INTAKE_LEAD}),
}
# What takes two rights at once. Early warnings with reports: who leads the intake alone may not know what else a score
# is made of (hits of filings, which are for those who supervise), and who supervises alone may not know of reports.
_BOTH: dict[Action, frozenset[Action]] = {
    Action.WEIGH_REPORTS: frozenset({Action.LEAD_REPORTS, Action.SUPERVISE}),
}


def allowed(roles: Iterable[Role], action: Action) -> bool:
    """Tell whether somebody with these roles may do it."""
    held = frozenset(roles)
    if action in _BOTH:
        return all(allowed(held, one) for one in _BOTH[action])
    return not ALLOWED[action].isdisjoint(held)


def needs_second_factor(roles: Iterable[Role]) -> bool:
    """Tell whether somebody with these roles must have a second factor."""
    return not SECOND_FACTOR.isdisjoint(roles)
