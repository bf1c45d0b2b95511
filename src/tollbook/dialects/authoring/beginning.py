"""The folder of a format that nobody has described yet, begun from a sample of its records."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.cases import STREAM, Cutters
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.authoring.privacy import Masker
from tollbook.dialects.layout.layout import Evidence, Layout
from tollbook.dialects.layout.schema import SCHEMA_LINE
from tollbook.dialects.layout.written import written

CASE_LINES = 60
"""Lines of a sample that become the first case."""

_GROUP = re.compile(r"\?P<(\w+)>")
_SOUGHT = {
    "the start of a call: no line becomes a call without it": (
        "date",
        "time",
        "started_local",
        "started_at",
        "ended_local",
        "ended_at",
    ),
    "a number": ("number", "caller", "called"),
    "a duration": ("talk_s", "total_s", "ended_local", "ended_at"),
}
"""What is looked for in a sample, and the columns of which one says it."""


class Beginning(msgspec.Struct, frozen=True):
    """What is in the folder: the guessed layout, its text, a page to describe the format on, and the first case."""

    layout: Layout
    text: str
    readme: str
    case: bytes

    @property
    def not_found(self) -> list[str]:
        """What of a call no column was found for; without its start no line becomes a call."""
        names = {column.name for record in self.layout.record for column in record.columns}
        names |= {group for rule in self.layout.rule for text in rule.when.values() for group in _GROUP.findall(text)}
        return [what for what, told in _SOUGHT.items() if names.isdisjoint(told)]

    def write(self, place: Path) -> None:
        """Make the folder; raises FileExistsError where there is one."""
        place.mkdir(parents=True)
        (place / "cases").mkdir()
        (place / "dialect.toml").write_text(self.text, "utf-8")
        (place / "README.md").write_text(self.readme, "utf-8")
        (place / "cases" / "sample.txt").write_bytes(self.case)


def begin(name: str, data: bytes, cutters: Cutters) -> Beginning:
    """Return the folder of a format from a sample; its telephone numbers are replaced by fictitious ones."""
    cutter = cutters[STREAM](None)
    raws = [*cutter.feed(data).raws, *cutter.end().raws]
    guessed = guess([_text(raw) for raw in raws])
    layout = msgspec.structs.replace(guessed, title=name.replace("-", " "), evidence=[_EVIDENCE])
    readme = _README.format(title=layout.title, columns=_columns(layout))
    text = SCHEMA_LINE + written(layout, _HEADING.format(name=name))
    return Beginning(layout, text, readme, _masked(data, raws))


def _masked(data: bytes, raws: list[bytes]) -> bytes:
    """Return the first lines of a sample with fictitious telephone numbers, every other byte as it was."""
    masker, pieces, rest = Masker(), list[bytes](), data
    for raw in raws[:CASE_LINES]:
        before, _, rest = rest.partition(raw)
        pieces += [before, masker.masked(raw.decode("latin-1")).encode("latin-1")]
    end = len(rest) - len(rest.lstrip(b"\r\n\0\3"))
    return b"".join([*pieces, rest[:end]])


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _columns(layout: Layout) -> str:
    rows = [f"| `{column.name}` | {column.means} |" for record in layout.record for column in record.columns]
    return "\n".join(["| column | means |", "|---|---|", *rows])


_EVIDENCE = Evidence(
    title="a sample of records",
    says="how lines are divided, and what columns look like",
    certainty="guessed",
)
_HEADING = """The format of {name}, guessed from a sample: read it, and mend what is wrong.

A column has a name (that of a call's column, or any other that rules read), a kind and a form;
at = [bytes before it, length], and length 0 goes to the end of the line.
A shape tells records from other lines: 9 a digit, # a digit or blank, A a letter, X anything but a blank, ? anything.
Rules say what marks mean; skips are lines that are no records.
All of it: docs/develop/add-a-dialect.md"""
_README = """# {title}

Say here how the output is switched on at the PBX, step by step.

## What is sure, and what is unknown

The layout was guessed from a sample.

{columns}
"""
