"""The reading pages: each can be read, each link and command in them works, the glossary is in order."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from pypinyin import Style, pinyin

from portal.apps import create_public_app
from portal.cli import main
from portal.config import Settings, data_dir
from portal.site.pages import all_urls, reading
from portal.site.pages.reading import Reading, ReadingError, load, reading_page, shipped, shipped_folder
from portal.web.public.rendering import Rendering
from tests.site.sample import snapshot
from tests.site.test_pages import Page

NAMES = [one.name for one in shipped()]
WANTED = [
    "五个不直接分管",
    "末位表态",
    "副职分管",
    "正职监管",
    "集体决策",
    "三重一大",
    "签批权限",
    "轮岗",
    "三公经费",
    "采购意向",
    "单一来源",
    "询价",
    "竞争性磋商",
    "资格审查",
    "中标候选人公示",
    "合同备案",
    "财政票据",
]
HEAD = '+++\ntitle = "试页"\ndescription = "试。"\n+++\n'


def source(one: Reading) -> str:
    return (shipped_folder() / one.name).with_suffix(".md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def html() -> dict[str, str]:
    """Every reading page, and every other page of the whole site, as a reader gets them."""
    app = create_public_app(snapshot)
    rendering = Rendering(app.jinja_env, search_url=None, base_url=None)
    now = snapshot()
    found = {}
    for name in NAMES:
        context = reading_page(now, name)
        assert context is not None
        found[name] = rendering.page(now, "reading.html", context)
    client = app.test_client()
    for path in ("about.html", "sitemap.html", "404.html"):
        found[path] = client.get(f"/{path}").text
    return found


def glossary() -> Reading:
    return next(one for one in shipped() if one.name == "glossary.html")


def write(folder: Path, text: str, name: str = "page.md") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def test_the_pages_lie_where_the_other_data_lies() -> None:
    assert shipped_folder() == data_dir("content") / "pages"
    assert load(shipped_folder()) == shipped()


def test_each_reader_has_pages(html: dict[str, str]) -> None:
    groups = reading.directory()
    assert [group.code for group, _ in groups] == ["citizen", "unit", "commission", "operator"]
    assert all(listed for _, listed in groups)
    assert len({one.title for one in shipped()}) == len(NAMES)
    listed = {one.name for _, pages in groups for one in pages}
    assert listed | {"glossary.html", "accessibility.html", reading.HELP} == set(NAMES)
    for name in listed:
        assert f'href="../{name}"' in html[reading.HELP]
    assert reading.help_index(snapshot())["page"].name == reading.HELP
    assert reading_page(snapshot(), "help/nothing.html") is None


def test_every_link_leads_to_a_page_and_to_a_place_on_it(html: dict[str, str]) -> None:
    known = {one.path for one in all_urls(snapshot())} | set(NAMES)
    pages = {name: Page(text) for name, text in html.items()}
    links = 0
    for name in NAMES:
        for link in pages[name].links:
            assert not re.match(r"[a-z]+:|/", link), (name, link)
            path, _, fragment = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert target in known or target.startswith("static/"), (name, link)
            if fragment:
                assert fragment in pages[target].ids, (name, link)
            links += target in NAMES
    assert links > 2 * len(NAMES)


def test_a_page_is_whole(html: dict[str, str]) -> None:
    for name in NAMES:
        text = html[name]
        page = Page(text)  # Which refuses a second use of one id.
        assert [tag for tag, _ in page.tags].count("h1") == 1, name
        assert {"style", "img", "iframe"}.isdisjoint(tag for tag, _ in page.tags), name
        assert "{#" not in text
        assert "<p></p>" not in text


def test_terms_stand_in_the_order_of_their_pinyin() -> None:
    terms = glossary().parts
    assert set(WANTED) <= {one.title for one in terms}
    for one in terms:
        plain = re.sub(r"[（）]", "", one.title)
        syllables = one.anchor.split("-")
        readings = [
            found
            for char in plain
            for found in (
                [[char.lower()]] if char.isascii() else pinyin(char, style=Style.NORMAL, heteronym=True)
            )
        ]
        assert len(syllables) == len(readings), one.title
        for syllable, allowed in zip(syllables, readings, strict=True):
            assert syllable in [each.replace("ü", "v") for each in allowed], (one.title, syllable)
        assert one.letter == readings[0][0][0].upper() or one.letter in {
            each[0].upper() for each in readings[0]
        }
    order = [one.anchor.split("-") for one in terms]
    assert order == sorted(order)


def test_a_term_is_two_sentences_and_says_where_it_is_seen() -> None:
    for one in glossary().parts:
        text = re.sub(r"<[^>]+>", "", one.body).strip()
        said, _, where = text.partition("\n看哪里：")
        assert said.count("。") == 2, one.title
        assert said.endswith("。"), one.title
        assert where, one.title
        assert 'href="help/' in one.body, one.title


def test_letters_lead_to_their_terms(html: dict[str, str]) -> None:
    text = html["glossary.html"]
    letters = re.findall(r'href="#letter-([a-z])"', text)
    assert letters == sorted({one.anchor[0] for one in glossary().parts})
    for letter in letters:
        part = text[text.index(f'id="letter-{letter}"') :].partition("</section>")[0]
        assert set(re.findall(r'<div id="(.)', part)) == {letter}


def commands() -> list[tuple[str, str]]:
    """Return every command line of the product that a page names, with the page."""
    found = []
    for one in shipped():
        text = source(one)
        fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        lines = [line for block in fenced for line in block.splitlines()]
        lines += re.findall(r"`(portal [^`]+)`", text)
        found += [
            (one.name, line.removeprefix("/opt/portal/bin/"))
            for line in lines
            if re.match(r"(/opt/portal/bin/)?portal ", line)
        ]
    return found


def test_every_command_in_the_pages_exists() -> None:
    found = commands()
    assert {"import", "publish", "withdraw", "verify", "sync", "compliance"} <= {
        line.split()[1] for _, line in found
    }
    for name, line in found:
        words = shlex.split(line)
        context = click.Context(main)
        command = main.get_command(context, words[1])
        assert command is not None, (name, line)
        if "--help" in words:
            continue
        given = [word.split("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)]
        options = {
            option
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for option in parameter.opts
        }
        assert set(given) <= options, (name, line)
        required = {
            parameter.name
            for parameter in command.params
            if isinstance(parameter, click.Option) and parameter.required
        }
        named = {
            parameter.name
            for parameter in command.params
            if isinstance(parameter, click.Option) and set(parameter.opts) & set(given)
        }
        assert len(words) == 2 or required <= named, (name, line)


def test_every_setting_in_the_pages_exists() -> None:
    for one in shipped():
        for name in re.findall(r"PORTAL_([A-Z_]+)", source(one)):
            assert name.lower() in Settings.model_fields, (one.name, name)


def test_every_part_of_a_page_that_help_names_exists() -> None:
    """Help sends the reader to “按规定核对”一节: some template has that heading."""
    templates = "".join(
        file.read_text(encoding="utf-8") for file in sorted(data_dir("templates").rglob("*.html"))
    )
    for one in shipped():
        for name in re.findall(r"“([^”]{2,16})”一[节表栏]", source(one)):
            wanted = "版的差别" if name == "与上一版的差别" else name
            if name == "填表说明":  # A sheet of the workbook.
                continue
            assert wanted in templates, (one.name, name)


def test_the_few_lines_of_python_tell_true_from_false(tmp_path: Path) -> None:
    page = next(one for one in shipped() if one.name == "help/verify.html")
    script = re.search(r"```python\n(.*?)```", source(page), re.DOTALL)
    assert script
    record = next(one for one in snapshot().records if one.document is not None)
    place = f"/{record.path.removesuffix('.html')}.json"
    data = json.loads(create_public_app(snapshot).test_client().get(place).data)
    for answer in ("True", "False"):
        (tmp_path / "文件.json").write_text(json.dumps(data), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", script[1]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == answer
        data["content"]["reason"] += "。"


def test_the_chinese_is_set_as_chinese() -> None:
    wide = "一-鿿，。；：！？、（）“”《》"
    for one in shipped():
        text = re.sub(r"^```.*?^```", "", source(one), flags=re.DOTALL | re.MULTILINE)
        text = re.sub(r"`[^`]*`", "code", text.partition("\n+++\n")[2])
        text = re.sub(r"\{#[a-z0-9-]+\}|\]\([^)]*\)", "", text)
        for found in re.finditer(rf"[{wide}][,;:!?()\"']|[,;:!?\"'][{wide}]|[{wide}] +[{wide}]|  ", text):
            place = text[max(found.start() - 8, 0) : found.end() + 8]
            assert "信息技术 互联网" in text[found.start() - 4 : found.end() + 4], (one.name, place)
        for line in text.splitlines():
            if line and not line.startswith(("#", "|", "-")) and not re.match(r"\d\.", line):
                assert line.rstrip().endswith(("。", "：", "+++")) or line.startswith("看哪里："), (
                    one.name,
                    line,
                )


def test_no_promise_and_no_number_that_only_a_place_can_give(html: dict[str, str]) -> None:
    """Deadlines, limits and report channels are dated data of a jurisdiction; the texts lead there instead."""
    for one in shipped():
        text = re.sub(r"<pre>.*?</pre>", "", html[one.name], flags=re.DOTALL)
        body = text[text.index("<main") : text.index("</main>")]
        assert not re.search(
            r"12388|\d+ ?个工作日|(?:法|条例|办法|规定)第[一二三四五六七八九十百]+条", body
        ), one.name
        assert not re.search(r"承诺|保证您|绝对|马上就会", body), one.name


def test_lines_of_chinese_join_without_a_gap(tmp_path: Path) -> None:
    (page,) = load(write(tmp_path, HEAD + "前一行，\n后一行 word\nagain\n中文\n"))
    assert page.body == "<p>前一行，后一行 word\nagain\n中文</p>\n"


def test_markup_in_a_text_is_shown_not_run(tmp_path: Path) -> None:
    text = "<script>alert(1)</script>\n\n文<img src=x onerror=alert(2)>字 ![图](a.png) [点](&#106;avascript:alert(3))\n"
    with pytest.raises(ReadingError, match="站内的相对链接"):
        load(write(tmp_path, HEAD + "[外站](https://example.org/)\n"))
    (page,) = load(write(tmp_path, HEAD + text))
    assert not re.search(r"<(script|img)|href=\"javascript", page.body)
    assert "&lt;script&gt;alert(1)" in page.body


def test_links_between_texts_become_links_between_pages(tmp_path: Path) -> None:
    (page,) = load(
        write(tmp_path, HEAD + "[甲](help/a.md) [乙](../b.md#c-1) [丙](#d) [丁](about.html#verify)\n")
    )
    assert re.findall(r'href="([^"]*)"', page.body) == [
        "help/a.html",
        "../b.html#c-1",
        "#d",
        "about.html#verify",
    ]


def test_tables_scroll_in_a_labelled_box(tmp_path: Path) -> None:
    (page,) = load(write(tmp_path, HEAD + "## 甲“乙” {#x}\n\n| 一 | 二 |\n|---|---|\n| 三 | 四 |\n"))
    assert '<div class="scroll" tabindex="0" role="region" aria-label="甲“乙”"><table>' in page.body
    assert page.body.count('<th scope="col">') == 2
    assert page.body.rstrip().endswith("</table></div>")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("没有开头\n", "两行 \\+\\+\\+"),
        ('+++\ntitle = "缺说明"\n+++\n', "description"),
        ('+++\ntitle = "x"\ndescription = "y"\nauthor = "z"\n+++\n', "author"),
        ('+++\ntitle = "x"\ndescription = 3\n+++\n', "description"),
        ("+++\ntitle = x\n+++\n", "TOML 有误"),
        (
            HEAD.replace("+++\n", 'doors = ["nowhere"]\n+++\n', 2).removeprefix('doors = ["nowhere"]\n'),
            "nowhere",
        ),
        (HEAD.replace('"试。"\n', '"试。"\ngroup = "someone"\n'), "someone"),
        (HEAD + "## 没有锚点\n", "没有锚点"),
        (HEAD + "# 一级标题 {#a}\n", "一级标题"),
        (HEAD + "## 甲 {#a}\n\n## 乙 {#a}\n", "用了两次"),
        (HEAD + "## 甲 {#大写}\n", "锚点用小写字母"),
        (HEAD + "[根](/about.html)\n", "/about.html"),
    ],
)
def test_a_page_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ReadingError, match=said) as wrong:
        load(write(tmp_path, text, "help/odd.md"))
    assert "help/odd.html" in str(wrong.value)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="重新安装"):
        load(tmp_path)


def test_doors_lead_into_places_with_units() -> None:
    context = reading_page(snapshot(), "help/finance.html")
    assert context is not None
    doors = dict(context["doors"])
    assert [link.path for link in doors["季度财务公开"]] == ["xiuzhou/finance.html"]
    assert [link.path for link in doors["公开情况"]] == ["xiuzhou/status.html"]
