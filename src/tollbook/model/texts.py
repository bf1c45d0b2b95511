"""Columns of text that say where each text stands in bytes they share.

Making a Python string of every cell of a history costs more than reading it. So a column is two arrays of places in
one run of UTF-8 (`Letters`), on which NumPy works; a text becomes a string when somebody asks for it. Letters are only
ever added to, so what points into them stays right, and columns that choose among the texts of others copy none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from struct import Struct
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice
FEW = 16
"""Rows up to which one after another in Python costs less than all together in NumPy, whose every step costs 1 to 5 µs:
the calls of a live PBX come one by one, and must be on the screen as soon as ever."""
_MARGIN = bytes(32)
"""What stands behind the last text, so that a window of a fixed width over any text lies within the letters."""
INLINE = 12
"""Bytes of a text that an Arrow view holds itself; a longer one is pointed to."""
_HELD, _POINTED = Struct(f"<i{INLINE}s"), Struct("<i4sii")
_ASCII = 126
_ZERO, _NINE = b"09"
_IS_BLANK = np.array([chr(sign).isspace() and sign <= _ASCII for sign in range(256)], np.bool_)
_IS_DOUBTFUL = _IS_BLANK | (np.arange(256) > _ASCII)
_WORD = 8
_MOST_WORDS = 4
"""Of eight bytes: columns with longer texts are numbered one text at a time."""
_SPREAD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
_HEAD_MASKS = np.array([list(b"\xff" * n + bytes(INLINE - n)) for n in range(INLINE + 1)], np.uint8).view(np.int32)
_WORD_MASKS = np.array([(1 << 8 * n) - 1 for n in range(_WORD + 1)], np.uint64)


class Letters:
    """Bytes that columns of text point into."""

    __slots__ = ("_first", "_pieces", "_size", "_solid")

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [*pieces, _MARGIN]
        self._first = sum(map(len, pieces))
        self._size = self._first + len(_MARGIN)
        self._solid: tuple[int, npt.NDArray[np.int32], npt.NDArray[np.int32]] | None = None

    @property
    def data(self) -> bytes:
        """All bytes, and the margin behind them."""
        if len(self._pieces) > 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    def add(self, data: bytes) -> int:
        """Add bytes and return where they begin."""
        start = self._size
        self._pieces += [data, _MARGIN]
        self._size += len(data) + len(_MARGIN)
        return start

    def solid(self) -> tuple[int, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return how many bytes there were at first, and where blanks of ASCII around each place among these end.

        That is the place of the next byte that is no blank, itself included, and the place behind the last one before.
        """
        if self._solid is None:
            data = np.frombuffer(self.data, np.uint8)[: self._first]
            blank = _IS_BLANK[data]
            after = np.arange(len(data) + 1, dtype=np.int32)
            before = after.copy()
            after[:-1][blank] = len(data)
            before[1:][blank] = 0
            np.minimum.accumulate(after[::-1], out=after[::-1])
            np.maximum.accumulate(before, out=before)
            self._solid = (len(data), after, before)
        return self._solid

    def windows(self, kind: str) -> npt.NDArray[np.void]:
        """Return an array with, for every byte, what stands from there on, as a value of a NumPy type."""
        wanted = np.dtype(kind)
        return np.ndarray((len(self.data) - wanted.itemsize + 1,), wanted, self.data, strides=(1,))


class Texts(msgspec.Struct, frozen=True, eq=False):
    """A column of texts: the text of row `i` is what stands in the letters from `starts[i]` to `ends[i]`."""

    letters: Letters
    starts: Places
    ends: Places

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.starts)

    def __iter__(self) -> Iterator[str]:
        """Yield each text."""
        data = self.letters.data
        return (str(data[a:b], "utf-8") for a, b in zip(self.starts.tolist(), self.ends.tolist(), strict=True))

    @overload
    def __getitem__(self, rows: int) -> str: ...
    @overload
    def __getitem__(self, rows: Rows) -> Texts: ...
    def __getitem__(self, rows: int | Rows) -> str | Texts:
        """Return one text, or a column of those at some rows."""
        if isinstance(rows, int):
            return str(self.letters.data[self.starts[rows] : self.ends[rows]], "utf-8")
        return Texts(self.letters, self.starts[rows], self.ends[rows])

    def __eq__(self, other: object) -> bool:
        """Say whether another column, or a list, holds the same texts."""
        return list(self) == list(other) if isinstance(other, Texts | list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def __repr__(self) -> str:
        """Show the texts."""
        return f"Texts({list(self)!r})"

    @property
    def lengths(self) -> Places:
        """Bytes of each text."""
        return self.ends - self.starts

    def stripped(self) -> Texts:
        """Return the column without blanks around its texts."""
        if len(self) <= FEW and all(text == text.strip() for text in self):
            return self
        bare = self._bare()
        first, last = bare.edges()
        # What is blank beyond ASCII, or was added later, is found in strings: those few are looked at one by one.
        doubtful = _IS_DOUBTFUL[first] | _IS_DOUBTFUL[last]
        rows = np.flatnonzero(doubtful & (bare.starts < bare.ends))
        return bare.replaced(rows, [text.strip() for text in bare[rows]]) if len(rows) else bare

    def _bare(self) -> Texts:
        """Return the column without blanks of ASCII around the texts that were among the first letters."""
        first, last = self.edges()
        if not ((_IS_BLANK[first] | _IS_BLANK[last]) & (self.starts < self.ends)).any():
            return self
        length, after, before = self.letters.solid()
        rows = np.flatnonzero(self.ends <= length)
        begin, end = self.starts[rows], self.ends[rows]
        starts, ends = self.starts.copy(), self.ends.copy()
        starts[rows] = np.minimum(after[begin], end)
        ends[rows] = np.clip(before[end], starts[rows], end)
        return Texts(self.letters, starts, ends)

    def edges(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return the first and the last byte of each text; anything for an empty one."""
        data = np.frombuffer(self.letters.data, np.uint8)
        return data[self.starts], data[self.ends - 1]

    def begin_with_digit(self) -> npt.NDArray[np.bool_]:
        """Say which texts begin with a digit of ASCII."""
        first, _ = self.edges()
        return (first >= _ZERO) & (first <= _NINE) & (self.starts < self.ends)

    def replaced(self, rows: Rows, texts: Iterable[str]) -> Texts:
        """Return the column with other texts at some rows."""
        fresh = texts_of(texts, self.letters)
        starts, ends = self.starts.copy(), self.ends.copy()
        starts[rows], ends[rows] = fresh.starts, fresh.ends
        return Texts(self.letters, starts, ends)

    def without(self, rows: npt.NDArray[np.bool_]) -> Texts:
        """Return the column with nothing in some rows."""
        return Texts(self.letters, self.starts, np.where(rows, self.starts, self.ends))

    def numbered(self) -> tuple[npt.NDArray[np.intp], list[str]]:
        """Return the distinct texts, and before them each row's place among them."""
        words = self._words() if len(self) > FEW else None
        if words is not None:
            # The sums of two different texts may be equal, so that each text is compared with the one it was taken for.
            sums = (words * _SPREAD[: len(words), None]).sum(axis=0)
            _, firsts, places = np.unique(sums, return_index=True, return_inverse=True)
            if (words[:, firsts[places]] == words).all():
                return places, list(self[firsts])
        seen: dict[str, int] = {}
        numbers = [seen.setdefault(text, len(seen)) for text in self]
        return np.array(numbers, np.intp), list(seen)

    def _words(self) -> npt.NDArray[np.uint64] | None:
        """Return each text as whole numbers, one column of them a text, or None where some text is too long."""
        lengths = self.lengths
        count = -(-int(lengths.max(initial=1)) // _WORD)
        if count > _MOST_WORDS:
            return None
        windows = self.letters.windows("<u8").view(np.uint64)
        words = np.empty((count, len(self)), np.uint64)
        for number in range(count):
            left = np.clip(lengths - number * _WORD, 0, _WORD)
            words[number] = windows[self.starts + number * _WORD] & _WORD_MASKS[left]
        return words

    def views(self) -> npt.NDArray[np.int32]:
        """Return the column as Arrow has it: length and text, or length, first letters, buffer 0 and place in it."""
        if len(self) <= FEW:
            return np.frombuffer(b"".join(self._each_view()), np.int32).reshape(-1, 4)
        lengths = self.lengths
        views = np.empty((len(self), 4), np.int32)
        views[:, 0] = lengths
        heads = self.letters.windows(f"V{INLINE}")[self.starts].view(np.int32).reshape(-1, 3)
        np.bitwise_and(heads, _HEAD_MASKS[np.minimum(lengths, INLINE)], out=views[:, 1:])
        pointed = np.flatnonzero(lengths > INLINE)
        views[pointed, 2] = 0
        views[pointed, 3] = self.starts[pointed]
        return views

    def _each_view(self) -> Iterator[bytes]:
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            text = self.letters.data[start:end]
            yield _HELD.pack(len(text), text) if len(text) <= INLINE else _POINTED.pack(len(text), text, 0, start)


def texts_of(texts: Iterable[str], letters: Letters | None = None) -> Texts:
    """Return texts as a column, in letters of their own or added to others; a lone surrogate becomes `?`."""
    pieces = list(texts)
    whole = "".join(pieces)
    if not whole.isascii():
        return places_of([text.encode("utf-8", "replace") for text in pieces], letters)
    letters = Letters() if letters is None else letters
    first = letters.add(whole.encode("ascii"))  # all at once takes a third of the time
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    ends = first + np.cumsum(lengths)
    return Texts(letters, ends - lengths, ends)


def places_of(pieces: Sequence[bytes], letters: Letters | None = None) -> Texts:
    """Return byte strings as a column, as `texts_of` does; those that are no UTF-8 can only be viewed."""
    letters = Letters() if letters is None else letters
    first = letters.add(b"".join(pieces))
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    ends = first + np.cumsum(lengths)
    return Texts(letters, ends - lengths, ends)


def no_texts(like: Texts) -> Texts:
    """Return a column of nothing, as long as another and in its letters."""
    nowhere = np.zeros(len(like), np.int64)
    return Texts(like.letters, nowhere, nowhere)


def choose(chosen: npt.NDArray[np.bool_], first: Texts, second: Texts) -> Texts:
    """Return a column with the texts of `first` where `chosen`, else those of `second`; both share their letters."""
    starts = np.where(chosen, first.starts, second.starts)
    return Texts(first.letters, starts, np.where(chosen, first.ends, second.ends))


def same_texts(one: Texts, other: Texts) -> npt.NDArray[np.bool_]:
    """Say which rows have the same text in two columns, where there is any."""
    alike: npt.NDArray[np.bool_] = (one.lengths == other.lengths) & (one.lengths > 0)
    rows = np.flatnonzero(alike)
    one, other = one[rows], other[rows]
    edges = zip(one.edges(), other.edges(), strict=True)
    ends_alike = np.all([mine == its for mine, its in edges], axis=0)
    alike[rows] = [so and one[row] == other[row] for row, so in enumerate(ends_alike.tolist())]
    return alike


def join_texts(columns: list[list[Texts]]) -> list[Texts]:
    """Return several columns, each given in parts, whole and in the same letters."""
    used = {id(part.letters): part.letters for column in columns for part in column if len(part)}
    whole = next(iter(used.values())) if len(used) == 1 else Letters()
    shifts = {key: 0 if letters is whole else whole.add(letters.data) for key, letters in used.items()}

    def joined(parts: list[Texts]) -> Texts:
        shift = np.repeat([shifts.get(id(part.letters), 0) for part in parts], [len(part) for part in parts])
        starts, ends = (np.concatenate([getattr(part, name) for part in parts]) for name in ("starts", "ends"))
        return Texts(whole, starts + shift, ends + shift)

    return [joined(parts) for parts in columns]
