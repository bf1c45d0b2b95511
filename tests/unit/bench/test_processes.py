"""What the bench reads of processes."""

import subprocess
import sys

from bench.processes import PeakMemory, cpu_s, family, memory

CHILD = "import subprocess, sys; subprocess.Popen(['sleep', '60']); print('there', flush=True); sys.stdin.read()"


def test_a_process_is_measured_with_its_descendants() -> None:
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with PeakMemory(process.pid) as peak:
            pids = family(process.pid)
            found = memory(process.pid)
        subprocess.run(["kill", str(pids[1])], check=True)
        process.communicate()

    assert len(pids) == 2
    assert peak.bytes >= 1 << 20
    assert found.pss is None or 0 < found.pss <= found.rss


def test_a_process_that_has_ended_uses_nothing() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()

    assert cpu_s(process.pid) == 0
    assert memory(process.pid).rss == 0
