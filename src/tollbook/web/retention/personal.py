"""Whatever is known of one outside number or of one person: found, given as a file, and removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec

from tollbook.engine.runtime import engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.tables import CSV_STYLES, csv_pieces
from tollbook.site.retention import personal as known
from tollbook.site.retention.personal import SiteKnows
from tollbook.store import personal
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.numbers import needles

_SHORTEST, _LONGEST = 7, 32
"""Digits of a number: with fewer, others would be meant as well."""
_HELD = 8 << 20
"""Bytes of a file that is made in memory; a longer one is made on the disk."""


class PersonalDataFound(msgspec.Struct, frozen=True, kw_only=True):
    """How much is known of a number or a person, by where it is; `backups` are those that were made by plan."""

    calls: int
    rejects: int = 0
    phone_book: int = 0
    people: int = 0
    assignments: int = 0
    notes: int = 0
    follow_ups: int = 0
    alerts: int = 0
    backups: int = 0


class PersonalDataErased(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed: calls that have no number any more, and so on; `bodies` are dropped from the journal next."""

    calls: int = 0
    rejects: int = 0
    bodies: int = 0
    phone_book: int = 0
    alerts: int = 0
    assignments: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Of whom: a number outside, or a person of the directory; raises `Misconfigured` for neither, or both."""

    number: str = ""
    person: str = ""

    def __post_init__(self) -> None:
        """Check what was given."""
        if bool(self.number) == bool(self.person):
            help_ = "give a number, or a person of the directory"
            raise Misconfigured(Problem("nobody is meant", "one of number and person is needed", help=help_))
        digits = sum(each.isascii() and each.isdecimal() for each in self.number)
        if self.number and not _SHORTEST <= digits <= _LONGEST:
            reason = f"it has {digits} digits; between {_SHORTEST} and {_LONGEST} are needed, or others would be meant"
            raise Misconfigured(
                Problem("the number cannot be looked for", reason, help="write it whole: +442079460135")
            )

    @property
    def told(self) -> str:
        """Of whom, as the audit has it."""
        return known.told_of(self.number, self.person)


class _KnownOfSomebody(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known."""

    calls: list[str]
    rejects: list[tuple[str, bytes]]
    site: SiteKnows
    numbers: list[str] = []


def _ledger() -> Ledger:
    """Return all calls, private ones too: whoever asks answers for the site."""
    return engine().ledger(EVERYTHING_ALLOWED)


def _all_of(wanted: Wanted) -> _KnownOfSomebody:
    ledger = _ledger()
    if wanted.person:
        site = known.of_person(wanted.person)
        chosen = read_filter({"person": str(site.people[0]["name"])})
        rows = ledger.rows(f"SELECT id FROM call WHERE {chosen.sql} ORDER BY started_at, id", chosen.values)  # noqa: S608 - its values are bound
        return _KnownOfSomebody(calls=[str(each) for (each,) in rows], rejects=[], site=site)
    calls = personal.calls_of(ledger, wanted.number)
    rejects = personal.rejects_of(ledger, wanted.number)
    numbers = [wanted.number, *personal.spelt_out(ledger, calls)]
    site = known.of_number(numbers, calls, needles(wanted.number))
    return _KnownOfSomebody(calls=calls, rejects=rejects, site=site, numbers=numbers)


def found(actor: Actor, wanted: Wanted) -> PersonalDataFound:
    """Count what is known, with a line in the audit."""
    there = _all_of(wanted)
    known.note_looked(actor, "personal-data.find", wanted.told)
    site = {name: len(rows) for name, rows in msgspec.structs.asdict(there.site).items()}
    plan = engine().backups.state()
    return PersonalDataFound(
        calls=len(there.calls), rejects=len(there.rejects), backups=int(plan.last_at is not None), **site
    )


def given(actor: Actor, wanted: Wanted) -> IO[bytes]:
    """Return all that is known as an open ZIP archive, with a line in the audit: tables, and records as they came."""
    there = _all_of(wanted)
    known.note_looked(actor, "personal-data.give", wanted.told)
    file: IO[bytes] = SpooledTemporaryFile(_HELD)  # noqa: SIM115 - whoever sends it closes it
    rows = [_written(row) for row in personal.rows_of(_ledger(), there.calls)]
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        _put(archive, "calls.csv", rows)
        archive.writestr("records.txt", b"\n".join(filter(None, map(engine().raw_of, rows))))
        if there.rejects:
            archive.writestr("rejects.txt", b"\n".join(raw for _, raw in there.rejects))
        for name, some in msgspec.structs.asdict(there.site).items():
            if some:
                _put(archive, f"{name.replace('_', '-')}.csv", [_written(row) for row in some])
    file.seek(0)
    return file


def _put(archive: ZipFile, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns: Iterable[str] = rows[0] if rows else ()
    pieces = csv_pieces(CSV_STYLES["comma"], {each: each for each in columns}, map(dict, rows))
    archive.writestr(name, b"".join(pieces))


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.isoformat() if isinstance(each, date | datetime) else each for name, each in row.items()}


def erased(actor: Actor, wanted: Wanted) -> PersonalDataErased:
    """Remove what is known; what it was does not come back. Calls stay, without the number or as nobody's."""
    if wanted.person:
        return PersonalDataErased(assignments=known.erase_person(actor, wanted.person))
    there, retention = _all_of(wanted), engine().retention
    rejects = [key for key, _ in there.rejects]
    bodies = retention.bodies_of(there.calls, rejects)
    known.note_erasure(actor, wanted.number, bodies)
    retention.erase(there.calls, rejects)
    known.erase_number(there.numbers, there.calls, needles(wanted.number))
    retention.news()
    return PersonalDataErased(
        calls=len(there.calls),
        rejects=len(rejects),
        bodies=len(bodies),
        phone_book=len(there.site.phone_book),
        alerts=len(there.site.alerts),
    )
