"""What an endpoint says of its query and of its answer, for the API's description.

Beside each endpoint stands `answers(...)`, `lists(...)` or `streams(...)`, with types of ours or the names of rows of
documented views (`row_shapes`); `described` makes JSON schemas of them. Words of a query are JSON schemas already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tollbook.model.meaning import KINDS, REACHES
from tollbook.model.outcome import Direction, Outcome
from tollbook.model.phone_bill import MASKS
from tollbook.render.bills.files import BILL_FORMATS
from tollbook.render.bills.tables import SUBTOTALS
from tollbook.render.reports.formats import REPORT_FORMATS
from tollbook.render.reports.sheets import Paper
from tollbook.render.tables import CSV_STYLES, FORMATS
from tollbook.reports.running import Compare
from tollbook.site.audit.operations import ACTIONS, SUBJECTS
from tollbook.store.filters import ASKED, Word
from tollbook.store.questions import FIGURES, FIGURES_BY, SORTABLE, WHOLE_FIGURES
from tollbook.store.rejects import ASIDE
from tollbook.store.schema import VIEWS, column_types

SHAPE = "x-shape"
"""Where an operation carries its shape until the description is put together."""
Schema = dict[str, Any]
BYTES: Schema = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}
"""What the description says of an endpoint that is sent a file's bytes."""
Words = Mapping[str, Schema]
Shape = Any
"""A type that msgspec can write, or the name of one of `row_shapes`."""

CHOICES: dict[str, Collection[str]] = {
    "AuditSubject": [*SUBJECTS, *ACTIONS],
    "AskedOutcome": ASKED["outcome"].choices,
    "BillFormat": BILL_FORMATS,
    "BillMask": MASKS,
    "BillSubtotals": SUBTOTALS,
    "CalledBack": ASKED["called-back"].choices,
    "Compared": [each for each in get_args(Compare) if each],
    "CallOrder": [turned + name for name in SORTABLE for turned in ("-", "")],
    "CsvStyle": CSV_STYLES,
    "FiguresBy": FIGURES_BY,
    "MissedState": ("open", "done", "all"),
    "NumberKind": KINDS,
    "NumberReach": REACHES,
    "Paper": [each.value for each in Paper],
    "Period": ASKED["period"].choices,
    "ReportFormat": REPORT_FORMATS,
    "TableFormat": FORMATS,
    "UnpricedReason": ASKED["unpriced"].choices,
    "YesNo": ("yes", "no"),
}
"""What words of a query can be, by the name that the description has for it."""


class DescribedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answers with when it does as asked.

    `of` is sent as JSON, or as it is where it is `bytes`. A table can be sent as NDJSON, CSV and XLSX, too, and has
    rows of one shape or several; a stream is NDJSON alone. A report can be sent as `files` of every format, too.
    """

    of: Shape = None
    status: int = 200
    rows: tuple[Shape, ...] = ()
    files: bool = False


def answers(of: Shape, status: int = 200, words: Words | None = None, *, files: bool = False) -> Schema:
    """Return what the description says of an endpoint that answers with one value, or with files of a report."""
    return {SHAPE: DescribedAnswer(of=of, status=status, files=files), **_asked(words)}


def lists(*rows: Shape, of: Shape = None, words: Words | None = None) -> Schema:
    """Return what the description says of an endpoint that lists rows in any format, or as JSON something whole."""
    form = choice("TableFormat", "how the list is written")
    return {SHAPE: DescribedAnswer(of=of or list, rows=rows), **_asked({**(words or {}), "format": form})}


def streams(row: Shape, words: Words | None = None) -> Schema:
    """Return what the description says of an endpoint that goes on sending lines of JSON."""
    return {SHAPE: DescribedAnswer(rows=(row,)), **_asked(words)}


def _asked(words: Words | None) -> Schema:
    """Return what the description says of the words of a query; one that takes several takes them with commas."""
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": schema["description"],
                "schema": {key: value for key, value in schema.items() if key != "description"},
                **({"style": "form", "explode": False} if schema.get("type") == "array" else {}),
            }
            for name, schema in (words or {}).items()
        ],
    }


def text(told: str) -> Schema:
    """Return the schema of a word that is any text."""
    return {"type": "string", "description": told}


def whole_number(told: str) -> Schema:
    """Return the schema of a word that is a whole number."""
    return {"type": "integer", "minimum": 0, "description": told}


def choice(name: str, told: str) -> Schema:
    """Return the schema of a word that is one of some (`CHOICES`)."""
    return {"$ref": f"#/components/schemas/{name}", "description": told}


_NAMES = {
    "direction": Direction.__name__,
    "outcome": "AskedOutcome",
    "called-back": "CalledBack",
    "kind": "NumberKind",
    "reach": "NumberReach",
    "period": "Period",
    "unpriced": "UnpricedReason",
}


def _filter(name: str, word: Word) -> Schema:
    one = choice(_NAMES[name], word.help) if word.choices else text(word.help)
    if not word.several:
        return one
    return {"type": "array", "items": {k: v for k, v in one.items() if k != "description"}, "description": word.help}


FILTERS: Words = {name: _filter(name, word) for name, word in ASKED.items()}
"""The words by which calls are asked for."""

_TYPES: dict[str, Any] = {
    "INTEGER": int, "BIGINT": int, "UUID": UUID, "VARCHAR": str, "BLOB": str, "TIMESTAMP": str, "TIME": str,
    "DECIMAL(24,12)": str,
}  # fmt: skip
_WORDS: dict[str, Any] = {"direction": Direction, "outcome": Outcome}


@cache
def row_shapes() -> dict[str, Any]:
    """Return the rows of documented views, and what is made of them, by name."""
    call = _columns("calls")
    made: dict[str, list[Any]] = {
        "Call": call,
        "CallInPart": [_left_out(each) for each in (*call, *_columns("calls_agg"))],
        "Leg": _columns("legs"),
        "Reject": [*_columns("rejects"), *(_left_out((name, str)) for name in ASIDE)],
        "Figures": [
            *(_left_out((name, int if name in WHOLE_FIGURES else str | None)) for name in FIGURES_BY),
            *((name, int) for name in FIGURES),
        ],
    }
    shapes: dict[str, Any] = {
        name: msgspec.defstruct(name, fields, kw_only=True, namespace={"__doc__": _TOLD[name]})
        for name, fields in made.items()
    }
    calls = GenericAlias(list, (shapes["Call"],))
    page = [("calls", calls), ("next", str | None)]
    changed = [("calls", calls), ("gone", list[UUID]), ("next", str), ("behind", int)]
    return {
        **shapes,
        "CallsPage": msgspec.defstruct("CallsPage", page),
        "ChangedCalls": msgspec.defstruct("ChangedCalls", changed),
    }


_TOLD = {
    "Call": "A call, with every field there is.",
    "CallInPart": "A call with the fields that were asked for by `columns`.",
    "Leg": "A record that a call was assembled from.",
    "Reject": "A record that could not be read; `note` and `put_aside_…` are those of one that was put aside.",
    "Figures": "Calls told by one of the first fields: the one that was asked for.",
}


def _columns(view: str) -> list[tuple[str, Any]]:
    """Return the columns of a documented view with their types, and what they mean."""
    types = column_types(view)
    return [(column, _typed(column, *types[column], told)) for column, (_, told) in VIEWS[view][1].items()]


def _typed(column: str, kind: str, always: bool, told: str) -> Any:  # noqa: ANN401, FBT001 - a type that is made here
    found = datetime if column.endswith("_at") else _WORDS.get(column) or _TYPES[kind]
    return Annotated[found if always else found | None, Meta(description=told)]


def _left_out(field: tuple[str, Any]) -> tuple[str, Any, Any]:
    """Return a field that a row need not have."""
    return field[0], field[1] | UnsetType, UNSET
