"""What other processes make is handed over in memory that both see, or through the pipe where that cannot be."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tollbook.engine.pipeline.handed import Handing, NotHanded

Made = tuple[str, list[npt.NDArray[np.int64]]]
_handing = Handing()


def made(count: int) -> Made:
    return "columns", [np.arange(count), np.arange(count // 2)[::2], np.empty(0, np.int64), np.full(count, 7)]


def make(count: int, number: int, taken: int) -> object:
    _handing.taken(taken)
    return _handing.hand(made(count), number)


def kept() -> int:
    return sum("tollbook" in str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.exists())


@pytest.fixture
def other() -> Iterator[ProcessPoolExecutor]:
    """Another process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        yield process


def is_same(one: object, another: Made) -> bool:
    assert isinstance(one, tuple)
    return one[0] == another[0] and all(map(np.array_equal, one[1], another[1]))


@pytest.mark.parametrize("count", [10, 200_000])
def test_what_another_process_made_comes_out_as_it_was(other: ProcessPoolExecutor, count: int) -> None:
    assert is_same(other.submit(make, count, 1, 0).result(), made(count))


def test_it_stays_when_its_maker_has_let_go_of_it_and_ended(other: ProcessPoolExecutor) -> None:
    found = [other.submit(make, 200_000, number, number - 1).result() for number in (1, 2)]

    assert other.submit(kept).result() == 1
    other.shutdown()
    assert all(is_same(each, made(200_000)) for each in found)


def test_what_was_let_go_too_early_is_told() -> None:
    sent = pickle.dumps(_handing.hand(made(200_000), 1))
    _handing.taken(1)

    assert pickle.loads(sent) == NotHanded()  # noqa: S301 - made a line above


def test_where_no_memory_can_be_shared_it_goes_through_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> int:
        raise OSError

    monkeypatch.setattr(os, "memfd_create", refuse)
    large = made(200_000)

    assert _handing.hand(large, 1) is large
