"""What the account services say when they do not do what was asked."""

from __future__ import annotations


class Refused(ValueError):
    """Nothing was done. The message is one Chinese sentence for people: what is wrong and how to go on."""
