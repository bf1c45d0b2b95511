"""Checks of lines: rejects that leap from one day to the next, many rejects, hardly anything but skipped lines."""

from __future__ import annotations

from tollbook.model.parse_figures import LinesOfDay, ParseFigures, Suspicion

_LEAST_LINES, _MANY = 20, 100
_LEAP_TO, _CALM = 0.2, 0.02
_MOSTLY = 0.98
_WORKBENCH = "look at them under Not readable, and change the format in the workbench"


def leap(figures: ParseFigures) -> Suspicion | None:
    """Find the last day from which on many more lines are rejected than on the days before."""
    days = figures.days
    for place in range(len(days) - 1, 0, -1):
        day, before = days[place], days[:place]
        lines = sum(each.lines for each in before)
        rejected = sum(each.rejected for each in before)
        if _share(day) >= _LEAP_TO and day.lines >= _LEAST_LINES and lines >= _MANY and rejected <= lines * _CALM:
            return Suspicion(
                check="leap",
                count=sum(each.rejected for each in days[place:]),
                seen=(
                    f"from {day.day:%Y-%m-%d} on {_share(day):.0%} of its lines cannot be read, "
                    f"and {rejected / lines:.1%} of those before"
                ),
                reason="the PBX writes another format since then: after an update, or with other settings",
                help=_WORKBENCH,
                mend="rejects",
            )
    return None


def many_rejects(figures: ParseFigures) -> Suspicion | None:
    """Find a format that does not fit many lines."""
    whole = figures.lines
    if whole is None or whole.lines < _MANY or _share(whole) < _LEAP_TO or leap(figures):
        return None
    chief = max((each for each in figures.reasons if each.became == "rejected"), key=lambda each: each.lines)
    return Suspicion(
        check="many-rejects",
        count=whole.rejected,
        seen=(
            f"{whole.rejected:,} of {whole.lines:,} lines cannot be read, "
            f"{chief.lines:,} of them for the reason: {chief.reason}"
        ),
        reason="the format is that of another model or release, or lines are cut on their way",
        help=_WORKBENCH,
        mend="rejects",
    )


def mostly_skipped(figures: ParseFigures) -> Suspicion | None:
    """Find a PBX of whose lines hardly any is more than skipped."""
    whole = figures.lines
    if whole is None or whole.lines < _MANY or whole.skipped < whole.lines * _MOSTLY:
        return None
    chief = max((each for each in figures.reasons if each.became == "skipped"), key=lambda each: each.lines)
    return Suspicion(
        check="mostly-skipped",
        count=whole.skipped,
        seen=f"{whole.skipped:,} of {whole.lines:,} lines are skipped, {chief.lines:,} of them as: {chief.reason}",
        reason="a rule for lines that are no calls takes calls, too, or call logging is off in the PBX",
        help="look at the lines to ignore in the workbench, under Format on the PBX's page",
    )


def _share(lines: LinesOfDay) -> float:
    return lines.rejected / lines.lines if lines.lines else 0.0


LINES = (leap, many_rejects, mostly_skipped)
