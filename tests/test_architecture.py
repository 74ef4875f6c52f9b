"""The house rules that a machine can hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal.domain.documents.base import kinds

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "portal").rglob("*.py"))


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_request_or_command_one_commit() -> None:
    allowed = (
        "portal/web/",
        "portal/cli/",
        "portal/sync.py",
        "portal/worker.py",
        "portal/store/migrate.py",
        "portal/store/reports/db.py",
    )
    wrong = [
        str(file.relative_to(ROOT))
        for file in SOURCES
        if ".commit(" in file.read_text(encoding="utf-8")
        and not file.relative_to(ROOT).as_posix().startswith(allowed)
    ]
    # The index commits its own segments; that is no database.
    assert [one for one in wrong if not one.startswith("portal/search/")] == []


def test_only_the_public_accessor_reads_versions_for_the_site() -> None:
    """What is not public cannot reach the site: no page, build or search module queries the tables itself."""
    rooms = [ROOT / "portal" / room for room in ("site", "search", "web/public")]
    files = [file for room in rooms for file in room.rglob("*.py")] + [
        ROOT / "portal/sync.py",
        ROOT / "portal/apps.py",
    ]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"select\((tables\.)?(Version|Record|Draft|Withdrawal)\b", text), file
        assert not re.search(r"\.query\(|\.get\((tables\.)?(Version|Record|Draft)\b", text), file


def test_thresholds_and_deadlines_are_data_not_code() -> None:
    """No amount in fen and no number of working days stands in the rules of the program."""
    for file in (ROOT / "portal" / "domain").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"workdays\s*=\s*\d", text), file
        assert not re.search(r"\b[1-9]\d{0,2}(_000)+_?00\b", text.replace("200_000", "")), file


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_has_its_page(kind: str) -> None:
    """A page of its own with its own view, or the general page that needs neither."""
    templates = ROOT / "templates" / "public" / "kinds"
    views = ROOT / "portal" / "site" / "pages" / "kinds"
    has_view = (views / f"{kind}.py").is_file() or (views / kind / "__init__.py").is_file()
    assert (templates / f"{kind}.html").is_file() == has_view
    assert (templates / "generic.html").is_file()


def test_the_top_level_is_the_design_card() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    top = {name.split("/")[0] for name in listed}
    assert top <= {
        "portal", "content", "templates", "search_index", "site_build", "tests", "pyproject.toml", "README.md",
        "Makefile", "requirements.lock", "package.json", "package-lock.json", "CHANGELOG.md", "docs", ".ci",
        ".gitignore", ".npmrc", "LICENSE",
    }  # fmt: skip


def test_no_path_of_a_machine_and_no_registry_stands_in_the_project() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    hosts = re.compile(
        r"registry\.npmjs|pypi\.org|pythonhosted|deb\.debian|" + re.escape(str(ROOT.parent)) + "/"
    )
    for name in listed:
        file = ROOT / name
        if file.suffix in (".png", ".woff2") or name == "tests/test_architecture.py" or not file.is_file():
            continue
        found = hosts.search(file.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{name}: {found.group() if found else ''}"
