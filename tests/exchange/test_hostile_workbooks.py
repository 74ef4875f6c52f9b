"""Hostile files: refused in plain Chinese, in bounded memory, before any parser sees what would hurt it."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import zipfile

import pytest

from portal.domain.documents.finance import FinanceDisclosure
from portal.exchange.sheets import UnreadableFile, admit, read_documents
from portal.exchange.sheets.admission import MAX_BYTES, MAX_NAME, MAX_RECORDS, MAX_ROWS
from tests.exchange.hostile_files import NAME, REFUSED, changed, lying_bomb, many_strings, workbook, zip_bomb

# The parser's refusals come only from the records' count, which the desk itself compares.
_AT_THE_DESK = {"too many records"}


@pytest.mark.parametrize("name", [one for one in REFUSED if one not in _AT_THE_DESK])
def test_a_hostile_file_is_refused_with_what_is_wrong_and_what_to_do(name: str) -> None:
    make, filename, word = REFUSED[name]
    data = make()
    with pytest.raises(UnreadableFile) as refusal:
        read_documents(data, admit(data, filename).name, FinanceDisclosure, max_rows=MAX_ROWS)
    text = str(refusal.value)
    assert word in text
    assert "请" in text
    assert text.endswith("。")


def test_the_honest_workbook_beside_them_is_read() -> None:
    data = workbook()
    admitted = admit(data, NAME)
    reading = read_documents(data, admitted.name, FinanceDisclosure, max_rows=MAX_ROWS)
    assert (admitted.name, admitted.notes) == (NAME, ())
    assert [one.document.expense_total for one in reading.entries] == [123_456]


def test_a_formula_is_read_by_its_last_result_and_that_is_said() -> None:
    data = workbook(formula=True)
    assert "1 个公式" in admit(data, NAME).notes[0]
    reading = read_documents(data, NAME, FinanceDisclosure)
    assert [one.document.expense_total for one in reading.entries] == [123_456]


def test_printer_settings_are_no_macros() -> None:
    data = changed(workbook(), {"xl/printerSettings/printerSettings1.bin": b"\0" * 50})
    assert admit(data, NAME).name == NAME


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\报表\\三季度.xlsx", "三季度.xlsx"),
        ("../../../etc/三季度.xlsx", "三季度.xlsx"),
        ("　三季度 .xlsx ", "三季度 .xlsx"),
    ],
)
def test_a_path_in_the_name_is_dropped(given: str, kept: str) -> None:
    assert admit(workbook(), given).name == kept


def test_a_name_of_ten_thousand_signs_is_shortened_and_keeps_its_ending() -> None:
    name = admit(workbook(), "长" * 10_000 + ".xlsx").name
    assert len(name) <= MAX_NAME
    assert name.endswith("….xlsx")


def test_the_bombs_are_small_enough_to_be_let_through_by_their_size() -> None:
    assert len(zip_bomb()) < MAX_BYTES
    assert len(lying_bomb()) < MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(many_strings())) as archive:
        assert sum(one.file_size for one in archive.infolist()) < 40 * 1024 * 1024
    assert MAX_RECORDS < MAX_ROWS


_MEASURED = """
import resource, sys
from tests.exchange.hostile_files import REFUSED
from portal.domain.documents.finance import FinanceDisclosure
from portal.exchange.sheets import UnreadableFile, admit, read_documents
data = open(sys.argv[2], "rb").read()
limit = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    read_documents(data, admit(data, sys.argv[1]).name, FinanceDisclosure, max_rows=5000)
except UnreadableFile:
    print("refused")
"""


@pytest.mark.parametrize("name", ["zip bomb", "bomb with a false directory", "dimension lie", "far cell"])
def test_what_unfolds_without_end_is_refused_within_little_memory(name: str, tmp_path: object) -> None:
    """The process may have 300 MB for data: less than either bomb unfolds to, or its sheet would need."""
    path = f"{tmp_path}/file"
    with open(path, "wb") as out:  # noqa: PTH123 - the fixture's path is used as text in the command below.
        out.write(REFUSED[name][0]())
    command = [sys.executable, "-c", _MEASURED, NAME, path, str(300 * 1024 * 1024)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "refused", done.stderr[-500:]
    assert hasattr(resource, "RLIMIT_DATA")
