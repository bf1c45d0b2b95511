"""Heavy work runs elsewhere, within limits, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.sites import until
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs

PATIENCE_S = 60


def doubled(number: int) -> int:
    return 2 * number


def where(_: int = 0) -> int:
    return os.getpid()


def noted(place: str) -> None:
    Path(place).write_text(str(os.getpid()), "ascii")


def wrong() -> None:
    raise ValueError("no such colour")


def end() -> None:
    os._exit(3)


def never_ending(place: str = "") -> None:
    if place:
        Path(place).write_text(str(os.getpid()), "ascii")
    threading.Event().wait()


def greedy() -> int:
    held = bytearray(300 << 20)
    held[::4096] = b"x" * len(held[::4096])
    threading.Event().wait()
    return len(held)


def in_parts(count: int, tell: Callable[[float], None]) -> str:
    for part in range(count):
        tell((part + 1) / count)
    return "done"


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    pool = Jobs()
    yield pool
    pool.stop()


def test_work_is_done_in_another_process_which_serves_again(jobs: Jobs) -> None:
    assert jobs.run(doubled, 21) == 42
    first, second = jobs.run(where), jobs.run(where)

    assert first == second != os.getpid()


def test_what_the_work_raises_is_told_and_the_process_goes_on(jobs: Jobs) -> None:
    before = jobs.run(where)

    with pytest.raises(JobFailed, match="ValueError: no such colour"):
        jobs.run(wrong)

    assert jobs.run(where) == before


def test_work_that_ends_its_process_fails_alone(jobs: Jobs) -> None:
    with pytest.raises(JobFailed, match="its process ended over it"):
        jobs.run(end)

    assert jobs.run(doubled, 1) == 2


def test_work_beyond_its_time_is_ended(jobs: Jobs, tmp_path: Path) -> None:
    place = tmp_path / "pid"

    with pytest.raises(JobFailed, match="it took longer than 1 s"):
        jobs.run(never_ending, str(place), wanted=HeavyJob(limits=JobLimits(time_s=1)))

    until(lambda: not is_running(int(place.read_text("ascii"))))


def test_work_beyond_its_memory_is_ended(jobs: Jobs) -> None:
    with pytest.raises(JobFailed, match="it took more than 200 MiB of memory"):
        jobs.run(greedy, wanted=HeavyJob(limits=JobLimits(memory=200 << 20)))


def test_work_that_nobody_wants_any_more_is_ended(jobs: Jobs) -> None:
    gone = threading.Event()
    gone.set()

    with pytest.raises(JobFailed, match="nobody wants it any more"):
        jobs.run(never_ending, wanted=HeavyJob(cancelled=gone.is_set))


def test_progress_is_told_as_it_comes(jobs: Jobs) -> None:
    told: list[float] = []

    assert jobs.run(in_parts, 4, wanted=HeavyJob(progress=told.append)) == "done"
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_an_idle_process_ends_by_itself() -> None:
    pool = Jobs(idle_s=0.1)
    pid = pool.run(where)

    until(lambda: pool.processes == 0 and not is_running(pid))
    assert pool.run(doubled, 4) == 8
    pool.stop()


def test_a_process_that_was_begun_ahead_does_the_work_that_comes(tmp_path: Path) -> None:
    pool, place = Jobs(), tmp_path / "pid"
    pool.warm(noted, str(place))
    pool.warm(noted, str(place))

    assert str(pool.run(where)) == place.read_text("ascii")
    assert pool.processes == 1
    pool.warm(never_ending)
    assert str(pool.run(where)) == place.read_text("ascii")
    pool.stop()


def test_what_goes_wrong_ahead_harms_nothing() -> None:
    pool = Jobs()
    pool.warm(end)

    assert pool.run(doubled, 3) == 6
    pool.stop()


def test_a_pool_that_is_stopped_ends_its_work_and_takes_none(tmp_path: Path) -> None:
    pool, place, faults = Jobs(), tmp_path / "pid", []

    def work() -> None:
        with pytest.raises(JobFailed) as fault:
            pool.run(never_ending, str(place))
        faults.append(str(fault.value))

    thread = threading.Thread(target=work)
    thread.start()
    until(place.exists)
    pool.stop()
    thread.join(PATIENCE_S)

    assert faults == ["nobody wants it any more"]
    with pytest.raises(JobFailed, match="Tollbook is being stopped"):
        pool.run(doubled, 1)


@pytest.mark.slow
def test_a_process_ends_with_the_one_that_began_it_even_in_the_middle_of_its_work(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    program = (
        "from tests.unit.engine.test_jobs import never_ending\n"
        "from tollbook.engine.jobs import Jobs\n"
        f"if __name__ == '__main__': Jobs().run(never_ending, {str(place)!r})\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(program, "utf-8")
    root = Path(__file__).parents[3]
    parent = subprocess.Popen([sys.executable, str(script)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    until(lambda: place.exists() and place.read_text("ascii"), PATIENCE_S)

    parent.send_signal(signal.SIGKILL)
    parent.wait(PATIENCE_S)

    until(lambda: not is_running(int(place.read_text("ascii"))))


def test_no_more_work_is_done_at_once_than_there_are_places(tmp_path: Path) -> None:
    pool, first, second = Jobs(at_once=1), tmp_path / "first", tmp_path / "second"
    enough = threading.Event()
    wanted = HeavyJob(cancelled=enough.is_set)

    def work(place: Path) -> None:
        with pytest.raises(JobFailed):
            pool.run(never_ending, str(place), wanted=wanted)

    threads = [threading.Thread(target=work, args=(place,)) for place in (first, second)]
    for thread in threads:
        thread.start()
    until(lambda: first.exists() or second.exists())
    running = [place for place in (first, second) if place.exists()]
    enough.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    pool.stop()

    assert len(running) == 1
