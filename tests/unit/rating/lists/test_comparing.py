"""A version beside the one before: what is new, dearer, cheaper, unchanged, closed."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.price_lists import rows_of_text
from tollbook.rating.lists.comparing import compare
from tollbook.rating.lists.converting import as_text, convert
from tollbook.rating.lists.mapping import ListMapping, Scope
from tollbook.rating.lists.replacing import replacing
from tollbook.rating.lists.writing import rows_of
from tollbook.rating.price_list import read_price_list
from tollbook.rating.tariff import Rate

BEFORE = (
    "to,connect_fee,price,first_s,next_s\n+49,,0.01,1,1\n+44,,0.02,1,1\n+33,,0.03,1,1\n+34,,0.04,60,60\n"
    "+39,0.05,0.04,1,1\n+53,,blocked,,\n"
)
AMOUNTS = st.integers(0, 10**6).map(lambda number: f"{number / 1000:.3f}")
LENGTHS = st.integers(1, 3600).map(str)


def read(text: str) -> list[Rate]:
    rates, problems = read_price_list(text, "list.csv", ["day"])
    assert problems == []
    return rates


def changed(text: str) -> dict[str, str]:
    compared = compare(read(BEFORE), read(text))
    assert compared.new + compared.dearer + compared.cheaper + compared.closed == len(compared.changes)
    return {each.to: f"{each.change}: {each.before} -> {each.now}" for each in compared.changes}


def test_a_price_per_minute_that_went_up_is_dearer_and_one_that_went_down_is_cheaper() -> None:
    now = BEFORE.replace("0.01", "0.011").replace("0.02", "0.019")

    assert changed(now) == {
        "+49": "dearer: 0.01/60 s (1) -> 0.011/60 s (1)",
        "+44": "cheaper: 0.02/60 s (1) -> 0.019/60 s (1)",
    }


def test_a_fee_and_steps_count_as_well_as_the_price() -> None:
    now = BEFORE.replace("0.04,60,60", "0.04,60,1").replace("0.05", "0.06")

    assert changed(now) == {
        "+34": "cheaper: 0.04/60 s (60) -> 0.04/60 s (60/1)",
        "+39": "dearer: 0.05 + 0.04/60 s (1) -> 0.06 + 0.04/60 s (1)",
    }


def test_what_is_blocked_now_is_closed_and_what_is_no_longer_blocked_is_new() -> None:
    now = "to,connect_fee,price,first_s,next_s\n+49,,blocked,,\n+53,,0.5,1,1\n"

    assert changed(now) == {
        "+49": "closed: 0.01/60 s (1) -> blocked",
        "+53": "new: blocked -> 0.5/60 s (1)",
        "+44": "closed: 0.02/60 s (1) -> ",
        "+33": "closed: 0.03/60 s (1) -> ",
        "+34": "closed: 0.04/60 s (60) -> ",
        "+39": "closed: 0.05 + 0.04/60 s (1) -> ",
    }


def test_the_same_list_again_changes_nothing() -> None:
    assert changed(BEFORE) == {}


NEWS = "Prefix;Rate;Status\n49;0.05;increased\n44;0.02;closed\n36;0.07;new\n"


def carriers(scope: Scope) -> ListMapping:
    return ListMapping(price_unit="minute", currency="EUR", intervals="1/1", scope=scope)


def test_a_list_of_changes_leaves_the_rest_as_it_is() -> None:
    found = replacing(convert(rows_of_text(NEWS, ";"), carriers("changes")), read(BEFORE))

    compared = compare(read(BEFORE), read(found.text))

    assert [(each.change, each.to) for each in compared.changes] == [
        ("dearer", "+49"),
        ("new", "+36"),
        ("closed", "+44"),
    ]
    assert compared.unchanged == len(["+33", "+34", "+39", "+53"])


def test_a_whole_list_closes_what_it_does_not_name() -> None:
    found = replacing(convert(rows_of_text(NEWS, ";"), carriers("whole")), read(BEFORE))

    assert [rate.to for rate in read(found.text)] == ["+49", "+36"]


def test_whether_a_list_is_whole_is_asked() -> None:
    found = replacing(convert(rows_of_text(NEWS, ";"), carriers("")), read(BEFORE))

    assert [question.setting for question in found.questions] == ["scope"]
    assert found.rows == []


@st.composite
def price_rows(draw: st.DrawFn) -> Iterable[str]:
    """Rows of one rate: in the short form, or with steps that begin later."""
    kind = draw(st.sampled_from(["free", "blocked", "price", "first_price", "fee"]))
    cells = {
        "free": "free,,,,,,",
        "blocked": "blocked,,,,,,",
        "fee": ",,,,,,",
        "price": f"{draw(AMOUNTS)},60,{draw(LENGTHS)},{draw(LENGTHS)},,,",
        "first_price": f"{draw(AMOUNTS)},1,{draw(LENGTHS)},{draw(LENGTHS)},{draw(AMOUNTS)},,",
    }[kind]
    fee = "0.07" if kind == "fee" else "" if kind == "blocked" else draw(st.sampled_from(["", "0.05"]))
    limits = (
        ",," if kind == "blocked" else f"{draw(st.sampled_from(['', '5']))},{draw(st.sampled_from(['', '0.01']))},9"
    )
    later = [f"+49,day,,{draw(AMOUNTS)},60,,7,,{7200 * place},,," for place in range(1, draw(st.integers(1, 3)))]
    return [f"+49,day,{fee},{cells}{limits}", *(later if kind == "price" else [])]


@given(price_rows())
def test_a_rate_that_is_written_and_read_again_costs_the_same(rows: Iterable[str]) -> None:
    head = "to,band,connect_fee,price,per_s,first_s,next_s,first_price,from_s,free_s,minimum,maximum"
    rates = read("\n".join([head, *rows]))

    again = read(as_text([row for rate in rates for row in rows_of(rate)]))

    assert [(rate.to, rate.band, rate.terms) for rate in again] == [(rate.to, rate.band, rate.terms) for rate in rates]
