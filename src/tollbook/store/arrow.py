"""Columns of Python values as one Arrow stream, which DuckDB scans without copying.

nanoarrow turns 200,000 strings into a column in about 6 ms; `executemany` stores 1,300 rows a second.
"""

from __future__ import annotations

import io
from typing import Any

import nanoarrow as na
import numpy as np
from nanoarrow.c_array_stream import CArrayStream
from nanoarrow.ipc import StreamWriter

TEXT = na.string()
INTEGER = na.int64()
KEY = na.fixed_size_binary(16)
BYTES = na.binary()

Column = tuple[Any, Any]
"""An Arrow type and the values of one column."""


def table(columns: dict[str, Column]) -> bytes:
    """Return columns as an Arrow IPC stream, which another process can hand on untouched."""
    written = io.BytesIO()
    with StreamWriter.from_writable(written) as writer:
        writer.write_stream(stream(columns))
    return written.getvalue()


def opened(written: bytes) -> na.ArrayStream:
    """Return what `table` made as a stream to be scanned once."""
    return na.ArrayStream.from_readable(io.BytesIO(written))


def stream(columns: dict[str, Column]) -> na.ArrayStream:
    """Return columns, all of one length, as a stream of a single batch."""
    schema = na.c_schema(na.struct({name: kind for name, (kind, _) in columns.items()}))
    arrays = [_array(kind, values) for kind, values in columns.values()]
    rows = len(arrays[0]) if arrays else 0
    batch = na.c_array_from_buffers(schema, rows, [None], children=arrays)
    return na.ArrayStream(CArrayStream.from_c_arrays([batch], schema))


def _array(kind: Any, values: Any) -> Any:  # noqa: ANN401 - nanoarrow carries no static types
    if kind is KEY:
        joined = b"".join(values)
        return na.c_array_from_buffers(KEY, len(joined) // 16, [None, joined])
    if isinstance(values, np.ndarray):
        return na.c_array_from_buffers(INTEGER, len(values), [None, np.ascontiguousarray(values)])
    return na.c_array(values, kind)
