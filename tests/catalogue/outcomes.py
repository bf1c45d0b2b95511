"""The cases of the catalogue's dialects, and what becomes of their lines as text that a person can read.

A case is `cases/<what>.txt`, bytes as a PBX would write them; beside it lie `<what>.expected.jsonl`, one outcome per
line, and where the PBX needs settings `<what>.settings.toml`: `timezone` and the dialect's own options. Names no
vendor: a folder put into the catalogue is found here by being there.
"""

import tomllib
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from tollbook.dialects import catalogue
from tollbook.dialects.known import layouts
from tollbook.dialects.layout import Layout
from tollbook.dialects.reader import Reader
from tollbook.framing.lines import LineCutter
from tollbook.model.call import CALL_COLUMNS, NEVER, Calls
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading

ROOT = Path(next(iter(catalogue.__path__)))
CUTTERS = {"lines": LineCutter}
SHOWN = 400
"""Characters of a line that its outcome repeats; of a longer one the beginning, and its length."""

Outcome = dict[str, Any]
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall times and instants alike count from it
_NOT_SHOWN = frozenset(("raws", "offsets"))
_FIRST = ("direction", "outcome", "extension", "caller", "called", "trunk")


class Case:
    """One case of one dialect."""

    def __init__(self, slug: str, path: Path) -> None:
        self.slug = slug
        self.path = path
        self.name = path.stem

    def __str__(self) -> str:
        """Name the case as pytest shows it."""
        return f"{self.slug}/{self.name}"

    @property
    def expected_path(self) -> Path:
        """Where the expected outcomes lie."""
        return self.path.with_suffix(".expected.jsonl")

    @cached_property
    def layout(self) -> Layout:
        """The dialect's layout."""
        return layouts()[self.slug]

    @cached_property
    def data(self) -> bytes:
        """The bytes of the case."""
        return self.path.read_bytes()

    @cached_property
    def settings(self) -> dict[str, str]:
        """What the PBX of this case is set to."""
        path = self.path.with_suffix(".settings.toml")
        return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}

    @cached_property
    def frames(self) -> Frames:
        """The case's records, cut out in one go."""
        return self.cut([self.data])

    def cut(self, pieces: list[bytes]) -> Frames:
        """Return the records of a stream that comes in these pieces."""
        cutter = CUTTERS[self.layout.framing]()
        found = [*map(cutter.feed, pieces), cutter.end()]
        raws = [raw for each in found for raw in each.raws]
        return Frames(raws, [offset for each in found for offset in each.offsets])

    def read(self, frames: Frames, slug: str = "") -> Reading:
        """Read records by this dialect, or by another one."""
        pbx = Pbx(
            name="case",
            dialect=slug or self.slug,
            source="folder",
            timezone=self.settings.get("timezone", "UTC"),
            settings={name: text for name, text in self.settings.items() if name != "timezone"},
        )
        return Reader(layouts()[pbx.dialect], pbx).read(frames)

    @cached_property
    def reading(self) -> Reading:
        """What the dialect makes of the whole case."""
        return self.read(self.frames)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """One outcome for each record, in the order they were written."""
        return in_order(self.reading)

    @property
    def expected(self) -> list[Outcome]:
        """The outcomes that a person has read and accepted."""
        lines = self.expected_path.read_bytes().split(b"\n")
        return [msgspec.json.decode(line) for line in lines if line]


def cases() -> list[Case]:
    """Return every case of every dialect, by name."""
    return [Case(slug, path) for slug in sorted(layouts()) for path in sorted((folder(slug) / "cases").glob("*.txt"))]


def cases_of(slug: str) -> list[Case]:
    """Return the cases of one dialect."""
    return [case for case in cases() if case.slug == slug]


def folder(slug: str) -> Path:
    """Return the folder of a dialect."""
    return ROOT / slug.replace("-", "_")


def in_order(reading: Reading) -> list[Outcome]:
    """Return a reading as outcomes, in the order of the records in their body."""
    found = [(offset, _call(reading.calls, row)) for row, offset in enumerate(reading.calls.offsets)]
    found += [(skip.offset, _frame(skip)) for skip in reading.skipped]
    found += [(reject.offset, _frame(reject)) for reject in reading.rejected]
    return [outcome for _, outcome in sorted(found, key=lambda each: each[0])]


def written(outcomes: list[Outcome]) -> bytes:
    """Return outcomes as the text of an `.expected.jsonl`."""
    return b"".join(_spaced(outcome) + b"\n" for outcome in outcomes)


def shown(raw: bytes) -> str:
    """Return a line as its outcome repeats it."""
    text = raw.decode("utf-8", "backslashreplace")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(raw)} bytes)"


def _call(calls: Calls, row: int) -> Outcome:
    names = [*_FIRST, *(name for name in CALL_COLUMNS if name not in _NOT_SHOWN | set(_FIRST))]
    fields = {name: _plain(name, getattr(calls, name)[row]) for name in names}
    said = {name: value for name, value in fields.items() if value != ""}
    return {"line": shown(calls.raws[row]), "is": "record", **said}


def _frame(frame: Skipped | Rejected) -> Outcome:
    kind = {Skipped: "skipped", Rejected: "rejected"}[type(frame)]
    told = {name: getattr(frame, name, "") for name in ("reason", "rule", "column")}
    return {"line": shown(frame.raw), "is": kind, **{name: text for name, text in told.items() if text}}


def _plain(name: str, value: object) -> str | int:
    """Return a column's value as JSON has it: times in ISO 8601, nothing for what did not happen."""
    if isinstance(value, str):
        return value
    number = int(str(value))
    if number == NEVER:
        return ""
    if not name.endswith(("_at", "_local")):
        return number
    moment = _EPOCH + timedelta(seconds=number)
    return moment.isoformat() + ("Z" if name.endswith("_at") else "")


def _spaced(outcome: Outcome) -> bytes:
    """One line of JSON with blanks after commas and colons, so that an editor can fold it."""
    return msgspec.json.format(msgspec.json.encode(outcome), indent=0)
