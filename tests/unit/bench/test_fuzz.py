"""Hostile lines find what they are for: a line that raises, one that is lost, one that takes too long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from bench.fuzz import trial
from bench.fuzz.hostile import HostileLines
from bench.fuzz.trial import fuzz
from tollbook.dialects.reading.reader import Reader
from tollbook.model.frame import Frames
from tollbook.model.reading import Reading

DIALECT = "panasonic-kx-tda"
Read = Callable[[Reader, Frames], Reading]
RECORDS = [b"01/02/26 10:00AM 101 01 5550142 00:01'00 ....", b"a,b;c"]


def with_reader(monkeypatch: pytest.MonkeyPatch, changed: Callable[[Frames, Reading], Reading]) -> None:
    """Have what a reader makes of records changed before anybody sees it."""
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda self, frames: changed(frames, read(self, frames)))


def test_the_same_seed_makes_the_same_lines_and_another_makes_others() -> None:
    first, again, other = (HostileLines(RECORDS, RECORDS, seed).some(200) for seed in ("1", "1", "2"))

    assert first == again != other


def test_a_body_is_its_lines_with_their_ends_whatever_it_is_cut_into() -> None:
    made = HostileLines(RECORDS, RECORDS, "1")
    lines = [b"%d" % random.Random(number).randrange(1 << 30) for number in range(50)]

    whole = b"".join(made.body(lines))

    assert [line for line in lines if line not in whole] == []


def test_a_line_over_which_a_reader_raises_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(frames: Frames, reading: Reading) -> Reading:
        if any(b"<unknown>" in raw[:200] for raw in frames.raws):
            raise ZeroDivisionError
        return reading

    with_reader(monkeypatch, raising)

    found = fuzz(DIALECT, 2_000, seed=1).found

    assert found
    assert {each.what for each in found} == {"ZeroDivisionError: "}
    assert all("<unknown>" in each.line for each in found)


def test_a_record_that_is_not_accounted_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with_reader(monkeypatch, lambda _, reading: Reading(reading.calls, reading.skipped, reading.rejected[1:]))

    found = fuzz(DIALECT, 500, seed=1).found

    assert found
    assert all("are accounted for" in each.what for each in found)


def test_a_line_that_takes_long_is_named_with_the_time_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(frames: Frames, reading: Reading) -> Reading:
        until = time.process_time() + 0.02 * any(b"((((" in raw for raw in frames.raws)
        while time.process_time() < until:
            pass
        return reading

    monkeypatch.setattr(trial, "LONGEST_S", 0.01)
    with_reader(monkeypatch, slow)

    found = fuzz(DIALECT, 500, seed=1).found

    assert found
    assert all("of processor time" in each.what and "((((" in each.line for each in found)
