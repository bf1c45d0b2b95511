"""Reads TOML that anybody may have written: as a document, or as what is wrong with it.

`tomllib` keeps the whole of a key's path for each of its parts, so that one key of a few hundred kilobytes would fill
the memory of the machine; and it goes down into brackets as deep as they are.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import re2  # type: ignore[import-untyped]  # the library has none

from tollbook.model.limits import FORMAT_DEPTH, FORMAT_FILE
from tollbook.model.problem import Misconfigured, Problem

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*"""
_DEEP = re2.compile(rf"(?m)^[ \t\[]*(?:{_PART}\.[ \t]*){{{FORMAT_DEPTH}}}{_PART}")
"""A key of more parts than there may be, at the beginning of its line."""
_DEEP_WITHIN = re2.compile(rf"[{{,][ \t]*(?:{_PART}\.[ \t]*){{{FORMAT_DEPTH}}}")
"""Such a key in an inline table."""


def read_document(text: str, where: str, what: str = "layout") -> dict[str, Any]:
    """Return a text as a document; raises `Misconfigured` for one that cannot be read within the limits.

    Numbers with a point are decimals: 0.1 is a tenth.
    """
    if len(text.encode()) > FORMAT_FILE:
        raise Misconfigured(Problem(f"the {what} is too large", f"more than {FORMAT_FILE} bytes", where))
    if _DEEP.search(text) or _DEEP_WITHIN.search(text):
        raise Misconfigured(
            Problem(f"the {what} cannot be read", f"a key in it has more than {FORMAT_DEPTH} parts", where),
        )
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise Misconfigured(Problem(f"the {what} cannot be read", str(fault), where)) from fault
    except (ValueError, RecursionError) as fault:  # a number without end, or brackets
        raise Misconfigured(Problem(f"the {what} cannot be read", f"{fault}", where)) from fault
    if _depth(document) > FORMAT_DEPTH:
        reason = f"more than {FORMAT_DEPTH} lists and tables in it stand in one another"
        raise Misconfigured(Problem(f"the {what} cannot be read", reason, where))
    return document


def _depth(value: object) -> int:
    """Return how many lists and tables stand in one another; `tomllib` gives up long before Python does."""
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if within is None else 1 + max(map(_depth, within), default=0)
