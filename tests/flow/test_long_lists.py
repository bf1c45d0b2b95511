"""A list of any length costs neither the server nor the command more memory than a short one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.commands import PATIENCE_S, Commands, environment, master_csv, serving

CALLS = 100_000
MAIN = "from tollbook.cli import main; main()"
ALLOWED_KB = 150_000
"""What the list may add to the server: DuckDB sorts in 45 to 90 MB, as its threads happen to run. As Python values the
rows would take 300 MB."""


def resident_kb(process: int) -> int:
    """Return the most memory a process ever had."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_hundred_thousand_calls_stream_through(tmp_path: Path, form: str) -> None:
    commands = Commands(tmp_path / "site").made()
    commands.run("import", str(master_csv(tmp_path / "m.csv", CALLS)), "--pbx", "hts")
    with serving(commands.site) as server:
        commands.run("calls", "--limit", "1000", "--format", form)
        before = resident_kb(server.process.pid)
        listing = subprocess.Popen(
            [sys.executable, "-c", MAIN, "--site", str(commands.site), "calls", "--format", form],
            stdout=subprocess.PIPE,
            env=environment(),
        )
        assert listing.stdout
        count = sum(1 for _ in listing.stdout)
        listing.stdout.close()
        code = listing.wait(PATIENCE_S)
        after = resident_kb(server.process.pid)

    assert (code, count) == (0, CALLS + (form == "csv"))
    assert after - before < ALLOWED_KB
