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
    assert vendor(target=tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert not vendor(target=tmp_path)
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
    told = dict(reversed(line.split()) for line in (tmp_path / "SHA256SUMS").read_text("utf-8").splitlines())
    assert told == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in before
        if name != "SHA256SUMS"
    }


def test_the_sealing_module_needs_nothing_else_and_builds_no_code_at_run_time(tmp_path: Path) -> None:
    """What the page's policy would refuse, or what would ask another host, is not in it."""
    vendor(target=tmp_path)
    module = (tmp_path / "sealing.js").read_text("utf-8")
    assert not re.search(r"\bimport\b\s*[\"'(]|\bfrom\s*[\"']", module)
    assert not re.search(r"\beval\(|new Function|WebAssembly|XMLHttpRequest|\bfetch\(", module)
    for name in ("Encrypter", "Decrypter", "ed25519", "hkdf", "bech32", "qr"):
        assert re.search(rf"export\{{[^}}]*\b{name}\b", module), name


def test_a_missing_lock_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(VendorError, match=r"package-lock\.json"):
        vendor(checkout=tmp_path, target=tmp_path / "vendor")


def test_a_failing_npm_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    with pytest.raises(VendorError, match="npm ci 没有成功"):
        vendor(checkout=tmp_path, target=tmp_path / "vendor", npm="false")
