"""What every office route works with: the request's session, who is signed in, their unit's room, the page around."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import abort, current_app, g, has_request_context, render_template, request, url_for
from flask_login import UserMixin, current_user

from portal.domain.regimes import Regime
from portal.domain.roles import Action, allowed
from portal.services.accounts.gate import Session, gate_session
from portal.services.accounts.sessions import Identity
from portal.services.board.county import County, open_county
from portal.services.checking import SHANGHAI
from portal.services.desk.rooms import Actor, Room
from portal.services.running.overlay import refresh
from portal.store.db import begin_write, db

_UID = re.compile(r"[\w-]{22}", re.ASCII)


@dataclass(frozen=True)
class Office:
    """What the office app was made with."""

    regimes: Mapping[str, Regime]
    secret: bytes
    public_url: str | None  # Where the public site is, without a slash at the end.
    own_url: str  # Where the office is, likewise.
    files: Any  # The attachments' store.
    clock: Callable[[], datetime]
    # Of sealed reports, known to `cases` and `home` alone (a contract of the linter's), so unnamed here:
    reports: Any = None  # The engine of their own database; None: this office has no reports.
    eyes: Any = None  # portal.services.reports.eyes.Eyes
    key_lists: Any = None  # portal.services.reports.keylists.KeyLists
    filings: Any = None  # portal.web.filing_seals.FilingSeals: of the keeper's pages alone.
    sign_receipt: Any = None  # From a jurisdiction: who signs its filing receipts, or None.


class Person(UserMixin):  # type: ignore[misc] # Flask-Login ships no types.
    """Who is signed in, as of the beginning of the request."""

    def __init__(self, identity: Identity, token: str) -> None:
        """Keep whose session it is, and its token."""
        self.identity, self.token = identity, token
        self.account_id, self.session_id = identity.account_id, identity.session_id
        self.stage, self.roles = identity.stage, identity.roles
        self.login, self.name = identity.login, identity.name
        self.unit_id, self.unit_name = identity.unit_id, identity.unit_name
        self.sample, self.mixed = identity.sample, identity.mixed
        self.jurisdiction, self.runs_out = identity.jurisdiction, identity.runs_out

    def get_id(self) -> str:
        """Return what Flask-Login keeps in the cookie: the session's token, not the account's number."""
        return self.token

    def may(self, action: Action) -> bool:
        """Tell whether the person may do it."""
        return self.stage == "full" and allowed(self.roles, action)


def office() -> Office:
    """Return what the app was made with."""
    found: Office = current_app.extensions["office"]
    if has_request_context() and "regimes_seen" not in g:
        g.regimes_seen = True
        # A session of its own: the request's may be about to write, and must have read nothing before.
        with Session(db.engine) as looking:
            refresh(found.regimes, looking)
    return found


def now() -> datetime:
    """Return the server's clock."""
    return office().clock()


def today_of() -> date:
    """Return the day in China."""
    return now().astimezone(SHANGHAI).date()


def regime_of() -> Regime:
    """Return the rules of the person's jurisdiction; 404 where it has none."""
    return office().regimes.get(person().jurisdiction) or abort(404)


def session() -> Session:
    """Return the request's session; it is bound to the person's unit as soon as `room` was asked for."""
    return db.session()


def gate() -> Session:
    """Return a session of its own for signing in and for a person's own account, closed with the request."""
    if "gate" not in g:
        g.gate = gate_session(db.engine)
    found: Session = g.gate
    return found


def own_uid() -> str:
    """Return the address of what a form makes: the form brings it along, so that sent twice it makes one thing."""
    typed = request.form.get("uid", "")
    return typed if _UID.fullmatch(typed) else secrets.token_urlsafe(16)


def begin() -> None:
    """Begin a transaction that will write, before anything that the write depends on is read."""
    begin_write(session())


def commit() -> None:
    """Make what the request did true."""
    session().commit()


def person() -> Person:
    """Return who is signed in; 404 where nobody is (the guards have asked before)."""
    if not current_user.is_authenticated:
        abort(404)
    found: Person = current_user._get_current_object()
    return found


def actor() -> Actor:
    """Return who acts, for the record of steps."""
    who = person()
    return Actor(who.account_id, who.name, who.roles)


def room() -> Room:
    """Return the room of the person's unit; accounts of the commission have none (404)."""
    unit_id = person().unit_id
    if unit_id is None:
        abort(404)
    return Room(session(), unit_id)


def county() -> County:
    """Return the commission's view of its jurisdiction; accounts of units have none (404)."""
    who = person()
    if who.unit_id is not None:
        abort(404)
    return open_county(session(), who.jurisdiction, actor())


@dataclass(frozen=True)
class Entry:
    """One entry of the menu."""

    label: str
    endpoint: str
    action: Action


MENU = (
    Entry("待办", "home.show", Action.OPEN_DESK),
    Entry("已公开", "published.listing", Action.OPEN_DESK),
    Entry("内部公开", "reading.listing", Action.READ_OWN),
    Entry("班子名单", "people.listing", Action.OPEN_DESK),
    Entry("监督事项", "asked.listing", Action.SEE_MATTERS),
    Entry("操作记录", "history.listing", Action.OPEN_DESK),
    Entry("账号管理", "users.listing", Action.KEEP_USERS),
    Entry("首页", "home.commission", Action.OPEN_BOARD),
    Entry("公开情况", "board.show", Action.VIEW_BOARD),
    Entry("监督事项", "matters.queue", Action.VIEW_BOARD),
    Entry("文书", "letters.listing", Action.VIEW_BOARD),
    Entry("整改台账", "rectifying.listing", Action.VIEW_BOARD),
    Entry("检查", "inspections.listing", Action.VIEW_BOARD),
    Entry("采购信号", "flags.listing", Action.VIEW_BOARD),
    Entry("预警", "warnings.listing", Action.SUPERVISE),
    Entry("计入举报", "cases.weighing", Action.WEIGH_REPORTS),
    Entry("通报考核", "bulletins.listing", Action.VIEW_BOARD),
    Entry("报备", "filings.listing", Action.KEEP_FILINGS),
    Entry("单位名册", "county_units.listing", Action.KEEP_COUNTY),
    Entry("制度参数", "county_terms.listing", Action.KEEP_COUNTY),
    Entry("密钥状况", "cases.keys", Action.KEEP_COUNTY),
    Entry("操作日志", "audit.listing", Action.READ_AUDIT),
    Entry("举报件", "cases.inbox", Action.HANDLE_REPORTS),
    Entry("登记来件", "cases.new", Action.HANDLE_REPORTS),
    Entry("统计", "cases.statistics_page", Action.LEAD_REPORTS),
    Entry("查看记录", "cases.log", Action.LEAD_REPORTS),
    Entry("我的密钥", "cases.own_key", Action.HANDLE_REPORTS),
    Entry("账号管理", "users.commission_listing", Action.KEEP_COMMISSION_USERS),
)


def menu(who: Person) -> list[tuple[str, str, str]]:
    """Return label, address and endpoint of what the person may open, as far as the app has it."""
    known = current_app.view_functions
    return [
        (one.label, url_for(one.endpoint), one.endpoint)
        for one in MENU
        if one.endpoint in known and who.may(one.action)
    ]


def page(template: str, *, title: str, crumbs: Sequence[tuple[str, str]] = (), **context: Any) -> str:
    """Render a page of the office. `crumbs` lead to it: label and address of each page above."""
    who = current_user if current_user.is_authenticated else None
    return render_template(
        template,
        title=title,
        crumbs=crumbs,
        who=who,
        menu=menu(who) if who else [],
        public_url=office().public_url,
        endpoints=current_app.view_functions,
        **context,
    )
