"""按规定核对: what the rule book says of one record, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import declaration
from portal.domain.rules.base import Finding
from portal.domain.rules.check import Report, State
from portal.domain.rules.terms import Severity
from portal.site.findings import findings_of, report_of
from portal.site.pages.phrases import Phrase, phrases
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

MARKS = {Severity.BLOCK: "breach", Severity.RED: "missing", Severity.YELLOW: "late", Severity.INFO: "note"}
WORDS = {Severity.BLOCK: "违规", Severity.RED: "违规", Severity.YELLOW: "预警", Severity.INFO: "提示"}

GRAVE = (Severity.BLOCK, Severity.RED)


@dataclass(frozen=True)
class Sight:
    """One finding in a reader's words; `place` is blank where it concerns the whole document."""

    rule: str
    title: str
    mark: str
    word: str
    place: str
    seen: str
    why: str
    remedy: str
    source: str
    default: bool
    grave: bool

    @property
    def said(self) -> tuple[Phrase, ...]:
        """What was seen, for a narrow page."""
        return phrases(self.seen)

    @property
    def should(self) -> tuple[Phrase, ...]:
        """What to do, for a narrow page."""
        return phrases(self.remedy)


@dataclass(frozen=True)
class Checks:
    """Everything that was tested: what was found, what stays open, what passed."""

    day: date
    total: int
    broken: int  # How many rules found something; one rule may find several things.
    findings: tuple[Sight, ...]
    unclear: tuple[tuple[str, str, tuple[Phrase, ...]], ...]
    passed: tuple[tuple[str, str], ...]
    earlier: tuple[tuple[int, str], ...] = ()  # Version and rule of breaches that a correction mended.

    @property
    def grave(self) -> tuple[Sight, ...]:
        """The breaches, without warnings and hints; always the first of the findings."""
        return tuple(one for one in self.findings if one.grave)


def place_text(place: str, document: Document) -> str:
    """Return a JSON pointer as a person reads it: 发言顺序第 2 行·发言人."""
    parts: list[str | int] = [int(part) if part.isdigit() else part for part in place.split("/")[1:]]
    return declaration(type(document)).label_of(tuple(parts)) if parts else ""


def sight(finding: Finding, document: Document) -> Sight:
    """Return a finding in a reader's words."""
    return Sight(
        rule=finding.rule,
        title=finding.title,
        mark=MARKS[finding.severity],
        word=WORDS[finding.severity],
        place=place_text(finding.place, document),
        seen=finding.seen,
        why=finding.why,
        remedy=finding.remedy,
        source=finding.source,
        default=finding.default,
        grave=finding.severity in GRAVE,
    )


def checks_of(
    snapshot: Snapshot, area: JurisdictionView, record: RecordView, number: int | None = None
) -> Checks | None:
    """Return the checks of a record's newest version, or of version `number`.

    None where no rule concerned it or its content is withdrawn.
    """
    report = report_of(snapshot, area, record, number)
    version = record.latest if number is None else record.version(number)
    document = version.readable if version else None
    if report is None or document is None or not report.checks:
        return None
    return Checks(
        day=document.binding_day() or record.versions[0].published_on,
        total=len(report.checks),
        broken=len(report.by_state(State.FOUND)),
        findings=tuple(sight(one, document) for one in report.findings),
        unclear=tuple(
            (one.rule.title, one.rule.id, phrases("".join(one.unclear)))
            for one in report.by_state(State.UNCLEAR)
        ),
        passed=tuple((one.rule.id, one.rule.title) for one in report.by_state(State.PASSED)),
        earlier=_mended(snapshot, area, record, report) if version is record.latest else (),
    )


def _mended(
    snapshot: Snapshot, area: JurisdictionView, record: RecordView, now: Report
) -> tuple[tuple[int, str], ...]:
    """Return the breaches of earlier versions that the newest one does not have any more."""
    still = {one.rule for one in now.findings}
    found: dict[tuple[int, str], None] = {}
    for version in record.versions[:-1]:
        report = report_of(snapshot, area, record, version.number)
        for one in report.findings if report else ():
            if one.severity in GRAVE and one.rule not in still:
                found[version.number, one.title] = None
    return tuple(found)


def breaches_of(
    snapshot: Snapshot, area: JurisdictionView, unit: UnitView
) -> list[tuple[RecordView, list[Sight]]]:
    """Return a unit's records that break a rule, newest first, each with what was found; warnings left out."""
    found: dict[int, tuple[RecordView, list[Sight]]] = {}
    for record, finding in findings_of(snapshot, area, unit):
        if finding.severity in GRAVE and record.document:
            found.setdefault(record.id, (record, []))[1].append(sight(finding, record.document))
    return sorted(found.values(), key=lambda one: one[0].latest.published_at, reverse=True)
