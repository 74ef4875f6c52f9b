"""Lists what the English edition says, and what has no translation yet: `python -m portal.web.public.english`.

With `--extract` every message of the templates is listed, each with its translation. The exit
code is 1 where something is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from flask_babel import Babel
from jinja2 import Environment, FileSystemLoader

from portal.site import pages
from portal.site.pages.reading import shipped_folder
from portal.web.public.english.catalog import Catalog, shipped
from portal.web.public.english.compiling import Translator
from portal.web.public.english.made import labels, sentences

# Pages that stay Chinese.
_RECORDS = (
    *("record.html", "reading.html", "missing.html", "tombstone.html"),
    *("report_write.html", "report_status.html", "report_check.html"),
)
_OF_RECORDS = ("_aside", "_checks", "_charts", "_changes", "_posted", "_diff", "_report_", "kinds/")


def templates(folder: Path, *, all_of_them: bool = False) -> Iterator[str]:
    """Yield the templates of the pages that are in English; with `all_of_them` those of records, too."""
    for file in sorted(folder.glob("public/**/*.html")):
        name = file.relative_to(folder).as_posix()
        short = name.removeprefix("public/")
        if all_of_them or not (short in _RECORDS or short.startswith(_OF_RECORDS)):
            yield name


def read(folder: Path, catalog: Catalog, *, all_of_them: bool = False) -> Translator:
    """Read the templates; what was found and what is missing stands in the translator."""
    env = Environment(  # noqa: S701 - parses only.
        loader=FileSystemLoader(folder), trim_blocks=True, lstrip_blocks=True
    )
    translator = Translator(catalog)
    for name in templates(folder, all_of_them=all_of_them):
        translator.translate(env.parse((folder / name).read_text(encoding="utf-8"), name), name)
    return translator


def main(folder: Path, *words: str) -> int:
    """Print the lists, and return the exit code."""
    catalog = shipped()
    found = read(folder, catalog, all_of_them="--records" in words)
    if "--extract" in words:
        for message, name in found.seen.items():
            print(f"{name}\t{message}\t{catalog.find(message) or ''}")  # noqa: T201 - its purpose.
    missing = [(name, message) for message, name in found.missing.items()]
    missing += [(where, text) for where, text in labels() if catalog.find(text) is None]
    missing += list(sentences(catalog, Path(pages.__file__).parent))
    for where, message in missing:
        print(f"missing\t{where}\t{message}")  # noqa: T201 - likewise.
    return 1 if missing else 0


if __name__ == "__main__":
    app = Flask(__name__)
    Babel(app, default_locale="en", configure_jinja=False)
    with app.app_context():
        sys.exit(main(shipped_folder().parents[1] / "templates", *sys.argv[1:]))
