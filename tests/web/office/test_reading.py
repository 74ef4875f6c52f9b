"""内部公开: read by its audience after signing in; for everybody else it does not exist, least of all on the site."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.documents.attachment import Attachment, MediaType
from portal.domain.documents.base import Audience, Openness
from portal.domain.regimes import Regime
from portal.store.tables import Attachment as AttachmentRow
from portal.store.tables import Version
from portal.sync import sync
from tests.services.desk.desk_world import Desk, rules
from tests.web.office.world import World, steady

ROLES = ("staff", "group", "editor", "reviewer", "unit_admin")


@pytest.fixture
def desk(world: World, session: Session) -> Desk:
    """The desk of the world's unit."""
    return Desk(session, world.unit, now=world.at - timedelta(hours=2))


def at(version: Version) -> str:
    return f"/reading/{version.record.kind}/{version.record.slug}"


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("audience", list(Audience))
def test_each_audience_reads_its_own_pages_and_others_find_nothing(
    world: World, desk: Desk, who: str, audience: Audience
) -> None:
    version = desk.published(rules("金丝雀办法", "第一条　金丝雀。", audience=audience))
    client = world.client(who)
    mine = audience is Audience.STAFF or (audience is Audience.LEADERSHIP_GROUP and who == "group")

    answer, missing = client.get(at(version)), client.get("/reading/regulation/2026-0999")

    assert ("金丝雀" in client.get("/reading/").text) == mine
    if mine:
        assert answer.status_code == 200
        assert "第一条　金丝雀。" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.get(f"{at(version)}/1").status_code == 200
        assert client.get(f"{at(version)}/2").status_code == 404
    else:
        assert answer.status_code == missing.status_code == 404
        assert steady(answer.text) == steady(missing.text)


def test_a_file_of_an_inner_version_is_for_its_audience_alone(world: World, desk: Desk) -> None:
    content = b"%PDF-1.7 inner"
    store = world.app.extensions["office"].files
    digest = store.put(content)
    named = Attachment(name="考核表.pdf", digest=digest, size=len(content), media_type=MediaType.PDF)
    row = AttachmentRow(
        unit_id=world.unit.id, digest=digest, name=named.name, media_type=named.media_type.value,
        size=named.size, text="", added_by="方示九", added_at=desk.now,
    )  # fmt: skip
    desk.session.add(row)
    inner = rules("金丝雀办法", audience=Audience.LEADERSHIP_GROUP, attachments=(named,))
    version = desk.published(inner)
    url = f"{at(version)}/1/files/{digest}"

    member = world.client("group")
    assert url in member.get(at(version)).text
    answer = member.get(url)
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert member.get(f"{at(version)}/1/files/{'0' * 64}").status_code == 404
    assert world.client("staff").get(url).status_code == 404
    assert world.client("group", unit=world.other).get(url).status_code == 404


def test_another_unit_s_people_and_the_commission_find_nothing(world: World, desk: Desk) -> None:
    theirs = world.client("staff", unit=world.other)
    officer = world.client("officer")
    version = desk.published(rules(audience=Audience.STAFF))
    nothing = theirs.get("/reading/regulation/2026-0999")
    assert steady(theirs.get(at(version)).text) == steady(nothing.text)
    assert officer.get("/reading/").status_code == 403
    signed_out = world.app.test_client().get(at(version))
    assert signed_out.status_code == 303


def plain(name: str, content: bytes) -> bytes:
    """Return what a file says once it is unpacked."""
    if name.endswith(".gz"):
        return gzip.decompress(content)
    return brotli.decompress(content) if name.endswith(".br") else content


def test_what_is_not_for_the_whole_society_reaches_no_byte_of_the_site(
    desk: Desk, regimes: dict[str, Regime], tmp_path: Path
) -> None:
    """Each audience with each openness that may be published, then index and site, searched to the last byte."""
    canaries = {}
    for number, (audience, openness) in enumerate((one, other) for one in Audience for other in Openness):
        if audience is Audience.PUBLIC and openness is not Openness.PROACTIVE:
            continue  # Refused before it gets anywhere; tested with the services.
        name = f"canary{number:02d}xq"
        basis = None if openness is Openness.PROACTIVE else "政府信息公开条例第十六条第一款"
        desk.published(
            rules(
                f"示例办法{name}",
                f"第一条　{name}。",
                audience=audience,
                openness=openness,
                openness_basis=basis,
                abstract=f"概述{name}",
                doc_no=f"示财发〔2026〕{number + 1}号",
            )
        )
        canaries[name] = audience
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    desk.session.rollback()
    with Session(desk.session.get_bind()) as session:
        sync(session, settings, regimes, lambda snapshot: apps.create_public_app(snapshot))

    files = [one for one in settings.home.rglob("*") if one.is_file() and "portal.db" not in one.name]
    everything = {one: plain(one.name, one.read_bytes()) for one in files}
    public = next(name for name, audience in canaries.items() if audience is Audience.PUBLIC)
    assert sum(public.encode() in content for content in everything.values()) > 10
    for name, audience in canaries.items():
        if audience is not Audience.PUBLIC:
            seen = [one for one, content in everything.items() if name.encode() in content]
            assert seen == [], (name, audience)
