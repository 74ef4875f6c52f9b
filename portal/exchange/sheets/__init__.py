"""Spreadsheets in and out, derived wholly from the declarations of the kinds of disclosure."""

from portal.exchange.sheets.keys import key_words
from portal.exchange.sheets.layout import flat_rows
from portal.exchange.sheets.marking import annotate
from portal.exchange.sheets.reading import read_documents
from portal.exchange.sheets.results import Entry, Problem, Reading, UnreadableFile
from portal.exchange.sheets.writing import template, to_csv, to_xlsx

__all__ = [
    "Entry",
    "Problem",
    "Reading",
    "UnreadableFile",
    "annotate",
    "flat_rows",
    "key_words",
    "read_documents",
    "template",
    "to_csv",
    "to_xlsx",
]
