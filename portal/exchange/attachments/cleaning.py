"""From what somebody uploaded to what may be published; `clean` here, `clean_apart` in a process of its own."""

from __future__ import annotations

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.office import clean_office
from portal.exchange.attachments.office_text import office_text
from portal.exchange.attachments.packages import open_package
from portal.exchange.attachments.pdf import clean_pdf, pdf_text
from portal.exchange.attachments.pictures import clean_picture
from portal.exchange.attachments.recognising import recognise
from portal.exchange.attachments.results import Cleaned, Refused, bounded


def clean(data: bytes) -> Cleaned:
    """Recognise a file by its content, take out what must not be published, read its text; or raise `Refused`."""
    cleaned, kind, notes = clean_content(data)
    text, more = text_of(cleaned, kind)
    return Cleaned(cleaned, kind, text, (*notes, *more))


def clean_content(data: bytes) -> tuple[bytes, MediaType, tuple[str, ...]]:
    """Return the cleaned content, what it is, and notes; raise `Refused`."""
    kind, package = recognise(data)
    if package is not None:
        cleaned, notes = clean_office(package, kind)
    elif kind is MediaType.PDF:
        cleaned, notes = clean_pdf(data)
    else:
        cleaned, notes = clean_picture(data, kind)
    return cleaned, kind, notes


def text_of(cleaned: bytes, kind: MediaType) -> tuple[str, tuple[str, ...]]:
    """Return what a cleaned file says, and notes; raise `Refused` where it turns out to be broken."""
    if kind in (MediaType.PNG, MediaType.JPEG):
        return "", ()
    if kind is not MediaType.PDF:
        return bounded(office_text(open_package(cleaned), kind))
    try:
        text, notes = pdf_text(cleaned)
    # One program opened it, another fails on it in any way.
    except Exception as broken:
        raise Refused("PDF 的内容读不出来，多半已损坏。请用 PDF 软件打印成新的 PDF 后再添加。") from broken
    text, more = bounded(text)
    return text, (*notes, *more)
