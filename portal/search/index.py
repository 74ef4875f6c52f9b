"""The search index: put, remove, rebuild, search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import RLock

from portal.search import analysis, engine, ranking
from portal.search.engine import View
from portal.search.entries import Entry, Facet, Hit, IndexDamaged, Results
from portal.search.query import Plan, parse
from portal.search.snippets import Marker
from portal.search.states import State, States

MOST_PER_PAGE = 100
ABSENT = "检索目录还没有建立，暂时查不到内容。请稍后再试；管理员可运行 portal sync --all 建立。"


class SearchIndex:
    """The index in one folder, for reading and writing, by any number of threads and processes.

    Each change is one atomic step: a reader sees all of it at its next
    search, or nothing of it. A writer that is killed leaves the state before
    or after, and never a lock.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder, which may be absent until the first change; nothing is opened yet."""
        self._states = States(folder)
        self._guard = RLock()
        self._mark: bytes | None = None
        self._view: View | None = None

    def apply(self, put: Iterable[Entry], remove: Iterable[str] = ()) -> int:
        """Remove, then put, in one commit. Return how many records that changed.

        A record that is in the index already is replaced; a key that is not
        there is removed without complaint; a key in both is put.
        """
        entries = {entry.key: entry for entry in put}
        gone = set(remove) - entries.keys()
        with self._states.writing():
            mark = self._states.mark()
            base = self._states.read(mark) if mark is not None else None
            with self._guard:
                view = self._open()
                present = {key for key in gone | entries.keys() if view and view.holds(key)}
            removed = sorted(present)
            if entries or removed:
                with self._changing(base) as folder:
                    engine.change(folder, entries.values(), removed)
        return len(entries) + len(present - entries.keys())

    def rebuild(self, entries: Iterable[Entry], progress: Callable[[int], None] | None = None) -> int:
        """Make the index anew of these entries, beside the one in force, then swap. Return their number.

        Of entries with the same key the last one counts. `progress` is
        called with the number of entries taken so far.
        """
        seen: set[str] = set()
        again: dict[str, Entry] = {}

        def first_of_each() -> Iterator[Entry]:
            for entry in entries:
                if entry.key in seen:
                    again[entry.key] = entry
                else:
                    seen.add(entry.key)
                    yield entry

        with self._states.writing(), self._changing(None) as folder:
            engine.change(folder, first_of_each(), (), progress)
            if again:
                engine.change(folder, again.values(), sorted(again))
        return len(seen)

    @contextmanager
    def _changing(self, base: State | None) -> Iterator[Path]:
        """Offer the folder of the next state; it comes into force when the block ends well."""
        folder = self._states.begin(base)
        if base is None:
            engine.create(folder)
        yield folder
        # An index that was begun under other rules of analysis stays marked so, until it is rebuilt.
        rules = base.analysis if base else analysis.signature()
        self._states.commit(folder, base, analysis=rules, suffixes=engine.SUFFIXES)

    def search(
        self,
        query: str,
        *,
        jurisdiction: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        year: int | None = None,
        page: int = 1,
        per_page: int = 10,
    ) -> Results:
        """Answer any query whatever; raise `IndexDamaged` only when the index itself cannot be read."""
        filters = ranking.Filters(jurisdiction or None, unit or None, kind or None, year)
        plan = parse(query)
        with self._guard:
            view = self._open()
            if view is None:
                return Results(query, 0, 1, 1, (), _no_facets(), ABSENT)
            scores, partial = ranking.find(view, plan)
            kept = [number for number in scores if filters.keep(view.cards[number])]
            ordered = ranking.in_order(view, scores, kept)
            per_page = max(1, min(per_page, MOST_PER_PAGE))
            pages = max(1, -(-len(ordered) // per_page))
            page = max(1, min(page, pages))
            chosen = ordered[(page - 1) * per_page : page * per_page]
            return Results(
                query=query,
                total=len(ordered),
                page=page,
                pages=pages,
                hits=_hits(view, plan, chosen),
                facets=ranking.facets(view, scores, filters),
                notice=_notice(plan, partial, found=len(scores), kept=len(kept)),
            )

    def count(self) -> int:
        """Return how many records can be found; 0 when there is no index yet."""
        with self._guard:
            view = self._open()
            return view.count() if view else 0

    def close(self) -> None:
        """Let go of the files. The index opens itself again, and checks itself again, when it is asked again."""
        with self._guard:
            self._release()
            self._states.forget()

    def _release(self) -> None:
        if self._view:
            self._view.close()
        self._view = self._mark = None

    def check(self) -> bool:
        """Return whether the index is there, whole, and made by the present rules."""
        with self._guard:
            try:
                mark = self._states.mark()
                if mark is None or self._states.read(mark).analysis != analysis.signature():
                    return False
                view = self._open()
                return view is not None and view.count() >= 0
            except IndexDamaged:
                return False

    def _open(self) -> View | None:
        """Return a view of the state in force now, or None when there is no index."""
        while (mark := self._states.mark()) != self._mark or self._view is None:
            if mark is None:
                self._release()
                return None
            try:
                state = self._states.read(mark)
                self._states.refuse_strangers(self._states.folder)
                self._states.check(state)
                view = View(state.folder, earlier=self._view)
            except FileNotFoundError as gone:
                # A writer may have swapped and swept between our looking and opening.
                if self._states.mark() == mark:
                    raise IndexDamaged(f"缺少文件 {gone.filename}") from gone
                continue
            except IndexDamaged:
                # The engine may find a swept folder empty instead of missing: damage only if it is still in force.
                if self._states.mark() == mark:
                    raise
                continue
            except OSError as wrong:
                raise IndexDamaged(
                    f"{wrong.filename or self._states.folder} 读不出来（{wrong.strerror}）"
                ) from wrong
            self._release()
            self._view, self._mark = view, mark
        return self._view


def ensure_usable(folder: Path) -> bool:
    """Return False when the index is absent, damaged, or of another version: the caller then rebuilds it."""
    index = SearchIndex(folder)
    try:
        return index.check()
    finally:
        index.close()


def _no_facets() -> dict[str, tuple[Facet, ...]]:
    return {"jurisdiction": (), "kind": (), "unit": (), "year": ()}


def _notice(plan: Plan, partial: str | None, *, found: int, kept: int) -> str | None:
    told = []
    if plan.notice and (not found or plan.strict):
        told.append(plan.notice)
    if found and not kept:
        told.append(f"在当前筛选条件下没有结果；去掉筛选条件，共有 {found} 条。")
    elif partial:
        told.append(partial)
    elif not found and not told:
        told.append("没有找到相关内容。请换用更短或更常用的词，或核对文号、金额是否写对。")
    return "".join(told) or None


def _hits(view: View, plan: Plan, numbers: list[int]) -> tuple[Hit, ...]:
    marker = Marker(plan)
    return tuple(_hit(view, marker, number) for number in numbers)


def _hit(view: View, marker: Marker, number: int) -> Hit:
    card, shown = view.cards[number], view.shown(number)
    day: date = shown.published_on
    return Hit(
        key=card.key,
        url=shown.url,
        title=shown.title,
        title_html=marker.title(shown.title),
        unit=card.unit,
        unit_name=card.unit_name,
        jurisdiction=card.jurisdiction,
        jurisdiction_name=shown.jurisdiction_name,
        kind=card.kind,
        kind_label=card.kind_label,
        date=day,
        year=card.year,
        snippet_html=marker.snippet(shown.text),
    )
