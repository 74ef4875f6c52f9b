"""班子名单 as a file says it: heads under their usual names, one line for each person in one post, every mistake at its cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.drafting import MemberRole
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.values import fold
from portal.services.desk import people
from portal.services.rosters import RosterError

MOST_ROWS = 5000  # Of one file: 300 units with some fifteen people each.
_LONGEST = 60  # Signs of a cell that are shown.
_HEAD_WITHIN = 10  # A title and a remark may stand above the heads.
_MOST_POSITION = 9999

COLUMNS = {
    "单位名称": "unit",
    "单位代码": "code",
    "姓名": "name",
    "职务": "post",
    "身份": "role",
    "任职起始日期": "since",
    "任职截止日期": "until",
    "排序": "position",
}
LABELS = {name: label for label, name in COLUMNS.items()}
_USUAL_HEADS = {
    "unit": ("单位", "单位全称", "机构名称", "所在单位", "部门", "部门名称"),
    "code": ("代码", "机构代码", "统一社会信用代码"),
    "name": ("名字", "成员姓名", "班子成员姓名", "班子成员"),
    "post": ("现任职务", "职位", "岗位", "任职", "担任职务"),
    "role": ("班子身份", "职务类别", "是否正职", "是否党政正职", "是否主要负责人"),
    "since": ("任职日期", "任职时间", "到任日期", "到任时间", "起始日期", "任职起始", "任现职时间"),
    "until": ("离任日期", "离任时间", "免职日期", "截止日期", "任职截止"),
    "position": ("排名", "次序", "顺序", "班子排序"),
}
_HEADS = {fold(label): name for label, name in COLUMNS.items()} | {
    fold(one): name for name, usual in _USUAL_HEADS.items() for one in usual
}
_NOT_READ = {fold(one) for one in ("序号", "编号", "备注", "说明")}
_PERSONAL = (
    "身份证", "证件", "电话", "手机", "联系方式", "号码", "住址", "地址", "出生", "籍贯", "民族", "性别", "年龄",
)  # fmt: skip

_USUAL_ROLES = {
    MemberRole.PARTY_CHIEF: ("书记", "党委书记", "党组书记", "党工委书记", "党总支书记", "党支部书记"),
    MemberRole.CHIEF: ("正职", "行政正职", "行政主要负责人", "局长", "主任", "镇长", "乡长", "院长", "校长"),
    MemberRole.ACTING_CHIEF: ("主持工作", "主持工作副职", "主持"),
    MemberRole.DEPUTY: ("副局长", "副主任", "副镇长", "副乡长", "副院长", "副校长", "副书记"),
    MemberRole.DISCIPLINE: ("纪委书记", "纪检组长", "纪检监察组组长", "派驻纪检监察组组长"),
    MemberRole.MEMBER: ("其他", "成员", "班子成员", "委员", "党委委员", "党组成员", "其他成员"),
}
_ROLES = {fold(one): role for role, usual in _USUAL_ROLES.items() for one in usual}
_LASTING = {fold(one) for one in ("至今", "今", "现任", "在任", "-", "—", "——", "无", "/")}
EXAMPLE = "【示例】"  # In front of the first cell of a line that shows how to fill in.
OMITTED = "（内容不显示）"


@dataclass(frozen=True)
class Line:
    """One person in one post, as far as the file says; None is a blank cell, which changes nothing."""

    unit: str
    code: str
    name: str
    post: str
    role: MemberRole | None = None
    since: date | None = None
    until: date | None = None
    position: int | None = None


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet counts, what it may be called, and its line or what is wrong (column, text)."""

    number: int
    unit: str
    person: str
    line: Line | None
    wrong: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Told:
    """A file's rows, and what was left unread: the numbers of example lines, of lines without a person, and columns."""

    rows: tuple[Row, ...]
    examples: tuple[int, ...]
    empty: tuple[int, ...]
    columns: tuple[str, ...]


def recognised(row: Sequence[str]) -> int:
    """Return how many of a row's cells are heads."""
    return sum(_key(one) in _HEADS for one in row)


def _key(cell: str) -> str:
    return fold(cell).lstrip("*＊").split("(")[0]


def read_table(table: Sequence[Sequence[str]]) -> Told:
    """Read every row, wrong ones included; raise `RosterError` where heads are missing, doubled or not to be kept."""
    head = next((place for place, row in enumerate(table[:_HEAD_WITHIN]) if _is_head(row)), None)
    if head is None:
        raise RosterError(
            "没有找到表头。表头须在前 10 行内，并有“单位名称”（或“单位代码”）、“姓名”和“职务”三栏。"
            f"完整表头：{'、'.join(COLUMNS)}。可以先下载空白模板。"
        )
    if sum(any(row) for row in table[head + 1 :]) > MOST_ROWS:
        raise RosterError(f"文件超过 {MOST_ROWS} 行。请核对是不是选错了文件，或按单位分成几个文件。")
    places, unread = _places(table[head], head + 1)
    rows: list[Row] = []
    examples: list[int] = []
    empty: list[int] = []
    for number, row in enumerate(table[head + 1 :], start=head + 2):
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        if not any(one.strip() for one in row):
            continue
        if any(one.strip().startswith(EXAMPLE) for one in row):
            examples.append(number)
        elif not any(value for name, value in cells.items() if name not in ("unit", "code")) and not any(
            first_seen(one) for one in row
        ):
            empty.append(number)
        else:
            rows.append(_read_row(number, cells, row, table[head]))
    if not rows:
        raise RosterError("文件里没有班子成员。请在表头下面每行填写一人一个职务。")
    return Told(tuple(rows), tuple(examples), tuple(empty), unread)


def _is_head(row: Sequence[str]) -> bool:
    found = {_HEADS.get(_key(one)) for one in row}
    return {"name", "post"} <= found and bool({"unit", "code"} & found)


def _places(heads: Sequence[str], number: int) -> tuple[dict[str, int], tuple[str, ...]]:
    places: dict[str, int] = {}
    unread: list[str] = []
    for place, cell in enumerate(heads):
        if not (key := _key(cell)):
            continue
        name = _HEADS.get(key)
        if name is None and key in _NOT_READ:
            unread.append(cell.strip())
        elif name is None:
            raise RosterError(_unknown(cell.strip(), number))
        elif name in places:
            other = heads[places[name]].strip()
            raise RosterError(
                f"第 {number} 行（表头）：“{other}”和“{cell.strip()}”是同一栏。请删去其中一列后重新上传。"
            )
        else:
            places[name] = place
    return places, tuple(unread)


def _unknown(cell: str, number: int) -> str:
    said = OMITTED if first_seen(cell) else f"“{cell[:_LONGEST]}”"
    if any(one in cell for one in _PERSONAL):
        return f"第 {number} 行（表头）有{said}一列。名单只登记姓名和职务，不收个人信息。请删去这一列后重新上传。"
    return (
        f"第 {number} 行（表头）有不认识的列：{said}。可用的列：{'、'.join(COLUMNS)}"
        "；“序号”“备注”可以保留，不读取。请改正或删去后重新上传。"
    )


def _read_row(number: int, cells: Mapping[str, str], row: Sequence[str], heads: Sequence[str]) -> Row:
    unit, person = shown(cells.get("unit") or cells.get("code", "")), shown(cells.get("name", ""))
    if personal := tuple(_personal(row, heads)):
        return Row(number, unit, person, None, personal)
    errors: dict[str, str] = {}
    name = people.read_text("name", cells.get("name", ""), errors)
    post = people.read_text("post", cells.get("post", ""), errors)
    role = _role(cells.get("role", ""), post, errors)
    since = people.read_term_day("since", cells.get("since", ""), errors)
    until = cells.get("until", "")
    ending = people.read_term_day("until", "" if fold(until) in _LASTING else until, errors)
    position = _position(cells.get("position", ""), errors)
    if not unit:
        errors["unit"] = (
            "没有写单位名称或单位代码。每一行都要写；合并的单元格存成 CSV 后只有第一行有内容，请逐行补齐。"
        )
    if errors:
        wrong = tuple((LABELS[one], text.removeprefix(f"{LABELS[one]}：")) for one, text in errors.items())
        return Row(number, unit, person, None, wrong)
    line = Line(cells.get("unit", ""), cells.get("code", ""), name, post, role, since, ending, position)
    return Row(number, unit, person, line)


def _personal(row: Sequence[str], heads: Sequence[str]) -> list[tuple[str, str]]:
    """Say which cells, read or not, hold numbers that no list of people may hold; none is repeated in full."""
    found = []
    for place, cell in enumerate(row):
        if seen := first_seen(cell):
            label = heads[place].strip() if place < len(heads) else ""
            found.append((label or f"第 {place + 1} 列", f"有{seen}。名单只登记姓名和职务，请删去。"))
    return found


def shown(cell: str) -> str:
    """Return a cell as a page may repeat it: short, and without personal numbers."""
    if first_seen(cell):
        return OMITTED
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"


def _role(cell: str, post: str, errors: dict[str, str]) -> MemberRole | None:
    key = fold(cell)
    if not key:
        return None
    if key in ("是", "否", "y", "n", "√", "✓", "✔"):
        return _by_post(post, chief=key not in ("否", "n"))
    if found := _ROLES.get(key):
        return found
    try:
        return MemberRole.read(cell)
    except ValueError:
        options = "、".join(one.label for one in MemberRole)
        errors["role"] = f"“{shown(cell)}”不在可选范围内。请写其中之一：{options}。"
        return None


def _by_post(post: str, *, chief: bool) -> MemberRole:
    """Files that only ask whether somebody is a chief leave the rest to the post's name; the preview shows what is taken."""
    if "纪委书记" in post or "纪检" in post:
        return MemberRole.DISCIPLINE
    if chief:
        return MemberRole.PARTY_CHIEF if "书记" in post else MemberRole.CHIEF
    return MemberRole.DEPUTY if "副" in post else MemberRole.MEMBER


def _position(cell: str, errors: dict[str, str]) -> int | None:
    if not cell:
        return None
    if not (re.fullmatch(r"[0-9]{1,4}", cell) and int(cell)):
        errors["position"] = f"“{shown(cell)}”不是序次。请写 1 至 {_MOST_POSITION} 的整数，或留空。"
        return None
    return int(cell)
