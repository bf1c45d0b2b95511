"""A sink that hangs, raises, cannot be loaded or cannot be told a call holds up neither the store nor other sinks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import hostile_databases as hostile
from tests.fakes.disks import fill, small_disk
from tests.fakes.hooks import Hook, a_hook
from tests.fakes.hostile_databases import a_server
from tests.fakes.records import some_lines
from tests.fakes.sites import PATIENCE_S, a_pbx, at_work, handed_on, import_file, settle, sink_health, until
from tollbook.engine.changes import consumer
from tollbook.engine.changes.consumer import Consumer
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.sink import Sink
from tollbook.sinks import known
from tollbook.sinks.file.folder import OutputFolder

LINES = some_lines(60)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with a_hook() as hook:
        yield hook


def well(hook: Hook) -> Sink:
    return Sink(name="well", kind="webhook", settings={"url": hook.url})


def lake(folder: Path) -> Sink:
    return Sink(name="lake", kind="file", settings={"path": str(folder / "lake"), "interval": "0.1s"})


def goes_on(engine: Engine, hook: Hook) -> None:
    """See that calls are stored and handed on, twice: what comes after the fault is what counts."""
    for part in (LINES[:30], LINES[30:]):
        import_file(engine, "hts", b"".join(part))
        settle(engine)
        handed_on(engine, "well")
    assert len(hook.calls) == len(LINES) == engine.site.store.rows("SELECT count(*) FROM call")[0][0]


def test_sinks_that_hang_hold_up_no_other_end_together_and_are_left_when_their_time_is_over(
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer, "_GRACE_S", 0.1)
    with a_server(hostile.silent) as server:
        settings = {"url": f"http://127.0.0.1:{server.port}/", "timeout": "60s"}
        hanging = [Sink(name=f"hanging-{number}", kind="webhook", settings=settings) for number in range(4)]
        together, stop = threading.Barrier(len(hanging) + 1), Consumer.stop

        def stop_beside_the_others(one: Consumer) -> None:
            if one._kind == "sink":  # noqa: SLF001 - budgets are watched by one as well
                together.wait(PATIENCE_S)
            stop(one)

        monkeypatch.setattr(Consumer, "stop", stop_beside_the_others)
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[*hanging, well(hook)]) as engine:
            goes_on(engine, hook)
            until(lambda: server.connections == len(hanging))
            engine.sinks.apply(run=False)

            assert sum("hanging-" in each.name for each in threading.enumerate()) == len(hanging)
            assert not together.broken


@pytest.mark.parametrize("fault", [ValueError, MemoryError, SystemExit])
def test_a_sink_that_raises_on_every_delivery_is_tried_again_and_holds_up_no_other(
    fault: type[BaseException],
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raises(*_given: object) -> int:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(OutputFolder, "mirror", raises)
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[lake(tmp_path), well(hook)]) as engine:
            goes_on(engine, hook)
            until(lambda: fault.__name__ in sink_health(engine, "lake").last_error)
            broken.undo()
            until(lambda: sink_health(engine, "lake").state is State.WORKING)


def test_a_sink_whose_disk_is_full_goes_on_once_there_is_room(hook: Hook, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=4) as disk:
        ballast = fill(disk)
        sinks = [lake(disk), well(hook)]
        with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=sinks) as engine:
            goes_on(engine, hook)
            until(lambda: sink_health(engine, "lake").state is State.NOT_REACHABLE)
            ballast.unlink()
            until(lambda: sink_health(engine, "lake").state is State.WORKING)

            assert list((disk / "lake").glob("*.csv"))


def test_a_sink_that_fails_in_its_own_way_as_it_is_tried_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def raises(*_given: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(OutputFolder, "problems", raises)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sources=False, sinks=[lake(tmp_path)]) as engine:
        tested = engine.sinks.test("lake")

    assert (tested.well, tested.message) == (False, "the sink failed: ZeroDivisionError")


def test_a_kind_of_sink_that_cannot_be_loaded_is_told_by_its_sinks_alone(
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tollbook.sinks.file", None)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[lake(tmp_path), well(hook)]) as engine:
        goes_on(engine, hook)
        until(lambda: sink_health(engine, "lake").state is State.NEEDS_ATTENTION)

        assert "sinks of kind 'file' cannot be used here" in sink_health(engine, "lake").message
        assert [known.title_of("file"), known.mirrors("file"), known.overwrites("file")] == ["file", False, False]


def test_an_expression_that_fails_for_some_calls_is_empty_for_those_alone(hook: Hook, tmp_path: Path) -> None:
    columns = "id; talk_s; HUGE = talk_s * 999999999"
    sink = Sink(name="well", kind="webhook", settings={"url": hook.url}, columns=columns)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        goes_on(engine, hook)

    wanted = [call["talk_s"] * 999_999_999 if call["talk_s"] <= 2 else None for call in hook.calls]
    assert [call["HUGE"] for call in hook.calls] == wanted
    assert 0 < wanted.count(None) < len(wanted)
