"""`catalog.jsonld`: the bulk files for open data portals, in the vocabulary of DCAT-AP."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from urllib.parse import quote

from portal.domain.documents.base import Kind
from portal.exchange.bulk import Written, bulk_tables
from portal.exchange.datapackage import KindFiles, Package, Parts

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_CSV = "https://www.iana.org/assignments/media-types/text/csv"


def catalog(package: Package, *, base_url: str = "") -> bytes:
    """Return the catalogue as UTF-8 JSON-LD: one data set for each kind, one distribution for each file.

    `base_url` is the address of the folder that holds the files, without a
    trailing slash; without one, addresses are relative to the catalogue's own.
    """
    front = f"{base_url}/" if base_url else ""
    said = {
        "@context": _CONTEXT,
        "@id": f"{front}catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _zh(package.title),
        "dct:description": _zh(package.description),
        "dct:language": {"@id": f"{_EU}/language/ZHO"},
        **_common(package),
        "dcat:dataset": [_dataset(package, one, front) for one in package.kinds],
    }
    if package.homepage:
        said["foaf:homepage"] = {"@id": package.homepage}
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def _common(package: Package) -> dict[str, Any]:
    said: dict[str, Any] = {
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _zh(package.publisher)},
        "dct:spatial": {"@type": "dct:Location", "rdfs:label": _zh(package.area_name)},
    }
    if package.created:
        day = package.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said["dct:modified"] = {"@type": "xsd:dateTime", "@value": day}
    return said


def _dataset(package: Package, files: KindFiles, front: str) -> dict[str, Any]:
    kind: Kind = files.model.kind
    titles = {one.name: one.title for one in bulk_tables(files.model)}
    page = {"@id": front + files.page}
    listed = [
        _distribution(package, files.tables[name], title, "CSV", front, page)
        for name, title in titles.items()
        if name in files.tables
    ]
    if files.ndjson:
        listed.append(_distribution(package, files.ndjson, f"{kind.label}（NDJSON）", "NDJSON", front, page))
    made_up = "这是示例数据，不反映任何真实单位。" if package.sample else ""
    return {
        "@id": f"{front}catalog.jsonld#{kind.path}",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{package.slug}/{kind.path}",
        "dct:title": _zh(f"{package.area_name}{kind.label}"),
        "dct:description": _zh(f"{made_up}{kind.purpose}"),
        "dcat:keyword": [_zh(kind.label)],
        "dct:language": {"@id": f"{_EU}/language/ZHO"},
        "dct:accrualPeriodicity": {"@id": f"{_EU}/frequency/UPDATE_CONT"},
        "dct:accessRights": {"@id": f"{_EU}/access-right/PUBLIC"},
        **_common(package),
        **({"dcat:landingPage": page} if files.page else {}),
        "dcat:distribution": listed,
    }


def _distribution(
    package: Package, file: Written | Parts, title: str, form: str, front: str, page: dict[str, str]
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "@type": "dcat:Distribution",
        "dct:title": _zh(title),
        "dct:format": {"@type": "dct:MediaTypeOrExtent", "rdfs:label": form},
    }
    if isinstance(file, Parts):  # No one address has it all: the page leads to the parts.
        said["dcat:accessURL"] = page
    else:
        address = {"@id": front + quote(file.path)}
        said |= {
            "dcat:accessURL": address,
            "dcat:downloadURL": address,
            "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.size)},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
            },
        }
    if form == "CSV":
        said["dcat:mediaType"] = {"@id": _CSV}
    if package.license:
        said["dct:license"] = {
            "@id": package.license.path,
            "@type": "dct:LicenseDocument",
            "rdfs:label": _zh(package.license.title),
        }
    return said


def _zh(text: str) -> dict[str, str]:
    return {"@language": "zh", "@value": text}
