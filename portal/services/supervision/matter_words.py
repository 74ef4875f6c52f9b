"""Reads what is typed to a step of a matter (监督事项), and refuses what cannot be kept.

said(words, empty) / optional(words, field)     some prose, which must be there or need not
one_line(words, field, empty, most)             a title
"""

from __future__ import annotations

from portal.domain.values import clean_text

GONE = "单位已经撤销，不再发文。"
MOST = 4000  # Characters of one step's words: some four pages, so that a page stays readable.


class NotPossible(ValueError):
    """A step that cannot be taken; the words say why and what to do. `field` is what is to be mended, if one."""

    def __init__(self, words: str, field: str = "") -> None:
        """Keep the words, and beside which input they belong."""
        super().__init__(words)
        self.field = field


def said(words: str, empty: str, field: str = "words") -> str:
    """Return what somebody typed, cleaned, or raise `NotPossible`: `empty` says what is to be written."""
    words = optional(words, field)
    if not words:
        raise NotPossible(empty, field)
    return words


def optional(words: str, field: str) -> str:
    """Return the same where nothing need be written."""
    try:
        words = str(clean_text(words))
    except ValueError as wrong:
        raise NotPossible(str(wrong), field) from wrong
    if len(words) > MOST:
        raise NotPossible(f"文字有 {len(words)} 字，最多 {MOST} 字。请精简，详细材料可以另行报送。", field)
    return words


def one_line(words: str, field: str, empty: str, most: int) -> str:
    """Return the same as one line of at most so many characters."""
    words = said(words, empty, field)
    if "\n" in words or len(words) > most:
        raise NotPossible(f"请写成一行，最多 {most} 字（现在 {len(words)} 字）。", field)
    return words
