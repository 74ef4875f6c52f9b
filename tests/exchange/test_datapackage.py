"""The bulk files come back as what went in, and their descriptions are true of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Bidder, Tender
from portal.domain.values import Type
from portal.exchange.bulk import (
    KEY,
    BulkTable,
    Written,
    bulk_tables,
    header_of,
    ndjson_of,
    rows_of,
    write,
)
from portal.exchange.catalog import catalog
from portal.exchange.datapackage import KindFiles, License, Package, datapackage, table_schema
from portal.exchange.dictionary import dictionary
from portal.exchange.editions import Edition, own_fields, value_of
from portal.site.pages.record import wrapper
from tests.exchange.editions_world import edition, published
from tests.exchange.test_sheets_round_trip import documents
from tests.site import sample

ALL = list(kinds())
MODELS = list(kinds().values())
NAME = re.compile(r"[-a-z0-9._/]+")
CREATED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CC0 = License("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0")


def whole(bulk: BulkTable, editions: list[Edition]) -> bytes:
    """Return a whole file."""
    return header_of(bulk) + b"".join(rows_of(bulk, editions))


def rows(data: bytes) -> list[dict[str, str]]:
    """Read a whole file as any program would."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def cast(field: dict[str, Any], text: str) -> Any:
    """Read a cell by its field's schema, or raise: the rules of Table Schema for the types that are used."""
    limits = field.get("constraints", {})
    if text == "":
        assert not limits.get("required"), field["name"]
        return None
    if "enum" in limits:
        assert text in limits["enum"], (field["name"], text)
    if "pattern" in limits:
        assert re.fullmatch(limits["pattern"], text), (field["name"], text)
    match field["type"]:
        case "number":
            assert re.fullmatch(r"-?\d+(\.\d+)?", text), (field["name"], text)
            return Decimal(text)
        case "integer":
            assert int(text) >= limits.get("minimum", 0)
            return int(text)
        case "date":
            return date.fromisoformat(text)
        case "yearmonth":
            assert re.fullmatch(r"\d{4}-\d\d", text)
            return text
        case "boolean":
            return {**dict.fromkeys(field["trueValues"], True), **dict.fromkeys(field["falseValues"], False)}[
                text
            ]
        case _:
            assert field["type"] == "string"
            return text.removeprefix("'")


def expected(type_: Type, value: Any) -> Any:
    """Return what a program reads for a value of the model."""
    if value is None or value == ():
        return None
    match type_:
        case Type.MONEY | Type.RATIO:
            return Decimal(value) / 100
        case Type.CHOICE:
            return value.label
        case Type.LINES:
            return "\n".join(value)
        case _:
            return value


@pytest.mark.parametrize("code", ALL)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_line_comes_back_as_the_document_said(code, data):
    model = kinds()[code]
    made = [
        edition(
            data.draw(documents(model)), index_no=f"caizheng/2026-00{number}", number=number, reason="=1+1"
        )
        for number in (1, 2)
    ]

    main, *tables = bulk_tables(model)
    fields = {one["name"]: one for one in table_schema(main)["fields"]}
    told = rows(whole(main, made))
    assert [row["索引号"] for row in told] == [one.index_no for one in made]
    for row, one in zip(told, made, strict=True):
        assert list(row) == list(fields)
        read = {name: cast(fields[name], text) for name, text in row.items()}
        assert read["版本"] == one.number
        assert read["本版说明"] == "=1+1"
        assert read["发布日期"] == date(2026, 10, 13)
        own = own_fields(declaration(model).fields)
        for column, field in zip(main.columns[-len(own) :], own, strict=True):
            assert read[column.header] == expected(field.type, value_of(one.document, field)), column.header

    for bulk in tables:
        assert bulk.table is not None
        fields = {one["name"]: one for one in table_schema(bulk)["fields"]}
        told = rows(whole(bulk, made))
        source = [
            (one.index_no, one.number, place, row)
            for one in made
            for place, row in enumerate(getattr(one.document, bulk.table.name), start=1)
        ]
        assert len(told) == len(source)
        for row, (index_no, number, place, part) in zip(told, source, strict=True):
            read = {name: cast(fields[name], text) for name, text in row.items()}
            assert (read["索引号"], read["版本"], read["行号"]) == (index_no, number, place)
            for column, field in zip(bulk.columns[3:], bulk.table.fields, strict=True):
                assert read[column.header] == expected(field.type, value_of(part, field)), column.header


@pytest.mark.parametrize("model", MODELS, ids=ALL)
def test_a_file_of_parts_is_the_file_of_the_whole(model):
    made = [one for one in published() if isinstance(one.document, model)]
    for bulk in bulk_tables(model):
        parts = [b"".join(rows_of(bulk, [one])) for one in made]
        assert header_of(bulk) + b"".join(parts) == whole(bulk, made)


def test_lines_come_one_by_one_without_waiting_for_the_rest():
    asked = []

    def endless():
        for one in published():
            if isinstance(one.document, FinanceDisclosure):
                asked.append(one)
                yield one

    first = next(rows_of(bulk_tables(FinanceDisclosure)[0], endless()))

    assert first.endswith(b"\r\n")
    assert len(asked) == 1


def test_nothing_is_told_from_not_told():
    document = FinanceDisclosure(title="示例财务公开", period="2026Q3", income_total=0)

    row = rows(whole(bulk_tables(FinanceDisclosure)[0], [edition(document)]))[0]

    assert (row["收入合计（元）"], row["支出合计（元）"], row["所属期"]) == ("0.00", "", "2026Q3")


@given(text=st.text(min_size=1, max_size=40))
def test_no_cell_can_run_or_break_its_line(text):
    bulk = bulk_tables(Tender)[0]

    told = rows(
        whole(bulk, [edition(Tender(title="示例"), reason=text), edition(Tender(title="示例"), reason="后")])
    )

    assert [row["本版说明"] for row in told][1:] == ["后"]
    assert not told[0]["本版说明"].startswith(tuple("=+-@\t\r＝＋－＠")) or re.fullmatch(
        r"-\d+(\.\d+)?", told[0]["本版说明"]
    )


def test_ndjson_is_the_records_own_json_line_by_line():
    versions = [one.current for one in sample.snapshot().records if one.current]
    data = b"".join(ndjson_of(wrapper(one) for one in versions))

    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert lines == [wrapper(one) for one in versions]
    said = json.loads(lines[0])
    salted = bytes.fromhex(said["salt"]) + versions[0].payload
    assert hashlib.sha256(salted).hexdigest() == said["digest"]
    with pytest.raises(ValueError, match="换行"):
        list(ndjson_of([b'{\n"a":1}']))


def package(**more: Any) -> tuple[Package, dict[str, bytes]]:
    """Write the sample site's bulk files and return their description with the files."""
    files: dict[str, bytes] = {}
    listed = []
    records = sample.snapshot().records
    for model in MODELS:
        made = [one for one in published() if isinstance(one.document, model)]
        current = {(one.index_no, one.current.number) for one in records if one.current}
        made = [one for one in made if (one.index_no, one.number) in current]
        tables = {}
        for bulk in bulk_tables(model):
            out = io.BytesIO()
            chunks = (header_of(bulk), *rows_of(bulk, made))
            tables[bulk.name] = write(f"{bulk.name}.csv", out, chunks)
            files[f"{bulk.name}.csv"] = out.getvalue()
        ndjson, out = None, io.BytesIO()
        wrappers = [
            wrapper(one.current) for one in records if one.current and one.kind.code == model.kind.code
        ]
        if wrappers:
            ndjson = write(f"{model.kind.path}.ndjson", out, ndjson_of(wrappers))
            files[f"{model.kind.path}.ndjson"] = out.getvalue()
        listed.append(KindFiles(model, tables, ndjson))
    given_values: dict[str, Any] = {
        "slug": "xiuzhou",
        "area_name": "示例区",
        "publisher": "示例区纪委监委",
        "created": CREATED,
        "kinds": listed,
        "license": CC0,
    }
    return Package(**(given_values | more)), files


def test_the_package_is_described_as_it_is():
    described, files = package()

    said = json.loads(datapackage(described))

    assert NAME.fullmatch(said["name"])
    assert said["licenses"] == [{"name": "CC0-1.0", "path": CC0.path, "title": "CC0 1.0"}]
    assert said["created"] == "2026-11-22T02:00:00Z"
    names = [one["name"] for one in said["resources"]]
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
    assert sorted(one["path"] for one in said["resources"]) == sorted(files)
    for one in said["resources"]:
        data = files[one["path"]]
        assert one["bytes"] == len(data)
        assert one["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert one["encoding"] == "utf-8"


def test_every_line_keeps_its_schema_its_key_and_leads_to_its_record():
    described, files = package()
    said = json.loads(datapackage(described))
    schemas = {one["name"]: one for one in said["resources"] if "schema" in one}
    keys: dict[str, set[tuple[Any, ...]]] = {}

    for name, one in schemas.items():
        schema = one["schema"]
        fields = schema["fields"]
        told = rows(files[one["path"]])
        reader = csv.reader(io.StringIO(files[one["path"]].decode("utf-8-sig"), newline=""))
        assert next(reader) == [field["name"] for field in fields]
        for row in told:
            for field in fields:
                cast(field, row[field["name"]])
        found = [tuple(row[part] for part in schema["primaryKey"]) for row in told]
        assert len(set(found)) == len(found), name
        keys[name] = set(found)
    assert sum(map(len, keys.values())) > 20
    for name, one in schemas.items():
        for link in one["schema"].get("foreignKeys", []):
            reference = link["reference"]
            assert schemas[reference["resource"]]["schema"]["primaryKey"] == reference["fields"]
            for row in rows(files[one["path"]]):
                assert tuple(row[part] for part in link["fields"]) in keys[reference["resource"]], name


@pytest.mark.parametrize("model", MODELS, ids=ALL)
def test_every_schema_says_what_the_declaration_says(model: type[Document]):
    for bulk in bulk_tables(model):
        fields = table_schema(bulk)["fields"]
        names = [one["name"] for one in fields]
        assert len(set(names)) == len(names), bulk.name
        assert set(KEY) <= set(names)
        declared = bulk.table.fields if bulk.table else own_fields(declaration(model).fields)
        for one, field in zip(declared, fields[-len(declared) :], strict=True):
            assert field["title"] == one.label
            assert field["jsonPath"] == ".".join(one.path)
            assert one.about.help in field.get("description", "")
            assert field.get("legalSource", "") == one.about.source


def test_a_file_outside_the_packages_folder_is_refused():
    bulk = bulk_tables(Tender)[0]
    for path in ("/etc/passwd", "../a.csv", "a/../../b.csv"):
        files = KindFiles(Tender, {bulk.name: Written(path, 1, "0" * 64)})
        with pytest.raises(ValueError, match="文件夹"):
            datapackage(package(kinds=[files])[0])


def test_tables_without_their_records_promise_no_link():
    bulk = bulk_tables(Tender)[1]
    files = KindFiles(Tender, {bulk.name: Written("a.csv", 1, "0" * 64)})

    said = json.loads(datapackage(package(kinds=[files], license=None)[0]))

    assert "foreignKeys" not in said["resources"][0]["schema"]
    assert "licenses" not in said


def test_the_same_data_is_described_by_the_same_bytes():
    assert datapackage(package()[0]) == datapackage(package()[0])
    assert catalog(package()[0]) == catalog(package()[0])


def test_made_up_data_says_so():
    for made in (datapackage, catalog):
        assert "这是示例数据" in made(package(sample=True)[0]).decode()
        assert "这是示例数据" not in made(package()[0]).decode()


@pytest.mark.parametrize("base_url", ["", "https://ygql.example/xiuzhou/data"])
def test_the_catalogue_names_every_file_once(base_url):
    described, files = package()

    said = json.loads(catalog(described, base_url=base_url))

    front = f"{base_url}/" if base_url else ""
    assert [one["dct:identifier"] for one in said["dcat:dataset"]] == [
        f"xiuzhou/{model.kind.path}" for model in MODELS
    ]
    listed = [each for one in said["dcat:dataset"] for each in one["dcat:distribution"]]
    assert sorted(each["dcat:downloadURL"]["@id"] for each in listed) == sorted(
        front + path for path in files
    )
    for each in listed:
        data = files[each["dcat:downloadURL"]["@id"].removeprefix(front)]
        assert each["dcat:byteSize"]["@value"] == str(len(data))
        assert each["spdx:checksum"]["spdx:checksumValue"]["@value"] == hashlib.sha256(data).hexdigest()
        assert each["dct:license"]["@id"] == CC0.path
    used = set(re.findall(r'"(?:@id": ")?([a-z]+):[A-Za-z]', json.dumps(said)))
    assert used - {"https", "http"} <= set(said["@context"])


@pytest.mark.parametrize("model", MODELS, ids=ALL)
def test_the_dictionary_has_every_declared_field_once(model: type[Document]):
    found = dictionary(model)

    declared = declaration(model)
    places = [("", ".".join(one.path)) for one in declared.fields]
    places += [(table.name, ".".join(one.path)) for table in declared.tables for one in table.fields]
    assert [(one.table, one.name) for one in found] == places
    assert all(one.type and one.in_json and one.required and one.label for one in found)
    columns = {(bulk.name, one.header) for bulk in bulk_tables(model) for one in bulk.columns}
    assert {(one.file, one.header) for one in found} <= columns


def test_the_dictionary_tells_how_a_field_is_written_where():
    found = {(one.table, one.name): one for one in dictionary(Tender)}

    price = found["bidders", "price"]
    assert (price.table_label, price.label, price.header) == ("投标人", "报价", "报价（元）")
    assert (price.type, price.unit, price.in_json, price.required) == ("金额", "元", "整数，单位为分", "选填")
    assert found["bidders", "name"].required == "每行必填"
    assert found["", "award.amount"].required == "填写“中标（成交）结果”时必填"
    assert ("open_tender", "公开招标") in found["", "method"].choices
    assert found["", "intent.budget"].source == "财库〔2020〕10号"
    document = Tender(title="示例", bidders=(Bidder(name="示例公司", price=12_345),))
    assert json.loads(document.model_dump_json())["bidders"][0]["price"] == 12_345
