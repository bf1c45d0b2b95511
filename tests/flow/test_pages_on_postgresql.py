"""A part of the tests of pages, run once more with the settings in PostgreSQL: what reads and writes the most kinds.

All of them are run so by `TOLLBOOK_TEST_SETTINGS=postgresql` in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.fakes.settings_databases import an_empty_database
from tests.fakes.shell import ROOT

PART = ("directory_api", "notes", "groups", "outbox", "config")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pages_do_with_settings_in_postgresql_what_they_do_with_a_file() -> None:
    files = [f"tests/unit/web/test_{name}.py" for name in PART]
    with an_empty_database():  # or it is skipped, which says why
        words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", *files)
        ran = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | {"TOLLBOOK_TEST_SETTINGS": "postgresql"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "skipped" not in ran.stdout
