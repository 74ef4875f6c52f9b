"""The barest pages that the reporter's scripts work on: every part that they name, sentences that name themselves.

The public site's own pages hold more; what the scripts ask of a page stands at the head of each script.
"""

from __future__ import annotations

import re

from portal.apps import STATIC
from portal.domain.reports.words import Outcome, Reason, State

CODES = {"state": State, "state-help": State, "reason": Reason, "where": Reason, "outcome": Outcome}
TYPED = ("when", "where", "consequence", "amount", "reported_before")
HOLDER = (
    '<div><label><input type="checkbox" name="concerned"> <span data-part="holder-name"></span></label></div>'
)
MENTIONED = """<li><span data-part="holder-name"></span>
<label><input type="radio" value="concerned"> 涉及</label><label><input type="radio" value="other"> 不涉及</label></li>"""
CHOSEN = """<li><span data-part="file-name"></span> <span data-part="file-note"></span>
<button type="button" data-part="file-remove">移除</button></li>"""
ATTACHMENT = """<li><span data-part="attachment-name"></span> <progress max="1" value="0"></progress>
<span data-part="attachment-state" role="status"></span>
<button type="button" data-part="attachment-retry" hidden>重试</button></li>"""
PERSON = """<div><input name="person_name" aria-label="姓名"><input name="person_unit" aria-label="单位">
<input name="person_post" aria-label="职务"></div>"""


def rows(**each: str) -> str:
    """Return the templates of rows."""
    return "".join(f'<template data-row="{name}">{html}</template>' for name, html in each.items())


def sentences(script: str) -> str:
    """Return a sentence for each that a script's head lists: its own name, and what is put into it."""
    source = (STATIC / "sealing" / f"{script}.js").read_text(encoding="utf-8")
    head = source[: source.index("\nimport ")]
    listed = head[head.rindex("// words") + len("// words") :].replace("//", " ")
    found = re.findall(r"([a-z_0-9-]+)(?:\{([a-z,]+)\})?(?=[\s;]|$)", listed)
    coded = re.findall(r"([a-z-]+)-<code>", listed)
    found += [(f"{kind}-{one.value}", "") for kind in coded for one in CODES[kind]]
    return "".join(
        f'<template data-words="{name}">[{name}{"".join(f" {{{one}}}" for one in values.split(",") if one)}]</template>'
        for name, values in found
    )


def texts(*names: str) -> str:
    """Return hidden parts that are given a text."""
    return "".join(f'<p data-part="{name}" hidden></p>' for name in names)


def field(name: str, title: str, control: str) -> str:
    """Return a field with its label."""
    return (
        f'<div data-field="{name}" data-title="{title}"><label for="f-{name}">{title}</label>{control}</div>'
    )


def page(script: str, body: str, *, host: str, root_key: str) -> str:
    """Return a whole page."""
    return f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>举报</title>
<link rel="icon" href="data:,"></head><body><main><div id="report" data-host="{host}" data-jurisdiction="jinhu"
data-root-key="{root_key}" data-key-list="keys.json" data-status="status.html" data-leave="left.html">
{body}{sentences(script)}</div></main><script src="static/sealing/late.js"></script>
<script type="module" src="static/sealing/{script}.js"></script></body></html>"""


def form_page(host: str, root_key: str) -> str:
    """Return the page of `report-form.js`."""
    typed = "".join(field(one, one, f'<input id="f-{one}" name="{one}">') for one in TYPED)
    body = f"""<section data-view="form"><h2>填写</h2><p data-part="preparing" role="status">正在准备加密</p>
<div data-part="failed" role="alert" hidden><p data-part="failed-why"></p><button type="button" data-act="retry">重试</button></div>
<div data-part="problems" hidden><h3>没有填好</h3><ul data-part="problem-list"></ul></div>
<form id="report-form" method="dialog" autocomplete="off"><fieldset disabled id="report-fields">
<p data-part="record" hidden><span data-part="record-text"></span> <button type="button" data-act="drop-record">不针对这一件</button></p>
<input type="hidden" name="record_index"><input type="hidden" name="record_title">
<fieldset data-field="real_name" data-title="方式"><legend>方式</legend>
<label><input type="radio" name="real_name" value="yes"> 实名</label>
<label><input type="radio" name="real_name" value="no"> 匿名</label></fieldset>
<div data-part="real-name" hidden>{
        field("reporter_name", "您的姓名", '<input id="f-reporter_name" name="reporter_name">')
    }
{field("reporter_phone", "联系电话", '<input id="f-reporter_phone" name="reporter_phone">')}
<input name="reporter_id" aria-label="证件"><input name="reporter_address" aria-label="地址"></div>
{field("unit", "被反映单位", '<input id="f-unit" name="unit">')}
<div data-part="persons">{PERSON * 3}</div><button type="button" data-act="add-person">再加一位</button>
<template id="person-row">{PERSON}</template>
<fieldset data-field="categories" data-title="类别"><legend>类别</legend>
<label><input type="checkbox" name="categories" value="speak_last"> 没有末位表态</label>
<label><input type="checkbox" name="categories" value="late"> 没有按期公开</label></fieldset>
{field("what", "主要问题", '<textarea id="f-what" name="what"></textarea>')}{typed}
<label>怎样知道的<select name="known_from"><option value=""></option><option value="seen">亲眼所见</option></select></label>
<fieldset><legend>与谁有关</legend><div data-part="holders" hidden></div></fieldset>
<label>附件<input type="file" name="files" multiple></label><ul data-part="chosen" hidden></ul>{
        texts("file-problem")
    }
<label><input type="checkbox" name="truth"> 属实</label>
<button>核对</button></fieldset></form><button type="button" data-act="wipe">清空并离开</button></section>
<section data-view="review" hidden><h2>核对</h2>{
        texts("review-told", "no-recipient")
    }<dl data-part="summary"></dl>
<div data-part="mentioned" hidden><ul data-part="mentioned-list"></ul></div>
<div data-part="who">{texts("route", "opening")}<ul data-part="openers"></ul></div>
<div data-part="left-out" hidden><ul data-part="left-out-list"></ul></div>
<button type="button" data-act="back">返回修改</button><button type="button" data-act="send">加密并提交</button></section>
<section data-view="sending" hidden><h2>正在提交</h2><p data-part="step" role="status"></p>
<progress data-part="progress" max="1"></progress><button type="button" data-act="cancel">取消</button>
<div data-part="send-failed" role="alert" hidden><p data-part="send-failed-why"></p>
<button type="button" data-act="send-again">再试一次</button><button type="button" data-act="back">返回修改</button></div></section>
<section data-view="receipt" hidden><h2>已收到</h2><p data-part="code"></p><div data-part="qr"></div>
<label>抄对了吗<input data-part="copied" autocomplete="off"></label>
{texts("copied-told", "received-on", "accept-by", "receipt-wrong", "earlier-arrived")}
<button type="button" data-act="print">打印</button><textarea data-part="receipt-text" aria-label="凭证" readonly></textarea>
<a data-part="proof-download">下载</a><textarea data-part="proof-text" aria-label="证明" readonly></textarea>
<h3 data-part="attachments-head" hidden>附件</h3><ul data-part="attachments" hidden></ul>
<label><input type="checkbox" data-part="saved"> 我已保存查询码</label>{texts("leave-told")}
<button type="button" data-act="finish">完成，离开本页</button></section>
{
        rows(
            summary='<div><dt data-part="summary-name"></dt><dd data-part="summary-text"></dd></div>',
            holder=HOLDER,
            mentioned=MENTIONED,
            chosen=CHOSEN,
            attachment=ATTACHMENT,
        )
    }"""
    return page("report-form", body, host=host, root_key=root_key)


def status_page(host: str, root_key: str) -> str:
    """Return the page of `report-status.js`."""
    told = (
        "state",
        "state-help",
        "state-on",
        "received-on",
        "clock",
        "reason",
        "where-to-go",
        "outcome",
        "binding-wrong",
    )
    body = f"""<section data-view="enter"><h2>查询</h2>{texts("code-told", "looking")}
<form id="status-form" method="dialog" autocomplete="off"><fieldset id="status-fields" disabled>
<label>查询码<input name="code"></label><button>查询</button></fieldset></form></section>
<section data-view="case" hidden><h2>办理情况</h2>{
        texts(*told)
    }<button type="button" data-act="refresh">刷新</button>
<ol data-part="thread"></ol><p data-part="thread-empty">还没有</p>
<div data-part="message"><form id="message-form" method="dialog" autocomplete="off">
<label>补充<textarea name="message"></textarea></label><label>附件<input type="file" name="files" multiple></label>
<ul data-part="chosen" hidden></ul>{texts("file-problem")}<button>加密并发送</button></form></div>
<p data-part="message-told" role="status" hidden></p>
<h3 data-part="attachments-head" hidden>附件</h3><ul data-part="attachments" hidden></ul>
<button type="button" data-act="clear">离开并清除</button></section>
{
        rows(
            reply='<li><b data-part="reply-day"></b> <span data-part="reply-text"></span> <em data-part="reply-warning" hidden></em></li>',
            own='<li data-part="own-text"></li>',
            chosen=CHOSEN,
            attachment=ATTACHMENT,
        )
    }"""
    return page("report-status", body, host=host, root_key=root_key)


def check_page(host: str, root_key: str) -> str:
    """Return the page of `report-check.js`."""
    body = f"""<p data-part="preparing" role="status">正在准备</p>
<div data-part="failed" role="alert" hidden><p data-part="failed-why"></p><button type="button" data-act="retry">重试</button></div>
<form id="check-form" method="dialog" autocomplete="off"><fieldset id="check-fields" disabled>
<label>凭证<textarea name="proof"></textarea></label><label>文件<input type="file" name="proof_file"></label>
<button>核对</button></fieldset></form>
<div data-part="told" role="status" hidden>{texts("signature", "content")}</div>
<button type="button" data-act="wipe">离开并清除</button>"""
    return page("report-check", body, host=host, root_key=root_key)
