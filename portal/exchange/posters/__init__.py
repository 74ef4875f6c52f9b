"""公示栏海报: one disclosure on A4, for the board at the unit's door.

    sheet_of(document: Document, posted: Posted) -> Sheet     what the poster says, as plain values
    Press().print(sheet) -> bytes                             the PDF (PDF/UA-1); PNG for a look at it
    CannotPrint                                               why there is none, and what to do

Texts are data: they reach the layout as JSON and are never read as markup.
"""

from portal.exchange.posters.press import CannotPrint, NoFont, Press
from portal.exchange.posters.sheet import Fact, Figure, Grid, Posted, Sheet
from portal.exchange.posters.writing import sheet_of

__all__ = ["CannotPrint", "Fact", "Figure", "Grid", "NoFont", "Posted", "Press", "Sheet", "sheet_of"]
