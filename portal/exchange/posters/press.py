"""Sets a sheet and prints it: fonts that are there, one page where it fits, the same bytes for the same sheet."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from portal.exchange.posters.sheet import Sheet

LAYOUT = Path(__file__).with_name("layout.typ")
# In order of preference. Any of them has the characters of GB 18030's common part.
SONG = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Songti SC", "STSong", "FangSong")
SANS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Heiti SC",
)
# Rows of each table and size of letters that are tried until everything stands on one page: large letters first,
# then smaller ones, and only then is something left out.
_TRIED = (
    *((40, 1.6), (40, 1.4), (40, 1.25), (40, 1.12), (40, 1.0), (40, 0.92)),
    *((26, 0.92), (18, 0.92), (12, 0.92), (8, 0.92), (6, 0.92), (4, 0.92)),
)
_PROBE = "阳光权力公开平台：“一把手”，〔2026〕①￥"  # Characters that every poster may need.
_CODE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_UNSHOWN = re.compile(r"the text `(.*?)` could not be displayed")


class CannotPrint(RuntimeError):
    """No poster can be made; the message says why and what to do."""


class NoFont(CannotPrint):
    """The server has no font with Chinese characters."""


class Press:
    """Prints sheets. Looks for fonts once; `folders` are searched besides the system's own.

    What else is printed has a press of its own over this one: its `layout` and what it is called in messages.
    """

    layout: Path = LAYOUT
    what: str = "公示海报"

    def __init__(self, folders: Sequence[Path] = (), *, system_fonts: bool = True) -> None:
        self._folders, self._system = tuple(folders), system_fonts

    def check(self) -> tuple[str, str]:
        """Return the families for headings and text, or raise `NoFont`."""
        return self._families

    def print(self, sheet: Sheet) -> bytes:
        """Return the poster as PDF/UA-1, on one page where cutting the tables makes that possible, or raise `CannotPrint`."""
        return self._fitted(sheet)[0]

    def draw(self, sheet: Sheet, *, ppi: float = 100.0) -> bytes:
        """Return the first page as PNG."""
        drawn = self._set(self._fitted(sheet)[1], "png", ppi=ppi)
        first: bytes = drawn if isinstance(drawn, bytes) else drawn[0]
        return first

    def _fitted(self, sheet: Sheet) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF and what it was set from: the first try on one page, else the first with the fewest pages."""
        found: tuple[int, bytes, dict[str, Any]] | None = None
        for rows, scale in _TRIED:
            data = sheet.laid_out(rows, scale)
            printed = self._set(data, "pdf", pdf_standards="ua-1", timestamp=0)
            pages = len(PdfReader(io.BytesIO(printed)).pages)
            if found is None or pages < found[0]:
                found = pages, printed, data
            if pages == 1:
                break
        assert found is not None  # noqa: S101 - something is always tried.
        return found[1:]

    @cached_property
    def _fonts(self) -> Any:
        import typst  # Large, and only needed where something is printed.

        return typst.Fonts(
            include_system_fonts=self._system,
            include_embedded_fonts=True,
            font_paths=[str(one) for one in self._folders],
        )

    @cached_property
    def _families(self) -> tuple[str, str]:
        known = set(self._fonts.families())
        song = next((one for one in SONG if self._shows(one, known)), None)
        sans = next((one for one in SANS if self._shows(one, known)), None)
        if song is None and sans is None:
            raise NoFont(
                f"服务器上没有中文字体，无法生成{self.what}。请平台管理员安装后重启服务："
                "apt install fonts-noto-cjk（Debian、Ubuntu），其他系统安装思源宋体和思源黑体。"
            )
        return song or sans or "", sans or song or ""

    def _shows(self, family: str, known: set[str]) -> bool:
        """Tell whether the family really has Chinese characters: a name alone promises nothing."""
        if family not in known:
            return False
        import typst  # Likewise.

        source = (
            '#set document(title: "x")\n#set text(lang: "zh", fallback: false, font: sys.inputs.family)\n'
            "#sys.inputs.probe"
        )
        try:
            typst.compile(
                source.encode(), format="pdf", pdf_standards="ua-1", font_paths=self._fonts,
                sys_inputs={"family": family, "probe": _PROBE},
            )  # fmt: skip
        except typst.TypstError:
            return False
        return True

    def _set(self, data: dict[str, Any], form: str, **more: Any) -> Any:
        import typst  # Likewise.

        song, sans = self._families
        setting: Any = typst.compile  # Its declared overloads take a format in no variable.
        try:
            return setting(
                self.layout.read_bytes(),
                format=form,
                font_paths=self._fonts,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False), "song": song, "sans": sans},
                **more,
            )
        except typst.TypstError as wrong:
            if unshown := _UNSHOWN.search(wrong.message):
                seen = _CODE.sub(lambda one: f"U+{one[1].upper()}", unshown[1].strip('"'))
                raise CannotPrint(
                    f"“{seen}”在服务器的字体里没有，印出来会是空框，所以没有生成{self.what}。"
                    "请平台管理员安装含有这个字的字体，或先从公开网页打印。"
                ) from wrong
            raise
