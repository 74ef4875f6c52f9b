"""Nothing of a sealed report is ever published: a page that holds a mark of one is not written, and the build says so."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.domain.reports.codes import new_code, shown
from portal.domain.reports.ids import new_report_id
from portal.domain.reports.marks import mark_in
from portal.services.reports import age, sealing
from portal.site.build import build_site
from portal.site.trees import ReportFound, Tree
from portal.store.tables import Jurisdiction
from tests.site.sites import on_disk
from tests.site.troubled import LATER, World

ARMOUR = "-----BEGIN AGE ENCRYPTED FILE-----"


def planted() -> dict[str, bytes]:
    identity, recipient = age.new_identity()
    sealed = age.seal_to([recipient], b"x" * 200, None)
    grants = sealing.seal_grants([recipient], identity, slots=4, opening=1)
    return {
        "id": new_report_id().encode(),
        "code": shown(new_code()).encode(),
        "sealed": sealed,
        "sealed b64": base64.b64encode(sealed),
        "grants": grants,
        "grants of two": sealing.seal_grants([recipient] * 2, identity, slots=4, opening=2),
        "grants b64": base64.b64encode(grants),
        "secret": identity.encode(),
        "key file": ARMOUR.encode(),
    }


@pytest.mark.parametrize("what", list(planted()))
def test_every_mark_is_found_wherever_it_stands(what: str) -> None:
    mark = planted()[what]
    assert mark_in(b"<p>" + mark + b"</p>")
    assert mark_in(b'{"a": "' + mark + b'"}')


@pytest.mark.parametrize(
    "text",
    [
        "age1" + "q" * 58,  # Public keys stand in keys.json.
        "XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-0",  # How a code looks, with a wrong check character.
        "age-encryption.org/v1",  # The format's name in a help page.
        "sha256-rpAbc0123456789abcdefghjkmn",
        "SPG1",
        "a-0000-1111-2222-3333-4444-5555-6",
    ],
)
def test_what_may_stand_on_a_page_is_left_alone(text: str) -> None:
    assert mark_in(f"<p>{text}</p>".encode()) is None


def test_a_page_that_holds_a_mark_is_not_published(
    session: Session, county: Jurisdiction, tmp_path: Path
) -> None:
    world, mark = World(session, county, tmp_path / "site"), new_report_id()
    world.publish(unit="u1")
    world.publish(title=f"示例办法 {mark}")
    report = build_site(world.site(), now=LATER)
    assert report.failures
    assert all(mark not in one.reason for one in report.failures)
    assert any("举报件的编号" in one.reason for one in report.failures)
    files = on_disk(report.folder)
    assert files
    assert not [path for path, content in files.items() if mark.encode() in content]


def test_no_tree_takes_it_by_another_way(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "t")
    with pytest.raises(ReportFound) as refused:
        tree.write("a.json", planted()["code"])
    assert not list(tmp_path.iterdir())
    assert shown(new_code())[:4] not in str(refused.value)
    tree.write("a.woff2", planted()["sealed"])  # No text: fonts and pictures are the program's own.
