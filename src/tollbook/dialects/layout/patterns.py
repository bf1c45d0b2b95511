"""Patterns in layouts: what they may look like, and which engine runs them.

The catalogue's own patterns run on Python's `re`, which is quick over what PBXs write. Over long texts, and where they
are of a site's own dialects, which may come from anybody, patterns run on RE2: it takes time in proportion to the text
whatever the pattern is, where `re` takes minutes over 60,000 blanks. Both take the same patterns, since every pattern
has to be one that RE2 understands; a verbose one is made plain first, for RE2 knows no verbose mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import re2  # type: ignore[import-untyped]  # the library has none

from tollbook.model.limits import FORMAT_COLUMNS, FORMAT_PATTERN

_LONG = 512
"""Characters of a text from which on time in their square is worth avoiding: PBXs write lines of a hundred, and few of
four hundred."""
_ONE_SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:[a-z]+\)|P?<\w+>|:)?", re.DOTALL)
"""What stands for one sign of a text, and how groups begin: what is in them is no sign of a pattern's own."""
_WITHOUT_END = re.compile(r"[*+]|\{\d*,(?:\d{3,})?\}")
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\s+|#[^\n]*|.", re.DOTALL)


class Match(Protocol):
    """Where a pattern matched."""

    def span(self, group: int = 0, /) -> tuple[int, int]:
        """Return where a group begins and ends; -1 twice for one that took no part."""

    def groupdict(self) -> dict[str, str | None]:
        """Return what the named groups matched."""

    def expand(self, template: str, /) -> str:
        r"""Return a template with its `\1` replaced by what the groups matched."""


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def groups(self) -> int:
        """How many groups there are, the named ones included."""

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The named groups, and their numbers."""

    def search(self, text: str, /) -> Match | None:
        """Find the pattern anywhere in a text."""

    def match(self, text: str, /) -> Match | None:
        """Find the pattern at the beginning of a text."""


class _Quick:
    """A pattern of the catalogue: Python's for texts as PBXs write them, RE2's for long ones."""

    __slots__ = ("_match", "_match_long", "_search", "_search_long", "groupindex", "groups")

    def __init__(self, quick: re.Pattern[str], safe: Pattern) -> None:
        self.groups, self.groupindex = quick.groups, quick.groupindex
        self._search, self._match = quick.search, quick.match
        self._search_long, self._match_long = safe.search, safe.match

    def search(self, text: str, /) -> Match | None:
        return self._search(text) if len(text) <= _LONG else self._search_long(text)

    def match(self, text: str, /) -> Match | None:
        return self._match(text) if len(text) <= _LONG else self._match_long(text)


def spans(match: Match, groups: int) -> tuple[tuple[int, int], ...]:
    """Return where the whole match and each group begin and end; Python's `re` knows them all at once."""
    known: tuple[tuple[int, int], ...] | None = getattr(match, "regs", None)
    return known or tuple(map(match.span, range(groups + 1)))


class BadPattern(ValueError):
    """A pattern that cannot be used; the text says why."""


def compiled(pattern: str, *, trusted: bool, ignore_case: bool = False) -> Pattern:
    """Compile a pattern; raises `BadPattern` for one that RE2 does not understand, or that grows too large."""
    options = re2.Options()
    options.max_mem = FORMAT_PATTERN  # `(.{1000}){1000}` needs more
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        safe: Pattern = re2.compile(pattern, options)
    except re2.error as fault:
        raise BadPattern(str(fault.args[0], "utf-8") if isinstance(fault.args[0], bytes) else str(fault)) from fault
    if safe.groups > FORMAT_COLUMNS:
        message = f"it has {safe.groups} groups, and the most is {FORMAT_COLUMNS}"
        raise BadPattern(message)
    if not trusted:
        return safe
    try:
        quick = re.compile(pattern, re.IGNORECASE | re.ASCII if ignore_case else re.ASCII)
        return quick if is_linear(pattern) else _Quick(quick, safe)
    except re.error as fault:
        raise BadPattern(str(fault)) from fault


def is_linear(pattern: str) -> bool:
    r"""Say whether Python's `re` surely takes time in proportion to a text: nothing, or one thing only, may go on.

    What may go on makes a square where it is sought from each place of the text, or where another one follows.

    >>> [
    ...     is_linear(each)
    ...     for each in (r"^(\d+|\*{5})$", r"^[^E]|E[^X]", r"\d{1,2};", r"\d+;", r"^\s*x\s*$", r"(?i)^a|b+c")
    ... ]
    [True, True, True, False, False, False]
    """
    bare = _ONE_SIGN.sub(_bare, pattern).lstrip("(")
    endless = len(_WITHOUT_END.findall(bare))
    return not endless or (endless == 1 and bare[0] == "^" and not _is_choice(bare))


def _bare(sign: re.Match[str]) -> str:
    """Return what stands for one sign, or begins a group, as one sign; nothing for options."""
    if sign[0][0] != "(":
        return "a"
    return "" if sign[0][-1] == ")" else "("


def _is_choice(bare: str) -> bool:
    """Say whether a pattern is a choice between several, of which each may begin elsewhere."""
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth <= 0:
            return True
    return False


def quoted(text: str) -> str:
    r"""Return a pattern for a text, as a person would write it: a blank, hyphen or hash stands for itself.

    >>> quoted("NO ANSWER - (?)")
    'NO ANSWER - \\(\\?\\)'
    """
    return _SPECIAL.sub(r"\\\g<0>", text)


def plain(verbose: str) -> str:
    r"""Return a verbose pattern as a plain one: blanks and comments go, unless escaped or in a class.

    >>> plain(r'''^(\d+)  # the extension
    ...           \ [ #]x$''')
    '^(\\d+)\\ [ #]x$'
    """
    return "".join(token for token in _TOKEN.findall(verbose) if not token.isspace() and token[0] != "#")
