"""Tries mutants: each in a copy of the work tree, against the unit tests of its package, several at a time.

The work tree is only read. A mutant that no test fails on survives; one that is at it for longer than the tests could
need, that takes memory without end or that takes the interpreter down is killed like any other.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import msgspec

from bench.mutants.changes import Mutant, mutants_of
from bench.mutants.ordering import LINE, NOTES, Notes

ROOT = Path(__file__).parents[2]
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "dist")
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "bench.mutants.ordering")
_PASSED, _NO_TESTS, _USAGE = 0, 5, 4


class NotGreen(Exception):
    """The unit tests fail before anything is changed."""


def mutants_in(package: str) -> list[Mutant]:
    """Return all mutants of a package, but for what its catalogue holds, which has tests of its own."""
    folder = ROOT / "src/tollbook" / package
    modules = sorted(path for path in folder.rglob("*.py") if "catalogue" not in path.relative_to(folder).parts)
    return [each for path in modules for each in mutants_of(str(path.relative_to(ROOT)), path.read_text())]


class Trial:
    """Copies of the work tree under a folder, and how the tests of a package ran there before any change."""

    def __init__(self, package: str, folder: Path, at_once: int) -> None:
        self._paths = [f"tests/unit/{package}", *_with_doctests(package)]
        self._notes = folder / "notes.json"
        self._copies: SimpleQueue[Path] = SimpleQueue()
        self._at_once = at_once
        for number in range(at_once):
            self._copies.put(shutil.copytree(ROOT, folder / f"copy{number}", ignore=_NOT_COPIED))
        copy = self._copies.get()
        done = self._tests(copy, "", [])
        self._copies.put(copy)
        if done.returncode != _PASSED:
            raise NotGreen(done.stdout.decode(errors="replace"))
        seconds = msgspec.json.decode(self._notes.read_bytes(), type=Notes).seconds.values()
        self._one_test_s = 20 + 5 * max(seconds)
        self._all_tests_s = 60 + 5 * sum(seconds)

    def survivors(self, mutants: list[Mutant]) -> Iterator[tuple[Mutant, bool]]:
        """Yield each mutant and whether it survived, in their order."""
        with ThreadPoolExecutor(self._at_once) as pool:
            yield from zip(mutants, pool.map(self._survives, mutants), strict=True)

    def _survives(self, mutant: Mutant) -> bool:
        copy = self._copies.get()
        module = copy / mutant.file
        as_it_is = module.read_text()
        # Python knows a compiled module by its source's size and second, which a mutant may share.
        Path(importlib.util.cache_from_source(str(module))).unlink(missing_ok=True)
        module.write_text(mutant.text)
        try:
            done = self._tests(copy, f"{mutant.file}:{mutant.line}", ["-x", f"--timeout={self._one_test_s:.0f}"])
        except subprocess.TimeoutExpired:
            return False
        finally:
            module.write_text(as_it_is)
            self._copies.put(copy)
        if done.returncode in (_NO_TESTS, _USAGE):
            raise RuntimeError(done.stdout.decode(errors="replace"))
        return done.returncode == _PASSED

    def _tests(self, copy: Path, line: str, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}",
            "PYTHONDONTWRITEBYTECODE": "1" if line else "",
            NOTES: str(self._notes),
            LINE: line,
        }
        return subprocess.run(
            [*_PYTEST, *arguments, *self._paths],
            cwd=copy,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=self._all_tests_s if line else None,
            check=False,
        )


def _with_doctests(package: str) -> list[str]:
    """Return the package's own folder where its doctests are part of the tests."""
    settings = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())
    path = f"src/tollbook/{package}"
    return [path] if path in settings["tool"]["pytest"]["ini_options"]["testpaths"] else []
