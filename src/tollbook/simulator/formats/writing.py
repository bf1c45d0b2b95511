"""Writes an office's calls in a format: records one by one for a line, or a file of them."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from tollbook.simulator.formats.calls import OfficeCall
from tollbook.simulator.formats.description import BadFormat, Description, LineTemplate
from tollbook.simulator.streams.form import FORM_FEED, Framer, LineForm, PageHeading

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
        """Say whether the format writes such calls.

        Raises:
            BadFormat: it has written none of very many.
        """
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
