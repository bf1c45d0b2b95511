"""The journal's bytes back as text: one record, or everything per PBX and day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from tollbook.engine.pipeline.body_file import body_file
from tollbook.framing.archives import unpack
from tollbook.journal import Journal
from tollbook.model.archive import BadArchive, Limits
from tollbook.model.body import Body
from tollbook.model.shape import ARCHIVES, ENOUGH, sniff
from tollbook.sources import known


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What to export: a PBX (all when empty), and the first and last day of arrival, UTC, `YYYY-MM-DD`."""

    pbx: str = ""
    first: str = ""
    last: str = ""


def raw_record(journal: Journal, record: dict[str, Any]) -> bytes:
    """Return the bytes of one record by where it stands; none where the journal has lost them."""
    if record["body"] is None:
        return b""
    body, position, length = int(record["body"]), int(record["position"]), int(record["length"])
    found = journal.body(body)
    head = b"" if found and known.is_stream(found.source) else journal.slice(body, 0, ENOUGH)
    shape = sniff(head, ended=True)
    if shape not in ARCHIVES:
        return journal.slice(body, position, length)
    text, passed = b"", 0
    with suppress(BadArchive):  # one that was cut holds the records before the cut
        for member, piece in unpack(body_file(journal, body), shape, Limits()):
            if member == int(record["member"]):
                text += piece[max(position - passed, 0) : max(position + length - passed, 0)]
                passed += len(piece)
            if passed >= position + length:
                break
    return text


def raw_text(journal: Journal, chosen: Chosen) -> Iterator[tuple[str, bytes]]:
    """Yield `<pbx>/<day of arrival>.txt` with the next bytes for it; archives are given back as they came."""
    for body in journal.bodies():
        if chosen.pbx not in ("", body.pbx):
            continue
        if known.is_stream(body.source):
            yield from _stream_of(journal, body, chosen)
        elif _wanted(day := _day(body.opened_at), chosen):
            yield from _text_of(journal, body, day)


def _stream_of(journal: Journal, body: Body, chosen: Chosen) -> Iterator[tuple[str, bytes]]:
    """Give back a stream by the days on which it came: it may have been open for months."""
    for entry in journal.entries_of(body.id, journal.last_entry()):
        if entry.data and _wanted(day := _day(entry.at), chosen):
            yield f"{body.pbx}/{day}.txt", entry.data


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).date().isoformat()


def _wanted(day: str, chosen: Chosen) -> bool:
    return day >= chosen.first and (not chosen.last or day <= chosen.last)


def _text_of(journal: Journal, body: Body, day: str) -> Iterator[tuple[str, bytes]]:
    head = journal.slice(body.id, 0, ENOUGH)
    shape = sniff(head, ended=True)
    if shape in ARCHIVES:
        yield from ((f"{body.pbx}/{day}-{body.id}.{shape}", data) for data in journal.bytes_from(body.id, 0))
        return
    name, last = f"{body.pbx}/{day}.txt", b""
    for data in journal.bytes_from(body.id, 0):
        yield name, data
        last = data[-1:]
    if last not in (b"", b"\n", b"\r"):
        yield name, b"\n"
