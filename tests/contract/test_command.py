"""A program whose output is a PBX's records: run again and again, failing, not to be found, and not allowed."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import PATIENCE_S, a_stream, allow, at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import Health, State
from tollbook.model.limits import COMPLAINTS, CONNECTION_HELD
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources.command.options import Options
from tollbook.sources.command.program import Program
from tollbook.store import questions
from tollbook.store.ledger import Ledger

RECORDS = without_end(some_lines(60))
PIPE = 1 << 20
"""More than a pipe and one read of it hold."""


def running(command: str, **settings: str) -> Pbx:
    return a_stream("command", command=command, **{"restart": "100ms", **settings})


def python(script: Path, text: str) -> str:
    """Return the command of a script in Python."""
    script.write_text(text)
    return f"'{sys.executable}' '{script}'"


def shell(script: Path, text: str) -> str:
    """Make a script and return its path."""
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


def health(engine: Engine) -> Health:
    return engine.health()[0]


def taken(engine: Engine) -> list[bytes]:
    return raw_calls(engine.site.journal, engine.site.store)


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def replayed(engine: Engine) -> int:
    counts = questions.counts_by_pbx(Ledger(engine.site.store))
    return counts["hts"].replayed if "hts" in counts else 0


def bodies(engine: Engine) -> list[tuple[str, str]]:
    return [(body.state, body.reason) for body in engine.site.journal.bodies("pbx = 'hts' ORDER BY id")]


def lives(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def lines(*records: bytes) -> bytes:
    return b"".join(record + b"\n" for record in records)


# ---------------------------------------------------------------- what it prints


def test_what_a_program_prints_becomes_calls_as_it_comes(tmp_path: Path) -> None:
    log = tmp_path / "smdr.log"
    log.write_bytes(lines(*RECORDS[:20]))
    with at_work(tmp_path / "site", running(f"tail -n +1 -f {log}")) as engine:
        until(lambda: count(engine) == 20)
        assert health(engine).state is State.WORKING
        with log.open("ab") as file:
            file.write(lines(*RECORDS[20:]))
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS
        assert health(engine).message == "program tail is connected and sends"


def test_a_file_printed_three_times_is_stored_once_and_two_equal_lines_stay_two(tmp_path: Path) -> None:
    twice = [*RECORDS[:10], RECORDS[9], *RECORDS[10:20]]
    (tmp_path / "smdr.log").write_bytes(lines(*twice))
    with at_work(tmp_path / "site", running(f"cat {tmp_path}/smdr.log")) as engine:
        until(lambda: replayed(engine) >= 2 * len(twice))
        settle(engine)

        assert taken(engine) == twice
        until(lambda: "cat ran to its end and is run again" in health(engine).message)
        assert health(engine).state is State.WORKING
        assert health(engine).resets == 0


def test_a_file_that_grew_between_two_runs_adds_only_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "smdr.log"
    log.write_bytes(lines(*RECORDS[:20]))
    with at_work(tmp_path / "site", running(f"cat {log}")) as engine:
        for end in (30, 31, 60):
            until(lambda end=end: replayed(engine) and count(engine) < end)  # type: ignore[misc]
            with log.open("ab") as file:
                file.write(lines(*RECORDS[count(engine) : end]))
            until(lambda end=end: count(engine) == end)  # type: ignore[misc]
        settle(engine)

        assert taken(engine) == RECORDS


def test_a_program_that_fails_after_every_run_doubles_nothing_either(tmp_path: Path) -> None:
    (tmp_path / "smdr.log").write_bytes(lines(*RECORDS[:20]))
    command = shell(tmp_path / "read-pbx", f"cat {tmp_path}/smdr.log; echo the line is busy >&2; exit 3")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: replayed(engine) == 20)
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert taken(engine) == RECORDS[:20]
        assert bodies(engine)[0] == ("cut", "read-pbx ended with exit code 3")
        assert health(engine).message == "read-pbx ended with exit code 3: the line is busy"


def test_a_program_that_is_killed_in_the_middle_of_a_record_leaves_a_reject(tmp_path: Path) -> None:
    printed = RECORDS[0].decode() + r"\n" + RECORDS[1][:40].decode()
    command = shell(tmp_path / "read-pbx", f"printf '{printed}'; kill -SEGV $$")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)
        settle(engine)

        assert health(engine).message.startswith("read-pbx was ended by SIGSEGV")
        assert taken(engine) == RECORDS[:1]
        assert engine.site.store.rows("SELECT raw FROM reject") == [(RECORDS[1][:40],)]


def test_a_program_that_ends_well_and_prints_nothing_is_well(tmp_path: Path) -> None:
    command = python(tmp_path / "late.py", "import select; select.select([], [], [], 2.3)")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: health(engine).answers >= 2)

        assert health(engine).state is State.WORKING
        assert bodies(engine) == []


def test_a_silent_program_is_started_anew_only_where_that_is_set(tmp_path: Path) -> None:
    command = shell(tmp_path / "read-pbx", f"echo '{RECORDS[0].decode()}'; exec sleep 1000")
    with at_work(tmp_path / "site", running(command, idle="1s")) as engine:
        until(lambda: ("cut", "nothing came for 1 s") in bodies(engine))

        assert health(engine).resets >= 1


# ---------------------------------------------------------------- what it finds


def test_a_program_runs_where_it_is_told_to_and_without_the_variables_of_tollbook(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOLLBOOK_SECRET", "sesame")
    command = shell(tmp_path / "read-pbx", "pwd > found; env >> found; exit 1")
    (tmp_path / "runs").mkdir()
    settings = {"directory": str(tmp_path / "runs"), "environment": "PBX=hq 'ROOM=two words'"}
    with at_work(tmp_path / "site", running(command, **settings)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)
    found = (tmp_path / "runs/found").read_text().splitlines()

    assert found[0] == str(tmp_path / "runs")
    assert {"PBX=hq", "ROOM=two words", f"PATH={os.environ['PATH']}"} < set(found)
    assert not [each for each in found if each.startswith("TOLLBOOK")]


def test_a_secret_of_the_environment_file_is_found_by_the_program_and_is_in_no_message(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("# of the PBX\n\nPBX_PASSWORD=open sesame\n")
    command = shell(tmp_path / "read-pbx", 'echo "401 for $PBX_PASSWORD at $PBX" >&2; exit 1')
    settings = {"environment": "PBX=hq", "environment_file": str(tmp_path / "env")}
    with at_work(tmp_path / "site", running(command, **settings)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert health(engine).message == "read-pbx ended with exit code 1: 401 for … at hq"


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "no such file or directory"), ("A=1\nsesame\n", "line 2 of the environment file is not NAME=value")],
)
def test_an_environment_file_that_cannot_be_used_is_said_without_its_text(
    text: str | None,
    told: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "env").write_text(text or "")
    named = tmp_path / ("env" if text else "nowhere")
    with at_work(tmp_path / "site", running("cat", environment_file=str(named))) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert told in health(engine).message
        assert "sesame" not in health(engine).message


# ---------------------------------------------------------------- what cannot be run


def test_a_program_that_is_not_listed_is_not_run_and_the_message_says_where_to_list_it(tmp_path: Path) -> None:
    allow(tmp_path / "site")
    with at_work(tmp_path / "site", running(f"/bin/touch {tmp_path}/ran")) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert "'/bin/touch' to 'programs' of [allow] in" in health(engine).message
    assert not (tmp_path / "ran").exists()


def _not_there(path: Path) -> str:
    return str(path)


def _not_executable(path: Path) -> str:
    path.touch()
    return str(path)


def _of_nothing_known(path: Path) -> str:
    path.write_text("print('no first line')\n")
    path.chmod(0o755)
    return str(path)


def _of_no_interpreter(path: Path) -> str:
    path.write_text("#!/nowhere/python\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_not_there, "there is no such program; give its full path"),
        (_not_executable, "Tollbook's user may not execute it; 'chmod +x' lets everybody"),
        (_of_nothing_known, "it is no program; a script begins with a line such as #!/bin/sh"),
        (_of_no_interpreter, "what its first line names, after #!, is not there"),
    ],
)
def test_a_program_that_cannot_be_run_is_said_with_what_to_do(
    make: Callable[[Path], str],
    told: str,
    tmp_path: Path,
) -> None:
    command = make(tmp_path / "read-pbx")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert health(engine).message == f"{command} cannot be run: {told}"


def test_a_program_that_is_nowhere_on_the_machine_is_said(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", running("no-such-program-anywhere")) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert "there is no program called no-such-program-anywhere on the machine" in health(engine).message


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "BASH_ENV", "PYTHONSTARTUP"])
def test_a_variable_that_has_a_program_run_other_code_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"without {name}"):
        read_options(Options, {"command": "cat", "environment": f"{name}=/srv/pbx/uploaded"}, "PBX hts")


def test_a_folder_that_is_not_there_is_named_and_not_the_program(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", running("cat", directory=str(tmp_path / "nowhere"))) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert health(engine).message.startswith(f"the folder {tmp_path}/nowhere is not there")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"command": "cat 'smdr.log"}, "'command' must be a program with its arguments"),
        ({"command": "cat", "environment": "PBX"}, "'environment' must be NAME=value"),
        ({"command": "cat", "directory": "srv"}, "'directory' must be a full path"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_once(settings: dict[str, str], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        read_options(Options, settings, "here")


# ---------------------------------------------------------------- how it ends


def test_what_a_program_started_ends_with_it_when_tollbook_stops(tmp_path: Path) -> None:
    command = shell(tmp_path / "read-pbx", f"sleep 1000 & echo $$ $! > {tmp_path}/started; wait")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: health(engine).state is State.WORKING)
        processes = [int(each) for each in (tmp_path / "started").read_text().split()]
        assert all(lives(each) for each in processes)

    until(lambda: not any(lives(each) for each in processes))


def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    command = shell(tmp_path / "read-pbx", f"sleep 1000 & echo $! > {tmp_path}/started; exit 1")
    with at_work(tmp_path / "site", running(command)) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)
        left = int((tmp_path / "started").read_text())

        until(lambda: not lives(left))
        assert health(engine).message == "read-pbx ended with exit code 1"


async def _begun(script: str, inflow: StreamConnection, grace_s: float) -> Program:
    _, program = await asyncio.get_running_loop().subprocess_exec(
        lambda: Program(inflow, "test", grace_s),
        sys.executable,
        "-c",
        script,
        start_new_session=True,
    )
    return program


async def _said(inflow: StreamConnection, news: asyncio.Event) -> bytes:
    while not inflow.has_bytes:
        await asyncio.wait_for(news.wait(), PATIENCE_S)
        news.clear()
    return inflow.take()


STUBBORN = (
    "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print(os.getpid(), flush=True)\nwhile True: signal.pause()"
)


def test_a_program_that_will_not_end_is_made_to() -> None:
    async def run() -> tuple[int, str]:
        news = asyncio.Event()
        inflow = StreamConnection("test", news.set)
        program = await _begun(STUBBORN, inflow, 0.1)
        process = int(await _said(inflow, news))
        await asyncio.wait_for(program.end(), PATIENCE_S)
        return process, program.failure

    process, failure = asyncio.run(run())

    assert not lives(process)
    assert failure == f"test was ended by {signal.SIGKILL.name}"


def test_who_is_cancelled_while_a_program_ends_leaves_none_behind() -> None:
    async def run() -> int:
        news = asyncio.Event()
        inflow = StreamConnection("test", news.set)
        program = await _begun(STUBBORN, inflow, 1000)
        process = int(await _said(inflow, news))
        ending = asyncio.create_task(program.end())
        await asyncio.sleep(0)
        ending.cancel()
        await asyncio.wait({ending}, timeout=PATIENCE_S)
        return process

    process = asyncio.run(run())

    until(lambda: not lives(process))


def test_a_program_that_prints_faster_than_the_disk_takes_it_waits_and_nothing_is_lost() -> None:
    number = 3 * CONNECTION_HELD // 10
    script = f"import sys\nsys.stdout.writelines('%09d\\n' % each for each in range({number}))"

    async def run() -> tuple[int, bytes]:
        news = asyncio.Event()
        inflow = StreamConnection("test", news.set, telnet=False)
        program = await _begun(script, inflow, 5)
        came, most = b"", 0
        while len(came) < number * 10:
            await asyncio.wait_for(news.wait(), PATIENCE_S)
            news.clear()
            held = inflow.held
            if held >= min(CONNECTION_HELD, number * 10 - len(came)):
                most, data = max(most, held), inflow.take()
                came += data
                inflow.committed(data)
        await program.end()
        return most, came

    most, came = asyncio.run(run())

    assert came == b"".join(b"%09d\n" % each for each in range(number))
    assert CONNECTION_HELD <= most < CONNECTION_HELD + PIPE


def test_of_many_complaints_the_last_are_kept_in_whole_lines() -> None:
    script = "import sys\nfor each in range(10_000): print(f'complaint {each}', file=sys.stderr)\nsys.exit(1)"

    async def run() -> bytes:
        news = asyncio.Event()
        inflow = StreamConnection("test", news.set)
        program = await _begun(script, inflow, 5)
        while not inflow.lost:
            await asyncio.wait_for(news.wait(), PATIENCE_S)
            news.clear()
        await program.end()
        return program.complaints

    complaints = asyncio.run(run())

    assert complaints.endswith(b"complaint 9999\n")
    assert complaints.startswith(b"complaint 9")
    assert COMPLAINTS - 20 < len(complaints) <= COMPLAINTS


def test_no_process_and_no_descriptor_is_left_after_many_runs(tmp_path: Path) -> None:
    (tmp_path / "smdr.log").write_bytes(lines(*RECORDS[:3]))
    with at_work(tmp_path / "site", running(f"cat {tmp_path}/smdr.log")) as engine:
        until(lambda: health(engine).answers >= 3)
        open_before = len(list(Path("/proc/self/fd").iterdir()))
        until(lambda: health(engine).answers >= 12)

        assert len(list(Path("/proc/self/fd").iterdir())) <= open_before + 4
