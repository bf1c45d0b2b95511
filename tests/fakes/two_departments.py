"""A site of two departments, and all that is the other's: what somebody of Sales must never be sent.

Sales has the extensions 110144 and 110255. Everything of the Help desk is written so that it occurs nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from tests.fakes.sites import import_file, until
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.model.directory import Assignment, CostCentre
from tollbook.model.pbx import Pbx
from tollbook.numbering.plan import DialPlan

OTHERS = (
    "291733", "291834",  # extensions
    "79460188", "5550188", "5550189",  # what they dialled, and who called them
    "Quentin Ashdown", "Quaxley", "Helpdesk-Q",  # who they are, whom they called, and their department
    "zugspitze", "K-9917", "quota-q",  # their own PBX, cost centre and budget
)  # fmt: skip
"""Texts of the other department; numbers as digits alone."""
OWN_WHOLE = ("79460136", "5550177")
"""Numbers outside of Sales, whole: nobody sees them who may not see numbers whole."""
OWN_CUT = ("79460", "5550")
"""What is left of them."""
_LONGEST_EXTENSION = 6
_PLAN = {"": {"country": "US", "area-code": "212", "outside": "9", "extensions": "100000-299999"}}


class TwoDepartments(msgspec.Struct, frozen=True):
    """Calls of each by their ids, and ids of what the directory has: of Sales first, then of the other."""

    calls: tuple[str, str]
    people: tuple[int, int]
    departments: tuple[int, int]
    assignments: tuple[int, int]
    cost_centres: tuple[int, int]
    numbers: tuple[int, int]


def two_departments(engine: Engine, folder: Path) -> TwoDepartments:
    """Fill a site whose directory, prices and records are real; returns what addresses can name."""
    from tollbook.site.directory import operations as directory
    from tollbook.site.pbxs import operations as pbxs

    for name in ("front", "zugspitze"):
        settings = {"path": str(folder / name)}
        pbx = Pbx(name=name, dialect="panasonic-kx-hts", source="folder", timezone="Europe/London", settings=settings)
        pbxs.add(TOLLBOOK, pbx, engine.bounds)
        pbxs.set_plan(TOLLBOOK, name, _PLAN)
    until(lambda: not engine.numbering("front") and not engine.numbering("zugspitze"))
    for name, records in _records().items():
        import_file(engine, name, b"".join(records))
    made = _directory()
    known = directory.snapshot()
    engine.meanings.directory = lambda: known
    engine.meanings.look()
    until(lambda: not engine.meanings.running)
    _budgets()
    return msgspec.structs.replace(made, calls=(_call(engine, "110144"), _call(engine, "291733")))


def _records() -> dict[str, list[bytes]]:
    from tests.unit.web.conftest import incoming, row

    return {
        "front": [
            row("110144", "9011442079460136"),
            row("110255", "912125550177", at="2026-03-02 11:00:00", talk_s=600),
            incoming("2125550177", "110144"),
            row("291733", "9011442079460188", at="2026-03-02 09:30:00"),
            row("291834", "912125550188", at="2026-03-02 12:00:00", talk_s=900),
            incoming("2125550189", "291733", at="2026-03-02 13:00:00"),
            b'"","291733","9011442079460188","broken"\n',
        ],
        "zugspitze": [row("291733", "912125550188", at="2026-03-02 14:00:00")],
    }


def _directory() -> TwoDepartments:
    from tollbook.site.directory import assignments, operations
    from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson

    sales = operations.keep_department(TOLLBOOK, KnownDepartment(name="Sales", company="Example Works")).id
    other = operations.keep_department(TOLLBOOK, KnownDepartment(name="Helpdesk-Q", company="Quaxley Group")).id
    anna = operations.keep_person(TOLLBOOK, KnownPerson(name="Anna Berg")).id
    quentin = operations.keep_person(TOLLBOOK, KnownPerson(name="Quentin Ashdown")).id
    own = operations.keep_cost_centre(TOLLBOOK, CostCentre(0, "K-1000", "Sales")).id
    theirs = operations.keep_cost_centre(TOLLBOOK, CostCentre(0, "K-9917", "Helpdesk-Q")).id
    base = Assignment(id=0, kind="extension", value="110144", person=anna, department=sales, cost_centre=own)
    kept = [
        assignments.keep_assignment(TOLLBOOK, each).id
        for each in (
            base,
            msgspec.structs.replace(base, value="110255", person=None),
            msgspec.structs.replace(base, value="291733", person=quentin, department=other, cost_centre=theirs),
            msgspec.structs.replace(base, value="291834", person=None, department=other, cost_centre=theirs),
        )
    ]
    plan = DialPlan(country="US")
    numbers = [
        operations.keep_number(TOLLBOOK, KnownNumber(number=number, name=name), plan).id
        for number, name in (("+442079460136", "Acme Ltd"), ("+442079460188", "Quaxley Ltd"))
    ]
    return TwoDepartments(
        calls=("", ""),
        people=(anna, quentin),
        departments=(sales, other),
        assignments=(kept[0], kept[2]),
        cost_centres=(own, theirs),
        numbers=(numbers[0], numbers[1]),
    )


def _budgets() -> None:
    from tollbook.site.budgets import operations as budgets
    from tollbook.site.targets import ChargedTarget

    for name, department in zip(("sales-a", "quota-q"), ("Sales", "Helpdesk-Q"), strict=True):
        given = budgets.GivenBudget(
            name=name,
            target=ChargedTarget(kind="department", name=department),
            currency="EUR",
            since=date(2026, 1, 1),
            amounts=((date(2026, 1, 1), "100"),),
        )
        budgets.add(TOLLBOOK, given)


def _call(engine: Engine, extension: str) -> str:
    query = "SELECT CAST(id AS VARCHAR) FROM call WHERE extension = $extension ORDER BY started_at LIMIT 1"
    return str(engine.ledger(EVERYTHING_ALLOWED).rows(query, {"extension": extension})[0][0])


def found_in(sent: bytes, texts: tuple[str, ...]) -> list[str]:
    """Return which of some texts stand in what was sent, numbers however they are spaced."""
    text = sent.decode("utf-8", "replace")
    bare = "".join(letter for letter in text if letter not in "  -().\t\u202f\u2011")
    return [each for each in texts if each in (bare if each.isdigit() and len(each) > _LONGEST_EXTENSION else text)]


def places(values: Any) -> Iterator[Any]:  # noqa: ANN401 - whatever an address names
    """Yield what stands for a part of an address: one value, or each of several."""
    yield from values if isinstance(values, tuple) else (values,)
