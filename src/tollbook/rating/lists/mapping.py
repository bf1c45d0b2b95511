"""What is known about a carrier's price lists: kept as text, and applied to the next one.

A setting that is empty is not known. What a file needs and neither says itself nor has here is asked.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import tomli_w

from tollbook.model.document import read_document
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.rating.lists.amounts import intervals_in

PriceUnit = Literal["", "minute", "second", "minute-cents", "second-cents"]
DecimalMark = Literal["", "point", "comma"]
DateOrder = Literal["", "dmy", "mdy", "ymd"]
Wins = Literal["", "stop", "first", "last", "cheapest", "dearest"]
Joined = Literal["", "part", "list"]
Hyphen = Literal["", "part", "range"]
Scope = Literal["", "whole", "changes"]
NOTHING = "none"
"""Among the prefixes to strip: a code may also have none of them."""
ROLES = (
    "code", "country_code", "npa", "nxx", "name", "price", "next_price", "connect_fee", "interval", "first_s",
    "next_s", "free_below_s", "date", "until", "status", "band", "currency",
)  # fmt: skip
"""What a column can be; `price:day` is the price in a band of its own."""
_TABLES = {"column": "columns", "word": "words", "status": "statuses", "band": "bands"}
_MEANINGS = {"words": ("free", "blocked", "left-out", "price"), "statuses": ("open", "closed")}
_CURRENCY = re.compile(r"[A-Z]{3}")
_STRIPPED = re.compile(r"[0-9*#+]+")


class ListMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a carrier writes its price lists.

    `columns` has names of columns by what they are, `#2` for the second one where there is no heading. `words` says
    what a text or an exact figure in place of a price means, `statuses` what a status does, `bands` how ours are
    called. `intervals`, such as `60/1`, holds where the file has none. `zero_interval` is what 0 seconds stand for.
    """

    columns: dict[str, str] = {}
    sheet: str = ""
    price_unit: PriceUnit = ""
    fee_unit: Literal["", "whole", "cents"] = ""
    currency: str = ""
    decimal: DecimalMark = ""
    date_order: DateOrder = ""
    zone: str = ""
    strip: list[str] = []
    hyphen: Hyphen = ""
    blank: Joined = ""
    code_parts: Literal["", "rest", "whole"] = ""
    area_zero: Literal["", "strip", "keep"] = ""
    intervals: str = ""
    single_interval: Literal["", "both", "first"] = ""
    zero_interval: Literal["", "1", "60", "call"] = ""
    words: dict[str, str] = {}
    statuses: dict[str, str] = {}
    bands: dict[str, str] = {}
    duplicates: Wins = ""
    scope: Scope = ""


def read_mapping(text: str, where: str) -> ListMapping:
    """Return a mapping from its TOML; raises `Misconfigured` with every fault."""
    try:
        mapping = msgspec.convert(read_document(text, where, "mapping"), ListMapping)
    except msgspec.ValidationError as fault:
        reason = str(fault).replace("`", "'").replace("$.", "")
        raise Misconfigured(Problem("the mapping cannot be used", reason, where, "write it with --save-map")) from fault
    return _checked(mapping, where)


def write_mapping(mapping: ListMapping) -> str:
    """Return a mapping as TOML, with what is known."""
    known = {name: value for name, value in msgspec.structs.asdict(mapping).items() if value}
    return tomli_w.dumps(known)


def with_answer(mapping: ListMapping, setting: str, value: str) -> ListMapping:
    """Return a mapping with one setting more, as `--set` has it: `price-unit`, `column.price`, `word.N/A`.

    Raises `Misconfigured`.
    """
    table, dot, key = setting.partition(".")
    if dot and table in _TABLES:
        known = getattr(mapping, _TABLES[table])
        key = key.casefold() if table in {"word", "status"} else key
        changed: Any = {_TABLES[table]: {**known, key: value}}
    else:
        name = setting.replace("-", "_")
        if name not in _plain_settings():
            words = [each.replace("_", "-") for each in _plain_settings()] + [f"{each}.…" for each in _TABLES]
            raise Misconfigured(
                Problem(f"'{setting}' is no setting", "nothing is read by it", help=nearest(setting, words)),
            )
        changed = {name: [part for part in value.split(",") if part] if name == "strip" else value}
    try:
        converted = msgspec.convert({**msgspec.structs.asdict(mapping), **changed}, ListMapping)
    except msgspec.ValidationError:
        choices = ", ".join(filter(None, get_args(get_type_hints(ListMapping)[setting.replace("-", "_")])))
        raise Misconfigured(
            Problem(f"'{setting}' cannot be {value!r}", f"it is one of: {choices}", help=f"--set {setting}=…"),
        ) from None
    return _checked(converted, f"--set {setting}")


def _plain_settings() -> list[str]:
    return [name for name in ListMapping.__struct_fields__ if name not in _TABLES.values()]


def _checked(mapping: ListMapping, where: str) -> ListMapping:
    problems = list(_problems(mapping, where))
    if problems:
        raise Misconfigured(*problems)
    return mapping


def _problems(mapping: ListMapping, where: str) -> list[Problem]:
    found = [
        Problem(
            f"'{role}' is nothing that a column can be",
            "columns are read by what they are",
            where,
            nearest(role, ROLES),
        )
        for role in mapping.columns
        if role not in ROLES and not role.startswith("price:")
    ]
    for table, meanings in _MEANINGS.items():
        found += [
            Problem(f"'{word}' cannot mean {meaning!r}", f"it means one of: {', '.join(meanings)}", where)
            for word, meaning in getattr(mapping, table).items()
            if meaning not in meanings
        ]
    if mapping.currency and not _CURRENCY.fullmatch(mapping.currency):
        found.append(Problem("'currency' is none", f"it is {mapping.currency!r}", where, "such as EUR, GBP or USD"))
    if mapping.zone and not _is_zone(mapping.zone):
        found.append(Problem("'zone' is unknown", f"it is {mapping.zone!r}", where, "such as Europe/Berlin"))
    if mapping.intervals and intervals_in(mapping.intervals, "both") is None:
        found.append(
            Problem(
                "'intervals' cannot be used",
                f"it is {mapping.intervals!r}",
                where,
                "first and next seconds: 60/1",
            ),
        )
    found += [
        Problem("'strip' cannot be used", f"it has {each!r}", where, "such as 00, 011 or 9981#")
        for each in mapping.strip
        if each != NOTHING and not _STRIPPED.fullmatch(each)
    ]
    return found


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
