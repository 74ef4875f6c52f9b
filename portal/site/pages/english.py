"""Which pages have an English twin, and where it lies."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from portal.site.pages import PAGES, PageUrl

ENGLISH = "en"
_ONLY_CHINESE = frozenset(
    (
        "missing",
        "glossary",
        "accessibility",
        "help_index",
        "help",
        "report_write",
        "report_status",
        "report_check",
    )
)
_LIST = re.compile(r"index(-p\d+)?")


def _pattern() -> re.Pattern[str]:
    """Return what knows a page's endpoint by its path: fixed names before those with places, as Flask chooses."""
    rules = sorted(PAGES.values(), key=lambda one: (-len(one.rule.partition("<")[0]), one.rule.count("<")))
    shapes = (re.sub(r"<\w+>", "[^/]+", one.rule[1:].replace(".", r"\.")) for one in rules)
    return re.compile(
        "|".join(f"(?P<{one.endpoint}>{shape})" for one, shape in zip(rules, shapes, strict=True))
    )


_PATHS = _pattern()


@lru_cache(maxsize=8192)
def in_english(path: str) -> bool:
    """Tell whether the page at a site path has an English twin: all but records, help, the glossary and the forms of reports."""
    found = _PATHS.fullmatch(path)
    if found is None or found.lastgroup in _ONLY_CHINESE:
        return False
    name = path.rpartition("/")[2].removesuffix(".html")
    return found.lastgroup != "record" or _LIST.fullmatch(name) is not None


def english_url(page: PageUrl) -> PageUrl | None:
    """Return the address of a Chinese page's English twin, or None where it has none."""
    if page.edition or not in_english(page.path):
        return None
    return replace(page, path=f"{ENGLISH}/{page.path}", edition=ENGLISH, same_as="")
