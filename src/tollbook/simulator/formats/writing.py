"""Writes an office's calls in any format that has a `simulate.toml`, in the catalogue or in a site's own folder.

The files are read as data; the dialects' code is not imported, so that it cannot be what it is tested with.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path

import msgspec

from tollbook.simulator.formats.calls import OfficeCall
from tollbook.simulator.formats.description import BadFormat, Description, LineTemplate, read_description
from tollbook.simulator.streams.form import FORM_FEED, Framer, LineForm, PageHeading

FILE, LAYOUT = "simulate.toml", "dialect.toml"
_BLOCK = 2000
_DRAWN_AT_MOST = 2000
"""Calls in a row that a format may have no line for."""


class Writer:
    """Makes records, without their ends, of calls; those that the format has no line for come to nothing."""

    def __init__(self, description: Description, where: str = "simulate.toml") -> None:
        self.description = description
        self._where = where
        self._unwritten = 0
        self._lines: dict[frozenset[str], LineTemplate | None] = {}

    @property
    def is_json(self) -> bool:
        """Whether each record is a JSON object."""
        return self.description.is_json

    def form(self) -> LineForm:
        """What stands around the records."""
        written = self.description
        page = PageHeading(
            every=written.page or sys.maxsize,
            lines=written.heading,
            lead=FORM_FEED if written.page else b"",
        )
        return LineForm(lead=written.line_start, end=written.line_end, page=page if written.heading else None)

    def writes(self, call: OfficeCall) -> bool:
        """Say whether the format writes such calls. Raises `BadFormat`: it has written none of very many."""
        line = self._line(call)
        self._unwritten = 0 if line else self._unwritten + 1
        if self._unwritten > _DRAWN_AT_MOST:
            raise BadFormat("no call can be written", "the words of no line hold of any call", self._where)
        return line is not None

    def records(self, calls: Iterable[OfficeCall]) -> Iterator[bytes]:
        """The records of calls, one after another."""
        for call in calls:
            line = self._line(call)
            for record in line.records if line else ():
                yield record(call).encode()

    def file(self, calls: Iterable[OfficeCall]) -> Iterator[bytes]:
        """A file of the calls' records with its headings, in blocks."""
        framer = Framer(self.form())
        records = self.records(calls)
        while some := list(islice(records, _BLOCK)):
            yield b"".join([framer.frame(record) for record in some])

    def _line(self, call: OfficeCall) -> LineTemplate | None:
        """The first line whose words all hold of a call."""
        if call.words not in self._lines:
            fitting = (line for line in self.description.lines if line.of <= call.words)
            self._lines[call.words] = next(fitting, None)
        return self._lines[call.words]


class SimulatedFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A format's folder, by its dialect's slug."""

    slug: str
    folder: Traversable

    @property
    def where(self) -> str:
        """How its file is named to a person."""
        return f"{self.folder.name}/{FILE}"

    def exists(self) -> bool:
        """Say whether the folder says how calls are written."""
        return (self.folder / FILE).is_file()

    def description(self) -> Description:
        """What its `simulate.toml` says. Raises `BadFormat`: it cannot be used."""
        return read_description(_text(self.folder / FILE, self.where), self.where)

    def writer(self) -> Writer:
        """What writes calls in this format. Raises `BadFormat`: its `simulate.toml` cannot be used."""
        return Writer(self.description(), self.where)

    def title(self) -> str:
        """What the dialect calls itself."""
        return str(self._layout().get("title", ""))

    def transports(self) -> tuple[str, ...]:
        """The kinds of source its records usually arrive by, the most usual first."""
        return self._texts("transport")

    def models(self) -> tuple[str, ...]:
        """The PBXs that write so."""
        return self._texts("models")

    def _texts(self, key: str) -> tuple[str, ...]:
        found = self._layout().get(key, [])
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def _layout(self) -> dict[str, object]:
        where = f"{self.folder.name}/{LAYOUT}"
        if not (self.folder / LAYOUT).is_file():
            return {}
        try:
            return tomllib.loads(_text(self.folder / LAYOUT, where))
        except tomllib.TOMLDecodeError as fault:
            raise BadFormat("the layout is no TOML", str(fault), where) from None


KX_HTS = "panasonic-kx-hts"
"""It is simulated by a PBX of its own, which writes Master.csv."""


def found_in(own: Path | None = None) -> dict[str, SimulatedFormat]:
    """Every format of the catalogue, and of a folder of one's own, by slug."""
    roots: list[Traversable] = [resources.files("tollbook") / "dialects" / "catalogue"]
    if own is not None:
        if not own.is_dir():
            raise BadFormat(f"there is no folder {str(own)!r}", "it is to hold folders of dialects", "--folder")
        roots.append(own)
    places = [place for root in roots for place in root.iterdir() if place.is_dir() and (place / FILE).is_file()]
    found = {place.name.replace("_", "-"): place for place in places}
    return {slug: SimulatedFormat(slug=slug, folder=found[slug]) for slug in sorted(found)}


def find(slug: str, own: Path | None = None) -> SimulatedFormat:
    """The format of one slug. Raises `BadFormat`: there is none."""
    there = found_in(own)
    if slug not in there:
        known = sorted((KX_HTS, *there))
        near = get_close_matches(slug, known, 1)
        help_ = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
        raise BadFormat(f"{slug!r} cannot be simulated", "no format of that name is known", "", help_)
    return there[slug]


def _text(file: Traversable, where: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadFormat("the file cannot be read", str(fault), where) from None
