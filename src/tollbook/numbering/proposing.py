"""Proposes a dial plan from what a PBX has written, with how much of it that explains and what stays unexplained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources

import msgspec
import phonenumbers

from tollbook.model.meaning import Number
from tollbook.numbering.plans import EVERY_LINE, Plans, PlanSettings, read_plans

_OUTSIDE = ("", "9", "0", "8", "1", "00", "88", "99")
"""Prefixes of outside lines that are tried, the likeliest first: with equal shares the first is proposed."""
_MOST_AREAS = 8
_MOST_TRIED = 1000
"""Numbers on which prefixes and area codes are tried, those of most calls."""
_EXAMPLES = 20
_LONGEST_EXTENSION = 6
_BETTER = 0.005
"""A prefix or an area code must explain this much more of the calls than none, or it is chance."""
NOT_UNDERSTOOD = frozenset(("unknown", "incomplete"))
"""Kinds of numbers that a plan does not explain."""


class Dialled(msgspec.Struct, frozen=True):
    """A number as the PBX wrote it, whether it called or was called, over which trunk group, and in how many calls."""

    text: str
    calling: bool
    trunk_group: str
    calls: int


class Unexplained(msgspec.Struct, frozen=True):
    """A number that a plan does not explain; digits sent after it are hidden."""

    text: str
    calls: int
    kind: str


class Share(msgspec.Struct, frozen=True):
    """How much of the calls a prefix of an outside line would explain, from 0 to 1."""

    outside: str
    explained: float


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A dial plan, what it rests on, and how far it goes. `explained` is from 0 to 1; None where there are no calls."""

    settings: dict[str, str]
    because: list[str]
    calls: int
    explained: float | None
    tried: list[Share] = []
    unexplained: list[Unexplained] = []


def propose(dialled: list[Dialled], extensions: Iterable[str], timezone: str, country: str = "") -> Proposal:
    """Return the plan that explains most of what was dialled; `country` is taken from the time zone if not given."""
    because = []
    code = country.upper() or country_of(timezone)
    if not code:
        reason = f"the time zone {timezone} is of no country: say which one it is"
        return Proposal(settings={}, because=[reason], calls=sum(each.calls for each in dialled), explained=None)
    because.append(f"{code}: " + ("as you say" if country else f"the country of the time zone {timezone}"))
    ranges = ranges_of(extensions)
    settings = {"country": code, **({"extensions": ranges} if ranges else {})}
    if ranges:
        because.append(f"extensions {ranges}: those that made or took calls")
    outward = [each for each in dialled if not each.calling][:_MOST_TRIED]
    tried = [Share(each, _explained(outward, {**settings, "outside": each})) for each in _OUTSIDE] if outward else []
    best = max(tried, key=lambda each: each.explained + (0 if each.outside else _BETTER), default=None)
    if best and best.outside:
        settings["outside"] = best.outside
        because.append(f"{best.outside} for an outside line: explains {best.explained:.1%} of the numbers dialled")
    area = _area(outward, settings)
    if area:
        settings["area-code"] = area
        because.append(f"area code {area}: numbers dialled without one are explained, and it is dialled most often")
    return _judged(dialled, {EVERY_LINE: settings}, because, sorted(tried, key=lambda each: -each.explained))


def judge(dialled: list[Dialled], plan: PlanSettings) -> Proposal:
    """Return what plans that somebody wrote explain of what was dialled; raises `Misconfigured`."""
    return _judged(dialled, plan, [], [])


def _judged(dialled: list[Dialled], plan: PlanSettings, because: list[str], tried: list[Share]) -> Proposal:
    plans = read_plans(plan, "dial plan")
    calls = sum(each.calls for each in dialled if each.text)
    missing: Counter[tuple[str, str]] = Counter()
    for each in dialled:
        number = _number(plans, each)
        if each.text and number.kind in NOT_UNDERSTOOD:
            missing[plans.shown(number, each.trunk_group) or each.text, number.kind] += each.calls
    return Proposal(
        settings=plan.get(EVERY_LINE, {}),
        because=because,
        calls=calls,
        explained=1 - missing.total() / calls if calls else None,
        tried=tried,
        unexplained=[Unexplained(text, count, kind) for (text, kind), count in missing.most_common(_EXAMPLES)],
    )


def _number(plans: Plans, each: Dialled) -> Number:
    return plans.number(each.text, calling=each.calling, trunk_group=each.trunk_group)


def _explained(dialled: list[Dialled], settings: dict[str, str]) -> float:
    plans = read_plans({EVERY_LINE: {**settings, "outside-written": "maybe"}}, "dial plan")
    known = sum(each.calls for each in dialled if _number(plans, each).kind not in NOT_UNDERSTOOD)
    return known / max(sum(each.calls for each in dialled), 1)


def _area(dialled: list[Dialled], settings: dict[str, str]) -> str:
    """Return the area code that explains what was dialled without one; nothing where that is little."""
    plans = read_plans({EVERY_LINE: settings}, "dial plan")
    areas: Counter[str] = Counter()
    left = []
    for each in dialled:
        number = _number(plans, each)
        if number.kind in NOT_UNDERSTOOD:
            left.append(each)
        elif number.e164 and number.country == settings["country"]:
            areas[_area_of(number.e164)] += each.calls
    total = sum(each.calls for each in dialled)
    del areas[""]
    best, most = "", _BETTER * total / max(sum(each.calls for each in left), 1)
    for area, _ in areas.most_common(_MOST_AREAS):
        share = _explained(left, {**settings, "area-code": area})
        if share > most:
            best, most = area, share
    return best


def _area_of(e164: str) -> str:
    parsed = phonenumbers.parse(e164)
    length = phonenumbers.length_of_geographical_area_code(parsed)
    return phonenumbers.national_significant_number(parsed)[:length]


def ranges_of(extensions: Iterable[str]) -> str:
    """Return the ranges that extensions lie in, as a dial plan has them: by length and first digit.

    >>> ranges_of(["101", "102", "140", "201", "4000", "4711", "front", ""])
    '101-140,201,4000-4711'
    """
    found: dict[tuple[int, str], list[str]] = {}
    for each in sorted(extensions):
        if each.isascii() and each.isdecimal() and len(each) <= _LONGEST_EXTENSION:
            found.setdefault((len(each), each[0]), []).append(each)
    ranges = [f"{some[0]}-{some[-1]}" if len(some) > 1 else some[0] for _, some in sorted(found.items())]
    return ",".join(ranges)


def country_of(timezone: str) -> str:
    """Return the country of a time zone by its two letters; nothing for zones of none, such as UTC."""
    return _zones().get(timezone, "")


@cache
def _zones() -> dict[str, str]:
    lines = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}
