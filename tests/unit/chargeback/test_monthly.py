"""Monthly charges in a statement: what they come to, in whose line, and that they add up whatever it is by."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.chargeback.lines import NOBODY, STATEMENT_BY, ChargedTo, StatementBy, StatementDays
from tollbook.chargeback.monthly import charged_parts
from tollbook.model.directory import Assignment, Directory
from tollbook.model.monthly_charge import CHARGED_KINDS, PART_MONTHS, MonthlyCharge

JUNE = StatementDays(date(2026, 6, 1), date(2026, 7, 1))
DAYS = st.dates(date(2026, 5, 25), date(2026, 7, 6))


def assigned(number: int, value: str = "201", **other: object) -> Assignment:
    return Assignment(id=number, kind="extension", value=value, **other)  # type: ignore[arg-type] # fields of it


MOVED = Directory(
    assignments=[
        assigned(1, until=date(2026, 6, 11), person=1, department=1, cost_centre=7),
        assigned(2, first=date(2026, 6, 11), person=1, department=2, cost_centre=7),
        assigned(3, "202", first=date(2026, 6, 16), person=2, department=2),
    ],
)


def a_charge(kind: str = "extension", target: str = "201", target_id: int = 0, **other: object) -> MonthlyCharge:
    told = {"amount": Decimal(30), "currency": "EUR", "first": date(2026, 1, 1), **other}
    pbx = "hts" if kind == "extension" else ""
    return MonthlyCharge(id=1, name="Line rental", kind=kind, target=target, target_id=target_id, pbx=pbx, **told)  # type: ignore[arg-type] # fields of it


ANNA = a_charge("person", "Anna Berg", 1)


def told(charge: MonthlyCharge, by: StatementBy, directory: Directory = MOVED) -> list[tuple[ChargedTo, Decimal]]:
    return [(each.whom, each.amount) for each in charged_parts([charge], directory, by, JUNE)]


def test_a_charge_stands_whole_with_whom_it_is_for() -> None:
    assert told(a_charge(), "extension") == [(ChargedTo(pbx="hts", extension="201"), Decimal(30))]
    assert told(ANNA, "person") == [(ChargedTo(1), Decimal(30))]
    assert told(a_charge("department", "Sales", 2), "department") == [(ChargedTo(2), Decimal(30))]
    assert told(a_charge("cost_centre", "4711", 7), "cost_centre") == [(ChargedTo(7), Decimal(30))]


def test_that_of_an_extension_or_a_person_goes_up_by_the_directory() -> None:
    assert told(a_charge(), "person") == [(ChargedTo(1), Decimal(30))]
    assert told(a_charge(), "cost_centre") == [(ChargedTo(7), Decimal(30))]
    assert told(ANNA, "cost_centre") == [(ChargedTo(7), Decimal(30))]


def test_it_never_goes_down_or_across() -> None:
    department, cost_centre = a_charge("department", "Sales", 2), a_charge("cost_centre", "4711", 7)
    for charge, others in (
        (ANNA, ("extension",)),
        (department, ("extension", "person", "cost_centre")),
        (cost_centre, ("extension", "person", "department")),
    ):
        for by in others:
            assert told(charge, by) == [(NOBODY, Decimal(30))]  # type: ignore[arg-type] # a way to charge


def test_a_whole_month_of_somebody_who_moved_stands_where_they_were_first() -> None:
    assert told(a_charge(), "department") == [(ChargedTo(1), Decimal(30))]
    assert told(ANNA, "department") == [(ChargedTo(1), Decimal(30))]
    later = a_charge(first=date(2026, 6, 20))
    assert told(later, "department") == [(ChargedTo(2), Decimal(30))]


def test_a_whole_month_stands_with_the_first_to_whom_it_belongs_though_it_was_nobodys_before() -> None:
    assert told(a_charge(target="202"), "person") == [(ChargedTo(2), Decimal(30))]
    assert told(a_charge(target="299"), "person") == [(NOBODY, Decimal(30))]


def test_one_that_is_charged_by_days_is_divided_by_the_days_of_each() -> None:
    by_days = a_charge(part_month="days")
    assert told(by_days, "department") == [(ChargedTo(1), Decimal(10)), (ChargedTo(2), Decimal(20))]
    assert told(by_days, "person") == [(ChargedTo(1), Decimal(30))]
    assert told(a_charge(target="202", part_month="days"), "department") == [
        (NOBODY, Decimal(15)),
        (ChargedTo(2), Decimal(15)),
    ]


def test_what_is_divided_by_days_adds_up_to_the_last_place() -> None:
    days = [None, date(2026, 6, 11), date(2026, 6, 21), None]
    thirds = [
        assigned(number, first=days[number - 1], until=days[number], department=number, person=1)
        for number in (1, 2, 3)
    ]
    parts = told(a_charge(amount=Decimal(1), part_month="days"), "department", Directory(assignments=thirds))

    assert [f"{amount:f}" for _, amount in parts] == ["0.333333333333", "0.333333333334", "0.333333333333"]


@pytest.mark.parametrize(("part_month", "amount"), [("whole", "30"), ("days", "11")])
def test_a_month_in_part_is_charged_whole_or_for_its_days(part_month: str, amount: str) -> None:
    charge = a_charge(part_month=part_month, first=date(2026, 6, 10), last=date(2026, 6, 20))

    assert told(charge, "extension")[0][1] == Decimal(amount)


def test_a_month_without_a_day_of_it_is_not_charged() -> None:
    assert told(a_charge(last=date(2026, 5, 31)), "extension") == []
    assert told(a_charge(first=date(2026, 7, 1)), "extension") == []
    assert told(a_charge(last=date(2026, 6, 1)), "extension") != []


def test_tax_is_on_top_and_what_is_paid_has_it_in_it() -> None:
    (part,) = charged_parts([a_charge(tax=Decimal(19), cost=Decimal(20))], MOVED, "extension", JUNE)
    assert (part.amount, part.tax, part.cost) == (Decimal(30), Decimal("5.7"), Decimal("23.8"))
    (same,) = charged_parts([a_charge(tax=Decimal(19))], MOVED, "extension", JUNE)
    assert same.cost == Decimal("35.7")


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """Assignments of two extensions, one after the other, to two people and departments, or nobody."""
    found: list[Assignment] = []
    for value in ("201", "202"):
        edges = sorted(draw(st.sets(DAYS, max_size=4)))
        for first, until in zip([None, *edges], [*edges, None], strict=True):
            owner = st.sampled_from([None, 1, 2])
            found.append(
                assigned(
                    len(found) + 1,
                    value,
                    first=first,
                    until=until,
                    person=draw(owner),
                    department=draw(owner),
                    cost_centre=draw(owner),
                ),
            )
    return Directory(assignments=found)


@st.composite
def charges(draw: st.DrawFn) -> MonthlyCharge:
    """A charge of any kind, for any days."""
    kind = draw(st.sampled_from(CHARGED_KINDS))
    money = st.decimals(0, 10**6, places=6)
    return a_charge(
        kind,
        target=draw(st.sampled_from(["201", "202"])),
        target_id=0 if kind == "extension" else draw(st.sampled_from([1, 2])),
        amount=draw(money),
        cost=draw(st.none() | money),
        tax=draw(st.decimals(0, 100, places=3)),
        part_month=draw(st.sampled_from(PART_MONTHS)),
        first=(first := draw(DAYS)),
        last=draw(st.none() | st.dates(first, first + timedelta(days=40))),
    )


@given(directories(), st.lists(charges(), max_size=4))
def test_parts_add_up_to_the_same_whole_whatever_they_are_by(directory: Directory, some: list[MonthlyCharge]) -> None:
    wholes = set()
    for by in STATEMENT_BY:
        parts = list(charged_parts(some, directory, by, JUNE))
        amounts = tuple(sum(Fraction(getattr(each, name)) for each in parts) for name in ("amount", "tax", "cost"))
        wholes.add(amounts)
        assert all(each.first < each.until for each in parts)
    assert len(wholes) == 1


@given(directories(), charges())
def test_the_days_of_parts_are_those_of_the_charge(directory: Directory, charge: MonthlyCharge) -> None:
    for by in STATEMENT_BY:
        parts = list(charged_parts([charge], directory, by, JUNE))
        days = max((min(charge.until, JUNE.until) - max(charge.first, JUNE.first)).days, 0)
        assert sum((each.until - each.first).days for each in parts) == days
