"""The clocks of a report: until when the reporter is told, until when it is sent on, how long it is kept (RPT-01, 02, 07, 15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import Due, Span
from portal.domain.regime_sections import Intake
from portal.domain.regimes import Regime
from portal.domain.reports.words import Track


@dataclass(frozen=True)
class Clocks:
    """Counts by the terms of the day on which the report came in and by the calendar of each beginning."""

    regime: Regime
    received_on: date

    @property
    def terms(self) -> Intake:
        """The terms of that day; raise `ValueError` where the regime has none."""
        found = self.regime.intake_on(self.received_on)
        if found is None:
            raise ValueError(
                f"{self.regime.name}没有 {self.received_on} 起施行的举报办理期限。请在制度文件中补写 [[intake]]。"
            )
        return found

    def accept_by(self, track: Track = Track.ACCUSATION) -> Due:
        """Return until when the reporter is told whether the report is accepted."""
        span = self.terms.petition_acknowledge if track is Track.PETITION else self.terms.acknowledge
        return self._due(self.received_on, span)

    def route_by(self) -> Due:
        """Return until when it is sent on, where it belongs to another body."""
        return self._due(self.received_on, self.terms.route)

    def close_by(self, *, extended: bool = False) -> Due:
        """Return until when a petition is dealt with; accusations have no such limit."""
        due = self._due(self.received_on, self.terms.petition_close)
        return self._due(due.day, self.terms.petition_extension) if extended else due

    def answer_by(self, closed_on: date) -> Due:
        """Return until when the reporter is told the result."""
        return self._due(closed_on, self.terms.feedback)

    def review_by(self, answered_on: date) -> Due:
        """Return until when the writer of a petition may ask for a review."""
        return self._due(answered_on, self.terms.petition_review)

    def keep_until(self, ended_on: date, *, accepted: bool) -> date:
        """Return the last day on which the content is kept; raise `ValueError` where the regime does not say."""
        found = self.regime.keeping_on(ended_on)
        if found is None:
            raise ValueError(f"{self.regime.name}没有举报材料的保存期限。请在制度文件中补写 [[keeping]]。")
        return self._due(ended_on, found.closed if accepted else found.unaccepted).day

    def _due(self, start: date, span: Span) -> Due:
        return self.regime.calendar_on(start).due(start, span)
