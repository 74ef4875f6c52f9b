"""The wheel: built, installed outside the checkout, and run there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(target.glob("*.whl"))


def test_the_wheel_holds_templates_content_and_assets_and_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "portal/_data/templates/public/base.html",
        "portal/_data/content/regimes/erqi.toml",
        "portal/_data/content/demo/units.toml",
        "portal/web/static/vendor/govuk.css",
        "portal/store/migrations/versions/0001_first.py",
    ):
        assert needed in names, needed
    assert not [
        name for name in names if name.endswith((".db", ".pyc")) or name.startswith(("tests/", "site_build"))
    ]


@pytest.mark.kill
@pytest.mark.thorough
def test_the_installed_wheel_serves_the_site_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", str(wheel)],
        check=True,
        capture_output=True,
    )
    # The dependencies come from the test environment; its own editable `portal` does not, since .pth files are not read here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment |= {"PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONUNBUFFERED": "1"}
    where = subprocess.run(
        [str(python), "-c", "import portal; print(portal.__file__)"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(tmp_path) in where.stdout
    running = subprocess.Popen(
        [str(tmp_path / "venv" / "bin" / "portal"), "run", "--port", "0"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        said, address = "", None
        deadline = time.monotonic() + 900
        while address is None and time.monotonic() < deadline and (line := running.stdout.readline()):
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                address = found.group()
        assert address, said
        with urllib.request.urlopen(address, timeout=300) as answer:
            assert "示例数据" in answer.read().decode()
        assert (tmp_path / "sunshine-portal" / "portal.db").is_file()
    finally:
        running.terminate()
        try:
            running.wait(timeout=300)
        finally:
            running.kill()  # Does nothing when it has ended.
            if running.stdout:
                running.stdout.close()
