"""Files that people attach, and files that are made to harm: all made here, by the programs that make real ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import pikepdf
import xlsxwriter
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

SECRET = "方示九的秘密"
PHRASE = "示例新村三号楼外墙保温验收"


def photo(kind: str = "JPEG", *, size: tuple[int, int] = (64, 40), turned: int = 1) -> bytes:
    """A photograph with everything that a telephone writes beside it."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x0112] = turned
    exif[0x013B] = "Lin Shier"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 44.0, 12.0)
    out = io.BytesIO()
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        told = PngInfo()
        told.add_text("Author", "SecretPhone")
        told.add_itxt("Comment", SECRET)
        picture.save(out, "PNG", pnginfo=told, exif=exif)
    else:
        picture.save(out, "JPEG", exif=exif, comment=b"SecretPhone", quality=90)
    return out.getvalue()


def pages(*texts: str) -> Pdf:
    """A document with one page for each text, in ASCII (the fourteen standard fonts have no other)."""
    pdf = Pdf.new()
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for text in texts:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        page.obj.Contents = pdf.make_stream(f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode())
    return pdf


def written(pdf: Pdf, **how: object) -> bytes:
    """The bytes of a document."""
    out = io.BytesIO()
    pdf.save(out, **how)
    return out.getvalue()


def plain_pdf(text: str = "Minutes of the meeting") -> bytes:
    """A document with a text and the usual facts about who made it."""
    pdf = pages(text)
    pdf.docinfo["/Author"] = "SecretAuthor"
    pdf.docinfo["/Producer"] = "SecretProducer"
    with pdf.open_metadata() as meta:
        meta["dc:creator"] = ["SecretAuthor"]
    return written(pdf, deterministic_id=True)


def hostile_pdf() -> bytes:
    """A document that runs, opens, sends and hides whatever the format has for it."""
    pdf = pages("Minutes", "Second")
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('SecretScript')"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = Dictionary(WC=script)
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), pdf.make_indirect(script)])))
    pdf.attachments["secret.txt"] = b"SecretFile"
    pdf.Root.AcroForm = Dictionary(XFA=String("SecretForm"), Fields=Array([]))
    launch = Dictionary(S=Name.Launch, F=String("C:/SecretProgram.exe"))

    def link(action: Dictionary) -> Dictionary:
        return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)

    pdf.pages[0].obj.Annots = Array([
        pdf.make_indirect(link(launch)),
        link(Dictionary(S=Name.URI, URI=String("file:///C:/Users/SecretUser/a.doc"))),
        link(Dictionary(S=Name.URI, URI=String("javascript:SecretScript()"))),
        link(Dictionary(S=Name.URI, URI=String("https://www.example.gov.cn/"))),
        link(Dictionary(S=Name.GoTo, D=Array([pdf.pages[1].obj, Name.Fit]), Next=Dictionary(S=Name.SubmitForm, F=String("SecretPlace")))),
        Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), Contents=String("SecretRemark"), T=String("SecretAuthor")),
        Dictionary(Type=Name.Annot, Subtype=Name.Highlight, Rect=Array([0, 0, 9, 9]), Contents=String("SecretRemark"), T=String("SecretAuthor")),
        Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=Dictionary(F=String("SecretFile"))),
    ])  # fmt: skip
    pdf.pages[0].obj.AA = Dictionary(O=script)
    picture = photo()
    image = pdf.make_stream(picture)
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
    image.Width, image.Height, image.ColorSpace, image.BitsPerComponent = 64, 40, Name.DeviceRGB, 8
    pdf.pages[1].obj.Resources = Dictionary(XObject=Dictionary(Im0=image))
    pdf.pages[1].obj.Contents = pdf.make_stream(b"q 64 0 0 40 0 0 cm /Im0 Do Q")
    pdf.docinfo["/Author"] = "SecretAuthor"
    return written(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def word(*texts: str, change: Callable[[docx.document.Document], None] | None = None) -> bytes:
    """A Word document with paragraphs, a table, a header, and who wrote it."""
    document = docx.Document()
    for one in texts or (PHRASE,):
        document.add_paragraph(one)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "单元格甲", "单元格乙"
    document.sections[0].header.paragraphs[0].text = "页眉文字"
    document.core_properties.author = "SecretAuthor"
    document.core_properties.last_modified_by = "SecretEditor"
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def workbook(fill: Callable[[xlsxwriter.Workbook], None] | None = None) -> bytes:
    """A workbook with texts, numbers, a hidden sheet if wanted, and who wrote it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"author": "SecretAuthor", "company": "SecretCompany"})
    sheet = book.add_worksheet("明细")
    sheet.write("A1", PHRASE)
    sheet.write("B2", 13812345678)
    if fill:
        fill(book)
    book.close()
    return out.getvalue()


_P = "http://schemas.openxmlformats.org/"
_REL = f"{_P}officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def slides(*texts: str, more: dict[str, str] | None = None, rels: str = "") -> bytes:
    """The smallest presentation: one slide for each text; `rels` are further relationships of the first."""
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_P}package/2006/relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" Target="ppt/presentation.xml"/></Relationships>',
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}presentationml/2006/main"/>',
        "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{_P}package/2006/relationships">'
        + "".join(f'<Relationship Id="rId{n}" Type="{_REL}/slide" Target="slides/slide{n}.xml"/>' for n in range(1, len(texts) + 1))
        + "</Relationships>",
        "ppt/slides/_rels/slide1.xml.rels": f'<Relationships xmlns="{_P}package/2006/relationships">{rels}</Relationships>',
    }  # fmt: skip
    kind = "application/vnd.openxmlformats-officedocument.presentationml"
    types = f'<Override PartName="/ppt/presentation.xml" ContentType="{kind}.presentation.main+xml"/>'
    for number, text in enumerate(texts, start=1):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{_P}presentationml/2006/main" xmlns:a="{_P}drawingml/2006/main"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>'
        )
        types += f'<Override PartName="/ppt/slides/slide{number}.xml" ContentType="{kind}.slide+xml"/>'
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{_P}package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    return packed({name: f"{_HEAD}{text}".encode() for name, text in {**parts, **(more or {})}.items()})


def packed(parts: dict[str, bytes]) -> bytes:
    """A zip archive of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def changed(data: bytes, **changes: tuple[str, str, str]) -> bytes:
    """An archive in which texts of parts were replaced: name=(part, old, new)."""
    parts = parts_of(data)
    for part, old, new in changes.values():
        assert old.encode() in parts[part], (part, old)
        parts[part] = parts[part].replace(old.encode(), new.encode(), 1)
    return packed(parts)


def related(
    data: bytes, part: str, sort: str, target: str, content: bytes | None, *, external: bool = False
) -> bytes:
    """An archive in which a part has one more relationship, and perhaps the part that it leads to."""
    parts = parts_of(data)
    folder, _, name = part.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels" if name else "_rels/.rels"
    mode = ' TargetMode="External"' if external else ""
    line = f'<Relationship Id="rIdX1" Type="{_REL}/{sort}" Target="{target}"{mode}/></Relationships>'
    empty = f'<Relationships xmlns="{_P}package/2006/relationships"></Relationships>'.encode()
    parts[rels] = parts.get(rels, empty).replace(b"</Relationships>", line.encode())
    if content is not None:
        parts[f"{folder}/{target}".lstrip("/")] = content
    return packed(parts)


def png_bomb() -> bytes:
    """A picture that says it is enormous, in little more than nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10_000_000), 9)) + chunk(b"IEND", b"")  # fmt: skip


def png_of(width: int, height: int, raw: bytes) -> bytes:
    """A picture of 8-bit RGB rows, given as they lie in the file."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def doubled(data: bytes) -> bytes:
    """An archive in which one part lies twice: programs differ in which one they read."""
    import warnings

    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("word/document.xml", b"<other/>")
    return out.getvalue()


def pdf_bomb() -> bytes:
    """A document whose table of objects unpacks to two gigabytes, packed twice over into very little."""
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(bytes(1 << 20)) for _ in range(2048)) + packer.flush()
    twice = zlib.compress(inner, 9)
    head = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 3 0 R>>endobj\n"
    stream = (
        b"2 0 obj<</Type/ObjStm/N 1/First 4/Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n" % len(twice)
    ) + twice + b"\nendstream endobj\n"  # fmt: skip
    fields = [b"\0\0\0\0\0\0", b"\1" + struct.pack(">IB", len(b"%PDF-1.5\n"), 0), b"\1" + struct.pack(">IB", len(head), 0), b"\2" + struct.pack(">IB", 2, 0)]  # fmt: skip
    place = len(head) + len(stream)
    fields.append(b"\1" + struct.pack(">IB", place, 0))
    table = b"".join(fields)
    xref = b"4 0 obj<</Type/XRef/Size 5/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(table) + table + b"\nendstream endobj\n"  # fmt: skip
    return head + stream + xref + b"startxref\n%d\n%%%%EOF\n" % place
