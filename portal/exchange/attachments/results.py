"""What comes of a file that somebody wants to attach: cleaned content, or a refusal that says how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.attachment import MediaType

MAX_BYTES = (
    20 * 2**20
)  # A scanned meeting's minutes of a hundred pages fit; a visitor on a telephone still gets it.
MAX_TEXT = 400_000  # Characters that are kept for search and for the check for personal data.


class Refused(ValueError):
    """The file cannot be attached; the message says why and what to do, in Chinese."""


@dataclass(frozen=True)
class Cleaned:
    """A file as it may be published.

    `data` is the same for the same input. `text` is what it says, at most `MAX_TEXT` characters, blank for
    pictures. `notes` say what was taken out and what its owner should know.
    """

    data: bytes
    media_type: MediaType
    text: str
    notes: tuple[str, ...]

    @property
    def extension(self) -> str:
        """How the name of such a file ends, with the dot."""
        return self.media_type.extension


def bounded(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text fit to be stored, and a note where it had to be cut."""
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()
    if len(text) <= MAX_TEXT:
        return text, ()
    return text[:MAX_TEXT], (
        f"文字超过 {MAX_TEXT // 10_000} 万字，只有前面的部分能被检索、被检查个人信息；其余部分请自行核对。",
    )
