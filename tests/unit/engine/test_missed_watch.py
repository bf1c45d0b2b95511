"""The state of missed calls follows the calls while a server runs, and is brought up where none does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from tests.fakes.missed import ALWAYS, MONDAY, lost, put, taken
from tests.fakes.sites import until
from tollbook import clock
from tollbook.engine.missed_watch import MissedWatch
from tollbook.model.health import State
from tollbook.store.store import Store

NOW = (MONDAY + timedelta(days=1)).replace(tzinfo=UTC)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


@pytest.fixture
def watch(store: Store) -> MissedWatch:
    watch = MissedWatch(store)
    watch.settings = lambda: ALWAYS
    watch.apply()
    return watch


def open_tries(store: Store) -> int:
    return int(store.rows("SELECT count(*) FROM missed.tries WHERE closed_at IS NULL")[0][0])


def test_calls_are_followed_as_they_come(store: Store, watch: MissedWatch) -> None:
    put(store, lost(9))
    watch.brought_up()
    watch.start()
    try:
        put(store, lost(10), body=2)
        watch.news()
        until(lambda: open_tries(store) == 2)
        put(store, taken(11), body=3)
        watch.news()
        until(lambda: open_tries(store) == 0)
        until(lambda: watch.health.state is State.WORKING)
    finally:
        watch.stop()


def test_without_a_server_the_state_is_brought_up_when_it_is_asked_for(store: Store, watch: MissedWatch) -> None:
    put(store, *(lost(9 + number / 60, f"0207946{number:04}") for number in range(30)))

    assert watch.brought_up().upto == store.position().last
    assert open_tries(store) == 30


def test_what_the_site_sets_counts_from_then_on(store: Store, watch: MissedWatch) -> None:
    put(store, lost(9))
    assert watch.brought_up().since == MONDAY + timedelta(days=1) - timedelta(days=30)

    watch.settings = lambda: type(ALWAYS)(span_days=1)
    watch.apply()

    assert watch.brought_up().since == MONDAY
