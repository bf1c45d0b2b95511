"""Whatever stands in a layout of a site's own: it is refused in words, or it reads any bytes without raising."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.fuzz.hostile import spoilt
from tests.catalogue.found import DIALECTS, cases_of
from tests.fakes.examples import tries
from tollbook.assembly.assemble import assemble
from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.layout.layout import Layout, read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.store.batch import Piece, pack

Document = dict[str, Any]
Place = tuple[Any, Any]
"""What holds a value (a table or a list), and the value's key or number there."""

TEXTS = [
    "x", "hex", "idna", "utf-16", "punycode", "undefined", "rot13", "no-such-encoding", "utf-7",
    "unicode_escape", "cp437", "date", "time", "moment", "duration", "epoch", "epoch-ms", "seconds",
    "number", "wall-time", "money", "text", "csv", "fixed", "blanks", "keyed", "json", "pattern",
    "channels", "rules", "start", "end", "YYYY", "MM", "pp", "h", "xxx", "time-is", "started_at",
    "started_local", "ended_local", "ring_s", "talk_s", "units", "raws", "offsets", "direction",
    "incoming", "outside_number",
    "s" * 40, "a" * 5000,
    "", " ", "\x00", "\n", '"', "é", "�", "{", "{a}", "{caller}{called}", "\\1", "\\9", "\\g<9>",
    "(", "(?P<a>.)", "hh:mm pp", "DD/MM pp", "WWW WWW",
]  # fmt: skip
NUMBERS = [-1, 0, 1, 9, 100, 70_000, 1 << 31, 1 << 63, 1 << 70]


def places(document: object) -> Iterator[Place]:
    """Yield where every value of a document stands."""
    pairs = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in pairs:
        yield document, key
        yield from places(value)


def another_value(old: object, chance: random.Random) -> object:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return chance.choice(NUMBERS)
    if isinstance(old, str):
        return chance.choice([chance.choice(TEXTS), old + chance.choice(TEXTS), old[: len(old) // 2], old[::-1]])
    if isinstance(old, list):
        return chance.choice([[], old[:-1], old[::-1], old * 2, [*old, *old[:1]]])
    if isinstance(old, dict):
        gone = chance.choice(list(old)) if old else ""
        return chance.choice([{}, {key: value for key, value in old.items() if key != gone}, {**old, "more": "x"}])
    return old


def mutated(document: Document, chance: random.Random) -> Document:
    """A layout with values changed for others of their type."""
    changed = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        holder, key = chance.choice(list(places(changed)))
        holder[key] = another_value(holder[key], chance)
    return changed


def document_of(dialect: Dialect) -> Document:
    return tomllib.loads((dialect.folder / "dialect.toml").read_text("utf-8"))


def raws_for(dialect: Dialect, chance: random.Random) -> list[bytes]:
    """Records of a dialect, as they are and spoilt."""
    raws = [raw for case in cases_of(dialect) for raw in case.frames.raws]
    picked = [chance.choice(raws) for _ in range(30)]
    return [*picked, *(spoilt(raw, chance) for raw in picked), b"", b" ", b"\xff", b"9" * 70, b"1,2,3"]


def read_all(layout: Layout, raws: list[bytes]) -> int:
    """Read records in a batch and alone, and make calls of them; return how many were accounted for."""
    settings = {name: option.default for name, option in layout.option.items() if option.default}
    read = Reader(layout, Pbx(name="own", dialect="own", source="import", settings=settings)).read
    for number, raw in enumerate(raws[:9]):
        read(Frames([raw], [number], 1_700_000_000_000_000))
    reading = read(Frames(raws, list(range(len(raws))), 1_700_000_000_000_000))
    whole = Piece(pbx="own", body=1, stream=False, member=0, received_at=0, reading=reading, rules=layout.assembly)
    for packed in pack([whole]).legs:
        assemble(packed.legs, packed.rules)
    return reading.frames


def refused_or_reads(document: Document, raws: list[bytes]) -> bool:
    """Say whether a layout is refused in words, or accounts for every record."""
    try:
        layout = read_layout("own", document, trusted=False)
    except Misconfigured as fault:
        return all(problem.what and problem.reason for problem in fault.problems)
    return read_all(layout, raws) == len(raws)


Each = Callable[[Dialect], None]
each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.slug)


@each_dialect
def test_a_layout_with_any_values_is_refused_or_reads_any_bytes(dialect: Dialect) -> None:
    chance = random.Random(dialect.slug)
    document, raws = document_of(dialect), raws_for(dialect, chance)

    assert all(refused_or_reads(mutated(document, chance), raws) for _ in range(tries(60)))
