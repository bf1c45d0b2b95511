"""Settings that change while a PBX is asked, tested or looked at: what was set last holds, and one asks at a time."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.sites import a_pbx, until
from tollbook.engine.capture.source_runner import SourceRunner
from tollbook.engine.capture.viewer import Seen
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import RunningPbx
from tollbook.sources.contract import Asking

_WHO_DOES_NOT_WAIT_IS_THROUGH_S = 0.5
"""A change that does not wait for its turn has taken effect by then; one that waits has not, however long this is."""
_PATIENCE_S = 20


class Settings:
    """One PBX's settings, which a test changes as a person would."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx

    def __call__(self) -> list[Pbx]:
        return [self.pbx]

    def change(self, **changes: Any) -> None:  # noqa: ANN401 - whatever a PBX is made of
        self.pbx = msgspec.structs.replace(self.pbx, **changes)


class Busy:
    """An engine whose PBX has begun an answer and does not go on; changes of settings are made beside one another."""

    def __init__(self, pbx: RunningPbx, engine: Engine, settings: Settings) -> None:
        self.pbx, self.engine, self.settings = pbx, engine, settings
        self._threads = ThreadPoolExecutor(4)

    @property
    def state(self) -> State:
        return self.engine.health()[0].state

    def change(self, **changes: Any) -> Future[None]:  # noqa: ANN401 - as above
        self.settings.change(**changes)
        return self.start(self.engine.apply)

    def start(self, work: Callable[[], Any]) -> Future[Any]:
        begun = self._threads.submit(work)
        wait([begun], _WHO_DOES_NOT_WAIT_IS_THROUGH_S)
        return begun

    def close(self) -> None:
        self.pbx.go_on()
        self._threads.shutdown()


@contextmanager
def engine_over(path: Path, settings: Settings, *, sources: bool = True) -> Iterator[Engine]:
    site = Site.open(path, purpose="a test")
    engine = Engine(site, settings)
    engine.start(sources=sources)
    try:
        yield engine
    finally:
        engine.stop()
        site.close()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Busy]:
    with RunningPbx() as pbx:
        pbx.add([b"a record that is cut off"])
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=9, ending=BreakOff.HOLD))
        settings = Settings(a_pbx(url=pbx.url, auth="none", interval="1h"))
        with engine_over(tmp_path, settings) as engine:
            pbx.wait(lambda: pbx.held == 1)
            busy = Busy(pbx, engine, settings)
            yield busy
            busy.close()


def test_a_pbx_that_is_paused_while_another_change_waits_for_its_answer_is_asked_no_more(busy: Busy) -> None:
    edited = busy.change(timezone="Asia/Tokyo")
    paused = busy.change(paused=True)
    busy.pbx.go_on()
    wait([edited, paused])

    assert busy.state is State.PAUSED


def test_a_pbx_that_goes_on_while_its_pause_waits_for_an_answer_is_asked_by_one_alone(busy: Busy) -> None:
    paused = busy.change(paused=True)
    going_on = busy.change(paused=False)
    busy.pbx.go_on()
    wait([paused, going_on])

    until(lambda: busy.state is not State.STARTING)
    assert busy.state is State.WORKING
    assert len(busy.pbx.requests) == 2


def test_a_test_of_a_pbx_that_is_being_paused_waits_until_it_is(busy: Busy) -> None:
    paused = busy.change(paused=True)
    tested = busy.start(lambda: busy.engine.test("hts"))
    busy.pbx.go_on()

    assert tested.result().well
    assert paused.result() is None
    assert busy.state is State.PAUSED


def test_a_pbx_that_is_paused_between_two_questions_is_not_asked_once_more(tmp_path: Path) -> None:
    with RunningPbx() as pbx:
        settings = Settings(a_pbx(url=pbx.url, auth="none", interval="1h"))
        with engine_over(tmp_path, settings) as engine:
            until(lambda: engine.health()[0].state is State.WORKING)
            settings.change(paused=True)
            engine.apply()

            assert len(pbx.requests) == 1


def test_a_watch_that_is_to_stop_lets_its_source_ask_nothing_more(tmp_path: Path) -> None:
    async def scenario(runner: SourceRunner) -> bool:
        runner._stopping.set()  # noqa: SLF001 - as `stop` does first
        asking = asyncio.ensure_future(runner._on_asking(Asking()))  # noqa: SLF001 - what a source waits for
        await asyncio.wait({asking}, timeout=_WHO_DOES_NOT_WAIT_IS_THROUGH_S)
        return asking.done()

    settings = Settings(a_pbx(url="http://127.0.0.1:1/", auth="none"))
    with engine_over(tmp_path, settings, sources=False) as engine:
        assert not asyncio.run(scenario(engine._watch(settings.pbx)))  # noqa: SLF001 - as the engine makes it


def test_settings_that_were_read_first_do_not_replace_those_read_later(tmp_path: Path) -> None:
    settings = Settings(a_pbx(path=str(tmp_path), names="*.txt"))
    with engine_over(tmp_path / "site", settings) as engine, ThreadPoolExecutor(2) as threads:
        reading, go_on = threading.Event(), threading.Event()

        def slowly() -> list[Pbx]:
            engine._directory = settings  # noqa: SLF001 - only the first reading is slow
            read = settings()
            reading.set()
            go_on.wait()
            return read

        engine._directory = slowly  # noqa: SLF001 - as a slow database would be
        first = threads.submit(engine.apply)
        reading.wait()
        settings.change(paused=True)
        second = threads.submit(engine.apply)
        wait([second], _WHO_DOES_NOT_WAIT_IS_THROUGH_S)
        go_on.set()
        wait([first, second])

        assert engine.health()[0].state is State.PAUSED


def test_a_paused_pbx_is_asked_once_to_be_tested_and_then_no_more(tmp_path: Path) -> None:
    with RunningPbx() as pbx:
        settings = Settings(msgspec.structs.replace(a_pbx(url=pbx.url, auth="none", interval="1s"), paused=True))
        with engine_over(tmp_path, settings) as engine:
            tested = engine.test("hts")

            assert tested.well
            assert engine.health()[0].state is State.PAUSED
            assert len(pbx.requests) == 1


def test_a_test_under_way_when_all_ends_is_told_so(tmp_path: Path) -> None:
    with RunningPbx() as pbx, ThreadPoolExecutor(2) as threads, ExitStack() as running:
        settings = Settings(msgspec.structs.replace(a_pbx(url=pbx.url, auth="none"), paused=True))
        engine = running.enter_context(engine_over(tmp_path, settings))
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=0, ending=BreakOff.HOLD))
        tested = threads.submit(engine.test, "hts")
        pbx.wait(lambda: pbx.held == 1)
        ending = threads.submit(running.close)
        wait([ending], _WHO_DOES_NOT_WAIT_IS_THROUGH_S)
        pbx.go_on()
        ending.result()

        assert tested.result(_PATIENCE_S).well


def test_a_change_after_the_end_begins_nothing(tmp_path: Path) -> None:
    settings = Settings(a_pbx(path=str(tmp_path), names="*.txt"))
    with engine_over(tmp_path / "site", settings) as engine:
        pass
    engine.apply()

    assert engine.health()[0].state is State.PAUSED


def test_two_who_look_on_at_once_in_a_process_without_sources_share_one_watch(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    settings = Settings(a_pbx(path=str(watched), names="*.txt", minimum_age="0.1s", interval="0.1s"))

    async def scenario(engine: Engine) -> list[bytes | None]:
        first, second = engine.look_on("hts", 10), engine.look_on("hts", 10)
        await anext(first), await anext(second)
        write(watched / "one.txt", b"one\n")
        told = [await next_bytes(first), await next_bytes(second)]
        await first.aclose()
        write(watched / "two.txt", b"two\n")
        told.append(await next_bytes(second))
        await second.aclose()
        return told

    with engine_over(tmp_path / "site", settings, sources=False) as engine:
        assert asyncio.run(scenario(engine)) == [b"one\n", b"one\n", b"two\n"]
        assert engine.health()[0].state is State.PAUSED


async def next_bytes(seen: AsyncGenerator[Seen, None]) -> bytes | None:
    return await anext((each.arrived.data async for each in seen if each.arrived), None)


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, (1_704_722_400, 1_704_722_400))
