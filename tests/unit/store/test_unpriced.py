"""Calls without a price are counted by reason and destination, and found by the reason's word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.rating import a_tariff
from tests.unit.store.test_pricing import BERLIN, PLAIN, called, prices_by, put
from tollbook.rating import charging, lines
from tollbook.store import pricing
from tollbook.store.filters import ALL, Where, read_filter
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.questions import count_calls
from tollbook.store.store import Store
from tollbook.store.unpriced import UnpricedCalls, unpriced
from tollbook.store.unpriced_reasons import REASONS


@pytest.fixture
def store() -> Iterator[Store]:
    """A PBX with a tariff, one with none, and calls of both."""
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.reprice("hts", prices_by(opened, a_tariff(PLAIN)), "Europe/Berlin")
        put(
            opened,
            called("0089230025"),
            called("00033142685300", 30),
            called("00033142685399", 20),
            called("0"),
            called("000881655512345", 9),
        )
        put(opened, called("0089230025"), {"direction": "incoming", "caller": "0301"}, body=2, pbx="bare")
        yield opened
        pricing.take_back(opened)


def told(found: Iterator[UnpricedCalls]) -> list[tuple[object, ...]]:
    return [(each.reason, each.pbx, each.country, each.kind, each.prefix, each.calls, each.talk_s) for each in found]


def test_calls_without_a_price_are_counted_by_reason_and_destination_with_how_their_numbers_begin(store: Store) -> None:
    assert told(unpriced(Ledger(store), ALL)) == [
        ("no-rate", "hts", "FR", "fixed", "+331426853", 2, 50),
        ("incomplete", "hts", None, "incomplete", "0", 1, 61),
        ("no-rate", "hts", None, "satellite", "+881655512345", 1, 9),
        ("no-tariff", "bare", None, None, "0089230025", 1, 61),
    ]


def test_calls_of_a_reason_are_found_by_its_word(store: Store) -> None:
    counts = {word: count_calls(Ledger(store), read_filter({"unpriced": word})) for word in ("any", *REASONS)}

    assert {word: count for word, count in counts.items() if count} == {
        "any": 5, "no-rate": 3, "incomplete": 1, "no-tariff": 1,
    }  # fmt: skip
    assert count_calls(Ledger(store), read_filter({"unpriced": "no-rate,no-tariff"})) == 4


def test_nobody_is_told_of_calls_without_a_price_that_they_may_not_see(store: Store) -> None:
    ledger = Ledger(store, Scope(calls=Where("pbx = $pbx", {"pbx": "bare"})))

    assert [each.pbx for each in unpriced(ledger, ALL)] == ["bare"]


@pytest.mark.parametrize(
    ("because", "reason"),
    [
        (lines.NO_TARIFF, "no-tariff"),
        ("no version of the tariff a was valid", "no-version"),
        (charging.NO_RATE, "no-rate"),
        ("the tariff has no rate for GB in the band day", "no-rate"),
        (charging.NO_BAND, "no-band"),
        (charging.BLOCKED, "blocked"),
        (charging.INCOMPLETE, "incomplete"),
        (charging.UNKNOWN, "no-plan"),
        ("the PBX wrote no units for this call", "no-pbx-charge"),
        (pricing.GONE, "version-gone"),
        (pricing.TOO_MUCH, "too-much"),
        (pricing.FAULT, "fault"),
    ],
)
def test_every_sentence_that_a_call_keeps_has_its_word(store: Store, because: str, reason: str) -> None:
    with store.cursor() as cursor:
        cursor.execute("UPDATE call SET unpriced_because = ? WHERE pbx = 'bare' AND direction = 'outgoing'", [because])

    (found,) = (each for each in unpriced(Ledger(store), ALL) if each.pbx == "bare")

    assert (found.reason, found.because) == (reason, because)
