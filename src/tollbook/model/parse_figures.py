"""What a PBX's calls look like in figures, and what became of its lines: by these a wrong parse is found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

Dates = tuple[tuple[date, int], ...]
"""Days with the number of calls on each, in order."""

LONG_AGO = 2001
"""Clocks begin anew in 1970, 1980, 1990 or 2000; a call before this year is of such a clock, or out of an archive."""
SHORT_S, LONG_S = 10, 1800
"""Half of an office's calls are neither as short as the one nor as long as the other."""


class CallFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the calls of one PBX within a period; durations are seconds, hours those of the PBX's clock.

    Of answered calls: `talk_min_s` and `talk_max_s`, `talks` different durations (about), and those that last `no_talk`
    at all, `SHORT_S` or less, `LONG_S` or more, or `whole_minutes`. `moments` are the different starts (about),
    `on_the_minute` the calls whose start has no seconds. `known` are calls whose extension the directory has;
    `directory` is how many that knows. `outside` are calls with an outside number, `numbers` how many different ones
    (about), from `shortest` to `longest` digits; `masked` end in signs that hide digits.
    """

    calls: int = 0
    answered: int = 0
    incoming: int = 0
    outgoing: int = 0
    internal: int = 0
    outcome_known: int = 0
    talk_min_s: int = 0
    talk_max_s: int = 0
    talks: int = 0
    no_talk: int = 0
    short_talks: int = 0
    long_talks: int = 0
    whole_minutes: int = 0
    over_a_day: int = 0
    hours: tuple[int, ...] = (0,) * 24
    moments: int = 0
    on_the_minute: int = 0
    with_extension: int = 0
    extensions: int = 0
    long_extension: int = 0
    is_trunk: int = 0
    known: int = 0
    directory: int = 0
    outside: int = 0
    numbers: int = 0
    shortest: int = 0
    longest: int = 0
    masked: int = 0
    ahead: int = 0
    """Calls that would have begun more than half an hour after now."""
    latest_local: datetime | None = None
    """When the last call began, by the clock of the PBX."""
    latest_ahead_s: int = 0
    """How far that is after now; below 0 before it."""
    long_ago: int = 0
    """Calls of whatever day that would have begun before the year `LONG_AGO`."""
    first_local: datetime | None = None
    """When the first of those began, by the clock of the PBX."""
    all_calls: int = 0
    """Calls of whatever day."""
    dates: Dates = ()
    """Over a longer time than the period: a day read for a month spreads over a year."""


class LinesOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the lines that arrived on a day (UTC): read are all that are neither skipped nor rejected."""

    day: date
    lines: int
    skipped: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        """Lines that are a call, a part of one, or were there before."""
        return max(self.lines - self.skipped - self.rejected, 0)


class LinesOfReason(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the period that are no call, by what became of them (`skipped` or `rejected`) and why."""

    became: str
    reason: str
    lines: int


class ParseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All that the checks look at, of one PBX."""

    calls: CallFigures = CallFigures()
    days: tuple[LinesOfDay, ...] = ()
    reasons: tuple[LinesOfReason, ...] = ()

    @property
    def lines(self) -> LinesOfDay | None:
        """What became of the lines of all days together; None where none arrived."""
        if not self.days:
            return None
        return LinesOfDay(
            day=self.days[-1].day,
            lines=sum(each.lines for each in self.days),
            skipped=sum(each.skipped for each in self.days),
            rejected=sum(each.rejected for each in self.days),
        )


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a wrong parse would look like: what was `seen`, the likely `reason`, and what to do (`help`).

    `count` is how many calls or lines it is about. `mend` says where: `format`, `settings`, `directory` or `rejects`.
    One that is `mild` may as well be how the PBX is used: the doctor tells of it, and it counts as no trouble.
    """

    check: str
    count: int
    seen: str
    reason: str
    help: str
    mend: str = "format"
    mild: bool = False


_MARKEDLY = 2


class FindingAside(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody put aside of a PBX: a `check`, the `count` that it was about then, `note`, `who`, and when (`at`).

    It stands again once it is about more than twice as many calls or lines.
    """

    check: str
    count: int
    note: str
    who: str
    at: str

    def covers(self, odd: Suspicion) -> bool:
        """Say whether something odd is what was put aside."""
        return odd.check == self.check and odd.count <= _MARKEDLY * self.count


class SuspicionAside(msgspec.Struct, frozen=True, kw_only=True):
    """Something odd that somebody put aside."""

    odd: Suspicion
    aside: FindingAside


def sorted_out(
    found: Iterable[Suspicion], asides: Sequence[FindingAside]
) -> tuple[tuple[Suspicion, ...], tuple[SuspicionAside, ...]]:
    """Return what stands, and what was put aside."""
    stand, aside = list[Suspicion](), list[SuspicionAside]()
    for odd in found:
        cover = next((each for each in asides if each.covers(odd)), None)
        if cover:
            aside.append(SuspicionAside(odd=odd, aside=cover))
        else:
            stand.append(odd)
    return tuple(stand), tuple(aside)
