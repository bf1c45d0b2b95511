"""Finds a telephone number however it is typed, and however a PBX wrote it.

A PBX writes what its line gave or what somebody dialled: `+442079460000`, `02079460000`, with 9 before it for an
outside line, or `020 7946 0000`. What is typed is brought to its significant digits, those behind the country code, the
trunk prefix 0 and a digit for an outside line, and found where they stand in a number; a number kept shorter than it
was typed is found where the typed one ends with it. Where a dial plan tells what it means, E.164 is looked at, too.
"""

from __future__ import annotations

import re
from typing import Any

Told = tuple[str, list[Any]]
"""A condition in SQL with a `{}` for each value, and the values."""
MOST_DIGITS = 32
_SIGNIFICANT, _SUBSCRIBER = 5, 7
"""Digits from which on a number may stand for itself without what comes before; and from which on as a number's end."""
_COLUMNS = ("caller", "called")
_BETWEEN = " -()./"
"""What people and PBXs write between digits."""
_COUNTRY = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
"""Country codes of E.164: none is the beginning of another."""
_ABROAD = re.compile(r"\+|00|011(?=\d{8})")
_OUTSIDE_LINE = re.compile(r"[089](?=0\d)")


def number(text: str) -> Told:
    """Return the condition of a number, or a part of one, in the caller or the called; raises `ValueError`."""
    text = "".join(each for each in text if each.isascii())
    kept = "".join(each for each in text if each.isdecimal() or each in "*#+")
    if not kept.strip("+"):
        raise ValueError("digits of a telephone number, or a part of one")
    if len(kept) > MOST_DIGITS:
        message = f"at most {MOST_DIGITS} digits of a telephone number"
        raise ValueError(message)
    if not kept.removeprefix("+").isdecimal():
        return _either("contains({column}, {})", [kept])
    return _found(needles(text), kept.removeprefix("+"))


def same(text: str) -> Told:
    """Return the condition of just this number, as a PBX wrote it: with or without its prefixes, but never in part."""
    digits = "".join(each for each in text if each.isascii() and each.isdecimal())
    if len(digits) < _SUBSCRIBER or len(digits) > MOST_DIGITS:
        return _either("{column} = {}", [text])
    sql, bound = _either(" OR ".join(["suffix({column}, {})"] * len(ends := needles(text))), ends)
    return f"({sql} OR number_e164 = {{}})", [*bound, text]


def needles(text: str) -> list[str]:
    """Return what to look for in a number: the fewest digits that all its spellings have.

    >>> needles("+44 (0)20 7946 0000"), needles("0044 20 79460000"), needles("9 020 7946 0000"), needles("79460000")
    (['2079460000'], ['2079460000'], ['2079460000'], ['79460000'])
    >>> needles("0800"), needles("+1213555"), needles("101")
    (['0800'], ['213555'], ['101'])
    """
    digits = "".join(each for each in text if each.isdecimal())
    found = {digits, *(each for each in _significant(text) if len(each) >= _SIGNIFICANT)}
    return sorted(each for each in found if not any(other in each for other in found - {each}))


def _significant(text: str) -> set[str]:
    written = "".join(each for each in text if each.isdecimal() or each == "+")
    abroad = _ABROAD.match(written)
    if abroad:
        written = "".join(each for each in text.replace("(0)", "") if each.isdecimal() or each == "+")
        return {_COUNTRY.sub("", written[abroad.end() :], count=1).lstrip("0")}
    line = _OUTSIDE_LINE.match(written)
    return {written.lstrip("0"), *(_significant(written[1:]) if line else ())}


def _found(looked_for: list[str], typed: str) -> Told:
    holds = " OR ".join(["contains({column}, {})"] * len(looked_for))
    plain = " OR ".join([f"contains(translate({{column}}, '{_BETWEEN}', ''), {{}})"] * len(looked_for))
    parts = [f"({holds})", f"((contains({{column}}, ' ') OR contains({{column}}, '-')) AND ({plain}))"]
    values = [*looked_for, *looked_for]
    if len(typed) > _SUBSCRIBER:
        shorter = f"(length({{column}}) >= {_SUBSCRIBER} AND length(ltrim({{column}}, '+0')) >= {_SUBSCRIBER}"
        parts.append(f"{shorter} AND suffix({{}}, ltrim({{column}}, '+0')))")
        values.append(typed)
    sql, bound = _either(" OR ".join(parts), values)
    e164 = " OR ".join(["contains(number_e164, {})"] * len(looked_for))
    return f"({sql} OR {e164})", [*bound, *looked_for]


def _either(condition: str, values: list[str]) -> Told:
    """Return a condition of one column as that of the caller or the called."""
    sides = [condition.replace("{column}", column) for column in _COLUMNS]
    return f"({' OR '.join(sides)})", values * len(_COLUMNS)
