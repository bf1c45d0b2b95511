"""What a column is by the name that its own PBX gives it: a JSON key, the name before an equals sign, a CSV heading."""

from __future__ import annotations

import re

_HINTS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("caller", r"src|source|caller(_?(id|num|number|no))?|callfrom|from|from_?no|calling(_?(number|party))?|ani|cli",
     frozenset({"text"})),
    ("called", r"dst|dest|destination|called(_?(number|party|no))?|callto|to|to_?no|diall?ed(_?(number|no|digits))?",
     frozenset({"text"})),
    ("extension", r"ext|exten|extension(_?(no|number))?|stn|station", frozenset({"text"})),
    ("trunk", r"trunk(_?(name|no|number|id))?|line|co|src_?trunk(_?name)?", frozenset({"text"})),
    ("account_code", r"acc|acct|account|account_?code", frozenset({"text"})),
    ("status", r"status|disposition|result|call_?status|cause", frozenset({"text"})),
    ("call_id", r"id|uid|call_?id|unique_?id|uuid", frozenset({"text"})),
    ("way", r"direction|dir|call_?type|type|i/?o", frozenset({"text"})),
    ("date", r"date|start_?date|call_?date", frozenset({"date"})),
    ("time", r"time|start_?time|call_?time", frozenset({"time"})),
    ("started_local", r"(call_?|time_?)?start(ed)?(_?(time|at|stamp|date))?|begin|date_?time|call_?date|timestamp",
     frozenset({"moment"})),
    ("answered_local", r"(call_?|time_?)?(answer(ed)?|connect(ed)?)(_?(time|at|stamp))?", frozenset({"moment"})),
    ("ended_local", r"(call_?|time_?)?(end(ed)?|stop|hangup|disconnect)(_?(time|at|stamp))?", frozenset({"moment"})),
    ("talk_s", r"talk(ing)?(_?(time|duration|s|sec|seconds))?|bill_?sec(onds)?", frozenset({"duration", "text"})),
    ("ring_s", r"ring(ing)?(_?(time|duration|s|sec|seconds))?|wait(_?time)?", frozenset({"duration", "text"})),
    ("total_s", r"(call_?|total_?)?dur(a?c?tion)?(_?(s|sec|seconds))?|length|elapsed", frozenset({"duration", "text"})),
    ("charge", r"cost|charge|price|amount", frozenset({"money"})),
)  # fmt: skip
_KNOWN = tuple((name, re.compile(pattern, re.ASCII), kinds) for name, pattern, kinds in _HINTS)
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)


def name_by(label: str, kind: str, texts: list[str]) -> tuple[str, str]:
    """Return what a column of a kind is by its label, and its kind then; nothing for a label that says nothing.

    >>> name_by("Bill Sec", "text", ["12", "0"]), name_by("src", "text", ["101"]), name_by("colour", "text", ["red"])
    (('talk_s', 'seconds'), ('caller', 'text'), ('', 'text'))
    """
    word = re.sub(r"[\s.-]+", "_", label.strip().lower())
    for name, pattern, kinds in _KNOWN:
        if not pattern.fullmatch(word) or kind not in kinds:
            continue
        if not name.endswith("_s") or kind == "duration":
            return name, kind
        if texts and all(_DIGITS.fullmatch(text) for text in texts):
            return name, "seconds"
    return "", kind
