"""Attached files on the site: under their digest, in the manifest, gone with what named them; a lost one stops nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session
from werkzeug.test import Client

from portal import apps
from portal.cli import main
from portal.config import Settings
from portal.domain.documents.attachment import Attachment, MediaType
from portal.domain.documents.base import Audience
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.roles import Role
from portal.exchange.attachments import clean
from portal.search import SearchIndex
from portal.services import publishing
from portal.services.attachments import any_gone
from portal.services.checking import Book
from portal.services.desk import attaching
from portal.services.desk.rooms import Actor, Room
from portal.site.build import BuildReport, build_site
from portal.site.manifests import files_of
from portal.site.served import Site
from portal.store.files import FileStore
from portal.store.tables import Account, Draft, Record, Unit, Version
from portal.sync import pay, site_of
from portal.web.hosting import SiteHost
from tests.conftest import NOON, shipped
from tests.exchange import attachment_files as made
from tests.site.sites import on_disk, site_over

NAME = "验收报告 <终稿> & “附表”.pdf"


class Place:
    """A unit, its attachments' store, and an instance around them."""

    def __init__(self, session: Session, unit: Unit, folder: Path) -> None:
        self.session, self.unit, self.folder = session, unit, folder
        self.settings = Settings(home=folder, precompress=True)
        self.files = FileStore.open(self.settings.attachments_folder)
        self.room = Room(session, unit.id)
        self.at = NOON
        account = Account(
            jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login="fang", name="方示九", active=True,
            created_by="测试", created_at=NOON,
        )  # fmt: skip
        session.add(account)
        session.commit()
        self.actor = Actor(account.id, "方示九", frozenset({Role.EDITOR}))

    def now(self) -> datetime:
        self.at += timedelta(hours=1)
        return self.at

    def draft(self, document: FinanceDisclosure) -> Draft:
        return publishing.save_draft(
            self.session, unit=self.unit, document=document, author="方示九", now=self.now()
        )

    def attach(self, draft: Draft, data: bytes, name: str = NAME) -> Attachment:
        cleaned = clean(data)
        return attaching.attach(
            self.room, draft, files=self.files, name=name, content=cleaned.data, media_type=cleaned.media_type,
            text=cleaned.text, description="第三方出具", revision=draft.revision, actor=self.actor, now=self.now(),
        )  # fmt: skip

    def publish(self, draft: Draft, reason: str = publishing.FIRST) -> Version:
        version = publishing.publish(
            self.session, draft, book=Book(self.session, {}), reason=reason, actor="林示二", now=self.now()
        )
        self.session.commit()
        return version

    def published(self, document: FinanceDisclosure, *files: bytes) -> tuple[Version, list[Attachment]]:
        draft = self.draft(document)
        named = [self.attach(draft, one, f"{number}.x") for number, one in enumerate(files, start=1)]
        return self.publish(draft), named

    def site(self, name: str, **more: Any) -> Site:
        return site_over(self.session, self.folder / name, files=self.files, **more)

    def build(self, site: Site, **more: Any) -> BuildReport:
        self.session.rollback()
        return build_site(site, now=NOON + timedelta(days=2), **more)

    def path(self, one: Attachment) -> str:
        return f"xiuzhou/u/{self.unit.slug}/files/{one.path_name}"


@pytest.fixture
def place(session: Session, unit: Unit, tmp_path: Path) -> Place:
    return Place(session, unit, tmp_path)


def test_a_file_lies_under_its_digest_and_the_page_leads_to_it(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    draft = place.draft(a_quarter())
    one = place.attach(draft, made.plain_pdf())
    place.publish(draft)
    report = place.build(place.site("site"))

    assert (report.failures, report.faults) == ((), ())
    disk = on_disk(report.folder)
    content = disk[place.path(one)]
    assert hashlib.sha256(content).hexdigest() == one.digest
    assert dict(files_of(report.folder))[place.path(one)] == one.digest
    page = disk[f"xiuzhou/u/{place.unit.slug}/finance/2026Q3.html"].decode()
    assert f'href="../../../../{place.path(one)}"' in page
    assert 'download="验收报告 终稿 &amp; “附表”.pdf"' in page
    assert "第三方出具" in page
    assert "PDF 文档" in page
    assert one.digest[:8] in page
    assert disk[f"xiuzhou/u/{place.unit.slug}/finance/2026Q3.json"].decode().count(one.digest) == 1
    assert not {f"{place.path(one)}.br", f"{place.path(one)}.gz"} & set(disk)


def test_documents_without_files_say_what_they_always_said(a_quarter: Callable[..., Any]) -> None:
    from portal.domain.canonical import canonical, document_json

    assert b"attachments" not in canonical(document_json(a_quarter()))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_incremental_build_is_a_clean_build_with_files_too(
    place: Place, a_quarter: Callable[..., Any], jobs: int
) -> None:
    site = place.site("site", jobs=jobs)
    first, (one,) = place.published(a_quarter("2026Q1"), made.plain_pdf("One"))
    place.build(site)
    _, (two, three) = place.published(a_quarter("2026Q2"), made.word(), made.photo())
    place.build(site)
    publishing.withdraw(
        place.session, first, legal_ground="示例依据第一条", reason="误公开", approver="示例纪委", now=place.now()
    )  # fmt: skip
    place.session.commit()
    last = place.build(site, keep=1)
    clean_build = place.build(place.site("clean", jobs=jobs), full=True)

    there, again = on_disk(last.folder), on_disk(clean_build.folder)
    assert {name for name in there if there[name] != again.get(name)} - {"build.json"} == set()
    assert set(there) == set(again)
    assert {place.path(two), place.path(three)} <= set(there)
    assert place.path(one) not in there
    # Nor anywhere else below the served folder.
    assert not [file for file in (place.folder / "site").rglob("*") if one.digest in file.name]
    assert place.files.exists(one.digest)  # A withdrawal may be looked at again; only destruction removes it.


def test_an_older_version_keeps_its_files_and_a_shared_file_lies_there_once(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    version, (one,) = place.published(a_quarter(), made.plain_pdf("One"))
    _, document = publishing.read_publication(version.payload or b"")
    draft = place.draft(document)
    assert attaching.remove(
        place.room, draft, one.digest, revision=draft.revision, actor=place.actor, now=place.now()
    )
    assert place.room.attachment(one.digest) is not None  # The first version still names it.
    two = place.attach(draft, made.plain_pdf("Two"), "二.pdf")
    place.publish(draft, "更换附件")
    disk = on_disk(place.build(place.site("site")).folder)

    assert {place.path(one), place.path(two)} <= set(disk)
    base = f"xiuzhou/u/{place.unit.slug}/finance/2026Q3"
    newest, old = disk[f"{base}.html"].decode(), disk[f"{base}-v1.html"].decode()
    assert f'href="../../../../{place.path(two)}"' in newest
    assert f'href="../../../../{place.path(one)}"' not in newest
    assert f'href="../../../../{place.path(one)}"' in old
    assert "附件" in newest[newest.index("changes") :]  # What changed between the versions names the files.


def test_what_is_not_for_everybody_never_reaches_the_site_or_the_index(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    _, (staff,) = place.published(a_quarter("2026Q1", audience=Audience.STAFF), made.word("只给职工看的附件"))
    place.published(a_quarter("2026Q2"), made.plain_pdf())
    kept = place.draft(a_quarter("2026Q3"))
    draft_file = place.attach(kept, made.word("草稿里的附件"))
    place.session.commit()
    settings = place.settings
    site = site_of(place.session, settings, shipped(), apps.create_public_app, jobs=1)
    pay(place.session, settings, site, now=NOON + timedelta(days=2))
    everything = [one for one in settings.site_folder.rglob("*") if one.is_file()]
    for one in (staff, draft_file):
        assert not [file for file in everything if one.digest in file.name]
        assert not [file for file in everything if one.digest.encode() in file.read_bytes()]
    with_words = {hit.url for words in ("只给职工看的附件", "草稿里的附件") for hit in hits(settings, words)}
    assert with_words == set()


def hits(settings: Settings, words: str) -> list[Any]:
    index = SearchIndex(settings.index_folder)
    try:
        return list(index.search(words).hits)
    finally:
        index.close()


def test_a_phrase_that_only_the_file_says_finds_the_record(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    version, _ = place.published(a_quarter(), made.word())
    settings = place.settings
    site = site_of(place.session, settings, shipped(), apps.create_public_app, jobs=1)
    pay(place.session, settings, site, now=NOON + timedelta(days=2))
    found = hits(settings, "外墙保温验收")
    assert [one.url for one in found] == [f"xiuzhou/u/{place.unit.slug}/finance/2026Q3.html"]

    publishing.withdraw(
        place.session, version, legal_ground="示例依据第一条", reason="误公开", approver="示例纪委", now=place.now()
    )  # fmt: skip
    place.session.commit()
    pay(place.session, settings, site, now=NOON + timedelta(days=2))
    assert hits(settings, "外墙保温验收") == []


def test_destroyed_content_leaves_the_store_the_database_and_the_site(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    shared = made.plain_pdf("Shared")
    version, (own, both) = place.published(a_quarter("2026Q1"), made.word(), shared)
    place.published(a_quarter("2026Q2"), shared)
    site = site_of(place.session, place.settings, shipped(), apps.create_public_app, jobs=1)
    pay(place.session, place.settings, site, now=NOON + timedelta(days=2))
    publishing.withdraw(
        place.session, version, legal_ground="示例依据第一条", reason="误公开", approver="示例纪委", now=place.now(),
        destroy=True,
    )  # fmt: skip
    place.session.commit()
    assert place.room.attachment(own.digest) is None
    assert any_gone(place.session)
    report = pay(place.session, place.settings, site, now=NOON + timedelta(days=2))

    assert report.faults == ()
    assert not any_gone(place.session)
    assert not place.files.exists(own.digest)
    assert place.files.exists(both.digest)
    names = {file.name for file in place.folder.rglob("*")}
    assert own.digest not in names
    assert own.path_name not in names
    assert both.path_name in names


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_file_that_is_not_there_is_told_and_stops_nothing(
    place: Place, a_quarter: Callable[..., Any], harm: str
) -> None:
    _, (one, other) = place.published(a_quarter(), made.plain_pdf(), made.word())
    file = place.files._folder / one.digest[:2] / one.digest  # type: ignore[operator]
    content = file.read_bytes()
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(b"another")
    site = place.site("site")
    report = place.build(site)
    assert [failure.path for failure in report.failures] == [place.path(one)]
    disk = on_disk(report.folder)
    page = f"xiuzhou/u/{place.unit.slug}/finance/2026Q3.html"
    assert place.path(one) not in disk
    assert place.path(other) in disk
    assert "暂时不能下载" in disk[page].decode()

    file.write_bytes(content)
    mended = place.build(site)
    assert mended.failures == ()
    disk = on_disk(mended.folder)
    assert disk[place.path(one)] == content
    assert "暂时不能下载" not in disk[page].decode()


def test_the_server_hands_files_out_to_be_saved(place: Place, a_quarter: Callable[..., Any]) -> None:
    _, named = place.published(a_quarter(), made.plain_pdf(), made.word(), made.photo("PNG"))
    place.build(place.site("site"))
    live = apps.create_public_app(lambda: pytest.fail("no page is live here"))
    client = Client(SiteHost(place.folder / "site", live))
    for one in named:
        with client.get(f"/{place.path(one)}") as answer:
            assert answer.status_code == 200
            assert answer.content_type == one.media_type.value
            assert answer.headers["Content-Disposition"] == "attachment"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert hashlib.sha256(answer.data).hexdigest() == one.digest
    for path in ("/index.html", f"/{place.path(named[0])}x"):
        with client.get(path) as answer:
            assert not answer.headers.get("Content-Disposition", "").startswith("attachment")


def test_a_site_with_files_is_verified_and_a_changed_file_is_found(
    place: Place, a_quarter: Callable[..., Any], home: Path
) -> None:
    _, (one,) = place.published(a_quarter(), made.plain_pdf())
    report = place.build(place.site("site"))
    fine = CliRunner().invoke(main, ["verify", str(place.folder / "site")])
    assert fine.exit_code == 0, fine.output
    file = report.folder / place.path(one)
    file.write_bytes(file.read_bytes() + b" ")
    changed = CliRunner().invoke(main, ["verify", str(place.folder / "site")])
    assert changed.exit_code != 0
    assert one.path_name in changed.output


def test_files_come_from_an_object_store_by_way_of_this_machine(
    place: Place, a_quarter: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli.object_store import object_store

    with object_store("files") as (address, stored):
        for name, value in (
            ("ENDPOINT_URL", address), ("ENDPOINT", address), ("ACCESS_KEY_ID", "example"),
            ("SECRET_ACCESS_KEY", "example"), ("REGION", "us-east-1"),
        ):  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        settings = place.settings = Settings(home=place.folder / "far", attachments_url="s3://files/desk")
        place.files = FileStore.open("s3://files/desk")
        version, (one,) = place.published(a_quarter(), made.plain_pdf())
        assert [key.rsplit("/", 1)[-1] for key in stored.buckets["files"]] == [one.digest]
        site = site_of(place.session, settings, shipped(), apps.create_public_app, jobs=2)
        report = pay(place.session, settings, site, now=NOON + timedelta(days=2))
        assert report.build is not None
        assert report.build.failures == ()
        assert place.path(one) in on_disk(report.build.folder)
        publishing.withdraw(
            place.session, version, legal_ground="示例依据第一条", reason="误公开", approver="示例纪委",
            now=place.now(), destroy=True,
        )  # fmt: skip
        place.session.commit()
        pay(place.session, settings, site, now=NOON + timedelta(days=2))
        assert stored.buckets["files"] == {}
        assert not [file for file in settings.home.rglob("*") if one.digest in file.name]


def test_a_file_that_the_unit_does_not_have_is_not_published(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    given = Attachment(name="别处.pdf", digest="a" * 64, size=3, media_type=MediaType.PDF)
    with pytest.raises(publishing.NotPublishable, match="不在本单位的附件库中"):
        place.publish(place.draft(a_quarter(attachments=(given,))))


def test_personal_data_in_a_file_stops_its_publication_unless_a_law_asks_for_it(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    data = made.word("经办人手机 13812345678")
    draft = place.draft(a_quarter())
    place.attach(draft, data, "名单.docx")
    with pytest.raises(publishing.NotPublishable, match=r"附件“名单\.docx”里有手机号码") as refusal:
        place.publish(draft)
    assert "13812345678" not in str(refusal.value)
    place.session.rollback()

    lawful = place.draft(a_quarter(personal_data_basis="《政府信息公开条例》第二十条"))
    place.attach(lawful, data, "名单.docx")
    assert place.publish(lawful).number == 1


def test_a_sheet_that_is_taken_in_again_leaves_the_files_where_they_are(
    place: Place, a_quarter: Callable[..., Any]
) -> None:
    from portal.exchange.sheets import Entry, Reading
    from portal.intake import Source, Wish, take_in

    version, (one,) = place.published(a_quarter(), made.plain_pdf())

    def take(document: FinanceDisclosure, **more: Any) -> Any:
        reading = Reading((Entry(document, place.unit.name, "", 1),), (), 0, ())
        wish = Wish("xiuzhou", FinanceDisclosure, **more)
        return take_in(place.session, Source("a.xlsx", reading), wish, shipped(), now=place.now())

    assert take(a_quarter()).unchanged == 1
    assert take(a_quarter(spent=77_00)).drafts == 1
    (draft,) = place.room.drafts()
    assert [named.digest for named in attaching.attached_to(draft)] == [one.digest]
    stranger = Attachment(name="别处.pdf", digest="b" * 64, size=3, media_type=MediaType.PDF)
    report = take(a_quarter("2026Q2", attachments=(stranger,)))
    assert report.rejected == 1
    assert "不在本单位的附件库中" in report.errors[0].message
    assert version.number == 1
    assert place.session.query(Record).count() == 1
