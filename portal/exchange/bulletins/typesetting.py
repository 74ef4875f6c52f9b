"""Sets papers of the commission that may have many pages, with the fonts that the posters' press finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal.exchange.posters import CannotPrint, Press


class Typesetter(Press):
    """Sets a layout of its own with texts that are content and never markup."""

    def typeset(self, layout: Path, data: dict[str, Any]) -> bytes:
        """Return PDF/UA-1, always the same bytes for the same data, or raise `CannotPrint`."""
        import typst  # Large, and only needed where something is printed.

        song, sans = self._families
        try:
            printed: bytes = typst.compile(
                layout.read_bytes(),
                format="pdf",
                font_paths=self._fonts,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False), "song": song, "sans": sans},
                pdf_standards="ua-1",
                timestamp=0,
            )
        except typst.TypstError as wrong:
            if "could not be displayed" in wrong.message:
                raise CannotPrint(
                    "文字里有服务器的字体没有的字，印出来会是空框，所以没有生成。请平台管理员安装含有这些字的字体。"
                ) from wrong
            raise
        return printed
