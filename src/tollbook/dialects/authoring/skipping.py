"""Patterns for lines that are no records, made of one such line, and what a pattern of that sort says in words.

What differs from one head of a page to the next is numbers, dates, times and the width of blanks; all else is kept.
"""

from __future__ import annotations

import re

from tollbook.dialects.layout.layout import Skip
from tollbook.dialects.layout.patterns import quoted

_BEGIN, _END = r"^\s*", r"\s*$"
_BLANKS = " \t\f\r\n"
_VARYING = {
    "a date": (re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}"), r"\d+[./-]\d+[./-]\d+"),
    "a time": (re.compile(r"[0-9]+(?::[0-9]+)+"), r"\d+(:\d+)+"),
    "a number": (re.compile(r"[0-9]+"), r"\d+"),
    " ": (re.compile(f"[{_BLANKS}]+"), r"\s+"),
    "a row of": (re.compile(r"([^\w\s])\1{2,}"), "{3,}"),
}
"""What differs from line to line, in words: how it is found, and the pattern made of it (of a row, behind its sign)."""
_PIECE = re.compile("|".join(found.pattern for found, _ in _VARYING.values()) + "|.", re.DOTALL)
_MADE = {made: words for words, (_, made) in _VARYING.items()}
_PART = re.compile(
    "|".join([*map(re.escape, list(_MADE)[:-1]), r"\\?[^\w\s]\{3,\}", r"\\\W", r"[^\\.^$*+?{}\[\]|()]"]),
)
_SHOWN = 40


def like(line: str) -> Skip:
    r"""Return what is known of lines such as this one.

    >>> like("  SMDR page 2 -- 05.03.2026  08:00 ------").match
    '^\\s*SMDR\\s+page\\s+\\d+\\s+--\\s+\\d+[./-]\\d+[./-]\\d+\\s+\\d+(:\\d+)+\\s+-{3,}\\s*$'
    """
    text = line.strip(_BLANKS)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return Skip(match=_BEGIN + _PIECE.sub(_made, text) + _END, reason=f"line like “{shown}”")


def _made(piece: re.Match[str]) -> str:
    found = next((words for words, (looks, _) in _VARYING.items() if looks.fullmatch(piece[0])), "")
    if not found:
        return quoted(piece[0])
    made = _VARYING[found][1]
    return quoted(piece[0][0]) + made if found == "a row of" else made


def in_words(pattern: str) -> str:
    r"""Return what lines a pattern as `like` makes it is for; nothing for one that is written otherwise.

    >>> in_words(like("SMDR page 2 -- 05.03.2026  08:00 ------").match), in_words("^x|y$")
    ('“SMDR page”, a number, “--”, a date, a time, a row of -', '')
    """
    core = pattern.removeprefix(_BEGIN).removesuffix(_END)
    parts = [part[0] for part in _PART.finditer(core)]
    if "".join(parts) != core or pattern != _BEGIN + core + _END:
        return ""
    said = [_said(part) for part in parts]
    # Signs and blanks that stand side by side are one text.
    texts = "".join(words if len(words) == 1 else f"\0{words}\0" for words in said).split("\0")
    return ", ".join(text if text in said and len(text) > 1 else f"“{text.strip()}”" for text in texts if text.strip())


def _said(part: str) -> str:
    if part.endswith("{3,}"):
        return f"a row of {part.removesuffix('{3,}').removeprefix(chr(92))}"
    return _MADE.get(part) or part[-1]
