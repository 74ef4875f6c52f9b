"""`portal report-host`: refuses in words where it cannot start, and makes no instance where there is none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli import main

pytestmark = pytest.mark.sqlite


def told(*arguments: str) -> str:
    answer = CliRunner().invoke(main, ["report-host", *arguments])
    assert answer.exit_code == 1, answer.output
    return answer.output


def test_a_folder_without_an_instance_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path / "nothing"))
    assert "还没有平台实例" in told()
    assert not (tmp_path / "nothing").exists()


def test_a_port_that_is_taken_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path))
    (tmp_path / "key_lists").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"--port {port + 10}" in told("--port", str(port))


def test_a_key_that_others_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path))
    (tmp_path / "key_lists").mkdir()
    (tmp_path / "report.key").write_bytes(b"k" * 32)
    (tmp_path / "report.key").chmod(0o644)
    assert "chmod 600" in told("--port", "0")
