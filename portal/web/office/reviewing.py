"""From a finished draft to a publication: looking at it, returning, approving, publishing, setting a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.domain.documents.base import Audience
from portal.domain.drafting import Event, State
from portal.domain.roles import Action
from portal.services.checking import Book
from portal.services.desk import releasing, reviewing, scheduling
from portal.services.desk.claims import Draft, NotReady, Readiness, Refused, Version, readiness, reason_of
from portal.services.desk.reading import handled_by
from portal.services.desk.rooms import Room
from portal.services.desk.telling import tell_published, tell_returned
from portal.services.publishing import Conflict, NotPublishable
from portal.site.pages.comparing import Comparison, compare
from portal.web.guards import may
from portal.web.office.house import actor, begin, commit, now, office, page, person, room, session
from portal.web.office.showing import (
    content_of,
    link_to,
    public_address,
    show_moment,
    told,
)
from portal.web.preview import Planned, preview_headers, preview_page, templates_of

bp = Blueprint("reviewing", __name__)
DRAFT = "/drafts/<uid>"


@dataclass(frozen=True)
class Problem:
    """Why a step was not taken: what to tell, beside which field, and how the answer is called."""

    told: tuple[tuple[str, str], ...]
    status: int = 422


@bp.get(f"{DRAFT}/review")
@may(Action.OPEN_DESK)
def show(uid: str) -> ResponseReturnValue:
    """Show what is to be published, what stands against it, and what may be done."""
    return _shown(uid, None)


@bp.post(f"{DRAFT}/approve")
@may(Action.REVIEW)
def approve(uid: str) -> ResponseReturnValue:
    """Approve; and publish at once or at a time where that was asked for."""
    then = request.form.get("then", "")

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        moment = _moment() if then == "schedule" else None
        stated = [one for one in reviewing.Statement if one.value in request.form.getlist("stated")]
        book = _book()
        reviewing.approve(own, draft, revision=revision, stated=stated, actor=actor(), now=at, book=book)
        if then == "publish":
            _publish(own, draft, draft.revision, book, at)
            return ""
        if moment is not None:
            scheduling.schedule(own, draft, revision=draft.revision, publish_at=moment, actor=actor(), now=at)
            return f"已审核通过，定于{show_moment(moment)}发布。"
        return "已审核通过，还没有发布。"

    return _do(uid, step)


@bp.post(f"{DRAFT}/publish")
@may(Action.PUBLISH)
def publish(uid: str) -> ResponseReturnValue:
    """Publish what is approved."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        _publish(own, draft, revision, _book(), at)
        return ""

    return _do(uid, step)


@bp.post(f"{DRAFT}/schedule")
@may(Action.PUBLISH)
def schedule(uid: str) -> ResponseReturnValue:
    """Set the time at which what is approved is published."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        moment = _moment()
        scheduling.schedule(own, draft, revision=revision, publish_at=moment, actor=actor(), now=at)
        return f"定于{show_moment(moment)}发布。"

    return _do(uid, step)


@bp.post(f"{DRAFT}/unschedule")
@may(Action.PUBLISH)
def unschedule(uid: str) -> ResponseReturnValue:
    """Take the time back."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        scheduling.unschedule(own, draft, revision=revision, actor=actor(), now=at)
        return "已取消定时发布，草稿仍是“已通过”。"

    return _do(uid, step)


@bp.post(f"{DRAFT}/return")
@may(Action.REVIEW)
def give_back(uid: str) -> ResponseReturnValue:
    """Return the draft to its writers with a remark."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        remark = request.form.get("remark", "")
        reviewing.give_back(own, draft, revision=revision, remark=remark, actor=actor(), now=at)
        tell_returned(own, draft, address=office().own_url, now=at)
        return "已退回填报人，意见一并转达。"

    return _do(uid, step, field="remark")


@bp.post(f"{DRAFT}/recall")
@may(Action.SUBMIT)
def recall(uid: str) -> ResponseReturnValue:
    """Take the draft back to go on writing it."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        reviewing.recall(own, draft, revision=revision, actor=actor(), now=at)
        return "已撤回提交，可以继续修改。"

    return _do(uid, step)


@bp.post(f"{DRAFT}/basis")
@may(Action.WRITE)
def basis(uid: str) -> ResponseReturnValue:
    """Go on with the draft although a newer version came out: it was held against that one."""

    def step(own: Room, draft: Draft, revision: int, at: datetime) -> str:
        reason = request.form.get("reason", "")
        reviewing.take_as_basis(own, draft, revision=revision, reason=reason, actor=actor(), now=at)
        return "已记下核对结果。请检查内容后重新提交审核。"

    return _do(uid, step, field="reason")


@bp.get(f"{DRAFT}/published")
@may(Action.OPEN_DESK)
def done(uid: str) -> ResponseReturnValue:
    """Say where a publication will be seen, and when."""
    version = room().published_from(uid)
    if version is None or not _handles(Audience(version.audience)):
        abort(404)
    audience = Audience(version.audience)
    return page(
        "office/reviewing/done.html",
        title="已发布",
        crumbs=[("已公开", url_for("published.listing"))],
        version=version,
        record=version.record,
        public=audience is Audience.PUBLIC,
        audience=audience,
        address=public_address(version),
        permalink=public_address(version, lasting=True),
        poster=_poster(version),
        published_at=show_moment(version.published_at),
    )


@bp.get(f"{DRAFT}/preview")
@may(Action.OPEN_DESK)
def preview(uid: str) -> ResponseReturnValue:
    """Show the page as its readers will see it."""
    own = room()
    draft = own.draft(uid)
    if draft is None:
        return _gone(own, uid)
    found = readiness(own, draft, book=_book(), now=now())
    document = found.document
    if document is None:
        return _shown(uid, Problem(tuple((one.field, one.message) for one in found.missing), 422))
    if not _handles(document.audience):
        abort(404)
    number = found.in_force.number + 1 if found.in_force else 1
    reason = reason_of(draft, found.in_force) or "（更正原因还没有填写）"
    signed = releasing.signature(own, draft)
    if document.audience is not Audience.PUBLIC:
        return page(
            "office/reading/show.html",
            title=document.title,
            previewed=url_for("reviewing.show", uid=uid),
            audience=document.audience,
            content=content_of(document),
            number=number,
            reason=reason,
            signed=signed,
            published_at="发布后显示",
            index_no=found.in_force.record.index_no if found.in_force else "发布时编排",
            versions=[],
        )
    framed = render_template(
        "office/reviewing/_banner.html",
        back=url_for("reviewing.show", uid=uid),
        draft=draft,
        state=State(draft.state),
    )
    banner = Markup(framed)  # noqa: S704 - rendered with autoescape.
    record = draft.record or (found.in_force.record if found.in_force else None)
    try:
        html = preview_page(
            session(),
            office().regimes,
            templates_of(current_app._get_current_object()),  # type: ignore[attr-defined] # Flask's proxy has it.
            unit=own.unit,
            planned=Planned(document, record, number, reason, signed),
            public_url=office().public_url,
            banner=banner,
            now=now(),
        )
    except LookupError:
        abort(404, "本县区没有制度文件，暂时不能预览。请联系平台管理员。")
    return Response(html, mimetype="text/html", headers=preview_headers())


Step = Callable[[Room, Draft, int, datetime], str]


def _do(uid: str, step: Step, *, field: str = "") -> ResponseReturnValue:
    """Take one step in one transaction, then lead on; what stands in the way is told on the same page."""
    begin()
    own = room()
    draft = own.draft(uid)
    if draft is None or not _handles_draft(draft):
        session().rollback()
        return _gone(own, uid)
    try:
        said = step(own, draft, _revision(), now())
    except Conflict as conflict:
        session().rollback()
        if room().draft(uid) is None:
            return _gone(own, uid)
        return _shown(uid, Problem((("", str(conflict)),), 409))
    except NotReady as not_ready:
        session().rollback()
        return _shown(uid, Problem(_reasons(not_ready.readiness) or (("", str(not_ready)),)))
    except (Refused, NotPublishable) as refused:
        session().rollback()
        return _shown(uid, Problem(((field, str(refused)),)))
    commit()
    if said:
        flash(said)
        return redirect(url_for("reviewing.show", uid=uid), 303)
    return redirect(url_for("reviewing.done", uid=uid), 303)


def _revision() -> int:
    """Return the revision that the page showed; one that no draft has where something else came."""
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _publish(own: Room, draft: Draft, revision: int, book: Book, at: datetime) -> None:
    uid = draft.uid  # Publishing uses the draft up.
    version = releasing.publish(own, draft, revision=revision, book=book, actor=actor(), now=at)
    tell_published(own, version, draft_uid=uid, address=office().own_url, now=at)


def _gone(own: Room, uid: str) -> ResponseReturnValue:
    """Lead to what a draft has become; 404 where it never was, or is another unit's."""
    version = own.published_from(uid)
    if version is None or not _handles(Audience(version.audience)):
        abort(404)
    return redirect(url_for("reviewing.done", uid=uid), 303)


def _shown(uid: str, problem: Problem | None) -> ResponseReturnValue:
    own, who = room(), actor()
    draft = own.draft(uid)
    if draft is None or not _handles_draft(draft):
        return _gone(own, uid)
    found = readiness(own, draft, book=_book(), now=now())
    document, state = found.document, State(draft.state)
    html = page(
        "office/reviewing/show.html",
        title=draft.title or "未命名的草稿",
        crumbs=[("待办", url_for("home.show"))],
        draft=draft,
        state=state,
        found=found,
        document=document,
        content=content_of(document) if document else None,
        findings=told(document, found.report.findings) if document and found.report else [],
        blocking=set(found.blocking),
        in_force=found.in_force,
        changes=_changes(found),
        reason=reason_of(draft, found.in_force),
        labels={one.value: one.label for one in Event},
        steps=[(one, show_moment(one.at)) for one in own.draft_steps(draft)],
        statements=list(reviewing.Statement),
        stated=request.form.getlist("stated"),
        typed=request.form,
        problem=problem,
        not_reviewer=reviewing.why_not_reviewer(own, draft, who),
        can={one.value for one in Action if person().may(one)},
        signed=releasing.signature(own, draft),
        publish_at=show_moment(draft.publish_at) if draft.publish_at else "",
        edit=link_to("writing.edit", uid=uid),
        submit=link_to("writing.submit", uid=uid),
    )
    return html, problem.status if problem else 200


def _changes(found: Readiness) -> Comparison | None:
    before = releasing.document_of(found.in_force) if found.in_force else None
    if before is None or found.document is None:
        return None
    # A correction keeps its record's index number whether or not it was typed again.
    typed = found.document.index_no or before.index_no
    return compare(before, found.document.model_copy(update={"index_no": typed}))


def _reasons(found: Readiness) -> tuple[tuple[str, str], ...]:
    reasons = [(one.field if one.field == "reason" else "", one.message) for one in found.missing]
    return (*reasons, *(("", f"{one.title}：{one.seen}{one.remedy}") for one in found.blocking))


def _moment() -> datetime:
    day, clock = request.form.get("day", "").strip(), request.form.get("clock", "").strip()
    if not day or not clock:
        raise Refused("定时发布须填写日期和时间。")
    try:
        return scheduling.read_moment(day, clock)
    except ValueError as wrong:
        raise Refused(f"定时发布的时间：{wrong}") from wrong


def _book() -> Book:
    return Book(session(), office().regimes)


def _handles(audience: Audience) -> bool:
    return audience in handled_by(person().roles)


def _handles_draft(draft: Draft) -> bool:
    """Tell whether the person may see a draft: one for few is seen by those who write and review, and by those few."""
    audience = releasing.audience_of(draft)
    return audience is None or _handles(audience)


def _poster(version: Version) -> str | None:
    record = version.record
    return link_to("posters.pdf", kind=record.kind, slug=record.slug, number=version.number)
