"""Spreadsheets in and out, derived wholly from the declarations of the kinds of disclosure."""

from portal.exchange.sheets.admission import Admitted, admit
from portal.exchange.sheets.desk import desk_template
from portal.exchange.sheets.excerpts import Excerpt, excerpts
from portal.exchange.sheets.keys import key_words
from portal.exchange.sheets.layout import flat_rows
from portal.exchange.sheets.marking import annotate
from portal.exchange.sheets.reading import read_documents
from portal.exchange.sheets.results import Entry, Problem, Reading, UnreadableFile, Where
from portal.exchange.sheets.writing import template, to_csv, to_xlsx

__all__ = [
    "Admitted",
    "Entry",
    "Excerpt",
    "Problem",
    "Reading",
    "UnreadableFile",
    "Where",
    "admit",
    "annotate",
    "desk_template",
    "excerpts",
    "flat_rows",
    "key_words",
    "read_documents",
    "template",
    "to_csv",
    "to_xlsx",
]
