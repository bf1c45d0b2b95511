"""A sink as its owner set it up, what its columns are, and how it is doing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import msgspec

from tollbook.model.health import State


class Sink(msgspec.Struct, frozen=True, kw_only=True):
    """Somewhere calls are copied to.

    `name` is its permanent key, `kind` a folder of `sinks`. `settings` are the texts a person set, by option name.
    `columns` says what is handed on of a call: a preset, or columns with their expressions. `filter` says which calls,
    in the words that every list of calls is filtered by.
    """

    name: str
    kind: str
    settings: dict[str, str] = {}
    columns: str = "tollbook"
    filter: dict[str, str] = {}
    paused: bool = False


class FieldType(StrEnum):
    """What a column holds. An instant is UTC, a local time is the wall time of the PBX."""

    ID = "id"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    INSTANT = "instant"
    LOCAL = "local time"
    DATE = "date"
    TIME = "time of day"
    BOOLEAN = "yes or no"


class Field(msgspec.Struct, frozen=True):
    """One column of what a sink is handed; `source` is the column of a call that it is, where it is one unaltered."""

    name: str
    type: FieldType
    source: str = ""


class FileForm(StrEnum):
    """As what calls are written to a file."""

    CSV = "csv"
    PARQUET = "parquet"


class CallFile(msgspec.Struct, frozen=True, kw_only=True):
    """In which form calls are wanted as a file as well, and from how many on; at 0 never.

    CSV has no heading, and in it `null` stands for nothing, without quotes. In Parquet a time of day is a text; with
    `part_bytes` it is a folder of files of about that size.
    """

    least: int = 0
    form: FileForm = FileForm.CSV
    null: str = ""
    part_bytes: int = 0


NO_FILE = CallFile()


class SiteTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a site beside its calls, whole: its columns, and its rows as files of Parquet."""

    name: str
    fields: list[Field]
    parts: tuple[Path, ...]


class Backfill(msgspec.Struct, frozen=True, kw_only=True):
    """How far the history has been handed on: changes done, of how many, and from which day on (all without one)."""

    done: int
    of: int
    since: str = ""


class LeftOutColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Columns that the other side has no place for, so that calls come without them, and what would add each."""

    columns: list[str]
    adding: list[str]

    @property
    def told(self) -> str:
        """Say which columns are left out."""
        return f"its table lacks columns that came with an update, which are left out: {', '.join(self.columns)}"


class SinkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a sink is doing. Instants are UTC, ISO 8601 with `Z`, None where there was none yet.

    `behind` counts the changes that it has not been handed yet, `behind_s` says for how long it has been so. `sent` and
    `removed` count calls since it was added; `refused` those deliveries that were given up and can be sent again.
    `left_out` tells of columns that came with an update and that the user's table has not got.
    """

    sink: str
    kind: str
    state: State
    message: str
    since: str
    behind: int = 0
    behind_s: float = 0.0
    sent: int = 0
    removed: int = 0
    refused: int = 0
    last_sent_at: str | None = None
    last_error: str = ""
    backfill: Backfill | None = None
    left_out: LeftOutColumns | None = None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was given up: its number, when, why, how many calls it has, and its bytes as they were sent."""

    number: int
    at: str
    reason: str
    calls: int
    content: bytes
