"""The directory: nobody is below themselves, of one value no two assignments hold, and a move can be undone."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tollbook.engine.engine import Engine
from tollbook.model.actor import Actor
from tollbook.model.directory import Assignment, CostCentre, Directory
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.numbering.plan import DialPlan
from tollbook.site import changed
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.directory import assignments, operations
from tollbook.site.directory.assignments import Move, gaps, move, undo_move
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson

ANNA = Actor(kind="person", name="anna", address="192.0.2.1")
SPRING = date(2026, 3, 1)

pytestmark = pytest.mark.usefixtures("engine")


def person(name: str = "Anna Berg", mail: str = "") -> int:
    return operations.keep_person(ANNA, KnownPerson(name=name, mail=mail)).id


def department(name: str, parent: int | None = None) -> int:
    return operations.keep_department(ANNA, KnownDepartment(name=name, parent=parent)).id


def assign(value: str = "107", first: date | None = None, until: date | None = None, **said: object) -> Assignment:
    owner = said or {"person": person(f"owner of {value} from {first}")}
    wanted = Assignment(id=0, kind="extension", value=value, first=first, until=until)
    return assignments.keep_assignment(ANNA, msgspec.structs.replace(wanted, **owner))


def refusal(fault: pytest.ExceptionInfo[Misconfigured]) -> str:
    return str(fault.value)


def holders(value: str, day: date) -> list[int | None]:
    """The departments that a value is of on a day, as a call of that day has it."""
    return [
        each.department
        for each in operations.snapshot().assignments
        if each.value == value and (each.first or day) <= day < (each.until or date.max)
    ]


def test_all_is_there_as_values() -> None:
    north = department("North", department("Sales"))
    anna = person(mail="anna@example.com")
    cost = operations.keep_cost_centre(ANNA, CostCentre(0, "4711", "Sales")).id
    kept = assign(person=anna, department=north, cost_centre=cost, first=SPRING)
    operations.keep_number(ANNA, KnownNumber(number="+44 (0)20 7946 0135", name="", company="Acme"), DialPlan())

    found = operations.snapshot()
    assert type(found) is Directory
    assert {each.name: each.parent is not None for each in found.departments} == {"North": True, "Sales": False}
    assert (found.assignments, found.people[0].name) == ([kept], "Anna Berg")
    assert [(each.number, each.company, each.block) for each in found.phone_book] == [("+442079460135", "Acme", False)]
    assert [each.path for each in operations.departments()] == ["Sales", "Sales / North"]


def test_every_change_is_told_and_noted_once() -> None:
    told = []
    changed.subscribe(subscriber := lambda: told.append(1))
    anna = person()
    operations.keep_person(ANNA, KnownPerson(id=anna, name="Anna Meyer"))
    operations.remove_person(ANNA, anna)
    changed.unsubscribe(subscriber)

    noted = list(entries(AuditFilter(what="directory")))
    assert [each.action.rpartition("-")[2] for each in noted] == ["remove", "edit", "add"]
    assert noted[1].changes == {"name": ["Anna Berg", "Anna Meyer"]}
    assert (len(told), noted[0].name, noted[0].address) == (3, "Anna Meyer", "192.0.2.1")


def test_a_department_is_never_below_itself() -> None:
    sales = department("Sales")
    north = department("North", sales)
    team = department("Team", north)

    with pytest.raises(Misconfigured, match="below itself"):
        operations.keep_department(ANNA, KnownDepartment(id=sales, name="Sales", parent=team))
    with pytest.raises(Misconfigured, match="below itself"):
        operations.keep_department(ANNA, KnownDepartment(id=sales, name="Sales", parent=sales))
    with pytest.raises(Misconfigured, match="already"):
        department("north ", sales)
    assert [each.path for each in operations.departments()][-1] == "Sales / North / Team"


def test_a_tree_may_be_as_deep_as_it_is_said_and_no_deeper() -> None:
    parent = None
    for depth in range(32):
        parent = department(f"at {depth}", parent)

    with pytest.raises(Misconfigured, match="too deep"):
        department("one more", parent)
    top = department("top")
    first = next(each for each in operations.departments() if each.name == "at 0")
    with pytest.raises(Misconfigured, match="too deep"):
        operations.keep_department(ANNA, msgspec.structs.replace(first, parent=top))


def test_what_something_hangs_on_is_not_removed_and_it_is_said_what() -> None:
    sales = department("Sales")
    department("North", sales)
    anna = person()
    assign(person=anna, department=sales)

    with pytest.raises(Misconfigured) as of_department:
        operations.remove_department(ANNA, sales)
    with pytest.raises(Misconfigured) as of_person:
        operations.remove_person(ANNA, anna)

    assert "departments: North; assignments: extension 107" in refusal(of_department)
    assert "assignments: extension 107" in refusal(of_person)


@pytest.mark.parametrize(
    "wanted",
    [
        KnownPerson(name=" "),
        KnownPerson(name="x" * 121),
        KnownPerson(name="a\x00b"),
        KnownPerson(name="Bert", mail="bert"),
        KnownPerson(name="Bert", mail="ANNA@example.com"),
        KnownPerson(name="anna  berg", valid_from=SPRING, valid_until=SPRING),
    ],
)
def test_a_person_that_cannot_be_is_refused(wanted: KnownPerson) -> None:
    person("Anna Berg", mail="anna@example.com")

    with pytest.raises(Misconfigured):
        operations.keep_person(ANNA, wanted)
    assert len(operations.snapshot().people) == 1


@pytest.mark.parametrize(
    ("first", "until", "pbx", "meets"),
    [
        (None, None, "", True),
        (SPRING, None, "", False),
        (date(2026, 2, 28), None, "", True),
        (date(2025, 1, 1), date(2026, 1, 1), "", False),
        (date(2025, 1, 1), date(2026, 1, 2), "", True),
        (date(2026, 1, 31), date(2026, 2, 1), "hts32", True),
    ],
    ids=["always", "begins-as-it-ends", "a-day-before", "ends-as-it-begins", "a-day-after", "any-pbx-is-each"],
)
@pytest.mark.usefixtures("pbx")
def test_of_one_value_no_two_hold_at_a_time_and_both_are_named(
    first: date | None,
    until: date | None,
    pbx: str,
    *,
    meets: bool,
) -> None:
    assign(first=date(2026, 1, 1), until=SPRING, person=person("Anna Berg"))
    bert = person("Bert Cole")

    if not meets:
        assert assign(first=first, until=until, pbx=pbx, person=bert).id
        return
    with pytest.raises(Misconfigured) as fault:
        assign(first=first, until=until, pbx=pbx, person=bert)
    assert "until 2026-03-01: Anna Berg" in refusal(fault)
    assert "Bert Cole" in refusal(fault)
    assert len(operations.snapshot().assignments) == 1


@pytest.mark.usefixtures("pbx")
def test_the_same_value_of_two_pbxs_may_be_of_two(engine: Engine) -> None:
    from tollbook.model.pbx import Pbx
    from tollbook.site.pbxs.operations import add

    add(ANNA, Pbx(name="other", dialect="panasonic-kx-hts", source="folder", settings={"path": "/srv"}), engine.bounds)
    anna = person()
    assign(person=anna, pbx="hts32")
    assign(person=anna, pbx="other")

    with pytest.raises(Misconfigured) as fault:
        assign(person=anna)
    assert len(fault.value.problems) == 2
    with pytest.raises(NotThere, match="no PBX is called 'hts33'"):
        assign("108", person=anna, pbx="hts33")


def test_a_change_of_an_assignment_may_not_make_it_meet_another_either() -> None:
    early = assign(until=SPRING)
    assign(first=SPRING)

    with pytest.raises(Misconfigured, match="no two assignments"):
        assignments.keep_assignment(ANNA, msgspec.structs.replace(early, until=date(2026, 3, 2)))
    with pytest.raises(Misconfigured, match="to nobody"):
        assignments.keep_assignment(ANNA, msgspec.structs.replace(early, person=None))


def test_who_moves_leaves_earlier_calls_with_the_old_department_and_all_can_be_undone() -> None:
    sales, support = department("Sales"), department("Support")
    anna = person()
    assign("107", person=anna, department=sales)
    assign("208", person=anna, department=sales, first=date(2026, 1, 1), until=date(2026, 6, 1))
    assign("309", person=anna, department=sales, first=date(2026, 5, 1))
    before = operations.snapshot()

    done = move(ANNA, Move(person=anna, on=SPRING, department=support))

    assert [holders("107", day) for day in (date(2026, 2, 28), SPRING, date(2026, 7, 1))] == [
        [sales],
        [support],
        [support],
    ]
    assert [holders("208", day) for day in (date(2026, 2, 28), SPRING, date(2026, 6, 1))] == [[sales], [support], []]
    assert holders("309", date(2026, 6, 1)) == [sales]  # began later, and stays as it was planned
    assert list(gaps()) == []

    undo_move(ANNA, done.id)
    assert operations.snapshot() == before
    with pytest.raises(Misconfigured, match="undone already"):
        undo_move(ANNA, done.id)


def test_of_moves_that_meet_the_later_one_is_undone_first() -> None:
    sales, support, stores = department("Sales"), department("Support"), department("Stores")
    anna = person()
    assign(person=anna, department=sales)
    before = operations.snapshot()

    march = move(ANNA, Move(person=anna, on=SPRING, department=support))
    february = move(ANNA, Move(person=anna, on=date(2026, 2, 1), department=stores))
    again = move(ANNA, Move(person=anna, on=SPRING, department=sales))

    days = [date(2026, 1, 31), date(2026, 2, 1), SPRING]
    assert [holders("107", day) for day in days] == [[sales], [stores], [sales]]
    assert len(operations.snapshot().assignments) == 3
    with pytest.raises(Misconfigured, match="changed since"):
        undo_move(ANNA, march.id)
    for done in (again, february, march):
        undo_move(ANNA, done.id)
    assert operations.snapshot() == before


def test_a_move_of_nothing_is_refused() -> None:
    sales = department("Sales")
    anna = person()
    assign(person=anna, department=sales, until=SPRING)

    with pytest.raises(Misconfigured, match="nothing of theirs"):
        move(ANNA, Move(person=anna, on=SPRING, department=department("Support")))
    with pytest.raises(Misconfigured, match="there already"):
        move(ANNA, Move(person=anna, on=date(2026, 2, 1), department=sales))
    with pytest.raises(NotThere):
        move(ANNA, Move(person=anna, on=date(2026, 2, 1), department=99))


def test_what_a_move_came_from_may_be_gone_when_it_is_undone() -> None:
    sales = department("Sales")
    anna = person()
    assign(person=anna, department=sales, first=SPRING)
    done = move(ANNA, Move(person=anna, on=SPRING, department=department("Support")))
    operations.remove_department(ANNA, sales)

    with pytest.raises(NotThere, match="no department"):
        undo_move(ANNA, done.id)


def test_days_of_nobody_are_told_whatever_the_clocks_do_then() -> None:
    # In between clocks in Europe go forward, on a day of 23 hours, which is a day like others.
    assign(until=date(2026, 3, 29))
    assign(first=date(2026, 3, 30), until=date(2026, 10, 25))
    assign(first=date(2026, 10, 25))
    assign("108", first=SPRING)

    assert [(each.value, each.first, each.until, each.days) for each in gaps()] == [
        ("107", date(2026, 3, 29), date(2026, 3, 30), 1),
    ]


@pytest.mark.usefixtures("pbx")
def test_what_is_of_any_pbx_fills_the_gaps_of_each() -> None:
    assign(pbx="hts32", person=person("Anna"), until=SPRING)
    assign(pbx="hts32", person=person("Bert"), first=date(2026, 5, 1))
    assign(person=person("Carl"), first=SPRING, until=date(2026, 4, 1))

    assert [(each.pbx, each.first, each.until) for each in gaps("extension", "107")] == [
        ("hts32", date(2026, 4, 1), date(2026, 5, 1)),
    ]


@pytest.mark.usefixtures("pbx")
def test_a_gap_of_any_pbx_is_told_once() -> None:
    assign(until=SPRING)
    assign(first=date(2026, 5, 1), until=date(2026, 6, 1))
    assign(first=date(2026, 7, 1), pbx="hts32", person=person())

    assert [(each.pbx, each.first, each.until) for each in gaps()] == [
        ("", SPRING, date(2026, 5, 1)),
        ("hts32", date(2026, 6, 1), date(2026, 7, 1)),
    ]


@pytest.mark.parametrize(
    ("typed", "plan", "kept"),
    [
        ("+44 20 7946 0135", DialPlan(), "+442079460135"),
        ("'+44 20 7946 0135", DialPlan(), "+442079460135"),
        ("020 7946 0135", DialPlan(country="GB"), "+442079460135"),
        ("7946 0135", DialPlan(country="GB", area_code="20"), "+442079460135"),
        ("00 44 (20) 7946-0135", DialPlan(country="DE"), "+442079460135"),
        ("tel:+1-201-555-0135", DialPlan(), "+12015550135"),
        ("+49 89 1234*", DialPlan(), "+49891234*"),
        ("+491 *", DialPlan(), "+491*"),
        ("020 7946 0135", DialPlan(), None),
        ("+44 20 7946", DialPlan(), None),
        ("+44*", DialPlan(), None),
        ("089*", DialPlan(country="DE"), None),
        ("112", DialPlan(country="DE"), None),
        ("Acme", DialPlan(country="DE"), None),
        ("", DialPlan(country="DE"), None),
    ],
)
def test_a_number_is_kept_as_e164_however_it_is_typed(typed: str, plan: DialPlan, kept: str | None) -> None:
    entry = KnownNumber(number=typed, name="Acme", tags=("supplier", "supplier"))
    if kept:
        assert operations.keep_number(ANNA, entry, plan).number == kept
        with pytest.raises(Misconfigured, match="already"):
            operations.keep_number(ANNA, entry, plan)
    else:
        with pytest.raises(Misconfigured, match="'number' cannot be"):
            operations.keep_number(ANNA, entry, plan)


SPAN = st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda each: (each[0], each[0] + each[1]))


@given(spans=st.lists(SPAN, max_size=6))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_assigned_a_day_is_of_one_at_most(spans: list[tuple[int, int]]) -> None:
    taken: set[int] = set()
    anna = next((each.id for each in operations.snapshot().people), 0) or person()
    for first, until in spans:
        days = set(range(first, until))
        first_day, until_day = (date.fromordinal(SPRING.toordinal() + each) for each in (first, until))
        try:
            assign(first=first_day, until=until_day, person=anna)
        except Misconfigured:
            assert days & taken
        else:
            assert not days & taken
            taken |= days
    lacking = {each.first.toordinal() + day - SPRING.toordinal() for each in gaps() for day in range(each.days)}
    assert lacking == (set(range(min(taken), max(taken))) - taken if taken else set())
    for each in operations.snapshot().assignments:
        assignments.remove_assignment(ANNA, each.id)
