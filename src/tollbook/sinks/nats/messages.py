"""Messages that carry calls over NATS: a line of JSON, and behind it Parquet with some thousand calls.

    {"version":1796063047006849,"key":"id","fields":[["id","id","id"],["caller","text","caller"]],"gone":[]}

A message of calls that are no more has their ids in `gone`, and nothing behind it. One of a table of the site, such as
its directory, has the table's name, which of how many parts it is, and no key: a loader that knows no tables refuses
it, and does not take its rows for calls. Whose calls they are is said by the
subject alone, which a server can be told to keep each site to: `tollbook.calls.<place>`. What was written into
ClickHouse is said under `tollbook.stored.<place>`.
"""

from __future__ import annotations

from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

from tollbook.model.limits import CALLS_OF_A_MESSAGE
from tollbook.model.sink import Field, FieldType

CALLS, STORED = "tollbook.calls", "tollbook.stored"
ID_HEADER = "Nats-Msg-Id"
PART_BYTES = 300_000
"""About how large a message is: a server takes 1 MB, unless it is told otherwise."""
GONE_AT_ONCE = 5_000
PARTS_OF_A_TABLE = 100_000
"""More than any site has: 30 GB."""
_PARQUET = b"PAR1"


class CallMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says of its calls: the version of their delivery, their columns, and which are no more.

    `first` says that its site has delivered nothing since it started, and so does not know which version was the last.
    With the name of a `table` it has rows of that instead of calls: a `part`, from 0, of so many `parts`.
    """

    version: int
    first: bool = False
    key: str
    fields: list[tuple[str, FieldType, str]]
    gone: list[UUID] = []
    table: str = ""
    part: int = 0
    parts: int = 0

    @property
    def columns(self) -> list[Field]:
        """The columns."""
        return [Field(*each) for each in self.fields]


class LoaderWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a loader says of a message: that its calls are in ClickHouse, or why they cannot be.

    They are not put away under a version that is below the highest of their place, which is `last` then.
    """

    id: str = ""
    refused: str = ""
    last: int = 0


class Unreadable(Exception):
    """A message that holds no calls, with the reason."""


def subject(root: str, place: str) -> str:
    """Return the subject of a place.

    >>> subject(CALLS, "St. Pauli*")
    'tollbook.calls.St%2E%20Pauli%2A'
    """
    return f"{root}.{quote(place, safe='').replace('.', '%2E')}"


def place_of(subject: str) -> str:
    """Return the place of a subject.

    >>> place_of("tollbook.calls.St%2E%20Pauli%2A")
    'St. Pauli*'
    """
    return unquote(subject.rpartition(".")[2])


def written(message: CallMessage, calls: bytes = b"") -> bytes:
    """Return a message with its calls."""
    return msgspec.json.encode(message) + b"\n" + calls


def read(content: bytes) -> tuple[CallMessage, bytes]:
    """Return a message and its calls as Parquet, which is not looked into; raises `Unreadable`."""
    head, _, calls = content.partition(b"\n")
    try:
        message = msgspec.json.decode(head, type=CallMessage)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise Unreadable(str(fault)) from fault
    names = [name for name, *_ in message.fields]
    if len(set(names)) < len(names) or message.version < 1:
        raise Unreadable("it has a column twice, or its version is none")
    if message.table and not (0 <= message.part < message.parts <= PARTS_OF_A_TABLE):
        raise Unreadable(f"it is part {message.part} of {message.parts}; there may be {PARTS_OF_A_TABLE:,}, from 0 on")
    if message.key not in names and not message.table:
        raise Unreadable("its columns have no key")
    if message.table and message.gone:
        raise Unreadable("it has a table, and calls that are no more")
    if message.gone and (calls or len(message.gone) > CALLS_OF_A_MESSAGE):
        raise Unreadable("it has calls that are no more, and others or too many")
    if not message.gone and not (calls.startswith(_PARQUET) and calls.endswith(_PARQUET)):
        raise Unreadable("it has no calls")
    return message, calls
