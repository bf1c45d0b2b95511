"""What a sink and the engine say to each other.

The engine hands a sink changes in order and notes its position once `deliver` has returned: after a crash in between
the same changes come again. So a sink overwrites by key, or says with each call what makes a second one known. A sink
neither retries nor logs nor keeps health; it raises `Unavailable` when the outside fails. It runs on a thread of its
own and may block there, for as long as its own time limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from tollbook.model.fence import Fence
from tollbook.model.problem import Problem
from tollbook.model.sink import CallFile, Field, LeftOutColumns, SiteTable


class Changes(Protocol):
    """Some changes: calls that are new or altered, in order, and the ids of calls that are to go."""

    fields: list[Field]
    key: str
    count: int
    gone: list[str]
    fresh: bool
    """Whether none of the calls was handed on before, since this is the history for somebody who had nothing."""
    file: Path | None
    """The calls as a file, where the sink asked for one."""

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the calls as values in the order of the fields, ids as texts; ask for nothing else meanwhile."""

    def numbers(self) -> list[int]:
        """Return the number of each call's change: of two states of a call the one with the higher is the newer."""


class AllCalls(Protocol):
    """All calls that are meant, by days or months: for a sink that mirrors them."""

    def periods(self, unit: str) -> dict[str, str]:
        """Return the days or months that have calls, each with a digest that changes when its calls do."""

    def write(self, unit: str, name: str, path: Path, form: str) -> None:
        """Write the calls of a day or month to a file in a form: csv, jsonl or parquet."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink is given: its name, and its columns with the name of the one that holds the key.

    It goes to files and addresses through `tollbook.gate`, with this fence. The columns `later` came with an update of
    Tollbook: a table made before may lack them.
    """

    name: str
    fields: list[Field]
    key: str
    fence: Fence = Fence()
    later: frozenset[str] = frozenset()


class DeliveryRefused(Exception):
    """The other side does not take this very delivery: after some tries it is put aside with these bytes."""

    def __init__(self, reason: str, content: bytes) -> None:
        super().__init__(reason)
        self.content = content


class Open(Protocol):
    """A sink at work.

    It is handed `batch` calls at most, a delivery that it refuses as often as `tries`; one that mirrors does so every
    `interval_s`, and any other is left alone for so long once it has all there is. Calls are written to
    a `file` beforehand.
    """

    file: CallFile
    batch: int
    tries: int
    interval_s: float

    def problems(self) -> list[Problem]:
        """Return everything that does not fit at the other side, changing nothing; raises `Unavailable`."""

    def prepare(self) -> None:
        """Make ready what is not there yet, such as a table."""

    def left_out(self) -> LeftOutColumns | None:
        """Look which columns there is no place for now: from then on changes come without them. Changes nothing."""

    def deliver(self, changes: Changes) -> None:
        """Hand changes on, whole or not at all; raises `Unavailable`, or `DeliveryRefused` for these alone."""

    def resend(self, content: bytes) -> None:
        """Hand on again what was put aside."""

    def mirror(self, calls: AllCalls) -> int:
        """Make the other side equal to all calls; return how many files were written."""

    def close(self) -> None:
        """Let everything go."""


@runtime_checkable
class TableTaker(Protocol):
    """A sink that, where calls come whole, is handed the site's tables as well."""

    file: CallFile

    def take_table(self, table: SiteTable) -> None:
        """Take a table of the site in place of the one before, whole or not at all; raises `Unavailable`."""


class SinkKind(msgspec.Struct, frozen=True, kw_only=True):
    """All about a kind of sink: the value `SINK` of its package.

    One that `mirrors` keeps itself equal to all calls; others are handed changes. One that `overwrites` can be handed
    everything a second time without harm.
    """

    title: str
    options: type[msgspec.Struct]
    connect: Opener
    mirrors: bool
    overwrites: bool


class Opener(Protocol):
    """What a kind of sink is opened by."""

    def __call__(self, options: Any, around: Around) -> Open:  # noqa: ANN401 - each kind has its own options
        """Return the sink; raises `Misconfigured` where a means is missing on this machine."""
