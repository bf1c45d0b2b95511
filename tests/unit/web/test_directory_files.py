"""Files of the directory: every fault has its line, nothing is changed before it is agreed, and export is import."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.web.test_directory import ANNA, assign, person
from tollbook.cli import demo_directory
from tollbook.model.actor import TOLLBOOK
from tollbook.numbering.plan import NO_PLAN, DialPlan
from tollbook.render.tables import CSV_STYLES, FORMATS, csv_format
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.directory import assignments, importing, operations, phone_book_import
from tollbook.site.directory.importing import Strictness
from tollbook.site.directory.models import (
    AssignmentRecord,
    CostCentreRecord,
    DepartmentRecord,
    PersonRecord,
    PhoneBookRecord,
)
from tollbook.site.directory.spreadsheet import ImportPreview

HEADING = "kind,value,pbx,name,mail,department,cost_centre,company,from,until\n"
LOOSE = Strictness()
LEFT_OUT = Strictness(leave_out=True)

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.usefixtures("pbx")]


def exported(style: str = "plain") -> bytes:
    rows = [msgspec.to_builtins(each) for each in assignments.assignments()]
    columns = {name: name for name in importing.COLUMNS}
    return b"".join(csv_format(CSV_STYLES[style]).write(columns, rows))


def exported_phone_book() -> bytes:
    rows = [msgspec.structs.asdict(each) | {"tags": "; ".join(each.tags)} for each in operations.phone_book()]
    return b"".join(FORMATS["csv"].write({name: name for name in phone_book_import.COLUMNS}, rows))


def counts(found: ImportPreview) -> tuple[int, int, int, int, int]:
    return found.new, found.changed, found.ended, found.unchanged, found.left_out


def places(found: ImportPreview) -> list[tuple[int, str]]:
    return [(each.line, each.column) for each in found.faults]


def taken(text: str) -> ImportPreview:
    found = importing.apply(ANNA, text.encode(), LOOSE)
    assert found.faults == []
    return found


PLAIN = """kind,value,name,department,from
extension,107,Jörg Berg,Sales / North,2026-03-01
extension,108,Anna Öz,Sales,
"""


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_is_read_as_any_spreadsheet_writes_it(separator: str, encoding: str, line_end: str) -> None:
    text = PLAIN.replace(",", separator).replace("\n", line_end)

    found = importing.preview(text.encode(encoding), LOOSE)

    assert (counts(found), found.faults) == ((2, 0, 0, 0, 0), [])
    assert (found.people, found.departments) == (["Jörg Berg", "Anna Öz"], ["Sales", "Sales / North"])
    assert (found.applied, operations.snapshot().people) == (False, [])


def test_the_heading_may_stand_in_any_order_and_case_and_empty_lines_count_for_nothing() -> None:
    heading = '\nsep=;\n;;;;\n"Until";Cost Centre;VALUE;e-mail;Name;Kind\n;;;;;\n'
    text = heading + "1.3.2026;4711;107;anna@example.com;Anna;Extension\n"

    found = importing.preview(text.encode(), LOOSE)

    assert (found.faults, found.cost_centres) == ([], ["4711"])
    assert found.changes[0].what == "extension 107 of any PBX, until 2026-03-01: Anna <anna@example.com>, 4711"
    assert found.changes[0].line == 6


FAULTS = [
    ("extension,107,,Anna,,,,,,", None, ""),
    ("desk,108,,Anna,,,,,,", "kind", "no kind 'desk'"),
    (",108,,Anna,,,,,,", "kind", "is missing"),
    ("extension,,,Anna,,,,,,", "value", "is missing"),
    ("extension,10 8€,,Anna,,,,,,", "value", "no extension"),
    ("extension,108,hts33,Anna,,,,,,", "pbx", "no PBX"),
    ("extension,108,,,,,,,,", "name", "of nobody"),
    (f"extension,108,,{'x' * 121},,,,,,", "name", "too long"),
    ("extension,108,,Bert,bert,,,,,", "mail", "must be an address"),
    ("extension,108,,,bert@example.com,Sales,,,,", "name", "is missing"),
    ("extension,108,,Bert,,Sales / / North,,,,", "department", "is empty"),
    (f"extension,108,,Bert,,{' / '.join('x' * 33)},,,,", "department", "too deep"),
    ("extension,108,,Bert,,,,Acme,,", "department", "is missing"),
    (f"extension,108,,Bert,,,{'4' * 41},,,", "cost_centre", "too long"),
    ("extension,108,,Bert,,,9999,,,", "cost_centre", "no cost centre"),
    ("extension,108,,Bert,,,,,03/01/2026,", "from", "no day"),
    ("extension,108,,Bert,,,,,,2026-02-30", "until", "no day"),
    ("extension,108,,Bert,,,,,2026-03-01,2026-03-01", "until", "after 'from'"),
    ("extension,107,,Anna,,,,,,", "value", "stands there twice"),
    ("extension,107,,Bert,,,,,2026-01-01,", "from", "in line 2"),
    ("extension,107,hts32,Bert,,,,,2026-06-01,", "from", "in line 2"),
    ("extension,208,,Bert,,,,,2026-01-01,", "from", "in the directory"),
    ("extension,208,hts32,Bert,,,,,2026-01-01,", "from", "in the directory"),
    ("extension,108,,Cole,cole@example.com,Sales,,Acme,,", None, ""),
    ("extension,109,,Dora,cole@example.com,,,,,", "mail", "of two people"),
    ("extension,110,,Dora,,Sales,,Other,,", "company", "of one company"),
    ("extension,111,,Same Name,,,,,,", "name", "2 people"),
    ("extension,112,,Dora,,,,,,,1", "", "more cells"),
    ("extension,113,,D\ufffdra,,,,,,", "", "cannot be read"),
    ("extension,114,,D\x01ra,,,,,,", "name", "cannot be shown"),
    ("extension,115,hts32,Eve,,,,,,", None, ""),
    ("extension,115,,Fay,,,,,2026-01-01,", "from", "in line"),
]


def test_every_fault_of_a_file_has_its_line_and_column_and_nothing_is_changed() -> None:
    assign("208", person=person("Zoe"))
    person("Same Name", "one@example.com")
    person("Same Name", "two@example.com")
    before = operations.snapshot()
    text = HEADING.replace("\n", ",colour\n") + "\n".join(line for line, _, _ in FAULTS)
    text = text.replace("\n", ",\n").replace(",colour,", ",colour").replace(",,1,", ",,1,1") + ","

    found = importing.apply(ANNA, text.encode(), Strictness(strict=True))

    expected = [(line, column) for line, (_, column, _) in enumerate(FAULTS, 2) if column is not None]
    assert places(found) == [(1, "colour"), *expected]
    assert [
        (fault.what, said)
        for fault, (_, _, said) in zip(found.faults[1:], [each for each in FAULTS if each[1] is not None], strict=True)
        if said not in fault.what
    ] == []
    assert (found.applied, operations.snapshot()) == (False, before)
    assert "Zoe" in next(each for each in found.faults if "in the directory" in each.what).reason

    left_out = importing.apply(ANNA, text.encode(), Strictness(strict=True, leave_out=True))
    assert (left_out.applied, counts(left_out)) == (True, (3, 0, 0, 0, len(expected)))
    assert len(operations.snapshot().assignments) == 4


@pytest.mark.parametrize(
    ("text", "places_of_faults"),
    [
        ("", [(1, "value")]),
        ("name;kind\nAnna;extension", [(1, "value")]),
        ("kind,value,Value,name\nextension,107,108,Anna", [(1, "value")]),
    ],
)
def test_a_heading_that_lacks_something_is_a_fault(text: str, places_of_faults: list[tuple[int, str]]) -> None:
    assert places(importing.preview(text.encode(), LOOSE)) == places_of_faults


def test_a_file_too_large_is_refused() -> None:
    assert places(importing.preview(b"x" * ((8 << 20) + 1), LOOSE)) == [(1, "")]
    assert places(importing.preview((HEADING + "a,b\n" * 50_001).encode(), LOOSE)) == [(1, "")]


def test_what_a_file_changes_is_said_and_then_done() -> None:
    taken(HEADING + "extension,107,,Anna Berg,anna@example.com,Sales,1,Acme,,\nextension,108,,Bert,,Sales,1,,,\n")
    again = (
        HEADING
        + "extension,107,,Anna Berg,anna@example.com,Sales,1,Acme,,2026-03-01\n"
        + "extension,107,,Cole,,Sales / North,2,,2026-03-01,\n"
        + "extension,108,,bert,,,1,,,\n"
    )

    found = taken(again)

    assert counts(found) == (1, 1, 1, 0, 0)
    assert [(each.line, each.change) for each in found.changes] == [(2, "ended"), (3, "new"), (4, "changed")]
    assert found.changes[0].before == "extension 107 of any PBX, always: Anna Berg <anna@example.com>, Sales, 1"
    assert (found.people, found.departments, found.cost_centres) == (["Cole"], ["Sales / North"], ["2"])
    assert counts(taken(again)) == (0, 0, 0, 3, 0)
    noted = next(iter(entries(AuditFilter(what="directory.import"))))
    assert (noted.name, noted.changes) == ("3 rows", {"new": ["", "0"], "changed": ["", "0"]} | noted.changes)


def test_a_mail_mends_a_name_and_a_name_gets_its_mail() -> None:
    taken(HEADING + "extension,107,,Anna Berg,anna@example.com,,,,,\nextension,108,,Bert,,,,,,\n")

    found = taken(
        HEADING + "extension,107,,Anna Meyer,ANNA@example.com,,,,,\nextension,108,,Bert,bert@example.com,,,,,",
    )

    assert (counts(found), found.people) == ((0, 2, 0, 0, 0), [])
    assert [(each.name, each.mail) for each in operations.people()] == [
        ("Anna Meyer", "anna@example.com"),
        ("Bert", "bert@example.com"),
    ]


def test_a_row_left_out_leaves_what_is_there_in_the_way_of_others() -> None:
    taken(HEADING + "extension,107,,Anna,,,,,,\n")
    text = HEADING + "extension,107,,Anna,anna,,,,,2026-03-01\nextension,107,,Bert,,,,,2026-03-01,\n"

    found = importing.apply(ANNA, text.encode(), LEFT_OUT)

    assert (counts(found), places(found)) == ((0, 0, 0, 0, 2), [(2, "mail"), (3, "from")])


def test_rows_are_looked_at_again_until_no_row_left_out_puts_another_in_the_way() -> None:
    taken(HEADING + "extension,107,,Anna,,,,,,\n")
    text = HEADING + "extension,107,,Bert,,,,,2026-02-01,2026-04-01\nextension,107,,Anna,,,,,,2026-03-01\n"

    found = importing.apply(ANNA, text.encode(), LEFT_OUT)

    assert (counts(found), places(found)) == ((0, 0, 0, 0, 2), [(2, "from"), (3, "from")])
    assert "in line 2" in found.faults[1].what
    assert "in the directory" in found.faults[0].what


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
NAME = st.one_of(TEXT, st.sampled_from(["Anna", "anna", "=1+1", "'=x", "-", "+44", "@", "a;b", 'say "x"', "R/D", "/"]))
DAYS = st.sampled_from([None, *(date(2026, month, 1) for month in (1, 3, 6))])
ROW = st.tuples(st.sampled_from(["107", "*1", "-5", "+44"]), st.sampled_from(["", "hts32"]), NAME, NAME, DAYS, DAYS)


def emptied() -> None:
    for table in (AssignmentRecord, PersonRecord, CostCentreRecord, PhoneBookRecord):
        table._default_manager.all().delete()  # noqa: SLF001 - Django's own name for it
    DepartmentRecord.objects.update(parent=None)
    DepartmentRecord.objects.all().delete()


@given(rows=st.lists(ROW, max_size=6), style=st.sampled_from(list(CSV_STYLES)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_that_is_imported_changes_nothing(
    rows: list[tuple[str, str, str, str, date | None, date | None]],
    style: str,
) -> None:
    emptied()
    text = HEADING.replace(",", "\t")
    for value, pbx, name, of, first, until in rows:
        cells = ["trunk", value, pbx, name, "", of, name[:40], of, str(first or ""), str(until or "")]
        text += "\t".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
    importing.apply(ANNA, text.encode(), LEFT_OUT)
    before = operations.snapshot()

    found = importing.apply(ANNA, exported(style), LOOSE)

    assert (found.faults, counts(found)) == ([], (0, 0, 0, len(before.assignments), 0))
    assert operations.snapshot() == before


NUMBERS = st.sampled_from(["+442079460135", "020 7946 0136", "+49 89 1234*", "+4989*", "12"])


@given(rows=st.lists(st.tuples(NUMBERS, NAME, NAME, st.sampled_from(["", "yes"])), max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_phone_book_that_is_exported_and_imported_changes_nothing(rows: list[tuple[str, str, str, str]]) -> None:
    emptied()
    text = "number\tname\ttags\tprivate\n"
    for cells in rows:
        text += "\t".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
    phone_book_import.apply(ANNA, text.encode(), DialPlan(country="GB"), leave_out=True)
    before = list(operations.phone_book())

    found = phone_book_import.apply(ANNA, exported_phone_book(), DialPlan(), leave_out=False)

    assert (found.faults, found.unchanged, found.applied) == ([], len(before), True)
    assert list(operations.phone_book()) == before


def test_every_fault_of_a_phone_book_has_its_line_and_column() -> None:
    text = """number;name;company;tags;private;unlisted
+44 20 7946 0135;Desk;Acme;a, b;yes;
020 7946 0135;Desk;;;;
+44*;Desk;;;;
;Desk;;;;
+44 20 7946 0136;;;;;
+44 20 7946 0137;Desk;;;perhaps;
+44 20 7946 0135;Again;;;;
+49 89 1234*;;Acme;x;;X
"""
    found = phone_book_import.preview(text.encode(), DialPlan())

    expected = [(3, "number"), (4, "number"), (5, "number"), (6, "name"), (7, "private"), (8, "number")]
    assert (places(found), counts(found)) == (expected, (2, 0, 0, 0, 6))
    kept = phone_book_import.apply(ANNA, text.encode(), DialPlan(), leave_out=True)
    assert [msgspec.structs.astuple(each)[1:] for each in operations.phone_book()] == [
        ("+442079460135", "Desk", "Acme", ("a", "b"), True, False),
        ("+49891234*", "", "Acme", ("x",), False, True),
    ]
    assert kept.applied
    changed = phone_book_import.apply(ANNA, b"number,name\n+442079460135,Desk 2\n", DialPlan(), leave_out=False)
    assert (counts(changed), changed.changes[0].before) == (
        (0, 1, 0, 0, 0),
        "+442079460135: Desk, Acme, a, b, private",
    )


@pytest.mark.slow
def test_ten_thousand_rows_are_taken() -> None:
    rows = (
        f"extension,{n},,Person {n},p{n}@example.com,Company / Area {n % 9} / Team {n % 300},C{n % 50},,2026-01-01,"
        for n in range(10_000)
    )
    text = (HEADING + "\n".join(rows)).encode()
    found = importing.apply(ANNA, text, LOOSE)

    assert (counts(found), len(found.departments)) == ((10_000, 0, 0, 0, 0), 910)
    assert counts(importing.apply(ANNA, text.replace(b",2026-01-01,", b",2026-01-01,2026-03-01"), LOOSE))[2] == 10_000

    numbers = "\n".join(f"+44 20 7946 {n:04},Name {n},Acme" for n in range(10_000))
    book = phone_book_import.apply(ANNA, f"number,name,company\n{numbers}".encode(), DialPlan(), leave_out=False)
    assert counts(book) == (10_000, 0, 0, 0, 0)


@pytest.mark.usefixtures("engine")
def test_the_demos_office_is_sixty_people_in_eight_departments_with_a_phone_book() -> None:
    found = importing.apply(TOLLBOOK, demo_directory.directory(), importing.Strictness())
    book = phone_book_import.apply(TOLLBOOK, demo_directory.phone_book(), NO_PLAN, leave_out=False)

    assert (found.new, found.faults, book.new, book.faults) == (60, [], 10, [])
    assert len(list(operations.people())) == 60
    assert len(operations.departments()) == 8


def test_only_the_first_line_says_what_separates_cells() -> None:
    found = importing.preview(b"sep=;\nname;kind;value\nsep=Berg;extension;107\n", LOOSE)
    assert counts(found) == (1, 0, 0, 0, 0)


def test_a_table_of_extensions_and_names_needs_no_other_column() -> None:
    found = importing.preview(b"Ext;Name\n107;Anna Berg\n", LOOSE)
    assert (counts(found), found.faults) == ((1, 0, 0, 0, 0), [])
    assert found.changes[0].what == "extension 107 of any PBX, always: Anna Berg"
