"""A record as the open formats take it: the site's views turned into what `portal.exchange` is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from portal.domain.documents.tender import Tender
from portal.exchange.downloads import edition_csv, edition_xlsx
from portal.exchange.editions import Edition
from portal.exchange.jsonld import Distribution, record_jsonld
from portal.exchange.ocds import Buyer, Place, Project, TenderVersion, record_package, release_package
from portal.site import pages
from portal.site.pages import paths
from portal.site.pages.downloads import OCDS, Download
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, VersionView

Values = Mapping[str, str]


def edition_of(
    view: JurisdictionView, record: RecordView, version: VersionView, base_url: str | None
) -> Edition | None:
    """Return a version as an edition; None where it is withdrawn."""
    document = version.readable
    if document is None:
        return None
    return Edition(
        area_name=view.regime.name,
        unit=record.unit.slug,
        unit_name=version.unit_name,
        index_no=record.index_no,
        number=version.number,
        published_at=version.published_at,
        reason=version.reason,
        digest=version.digest,
        document=document,
        url=f"{base_url}/{record.path}" if base_url else "",
        sample=record.unit.sample,
    )


def csv_of(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the CSV at an address, which names a version; None where there is none."""
    edition = _edition_at(snapshot, values, base_url)
    return edition_csv(edition) if edition else None


def xlsx_of(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the workbook at an address, which names a version; None where there is none."""
    edition = _edition_at(snapshot, values, base_url)
    return edition_xlsx(edition) if edition else None


def ocds_of(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return a project's record package, or the release package of the version that the address names."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    found = pages.find_record(snapshot, values)
    if view is None or found is None or found[0].kind.code != Tender.kind.code:
        return None
    record, number = found
    uri = f"{base_url}/{paths.record_path(record, number, ending=OCDS)}" if base_url else None
    try:
        if number is None:
            return record_package(project_of(record, base_url), place_of(view, base_url), uri=uri)
        return release_package(project_of(record, base_url), number, place_of(view, base_url), uri=uri)
    except LookupError:  # Withdrawn.
        return None


def place_of(view: JurisdictionView, base_url: str | None) -> Place:
    """Return a jurisdiction as a publisher of procurement data."""
    return Place(
        view.slug,
        view.regime.name,
        uri=f"{base_url}/{paths.jurisdiction_path(view.slug)}" if base_url else None,
    )


def project_of(record: RecordView, base_url: str | None) -> Project:
    """Return a tender record with all its versions."""
    return Project(
        record.index_no,
        Buyer(record.unit.slug, record.unit.name, record.unit.uscc),
        tuple(
            TenderVersion(
                one.number,
                one.document if isinstance(one.document, Tender) else None,
                one.published_at,
                one.tombstone.withdrawn_at if one.tombstone else None,
                one.unit_name,
            )
            for one in record.versions
        ),
        page=f"{base_url}/{record.path}" if base_url else None,
    )


class DataBlock:
    """Writes what a record's page says to search engines."""

    def __init__(self, base_url: str | None) -> None:
        """Write absolute addresses where the site has one."""
        self.base_url = base_url

    def __call__(
        self, view: JurisdictionView, record: RecordView, version: VersionView, files: Sequence[Download]
    ) -> Markup:
        """Return the text of a data block; safe inside its element as it is. Blank for a withdrawn version."""
        edition = edition_of(view, record, version, self.base_url)
        if edition is None:
            return Markup("")
        front = f"{self.base_url}/" if self.base_url else ""
        return Markup(  # noqa: S704 - every mark that could end the element is escaped.
            record_jsonld(
                edition,
                first_published=record.versions[0].published_on,
                distributions=[
                    Distribution(
                        one.format.media_type,
                        f"{front}{one.path}" if front else one.path.rpartition("/")[2],
                        f"{one.format.label}，{one.format.purpose}",
                    )
                    for one in files
                ],
                uscc=record.unit.uscc,
            )
        )


def _edition_at(snapshot: Snapshot, values: Values, base_url: str | None) -> Edition | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    found = pages.find_record(snapshot, values)
    if view is None or found is None or found[1] is None:
        return None
    version = found[0].version(found[1])
    return edition_of(view, found[0], version, base_url) if version else None
