"""`datapackage.json`: what the bulk files of a jurisdiction are, as a Frictionless Data Package (version 2).

A reader of version 1 finds everything too: nothing is used that only version 2 has, but its `$schema`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.values import Type
from portal.exchange.bulk import KEY, BulkColumn, BulkTable, Written, bulk_tables

_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {
    Type.MONEY: "number",
    Type.COUNT: "integer",
    Type.RATIO: "number",
    Type.DAY: "date",
    Type.MONTH: "yearmonth",
    Type.YES_NO: "boolean",
}
_PATTERNS = {
    Type.PERIOD: "^(19|20)[0-9]{2}(Q[1-4]|-(0[1-9]|1[0-2]))?$",
    Type.CLOCK: "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    Type.USCC: "^[0-9A-Z]{18}$",
}
_HOW = {Type.MONEY: "单位：元。", Type.LINES: "有多条时一行一条。"}
_APOSTROPHE = (
    "文字以 = + - @ ' 等符号开头时，前面加了一个英文单引号，以免电子表格把它当作公式；使用时请去掉第一个单引号。"
    "没有填报的为空，没有发生的为 0。"
)


@dataclass(frozen=True)
class License:
    """The terms of use. `name` is an Open Definition id where there is one, else blank."""

    title: str
    path: str
    name: str = ""


@dataclass(frozen=True)
class Parts:
    """A table that lies in several files, each whole with its own line of headers: one for each unit.

    Readers of data packages put the parts together again (frictionless-py leaves out the later headers).
    Their sizes and digests are not told: a publication then changes its unit's files and not the description.
    """

    paths: tuple[str, ...]


@dataclass(frozen=True)
class KindFiles:
    """The files of one kind: by the name of its `BulkTable` every CSV, and the NDJSON.

    A kind without records has CSV files of headers only and no NDJSON: validators refuse an empty file.
    `page` is the web page about them, beside the package's description; needed where they lie in parts.
    """

    model: type[Document]
    tables: Mapping[str, Written | Parts]
    ndjson: Written | Parts | None = None
    page: str = ""


@dataclass(frozen=True)
class Package:
    """The bulk files of one jurisdiction.

    `slug` is its code, `publisher` who answers for the data, `created` the
    moment of the newest publication in it, so that the same data always gives
    the same description; None where the description is to stay as it is while data is added.
    """

    slug: str
    area_name: str
    publisher: str
    created: datetime | None
    kinds: Sequence[KindFiles]
    license: License | None = None
    homepage: str = ""
    sample: bool = False

    @property
    def title(self) -> str:
        """What the whole is called."""
        return f"{self.area_name}阳光权力公开数据{'（示例数据）' if self.sample else ''}"

    @property
    def description(self) -> str:
        """What the whole is."""
        made_up = "这是示例数据，不反映任何真实单位。" if self.sample else ""
        labels = "、".join(one.model.kind.label for one in self.kinds)
        return f"{made_up}{self.area_name}各单位公开的{labels}，每条记录取现行有效的一版。"


def datapackage(package: Package) -> bytes:
    """Return the description of the package's files as UTF-8 JSON."""
    said: dict[str, Any] = {
        "$schema": _PROFILE,
        "name": f"sunshine-{package.slug}",
        "title": package.title,
        "description": package.description,
        "contributors": [{"title": package.publisher, "role": "publisher", "roles": ["publisher"]}],
        "keywords": [one.model.kind.label for one in package.kinds],
        "resources": [each for one in package.kinds for each in _resources(one)],
    }
    if package.created:
        said["created"] = package.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if package.homepage:
        said["homepage"] = package.homepage
    if package.license:
        given = package.license
        terms = {"name": given.name, "path": given.path, "title": given.title}
        said["licenses"] = [{name: value for name, value in terms.items() if value}]
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def table_schema(bulk: BulkTable, *, related: bool = True) -> dict[str, Any]:
    """Return the Table Schema of a CSV; `related` says that the CSV of its records lies beside it."""
    said: dict[str, Any] = {
        "fields": [_field(one) for one in bulk.columns],
        "missingValues": [""],
        "primaryKey": list(bulk.key),
    }
    if bulk.table is not None and related:
        main = bulk_tables(bulk.model)[0].name
        said["foreignKeys"] = [
            {"fields": list(KEY), "reference": {"resource": main, "fields": list(KEY)}},
        ]
    return said


def _resources(files: KindFiles) -> list[dict[str, Any]]:
    tables = [one for one in bulk_tables(files.model) if one.name in files.tables]
    related = bool(tables) and tables[0].table is None
    found = [_csv(one, files.tables[one.name], related=related) for one in tables]
    if files.ndjson:
        kind = files.model.kind
        found.append(
            {
                "name": f"{kind.path}-json",
                "title": f"{kind.label}（NDJSON）",
                "description": "一行一条记录，与该记录网页上的 JSON 相同：digest 是内容指纹，content 是公开的内容。金额为整数，单位是分。"
                f"{_in_parts(files.ndjson)}",
                **_file(files.ndjson),
                "format": "ndjson",
                "mediatype": "application/x-ndjson",
                "encoding": "utf-8",
            }
        )
    return found


def _csv(bulk: BulkTable, file: Written | Parts, *, related: bool) -> dict[str, Any]:
    about = bulk.table.about.help if bulk.table else bulk.model.kind.purpose
    return {
        "name": bulk.name,
        "title": bulk.title,
        "description": f"{about}{_APOSTROPHE}{_in_parts(file)}",
        "profile": "tabular-data-resource",
        "type": "table",
        **_file(file),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\r\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": table_schema(bulk, related=related),
    }


def _in_parts(file: Written | Parts) -> str:
    if isinstance(file, Written):
        return ""
    return "一个单位一个文件，表格各有自己的表头；内容指纹见各文件夹的 manifest.json。"


def _file(file: Written | Parts) -> dict[str, Any]:
    paths = file.paths if isinstance(file, Parts) else (file.path,)
    for path in paths:
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"“{path}”不能写进数据包说明：文件必须在说明文件所在的文件夹之内。")
    if isinstance(file, Parts):
        return {"path": list(paths)}
    return {"path": file.path, "bytes": file.size, "hash": f"sha256:{file.sha256}"}


def _field(column: BulkColumn) -> dict[str, Any]:
    """Return one field: its name is the header, as a schema must have it; `jsonPath` leads into the JSON."""
    explained = "".join((_HOW.get(column.type, ""), column.help))
    said: dict[str, Any] = {
        "name": column.header,
        "title": column.label,
        "type": _TYPES.get(column.type, "string"),
    }
    if explained:
        said["description"] = explained
    if column.source:
        said["legalSource"] = column.source
    if column.name:
        said["jsonPath"] = column.name
    if column.type == Type.YES_NO:
        said |= {"trueValues": ["是"], "falseValues": ["否"]}
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    if column.choices:
        constraints["enum"] = [one.label for one in column.choices]
    if column.type in _PATTERNS:
        constraints["pattern"] = _PATTERNS[column.type]
    if column.type == Type.COUNT:
        constraints["minimum"] = 0
    if constraints:
        said["constraints"] = constraints
    return said
