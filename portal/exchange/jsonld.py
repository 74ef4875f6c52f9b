"""What a record's page says to search engines: schema.org as JSON-LD in a data block."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.calendar import period_end, quarter_start
from portal.domain.documents.base import Validity
from portal.exchange.characters import writable
from portal.exchange.editions import SHANGHAI, Edition

# A text of law is Legislation, an account of a year is a Report. Everything else is figures and facts: a Dataset.
_TYPES = {"regulation": "Legislation", "annual_report": "Report"}
# In a script element nothing may look like its end or like a comment; the rest are no line ends in JavaScript.
_ESCAPES = {mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_SHORTEST, _LONGEST = 50, 5000  # What search engines ask of the description of a Dataset.


@dataclass(frozen=True)
class Distribution:
    """One file of a record: its media type, its address (relative to the page will do), what it is."""

    media_type: str
    url: str
    name: str


@dataclass(frozen=True)
class Licence:
    """The terms of use: their address, and what they are called."""

    url: str
    name: str


def record_jsonld(
    edition: Edition,
    *,
    first_published: date,
    distributions: Sequence[Distribution] = (),
    uscc: str | None = None,
    licence: Licence | None = None,
) -> str:
    """Return the text of a `<script type="application/ld+json">`, safe inside it as it is.

    `first_published` is the day of the record's first version; `uscc` is the
    unit's unified social credit code. What is not known is left out.
    """
    document, kind = edition.document, edition.kind
    made = _TYPES.get(kind.code, "Dataset")
    publisher: dict[str, Any] = {"@type": "GovernmentOrganization", "name": edition.unit_name}
    if uscc:
        publisher["identifier"] = _identifier("统一社会信用代码", uscc)
    files = "distribution" if made == "Dataset" else "encoding"
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": made,
        "name": document.title,
        "description": _description(edition),
        "url": edition.url,
        "inLanguage": "zh-CN",
        "genre": kind.label,
        "identifier": _identifier("索引号", edition.index_no),
        "version": str(edition.number),
        "dateCreated": document.issued_on.isoformat() if document.issued_on else "",
        "datePublished": first_published.isoformat(),
        "dateModified": edition.published_at.astimezone(SHANGHAI).date().isoformat(),
        "temporalCoverage": _span(getattr(document, "period", None)),
        "spatialCoverage": {"@type": "AdministrativeArea", "name": edition.area_name},
        "publisher": publisher,
        "isAccessibleForFree": True,
        "license": {"@type": "CreativeWork", "name": licence.name, "url": licence.url} if licence else "",
        files: [
            {
                "@type": "DataDownload" if made == "Dataset" else "MediaObject",
                "encodingFormat": one.media_type,
                "contentUrl": one.url,
                "name": one.name,
            }
            for one in distributions
        ],
    }
    if made == "Legislation":
        in_force = document.validity == Validity.IN_FORCE
        said["legislationIdentifier"] = document.doc_no or ""
        said["legislationLegalForce"] = f"https://schema.org/{'InForce' if in_force else 'NotInForce'}"
        effective = getattr(document, "effective_from", None)
        said["legislationDateOfApplicability"] = effective.isoformat() if effective else ""
    if made == "Report":
        said["reportNumber"] = document.doc_no or ""
    return script_json({name: value for name, value in said.items() if value not in ("", [])})


def script_json(value: Any) -> str:
    """Return JSON that can stand inside a script element, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates are the only characters left that cannot be sent; JSON itself escapes control characters.
    text = writable(text)
    for mark, escaped in _ESCAPES.items():
        text = text.replace(mark, escaped)  # Most texts have none: several times quicker than `translate`.
    return text


def _identifier(name: str, value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": name, "value": value}


def _description(edition: Edition) -> str:
    """Return the abstract, with the kind's purpose where it alone would say too little."""
    parts = [edition.document.abstract or ""]
    if len(parts[0]) < _SHORTEST:
        parts.append(f"{edition.unit_name}《{edition.document.title}》。{edition.kind.purpose}")
    if edition.sample:
        parts.insert(0, "示例数据，不反映任何真实单位。")
    return "".join(parts)[:_LONGEST]


def _span(period: str | None) -> str:
    """Return an interval of days as ISO 8601 has it."""
    if not period:
        return ""
    month = int(period[5:7]) if "-" in period else 1
    start = quarter_start(period) if "Q" in period else date(int(period[:4]), month, 1)
    return f"{start}/{period_end(period)}"
