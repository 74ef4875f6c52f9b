"""Values go out as Jinja's own escape gives them, and compiled templates are kept without being mixed up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup, escape

from portal.apps import create_public_app
from portal.site.freezer import SiteFreezer
from portal.site.pages import all_urls
from portal.site.pages.english import english_url
from portal.web.public.output import CompiledTemplates, QuickTemplate, put
from tests.site.sample import HOSTILE, snapshot


class Shown:
    def __html__(self) -> str:
        return "<b>ok</b>"


class Loud(str):
    """A text of its own sort, which says it differently."""

    def __html__(self) -> str:
        return "<i>loud</i>"


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.text(max_size=3)))
def test_a_value_goes_out_as_it_always_did(value: Any) -> None:
    assert str(put(value)) == str(escape(value))
    marked = Markup(value)  # noqa: S704 - just that is tested.
    assert str(put(marked)) == str(escape(marked))


@pytest.mark.parametrize(
    "value", [HOSTILE, Shown(), Loud("<x>"), Markup("<b>"), "<>&'\"", "", 0, 10**30, True]
)
def test_odd_values_go_out_as_they_always_did(value: object) -> None:
    assert str(put(value)) == str(escape(value))


@pytest.mark.parametrize(
    "source",
    [
        "{{ a }}{% for x in b %}<p title='{{ x }}'>{{ x }}</p>{% endfor %}",
        "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(a) }}{{ m(a) ~ a }}",
        "{% macro m() %}<u>{{ caller() }}</u>{% endmacro %}{% call m() %}{{ a }}{% endcall %}",
        "{% set t %}<i>{{ a }}</i>{% endset %}{{ t }}{{ t | length }}",
        "{% filter upper %}{{ a }}<s>{% endfilter %}{{ a | e }}{{ a | safe }}{{ (a ~ '<') | replace('<', '>') }}",
        "{% autoescape false %}{{ a }}{% endautoescape %}{{ missing }}{{ b | join(',') }}",
    ],
)
def test_templates_say_what_jinja_says(source: str) -> None:
    plain, quick = Environment(autoescape=True), Environment(autoescape=True)
    quick.template_class = QuickTemplate
    given_ = {"a": HOSTILE, "b": [HOSTILE, Markup("<br>"), 3]}
    said = [env.from_string(source).render(given_) for env in (plain, quick)]
    assert said[0] == said[1]
    assert said[0]


def _pages(folder: Path | None) -> dict[str, bytes]:
    now = snapshot()
    app = create_public_app(lambda: now, compiled=CompiledTemplates(folder, "p1") if folder else None)
    freezer = SiteFreezer(app)
    wanted = [page for page in all_urls(now) if page.path.count("/") < 2][:30]
    with freezer.running():
        found = {
            one.path: freezer.content(one)
            for page in wanted
            for one in filter(None, (page, english_url(page)))
        }
    assert not freezer.failures
    return found


def test_kept_templates_give_the_same_pages_in_both_editions(tmp_path: Path) -> None:
    expected = _pages(None)
    assert any(path.startswith("en/") for path in expected)
    first, again = _pages(tmp_path), _pages(tmp_path)
    assert first == again == expected
    kept = list(tmp_path.rglob("*.bytecode"))
    assert {one.name.startswith("en") for one in kept} == {True, False}


def test_a_spoiled_or_unwritable_folder_costs_only_time(tmp_path: Path) -> None:
    expected = _pages(tmp_path / "a")
    for how, file in enumerate(sorted((tmp_path / "a").rglob("*.bytecode"))):
        kept = bytearray(file.read_bytes())
        middle = len(kept) // 2
        if how % 3 == 0:
            del kept[40:]
        elif how % 3 == 1:
            kept[middle : middle + 64] = bytes(64)  # A sector that was never written.
        else:
            kept[middle] ^= 1
        file.write_bytes(kept)
    assert _pages(tmp_path / "a") == expected
    (tmp_path / "file").write_text("in the way")
    assert _pages(tmp_path / "file") == expected


def test_another_program_does_not_get_the_templates(tmp_path: Path) -> None:
    _pages(tmp_path)
    (old,) = tmp_path.iterdir()
    CompiledTemplates(tmp_path, "p2")
    (new,) = tmp_path.iterdir()
    assert old.name != new.name
    assert not list(new.iterdir())
