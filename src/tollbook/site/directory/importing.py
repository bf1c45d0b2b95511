"""Takes assignments from a file: what it would change is said first, and applied whole in one transaction.

A row is an assignment; the one with its kind, value, PBX and first day is changed by it, and no other. People are known
by their mail, else by name; who and what is not there yet is made. What the file does not name stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.problem import Problem
from tollbook.site.directory import checks
from tollbook.site.directory.assignments import assignments, said, with_owners
from tollbook.site.directory.models import (
    LONGEST_CODE,
    AssignmentRecord,
    CostCentreRecord,
    DepartmentRecord,
    PersonRecord,
)
from tollbook.site.directory.names import Names, is_new, keep
from tollbook.site.directory.operations import note
from tollbook.site.directory.spreadsheet import (
    ChangeKind,
    CsvFault,
    CsvRow,
    ImportPreview,
    RowChange,
    as_cells,
    faults_of,
    previewed,
    read_table,
)
from tollbook.site.pbxs import operations as pbxs

COLUMNS = ("kind", "value", "pbx", "name", "mail", "department", "cost_centre", "company", "from", "until")
NEEDED = ("value",)
_CHECKS: dict[str, Callable[[str], list[Problem]]] = {
    "kind": checks.kind_problems,
    "name": lambda text: checks.text_problems("name", text),
    "mail": checks.mail_problems,
    "department": checks.path_problems,
    "cost_centre": lambda text: checks.text_problems("cost_centre", text, LONGEST_CODE),
    "company": lambda text: checks.text_problems("company", text),
}
"""What is wrong with a cell by itself."""
_USUAL = "extension"
"""What is assigned where a file has no column for that."""
_STORED = ("until", "person", "department", "cost_centre")
_AT_ONCE = 200
Key = tuple[str, str, str, date | None]


class Strictness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether unknown cost centres are a fault, and whether rows with a fault are left out, rather than all of them."""

    strict: bool = False
    leave_out: bool = False


class PlannedRow(msgspec.Struct, kw_only=True, eq=False):
    """A row that can be read: what it says, and what that is or will be in the directory."""

    line: int
    cells: dict[str, str]
    record: AssignmentRecord
    existing: AssignmentRecord | None = None

    @property
    def key(self) -> Key:
        """Return what a row and the assignment that it changes share."""
        return key_of(self.record)


def key_of(record: AssignmentRecord) -> Key:
    """Return what no two assignments share."""
    return record.kind, record.value, record.pbx, record.first


def exported() -> Iterator[dict[str, str]]:
    """Yield all assignments as rows of such a file."""
    return (as_cells(each, COLUMNS) for each in assignments())


def preview(data: bytes, wanted: Strictness) -> ImportPreview:
    """Return what a file would change, and every fault of it; nothing is changed."""
    return _Plan(data, wanted).preview(applied=False)


@transaction.atomic
def apply(actor: Actor, data: bytes, wanted: Strictness) -> ImportPreview:
    """Change what a file says; nothing at all where it has a fault, unless rows with a fault are to be left out."""
    plan = _Plan(data, wanted)
    if plan.faults and not wanted.leave_out:
        return plan.preview(applied=False)
    found = plan.preview(applied=True)
    plan.keep()
    counts = {"new": found.new, "changed": found.changed, "ended": found.ended, "left out": found.left_out}
    note(actor, "directory.import", f"{found.rows} rows", {name: ["", str(count)] for name, count in counts.items()})
    return found


class _Plan:
    """What is to become of each row: a plan is made of the file and the directory, and changes neither."""

    def __init__(self, data: bytes, wanted: Strictness) -> None:
        self._table = read_table(data, COLUMNS, NEEDED)
        self._wanted, self._faults = wanted, list[CsvFault]()
        self._names, self._pbxs = Names(), set(pbxs.names_known())
        self._existing = {key_of(each): each for each in with_owners(AssignmentRecord.objects.all())}
        self._called: dict[str, tuple[str, int]] = {}
        self._companies: dict[int, tuple[str, int]] = {}
        read = [each for row in self._table.rows if row.cells and (each := self._read(row))]
        read.sort(key=lambda row: not row.cells["mail"])  # whose a mail is, names alone do not tell
        found = sorted(filter(self._is_found, read), key=lambda row: row.line)
        self.rows = sorted(self._apart(self._once(found)), key=lambda row: row.line)

    @property
    def faults(self) -> list[CsvFault]:
        """Return every fault of the file."""
        return self._table.faults + self._faults

    def _read(self, row: CsvRow) -> PlannedRow | None:
        """Return what a row says; None where something of it cannot be used by itself."""
        cells = {name: row.cells.get(name, "") for name in COLUMNS}
        cells["kind"] = row.cells.get("kind", _USUAL).casefold().replace(" ", "_")
        faults = [fault for name, check in _CHECKS.items() for fault in faults_of(row.line, name, check(cells[name]))]
        faults += faults_of(row.line, "value", checks.value_problems(cells["kind"], cells["value"]))
        days = dict[str, date | None]()
        for name in ("from", "until"):
            try:
                days[name] = checks.read_day(cells[name])
            except ValueError as fault:
                faults.append(CsvFault(row.line, name, f"there is no day {cells[name][:40]!r}", "", str(fault)))
        if len(days) > 1:
            faults += faults_of(row.line, "until", checks.span_problems(days["from"], days["until"]))
        faults += self._between_cells(row.line, cells)
        self._faults += faults
        first, until = days.get("from"), days.get("until")
        record = AssignmentRecord(kind=cells["kind"], value=cells["value"], pbx=cells["pbx"], first=first, until=until)
        return None if faults else PlannedRow(line=row.line, cells=cells, record=record)

    def _between_cells(self, line: int, cells: dict[str, str]) -> Iterator[CsvFault]:
        if cells["pbx"] and cells["pbx"] not in self._pbxs:
            yield CsvFault(line, "pbx", f"no PBX is called {cells['pbx'][:40]!r}", "this site has no such PBX")
        if not (cells["name"] or cells["department"] or cells["cost_centre"]):
            yield CsvFault(line, "name", "the row is of nobody", "a name, a department or a cost centre is needed")
        if cells["mail"] and not cells["name"]:
            yield CsvFault(line, "name", "'name' is missing", "there is a mail, and nobody's name")
        if cells["company"] and not cells["department"]:
            yield CsvFault(line, "department", "'department' is missing", "a company is that of a department")

    def _is_found(self, row: PlannedRow) -> bool:
        """Find who and what a row names; say whether that can be told."""
        faults = [*self._find_person(row), *self._find_department(row), *self._find_cost_centre(row)]
        self._faults += faults
        row.existing = self._existing.get(row.key)
        return not faults

    def _find_person(self, row: PlannedRow) -> Iterator[CsvFault]:
        name, mail = row.cells["name"], row.cells["mail"]
        if not name:
            return
        called, line = self._called.setdefault(mail.casefold(), (name, row.line)) if mail else (name, row.line)
        found = self._names.person(name, mail)
        if called.casefold() != name.casefold():
            yield CsvFault(row.line, "mail", "one mail is of two people", f"in line {line} it is that of {called!r}")
        elif isinstance(found, PersonRecord):
            row.record.person = found
        else:
            yield CsvFault(row.line, "name", found.what, found.reason, "give the mail as well")

    def _find_department(self, row: PlannedRow) -> Iterator[CsvFault]:
        if not row.cells["department"]:
            return
        found = row.record.department = self._names.department(checks.path_parts(row.cells["department"]))
        company = row.cells["company"]
        said_before, line = self._companies.setdefault(id(found), (company, row.line)) if company else ("", 0)
        if company != said_before:
            yield CsvFault(row.line, "company", "a department is of one company", f"in line {line}: {said_before!r}")

    def _find_cost_centre(self, row: PlannedRow) -> Iterator[CsvFault]:
        code = row.cells["cost_centre"]
        if not code:
            return
        found = row.record.cost_centre = self._names.cost_centre(code)
        if self._wanted.strict and is_new(found):
            yield CsvFault(row.line, "cost_centre", f"no cost centre is {code!r}", "new ones are not to be made")

    def _once(self, rows: Iterable[PlannedRow]) -> Iterator[PlannedRow]:
        """Yield the first row of each assignment; one that stands there twice is a fault of the second."""
        seen: dict[Key, PlannedRow] = {}
        for row in rows:
            other = seen.setdefault(row.key, row)
            if other is row:
                yield row
            elif other.cells == row.cells:
                self._faults.append(CsvFault(row.line, "value", "the row stands there twice", f"see line {other.line}"))
            else:
                self._faults.append(_overlap(row, said(other.record), other.line))

    def _apart(self, rows: Iterable[PlannedRow]) -> Iterator[PlannedRow]:
        """Yield the rows that hold at no time at which another of the same value does, in the file or the directory."""
        groups = defaultdict[tuple[str, str], list[PlannedRow]](list)
        for row in rows:
            groups[row.key[:2]].append(row)
        existing = defaultdict[tuple[str, str], list[AssignmentRecord]](list)
        for key, record in self._existing.items():
            existing[key[:2]].append(record)
        for value, group in groups.items():
            left = group
            while faults := _overlaps(left, existing[value]):
                self._faults += faults.values()
                left = [row for row in left if row.line not in faults]
            yield from left

    def preview(self, *, applied: bool) -> ImportPreview:
        """Return what becomes of each row, and who and what is new; before anything is kept."""
        paths = (checks.path_parts(row.cells["department"]) for row in self.rows)
        return msgspec.structs.replace(
            previewed(self._table, [_change(row) for row in self.rows], self._faults, applied=applied),
            people=_new(row.record.person for row in self.rows),
            departments=list(dict.fromkeys(new for path in paths for new in self._names.new_paths(path))),
            cost_centres=_new(row.record.cost_centre for row in self.rows),
        )

    def keep(self) -> None:
        """Save what the rows say."""
        changed = [row for row in self.rows if row.existing and _kind_of_change(row) != "unchanged"]
        mended = {id(record): record for row in self.rows for record in _mend(row)}.values()
        records = [row.record for row in self.rows]
        keep(
            [each.person for each in records if each.person],
            [each.department for each in records if each.department],
            [each.cost_centre for each in records if each.cost_centre],
        )
        people = [each for each in mended if isinstance(each, PersonRecord)]
        PersonRecord.objects.bulk_update(people, ["name", "mail"], batch_size=_AT_ONCE)
        departments = [each for each in mended if isinstance(each, DepartmentRecord)]
        DepartmentRecord.objects.bulk_update(departments, ["company"], batch_size=_AT_ONCE)
        AssignmentRecord.objects.bulk_create([row.record for row in self.rows if row.existing is None])
        for row in changed:
            row.record.pk = row.existing.pk if row.existing else None
        AssignmentRecord.objects.bulk_create(
            [row.record for row in changed],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=_STORED,
        )


def _new(records: Iterable[PersonRecord | CostCentreRecord | None]) -> list[str]:
    return [str(each) for each in {id(each): each for each in records if each and is_new(each)}.values()]


def _mends(row: PlannedRow) -> dict[str, str]:
    """Return what a row says otherwise of a person or department that is there: a new name, a mail, a company."""
    person, department, cells = row.record.person, row.record.department, row.cells
    mends = {}
    if person and person.name.casefold() != cells["name"].casefold():
        mends["name"] = cells["name"]
    if person and cells["mail"] and not person.mail:
        mends["mail"] = cells["mail"]
    if department and cells["company"] and department.company != cells["company"]:
        mends["company"] = cells["company"]
    return mends


def _mend(row: PlannedRow) -> Iterator[PersonRecord | DepartmentRecord]:
    """Mend what a row says otherwise, and yield those records that are saved already."""
    for field, text in _mends(row).items():
        record = row.record.department if field == "company" else row.record.person
        if record:
            setattr(record, field, text)
            if not is_new(record):
                yield record


def _change(row: PlannedRow) -> RowChange:
    """Return what a row changes."""
    before = said(row.existing) if row.existing else ""
    return RowChange(line=row.line, change=_kind_of_change(row), what=said(row.record), before=before)


def _kind_of_change(row: PlannedRow) -> ChangeKind:
    record, existing = row.record, row.existing
    if existing is None:
        return "new"
    owners = [(_id(getattr(record, name)), getattr(existing, f"{name}_id")) for name in _STORED[1:]]
    same = not _mends(row) and all(now == before for now, before in owners)
    if same and record.until == existing.until:
        return "unchanged"
    ends = same and record.until and (existing.until is None or record.until < existing.until)
    return "ended" if ends else "changed"


def _id(record: PersonRecord | DepartmentRecord | CostCentreRecord | None) -> int | None:
    return None if record is None else -1 if is_new(record) else record.pk


class _Span(msgspec.Struct, frozen=True):
    """From when until when something holds, and the row that says so, or None for what is in the directory."""

    first: date
    until: date
    record: AssignmentRecord
    row: PlannedRow | None


def _span(record: AssignmentRecord, row: PlannedRow | None) -> _Span:
    return _Span(record.first or date.min, record.until or date.max, record, row)


def _overlaps(group: list[PlannedRow], existing: list[AssignmentRecord]) -> dict[int, CsvFault]:
    """Return by line a fault for each row that would hold at a time at which another does; of two rows the later."""
    replaced = {row.existing.pk for row in group if row.existing}
    spans = [_span(row.record, row) for row in group]
    spans += [_span(record, None) for record in existing if record.pk not in replaced]
    latest: dict[str, _Span] = {}
    faults: dict[int, CsvFault] = {}
    for span in sorted(spans, key=lambda each: each.first):
        pbx = span.record.pbx
        others = [latest[each] for each in ((pbx, "") if pbx else list(latest)) if each in latest]
        meeting = next((each for each in others if each.until > span.first), None)
        row, other = span, meeting
        if meeting and meeting.row and (not span.row or meeting.row.line > span.row.line):
            row, other = meeting, span
        if row.row and other:
            faults[row.row.line] = _overlap(row.row, said(other.record), other.row.line if other.row else 0)
        if meeting is None or row is meeting or span.until > latest.get(pbx, span).until:
            latest[pbx] = span
    return faults


def _overlap(row: PlannedRow, other: str, line: int) -> CsvFault:
    where = f"line {line}" if line else "the directory"
    what = f"it overlaps with another of the same value, in {where}"
    help_ = "end the earlier one on the day on which the later one begins"
    return CsvFault(row.line, "from", what, f"{said(row.record)}, and {other}", help_)
