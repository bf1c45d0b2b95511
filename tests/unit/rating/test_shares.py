"""Who is charged what of a call that was handed on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.rating.shares import CallShare, TalkedLeg, shared

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LENGTHS = st.one_of(st.integers(0, 400), st.integers(0, LONGEST_DURATION_S))
AMOUNTS = st.decimals(-(10**11), 10**11, places=12)
LEGS = st.lists(
    st.builds(
        TalkedLeg,
        extension=st.sampled_from(["", "101", "102", "105"]),
        began=st.integers(0, 300).map(lambda after: NOON + timedelta(seconds=after)),
        talk_s=LENGTHS,
        outside=st.booleans(),
    ),
    max_size=8,
)
CALLS = st.builds(
    CallShare,
    extension=st.sampled_from(["", "101", "102", "200"]),
    talk_s=LENGTHS,
    talked_s=st.just(0),
    cost=AMOUNTS,
    price=AMOUNTS,
)


def leg(extension: str, talk_s: int, after_s: int = 0, *, outside: bool = True) -> TalkedLeg:
    return TalkedLeg(extension=extension, began=NOON + timedelta(seconds=after_s), talk_s=talk_s, outside=outside)


def divided(*legs: TalkedLeg, price: str = "0.1", talk_s: int = 300) -> list[tuple[str, int, str]]:
    call = CallShare(extension="101", talk_s=talk_s, talked_s=talk_s, price=Decimal(price))
    return [(part.extension, part.talk_s, f"{part.price:f}") for part in shared(call, legs)]


ALL_OF_IT = [("101", 300, "0.1")]


@pytest.mark.parametrize(
    ("legs", "parts"),
    [
        pytest.param((leg("101", 300),), ALL_OF_IT, id="one talker"),
        pytest.param(
            (leg("101", 0), leg("105", 300)), ALL_OF_IT, id="one other talker: the call stands where it stands"
        ),
        pytest.param(
            (leg("101", 125), leg("105", 175, 125)),
            [("101", 125, "0.0416667"), ("105", 175, "0.0583333")],
            id="transferred blindly",
        ),
        pytest.param(
            (leg("101", 125), leg("101", 20, 100, outside=False), leg("105", 175, 125)),
            [("101", 125, "0.0416667"), ("105", 175, "0.0583333")],
            id="transferred after a talk inside",
        ),
        pytest.param(
            (leg("105", 200), leg("101", 100, 200)),
            [("101", 100, "0.0333333"), ("105", 200, "0.0666667")],
            id="the call's own extension comes first",
        ),
        pytest.param(
            (leg("101", 50), leg("105", 200, 50), leg("101", 50, 250)),
            [("101", 100, "0.0333333"), ("105", 200, "0.0666667")],
            id="handed back",
        ),
        pytest.param(
            (leg("101", 300), leg("105", 100, 200)),
            [("101", 225, "0.0750000"), ("105", 75, "0.0250000")],
            id="a conference: each has its own seconds",
        ),
        pytest.param(
            (leg("101", 60), leg("", 240, 60)), ALL_OF_IT, id="forwarded out again: who forwarded it is charged"
        ),
        pytest.param((leg("101", 60), leg("101", 240, 60)), ALL_OF_IT, id="forwarded out again, over a second trunk"),
        pytest.param((leg("101", 0), leg("102", 0), leg("105", 0)), ALL_OF_IT, id="nobody talked"),
        pytest.param(
            (leg("101", 100, outside=False), leg("105", 100, outside=False)), ALL_OF_IT, id="only talk inside"
        ),
        pytest.param(
            (leg("101", 60), leg("105", 60, 60)),
            [("101", 150, "0.0500000"), ("105", 150, "0.0500000")],
            id="legs that were talked less than the call",
        ),
    ],
)
def test_a_call_is_charged_to_whoever_talked_with_the_outside(
    legs: tuple[TalkedLeg, ...],
    parts: list[tuple[str, int, str]],
) -> None:
    assert divided(*legs) == parts


def test_a_call_without_a_price_has_parts_without_one_and_a_free_one_has_parts_of_nothing() -> None:
    legs = (leg("101", 1), leg("105", 2))
    unpriced = shared(CallShare(extension="101", talk_s=3, talked_s=3), legs)

    assert [(part.cost, part.price, part.talk_s) for part in unpriced] == [(None, None, 1), (None, None, 2)]
    assert divided(*legs, price="0", talk_s=3) == [("101", 1, "0.000000"), ("105", 2, "0.000000")]


@given(call=CALLS, legs=LEGS)
def test_parts_add_up_to_the_call(call: CallShare, legs: list[TalkedLeg]) -> None:
    parts = shared(call, legs)

    with localcontext(prec=60):
        assert sum(part.cost for part in parts if part.cost is not None) == call.cost
        assert sum(part.price for part in parts if part.price is not None) == call.price
    assert sum(part.talk_s for part in parts) == call.talk_s
    assert min(part.talk_s for part in parts) >= 0


@given(legs=LEGS)
def test_no_part_is_off_by_a_millionth(legs: list[TalkedLeg]) -> None:
    parts = shared(CallShare(extension="101", talk_s=1, talked_s=1, price=Decimal(1)), legs)

    whole = sum(part.talked_s for part in parts)
    off = [abs((part.price or 0) - Decimal(part.talked_s) / whole) for part in parts]
    assert max(off) < Decimal("0.000001")


@given(call=CALLS, legs=LEGS)
def test_the_order_of_legs_does_not_matter(call: CallShare, legs: list[TalkedLeg]) -> None:
    assert shared(call, legs) == shared(call, legs[::-1])


@given(call=CALLS, legs=LEGS)
def test_a_leg_in_which_nobody_talked_with_the_outside_changes_nothing(call: CallShare, legs: list[TalkedLeg]) -> None:
    silent = [msgspec.structs.replace(each, outside=False) for each in legs]

    assert shared(call, legs + silent) == shared(call, legs)
