"""The UI kit's stylesheet: what may not be used elsewhere is gone, and building twice changes nothing."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from portal.web.vendor import USED, VendorError, restyle, trimmed, vendor

ROOT = Path(__file__).resolve().parents[2]

CSS = (
    '@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2) format("woff2")}'
    ".govuk-body{font-family:GDS Transport,arial,sans-serif;color:red}"
    ".crest{background-image:url(/assets/images/govuk-crest.svg)}"
)


def checkout(folder: Path, css: str = CSS) -> Path:
    file = folder / "node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.css"
    file.parent.mkdir(parents=True)
    file.write_text(css, encoding="utf-8")
    return folder


def test_reserved_fonts_and_crest_are_left_out() -> None:
    css = restyle(CSS)
    assert "font-face" not in css
    assert "GDS" not in css
    assert "url(" not in css
    assert ".govuk-body{font-family:var(--sans,sans-serif);color:red}" in css


def test_an_unknown_reference_stops_the_build() -> None:
    with pytest.raises(VendorError, match="外部引用"):
        restyle(CSS + ".new{background:url(https://elsewhere.example/x.png)}")


def test_only_what_the_pages_use_is_kept() -> None:
    css = (
        '@charset "UTF-8";:root{--govuk-a:1;--govuk-b:var(--govuk-c);--govuk-c:2;--govuk-d:3}'
        ".yes,.no,.yes:not(.no,.other)>b{color:var(--govuk-a)}.no{margin:0}/* .yes{} */"
        '@media print{.no{color:red}@supports (a:b){.yes{background:url("data:,;}{\'")}.no{x:y}}}'
        "@keyframes no{from{top:0}}p{top:0}"
    )
    assert trimmed(css, frozenset({"yes"})) == (
        ":root{--govuk-a:1;}.yes{color:var(--govuk-a)}"
        '@media print{@supports (a:b){.yes{background:url("data:,;}{\'")}}}p{top:0}'
    )


@pytest.mark.parametrize("css", [".yes{color:red", ".yes{}}", "p", "}p{"])
def test_torn_css_stops_the_build(css: str) -> None:
    with pytest.raises(VendorError, match="不配对"):
        trimmed(css)


def test_every_class_of_the_kit_in_the_pages_is_kept_and_no_other() -> None:
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "portal").rglob("*.py")]
    texts = [one.read_text(encoding="utf-8") for one in sources if one.name != "vendor.py"]
    written = {name for text in texts for name in re.findall(r"govuk-[a-z][\w-]*", text)}
    assert written - {"govuk-frontend"} == USED


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    source, target = checkout(tmp_path / "checkout"), tmp_path / "vendor"
    assert vendor(checkout=source, target=target)
    before = {file.name: file.stat().st_mtime_ns for file in target.iterdir()}
    assert not vendor(checkout=source, target=target)
    assert {file.name: file.stat().st_mtime_ns for file in target.iterdir()} == before
    digest, name = (target / "SHA256SUMS").read_text(encoding="utf-8").split()
    assert hashlib.sha256((target / name).read_bytes()).hexdigest() == digest


def test_a_missing_lock_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"package-lock\.json"):
        vendor(checkout=tmp_path, target=tmp_path / "vendor")


def test_a_failing_npm_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    with pytest.raises(VendorError, match="npm ci 没有成功"):
        vendor(checkout=tmp_path, target=tmp_path / "vendor", npm="false")
