"""A file of 班子名单: from its bytes to the cells of the sheet that has the heads, merged cells filled, lost values told."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from portal.exchange.sheets import UnreadableFile, admit
from portal.exchange.sheets.archive import UNCALCULATED
from portal.exchange.sheets.books import Sheet, form_of, open_sheets
from portal.exchange.sheets.cells import ERROR_TEXTS, as_text
from portal.services.rosters import RosterError
from portal.services.running.group_lines import MOST_ROWS, recognised

MOST = 2 * 1024 * 1024  # Bytes of a file: 5000 lines take a tenth of it.
TOO_LARGE = "文件超过 2 MB，没有读取。请删去图片和无关的工作表后再上传。"
_MOST_FAULTS = 5  # That are named.
_MOST_WIDE = 40  # Columns that are looked at: a list has eight, and whoever pasted beside it is told.


def read_group_cells(data: bytes, filename: str) -> list[list[str]]:
    """Return the cells of a file; raise `UnreadableFile` or `RosterError`, in Chinese, where it cannot be read."""
    if len(data) > MOST:
        raise RosterError(TOO_LARGE)
    if not data:
        raise RosterError("文件是空的。请填好后再上传。")
    name = admit(data, filename).name
    form = form_of(data, name)
    if form == "json" or PurePath(name).suffix.lower() == ".txt":
        raise RosterError("请上传 Excel 工作簿（xlsx）或 CSV 文件。")
    sheets = [one for one in open_sheets(data, name, form, recognised) if any(any(row) for row in one.rows)]
    if not sheets:
        raise RosterError("文件是空的。请填好后再上传。")
    sheet = next((one for one in sheets if not one.hidden and _headed(one)), sheets[0])
    if len(sheet.rows) > 2 * MOST_ROWS:
        raise RosterError(f"文件超过 {MOST_ROWS} 行。请核对是不是选错了文件，或按单位分成几个文件。")
    _refuse_faults(sheet)
    return [_cells(sheet, number) for number in range(len(sheet.rows))]


def _headed(sheet: Sheet) -> bool:
    return any(recognised([as_text(cell) for cell in row[:_MOST_WIDE]]) >= 3 for row in sheet.rows[:10])


def _cells(sheet: Sheet, number: int) -> list[str]:
    """Return a row's texts. Cells merged downwards hold their text on every row: lists merge a unit over its people."""
    row = []
    for column in range(min(len(sheet.rows[number]), _MOST_WIDE)):
        merge = sheet.merge_at(number, column)
        downwards = merge is not None and merge[0][1] == merge[1][1]
        place = sheet.origin(number, column) if downwards else (number, column)
        row.append(_plain(sheet.at(*place)))
    return row


def _plain(cell: Any) -> str:
    """Return a cell's text, without what downloads put in front of a formula."""
    text = as_text(cell).strip()
    return text[1:] if text[:1] == "'" else text


def _refuse_faults(sheet: Sheet) -> None:
    """A formula that was not worked out, or failed, reads as a blank cell: it is told instead of being taken for one."""
    found = []
    for (row, column), fault in sorted(sheet.faults.items())[:_MOST_FAULTS]:
        why = "公式没有算出结果" if fault == UNCALCULATED else ERROR_TEXTS.get(fault, "公式出错")
        found.append(f"第 {row + 1} 行第 {column + 1} 列（{why}）")
    if found:
        more = f"等 {len(sheet.faults)} 处" if len(sheet.faults) > _MOST_FAULTS else ""
        raise RosterError(
            f"公式读不出内容：{'、'.join(found)}{more}。请在 Excel 中重新计算并保存，或把公式换成文字后再上传。"
        )


__all__ = ["MOST", "TOO_LARGE", "UnreadableFile", "read_group_cells"]
