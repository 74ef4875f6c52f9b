"""Release packages, record packages and their bulk form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from portal.domain.documents.tender import Tender
from portal.domain.values import Json
from portal.exchange.ocds import sections
from portal.exchange.ocds.inputs import Place, Project, TenderVersion
from portal.exchange.ocds.notation import encode, made_uri, make_ocid, moment, told, web_address
from portal.exchange.ocds.parties import SCHEME, Parties
from portal.exchange.ocds.tagging import Stages, tags


def ocid(project: Project, place: Place) -> str:
    """Return the project's Open Contracting ID, the same for all its versions and for ever."""
    return make_ocid(place.prefix, place.slug, project.index_no)


def release_package(project: Project, number: int, place: Place, *, uri: str | None = None) -> bytes:
    """Return the release of one version in a package of its own.

    `uri` is the absolute address at which it will lie; without one it is given a
    name. Raises `LookupError` where there is no such version or it is withdrawn.
    """
    for version, release in _releases(project, place):
        if version.number == number:
            return encode(
                {
                    **_package(place, f"{release['id']}-release", uri, release["date"]),
                    "releases": [release],
                }
            )
    raise LookupError(f"{project.index_no} has no open version {number}")


def record_package(project: Project, place: Place, *, uri: str | None = None) -> bytes:
    """Return the record of a project: the releases of its open versions, and the state in force.

    The state in force (compiledRelease) is the newest version restated. It is absent
    where that version is withdrawn. Raises `LookupError` where no version is open.
    """
    releases = list(_releases(project, place))
    if not releases:
        raise LookupError(f"{project.index_no} has no open version")
    changes = [one.published_at for one in project.versions]
    changes += [one.withdrawn_at for one in project.versions if one.withdrawn_at]
    record: Json = {
        "ocid": ocid(project, place),
        "releases": [
            release for _, release in sorted(releases, key=lambda one: (one[0].published_at, one[0].number))
        ],
    }
    newest, latest = releases[-1]
    if newest is project.in_force:
        record["compiledRelease"] = {
            **latest,
            "id": f"{latest['ocid']}-{latest['date']}",
            "tag": ["compiled"],
        }
    return encode(
        {
            **_package(place, f"{record['ocid']}-record", uri, moment(max(changes))),
            "records": [record],
        }
    )


def record_lines(
    projects: Iterable[Project], place: Place, *, uri: Callable[[Project], str | None] = lambda _: None
) -> Iterator[bytes]:
    """Yield a record package a line (JSON Lines), in the order given; projects without an open version are left out."""
    for project in projects:
        if project.readable:
            yield record_package(project, place, uri=uri(project))


def _package(place: Place, name: str, uri: str | None, published: str) -> Json:
    return told(
        uri=web_address(uri) or made_uri(name),
        version="1.1",
        publishedDate=published,
        publisher=told(
            name=place.name,
            scheme=SCHEME if place.uscc else None,
            uid=place.uscc,
            uri=web_address(place.uri),
        ),
        license=web_address(place.license),
        publicationPolicy=web_address(place.policy),
    )


@dataclass
class _Seen:
    """What the open versions so far have told."""

    stages: Stages | None = None
    award: bool = False
    contract: bool = False


def _releases(project: Project, place: Place) -> Iterator[tuple[TenderVersion, Json]]:
    """Yield the open versions with their releases, oldest first. A withdrawn one is not even compared with."""
    seen = _Seen()
    for version, document in project.readable:
        yield version, _release(project, version, document, place, seen)
        seen.award |= sections.has_award(document)
        seen.contract |= sections.has_contract(document)


def _release(project: Project, version: TenderVersion, document: Tender, place: Place, seen: _Seen) -> Json:
    own = ocid(project, place)
    unit = replace(project.buyer, name=version.unit_name or project.buyer.name)
    parties = Parties(document, unit, place)
    buyer = parties.name(
        unit.name,
        "buyer",
        uscc=unit.uscc,
        address=told(streetAddress=document.purchaser_address, region=document.region),
        contactPoint=told(name=document.purchaser_contact),
    )
    subject = sections.Told(document, own, parties, buyer, project.page, seen.award, seen.contract)
    begun = sections.begun(document)
    before, seen.stages = (
        seen.stages,
        Stages(
            planned=bool(document.intent) or not (begun or sections.has_award(document)),
            begun=begun,
            planning=sections.planning(subject),
            tender=sections.tender(subject),
            awards=sections.awards(subject),
            contracts=sections.contracts(subject),
        ),
    )
    return told(
        ocid=own,
        id=f"{own}-v{version.number}",
        date=moment(version.published_at),
        tag=tags(seen.stages, before),
        initiationType="tender",
        language="zh",
        parties=parties.listed(),
        buyer=buyer,
        planning=seen.stages.planning,
        tender=seen.stages.tender,
        awards=seen.stages.awards,
        contracts=seen.stages.contracts,
    )
