"""Bulletins (通报) and assessment sheets (年度考核) on paper and as tables."""

from portal.exchange.bulletins.assessments import Decided, assessment_pdf, assessments_table, held_lines
from portal.exchange.bulletins.files import bulletin_csv, bulletin_xlsx, tables_csv, tables_xlsx
from portal.exchange.bulletins.paper import Printed, bulletin_pdf
from portal.exchange.bulletins.tables import Table, tables_of

__all__ = [
    "Decided",
    "Printed",
    "Table",
    "assessment_pdf",
    "assessments_table",
    "bulletin_csv",
    "bulletin_pdf",
    "bulletin_xlsx",
    "held_lines",
    "tables_csv",
    "tables_of",
    "tables_xlsx",
]
