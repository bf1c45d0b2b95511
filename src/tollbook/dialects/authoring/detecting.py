"""Which formats fit some bytes, best first: every layout reads a sample, and what it made of it is counted.

A fit with calls stands before any without. Of two with calls the one that understands more lines is better, then the
one that fills more of a call's columns, then the one that asks more of a line: a loose layout takes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec
import numpy as np

from tollbook.dialects.authoring.cases import Cutters, usual_arrival
from tollbook.dialects.authoring.readers import reader_of
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.kinds import KINDS
from tollbook.model.call import SOME_NUMBERS, SOME_TEXTS, TEXTS, Calls, those_given
from tollbook.model.frame import Frames, Rejected
from tollbook.model.limits import SAMPLE_LINES
from tollbook.model.record_lines import RecordLines
from tollbook.model.texts import Texts

_TRIED = ("date-order",)
"""Options of which each choice is tried, since the lines themselves show it."""
_SKIPPED, _CLAIMED = 0.5, 0.25
"""What a line is worth that a layout knows to be no call, or claims and cannot read, where a call is worth one."""


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """How well one format fits a sample: what became of its lines, and what is most often wrong with the others.

    `settings` are the options under which it fits so. `claimed` of the rejected lines have the form of a record and a
    cell that cannot be read; `filled` is how many columns a call has something in, on the average, and `strict` how
    many columns of a record take only what they know.
    """

    slug: str
    title: str
    settings: dict[str, str]
    lines: int
    calls: int
    skipped: int
    rejected: int
    claimed: int
    filled: float
    strict: float
    reason: str
    """Why lines were rejected, most often."""
    skips: list[str]
    """What skipped lines were, most often first."""

    @property
    def understood(self) -> float:
        """The share of lines that became calls or are known to be none."""
        return (self.calls + self.skipped) / max(self.lines, 1)

    @property
    def knows_no_calls(self) -> bool:
        """Whether every line is known, as one of several sorts (any words look like a heading), and none is a call."""
        return len(self.skips) > 1 and self.skipped == self.lines

    @property
    def reasons(self) -> list[str]:
        """Why it fits so, and so far, in words."""
        return [
            *(f"with {name}={text}" for name, text in self.settings.items()),
            *([f"a call fills {self.filled:.0f} columns"] if self.calls else []),
            *([f"skipped: {self.skips[0]}"] if self.skips else []),
            *([f"rejected: {self.reason}"] if self.reason else []),
        ]

    @property
    def worth(self) -> tuple[bool, float, float, float, int]:
        """What fits are ranked by."""
        known = self.calls + _SKIPPED * self.skipped + _CLAIMED * self.claimed
        return self.calls > 0, known / max(self.lines, 1), self.filled, self.strict, -self.rejected


class _Sample(msgspec.Struct, frozen=True):
    """Records of some bytes, as one way of cutting them gives them, and those that had no end."""

    frames: Frames
    unended: list[Rejected]


def detect(data: bytes, layouts: Mapping[str, Layout], cutters: Cutters, *, received_at: int = 0) -> list[Fit]:
    """Return how the formats fit some bytes, best first; those that understand no line are left out."""
    samples = dict[tuple[str, RecordLines | None], _Sample]()
    for layout in layouts.values():
        way = (usual_arrival(layout), layout.framed)
        if way not in samples:
            samples[way] = _cut(data, cutters, *way)
    fits = [
        _best(slug, layout, samples[usual_arrival(layout), layout.framed], received_at)
        for slug, layout in layouts.items()
    ]
    found = [fit for fit in fits if fit.calls or fit.skipped or fit.claimed]
    return sorted(found, key=lambda fit: fit.worth, reverse=True)


def preferring(own: Container[str], fits: Iterable[Fit]) -> list[Fit]:
    """Return fits with those written at the site itself before others that understand no more lines."""
    return sorted(fits, key=lambda fit: (*fit.worth[:2], fit.slug in own, *fit.worth[2:]), reverse=True)


def _fit(slug: str, layout: Layout, sample: _Sample, chosen: dict[str, str]) -> Fit:
    """Return how a format fits lines at a PBX that is set so."""
    reading = reader_of(layout, chosen).read(sample.frames)
    rejected = [*reading.rejected, *sample.unended]
    return Fit(
        slug=slug,
        title=layout.title,
        settings=chosen,
        lines=len(sample.frames) + len(sample.unended),
        calls=len(reading.calls),
        skipped=len(reading.skipped),
        rejected=len(rejected),
        claimed=sum(bool(reject.column) for reject in rejected),
        filled=_filled(reading.calls),
        strict=_strict(layout),
        reason=_usual_reason(rejected),
        skips=[reason for reason, _ in Counter(skip.reason for skip in reading.skipped).most_common()],
    )


def _best(slug: str, layout: Layout, sample: _Sample, received_at: int) -> Fit:
    """Return the best fit of a format under any setting that the lines themselves can show."""
    frames = msgspec.structs.replace(sample.frames, received_at=received_at)
    there = _Sample(frames, sample.unended)
    return max((_fit(slug, layout, there, chosen) for chosen in _settings(layout)), key=lambda fit: fit.worth)


def _settings(layout: Layout) -> Iterator[dict[str, str]]:
    yield {}
    for name in _TRIED:
        option = layout.option.get(name)
        yield from (
            {name: choice} for choice in (option.choices if option else []) if option and choice != option.default
        )


def _cut(data: bytes, cutters: Cutters, way: str, lines: RecordLines | None) -> _Sample:
    cutter = cutters[way](lines)
    parts = [cutter.feed(data), cutter.end()]
    frames = Frames([raw for part in parts for raw in part.raws], [at for part in parts for at in part.offsets])
    return _Sample(_some(frames), cutter.rejected[:SAMPLE_LINES])


def _some(frames: Frames) -> Frames:
    """Return at most so many frames: the first ones, and some from all over the rest."""
    if len(frames) <= SAMPLE_LINES:
        return frames
    half = SAMPLE_LINES // 2
    rest = np.linspace(half, len(frames) - 1, SAMPLE_LINES - half).astype(int)
    return frames.pick([*range(half), *rest.tolist()])


def _filled(calls: Calls) -> float:
    """Return how many columns of a call hold something, on the average."""
    if not len(calls):
        return 0.0
    names = those_given(calls, (*TEXTS, *SOME_TEXTS, *SOME_NUMBERS, "ring_s", "talk_s"))
    columns = [getattr(calls, name) for name in names]
    held = sum(int(np.count_nonzero(each.lengths if isinstance(each, Texts) else each)) for each in columns)
    return held / len(calls)


def _strict(layout: Layout) -> float:
    """Return how many columns of a record take only what they know, on the average."""
    columns = [column for record in layout.record for column in record.columns]
    strict = sum(bool(column.match) or not KINDS[column.kind].is_text for column in columns)
    return strict / max(len(layout.record), 1)


def _usual_reason(rejected: list[Rejected]) -> str:
    """Return the reason for most rejects, in the words of the first of them: it quotes that line's cell."""
    kinds = [(reject.rule, reject.column, "" if reject.column else reject.reason) for reject in rejected]
    usual = Counter(kinds).most_common(1)
    return rejected[kinds.index(usual[0][0])].reason if usual else ""
