"""What the bench of streams sends, and how it looks on while somebody takes it."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

from bench.importing import ROOT
from bench.scene import SubjectFailed
from bench.streams import crowd, records, rsyslog, watching
from bench.streams.far_side import SenderFailed, dialling, end, listening
from bench.streams.watching import look_every, wait_for

FEW = 300


def written(folder: Path, number: int = FEW) -> Path:
    return records.write_lines(folder / "lines.txt", records.calls(number))


def test_the_examples_in_the_bench_of_streams_are_true() -> None:
    assert [doctest.testmod(module).failed for module in (crowd, records, watching)] == [0, 0, 0]


def test_no_two_calls_that_are_sent_have_the_same_id() -> None:
    made = records.calls(FEW)

    assert len({row.unique_id for row in made}) == len(made) == FEW


def test_lines_are_read_as_they_were_written(tmp_path: Path) -> None:
    lines = records.read_lines(written(tmp_path))

    assert len(lines) == FEW
    assert all(line.startswith(b'"') for line in lines)


def test_with_account_codes_and_without_quotes_every_line_begins_with_a_digit(tmp_path: Path) -> None:
    coded = records.with_codes(records.calls(FEW))

    lines = records.read_lines(records.write_lines(tmp_path / "coded.txt", coded, records.BARE))

    assert len(lines) == FEW
    assert all(line[:1].isdigit() for line in lines)


def test_every_pbx_of_the_crowd_has_a_pace_of_its_own() -> None:
    plan = records.plan(5_000, 10, 60)

    sent = sorted(sum(due.pbx == pbx for due in plan) for pbx in range(10))
    assert all(0 <= due.at_s <= 60 for due in plan)
    assert 0 < 2 * sent[0] < sent[-1]


@pytest.mark.parametrize("kept", ["pieces", "lines"])
def test_the_bare_loop_keeps_every_line_that_a_pbx_sends(tmp_path: Path, kept: str) -> None:
    file = written(tmp_path)
    with listening(file) as far:
        arguments = [str(tmp_path / "loop.sqlite"), str(far.ports[0]), str(file.stat().st_size), kept]
        command = [sys.executable, "-m", "bench.peers.group_commit", *arguments]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            far.wait_until_connected()
            far.go()
            begun, over = far.sent_at()
            told, _ = process.communicate(timeout=30)

    assert begun <= over
    assert f'"calls":{FEW}' in told


def test_a_pbx_that_ends_while_it_is_waited_for_is_told_of() -> None:
    with pytest.raises(SenderFailed, match="have ended"), dialling(Path("there-is-no-such-file"), 9):
        pass


def test_what_does_not_come_about_is_a_subject_that_failed() -> None:
    with pytest.raises(SubjectFailed, match=r"a miracle did not come about within 0\.01 s"):
        wait_for("a miracle", 0.01, lambda: False)


def test_looking_ends_as_soon_as_something_is_reached() -> None:
    looks = iter((False, False, True))

    assert look_every(0, 30, lambda: next(looks))


def test_a_process_that_does_not_end_by_itself_is_ended_by_force() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        end(process, patience_s=0.05)

    assert process.returncode < 0


@pytest.mark.skipif(rsyslog.program() is None, reason=f"rsyslog is not installed: {rsyslog.HOW_TO_INSTALL}")
def test_rsyslog_runs_in_a_folder_of_its_own_and_leaves_nothing(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept.txt", tmp_path / "rsyslog"
    file = written(tmp_path)

    action = f'type="omfile" file="{kept}"'
    with rsyslog.running(str(rsyslog.program()), folder, action) as peer, dialling(file, peer.port) as far:
        far.wait_until_connected()
        far.go()
        far.sent_at()
        wait_for("the lines", 30, lambda: kept.exists() and kept.read_bytes().count(b"\n") == FEW)

    assert not folder.exists()
    assert not Path(f"/proc/{peer.pid}").exists()


def test_a_pbx_tells_what_it_could_not_get_away(tmp_path: Path) -> None:
    with listening(written(tmp_path), pbxs=2) as far:
        far.go()
        far.sent_at()
        left = far.left(0)

    assert sum(left) == FEW
