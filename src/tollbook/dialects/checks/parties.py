"""Checks of who called: extensions, trunks, numbers, directions and outcomes."""

from __future__ import annotations

from tollbook.model.parse_figures import ParseFigures, Suspicion

_FEW, _MANY = 50, 200
_HALF, _HARDLY_ANY, _SOME = 0.5, 0.05, 0.2
_DIRECTORY = 10
"""Extensions in the directory, from which on it can be expected to know those of calls."""
_NUMBERS, _SHORT_NUMBER = 20, 6
_WORKBENCH = "compare a line with its columns in the workbench, under Format on the PBX's page"
_SETTINGS = "look at the PBX's own settings of call logging"


def strangers(figures: ParseFigures) -> Suspicion | None:
    """Find extensions of which the directory knows none."""
    calls = figures.calls
    if calls.with_extension < _FEW or calls.directory < _DIRECTORY:
        return None
    if calls.known > calls.with_extension * _HARDLY_ANY:
        return None
    return Suspicion(
        check="strangers",
        count=calls.with_extension - calls.known,
        seen=(
            f"the directory has {calls.directory:,} extensions of this PBX, and only {calls.known:,} of "
            f"{calls.with_extension:,} calls are of any of them"
        ),
        reason="another column is read as the extension, or the directory is that of another PBX",
        help=_WORKBENCH,
        mend="directory",
    )


def long_extensions(figures: ParseFigures) -> Suspicion | None:
    """Find extensions that look like outside numbers: long, and nearly every call has another."""
    calls = figures.calls
    if calls.with_extension < _FEW or calls.long_extension < calls.with_extension * _HALF:
        return None
    if calls.extensions < calls.with_extension * _HALF:
        return None
    return Suspicion(
        check="long-extensions",
        count=calls.long_extension,
        seen=(
            f"{calls.long_extension / calls.with_extension:.0%} of the extensions have 7 digits or more, "
            f"and {calls.with_extension:,} calls have about {calls.extensions:,} different ones"
        ),
        reason="columns are shifted: the outside number is read as the extension",
        help=_WORKBENCH,
    )


def extension_is_trunk(figures: ParseFigures) -> Suspicion | None:
    """Find calls whose trunk and extension are one text."""
    calls = figures.calls
    if calls.is_trunk < _FEW or calls.is_trunk < calls.calls * _HALF:
        return None
    return Suspicion(
        check="extension-is-trunk",
        count=calls.is_trunk,
        seen=f"trunk and extension are the same in {calls.is_trunk:,} of {calls.calls:,} calls",
        reason="one column is read as both",
        help=_WORKBENCH,
    )


def one_direction(figures: ParseFigures) -> Suspicion | None:
    """Find calls that all go one way."""
    calls = figures.calls
    ways = {"incoming": calls.incoming, "outgoing": calls.outgoing, "internal": calls.internal}
    way = next((word for word, count in ways.items() if count == calls.calls), "")
    if calls.calls < _MANY or not way:
        return None
    return Suspicion(
        check="one-direction",
        count=calls.calls,
        seen=f"all {calls.calls:,} calls are {way}",
        reason="the PBX logs no others, or the column of the direction is not read",
        help=f"{_SETTINGS}; {_WORKBENCH}",
        mild=True,
    )


def unanswered(figures: ParseFigures) -> Suspicion | None:
    """Find calls of which none was answered, although the format says how they ended."""
    calls = figures.calls
    if calls.calls < _MANY or calls.answered or calls.outcome_known < calls.calls * _HALF:
        return None
    return Suspicion(
        check="unanswered",
        count=calls.calls,
        seen=f"none of {calls.calls:,} calls was answered",
        reason="the word for an answered call is another one, or the column of the duration is not read",
        help=_WORKBENCH,
    )


def hidden_digits(figures: ParseFigures) -> Suspicion | None:
    """Find numbers whose last digits are hidden, or that are all cut to a few."""
    calls = figures.calls
    if calls.outside < _FEW:
        return None
    cut = calls.numbers >= _NUMBERS and calls.shortest == calls.longest <= _SHORT_NUMBER
    if calls.masked >= calls.outside * _SOME:
        seen = f"{calls.masked:,} of {calls.outside:,} outside numbers end in signs that hide digits"
    elif cut:
        seen = f"all {calls.outside:,} outside numbers have {calls.longest} digits, and none has more"
    else:
        return None
    return Suspicion(
        check="hidden-digits",
        count=calls.outside,
        seen=seen,
        reason="the PBX hides digits, or its column is too narrow for whole numbers",
        help=f"let the PBX write whole numbers: {_SETTINGS}",
        mend="settings",
    )


PARTIES = (strangers, long_extensions, extension_is_trunk, one_direction, unanswered, hidden_digits)
