"""The official OCDS schemas without the network, what they leave unsaid, and tenders made by chance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker
from pydantic import TypeAdapter, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT4
from stdnum.cn import uscc

from portal.domain.documents.declaration import Field, declaration
from portal.domain.documents.tender import Tender
from portal.domain.values import MAX_FEN, Line, Type
from portal.exchange.ocds import Buyer, Place, Project, TenderVersion

SCHEMAS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "ocds"
BASE = "https://standard.open-contracting.org/schema/1__1__5/"
PLACE = Place("xiuzhou", "示例区阳光权力公开平台", uri="https://sunshine.example.org/")
BUYER = Buyer("zhujian", "示例区住房和城乡建设局")
PAGE = "https://sunshine.example.org/xiuzhou/u/zhujian/tenders/1.html"
FIRST = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


@cache
def _schemas() -> dict[str, Any]:
    found = {path.stem: json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.json")}
    if not found:
        pytest.skip(f"THE OFFICIAL OCDS SCHEMAS ARE ABSENT, so no export is validated: {SCHEMAS}")
    return found


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", value))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(
            r"(https?://[0-9A-Za-z.:\[\]-]+|urn:uuid:)(%[0-9A-Fa-f]{2}|[0-9A-Za-z/?#@!$&'()*+,;=:._~-])*",
            value,
        )
    )


@cache
def _validator(name: str) -> Draft4Validator:
    contents = {one["id"]: DRAFT4.create_resource(one) for one in _schemas().values()}
    formats = FormatChecker(())
    formats.checks("date-time", raises=ValueError)(_is_moment)
    formats.checks("uri")(_is_uri)
    registry: Registry[Any] = Registry().with_resources(contents.items())  # It has no way to retrieve more.
    return Draft4Validator({"$ref": f"{BASE}{name}.json"}, registry=registry, format_checker=formats)


def faults(data: bytes) -> list[str]:
    """Return what is wrong with a release or record package, by the schemas and by the standard's words."""
    package = json.loads(data)
    record = "records" in package
    found = _invalid("record-package-schema" if record else "release-package-schema", package)
    releases = list(package.get("releases", ()))
    for one in package.get("records", ()):
        releases += one["releases"] + [one[name] for name in ("compiledRelease",) if name in one]
        dates = [release["date"] for release in one["releases"]]
        found += ["releases out of order"] if dates != sorted(dates) else []
        found += ["another ocid"] if {release["ocid"] for release in releases} != {one["ocid"]} else []
    for release in releases:
        found += _invalid(
            "release-schema", release
        )  # Named apart: the package's oneOf says nothing of the cause.
        found += _undeclared(_schemas()["release-schema"], release, "")
        found += _dangling(release)
        found += ["dated after its package"] if release["date"] > package["publishedDate"] else []
    return found


def _invalid(name: str, value: Any) -> list[str]:
    return [f"{one.json_path}: {one.message[:200]}" for one in _validator(name).iter_errors(value)]


def _undeclared(schema: Any, value: Any, at: str) -> Iterator[str]:
    """Yield every field that the standard does not know or advises against: the schema lets them pass."""
    if reference := schema.get("$ref"):
        schema = _schemas()["release-schema"]["definitions"][reference.rpartition("/")[2]]
    if isinstance(value, list):
        for one in value:
            yield from _undeclared(schema.get("items", {}), one, at)
    elif isinstance(value, dict):
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name)
            if known is None or "deprecated" in known:
                yield f"undeclared or deprecated: {at}/{name}"
            else:
                yield from _undeclared(known, inner, f"{at}/{name}")


def _dangling(release: Any) -> Iterator[str]:
    """Yield references to nobody, parties without their role, contracts without their award, twins."""
    roles = {one["id"]: set(one["roles"]) for one in release["parties"]}
    if len(roles) != len(release["parties"]):
        yield "a party twice"
    tender = release["tender"]
    said = [(release["buyer"], "buyer"), (tender["procuringEntity"], "procuringEntity")]
    said += [(one, "tenderer") for one in tender.get("tenderers", ())]
    for award in release.get("awards", ()):
        said += [(one, "supplier") for one in award.get("suppliers", ())]
    for reference, role in said:
        if role not in roles.get(reference["id"], ()):
            yield f"{reference['name']} is no {role}"
    for identity, mine in roles.items():
        if mine != {role for reference, role in said if reference["id"] == identity}:
            yield f"{identity} has a role that nothing refers to"
    awards = {one["id"] for one in release.get("awards", ())}
    yield from (one["id"] for one in release.get("contracts", ()) if one["awardID"] not in awards)
    if "#" in release["id"]:
        yield "# in a release's id"


def project(*documents: Tender | None, withdrawn: tuple[int, ...] = (), **more: Any) -> Project:
    """Return a project with a version a month for each document; None is one that the law destroyed."""
    versions = tuple(
        TenderVersion(
            number,
            document,
            FIRST + timedelta(days=30 * number),
            FIRST + timedelta(days=400 + number) if document is None or number in withdrawn else None,
        )
        for number, document in enumerate(documents, start=1)
    )
    return Project(more.pop("index_no", "zhujian/2026-00023"), more.pop("buyer", BUYER), versions, **more)


def company_code(number: int) -> str:
    """Return a code with a right check digit."""
    body = f"91330411{number:09d}"
    return body + str(uscc.calc_check_digit(body))


_WORDS = st.sampled_from(
    [
        "示例建设甲有限公司",
        "示例市政乙有限公司",
        BUYER.name,
        "</script><script>alert(1)</script>",
        '"],"x":["',
        "=cmd|' /C calc'!A0",
        "javascript:alert(1)",
        "https://example.org/公告?a=1&b=<2>#x#y",
        "http://user:pass@example.org/",
        "https://[::1",
        "é与e\u0301",
        "𠮷野家＆％",
        "3项",
        "1,000台",
        "2.5 公里",
        "合格。",
    ]
)


def _is_line(text: str) -> bool:
    try:
        TypeAdapter(Line).validate_python(text)
    except ValidationError:
        return False
    return True


_LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
_TEXT = _WORDS | _LINE.filter(_is_line)
_DAYS = st.dates(date(1949, 10, 1), date(2199, 12, 31))


def _value(field: Field) -> st.SearchStrategy[Any]:
    match field.type:
        case Type.MONEY:
            return st.integers(-MAX_FEN, MAX_FEN)
        case Type.COUNT:
            return st.integers(0, 3000)
        case Type.RATIO:
            return st.integers(0, 10_000)
        case Type.DAY:
            return _DAYS
        case Type.MONTH:
            return st.from_regex(r"\A[0-9]{4}-(0[1-9]|1[0-2])\Z")
        case Type.YES_NO:
            return st.booleans()
        case Type.CHOICE:
            assert field.choices
            return st.sampled_from(list(field.choices))
        case Type.USCC:
            return st.integers(1, 4).map(company_code)
    return _TEXT


def _row(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    required = {one.path[-1]: _value(one) for one in fields if one.required}
    optional = {one.path[-1]: _value(one) for one in fields if not one.required}
    return st.fixed_dictionaries(required, optional=optional)


def tenders() -> st.SearchStrategy[Tender]:
    """Return tenders of every shape that the declaration allows, whether or not a project could come to it."""
    said = declaration(Tender)
    groups: dict[str, list[Field]] = {}
    for one in said.fields:
        if len(one.path) == 2:
            groups.setdefault(one.path[0], []).append(one)
    parts = {name: _row(tuple(fields)) for name, fields in groups.items()}
    parts |= {table.name: st.lists(_row(table.fields), max_size=3) for table in said.tables}
    single = tuple(one for one in said.fields if len(one.path) == 1 and one.path != ("index_no",))
    whole = st.tuples(_row(single), st.fixed_dictionaries({}, optional=parts))
    return whole.map(lambda both: Tender.model_validate(both[0] | both[1]))
