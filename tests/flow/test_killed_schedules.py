"""A real process that is killed (SIGKILL) at every step of a schedule's run: its mail comes once all the same.

Where it was killed after the server took the mail and before that was noted, it comes again, its Message-ID the same.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.fakes.commands import Commands
from tests.fakes.killing_steps import PATIENCE_S, STEPS
from tests.fakes.mail_server import a_mail_server
from tests.fakes.shell import ROOT
from tests.fakes.sites import until

DURING = "while the server answers"
TWICE = {"after the server said yes", DURING}
"""Killed then, nobody can know whether the mail was taken."""


def served(site: Path, step: str) -> subprocess.Popen[bytes]:
    words = (sys.executable, "-m", "tests.fakes.killing_steps", str(site), step, str(site.with_suffix(".pid")))
    with site.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", [*STEPS, DURING])
def test_a_mail_comes_once_wherever_the_process_is_killed(step: str, tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    with a_mail_server() as mails:
        sets = [word for name, text in mails.settings().items() for word in ("--set", f"{name}={text}")]
        assert commands.run("destination", "add", "office", "--kind", "mail", *sets).code == 0
        sent = ("--report", "by-hour", "--when", "daily 07:30", "--destination", "office", "--to", "anne@example.com")
        assert commands.run("schedule", "add", "daily", *sent).code == 0
        with closing(sqlite3.connect(commands.site / "site.sqlite")) as settings, settings:
            settings.execute("UPDATE schedule SET next_at = '2026-01-05 07:30:00'")
        killed = served(commands.site, "" if step == DURING else step)
        if step == DURING:
            mails.before_answer = lambda: os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait(PATIENCE_S * 2) == -signal.SIGKILL
        mails.before_answer = lambda: None

        last = served(commands.site, "")
        with suppress(subprocess.TimeoutExpired):
            last.wait(PATIENCE_S * 2)
        assert last.poll() == 0, commands.site.with_suffix(".log").read_text()
        until(lambda: len(mails.taken) > 0)

    assert len(mails.taken) == (2 if step in TWICE else 1)
    assert len({mail.id for mail in mails.taken}) == 1
