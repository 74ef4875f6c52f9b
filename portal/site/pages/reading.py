"""The reading pages: help, glossary and the accessibility statement, written in Markdown under `content/pages`.

A file's place is its page's: `help/verify.md` becomes `help/verify.html`. Each
begins with a few lines of TOML between `+++` (see `Head`). Every heading ends
with its anchor, `## 下载数据 {#download}`, so that a link to it outlives a change
of wording. Links are relative, to other `.md` files or to pages of the site.

The texts ship with the program as the templates do: they are read once, and
what a page shows besides them comes from the snapshot.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, ValidationError

from portal.site.pages import paths
from portal.site.pages.shell import Context, Link, Meta, public_kinds, site_band
from portal.site.snapshot import Snapshot

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HELP = "help/index.html"
MAX_DOORS = 12  # Jurisdictions linked beside one page; the front page has them all.
_PACKAGE = Path(__file__).resolve().parents[2]
_AREA_PAGES = {
    "index": "地区首页",
    "units": "单位名录",
    "domains": "谁分管什么",
    "rules": "本地规定",
    "status": "公开情况",
}
_ANCHORED = re.compile(r"(.*?)\s*\{#([a-z][a-z0-9-]*)\}")
_WIDE = re.compile(r"[　-〿一-鿿＀-￯“”‘’…—]")


class ReadingError(ValueError):
    """A reading page that cannot be used; the message names the file and what to mend."""


class Group(BaseModel):
    """Readers whom some of the help pages are for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: str
    title: str
    text: str


class Head(BaseModel):
    """What stands between the `+++` lines."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: str
    description: str  # One sentence: below the title, and for search engines.
    group: str = ""  # Code of the readers that a help page is for.
    order: int = 0  # Place within the group.
    doors: list[str] = []  # What to open next, in every jurisdiction: kinds (finance) or its pages (status).
    glossary: bool = False  # Every heading is a term; its anchor is its pinyin (mo-wei-biao-tai).
    groups: list[Group] = []  # Of the index of help alone.


@dataclass(frozen=True)
class Part:
    """A heading of a page and what stands below it. In a glossary: a term."""

    title: str
    anchor: str
    body: Markup

    @property
    def letter(self) -> str:
        """The letter that a term is listed under."""
        return self.anchor[0].upper()


@dataclass(frozen=True)
class Reading:
    """One page: its site path, what its head says, its text as HTML, its parts (glossary terms in pinyin order)."""

    name: str
    head: Head
    body: Markup
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """The title."""
        return self.head.title


def shipped_folder() -> Path:
    """Return where the pages lie: inside the package in a wheel, beside it in a checkout."""
    inside = _PACKAGE / "_data" / "content" / "pages"
    return inside if inside.is_dir() else _PACKAGE.parent / "content" / "pages"


@cache
def shipped() -> tuple[Reading, ...]:
    """Return the pages that ship with the program."""
    return load(shipped_folder())


def load(folder: Path) -> tuple[Reading, ...]:
    """Read every page in `folder`, in the order of help: by group, then as numbered; or raise `ReadingError`."""
    # Imported here: the commands that make no page need not wait for it.
    from markdown_it import MarkdownIt  # noqa: PLC0415, RUF100

    files = sorted(folder.rglob("*.md"))
    if not files:
        raise ReadingError(f"{folder} 里没有说明页（*.md）。程序没有装全，请重新安装。")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    found = [
        _read(file, file.relative_to(folder).with_suffix(".html").as_posix(), markdown) for file in files
    ]
    groups = [group.code for one in found for group in one.head.groups]
    for one in found:
        if one.head.group and one.head.group not in groups:
            raise ReadingError(f"{one.name}：group = “{one.head.group}”不在 help/index.md 的 groups 里。")
    places = {code: number for number, code in enumerate(groups, start=1)}
    return tuple(sorted(found, key=lambda one: (places.get(one.head.group, 0), one.head.order, one.name)))


def _read(file: Path, name: str, markdown: MarkdownIt) -> Reading:
    text = file.read_text(encoding="utf-8")
    parts = re.fullmatch(r"\+\+\+\n(.*?)^\+\+\+\n(.*)", text, re.DOTALL | re.MULTILINE)
    if parts is None:
        raise ReadingError(f"{name}：开头应是两行 +++ 之间的 TOML（title、description 等）。")
    try:
        head = Head.model_validate(tomllib.loads(parts[1]))
    except tomllib.TOMLDecodeError as wrong:
        raise ReadingError(f"{name}：开头的 TOML 有误（{wrong}）。") from wrong
    except ValidationError as wrong:
        fields = "、".join(".".join(map(str, one["loc"])) for one in wrong.errors())
        raise ReadingError(f"{name}：开头的 {fields} 缺少、多余或写法不对。") from wrong
    known = _AREA_PAGES.keys() | {kind.code for kind in public_kinds()}
    if strange := [code for code in head.doors if code not in known]:
        raise ReadingError(f"{name}：doors 里的“{strange[0]}”既不是公开类别，也不是地区页面。")
    tokens = markdown.parse(parts[2])
    _prepare(tokens, name)
    cuts = [place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    sections = [
        Part(
            tokens[start + 1].content,
            str(tokens[start].attrGet("id")),
            _html(tokens[start + 3 : end], markdown),
        )
        for start, end in zip(cuts, [*cuts[1:], len(tokens)], strict=False)
    ]
    if head.glossary:
        sections.sort(key=lambda one: one.anchor.split("-"))
        tokens = tokens[: cuts[0] if cuts else None]
    return Reading(name, head, _html(tokens, markdown), tuple(sections))


def _html(tokens: Sequence[Token], markdown: MarkdownIt) -> Markup:
    # The text is the program's own, and raw HTML in it is shown, not run.
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704


def _prepare(tokens: Sequence[Token], name: str) -> None:
    """Give headings their anchors, tables their labels, links their addresses; join lines of Chinese without a gap."""
    taken: set[str] = set()
    label = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            label = _anchor(token, tokens[place + 1], name, taken)
        elif token.type == "table_open":
            token.attrSet("aria-label", label)
        elif token.type == "th_open":
            token.attrSet("scope", "col")
        children = token.children or []
        for at, child in enumerate(children):
            if child.type == "link_open":
                child.attrSet("href", _address(str(child.attrGet("href")), name))
            elif child.type == "softbreak" and _joined(children, at):
                child.type = "text"


def _anchor(token: Token, inline: Token, name: str, taken: set[str]) -> str:
    found = _ANCHORED.fullmatch(inline.content)
    if found is None or token.tag == "h1" or not inline.children:
        raise ReadingError(
            f"{name}：标题“{inline.content}”应写成“## 标题 {{#anchor}}”，锚点用小写字母、数字和连字符。"
        )
    title, anchor = found[1], found[2]
    if anchor in taken:
        raise ReadingError(f"{name}：锚点“{anchor}”用了两次，请给其中一个换个名字。")
    taken.add(anchor)
    token.attrSet("id", anchor)
    inline.content = title
    inline.children[-1].content = inline.children[-1].content.rpartition("{#")[0].rstrip()
    return title


def _address(link: str, name: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]*:|/", link, re.IGNORECASE):
        raise ReadingError(f"{name}：链接“{link}”不是站内的相对链接。说明页不链接外站，也不从根目录写起。")
    return re.sub(r"\.md(?=#|$)", ".html", link)


def _joined(children: Sequence[Token], at: int) -> bool:
    """Tell whether a line break stands between two Chinese characters, where a blank would show as a gap."""
    before = children[at - 1].content[-1:] if at else ""
    after = children[at + 1].content[:1] if at + 1 < len(children) else ""
    return bool(_WIDE.match(before) and _WIDE.match(after))


def _open_table(_self: object, tokens: Sequence[Token], place: int, _options: object, _env: object) -> str:
    label = Markup.escape(str(tokens[place].attrGet("aria-label")))
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>\n'


def _close_table(*_: object) -> str:
    return "</table></div>\n"


def directory(pages: Sequence[Reading] | None = None) -> list[tuple[Group, list[Reading]]]:
    """Return the groups of help with their pages, in order: for the index, the site map and 这个平台是什么."""
    known = shipped() if pages is None else pages
    groups = [group for one in known for group in one.head.groups]
    return [(group, [one for one in known if one.head.group == group.code]) for group in groups]


def reading_page(snapshot: Snapshot, name: str, *, pages: Sequence[Reading] | None = None) -> Context | None:
    """Return the page at the site path `name` (help/verify.html, glossary.html); None where there is none."""
    known = shipped() if pages is None else pages
    one = next((each for each in known if each.name == name), None)
    if one is None:
        return None
    in_help = name.startswith("help/")
    crumbs = [Link("首页", paths.HOME)]
    if in_help and name != HELP:
        crumbs.append(Link("帮助", HELP))
    group = next((group for group, listed in directory(known) if one in listed), None)
    return {
        "meta": Meta(
            path=name,
            title=one.title,
            description=one.head.description,
            crumbs=(*crumbs, Link("帮助" if name == HELP else one.title)),
            nav="help" if in_help else "",
            column="帮助" if in_help else one.title,
            sample=site_band(snapshot),
        ),
        "page": one,
        "group": group,
        "beside": [each for each in known if group and each.head.group == group.code],
        "letters": [(letter, list(terms)) for letter, terms in groupby(one.parts, lambda term: term.letter)]
        if one.head.glossary
        else [],
        "directory": directory(known) if one.head.groups else [],
        "doors": list(_doors(snapshot, one)),
    }


def help_index(snapshot: Snapshot) -> Context:
    """Return the index of help."""
    context = reading_page(snapshot, HELP)
    if context is None:
        raise ReadingError(f"没有 {HELP}。程序没有装全，请重新安装。")
    return context


def _doors(snapshot: Snapshot, page: Reading) -> Iterator[tuple[str, list[Link]]]:
    """Yield what to open after reading: each sort of page, in the jurisdictions that have units."""
    kinds = {kind.code: kind for kind in public_kinds()}
    areas = [view for view in snapshot.jurisdictions if view.units][:MAX_DOORS]
    for code in page.head.doors:
        kind = kinds.get(code)
        label = kind.label if kind else _AREA_PAGES[code]
        if areas:
            target = kind.path if kind else code
            yield label, [Link(one.regime.short, paths.jurisdiction_path(one.slug, target)) for one in areas]
