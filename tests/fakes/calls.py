"""Batches of calls made by hand, for tests that need no dialect."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tollbook.assembly.legs import NONE, Legs
from tollbook.model.call import NEVER, NUMBERS, SOME_NUMBERS, SOME_TEXTS, TEXTS, Calls, those_given
from tollbook.model.texts import texts_of

NOON = 1_700_000_000
"""When a call begins that is made without a start: seconds since 1970 UTC."""
Made = dict[str, Any]
"""Columns of one call by name; what is left out is what a PBX says least with."""
_USUAL: Made = {"direction": "incoming", "outcome": "unanswered", "started_at": NOON, "answered_at": NEVER}


def calls_of(*made: Made) -> Calls:
    """Return calls as a batch; it has the columns every batch has, and of the others those that any of them names."""
    rows = [_whole(each) for each in made]
    some = [name for name in (*SOME_TEXTS, *SOME_NUMBERS) if any(name in each for each in made)]
    columns: dict[str, Any] = {
        "raws": [row.get("raw", repr(sorted(each.items())).encode()) for row, each in zip(rows, made, strict=True)],
        "offsets": [row.get("offset", 100 * number) for number, row in enumerate(rows)],
    }
    for name in (*NUMBERS, *TEXTS, *some):
        is_number = name in (*NUMBERS, *SOME_NUMBERS)
        values = [row.get(name, 0 if is_number else "") for row in rows]
        columns[name] = np.array(values, np.int64) if is_number else texts_of(values)
    return Calls(**columns)


def _whole(made: Made) -> Made:
    """Return a call with the times that follow from those it was given."""
    call = {**_USUAL, **made}
    told = {name: call.get(name, 0) for name in ("ring_s", "talk_s", "hold_s")}
    call.setdefault("total_s", sum(told.values()))
    call.setdefault("ended_at", call["started_at"] + call["total_s"])
    call.setdefault("started_local", call["started_at"])
    if call["outcome"] == "answered" and call["answered_at"] == NEVER:
        call["answered_at"] = call["started_at"] + told["ring_s"]
    return call


def legs_of(*made: Made) -> Legs:
    """Return records as legs, each after the one before it in the same body unless it is told where it stands."""
    calls = calls_of(*made)
    bodies = [each.get("body", 1) for each in made]
    places = sorted(range(len(made)), key=lambda row: (bodies[row], calls.offsets[row]))
    before = np.full(len(made), NONE, np.int64)
    for earlier, later in pairwise(places):
        before[later] = earlier if bodies[earlier] == bodies[later] else NONE
    return Legs(
        calls=calls,
        pbx=texts_of([each.get("pbx", "pbx") for each in made]),
        body=np.array(bodies, np.int64),
        member=np.zeros(len(made), np.int64),
        before=before,
    )


def shown(calls: Calls) -> list[Made]:
    """Return calls with what there is to say of each."""
    names = those_given(calls, (*NUMBERS, *TEXTS, *SOME_TEXTS, *SOME_NUMBERS))
    columns = [list(getattr(calls, name)) for name in names]
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [{name: value for name, value in row.items() if value not in ("", 0, NEVER)} for row in rows]
