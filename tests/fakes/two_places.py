"""Two places that hand their calls on to one ClickHouse, and all that is Bremen's: what Hamburg must never be sent.

At Hamburg is extension 110144. Everything of Bremen is written so that it occurs nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from tests.fakes.clickhouse_server import ClickHouseServer, a_clickhouse
from tests.fakes.sites import at_work, handed_on, import_file, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.model.directory import Assignment, CostCentre, Department, Directory, Person, PhoneBookEntry
from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink
from tollbook.numbering.plan import DialPlan
from tollbook.store.site_tables import NAMES

HAMBURG, BREMEN = "Hamburg", "Bremen"
OTHERS = (
    "Bremen", "zugspitze",  # the place, and its PBX
    "391733", "391834",  # its extensions
    "79460168", "5550168", "5550169",  # what they dialled, and who called them
    "Quentin Ashdown", "Quaxley", "Helpdesk-Q",  # who they are, whom they called, and their department
    "K-9917", "quota-q", "quarrel-q",  # their cost centre, their budget, and what was noted on a call of theirs
)  # fmt: skip
"""Texts of Bremen; numbers as digits alone."""
OWN_WHOLE = ("79460136", "5550177", "5550178")
"""Numbers outside of Hamburg, whole: nobody sees them who may not see numbers whole."""
_PLAN = {"country": "US", "area-code": "212", "outside": "9", "extensions": "100000-399999"}


class PlaceText(msgspec.Struct, frozen=True, kw_only=True):
    """What one place has: all its texts."""

    place: str
    pbx: str
    extensions: tuple[str, str]
    numbers: tuple[str, str, str]
    person: str
    department: str
    company: str
    customer: str
    cost_centre: str


PLACES = (
    PlaceText(
        place=HAMBURG,
        pbx="front",
        extensions=("110144", "110255"),
        numbers=("79460136", "5550177", "5550178"),
        person="Anna Berg",
        department="Sales",
        company="Example Works",
        customer="Acme Ltd",
        cost_centre="K-1000",
    ),
    PlaceText(
        place=BREMEN,
        pbx="zugspitze",
        extensions=("391733", "391834"),
        numbers=("79460168", "5550168", "5550169"),
        person="Quentin Ashdown",
        department="Helpdesk-Q",
        company="Quaxley Group",
        customer="Quaxley Ltd",
        cost_centre="K-9917",
    ),
)


class TwoPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of calls, and ids of what the centre's own directory has: of Hamburg first, then of Bremen."""

    calls: tuple[str, str]
    people: tuple[int, int]
    departments: tuple[int, int]
    assignments: tuple[int, int]
    cost_centres: tuple[int, int]
    numbers: tuple[int, int]


@contextmanager
def clickhouse_of_places(folder: Path, *given: PlaceText) -> Iterator[ClickHouseServer]:
    """Give a ClickHouse to which places have handed on all that they have."""
    with a_clickhouse(folder / "clickhouse") as server:
        for number, each in enumerate(given):
            _hand_on(folder / f"place-{number}", server, each)
        yield server


def _hand_on(folder: Path, server: ClickHouseServer, told: PlaceText) -> None:
    settings = {"path": str(folder / "records")}
    pbx = Pbx(
        name=told.pbx,
        dialect="panasonic-kx-hts",
        source="folder",
        timezone="Europe/London",
        settings=settings,
        plan={"": _PLAN},
    )
    sink = Sink(name="centre", kind="clickhouse", settings={**server.settings, "place": told.place}, columns="ledger")
    (folder / "records").mkdir(parents=True)
    with at_work(folder / "site", pbx, sinks=[sink]) as engine:
        engine.meanings.directory = lambda: _directory(told)
        engine.meanings.look()
        import_file(engine, told.pbx, _records(told))
        settle(engine)
        until(lambda: not engine.meanings.running)
        handed_on(engine, "centre")
        until(lambda: _has_tables(server, told.place), patience_s=90)  # they are looked at every 30 s


def _has_tables(server: ClickHouseServer, place: str) -> bool:
    parts = {row["name"] for row in server.ask("SELECT place, name FROM calls_parts") if row["place"] == place}
    return parts == {*NAMES} and any(row["place"] == place for row in server.ask("SELECT place FROM calls_owner"))


def _directory(told: PlaceText) -> Directory:
    first = Assignment(id=1, kind="extension", value=told.extensions[0], person=1, department=1, cost_centre=1)
    second = msgspec.structs.replace(first, id=2, value=told.extensions[1], person=None)
    return Directory(
        people=[Person(1, told.person)],
        departments=[Department(1, told.department, company=told.company)],
        cost_centres=[CostCentre(1, told.cost_centre, told.department)],
        assignments=[first, second],
        phone_book=[PhoneBookEntry(id=1, number=f"+4420{told.numbers[0]}", name=told.customer)],
    )


def _records(told: PlaceText) -> bytes:
    from tests.unit.web.conftest import incoming, row

    one, other = told.extensions
    abroad, second, third = told.numbers
    rows = [
        row(one, f"90114420{abroad}"),
        row(other, f"91212{second}", at="2026-03-02 11:00:00", talk_s=600),
        incoming(f"212{third}", one, at="2026-03-02 13:00:00"),
        incoming(f"212{second}", one, at="2026-03-02 14:00:00", talk_s=30),
        f'"","{one}","90114420{abroad}","broken"\n'.encode(),
    ]
    return b"".join(rows)


def at_the_centre(engine: Engine) -> TwoPlaces:
    """Write down at a centre what is its own of both places: a directory, budgets, and notes on calls."""
    from tollbook.site.notes import operations as notes

    calls = [_call(engine, each.extensions[0]) for each in PLACES]
    for call, said in zip(calls, ("praise", "quarrel-q"), strict=True):
        notes.write(TOLLBOOK, call, f"{said} was had")
        notes.set_tags(TOLLBOOK, call, ["claim"])
    made = [_kept(each) for each in PLACES]
    for name, each in zip(("sales-a", "quota-q"), PLACES, strict=True):
        _budget(name, each.department)
    people, departments, assignments, cost_centres, numbers = zip(*made, strict=True)
    return TwoPlaces(
        calls=(calls[0], calls[1]),
        people=people,
        departments=departments,
        assignments=assignments,
        cost_centres=cost_centres,
        numbers=numbers,
    )


def _kept(told: PlaceText) -> tuple[int, int, int, int, int]:
    from tollbook.site.directory import assignments, operations
    from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson

    person = operations.keep_person(TOLLBOOK, KnownPerson(name=told.person)).id
    known = KnownDepartment(name=told.department, company=told.company)
    department = operations.keep_department(TOLLBOOK, known).id
    centre = operations.keep_cost_centre(TOLLBOOK, CostCentre(0, told.cost_centre, told.department)).id
    asked = Assignment(
        id=0, kind="extension", value=told.extensions[0], person=person, department=department, cost_centre=centre
    )
    assignment = assignments.keep_assignment(TOLLBOOK, asked).id
    entry = KnownNumber(number=f"+4420{told.numbers[0]}", name=told.customer)
    return person, department, assignment, centre, operations.keep_number(TOLLBOOK, entry, DialPlan(country="US")).id


def _budget(name: str, department: str) -> None:
    from tollbook.site.budgets import operations as budgets
    from tollbook.site.targets import ChargedTarget

    target = ChargedTarget(kind="department", name=department)
    amounts = ((date(2026, 1, 1), "100"),)
    given = budgets.GivenBudget(name=name, target=target, currency="EUR", since=date(2026, 1, 1), amounts=amounts)
    budgets.add(TOLLBOOK, given)


def _call(engine: Engine, extension: str) -> str:
    query = "SELECT CAST(id AS VARCHAR) FROM call WHERE extension = $extension ORDER BY started_at LIMIT 1"
    return str(engine.ledger(EVERYTHING_ALLOWED).rows(query, {"extension": extension})[0][0])
