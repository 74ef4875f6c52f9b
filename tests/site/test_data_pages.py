"""What can be taken away as a whole: every file is where the pages say, and holds what is in force and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.documents.base import kinds
from portal.domain.documents.declaration import declaration
from portal.exchange.bulk import bulk_tables
from portal.site import pages
from portal.site.pages import all_urls, data
from portal.site.pages.record import wrapper
from tests.site.sample import HOSTILE, intent, record, snapshot
from tests.site.tree import tree

URLS = {one.path: one for one in all_urls(snapshot())}
IN_FORCE = [one for one in snapshot().records if one.current]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_public_app(snapshot).test_client()


def rows(content: bytes) -> list[list[str]]:
    """Return the lines of a CSV with its headers."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_every_listed_download_is_there(client: FlaskClient) -> None:
    listed = 0
    for path in [one for one in URLS if re.search(r"/data(-\w+)?\.html$|/index\.html$", one)]:
        for link in tree(client.get(f"/{path}").text).iter("a"):
            if link.get("download") is None:
                continue
            target = urljoin(f"http://site/{path}", link.get("href")).removeprefix("http://site/")
            assert target in URLS, (path, target)
            assert client.get(f"/{target}").status_code == 200, target
            listed += 1
    assert listed > 50


def test_names_of_files_are_those_of_the_tables() -> None:
    """The pages list files by the declarations alone; the files are made from the tables of the open formats."""
    for model in kinds().values():
        names = [one.name for one in data.parts_of(model.kind) if one.format == "CSV"]
        tables = [one.name.replace(model.kind.path, "data", 1) + ".csv" for one in bulk_tables(model)]
        assert sorted(names) == sorted(tables)
        assert len(names) == 1 + len(declaration(model).tables)


def test_only_what_is_in_force_is_in_the_files(client: FlaskClient) -> None:
    folders = {one.path.rpartition("/")[0] for one in snapshot().records}
    for folder in folders:
        mine = [one for one in IN_FORCE if one.path.startswith(f"{folder}/")]
        for name in (data.CSV, data.NDJSON):
            assert (f"{folder}/{name}" in URLS) == bool(mine), (folder, name)
            assert client.get(f"/{folder}/{name}").status_code == (200 if mine else 404)
        if not mine:
            continue
        assert client.get(f"/{folder}/{data.NDJSON}").data.splitlines() == [
            wrapper(one.latest) for one in mine
        ]
        head, *lines = rows(client.get(f"/{folder}/{data.CSV}").data)
        assert head[:2] == ["索引号", "版本"]
        assert [(line[0], line[1]) for line in lines] == [
            (one.index_no, str(one.latest.number)) for one in mine
        ]
        assert all(len(line) == len(head) for line in lines)
        assert {line[head.index("数据性质")] for line in lines} == {"示例数据"}
    assert "xiuzhou/u/renshe/decisions" in folders, "a unit whose only decision is withdrawn"


def test_tables_name_their_records(client: FlaskClient) -> None:
    head, *lines = rows(client.get("/xiuzhou/u/zhujian/decisions/data-statements.csv").data)
    assert head[:3] == ["索引号", "版本", "行号"]
    assert [line[2] for line in lines[:7]] == ["1", "2", "3", "4", "5", "6", "7"]
    known = {one.index_no for one in IN_FORCE}
    assert {line[0] for line in lines} <= known
    assert client.get("/xiuzhou/u/zhujian/decisions/data-nothing.csv").status_code == 404
    assert client.get("/xiuzhou/u/zhujian/nothing/data.csv").status_code == 404


def test_cells_run_nothing() -> None:
    town = next(one for one in snapshot().records if one.id == 41)
    document = intent().model_copy(update={"title": "=HYPERLINK(1)\u202e", "method_reason": "@SUM(1)"})
    odd = record(41, town.unit, (document, town.latest.published_at, "+1"), slug="41")
    now = replace(snapshot(), records=(odd,))
    client = create_public_app(lambda: now).test_client()
    head, line = rows(client.get("/xiuzhou/u/yizhen/tenders/data.csv").data)
    assert line[head.index("项目名称") if "项目名称" in head else head.index("标题")].startswith("'=")
    assert line[head.index("本版说明")] in ("+1", "'+1")
    assert not any(cell.startswith(("=", "@")) for cell in line)


def test_hostile_text_stays_one_line_of_data(client: FlaskClient) -> None:
    head, *lines = rows(client.get("/xiuzhou/u/zhujian/decisions/data.csv").data)
    assert HOSTILE in [cell for line in lines for cell in line]
    assert all(len(line) == len(head) for line in lines)
    for line in client.get("/xiuzhou/u/zhujian/decisions/data.ndjson").data.splitlines():
        assert json.loads(line)["content"]


def test_projects_are_had_by_ocds(client: FlaskClient) -> None:
    path = "xiuzhou/u/zhujian/tenders/data.ocds.ndjson"
    assert path in URLS
    (line,) = client.get(f"/{path}").data.splitlines()
    assert json.loads(line)["records"][0]["compiledRelease"]["tag"] == ["compiled"]
    assert not any("ocds.ndjson" in one and "/tenders/" not in one for one in URLS)
    assert "https://example.org/a" not in client.get("/xiuzhou/u/yizhen/tenders/data.ocds.ndjson").text


def test_the_data_package_lists_every_file_once(client: FlaskClient) -> None:
    package = json.loads(client.get("/xiuzhou/datapackage.json").data)
    listed = [f"xiuzhou/{path}" for one in package["resources"] for path in one["path"]]
    files = {path for path, one in URLS.items() if one.endpoint in ("bulk_csv", "bulk_table", "bulk_ndjson")}
    assert len(listed) == len(set(listed))
    assert set(listed) == files
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names)
    for one in package["resources"]:
        if one["format"] != "csv":
            continue
        fields = [each["name"] for each in one["schema"]["fields"]]
        for path in one["path"]:
            assert rows(client.get(f"/xiuzhou/{path}").data)[0] == fields, path
    assert json.loads(client.get("/erqi/datapackage.json").data)["resources"] == []


def test_the_package_stays_as_it_is_while_a_unit_adds_to_what_it_has() -> None:
    now = snapshot()
    fewer = replace(now, records=tuple(one for one in now.records if one.id != 14))
    before, after = (
        create_public_app(lambda: fewer).test_client(),
        create_public_app(lambda: now).test_client(),
    )
    place = "/xiuzhou/datapackage.json"
    assert before.get(place).data == after.get(place).data


def test_the_catalogue_leads_to_the_pages_of_the_kinds(client: FlaskClient) -> None:
    said = json.loads(client.get("/xiuzhou/catalog.jsonld").data)
    held = {one.kind.path for one in IN_FORCE}
    assert {one["dcat:landingPage"]["@id"] for one in said["dcat:dataset"]} == {
        f"data-{path}.html" for path in held
    }
    whole = create_public_app(snapshot, base_url="https://ygql.example").test_client()
    said = json.loads(whole.get("/xiuzhou/catalog.jsonld").data)
    for one in said["dcat:dataset"]:
        assert one["dcat:landingPage"]["@id"].startswith("https://ygql.example/xiuzhou/data-")
        for each in one["dcat:distribution"]:
            assert each["dcat:accessURL"] == one["dcat:landingPage"]
            assert "dcat:downloadURL" not in each


def test_every_field_is_explained(client: FlaskClient) -> None:
    for model in kinds().values():
        text = client.get(f"/xiuzhou/data-{model.kind.path}.html").text
        declared = declaration(model)
        names = {".".join(one.path) for one in declared.fields}
        names |= {".".join(one.path) for table in declared.tables for one in table.fields}
        assert names <= set(re.findall(r"<code>([\w.]+)</code>", text)), model.kind.path
        for table in declared.tables:
            assert f"data-{table.name.replace('_', '-')}.csv" in text


def test_counts_are_those_in_force(client: FlaskClient) -> None:
    text = client.get("/xiuzhou/data.html").text
    assert f"现行有效 {len(IN_FORCE)} 件" in text
    area = next(one for one in snapshot().jurisdictions if one.slug == "xiuzhou")
    held = data.holdings(snapshot(), area)
    assert {code: sum(count for _, count in found) for code, found in held.items() if found} == {
        code: sum(one.kind.code == code for one in IN_FORCE) for code in {one.kind.code for one in IN_FORCE}
    }
    assert "系统默认" in text[text.index('id="terms"') :]
    assert "还没有季度财务公开的数据" in client.get("/erqi/data-finance.html").text


def test_addresses_of_pages_and_files_are_apart() -> None:
    for path in ("data", "changes", "withdrawals", "report"):
        assert f"xiuzhou/{path}.html" in URLS
    assert all(pages.PAGES[one].rule for one in ("open_data", "kind_data", "withdrawals_older"))


def test_reports_go_to_the_channels_of_the_place(client: FlaskClient) -> None:
    for view in snapshot().jurisdictions:
        text = client.get(f"/{view.slug}/report.html?item=xiuzhou/u/zhujian/finance/2026Q3-v1.html").text
        assert text == client.get(f"/{view.slug}/report.html").text
        for channel in view.regime.report_channels:
            assert channel in text
        assert "本站目前不接收线上举报" in text
        body = text[text.index("<main") : text.index("</main>")]
        numbers = re.findall(r"(?<![\d-])\d{5,}", re.sub(r"<[^>]+>", "", body))
        assert all(any(one in channel for channel in view.regime.report_channels) for one in numbers)
        assert not {"form", "input", "textarea"} & {
            one.tag for part in tree(text).iter("main") for one in part.iter()
        }
    silent = replace(
        snapshot().jurisdictions[0],
        regime=snapshot().jurisdictions[0].regime.model_copy(update={"report_channels": ()}),
    )
    now = replace(snapshot(), jurisdictions=(silent,), records=())
    assert (
        "没有登记反映渠道"
        in create_public_app(lambda: now).test_client().get(f"/{silent.slug}/report.html").text
    )
