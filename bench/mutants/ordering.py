"""A plugin of pytest: notes which test runs which line of a package, and lets those that run a changed line go first.

A mutant is nearly always killed by one of them, the quickest first. All others follow, since a line that runs once,
when its module is imported, belongs to every test.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Generator
from pathlib import Path

import coverage
import msgspec
import pytest

NOTES, LINE = "TOLLBOOK_MUTANTS_NOTES", "TOLLBOOK_MUTANTS_LINE"
"""Variables of the environment: the file of what was noted, and the changed line (`file:number`; none: take notes)."""
_MOST_MEMORY = 4 << 30


class Notes(msgspec.Struct):
    """Of a run of all tests: how long each took, and which of them ran a line (`file:number`)."""

    seconds: dict[str, float] = {}
    tests: dict[str, list[str]] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Take notes, or put tests in order by them; a mutant that takes memory without end fails."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    notes = Path(os.environ[NOTES])
    if line := os.environ.get(LINE):
        config.pluginmanager.register(_Order(msgspec.json.decode(notes.read_bytes(), type=Notes), line))
    else:
        config.pluginmanager.register(_Taker(notes))


class _Order:
    def __init__(self, notes: Notes, line: str) -> None:
        self._seconds = notes.seconds
        self._first = frozenset(notes.tests.get(line, ()))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: (item.nodeid not in self._first, self._seconds.get(item.nodeid, 0)))


class _Taker:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._notes = Notes()
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=["src/tollbook/*"])

    def pytest_sessionstart(self) -> None:
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._notes.seconds[report.nodeid] = self._notes.seconds.get(report.nodeid, 0) + report.duration

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        found = self._coverage.get_data()
        for file in found.measured_files():
            name = Path(file).relative_to(Path.cwd())
            for line, tests in found.contexts_by_lineno(file).items():
                self._notes.tests[f"{name}:{line}"] = [test for test in tests if test]
        self._path.write_bytes(msgspec.json.encode(self._notes))
