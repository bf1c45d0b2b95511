"""Whoever follows the change feed is handed every change in order, whatever fails, and holds nobody else up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.calls import NOON, calls_of
from tollbook.engine.changes import consumer
from tollbook.engine.changes.consumer import Consumer
from tollbook.engine.changes.following import ConsumerSite, Following, Subscription
from tollbook.engine.changes.positions import ChangePosition, Positions
from tollbook.engine.changes.prefetch import HandedFile
from tollbook.model import reading
from tollbook.model.fence import Fence
from tollbook.model.health import State
from tollbook.model.problem import Unavailable
from tollbook.model.sink import NO_FILE
from tollbook.store import outgoing
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import Window
from tollbook.store.store import Store

PATIENCE_S = 20
CALLS = 7


class Listener:
    """Somebody who notes which calls came in each window, and may fail before it takes one."""

    def __init__(self, ledger: Ledger, most: int) -> None:
        self._form = outgoing.form_of(ledger, "tollbook", ALL)
        self._most = most
        self.windows: list[list[int]] = []
        self.faults: list[BaseException] = []
        self.failures = 0
        self.failed_once = threading.Event()
        self.whole = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def begin(self) -> Subscription:
        return Subscription(form=self._form, most=self._most, file=HandedFile(Path(), NO_FILE))

    def take(self, window: Window) -> None:
        self.may_go_on.wait(PATIENCE_S)
        if self.faults:
            raise self.faults.pop()
        self.windows.append(window.numbers())
        if sum(map(len, self.windows)) == CALLS:
            self.whole.set()

    def end(self) -> None:
        pass

    def look(self) -> None:
        """There is nothing beside changes."""

    def failed(self, *, permanent: bool) -> bool:
        self.failures += 1
        self.failed_once.set()
        return not permanent

    def lost(self, stand: ChangePosition) -> ChangePosition:
        message = f"{stand.sink} cannot begin again"
        raise Unavailable(message, permanent=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsumerSite]:
    store, positions = Store(tmp_path / "calls.duckdb"), Positions(tmp_path / "sinks.sqlite")
    made = [{"called": f"555010{number}", "started_at": NOON + 1000 * number} for number in range(CALLS)]
    piece = reading.Reading(calls_of(*made), [], [])
    read = pack([Piece(pbx="front", body=1, stream=True, member=0, received_at=0, reading=piece)])
    store.write(Batch(reads=[read], entry=1, unfinished={}))
    try:
        yield ConsumerSite(Ledger(store), positions, tmp_path, Fence())
    finally:
        positions.close()
        store.close()


@contextmanager
def following(site: ConsumerSite, name: str, listener: Listener) -> Iterator[Consumer]:
    runs = Consumer("listener", name)
    if site.positions.of(name) is None:
        site.positions.begin(name, str(site.ledger.position().epoch), 0)
    runs.start(Following(name, site, runs, listener))
    try:
        yield runs
    finally:
        listener.may_go_on.set()
        runs.stop()


def numbers(listener: Listener) -> list[int]:
    return [number for window in listener.windows for number in window]


def test_every_change_comes_once_and_in_order_in_windows_no_larger_than_asked_for(site: ConsumerSite) -> None:
    listener = Listener(site.ledger, 3)

    with following(site, "one", listener):
        assert listener.whole.wait(PATIENCE_S)

    assert [len(window) for window in listener.windows] == [3, 3, 1]
    assert numbers(listener) == sorted(set(numbers(listener)))


@pytest.mark.parametrize("fault", [Unavailable("away"), ValueError("a fault of ours"), SystemExit("a driver gives up")])
def test_a_window_that_was_not_taken_comes_again_and_none_is_left_out(site: ConsumerSite, fault: BaseException) -> None:
    listener = Listener(site.ledger, 3)
    listener.faults = [fault]

    with following(site, "one", listener) as runs:
        assert listener.whole.wait(PATIENCE_S)

    assert len(numbers(listener)) == CALLS
    assert listener.failures == 1
    assert runs.health.last_error


def test_one_that_begins_again_goes_on_where_it_stood(site: ConsumerSite) -> None:
    first, second = Listener(site.ledger, 3), Listener(site.ledger, 3)

    with following(site, "one", first):
        assert first.whole.wait(PATIENCE_S)
    stand = site.stand("one")
    with following(site, "one", second):
        pass

    assert stand.sent == CALLS
    assert numbers(second) == []


def test_one_that_hangs_holds_no_other_up(site: ConsumerSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "_GRACE_S", 0.2)
    hanging, other = Listener(site.ledger, 3), Listener(site.ledger, 3)
    hanging.may_go_on.clear()

    with following(site, "hangs", hanging), following(site, "other", other):
        assert other.whole.wait(PATIENCE_S)
        assert numbers(hanging) == []


def test_a_feed_that_is_another_than_before_needs_somebody_where_nobody_knows_what_was_handed_over(
    site: ConsumerSite,
) -> None:
    listener = Listener(site.ledger, 3)
    site.positions.begin("one", "an epoch of before", 2)

    with following(site, "one", listener) as runs:
        assert listener.failed_once.wait(PATIENCE_S)

    assert runs.health.state is State.NEEDS_ATTENTION
    assert runs.health.message == "one cannot begin again"
    assert numbers(listener) == []
