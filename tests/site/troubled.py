"""A small county whose site meets trouble, and what must be true of it afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.documents.regulation import Block, Regulation
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.build import build_site
from portal.site.manifests import files_of
from portal.site.precompress import compressed
from portal.site.served import Site
from portal.site.trees import BUILDS, CURRENT
from portal.store.tables import Jurisdiction, Unit, Version
from tests.conftest import NOON, shipped
from tests.site.sites import on_disk, site_over

Files = dict[str, bytes]
LATER = NOON + timedelta(hours=1)


class World:
    """One county with four units, whose site lies in `folder`."""

    def __init__(self, session: Session, county: Jurisdiction, folder: Path) -> None:
        self.session, self.folder, self.made = session, folder, 0
        for place in range(4):
            line = rosters.RosterLine(name=f"示例{place}局", type="bureau", slug=f"u{place}", sample=True)
            rosters.put_unit(session, county, line, now=NOON)
        session.commit()

    def site(self, folder: Path | None = None, **more: Any) -> Site:
        given = {"regimes": {"xiuzhou": shipped()["xiuzhou"]}, "compress": compressed} | more
        return site_over(self.session, folder or self.folder, **given)

    def publish(self, title: str = "", unit: str = "u0") -> Version:
        self.made += 1
        place = self.session.scalars(select(Unit).where(Unit.slug == unit)).one()
        document = Regulation(
            title=title or f"示例办法{self.made}",
            blocks=(Block(text=f"第一条　{title}内容。" * 20),),
            issued_on=date(2026, 1, 5),
        )
        draft = publishing.save_draft(self.session, unit=place, document=document, author="甲", now=NOON)
        version = publishing.publish(
            self.session, draft, book=Book(self.session, shipped()), reason="首次公开", actor="乙",
            now=NOON + timedelta(minutes=self.made),
        )  # fmt: skip
        self.session.commit()
        return version

    def build(self, **how: Any) -> Files:
        """Build; return what a reader sees."""
        site = how.pop("site", None) or self.site()
        report = build_site(site, **{"now": LATER} | how)
        assert report.failures == ()
        self.assert_whole()
        return on_disk(report.folder)

    def shown(self) -> tuple[str, Files]:
        """Return the name and the content of what is served."""
        served = (self.folder / CURRENT).resolve()
        return served.name, on_disk(served, manifests=True)

    def assert_whole(self) -> None:
        """Every file of the served build is listed, and nothing of another build is left beside it."""
        served = (self.folder / CURRENT).resolve()
        assert {path for path, _ in files_of(served)} == set(on_disk(served, manifests=True))
        assert not [one for one in (self.folder / BUILDS).iterdir() if one.name.startswith(".")]

    def clean(self, folder: Path) -> Files:
        """Return what a build from nothing would show."""
        return on_disk(build_site(self.site(folder), now=LATER).folder)
