"""Billed calls are laid beside ours one to one, the nearest first, whatever order they come in."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.rating.bills import matching
from tollbook.rating.bills.matching import BilledCall, MatchedPair, OwnCall, TooManyPairs, clock_offset, match

NUMBER = "+442079460135"
HOUR_S = 3600


def billed(place: int, at: int, seconds: int = 60, number: str = NUMBER, *, hidden: int = 0) -> BilledCall:
    return BilledCall(place=place, number=number, moments=(at,), seconds=seconds, hidden=hidden)


def own(place: int, at: int, seconds: int = 60, number: str = NUMBER) -> OwnCall:
    return OwnCall(place=place, number=number, moments=(at,), seconds=seconds)


def test_the_nearest_pair_is_taken_first_and_each_call_once() -> None:
    found = match([billed(0, 100), billed(1, 130)], [own(0, 125), own(1, 60)], 120)

    assert found == [MatchedPair(0, 1, 40), MatchedPair(1, 0, 5)]


def test_of_two_equally_near_the_one_of_like_length_is_taken() -> None:
    assert match([billed(0, 100, 300)], [own(0, 90, 60), own(1, 110, 300)], 120) == [MatchedPair(0, 1, -10)]


def test_another_number_or_too_far_off_is_no_match() -> None:
    assert match([billed(0, 100), billed(1, 500)], [own(0, 100, number="+4420"), own(1, 379)], 120) == []
    assert match([billed(0, 500)], [own(0, 380)], 120) == [MatchedPair(0, 0, 120)]


def test_a_doubled_line_finds_one_call_only() -> None:
    assert match([billed(0, 100), billed(1, 100)], [own(0, 100)], 120) == [MatchedPair(0, 0, 0)]


def test_hidden_digits_are_passed_over() -> None:
    assert match([billed(0, 100, number=NUMBER[:-3], hidden=3)], [own(0, 100)], 120) == [MatchedPair(0, 0, 0)]
    assert match([billed(0, 100, number=NUMBER[:-3], hidden=2)], [own(0, 100)], 120) == []


def test_the_moment_of_the_answer_and_the_hour_that_comes_twice_count_as_well() -> None:
    rang = OwnCall(place=0, number=NUMBER, moments=(0, 300), seconds=60)
    twice = BilledCall(place=0, number=NUMBER, moments=(5000, 5000 + HOUR_S), seconds=60)

    assert match([billed(0, 301)], [rang], 10) == [MatchedPair(0, 0, 1)]
    assert match([twice], [own(0, 5000 + HOUR_S)], 10) == [MatchedPair(0, 0, 0)]


def test_a_number_called_again_and_again_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_PAIRS", 99)

    with pytest.raises(TooManyPairs):
        match([billed(place, place) for place in range(10)], [own(place, place) for place in range(10)], 120)


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S, 247, -86_400, 2 * HOUR_S + 17])
def test_a_clock_that_is_wrong_throughout_is_found_out(offset_s: int) -> None:
    ours = [own(place, place * 901, place * 37 % 600) for place in range(40)]
    theirs = [billed(each.place, each.moments[0] + offset_s + each.place % 3, each.seconds) for each in ours]

    found = clock_offset(theirs, ours, 120)

    assert abs(found - offset_s) <= 2
    assert [(each.billed, each.own) for each in match(theirs, ours, 120, found)] == [(n, n) for n in range(40)]


def test_a_whole_hour_is_meant_where_moments_of_answers_lie_beside_it() -> None:
    ours = [OwnCall(place=n, number=NUMBER, moments=(n * 901, n * 901 + 9), seconds=n * 37 % 600) for n in range(40)]
    theirs = [billed(each.place, each.moments[0] + HOUR_S, each.seconds) for each in ours]

    assert clock_offset(theirs, ours, 120) == HOUR_S


def test_a_clock_that_is_right_or_of_which_little_is_known_is_left_alone() -> None:
    ours = [own(place, place * 901, place * 37 % 600) for place in range(40)]
    right = [billed(each.place, each.moments[0] + 20, each.seconds) for each in ours]

    assert clock_offset(right, ours, 120) == 0
    assert clock_offset([billed(0, HOUR_S, 37)], ours[:2], 120) == 0
    assert clock_offset([], [], 120) == 0


CALLS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 200), st.sampled_from([NUMBER, "+4930"])), max_size=25)


@given(theirs=CALLS, ours=CALLS, tolerance_s=st.integers(0, 300), seed=st.integers(0, 99))
def test_whatever_order_calls_come_in_the_same_are_matched_once_each_and_within_the_tolerance(
    theirs: list[tuple[int, int, str]],
    ours: list[tuple[int, int, str]],
    tolerance_s: int,
    seed: int,
) -> None:
    bill = [billed(place, *each) for place, each in enumerate(theirs)]
    ledger = [own(place, *each) for place, each in enumerate(ours)]
    found = match(bill, ledger, tolerance_s)
    shuffled = random.Random(seed)
    other_bill, other_ledger = bill.copy(), ledger.copy()
    shuffled.shuffle(other_bill)
    shuffled.shuffle(other_ledger)

    assert match(other_bill, other_ledger, tolerance_s) == found
    assert len({each.billed for each in found}) == len({each.own for each in found}) == len(found)
    for each in found:
        assert bill[each.billed].number == ledger[each.own].number
        assert each.late_s == bill[each.billed].moments[0] - ledger[each.own].moments[0]
        assert abs(each.late_s) <= tolerance_s
    free = {each.place for each in bill} - {each.billed for each in found}
    left = {each.place for each in ledger} - {each.own for each in found}
    assert not any(
        bill[a].number == ledger[b].number and abs(bill[a].moments[0] - ledger[b].moments[0]) <= tolerance_s
        for a in free
        for b in left
    )


@given(ours=st.sets(st.integers(0, 10**6), min_size=1, max_size=30), seconds=st.integers(1, 900))
def test_a_bill_that_is_the_ledger_matches_itself(ours: set[int], seconds: int) -> None:
    moments = sorted(ours)
    bill = [billed(place, at, seconds) for place, at in enumerate(moments)]
    ledger = [own(place, at, seconds) for place, at in enumerate(moments)]

    assert match(bill, ledger, 120, clock_offset(bill, ledger, 120)) == [MatchedPair(n, n, 0) for n in range(len(bill))]
