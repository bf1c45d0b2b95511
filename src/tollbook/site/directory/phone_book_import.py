"""Takes the phone book from a file, as `importing` takes assignments: preview first, then whole in one transaction.

A row is a number, or a block of them; what the file does not name stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.numbering.plan import DialPlan
from tollbook.site.directory.checks import read_number
from tollbook.site.directory.models import PhoneBookRecord
from tollbook.site.directory.operations import note, number_problems, phone_book, tidied_number
from tollbook.site.directory.spreadsheet import (
    ChangeKind,
    CsvFault,
    CsvRow,
    CsvTable,
    ImportPreview,
    RowChange,
    as_cells,
    faults_of,
    previewed,
    read_table,
)
from tollbook.site.directory.values import KnownNumber

COLUMNS = ("number", "name", "company", "tags", "private", "unlisted")
NEEDED = ("number",)
_FLAGS = {
    **dict.fromkeys(("", "no", "n", "false", "0"), False),
    **dict.fromkeys(("yes", "y", "true", "1", "x"), True),
}
_STORED = ("name", "company", "tags", "private", "unlisted")


class PlannedNumber(msgspec.Struct, frozen=True):
    """A row that can be read: the entry that it makes, and the one that is there."""

    line: int
    entry: KnownNumber
    existing: KnownNumber | None


def exported(*, private: bool) -> Iterator[dict[str, str]]:
    """Yield the phone book as rows of such a file, those that are `private` if asked."""
    return (as_cells(each, COLUMNS) for each in phone_book() if private or not each.private)


def preview(data: bytes, plan: DialPlan) -> ImportPreview:
    """Return what a file would change, and every fault of it; `plan` says what numbers without a country code mean."""
    table, rows, faults = _planned(data, plan)
    return previewed(table, [_change(row) for row in rows], faults, applied=False)


@transaction.atomic
def apply(actor: Actor, data: bytes, plan: DialPlan, *, leave_out: bool) -> ImportPreview:
    """Change what a file says; nothing at all where it has a fault, unless rows with a fault are to be left out."""
    table, rows, faults = _planned(data, plan)
    applied = leave_out or not (faults or table.faults)
    found = previewed(table, [_change(row) for row in rows], faults, applied=applied)
    if not applied:
        return found
    records = [_record(row) for row in rows if row.entry != row.existing]
    PhoneBookRecord.objects.bulk_create([each for each in records if not each.pk])
    PhoneBookRecord.objects.bulk_create(
        [each for each in records if each.pk],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_STORED,
    )
    counts = {"new": found.new, "changed": found.changed, "left out": found.left_out}
    told = {name: ["", str(count)] for name, count in counts.items()}
    note(actor, "directory.import-phone-book", f"{found.rows} rows", told)
    return found


def _planned(data: bytes, plan: DialPlan) -> tuple[CsvTable, list[PlannedNumber], list[CsvFault]]:
    """Return the rows of a file that can be used, and the faults of the others."""
    table = read_table(data, COLUMNS, NEEDED)
    existing = {str(record): record.value() for record in PhoneBookRecord.objects.all()}
    lines: dict[str, int] = {}
    rows, faults = list[PlannedNumber](), list[CsvFault]()
    for row in table.rows:
        if not row.cells:
            continue
        entry, wrong = _entry(row, plan)
        if not wrong and lines.setdefault(entry.number, row.line) != row.line:
            wrong = [CsvFault(row.line, "number", "the number stands there twice", f"see line {lines[entry.number]}")]
        there = existing.get(entry.number)
        faults += wrong
        if not wrong:
            entry = msgspec.structs.replace(entry, id=there.id if there else 0)
            rows.append(PlannedNumber(row.line, entry, there))
    return table, rows, faults


def _entry(row: CsvRow, plan: DialPlan) -> tuple[KnownNumber, list[CsvFault]]:
    cells = {name: row.cells.get(name, "") for name in COLUMNS}
    faults, number = list[CsvFault](), ""
    try:
        number = read_number(cells["number"], plan)
    except ValueError as fault:
        what = f"'number' cannot be {cells['number'][:40]!r}" if cells["number"] else "'number' is missing"
        faults.append(CsvFault(row.line, "number", what, str(fault)))
    faults += [
        CsvFault(row.line, name, f"{name!r} must be yes or no", f"got {cells[name][:40]!r}")
        for name in ("private", "unlisted")
        if cells[name].casefold() not in _FLAGS
    ]
    entry = tidied_number(
        KnownNumber(
            number=number,
            name=cells["name"],
            company=cells["company"],
            tags=tuple(cells["tags"].replace(",", ";").split(";")),
            private=_FLAGS.get(cells["private"].casefold(), False),
            unlisted=_FLAGS.get(cells["unlisted"].casefold(), False),
        ),
    )
    for problem in number_problems(entry):
        faults += faults_of(row.line, problem.what.partition("'")[2].partition("'")[0] or "tags", [problem])
    return entry, faults


def _change(row: PlannedNumber) -> RowChange:
    change: ChangeKind = "new" if row.existing is None else "unchanged" if row.entry == row.existing else "changed"
    return RowChange(line=row.line, change=change, what=_said(row.entry), before=_said(row.existing))


def _said(entry: KnownNumber | None) -> str:
    if entry is None:
        return ""
    flags = [name for name in ("private", "unlisted") if getattr(entry, name)]
    return f"{entry.number}: {', '.join(filter(None, (entry.name, entry.company, *entry.tags, *flags)))}"


def _record(row: PlannedNumber) -> PhoneBookRecord:
    number, star, _ = row.entry.number.partition("*")
    record = PhoneBookRecord(pk=row.entry.id or None, number=number, block=bool(star))
    for name in _STORED:
        setattr(record, name, getattr(row.entry, name))
    record.tags = list(row.entry.tags)
    return record
