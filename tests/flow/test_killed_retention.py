"""A real process that is killed (SIGKILL) at every transaction of a run: in the end all is as if it had not been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.killing_retention import AFTER, BEFORE
from tests.fakes.retention import cutoffs, run
from tests.fakes.shell import ROOT
from tests.fakes.sites import Dump, a_pbx, at_work, copy_site, dump, settle
from tests.flow.test_retention import LINES, filled
from tollbook.journal import dropping

_MOST = 40


def left_by(site: Path, nth: int, when: str) -> int:
    """Run until the n-th transaction; return how the process ended."""
    words = (sys.executable, "-m", "tests.fakes.killing_retention", str(site), str(nth), when)
    return subprocess.run(words, cwd=ROOT, capture_output=True, check=False).returncode


def brought_to_its_end(site: Path) -> tuple[Dump, int, int]:
    """Run what is left, rebuild, and return what the site holds, how many bodies were dropped, and how many calls."""
    with at_work(site, a_pbx(), sources=False) as engine:
        settle(engine)
        run(engine, cutoffs(numbers=True))
        engine.rebuild()
        settle(engine)
        calls = engine.site.store.rows("SELECT count(*) FROM calls")[0][0]
        return dump(engine.site.store), len(dropping.dropped(engine.site.journal)), calls


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_is_killed_at_any_transaction_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with at_work(tmp_path / "made", a_pbx(), sources=False) as engine:
        filled(engine)
    copy_site(tmp_path / "made", tmp_path / "whole")
    whole = brought_to_its_end(tmp_path / "whole")
    assert whole[1:] == (2, len(LINES))

    for nth in range(1, _MOST):
        copy_site(tmp_path / "made", tmp_path / f"killed-{nth}")
        if left_by(tmp_path / f"killed-{nth}", nth, (BEFORE, AFTER)[nth % 2]) != -signal.SIGKILL:
            break
        assert brought_to_its_end(tmp_path / f"killed-{nth}") == whole
    assert nth > 8, "it was killed at fewer places than there are"
