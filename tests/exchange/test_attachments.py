"""What may be attached: recognised by content, cleaned of what must not go out, read for search; the same every time."""

from __future__ import annotations

import io
import zlib

import docx
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.domain.attached import personal_data_in
from portal.domain.documents.attachment import MediaType, file_name
from portal.exchange.attachments import Cleaned, Refused, clean, clean_apart
from portal.exchange.attachments.packages import open_package
from tests.exchange import attachment_files as made

GOOD = {
    MediaType.PDF: made.plain_pdf,
    MediaType.DOCX: made.word,
    MediaType.XLSX: made.workbook,
    MediaType.PPTX: lambda: made.slides(made.PHRASE, "第二页"),
    MediaType.PNG: lambda: made.photo("PNG"),
    MediaType.JPEG: made.photo,
}


def everything_in(data: bytes) -> bytes:
    """What anybody could find in a file: its bytes, unpacked."""
    if data.startswith(b"PK"):
        return data + b"".join(made.parts_of(data).values())
    if data.startswith(b"%PDF"):
        found = [data]
        with pikepdf.open(io.BytesIO(data)) as pdf:
            found += [
                one.read_raw_bytes() if isinstance(one, pikepdf.Stream) else one.unparse(resolved=True)
                for one in pdf.objects
            ]
            found.append(written_plainly(pdf))
        return b"".join(found)
    return data


def written_plainly(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False,
             stream_decode_level=pikepdf.StreamDecodeLevel.generalized)  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_known_by_its_content_and_keeps_no_trace_of_who_made_it(kind: MediaType) -> None:
    data = GOOD[kind]()
    cleaned = clean(data)

    assert cleaned.media_type is kind
    inside = everything_in(cleaned.data)
    assert b"Secret" not in inside
    assert "秘密".encode() not in inside
    assert b"Secret" in everything_in(data) or kind is MediaType.PPTX  # Else nothing was tried.


@pytest.mark.parametrize("kind", GOOD)
def test_the_same_file_gives_the_same_bytes_and_a_cleaned_one_stays_as_it_is(kind: MediaType) -> None:
    data = GOOD[kind]()
    first, again = clean(data), clean(data)
    assert first == again
    assert clean(first.data).data == first.data


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (MediaType.PDF, ["Minutes of the meeting"]),
        (MediaType.DOCX, [made.PHRASE, "单元格甲", "单元格乙", "页眉文字"]),
        (MediaType.XLSX, [made.PHRASE, "13812345678"]),
        (MediaType.PPTX, [made.PHRASE, "第二页"]),
        (MediaType.PNG, []),
    ],
)
def test_what_a_file_says_is_read(kind: MediaType, words: list[str]) -> None:
    text = clean(GOOD[kind]()).text
    assert all(one in text for one in words), text
    assert bool(text) == bool(words)


def test_office_programs_still_open_what_was_cleaned() -> None:
    document = docx.Document(io.BytesIO(clean(made.word()).data))
    assert document.paragraphs[0].text == made.PHRASE
    assert document.core_properties.author != "SecretAuthor"
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(clean(made.workbook()).data))
    assert book["明细"]["A1"].value == made.PHRASE


def test_a_picture_keeps_every_pixel_and_how_it_is_to_be_turned() -> None:
    for data in (made.photo("PNG"), made.photo(turned=6)):
        before, after = (Image.open(io.BytesIO(one)) for one in (data, clean(data).data))
        assert before.tobytes() == after.tobytes()
        assert before.getexif().get(0x0112, 1) == after.getexif().get(0x0112, 1)
        assert not after.getexif().get_ifd(0x8825)


def test_what_was_cut_off_a_picture_does_not_stay_behind_its_end() -> None:
    whole = made.photo("PNG")
    for data in (whole + b"SecretTail", made.photo() + b"\xff\xd8SecretTail"):
        assert b"SecretTail" not in clean(data).data
    # More rows than the picture shows, as a program leaves them that cuts a screen shot in place.
    with_more = made.png_of(4, 4, bytes(4 * 13) + b"SecretRows")
    cleaned = clean(with_more).data
    place = cleaned.index(b"IDAT")
    assert b"Secret" not in zlib.decompress(cleaned[place + 4 :])


def test_a_pdf_loses_what_runs_opens_sends_and_hides() -> None:
    data = made.hostile_pdf()
    cleaned = clean(data)

    inside = everything_in(cleaned.data)
    assert b"Secret" not in inside
    for name in (
        b"/JavaScript",
        b"/OpenAction",
        b"/AA",
        b"/EmbeddedFile",
        b"/Launch",
        b"/SubmitForm",
        b"/XFA",
        b"/JS",
    ):
        assert name in everything_in(data) or name == b"/EmbeddedFile"
        assert name not in inside, name
    assert b"https://www.example.gov.cn/" in inside
    with pikepdf.open(io.BytesIO(cleaned.data)) as pdf:
        assert len(pdf.pages) == 2
        links = [one for one in pdf.pages[0].obj.Annots if one.Subtype == "/Link"]
        assert len(links) == 5
        drawn = pikepdf.PdfImage(pdf.pages[1].obj.Resources.XObject.Im0).as_pil_image()
    assert drawn.size == (64, 40)
    told = "".join(cleaned.notes)
    assert all(word in told for word in ("脚本", "内嵌的其他文件", "批注", "拍摄信息", "文件属性"))


def test_a_font_may_be_called_as_a_thing_that_runs_is() -> None:
    pdf = made.pages("Minutes")
    fonts = pdf.pages[0].obj.Resources.Font
    fonts["/AA"] = fonts["/F1"]
    pdf.pages[0].obj.Contents = pdf.make_stream(b"BT /AA 12 Tf 72 700 Td (Minutes) Tj ET")
    cleaned = clean(made.written(pdf))
    with pikepdf.open(io.BytesIO(cleaned.data)) as after:
        assert "/AA" in after.pages[0].obj.Resources.Font
    assert "Minutes" in cleaned.text


def test_a_pdf_that_is_something_else_as_well_is_only_a_pdf_afterwards() -> None:
    html = b"\n<html><script>SecretScript()</script></html>"
    assert b"Secret" not in clean(made.plain_pdf() + html).data
    archive = made.packed({"Secret.html": b"SecretPage"})
    assert b"Secret" not in clean(made.plain_pdf() + archive).data
    with pytest.raises(Refused, match="开头多出了别的内容"):
        clean(b"GARBAGE\n" + made.plain_pdf())


def test_a_locked_pdf_is_refused_and_a_restricted_one_is_freed() -> None:
    locked = made.written(made.pages("a"), encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(Refused, match="打开密码"):
        clean(locked)
    restricted = made.written(made.pages("a"), encryption=pikepdf.Encryption(owner="o", user=""))
    assert "限制" in "".join(clean(restricted).notes)


def test_unapplied_redactions_are_refused() -> None:
    pdf = made.pages("a")
    pdf.pages[0].obj.Annots = pikepdf.Array([
        pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Redact, Rect=pikepdf.Array([0, 0, 9, 9]))
    ])  # fmt: skip
    with pytest.raises(Refused, match="涂黑"):
        clean(made.written(pdf))


def test_a_scanned_pdf_is_told_to_have_no_text() -> None:
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page()
    cleaned = clean(made.written(pdf))
    assert cleaned.text == ""
    assert "没有可检索的文字" in "".join(cleaned.notes)


def a_remark(document: docx.document.Document) -> None:
    document.add_comment(document.paragraphs[0].runs, "删去这一句", author="SecretAuthor")


TRACKED = '<w:p><w:ins w:id="1" w:author="SecretAuthor"><w:r><w:t>x</w:t></w:r></w:ins></w:p>'
REFUSED = {
    "empty": (b"", "0 字节"),
    "too large": (b"%PDF-" + bytes(21 * 2**20), "20 MB"),
    "legacy": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 Office"),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>', "SVG"),
    "html": (b"\xef\xbb\xbf <!DOCTYPE html><script>x</script>", "网页"),
    "webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
    "tiff": (b"II*\0" + bytes(20), "TIFF"),
    "gif": (b"GIF89a" + bytes(20), "GIF"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
    "program": (b"MZ" + bytes(20), "程序"),
    "text": ("会议记录".encode(), "不认识"),
    "zip": (made.packed({"a.txt": b"a"}), "压缩包"),
    "odt": (made.packed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "ODF"),
    "ofd": (made.packed({"OFD.xml": b"<a/>"}), "OFD"),
    "torn zip": (made.word()[:3000], "损坏"),
    "torn picture": (made.photo()[:300], "损坏"),
    "torn png": (made.photo("PNG")[:120], "损坏"),
    "torn pdf": (b"%PDF-1.7\nnothing of it", "损坏"),
    "macro": (made.changed(made.word(), a=("[Content_Types].xml", "vnd.openxmlformats-officedocument.wordprocessingml.document.main", "vnd.ms-word.document.macroEnabled.main")), "宏"),
    "hidden macro": (made.related(made.word(), "word/document.xml", "vbaProject", "vbaProject.bin", b"x"), "宏"),
    "template": (made.changed(made.word(), a=("[Content_Types].xml", "document.main", "template.main")), "模板"),
    "remark": (made.word(change=a_remark), "批注或修订"),
    "tracked": (made.changed(made.word(), a=("word/document.xml", "<w:p>", f"{TRACKED}<w:p>")), "批注或修订"),
    "embedded": (made.related(made.word(), "word/document.xml", "package", "embeddings/book.xlsx", made.workbook()), "嵌有"),
    "chunk": (made.related(made.word(), "word/document.xml", "aFChunk", "chunk.htm", b"<html/>"), "嵌有"),
    "mailing list": (made.related(made.word(), "word/document.xml", "recipientData", "r.xml", b"<a/>"), "外部的数据"),
    "ole": (made.related(made.word(), "word/document.xml", "oleObject", "embeddings/o.bin", b"x"), "嵌有"),
    "outside picture": (made.related(made.word(), "word/document.xml", "image", "http://203.0.113.9/a.png", None, external=True), "之外的内容"),
    "other workbook": (made.related(made.workbook(), "xl/workbook.xml", "externalLink", "externalLinks/e.xml", b"<a/>"), "其他工作簿"),
    "entities": (made.changed(made.word(), a=("word/document.xml", "<w:document", '<!DOCTYPE a [<!ENTITY b "c">]><w:document')), "DTD"),
    "dde": (made.changed(made.word(), a=("word/document.xml", "<w:p>", "<w:p><w:r><w:instrText>DDEAUTO c:\\cmd.exe</w:instrText></w:r></w:p><w:p>")), "DDE"),
    "video": (made.related(made.slides("a"), "ppt/slides/slide1.xml", "video", "a.mp4", b"x"), "音频或视频"),
    "two of a name": (made.word() and made.doubled(made.word()), "损坏"),
    "outside names": (made.packed({**made.parts_of(made.word()), "../../evil.sh": b"x"}), "损坏"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_published_is_refused_and_says_how_to_mend_it(name: str) -> None:
    data, told = REFUSED[name]
    with pytest.raises(Refused, match=told) as refusal:
        clean(data)
    assert "请" in str(refusal.value) or "程序" in str(refusal.value)


def test_an_encrypted_workbook_is_told_from_an_old_one() -> None:
    import msoffcrypto
    from msoffcrypto.format.ooxml import OOXMLFile

    assert msoffcrypto
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(made.workbook())).encrypt("geheim", out)
    with pytest.raises(Refused, match="打开密码"):
        clean(out.getvalue())


def test_what_lies_in_an_office_file_unused_does_not_go_out() -> None:
    data = made.packed(
        {**made.parts_of(made.word()), "word/unused.bin": b"SecretLeft", "customXml/item9.xml": b"<Secret/>"}
    )
    assert b"Secret" not in everything_in(clean(data).data)
    data = made.related(made.word(), "word/document.xml", "hyperlink", "file:///C:/Users/SecretUser/x.doc", None, external=True)  # fmt: skip
    cleaned = clean(data)
    assert b"Secret" not in everything_in(cleaned.data)
    assert "链接" in "".join(cleaned.notes)
    kept = made.related(made.word(), "word/document.xml", "hyperlink", "https://www.example.gov.cn/a?b=1&amp;c=2", None, external=True)  # fmt: skip
    relations = open_package(clean(kept).data).relations("word/document.xml")
    assert "https://www.example.gov.cn/a?b=1&c=2" in [one.target for one in relations]


def test_pictures_in_office_files_lose_where_they_were_taken() -> None:
    data = made.word(change=lambda document: document.add_picture(io.BytesIO(made.photo())))
    assert b"SecretPhone" in everything_in(data)
    assert b"SecretPhone" not in everything_in(clean(data).data)


def test_hidden_sheets_are_told() -> None:
    cleaned = clean(made.workbook(lambda book: book.add_worksheet("底稿").hide()))
    assert "底稿" in "".join(cleaned.notes)


def test_bombs_go_off_nowhere() -> None:
    zeros = made.packed({**made.parts_of(made.word()), "word/media/image1.bmp": bytes(120 * 2**20)})
    with pytest.raises(Refused, match="异常庞大"):
        clean(zeros)
    with pytest.raises(Refused, match="像素"):
        clean(made.png_bomb())
    with pytest.raises(Refused, match=r"复杂或异常|损坏|庞大"):
        clean_apart(made.pdf_bomb())


def test_a_process_of_its_own_gives_the_same() -> None:
    data = made.plain_pdf()
    assert clean_apart(data) == clean(data)
    with pytest.raises(Refused, match="旧版 Office"):
        clean_apart(REFUSED["legacy"][0])
    with pytest.raises(Refused, match="20 MB"):
        clean_apart(bytes(21 * 2**20))


def test_personal_data_in_a_file_is_found_and_shown_masked_only() -> None:
    number = "110101199003070417"
    hits = personal_data_in(clean(made.word(f"身份证号：{number}", "电话：13812345678，13812345678")).text)
    assert {one.sort.value for one in hits} == {"id", "mobile"}
    assert all(number not in one.excerpt and "13812345678" not in one.excerpt for one in hits)
    assert [one.sort.value for one in personal_data_in(clean(made.workbook()).text)] == ["mobile"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(list(GOOD)), cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=4))  # fmt: skip
def test_a_damaged_file_is_cleaned_or_refused_and_nothing_else(
    kind: MediaType, cuts: list[tuple[float, bytes]]
) -> None:
    data = bytearray(GOOD[kind]())
    for place, piece in cuts:
        at = int(place * len(data))
        data[at : at + len(piece)] = piece
    try:
        found: Cleaned | None = clean(bytes(data))
    except Refused:
        found = None
    assert found is None or found.data


@settings(max_examples=200, deadline=None)
@given(given_name=st.text(max_size=300), kind=st.sampled_from(list(MediaType)))
def test_any_name_becomes_one_that_can_be_saved_and_stays_so(given_name: str, kind: MediaType) -> None:
    name = file_name(given_name, kind)
    assert name.endswith(kind.extension)
    assert len(name) <= 120
    assert not set(name) & set('/\\:*?"<>|\n\r\0')
    assert file_name(name, kind) == name
