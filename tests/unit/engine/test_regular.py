"""What a site does regularly is looked at on a thread of its own; a fault ends nothing and is said once."""

from __future__ import annotations

from threading import Event

import pytest

from tollbook.engine.care import regular
from tollbook.engine.care.regular import Regular


def test_a_fault_ends_nothing_and_it_is_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "_EVERY_S", 0.001)
    looked: list[int] = []
    often = Event()

    def work() -> None:
        looked.append(len(looked))
        if len(looked) > 2:
            often.set()
        raise OSError("it does not answer")

    each = Regular()
    each.work = work
    each.start()
    assert often.wait(30)
    each.stop()


def test_one_that_was_never_begun_ends() -> None:
    Regular().stop()
