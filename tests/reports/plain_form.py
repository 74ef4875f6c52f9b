"""A citizen without scripts: the pages of the report host as plain HTML, sent as a browser sends them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from portal.domain.reports.codes import read_code
from tests.reports.citizen import Answer, Line
from tests.reports.pages import Form, forms_of

_CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}[\s-]*){6}[0-9A-HJKMNP-TV-Z]\b")
_PROOF = re.compile(r"\{\s*\"format\": \"sunshine-portal/filing-proof/v1\".*?\n\}", re.DOTALL)


@dataclass(frozen=True)
class Plain:
    """What a citizen without scripts has at the end; `asked` tells whether a question came first."""

    code: str
    proof: dict[str, str]
    asked: bool
    page: str


def the_form(page: str, action: str) -> Form:
    """Return the form of a page that leads to an address ending so."""
    found = [
        one
        for one in forms_of(page)
        if one.method == "post" and one.action.partition("?")[0].endswith(action)
    ]
    assert found, f"no form to {action}: {words(page)[:800]}"
    return found[0]


def words(page: str) -> str:
    """Return what a page says."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page.partition("<main")[2] or page)))


def filled(form: Form, text: str, **more: str | Sequence[str]) -> dict[str, str | Sequence[str]]:
    """Return what somebody types into the form of a report."""
    names = {one.name for one in form.fields}
    typed: dict[str, str | Sequence[str]] = {
        "real_name": "no",
        "unit": "示例县住房和城乡建设局",
        "categories": ["speak_last"],
        "what": text,
        "truth": form.named("truth")[0].value if "truth" in names else "",
    }
    return {name: value for name, value in {**typed, **more}.items() if name in names or name in more}


def send(
    line: Line,
    slug: str,
    text: str,
    *,
    until: float | None = None,
    files: Sequence[tuple[str, str, str, bytes]] = (),
    **more: str | Sequence[str],
) -> Plain:
    """File a report; whatever is asked in between is answered. Fail where no receipt comes."""
    answer, asked = send_through(line, slug, text, until=until, files=files, **more)
    proof = _PROOF.search(unescape(answer.text))
    assert proof, f"{answer.status}: {words(answer.text)[:1500]}"
    return Plain(code_on(answer.text), json.loads(proof[0]), asked, answer.text)


def send_through(
    line: Line,
    slug: str,
    text: str,
    *,
    until: float | None = None,
    files: Sequence[tuple[str, str, str, bytes]] = (),
    **more: str | Sequence[str],
) -> tuple[Answer, bool]:
    """Send the form and answer the question where one is asked; return the last answer, and whether there was one."""
    form = the_form(_get(line, f"/{slug}/write", until), "/write")
    answer = _sent(line, f"/{slug}/write", form, filled(form, text, **more), files, until)
    asked = False
    for _ in range(4):
        if answer.status != 422:
            break
        form = the_form(answer.text, "/write")
        question = _answered(form, answer.text)
        if not question:
            break
        asked = True
        # Files are chosen anew where a page comes back: a browser forgets them.
        answer = _sent(line, f"/{slug}/write", form, question, files, until)
    return answer, asked


def code_on(page: str) -> str:
    """Return the query code that a page shows."""
    found = _CODE.search(words(page))
    assert found, words(page)[:1500]
    return read_code(found[0])


def send_carelessly(line: Line, slug: str, text: str) -> int:
    """Post the form as a program would, and look at nothing that comes back but the status."""
    form = the_form(_get(line, f"/{slug}/write", None), "/write")
    return line.post_form(f"/{slug}/write", form.values(filled(form, text)), parts=True).status


def status(line: Line, slug: str, code: str) -> Answer:
    """Look a report up by its query code."""
    return line.post_form(f"/{slug}/status", [("code", code)])


def _answered(form: Form, page: str) -> dict[str, str]:
    """Answer the question of a page, where there is one: so much and so much, in figures or in words."""
    names = [one.name for one in form.fields if one.name in ("answer", "question_answer")]
    if not names:
        return {}
    return {names[0]: str(_sum(words(page)))}


_DIGITS = {one: value for value, one in enumerate("零一二三四五六七八九十")}


def _sum(text: str) -> int:
    found = re.search(
        r"([0-9零一二三四五六七八九十]+)\s*(加|减|乘|＋|\+|-|×)\s*([0-9零一二三四五六七八九十]+)", text
    )
    assert found, text[:500]
    left, right = (_number(found[place]) for place in (1, 3))
    return {"减": left - right, "-": left - right, "乘": left * right, "×": left * right}.get(
        found[2], left + right
    )


def _number(text: str) -> int:
    if text.isdigit() and text.isascii():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    return _DIGITS[text]


def _get(line: Line, path: str, until: float | None) -> str:
    while True:
        answer = line.get(path)
        if answer.status == 200:
            return answer.text
        assert answer.status in (429, 503), (answer.status, words(answer.text)[:300])
        _wait(answer, until)


def _sent(
    line: Line,
    path: str,
    form: Form,
    typed: Mapping[str, str | Sequence[str]],
    files: Sequence[tuple[str, str, str, bytes]],
    until: float | None,
) -> Answer:
    while True:
        answer = line.post_form(path, form.values(typed), files, parts="multipart" in form.enctype)
        if answer.status not in (429, 503) or until is None:
            return answer
        _wait(answer, until)


def _wait(answer: Answer, until: float | None) -> None:
    assert until is not None, (answer.status, words(answer.text)[:300])
    assert time.perf_counter() < until, "the host never had time"
    time.sleep(min(float(answer.headers.get("Retry-After") or 2), 10))
