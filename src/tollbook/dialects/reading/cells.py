"""Records of separated fields, divided into cells without making a string of any.

What always holds: a record is divided as Python's `csv` divides it. A line that leaves no doubt (printable ASCII,
quotes only around whole fields or doubled in these, as many fields as belong) is divided by NumPy together with all
others like it, at a tenth of the cost; every other line is divided by `csv` itself. Fields that a record may lack at
its end are empty.
"""

from __future__ import annotations

import csv
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.model.limits import LONGEST_RECORD
from tollbook.model.texts import FEW, Letters, Places, Texts, places_of, texts_of

csv.field_size_limit(LONGEST_RECORD)
_SPACE, _LAST, _QUOTE = b' ~"'
_DIVIDER = b" "
"""Between two lines while they are divided together; where lines end is known from their lengths."""

Fit = Callable[[list[str]], list[str]]
"""Gives a row of too many or too few fields the number that belongs, or nothing where it cannot be done."""


class Cells(msgspec.Struct, frozen=True):
    """Cells of some records: of the record in row `i`, field `j` stands from `starts[j, i]` to `ends[j, i]`.

    `rows` are the places of these records among the lines given, `misfits` all other places with their fields' number.
    """

    letters: Letters
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    rows: npt.NDArray[np.intp]
    misfits: list[tuple[int, int]]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.rows)

    def column(self, number: int) -> Texts:
        """Return the cells of one field."""
        return Texts(self.letters, self.starts[number], self.ends[number])

    def part(self, first: int, last: int) -> Cells:
        """Return the cells of some records in a row."""
        starts, ends = self.starts[:, first:last], self.ends[:, first:last]
        return Cells(self.letters, starts, ends, self.rows[first:last], [])


class Fields(msgspec.Struct, frozen=True):
    """How many fields a record has, in all and at least, what stands between two, and how others are made fit."""

    width: int
    fewest: int
    separator: str
    decode: Callable[[bytes], str]
    fit: Fit


def divide(raws: list[bytes], fields: Fields) -> Cells:
    """Divide lines into records."""
    plain = _plain(raws, fields) if len(raws) > FEW else no_cells(fields.width)
    if len(plain) == len(raws):
        return plain
    rest = np.delete(np.arange(len(raws)), plain.rows)
    found = csv_rows([fields.decode(raws[row]) for row in rest.tolist()], fields.separator)
    fitting = [_filled(each, fields) or fields.fit(each) for each in found]
    kept = [place for place, each in enumerate(fitting) if each]
    misfits = [(int(rest[place]), len(found[place])) for place, each in enumerate(fitting) if not each]
    return with_rows(plain, rest[kept], [text for place in kept for text in fitting[place]], misfits)


def _filled(row: list[str], fields: Fields) -> list[str]:
    """Return a row with what it lacks at its end, or nothing where it lacks too much or has too much."""
    lacking = fields.width - len(row)
    return row + [""] * lacking if 0 <= lacking <= fields.width - fields.fewest else []


def with_rows(
    cells: Cells,
    places: npt.NDArray[np.intp],
    texts: list[str],
    misfits: list[tuple[int, int]],
) -> Cells:
    """Return cells with further rows among them, given as the texts of all their cells, one row behind the other."""
    flat = texts_of(texts, cells.letters)
    width = len(cells.starts)
    numbers = np.concatenate((cells.rows, places))
    order = np.argsort(numbers)
    starts = np.concatenate((cells.starts, flat.starts.reshape(-1, width).T), axis=1)[:, order]
    ends = np.concatenate((cells.ends, flat.ends.reshape(-1, width).T), axis=1)[:, order]
    return Cells(cells.letters, starts, ends, numbers[order], misfits)


def _plain(raws: list[bytes], fields: Fields) -> Cells:
    """Divide the lines that leave no doubt."""
    rows = np.arange(len(raws))
    lines = _joined(raws)
    for sure in (printable, _evenly_quoted):
        kept = sure(lines)
        if not kept.all():
            rows = rows[kept]
            lines = _joined([raws[row] for row in rows.tolist()])
    return _divided(lines, rows, fields)


def no_cells(width: int) -> Cells:
    """Return the cells of no record."""
    places = np.empty((width, 0), np.int64)
    return Cells(Letters(), places, places, np.empty(0, np.intp), [])


class Lines(msgspec.Struct, frozen=True):
    """Lines as one run of bytes, and where each begins and ends in it."""

    text: bytes
    data: npt.NDArray[np.uint8]
    starts: Places
    ends: Places


class _Quoted(Lines, frozen=True):
    """Lines, as letters too, and which of their bytes are quotes or within them."""

    letters: Letters
    quotes: npt.NDArray[np.bool_]
    quoted: npt.NDArray[np.bool_]


def joined(raws: list[bytes]) -> Lines:
    """Return lines as one run of bytes."""
    lengths = np.fromiter(map(len, raws), np.int64, len(raws))
    ends = np.cumsum(lengths + len(_DIVIDER)) - len(_DIVIDER)
    text = _DIVIDER.join([*raws, b""])
    return Lines(text, np.frombuffer(text, np.uint8), ends - lengths, ends)


def _joined(raws: list[bytes]) -> _Quoted:
    lines = joined(raws)
    quotes = lines.data == _QUOTE
    letters = Letters(lines.text)
    return _Quoted(lines.text, lines.data, lines.starts, lines.ends, letters, quotes, _odd_before(quotes))


def _odd_before(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Say for each place whether the marks up to it, itself included, are odd in number.

    Sixty-four places are one word, in which shifting adds the marks up; NumPy's own `cumsum` over the places takes ten
    times as long, a tenth of the time in which a record is read.
    """
    bits = np.packbits(marks, bitorder="little")
    words = np.zeros(-(-len(bits) // 8), "<u8")
    words.view(np.uint8)[: len(bits)] = bits
    for shift in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63))
    words[1:] ^= np.uint64(0) - odd[:-1]
    return np.unpackbits(words.view(np.uint8), count=len(marks), bitorder="little").astype(np.bool_)


def printable(lines: Lines) -> npt.NDArray[np.bool_]:
    """Say which lines are of printable ASCII, and no longer than a record can be."""
    sure = lines.ends - lines.starts <= LONGEST_RECORD
    data = lines.data
    if data.min(initial=_SPACE) < _SPACE or data.max(initial=_SPACE) > _LAST:
        other = np.flatnonzero((data < _SPACE) | (data > _LAST))
        sure[np.searchsorted(lines.starts, other, side="right") - 1] = False
    return sure


def _evenly_quoted(lines: _Quoted) -> npt.NDArray[np.bool_]:
    """Say which lines close each quote they open."""
    open_at_end = lines.quoted[lines.ends]
    open_before = np.concatenate((np.zeros(1, np.bool_), open_at_end))[: len(open_at_end)]
    return ~(open_at_end ^ open_before)


def _divided(lines: _Quoted, rows: npt.NDArray[np.intp], fields: Fields) -> Cells:
    """Divide lines at the separators outside quotes; leave out any with other fields than belong, or lone quotes."""
    separators = np.flatnonzero((lines.data == ord(fields.separator)) & ~lines.quoted)
    counts = np.diff(np.searchsorted(separators, lines.ends), prepend=0)
    widths = [int(count) + 1 for count in np.unique(counts)] if fields.fewest < fields.width else [fields.width]
    parts = [
        _of_width(lines, rows, separators[np.repeat(counts == width - 1, counts)], counts == width - 1)
        for width in widths
        if fields.fewest <= width <= fields.width
    ]
    if len(parts) == 1 and len(parts[0].starts) == fields.width:
        return parts[0]
    return _together(parts, fields.width, lines.letters)


def _of_width(
    lines: _Quoted,
    rows: npt.NDArray[np.intp],
    separators: Places,
    fits: npt.NDArray[np.bool_],
) -> Cells:
    """Divide the lines that fit, which all have the same number of fields, at their separators."""
    count = int(np.count_nonzero(fits))
    between = separators.reshape(count, len(separators) // max(count, 1)).T
    starts, ends = np.vstack((lines.starts[fits], between + 1)), np.vstack((between, lines.ends[fits]))
    around = lines.quotes[starts] & lines.quotes[ends - 1]
    cells = Cells(lines.letters, starts + around, ends - around, rows[fits], [])
    if not count or np.count_nonzero(lines.quotes) == 2 * np.count_nonzero(around):
        return cells
    within = lines.quotes.copy()
    within[starts[around]] = within[ends[around] - 1] = False
    return _undoubled(cells, np.unique(_cells_at(np.flatnonzero(within), starts, ends)), around)


def _cells_at(places: Places, starts: Places, ends: Places) -> Places:
    """Return the cells, counted record by record, in which places of the lines are; other lines have places, too."""
    if not starts.size:
        return np.empty(0, np.int64)
    found = np.searchsorted(starts.T.ravel(), places, side="right") - 1
    return found[(found >= 0) & (places < ends.T.ravel()[found])]


def _undoubled(cells: Cells, quoting: Places, around: npt.NDArray[np.bool_]) -> Cells:
    """Make one quote of each two in the cells that have any within them; leave out records with a lone one."""
    records, numbers = np.divmod(quoting, len(cells.starts))
    starts, ends = cells.starts[numbers, records], cells.ends[numbers, records]
    text = cells.letters.data
    contents = [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    lone = np.array([b'"' in content.replace(b'""', b"") for content in contents], np.bool_)
    clean = np.ones(len(cells), np.bool_)
    clean[records[lone | ~around[numbers, records]]] = False
    whole = places_of([content.replace(b'""', b'"') for content in contents], cells.letters)
    cells.starts[numbers, records], cells.ends[numbers, records] = whole.starts, whole.ends
    return Cells(cells.letters, cells.starts[:, clean], cells.ends[:, clean], cells.rows[clean], [])


def _together(parts: list[Cells], width: int, letters: Letters) -> Cells:
    """Return records of several widths as one, the fields that some lack empty."""
    rows = np.concatenate([np.empty(0, np.intp), *(each.rows for each in parts)])
    order = np.argsort(rows)

    def filled(name: str) -> npt.NDArray[np.int64]:
        whole = [
            np.vstack((places := getattr(each, name), *[each.ends[-1:]] * (width - len(places)))) for each in parts
        ]
        return np.concatenate([np.empty((width, 0), np.int64), *whole], axis=1)[:, order]

    return Cells(letters, filled("starts"), filled("ends"), rows[order], [])


def csv_rows(texts: list[str], separator: str = ",") -> list[list[str]]:
    """Divide each text into fields; a stray quote in one never reaches into the next."""
    try:
        rows = list(csv.reader(texts, delimiter=separator))
    except csv.Error:
        rows = []
    if len(rows) == len(texts):
        return rows
    return [_csv_row(text, separator) for text in texts]


def _csv_row(text: str, separator: str) -> list[str]:
    try:
        rows = list(csv.reader([text], delimiter=separator))
    except csv.Error:
        return [text]
    return rows[0] if rows else []
