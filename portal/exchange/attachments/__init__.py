"""Attachments: what a file really is, the file without what must not be published, and what it says.

`clean` works on bytes; `clean_apart` does the same in a process of its own and is what a server uses.
"""

from portal.exchange.attachments.apart import clean_apart
from portal.exchange.attachments.cleaning import clean
from portal.exchange.attachments.results import MAX_BYTES, MAX_TEXT, Cleaned, Refused

__all__ = ["MAX_BYTES", "MAX_TEXT", "Cleaned", "Refused", "clean", "clean_apart"]
