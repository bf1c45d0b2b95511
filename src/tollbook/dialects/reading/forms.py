"""The ways in which a record's text is divided into cells, one for each `form` of a layout.

What divides lines is given whole batches; the lines it does not claim are those missing from the rows it returns. A new
form is a new row in `_FORMS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Column, Record
from tollbook.dialects.layout.patterns import Pattern, compiled, plain
from tollbook.dialects.layout.sign_classes import sign_classes
from tollbook.dialects.reading.cells import Cells, Fields, divide, joined, no_cells, printable, with_rows
from tollbook.dialects.reading.matched_shapes import MatchedShapes
from tollbook.dialects.reading.shapes import LineShape
from tollbook.dialects.reading.unquoted_separators import mend, spills_of
from tollbook.dialects.reading.url_encoded import plain_value
from tollbook.dialects.reading.xml_form import those_claimed, xml_cells
from tollbook.model.limits import JSON_DEPTH
from tollbook.model.texts import FEW, Letters

Decode = Callable[[bytes], str]
Divide = Callable[[list[bytes]], Cells]
_BLANKS = " \t\n\r\f\v"


class Scene(msgspec.Struct, frozen=True):
    """What dividing a record needs beside the record."""

    decode: Decode
    trusted: bool


def divider(record: Record, scene: Scene) -> Divide:
    """Return what divides lines into the cells of a record."""
    return _FORMS[record.form](record, scene)


def _csv(record: Record, scene: Scene) -> Divide:
    fields = Fields(
        width=len(record.columns),
        fewest=record.fewest or len(record.columns),
        separator=record.separator,
        decode=scene.decode,
        fit=partial(_fit, record),
    )
    divided = _mending(record, fields, scene)
    if not record.match:
        return divided
    begins = compiled(plain(record.match), trusted=scene.trusted)

    def divide_some(raws: list[bytes]) -> Cells:
        rows = np.array([row for row, raw in enumerate(raws) if begins.match(scene.decode(raw))], np.intp)
        cells = divided([raws[row] for row in rows.tolist()])
        misfits = [(int(rows[row]), count) for row, count in cells.misfits]
        return Cells(cells.letters, cells.starts, cells.ends, rows[cells.rows], misfits)

    return divide_some


def _mending(record: Record, fields: Fields, scene: Scene) -> Divide:
    """Return what divides rows, and joins the fields of those whose text has spilled over."""
    spills = spills_of(record, trusted=scene.trusted)
    if spills is None:
        return lambda raws: divide(raws, fields)

    def divide_and_mend(raws: list[bytes]) -> Cells:
        cells = divide(raws, fields)
        places = [*(int(cells.rows[row]) for row in spills.spilled(cells)), *(place for place, _ in cells.misfits)]
        return mend(cells, {place: scene.decode(raws[place]) for place in places}, spills) if places else cells

    return divide_and_mend


def _fit(record: Record, row: list[str]) -> list[str]:
    """Return a row with the record's number of fields, or nothing: text with unquoted separators spills over."""
    expected, surplus = len(record.columns), record.surplus
    if surplus is None or surplus.into:
        closed = len(row) == expected + 1 and not row[-1]  # a separator after the last field, too
        return row[:-1] if closed else []
    if len(row) < expected:
        return []
    between = row[surplus.first : len(row) - surplus.last]
    single = expected - surplus.first - surplus.last - 1
    return [
        *row[: surplus.first],
        *between[:single],
        record.separator.join(between[single:]),
        *row[len(row) - surplus.last :],
    ]


def _fixed(record: Record, scene: Scene) -> Divide:
    shapes = [LineShape(mask) for mask in record.shape]
    places = np.array([column.at for column in record.columns], np.int64).T
    slices = [_slices(column) for column in record.columns]

    def fields_of(raw: bytes) -> list[str]:
        text = scene.decode(raw)
        if not any(shape.fits(text) for shape in shapes):
            return []
        return [text[first] if not more else text[first] + _at_places(text, more) for first, *more in slices]

    scattered = _scattered(record)
    if any(length == 0 for column in record.columns if column.also for _, length in (column.at, *column.also)):
        return lambda raws: by_rows(raws, len(record.columns), fields_of)
    reach = max((int(offsets.max()) + 1 for offsets in scattered.values()), default=0)

    def divide_fixed(raws: list[bytes]) -> Cells:
        if len(raws) <= FEW:
            return by_rows(raws, len(record.columns), fields_of)
        lines = joined(raws)
        plain_lines = printable(lines) & (lines.ends - lines.starts >= reach)
        fits = plain_lines & np.any([shape.fit(lines) for shape in shapes], axis=0)
        rows = np.flatnonzero(fits)
        mine = joined([raws[row] for row in rows.tolist()]) if len(rows) < len(raws) else lines
        starts = np.minimum(mine.starts + places[0][:, None], mine.ends)
        limits = np.where(places[1] > 0, places[1], len(mine.text))[:, None]
        ends = np.minimum(starts + limits, mine.ends)
        pieces = [mine.text]
        for number, offsets in scattered.items():
            starts[number] = sum(map(len, pieces)) + np.arange(len(rows)) * len(offsets)
            ends[number] = starts[number] + len(offsets)
            pieces.append(mine.data[mine.starts[:, None] + offsets].tobytes())
        cells = Cells(Letters(*pieces), starts, ends, rows, [])
        others = np.flatnonzero(~plain_lines)
        return with_others(cells, others.tolist(), (fields_of(raws[row]) for row in others.tolist()))

    return divide_fixed


def _scattered(record: Record) -> dict[int, npt.NDArray[np.int64]]:
    """Return where the signs of columns stand that are written in several places, by the column's number."""
    return {
        number: np.concatenate([np.arange(start, start + length) for start, length in (column.at, *column.also)])
        for number, column in enumerate(record.columns)
        if column.also
    }


def _slices(column: Column) -> list[slice]:
    """Return the places at which a column stands: mostly one."""
    return [slice(start, start + length if length else None) for start, length in (column.at, *column.also)]


def _at_places(text: str, places: Iterable[slice]) -> str:
    """Return what stands at some places, one behind the other."""
    return "".join(text[place] for place in places)


def _blanks(record: Record, scene: Scene) -> Divide:
    shapes = [LineShape(mask) for mask in record.shape]
    width, fewest = len(record.columns), record.fewest or len(record.columns)

    def fields_of(raw: bytes) -> list[str]:
        text = scene.decode(raw)
        if shapes and not any(shape.fits(text) for shape in shapes):
            return []
        words = text.split()
        return words + [""] * (width - len(words)) if fewest <= len(words) <= width else []

    return lambda raws: by_rows(raws, width, fields_of)


def _pattern(record: Record, scene: Scene) -> Divide:
    """Lines of ASCII are cells where the groups matched; of any other line the texts are taken."""
    pattern: Pattern = compiled(plain(record.match), trusted=scene.trusted)
    numbers = [pattern.groupindex[_key(column)] for column in record.columns]

    known = MatchedShapes(pattern, numbers, sign_classes(plain(record.match)))

    def divide_pattern(raws: list[bytes]) -> Cells:
        lines = joined(raws)
        rows, others, starts, ends = known.places(raws)
        begin = lines.starts[rows]
        cells = Cells(Letters(lines.text), starts + begin, ends + begin, rows, [])
        return with_others(cells, others, (fields_of(raws[row]) for row in others))

    def fields_of(raw: bytes) -> list[str]:
        text = scene.decode(raw)
        found = pattern.match(text)
        if found is None:
            return []
        places = map(found.span, numbers)
        return [text[start:end] if start >= 0 else "" for start, end in places]

    return divide_pattern


def _keyed(record: Record, scene: Scene) -> Divide:
    """`name=value` pairs, or `name value` ones, divided by the record's separator."""
    keys = [_key(column) for column in record.columns]
    head = compiled(plain(record.match), trusted=scene.trusted)
    pairs = pairs_between(record.separator)
    nothing = dict.fromkeys(keys, "")

    def fields_of(raw: bytes) -> list[str]:
        text = scene.decode(raw)
        found = head.search(text)
        if found is None:
            return []
        values = nothing | dict(pairs.findall(text[found.span()[1] :]))
        return [values[key] for key in keys]

    return lambda raws: by_rows(raws, len(keys), fields_of)


def pairs_between(separator: str) -> re.Pattern[str]:
    """Return what finds names and values between separators, without the blanks around them.

    >>> pairs_between(",").findall(" name =  a b ,name a b,name,= a,name= ")
    [('name', 'a b'), ('name', 'a b'), ('name', '')]
    """
    mark, blank = re.escape(separator), f"[{re.escape(_BLANKS.replace(separator, ''))}]"
    sign = f"[^{mark}]" if len(separator) == 1 else f"(?:(?!{mark})[\\s\\S])"
    value = rf"((?:{sign}*(?!{blank}){sign})?)"
    equals = f"[{'=:'.replace(separator, '')}]"
    return re.compile(rf"(?:\A|{mark}){blank}*+([\w.-]++)(?:{blank}*+{equals}{blank}*+|{blank}++){value}", re.ASCII)


def _json(record: Record, scene: Scene) -> Divide:
    keys = [_key(column) for column in record.columns]
    needed = _needed(record)
    encoded = record.encoded == "url"

    def fields_of(raw: bytes) -> list[str]:
        try:
            found = msgspec.json.decode(scene.decode(raw))
        except (msgspec.DecodeError, RecursionError):
            return []
        if not isinstance(found, dict):
            return []
        values = [
            value if (value := found.get(key)).__class__ is str and value[:1] != "{" else _value(found, key)
            for key in keys
        ]
        for number in needed:
            if values[number] is None:
                return []
        return [plain_value(value or "") for value in values] if encoded else [value or "" for value in values]

    return lambda raws: by_rows(raws, len(keys), fields_of)


def _xml(record: Record, scene: Scene) -> Divide:
    fields_of = those_claimed(xml_cells(record, scene.decode, trusted=scene.trusted))
    return lambda raws: by_rows(raws, len(record.columns), fields_of)


def _needed(record: Record) -> list[int]:
    """Return the numbers of the columns without which a line is no such record."""
    return [number for number, column in enumerate(record.columns) if column.is_needed]


@lru_cache(4096)
def _ways(key: str) -> list[tuple[str, str]]:
    """Return the ways in which a key may lead into an object.

    >>> _ways("from.user.id")
    [('from', 'user.id'), ('from.user', 'id')]
    """
    parts = key.split(".") if key.count(".") <= JSON_DEPTH else []
    return [(".".join(parts[:place]), ".".join(parts[place:])) for place in range(1, len(parts))]


def _value(found: dict[str, Any], key: str) -> str | None:
    """Return the value of a key as it is written; None for an object, and for nothing.

    The value of `outer.inner` is that in an object within the object. One that was put into a text is one, too.
    """
    value = found.get(key)
    if value.__class__ is int:
        return str(value)
    if value is not None:
        if isinstance(value, str):
            return value if _object(value) is None else None
        return None if isinstance(value, dict) else msgspec.json.encode(value).decode()
    for outer, rest in _ways(key):
        inner = _object(found.get(outer))
        if inner is not None and (value := _value(inner, rest)) is not None:
            return value
    return None


def _object(value: object) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or not value.startswith("{"):
        return None
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _key(column: Column) -> str:
    return column.key or column.name


def by_rows(raws: list[bytes], width: int, fields_of: Callable[[bytes], list[str]]) -> Cells:
    """Return the cells of lines that are read one by one; `fields_of` returns nothing for a line it does not claim."""
    return with_others(no_cells(width), list(range(len(raws))), map(fields_of, raws))


def with_others(cells: Cells, places: list[int], rows: Iterable[list[str]]) -> Cells:
    """Return cells with the rows that were claimed among them."""
    claimed: list[int] = []
    texts: list[str] = []
    for place, row in zip(places, rows, strict=True):
        if row:
            claimed.append(place)
            texts += row  # lists that are kept would be gone through by Python's collector, over and over
    return with_rows(cells, np.array(claimed, np.intp), texts, []) if claimed else cells


_FORMS: dict[str, Callable[[Record, Scene], Divide]] = {
    "csv": _csv,
    "fixed": _fixed,
    "blanks": _blanks,
    "pattern": _pattern,
    "keyed": _keyed,
    "json": _json,
    "xml": _xml,
}
