"""Letters of the commission (文书) as PDF/UA, in the form of an official letter (GB/T 9704-2012, 信函格式)."""

from portal.exchange.letters.press import LetterPress, Sheet
from portal.exchange.posters.press import CannotPrint

__all__ = ["CannotPrint", "LetterPress", "Sheet"]
