"""What one PBX writes and the store cannot hold: no reason to keep the calls of any other PBX out of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, import_file, settle, until
from tollbook.dialects.reading import part
from tollbook.engine.engine import Engine
from tollbook.model.call import Numbers
from tollbook.model.frame import FORMAT_FAILED
from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.model.pbx import Pbx

CLOCKS = """
title = "Clocks"
vendor = "Example"
models = ["C-1"]
certainty = "made up for this test"
framing = "lines"
encodings = ["utf-8"]
evidence = []

[[record]]
name = "call"
form = "csv"
columns = [
  { name = "started_local", kind = "wall-time", means = "start" },
  { name = "ended_local", kind = "wall-time", means = "end" },
  { name = "hold_s", kind = "seconds", means = "on hold" },
  { name = "linked_id", means = "what legs share" },
]

[assembly]
same = ["linked_id"]
"""
LINES = some_lines(9)
AGES = b"1970-01-01 00:00:00,2199-12-31 23:59:59,0,"
LEG = b"2026-03-02 09:00:00,2026-03-02 09:00:05,999999999,7"


def clocks(site: Path) -> Pbx:
    """A PBX whose format takes start and end from two clocks."""
    folder = site / "dialects" / "clocks"
    folder.mkdir(parents=True)
    (folder / "dialect.toml").write_text(CLOCKS)
    return Pbx(name="clocks", dialect="clocks", source="folder")


def calls(engine: Engine) -> list[tuple[str, int]]:
    return engine.site.store.rows("SELECT pbx, count(*) FROM call GROUP BY pbx ORDER BY pbx")


@pytest.mark.parametrize("records", [[AGES], [LEG, LEG.replace(b":05", b":06"), LEG.replace(b":05", b":07")]])
def test_a_duration_beyond_the_limit_is_kept_as_the_limit_and_everything_else_is_stored(
    tmp_path: Path,
    records: list[bytes],
) -> None:
    with at_work(tmp_path, clocks(tmp_path), a_pbx(), sources=False) as engine:
        import_file(engine, "clocks", b"\n".join(records))
        import_file(engine, "hts", b"".join(LINES))

        assert calls(engine) == [("clocks", 1), ("hts", 9)]
        assert engine.site.store.rows("SELECT greatest(max(total_s), max(hold_s)) FROM call WHERE pbx = 'clocks'") == [
            (LONGEST_DURATION_S,),
        ]


def unbounded(numbers: Numbers) -> Numbers:
    """Leave a number as it is, as a fault of ours would: the store has no place for it."""
    return np.where(numbers > LONGEST_DURATION_S, 1 << 40, numbers)


def test_a_record_that_the_store_refuses_is_a_reject_that_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(part, "counted", unbounded)
    with at_work(tmp_path, clocks(tmp_path), a_pbx(), sources=False) as engine:
        body = engine.begin_import("clocks", "Master.csv")
        engine.take(body, b"\n".join([LEG, AGES, LEG.replace(b"7", b"8")]))
        engine.finish_import(body)
        import_file(engine, "hts", b"".join(LINES))
        settle(engine)

        assert calls(engine) == [("clocks", 2), ("hts", 9)]
        ((raw, reason, rule),) = engine.site.store.rows("SELECT raw, reason, rule FROM reject")
        assert (raw, rule) == (AGES, FORMAT_FAILED)
        assert reason.startswith(
            "the format clocks failed: ConversionException: Conversion Error: Type INT64 with value",
        )
        until(lambda: engine.lag().trouble == "")
        monkeypatch.undo()
        assert engine.retry_rejects("clocks") == 1
        assert calls(engine) == [("clocks", 3), ("hts", 9)]
