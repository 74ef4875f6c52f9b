"""Reads a rule text, as the web gave it, into a 制度文件 that a person then confirms.

Nothing is lost unseen: every character of the file is in the document or among
the removals, and whatever a machine cannot know is a question.
"""

from portal.exchange.regulations.reader import read_regulation
from portal.exchange.regulations.results import Doubt, RegulationReading, Removal, UnreadableFile

__all__ = ["Doubt", "RegulationReading", "Removal", "UnreadableFile", "read_regulation"]
