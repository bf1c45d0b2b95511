"""Dimensions and measures: what calls are told apart by, and what is counted and added up. Both are data.

A measure is defined once, here; whatever counts calls uses it. The files say what each field means.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from tollbook.model.report import Unit
from tollbook.plugins import read_toml
from tollbook.store.filter_values import OUTSIDE_NUMBER
from tollbook.store.schema import CALL_VIEW
from tollbook.store.unpriced_reasons import REASON, UNPRICED

CONDITION_KEYS = {
    "direction": "direction",
    "outcome": "outcome",
    "is_priced": "price IS NOT NULL",
    "is_unpriced": UNPRICED,
}
"""What conditions are over: each is read once of a call."""
_SHARED_KEYS = {
    "number": OUTSIDE_NUMBER,
    "unpriced_reason": f"CASE WHEN {UNPRICED} THEN {REASON} END",
}
"""Keys of dimensions that other parts say, too."""


class Dimension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What calls are told apart by; `keys` are read of each call, `sql` makes the value of them."""

    title: str
    meaning: str
    group: str
    name: str = ""
    unit: Unit = Unit.TEXT
    keys: dict[str, str] = {}
    sql: str = ""
    view: str = ""
    word: str = ""
    form: str = "{}"
    values: dict[str, str] = {}
    none: str = ""
    broad: bool = False
    listed: bool = False

    @property
    def read(self) -> dict[str, str]:
        """What is read of each call, by name."""
        return {name: _SHARED_KEYS.get(name, sql) for name, sql in (self.keys or {self.name: self.name}).items()}

    @property
    def value(self) -> str:
        """The value in SQL, over its keys; an empty text is none."""
        sql = CALL_VIEW[self.view][0] if self.view else self.sql or next(iter(self.read))
        return f"nullif({sql}, '')" if self.unit is Unit.TEXT else sql


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is counted or added up: over calls, or as a ratio or difference of two measures.

    Those of calls can be put together from parts; a ratio is made of its two when these have been added up. A
    `percentile` is the least value that so many per cent of the calls do not exceed.
    """

    title: str
    meaning: str
    unit: Unit
    group: str
    name: str = ""
    of: str = ""
    how: Literal["sum", "max", "min", "distinct"] = "sum"
    when: tuple[str, ...] = ()
    over: str = ""
    under: str = ""
    less: str = ""
    times: int = 1
    percentile: int = 0
    reckoned_by: Literal["tariff", "pbx"] = "tariff"

    @property
    def parts(self) -> tuple[str, ...]:
        """The measures that it is made of: itself alone where it is none of two."""
        return (self.over, self.under or self.less) if self.over else (self.name,)

    @property
    def adds_up(self) -> bool:
        """Whether the values of rows come to the value of all."""
        return bool(self.less) or (not self.over and not self.percentile and self.how == "sum")


class _Measures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    conditions: dict[str, str]
    measures: dict[str, Measure]


@cache
def dimensions() -> dict[str, Dimension]:
    """Return the dimensions by name."""
    found = msgspec.convert(read_toml(resources.files(__package__), "dimensions.toml"), dict[str, Dimension])
    return {name: msgspec.structs.replace(each, name=name) for name, each in found.items()}


@cache
def _written() -> _Measures:
    return msgspec.convert(read_toml(resources.files(__package__), "measures.toml"), _Measures)


@cache
def measures() -> dict[str, Measure]:
    """Return the measures by name."""
    return {name: msgspec.structs.replace(each, name=name) for name, each in _written().measures.items()}


def condition(names: tuple[str, ...]) -> str:
    """Return some conditions as one, over `CONDITION_KEYS`."""
    return " AND ".join(_written().conditions[name] for name in names)


def keys_of(names: tuple[str, ...]) -> set[str]:
    """Return which of `CONDITION_KEYS` some conditions are over."""
    text = condition(names)
    return {key for key in CONDITION_KEYS if key in text}
