"""Calls from the cells of records that name two channels, as Asterisk-based PBXs write them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading import channels
from tollbook.dialects.reading.clocks import Clock, epoch_of
from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.memo import Memo
from tollbook.dialects.reading.moved_columns import Mover
from tollbook.dialects.reading.rules import FieldColumns
from tollbook.dialects.reading.settings import pairs, set_to, words
from tollbook.model.call import NEVER, Numbers
from tollbook.model.outcome import Outcome
from tollbook.model.pbx import Pbx
from tollbook.model.texts import choose, texts_of

Mask = npt.NDArray[np.bool_]


class ByChannels:
    """Makes the columns of calls from records with `source_channel` and `destination_channel`."""

    def __init__(self, layout: Layout, pbx: Pbx, offsets: ZoneOffsets) -> None:
        self._clock = Clock(offsets, set_to(layout, pbx, "clock"))
        self._movers = {record.name: Mover(record.moved) for record in layout.record if record.moved}
        trunk_ids, extensions = words(set_to(layout, pbx, "trunk-ids")), pairs(set_to(layout, pbx, "extensions"))
        self._ends = channels.Ends(layout.channel, trunk_ids, extensions, trusted=layout.trusted)
        self._outcomes = Memo(lambda status: layout.outcomes.get(status.upper(), Outcome.UNKNOWN.value))

    def derive(self, fields: FieldColumns, numbers: dict[str, Numbers], record: str) -> dict[str, Any]:
        """Return the columns of calls, by name."""
        if record in self._movers:
            self._movers[record].put_back(fields)
        for name, column in channels.derive(fields, self._ends).items():
            said = fields[name] if name == "ddi" and name in fields else None  # by a rule: the table says it
            fields[name] = column if said is None else choose(said.lengths > 0, said, column)
        self._say_outcomes(fields)
        return self._times(fields, numbers)

    def _say_outcomes(self, fields: FieldColumns) -> None:
        """Set the outcomes: a rule's, else what the status means."""
        places, statuses = fields.numbered("status")
        said = texts_of([self._outcomes[status] for status in statuses], fields.letters)[places]
        fields["outcome"] = choose(fields["outcome"].lengths > 0, fields["outcome"], said)

    def _times(self, fields: FieldColumns, numbers: dict[str, Numbers]) -> dict[str, Any]:
        """Return instants and ring time, beside the PBX's wall times and durations."""
        answered, unanswered = (_is(fields, outcome) for outcome in (Outcome.ANSWERED, Outcome.UNANSWERED))
        totals, talks = numbers["total_s"], np.where(unanswered, 0, numbers["talk_s"])
        walls = numbers["started_local"]
        never = np.full(len(walls), NEVER, np.int64)
        told, ends = (numbers.get(name, never) for name in ("answered_local", "ended_local"))
        rings = np.where(answered, np.maximum(totals - talks, 0), totals)
        answers = np.where(told != NEVER, told, walls + rings)
        read = self._clock.reading(walls, partial(map, epoch_of, fields["call_id"]))
        starts = read.instants(walls)
        return {
            "started_at": starts,
            "ring_s": rings,
            "answered_at": np.where(answered, read.instants(answers, (starts + rings).tolist), NEVER),
            "ended_at": read.instants(np.where(ends == NEVER, walls + totals, ends), (starts + totals).tolist),
            "started_local": read.locals(walls),
            "total_s": totals,
            "talk_s": talks,
        }


def _is(fields: FieldColumns, outcome: Outcome) -> Mask:
    places, said = fields.numbered("outcome")
    return np.array([word == outcome for word in said], np.bool_)[places]
