"""Calls from the cells of records, by rules: who called whom, how it ended, and every time and duration.

A PBX writes some of the times; the others follow. What always holds: total = ring + talk + hold unless the PBX says
otherwise, an unanswered call has no talk time, and a call ends when it started plus its total.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import repeat
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.arrival import Arrival
from tollbook.dialects.reading.clocks import Clock, ClockReading, Epochs, epoch_of
from tollbook.dialects.reading.kinds import UNSET
from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.memo import Memo
from tollbook.dialects.reading.row_zones import RowZones, ZoneColumns
from tollbook.dialects.reading.rules import FieldColumns
from tollbook.model.call import NEVER, Numbers
from tollbook.model.outcome import Direction, Outcome
from tollbook.model.texts import Texts, choose, texts_of

Mask = npt.NDArray[np.bool_]
_LONGEST_EXTENSION = 7
"""Signs of an extension at most; what is longer on the inner side is a number dialled in to, not an extension."""
_HALF_FOLD_S = 1800
"""Half of the hour that comes twice: an instant so far from one of its readings is as far from the other."""


class DerivingSettings(msgspec.Struct, frozen=True):
    """What the owner of a PBX has set, and what its format says of times.

    Its zone, whether the moment written is a call's start or its end, the year of dates without one, by which clock
    moments are written, and whether a call is written as answered at its end where nobody took it.
    """

    offsets: ZoneOffsets
    at_end: bool
    year: int
    clock: str = ""
    ends_unanswered: bool = False

    @property
    def by_id(self) -> bool:
        """Whether calls' ids say by which clock moments are written, and so where in an hour that comes twice."""
        return self.clock == "auto"

    def clock_reading(
        self, fields: FieldColumns, numbers: dict[str, Numbers], offsets: ZoneOffsets | RowZones
    ) -> ClockReading:
        """Return how the moments of some records are read: of the clock that ids show, where starts are written."""
        starts = np.maximum(numbers.get("started_local", np.zeros(fields.rows, np.int64)), 0)
        epochs = partial(map, epoch_of, fields["call_id"]) if self.by_id else partial(repeat, None, fields.rows)
        return Clock(offsets, self.clock, else_utc=True).reading(starts, epochs)


class WrittenMoments(msgspec.Struct, frozen=True):
    """What makes instants of the moments in some records: when they arrived, and the clock they are written by."""

    arrival: Arrival
    clock: ClockReading


class ByRules:
    """Makes the columns of calls from the columns of records to which the rules have been applied."""

    def __init__(self, layout: Layout, setting: DerivingSettings) -> None:
        self._setting = setting
        self._outcomes = Memo(lambda status: layout.outcomes.get(status.upper(), ""))
        self._lacks_extension = not names_extension(layout)
        self._zones = ZoneColumns(layout, setting.offsets)

    def derive(self, fields: FieldColumns, numbers: dict[str, Numbers], received_us: int) -> dict[str, Any]:
        """Return the columns of calls, by name; those that the record says nothing of are left out."""
        spans = _Spans(numbers, fields.rows)
        directions = self._directions(fields)
        if self._lacks_extension and "caller" in fields and "called" in fields:
            _find_extension(fields, directions)
        _share_number(fields, directions)
        answered = self._answered(fields, _talked(numbers, spans, self._setting))
        spans.settle(answered)
        written = WrittenMoments(
            Arrival(received_us, self._setting.offsets, self._setting.year),
            self._setting.clock_reading(fields, numbers, self._zones.offsets(fields)),
        )
        return {**self._times(numbers, spans, answered, written), **spans.columns()}

    def _directions(self, fields: FieldColumns) -> list[str]:
        """Set the directions that no rule has: a call over a trunk goes out, one without stays inside."""
        unsaid = fields["direction"].lengths == 0
        if unsaid.any():
            outside = fields["trunk"].lengths > 0
            for word, mask in ((Direction.OUTGOING, outside), (Direction.INTERNAL, ~outside)):
                rows = np.flatnonzero(unsaid & mask)
                fields.put("direction", rows, _all(word.value, fields, len(rows)))
        return fields.numbered("direction")[1]

    def _answered(self, fields: FieldColumns, talked: Mask) -> Mask:
        """Set the outcomes: a rule's, else what the status means, else by whether anybody talked."""
        if "status" in fields:
            places, statuses = fields.numbered("status")
            said = texts_of([self._outcomes[status] for status in statuses], fields.letters)[places]
            fields["outcome"] = choose(fields["outcome"].lengths > 0, fields["outcome"], said)
        unsaid = fields["outcome"].lengths == 0
        if unsaid.any():
            for outcome, mask in ((Outcome.ANSWERED, talked), (Outcome.UNANSWERED, ~talked)):
                rows = np.flatnonzero(unsaid & mask)
                fields.put("outcome", rows, _all(outcome.value, fields, len(rows)))
        places, outcomes = fields.numbered("outcome")
        return np.array([outcome == Outcome.ANSWERED for outcome in outcomes], np.bool_)[places]

    def _times(
        self, numbers: dict[str, Numbers], spans: _Spans, answered: Mask, written: WrittenMoments
    ) -> dict[str, Any]:
        offsets, arrival, clock = self._setting.offsets, written.arrival, written.clock
        said = arrival.walls(numbers.get("date"), numbers.get("time"))
        starts, taken, ends = _moments(numbers, clock, by_id=self._setting.by_id)
        if starts is None and said is not None:
            moments = clock.instants_or_never(said)
            starts, ends = (None, moments) if self._setting.at_end else (moments, ends)
        if starts is None and ends is None and taken is not None:
            starts = np.where(taken == NEVER, NEVER, taken - spans.ring_s)  # all that is written is when it was taken
        if starts is not None:
            starts = np.where(starts == NEVER, arrival.second - spans.total_s, starts)
        if starts is None:
            ends = np.full(len(answered), NEVER, np.int64) if ends is None else ends
            ends = np.where(ends == NEVER, arrival.second, ends)
            starts = ends - spans.total_s
        else:
            spans.measure(starts, taken, ends, answered)
        if ends is None or (ends == NEVER).any():
            ends = starts + spans.total_s if ends is None else np.where(ends == NEVER, starts + spans.total_s, ends)
        reached = starts + spans.ring_s if taken is None else np.where(taken == NEVER, starts + spans.ring_s, taken)
        return {
            "started_at": starts,
            "started_local": offsets.locals(starts),
            "answered_at": np.where(answered, reached, NEVER),
            "ended_at": np.maximum(ends, starts),
        }


class _Spans:
    """The durations of calls, of which a PBX writes some."""

    def __init__(self, numbers: dict[str, Numbers], rows: int) -> None:
        self._rows = rows
        self.given = {name for name in ("ring_s", "talk_s", "total_s") if name in numbers}
        nothing = np.zeros(rows, np.int64)
        self.ring_s, self.talk_s, self.total_s = (
            numbers.get(name, nothing) for name in ("ring_s", "talk_s", "total_s")
        )
        self._waits = "hold_s" in numbers or "park_s" in numbers
        self.hold_s = numbers.get("hold_s", nothing) + numbers.get("park_s", nothing)

    def talked(self) -> Mask:
        """Say which calls had anybody talk, as far as a duration tells."""
        if "talk_s" in self.given:
            return self.talk_s > 0
        return self.total_s > self.ring_s

    def settle(self, answered: Mask) -> None:
        """Work the durations out that the PBX does not write; a call nobody took rang for all of its duration."""
        if "talk_s" not in self.given:
            self.talk_s = np.maximum(self.total_s - self.ring_s - self.hold_s, 0)
        longest = np.maximum(np.maximum(self.ring_s, self.talk_s), self.total_s)
        if "ring_s" not in self.given and "total_s" in self.given:
            self.ring_s = np.maximum(self.total_s - self.talk_s - self.hold_s, 0)
        self.ring_s = np.where(answered, self.ring_s, np.where(self.ring_s > 0, self.ring_s, longest))
        self.talk_s = np.where(answered, self.talk_s, 0)
        if "total_s" not in self.given:
            self.total_s = self.ring_s + self.talk_s + self.hold_s
        self.total_s = np.maximum(self.total_s, np.where(answered, self.talk_s, self.ring_s))

    def measure(self, starts: Numbers, taken: Numbers | None, ends: Numbers | None, answered: Mask) -> None:
        """Take durations from moments, where there are no durations; beside a talk time alone, how long it rang."""
        if self.given == {"talk_s"} and ends is None and taken is not None:
            self.ring_s = np.where(answered & (taken != NEVER), np.maximum(taken - starts, 0), self.ring_s)
            self.total_s = self.ring_s + self.talk_s + self.hold_s
        if self.given or ends is None:
            return
        whole = np.where(ends == NEVER, 0, np.maximum(ends - starts, 0))
        reached = starts if taken is None else np.where(taken == NEVER, starts, taken)
        self.total_s = whole
        self.ring_s = np.where(answered, np.clip(reached - starts, 0, whole), whole)
        self.talk_s = np.where(answered, whole - self.ring_s, 0)

    def columns(self) -> dict[str, Numbers]:
        """Return the durations by the names that calls have for them."""
        held = {"hold_s": self.hold_s} if self._waits else {}
        return {"ring_s": self.ring_s, "talk_s": self.talk_s, "total_s": self.total_s, **held}


def _talked(numbers: dict[str, Numbers], spans: _Spans, setting: DerivingSettings) -> Mask:
    """Say which calls were answered as far as times tell.

    That is by the moment of answering where the PBX writes one, else by a duration; a call of which it writes start and
    end alone was answered where it lasted.
    """
    taken = [name for name in ("answered_at", "answered_local") if name in numbers]
    if taken:
        reached: Mask = numbers[taken[0]] != NEVER
        ends = numbers.get(taken[0].replace("answered", "ended"))
        return reached & (numbers[taken[0]] != ends) if setting.ends_unanswered and ends is not None else reached
    if not spans.given and {"started_local", "ended_local"} <= numbers.keys():
        lasted: Mask = numbers["ended_local"] > numbers["started_local"]
        return lasted
    return spans.talked()


def _moments(
    numbers: dict[str, Numbers], clock: ClockReading, *, by_id: bool
) -> tuple[Numbers | None, Numbers | None, Numbers | None]:
    """Return start, answer and end, each where it is a column of its own.

    In an hour that comes twice, unless an id tells: the latest start that is not after the end, and then the earliest
    answer and end that are not before the start. So a call of less than an hour has the length that it had.
    """

    def before_end() -> Iterable[int | None]:
        ends = _instants(numbers, "ended", clock)
        return repeat(None, len(numbers["started_local"])) if ends is None else (ends - _HALF_FOLD_S + 1).tolist()

    starts = _instants(numbers, "started", clock, None if by_id else before_end)
    after = None if by_id or starts is None else (starts + _HALF_FOLD_S).tolist
    return starts, _instants(numbers, "answered", clock, after), _instants(numbers, "ended", clock, after)


def _instants(
    numbers: dict[str, Numbers], name: str, clock: ClockReading, near: Epochs | None = None
) -> Numbers | None:
    """Return a moment that is a column of its own: as an instant already, or by the clock it is written by."""
    written = numbers.get(f"{name}_at", numbers.get(f"{name}_local"))
    if written is None:
        return None
    known = np.where(written == UNSET, NEVER, written)
    return known if f"{name}_at" in numbers else clock.instants_or_never(known, near)


def names_extension(layout: Layout) -> bool:
    """Say whether a format says itself what the extension is: in a column, or by a rule."""
    columns = any(column.name == "extension" for record in layout.record for column in record.columns)
    named = (pattern for rule in layout.rule for pattern in rule.when.values())
    gives = any("extension" in rule.gives for rule in layout.rule)
    return columns or gives or any("(?P<extension>" in pattern for pattern in named)


def _find_extension(fields: FieldColumns, directions: list[str]) -> None:
    """Take the inner side for the extension: who was called on the way in, else the caller; not an outside number."""
    places = fields.numbered("direction")[0]
    into = np.array([word == Direction.INCOMING for word in directions], np.bool_)[places]
    through = np.array([word == Direction.TRANSIT for word in directions], np.bool_)[places]
    inner = choose(into, fields["called"], fields["caller"])
    rows = np.flatnonzero(~through & (inner.lengths <= _LONGEST_EXTENSION))
    fields.put("extension", rows, inner[rows])


def _share_number(fields: FieldColumns, directions: list[str]) -> None:
    """Give the one number that a record holds to the side it belongs to, and the extension to the other."""
    places = fields.numbered("direction")[0]
    into = np.array([word in (Direction.INCOMING, Direction.TRANSIT) for word in directions], np.bool_)[places]
    caller, called = fields["caller"], fields["called"]
    number, extension = fields["number"], fields["extension"]
    inner = choose(fields["ddi"].lengths > 0, fields["ddi"], extension) if "ddi" in fields else extension
    fields["caller"] = choose(caller.lengths > 0, caller, choose(into, number, extension))
    fields["called"] = choose(called.lengths > 0, called, choose(into, inner, number))


def _all(text: str, fields: FieldColumns, rows: int) -> Texts:
    return texts_of([text], fields.letters)[np.zeros(rows, np.intp)]
