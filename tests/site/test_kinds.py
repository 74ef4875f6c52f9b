"""A new kind of disclosure needs a model and nothing else; one that would take another page's place is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar

import pytest

from portal.apps import create_public_app
from portal.domain.documents import base
from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind, kinds
from portal.domain.values import Fen, Line
from portal.site.pages import PAGES, all_urls
from portal.site.pages.kinds import view_of
from portal.site.pages.paths import RESERVED, check_kind_path
from portal.site.pages.shell import public_kinds
from tests.site.sample import at, record, snapshot, units


class Seat(Part):
    """One row of the new kind's table."""

    holder: Annotated[Line, About("持有人")]
    rent: Annotated[Fen | None, About("租金")] = None


@pytest.fixture
def leases() -> Iterator[type[Document]]:
    """Register a kind for the length of a test."""

    class Lease(Document):
        kind: ClassVar[Kind] = Kind(
            code="lease", label="资产出租", short="资产出租", path="leases", purpose="公房出租。", order=90
        )

        site: Annotated[Line, About("坐落")]
        seats: Annotated[tuple[Seat, ...], About("承租人")] = ()

    yield Lease
    del base._REGISTRY["lease"]


def test_a_new_kind_has_pages_lists_and_corrections(leases: type[Document]) -> None:
    housing = units()["zhujian"]
    old, new = (
        leases.model_validate(
            {"title": "示例路铺面", "site": "示例路1号", "seats": (Seat(holder="示例租户甲", rent=rent),)}
        )
        for rent in (1_000_00, 1_200_00)
    )
    one = record(
        900, housing, (old, at(2026, 9, 1), "首次公开"), (new, at(2026, 9, 2), "租金写错。"), slug="900"
    )
    client = create_public_app(lambda: replace(snapshot(), records=(one,))).test_client()

    page = client.get("/xiuzhou/u/zhujian/leases/900.html").text
    for said in (
        "<dt>坐落</dt>",
        "示例路1号",
        "示例租户甲",
        "1,200.00 元",
        '<del class="nw">1,000.00 元</del>',
        "租金写错。",
    ):
        assert said in page
    assert "其他登记事项" not in page, "the general page shows everything itself"
    assert "示例路铺面" in client.get("/xiuzhou/leases.html").text
    front = client.get("/index.html").text
    assert re.search(r'leases/900\.html">一份更正过的公开', front), "the guide is not bound to certain kinds"
    assert "xiuzhou/leases-2026.html" in {url.path for url in all_urls(replace(snapshot(), records=(one,)))}


def test_views_are_found_by_the_code_of_their_kind() -> None:
    assert view_of("finance") is not None
    for code in ("lease", "figures", "os.path", "../finance", "__init__"):
        assert view_of(code) is None


def test_no_kind_takes_the_place_of_another_page() -> None:
    assert all(check_kind_path(model.kind) is None for model in kinds().values())
    fixed = {
        found[1]
        for page in PAGES.values()
        if (found := re.fullmatch(r"/<jurisdiction>/([\w-]+)(?:\.html|/.*)", page.rule))
    }
    assert fixed | {"feed", "sitemap", "files"} == RESERVED


@pytest.mark.parametrize("path", [*sorted(RESERVED), "finance-2026", "Leases", "租", "a/b", "leases-p1", ""])
def test_a_kind_with_a_reserved_path_is_refused(leases: type[Document], path: str) -> None:
    leases.kind = replace(leases.kind, path=path)
    with pytest.raises(ValueError, match=r"资产出租.*lease.*换一个|改正"):
        public_kinds()


def test_two_kinds_with_one_path_are_refused(leases: type[Document]) -> None:
    leases.kind = replace(leases.kind, path="finance")
    with pytest.raises(ValueError, match=r"季度财务公开.*资产出租.*finance"):
        public_kinds()
