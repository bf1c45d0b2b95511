"""States that budgets reach are noted as calls come: each once, none lost, whatever fails in between."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.rating import a_tariff
from tests.unit.budgets.test_use import DIRECTORY, TARIFF, TODAY, a_budget, call
from tests.unit.store.test_pricing import BERLIN, prices_by, put
from tollbook.budgets.evaluating import KnownBudgets, evaluated
from tollbook.engine.budget_watch import BudgetWatch, reached
from tollbook.model.budget import BudgetNote
from tollbook.model.problem import Unavailable
from tollbook.store import pricing
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

PATIENCE_S = 20
BUDGET = a_budget("extension", "101", pbx="hts")
"""Of 4 euros a month; each call costs one."""
FEBRUARY = date(2026, 2, 1)


class Notes:
    """Keeps notes as the site does: each once. It may fail before it keeps any."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, date, str], BudgetNote] = {}
        self.asked = threading.Condition()
        self.rounds = 0
        self.faults: list[Exception] = []

    def note(self, found: Iterable[BudgetNote]) -> None:
        with self.asked:
            if self.faults:
                raise self.faults.pop()
            for each in found:
                self.kept.setdefault((each.budget, each.first, each.state), each)
            self.rounds += 1
            self.asked.notify_all()

    def wait(self, states: int) -> list[tuple[date, str, Decimal]]:
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.kept) >= states, PATIENCE_S)
            return [(each.first, each.state, each.used) for each in self.kept.values()]

    def wait_for_another_round(self) -> None:
        with self.asked:
            before = self.rounds
            assert self.asked.wait_for(lambda: self.rounds > before, PATIENCE_S)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        opened.copy_directory(DIRECTORY)
        opened.reprice("hts", prices_by(opened, a_tariff(TARIFF)), "Europe/Berlin")
        yield opened
        pricing.take_back(opened)


@contextmanager
def watching(store: Store, notes: Notes) -> Iterator[BudgetWatch]:
    watch = BudgetWatch(Ledger(store), lambda _: TODAY)
    watch.known = lambda: KnownBudgets([BUDGET], DIRECTORY)
    watch.note = notes.note
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def calls(store: Store, count: int, body: int = 1) -> None:
    put(store, *(call(2, 2, "101", extra=number) for number in range(count)), body=body)


def test_a_state_is_noted_as_it_is_reached_and_over_is_never_without_near(store: Store) -> None:
    notes = Notes()
    with watching(store, notes) as watch:
        calls(store, 4)
        watch.news()
        assert notes.wait(1) == [(FEBRUARY, "near", Decimal(4))]
        calls(store, 2, body=2)
        watch.news()

        assert notes.wait(2)[1] == (FEBRUARY, "over", Decimal(6))


def test_what_was_reached_while_nobody_looked_is_noted_at_the_next_start(store: Store) -> None:
    calls(store, 5)
    notes = Notes()
    with watching(store, notes):
        assert {state for _, state, _ in notes.wait(2)} == {"near", "over"}


def test_a_note_that_could_not_be_kept_is_kept_later(store: Store) -> None:
    calls(store, 4)
    notes = Notes()
    notes.faults = [Unavailable("the site's database is locked"), OSError("no room")]
    with watching(store, notes):
        assert notes.wait(1) == [(FEBRUARY, "near", Decimal(4))]


def test_a_lower_price_later_leaves_the_note_as_it_is(store: Store) -> None:
    calls(store, 4)
    notes = Notes()
    with watching(store, notes) as watch:
        before = notes.wait(1)
        cheaper = prices_by(store, a_tariff(TARIFF.replace('connect_fee = "1"', 'connect_fee = "0.1"')))
        store.reprice("hts", cheaper, "Europe/Berlin")
        watch.news()
        notes.wait_for_another_round()

        assert notes.wait(1) == before
    assert evaluated(Ledger(store), DIRECTORY, [BUDGET], lambda _: TODAY)[BUDGET.name][-1].state == "within"


def test_a_state_that_is_within_is_nothing_to_note(store: Store) -> None:
    calls(store, 3)
    found = evaluated(Ledger(store), DIRECTORY, [BUDGET], lambda _: TODAY)

    assert list(reached(found, datetime(2026, 2, 10, tzinfo=UTC))) == []
