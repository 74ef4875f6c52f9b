"""The exporter: Frozen-Flask over enumerated pages, without a test client, a log of URLs or deletions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Flask, Response
from flask_frozen import Freezer

from portal.domain.reports.marks import is_text, mark_in
from portal.site.trees import ReportFound

FAULT = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>本页暂时无法显示</title></head>
<body><main><h1>本页暂时无法显示</h1>
<p>生成本页时出错，平台管理人员已收到记录。已公开的内容仍完整保存，其他页面不受影响，请稍后再来。</p>
</main></body></html>
"""


class Page(Protocol):
    """One page to freeze: the endpoint and the values that Flask would route its address to, and its path."""

    @property
    def endpoint(self) -> str: ...

    @property
    def values(self) -> dict[str, str]: ...

    @property
    def path(self) -> str: ...

    @property
    def edition(self) -> str: ...


@dataclass(frozen=True)
class Failure:
    """A page that could not be made, and why."""

    path: str
    reason: str


class SiteFreezer(Freezer):  # type: ignore[misc] # Frozen-Flask ships no types.
    """Asks the app's own views for each page; a page that cannot be made becomes one that says so."""

    def __init__(self, app: Flask) -> None:
        """Freeze pages of `app`, whose views need nothing of the request but their values."""
        super().__init__(app, with_static_files=False, with_no_argument_rules=False, log_url_for=False)
        self.failures: list[Failure] = []
        self.rendered = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Hold one request for as long as pages are made: beginning one for each costs more than some pages."""
        with self.app.test_request_context("/"):
            yield

    def content(self, page: Page) -> bytes:
        """Return the bytes of one page. Whatever goes wrong, the others are made: see `failures`."""
        self.rendered += 1
        views = "english" if page.edition else "public"
        try:
            answer: Any = self.app.view_functions[f"{views}.{page.endpoint}"](**page.values)
            response: Response = self.app.make_response(answer)
            if response.status_code != 200:
                raise ValueError(f"页面返回状态 {response.status_code}")
            content: bytes = response.get_data()
            if is_text(page.path) and (found := mark_in(content)):
                raise ReportFound(found)
        except Exception as wrong:
            told = str(wrong).splitlines()[0] if str(wrong) else ""
            self.failures.append(Failure(page.path, f"{type(wrong).__name__}: {told}"))
            return FAULT.encode() if page.path.endswith(".html") else b""
        return content
