"""A call, as every part of Tollbook speaks of it.

Instants are whole seconds since 1970-01-01 UTC while they travel and ISO 8601 with `Z` when a person or a program
reads them; `started_local` is the PBX's own wall time. Between dialect and store calls travel as columns
(`Calls`): one column per field, equally long, row `i` of each belonging to one call.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.model.texts import Rows, Texts, join_texts, no_texts, texts_of

Numbers = npt.NDArray[np.int64]
"""A column of whole numbers."""
NEVER = -(1 << 62)
"""The instant of something that did not happen."""


class Calls(msgspec.Struct, frozen=True):
    """A batch of calls as columns.

    `raws` and `offsets` say which frame each call was read from. `started_at`, `answered_at` and `ended_at` are
    seconds since the epoch (UTC), `started_local` the same count for the PBX's wall time; `answered_at` is `NEVER` for
    a call nobody took. Durations are seconds. Text is empty, never None, where the PBX gave nothing.

    The columns that may be None are those that only some dialects give: `ddi` is the public number an outside caller
    dialled, `third_party` who transferred or forwarded the call, `charge` the PBX's own price as decimal text (`12.50`)
    in `currency`, `units` charge pulses. `linked_id` is what the records of one call have in common (empty for a record
    that is a whole call) and `leg` the part that the record plays in it, in the words of the dialect's assembly rules.
    """

    raws: list[bytes]
    offsets: list[int]
    direction: Texts
    outcome: Texts
    started_at: Numbers
    answered_at: Numbers
    ended_at: Numbers
    started_local: Numbers
    ring_s: Numbers
    talk_s: Numbers
    total_s: Numbers
    extension: Texts
    caller: Texts
    called: Texts
    trunk: Texts
    account_code: Texts
    device: Texts
    feature: Texts
    option1: Texts
    option2: Texts
    call_id: Texts
    status: Texts
    source_channel: Texts
    destination_channel: Texts
    caller_name: Texts | None = None
    ddi: Texts | None = None
    trunk_group: Texts | None = None
    auth_code: Texts | None = None
    third_party: Texts | None = None
    charge: Texts | None = None
    currency: Texts | None = None
    linked_id: Texts | None = None
    leg: Texts | None = None
    hold_s: Numbers | None = None
    units: Numbers | None = None

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.raws)


CALL_COLUMNS = Calls.__struct_fields__


NUMBERS = (
    "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s", "total_s",
)  # fmt: skip
"""The columns of whole numbers that every batch has."""
SOME_NUMBERS = ("hold_s", "units")
"""The columns of whole numbers that a batch may have; 0 where there is nothing to say."""
COUNTED = frozenset(("ring_s", "talk_s", "total_s", *SOME_NUMBERS))
"""The columns of durations and counts, which are `counted`."""
SOME_TEXTS = (
    "caller_name", "ddi", "trunk_group", "auth_code", "third_party", "charge", "currency", "linked_id", "leg",
)  # fmt: skip
"""The columns of text that a batch may have."""
TEXTS = tuple(name for name in CALL_COLUMNS if name not in ("raws", "offsets", *NUMBERS, *SOME_NUMBERS, *SOME_TEXTS))
"""The columns of text that every batch has."""


def those_given(calls: Calls, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some columns that a batch has."""
    return tuple(name for name in names if getattr(calls, name) is not None)


def counted(numbers: Numbers) -> Numbers:
    """Return durations or counts, those beyond the limit at the limit.

    One reckoned from two moments, or added up over records, can be larger than any that is written; the store would
    refuse it, and everything in its batch.
    """
    return np.minimum(numbers, LONGEST_DURATION_S)


def no_calls() -> Calls:
    """Return a batch of no calls."""
    columns: dict[str, Any] = {"raws": [], "offsets": []}
    columns |= {name: np.empty(0, np.int64) for name in NUMBERS} | dict.fromkeys(TEXTS, texts_of([]))
    return Calls(**columns)


def join_calls(batches: list[Calls]) -> Calls:
    """Return the calls of all batches, in order; a column that only some have is empty, or 0, in the others' rows."""
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return no_calls()
    names = [name for name in CALL_COLUMNS if any(getattr(batch, name) is not None for batch in batches if len(batch))]
    names = names or ["raws", "offsets", *NUMBERS, *TEXTS]
    parts = {name: [_column(batch, name) for batch in batches] for name in names}
    texts = [name for name in names if name in TEXTS or name in SOME_TEXTS]
    columns: dict[str, Any] = {name: list(chain.from_iterable(parts[name])) for name in ("raws", "offsets")}
    columns |= {name: np.concatenate(parts[name]) for name in names if name in NUMBERS or name in SOME_NUMBERS}
    columns |= zip(texts, join_texts([parts[name] for name in texts]), strict=True)
    return Calls(**columns)


def _column(calls: Calls, name: str) -> Any:  # noqa: ANN401 - any column
    """Return a column of a batch, without content where the batch does not have it."""
    column = getattr(calls, name)
    if column is not None:
        return column
    return np.zeros(len(calls), np.int64) if name in SOME_NUMBERS else no_texts(calls.direction)


def pick(calls: Calls, row: int) -> Calls:
    """Return one call as a batch of its own."""
    return at_rows(calls, slice(row, row + 1))


def at_rows(calls: Calls, rows: Rows) -> Calls:
    """Return the calls at some rows."""
    numbers = range(len(calls))[rows] if isinstance(rows, slice) else np.arange(len(calls))[rows].tolist()
    columns: dict[str, Any] = {name: [getattr(calls, name)[row] for row in numbers] for name in ("raws", "offsets")}
    names = those_given(calls, (*NUMBERS, *TEXTS, *SOME_NUMBERS, *SOME_TEXTS))
    return Calls(**columns, **{name: getattr(calls, name)[rows] for name in names})
