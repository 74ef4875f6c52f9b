"""`portal filings`: a key is made away from the server, used there, and opens what was sealed to it; nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli.filings import filings_command
from portal.domain.supervision.relations import Company, FilingContent, Person
from portal.services.supervision import filing_keys
from portal.services.supervision.filing_keys import Sealer, read_recipient
from tests.light_keys import LightPassphrases

PASSPHRASE = "示例口令 七个词 连成一句"
CONTENT = FilingContent(
    filer="示例甲",
    unit="示例财政局",
    persons=(Person(name="示例乙", relation="配偶"),),
    companies=(Company(name="示例丙有限公司", code="91330400MA2B8YQ066"),),
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(filings_command, [str(one) for one in arguments])


def test_from_the_key_to_an_opened_filing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing_keys, "passphrase", LightPassphrases)
    said = tmp_path / "pass"
    said.write_text(PASSPHRASE, "utf-8")
    key = tmp_path / "filings-keeper.key"
    made = run("make-key", key, "--passphrase-file", said)
    assert made.exit_code == 0, made.output
    assert key.stat().st_mode & 0o077 == 0
    assert run("make-key", key, "--passphrase-file", said).exit_code != 0  # Never written over.
    recipient = next(line for line in made.output.splitlines() if "age1" in line).split("：")[1]
    assert run("use-key", "-j", "xiuzhou", recipient).exit_code == 0
    assert read_recipient(home, "xiuzhou") == recipient
    assert run("use-key", "-j", "nowhere", recipient).exit_code != 0
    assert run("use-key", "-j", "xiuzhou", "age1wrong").exit_code != 0
    assert read_recipient(home, "xiuzhou") == recipient
    sealed = tmp_path / "filing-1.age"
    sealed.write_bytes(Sealer(recipient, b"m" * 32).seal(CONTENT))
    opened = run("open", sealed, "--key", key, "--passphrase-file", said)
    assert opened.exit_code == 0, opened.output
    for words in ("示例甲", "示例乙　配偶", "示例丙有限公司　91330400MA2B8YQ066"):
        assert words in opened.output
    said.write_text("不是这一句口令啊", "utf-8")
    wrong = run("open", sealed, "--key", key, "--passphrase-file", said)
    assert wrong.exit_code != 0
    assert "示例乙" not in wrong.output


def test_a_passphrase_that_is_found_at_once_is_refused(tmp_path: Path) -> None:
    said = tmp_path / "pass"
    for word in ("太短", "一一一一一一一一一一一一一一"):
        said.write_text(word, "utf-8")
        assert run("make-key", tmp_path / "a.key", "--passphrase-file", said).exit_code != 0
    assert not (tmp_path / "a.key").exists()
