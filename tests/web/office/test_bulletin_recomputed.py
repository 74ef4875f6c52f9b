"""A bulletin's figures are what a script of its own counts from the published files."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.supervision.bulletin import Figures
from portal.services.board.county import open_county
from portal.services.supervision import bulletins
from portal.site.build import build_site
from tests.conftest import ROOT
from tests.site.sites import site_over
from tests.web.office import recompute_bulletin
from tests.web.office.counted import NOW, ON, QUARTER, SLUG, make_counted

pytestmark = pytest.mark.database
REGIME = ROOT / "content" / "regimes" / f"{SLUG}.toml"
Both = tuple[Figures, dict[str, Any], Path]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The bulletin's figures from the database, those of the script from the built site, and the site."""
    folder = tmp_path_factory.mktemp("counted")
    known = make_counted(folder)
    with Session(known.engine) as session:
        report = build_site(site_over(session, folder / "site", regimes=known.regimes), now=NOW)
        assert (report.failures, report.faults) == ((), ())
    with Session(known.engine) as session:
        figures = bulletins.draft(open_county(session, SLUG, None), known.regime, QUARTER, on=ON)
    yield figures, recompute_bulletin.recompute(report.folder, SLUG, QUARTER, REGIME), report.folder
    known.engine.dispose()


def test_the_script_knows_nothing_of_the_product() -> None:
    tree = ast.parse(Path(recompute_bulletin.__file__).read_text(encoding="utf-8"))
    names = {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    names |= {each.name for one in ast.walk(tree) if isinstance(one, ast.Import) for each in one.names}
    assert not [one for one in names if one.startswith(("portal", "tests"))]


def test_the_county_has_every_sort_of_standing(both: Both) -> None:
    """Equal figures say little of a county in which all is well."""
    line = next(one for one in both[0].duties if one.code == "finance")
    assert min(line.on_time, line.late, line.missing, line.exempt, line.waiting, line.not_applicable) > 0
    assert both[0].findings
    assert len({one.rank for one in both[0].ranking}) > 3


def test_every_duty_is_counted_the_same(both: Both) -> None:
    figures, again, _ = both
    names = (
        "on_time",
        "nil",
        "late",
        "missing",
        "waiting",
        "exempt",
        "not_applicable",
        "unclear",
        "withdrawn",
    )
    ours = {
        one.code: Counter({name: count for name in names if (count := getattr(one, name))})
        for one in figures.duties
    }
    assert ours == again["duties"]
    assert figures.units == again["units"]
    assert figures.on.isoformat() == again["on"]


def test_quarterly_finance_agrees_with_the_records_themselves(both: Both) -> None:
    figures, again, _ = both
    line = next(one for one in figures.duties if one.code == "finance")
    states = Counter(state for state, _ in again["finance"].values())
    for name in ("on_time", "late", "missing", "waiting", "exempt", "not_applicable"):
        assert states[name] == getattr(line, name), name
    days = {
        (name, count) for name, (state, count) in again["finance"].items() if state in ("late", "missing")
    }
    assert days == {
        (one.slug, one.days) for one in (*figures.late, *figures.missing) if one.duty == "finance"
    }
    assert len(days) == 4


def test_late_and_missing_are_the_same_lines(both: Both) -> None:
    figures, again, _ = both
    for name in ("late", "missing"):
        ours = [
            (one.slug, one.duty, one.done_on.isoformat() if one.done_on else None, one.days)
            for one in getattr(figures, name)
        ]
        assert sorted(ours, key=str) == again[name]


def test_coverage_index_and_ranking_are_the_same(both: Both) -> None:
    figures, again, _ = both
    for line in figures.coverage:
        counts = again["coverage"][line.code]
        assert (line.done, len(line.wanting), line.exempt) == (
            counts["done"], counts["wanting"], counts["exempt"]
        )  # fmt: skip
    assert next(one.done for one in figures.coverage if one.code == "plans") == len(
        again["plans"] & {one.slug for one in figures.ranking if _has_plan_duty(one.slug, both)}
    )
    assert figures.average is not None
    assert (Fraction(*figures.average), figures.indexed) == (again["average"], again["indexed"])
    assert sorted((one.rank, one.slug) for one in figures.ranking) == sorted(again["ranking"])


def _has_plan_duty(slug: str, both: Both) -> bool:
    data = recompute_bulletin._read(both[2] / SLUG / "u" / slug / "status.json")
    return bool(data["coverage"]["plans"])


def test_findings_and_trend_are_the_same(both: Both) -> None:
    figures, again, _ = both
    ours = {
        one.rule: Counter(block=one.block, red=one.red, yellow=one.yellow, fresh=one.fresh, units=one.units)
        for one in figures.findings
    }
    assert ours == again["findings"]
    assert [tuple(one.model_dump().values()) for one in figures.trend] == again["trend"]


def test_what_is_published_describes_itself(both: Both) -> None:
    board = recompute_bulletin._read(both[2] / SLUG / "status.json")
    one = recompute_bulletin._read(both[2] / SLUG / board["units"][0]["data"])
    told = {each["name"].split(".")[0] for each in board["fields"]}
    assert {"exists", "index", "coverage", "duties", "findings", "exemptions", "extensions"} <= told & set(
        one
    )
    assert all(each["title"] and each["description"] for each in board["fields"])
    assert "status.json" in (both[2] / SLUG / "data.html").read_text(encoding="utf-8")
