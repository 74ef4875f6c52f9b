"""The pages as the Nu HTML checker sees them: no error, and no warning without a reason."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.apps import create_public_app
from portal.site.pages import PageUrl, all_urls
from tests.conftest import ROOT
from tests.site.sample import snapshot
from tests.site.sites import on_disk

pytestmark = pytest.mark.xdist_group("county site")

JAR = ROOT / ".venv" / "vnu" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# The roles that the parts of a table have anyway. Written out, because a table laid out as blocks on a narrow
# screen is no table any more to the browsers of older phones; the checker calls that an error.
NATIVE = {
    "table": {"table"},
    "thead": {"rowgroup"},
    "tbody": {"rowgroup"},
    "tfoot": {"rowgroup"},
    "tr": {"row"},
    "td": {"cell"},
    "th": {"columnheader", "rowheader"},
}
PARTS = re.compile(r"<(table|thead|tbody|tfoot|tr|td|th)\b([^>]*?) role=\"(\w+)\"")
ALLOWED = (
    # What rests on a decision is listed by what it is: two plans are two entries of one name.
    r"Duplicate “dt” name “(分工方案|采购招标|合同变更|付款)” in “dl” element\.",
)


def chosen() -> Iterator[PageUrl]:
    """Yield a page of every sort of the sample: each type, each list, and every record with its first version."""
    seen = set()
    for one in all_urls(snapshot()):
        if not one.path.endswith(".html"):
            continue
        name = one.values.get("name", "")
        sort: tuple[str, ...] = (one.endpoint, one.edition)
        if one.endpoint == "record":
            sort = (*sort, one.values["kind"], name if name.isdigit() else re.sub(r"\d+", "N", name))
        if one.endpoint in ("help", "kind_data"):
            sort = (*sort, name, one.values.get("kind", ""))
        if sort not in seen:
            seen.add(sort)
            yield one


def without_native_roles(text: str) -> str:
    """Return the page without the roles of `NATIVE`; any other role stays, for the checker to judge."""

    def bare(found: re.Match[str]) -> str:
        tag, rest, role = found.groups()
        return f"<{tag}{rest}" if role in NATIVE[tag] else found.group()

    return PARTS.sub(bare, text)


def faults_of(folder: Path) -> list[str]:
    """Return what the checker says of the pages below a folder."""
    if shutil.which("java") is None or not JAR.is_file():
        pytest.skip(
            "NO HTML CHECKER: install Java and npm (Debian: apt install default-jre-headless npm), then run `make checker`"
        )
    ran = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-Xss4m", "-jar", str(JAR), "--format", "json", str(folder)],
        capture_output=True,
        check=False,
    )
    told = json.loads(ran.stderr)["messages"]
    return [
        f"{one['url'].rpartition(folder.name)[2]}:{one.get('lastLine')} {one.get('subType') or one['type']}: "
        f"{one['message']} {one.get('extract', '').strip()[:120]}"
        for one in told
        if (one["type"], one.get("subType")) != ("info", None)
        and not re.match(r"The first occurrence of", one["message"])
        and not any(re.match(each, one["message"]) for each in ALLOWED)
    ]


def test_no_page_has_a_fault_in_its_html(county_site: Path, tmp_path: Path) -> None:
    client = create_public_app(snapshot).test_client()
    texts = {f"sample/{one.path}": client.get(f"/{one.path}").text for one in chosen()}
    county = {path: body.decode() for path, body in on_disk(county_site).items() if path.endswith(".html")}
    # Of a county every unit has the same pages: the first unit's, and those of the county, say it all.
    first = min(path.split("/")[2] for path in county if path.startswith("xiuzhou/u/"))
    for path, text in county.items():
        if f"/u/{first}/" in path and "-v" not in path:
            texts[f"county/{path}"] = text
    assert len(texts) > 100
    assert any("/en/" in path for path in texts)
    for path, text in texts.items():
        file = tmp_path / "pages" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(without_native_roles(text), encoding="utf-8")
    faults = faults_of(tmp_path / "pages")
    assert not faults, f"{len(faults)}\n" + "\n".join(faults[:30])


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    """A run that finds nothing has looked: this page has an error, a warning, and a role that is not native."""
    (tmp_path / "wrong.html").write_text(
        without_native_roles(
            '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><title>甲</title></head><body>'
            '<section><p>乙</p></section><table role="table"><tr role="row"><td role="button">丙</td></tr></table>'
            "<div><p></div></p></body></html>"
        ),
        encoding="utf-8",
    )
    faults = "\n".join(faults_of(tmp_path))
    for said in ("Section lacks heading", "No “p” element in scope", "button"):
        assert said in faults, faults
    assert "“row”" not in faults


def test_native_roles_stand_on_every_table_that_is_laid_out_as_blocks(county_site: Path) -> None:
    """The other side of what the checker is not asked."""
    stacks = 0
    for path, body in on_disk(county_site).items():
        for table in re.findall(
            r'<table class="stack.*?</table>', body.decode() if path.endswith(".html") else "", re.DOTALL
        ):
            stacks += 1
            bare = re.findall(r"<(?:table|thead|tbody|tfoot|tr|td|th)\b(?![^>]* role=)[^>]*>", table)
            assert not bare, (path, bare[:3])
    assert stacks > 50
