"""Durations as PBXs write them, by a form that shows it: `m'ss`, `hh:mm'ss`, `S=s`, `h:mm.t`.

The letters are those in which layouts say how a duration is read: `h m s`, doubled where a leading zero is written,
`sssss` for five digits, `t` for tenths of a minute and `x` for digits of a fraction. Every other sign is itself.
"""

import re
from collections.abc import Callable
from itertools import groupby

_PARTS = re.compile(r"h+|m+|s+|t|x+|[^hmstx]+", re.DOTALL)
_LONGEST = 9
"""Most digits of a number."""


def duration_writer(form: str) -> Callable[[int], str]:
    """Return what writes seconds in a form; what the largest unit cannot pass on to a larger one stays in it.

    >>> duration_writer("m'ss")(315), duration_writer("hh:mm:ss")(3661), duration_writer("S=s")(226)
    ("5'15", '01:01:01', 'S=226')
    >>> duration_writer("h:mm.t")(3750), duration_writer("sssss")(95), duration_writer("hh:mm:ss.x")(61)
    ('1:02.5', '00095', '00:01:01.0')

    Raises:
        ValueError: the form has no unit, has one twice, or leaves one out between two others.
    """
    parts = _PARTS.findall(form)
    units = [part[0] for part in parts if part[0] in "hmst"]
    if not units:
        raise ValueError(f"{form!r} has none of h, m, s and t")
    if any(len(list(same)) > 1 for _, same in groupby(sorted(units))) or max(map(len, parts)) > _LONGEST * 3:
        raise ValueError(f"{form!r} has a unit twice, or is too long")
    if "h" in units and "m" not in units and {"s", "t"} & set(units):
        raise ValueError(f"{form!r} has hours and no minutes")
    writers = [_writer(part, units) for part in parts]
    return lambda seconds: "".join([write(seconds) for write in writers])


def _writer(part: str, units: list[str]) -> Callable[[int], str]:
    letter, width = part[0], len(part)
    if letter == "x":
        return lambda _seconds: "0" * width
    if letter not in "hmst":
        return lambda _seconds: part
    divisor, modulus = _MEASURES[letter]
    if any(larger in units for larger in _LARGER[letter]):
        return lambda seconds: f"{seconds // divisor % modulus:0{width}d}"
    return lambda seconds: f"{seconds // divisor:0{width}d}"


_MEASURES = {"h": (3600, 24), "m": (60, 60), "s": (1, 60), "t": (6, 10)}
_LARGER = {"h": "", "m": "h", "s": "mh", "t": "mh"}
