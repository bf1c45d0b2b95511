"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

import duckdb
import msgspec

from tollbook.clock import now


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A machine and the versions of what was measured on it."""

    date: str
    cores: int
    processor: str
    memory_bytes: int
    system: str
    python: str
    duckdb: str
    sqlite: str

    def lines(self) -> list[str]:
        """Say all of it, a line each."""
        return [
            f"date: {self.date}",
            f"machine: {self.cores} cores, {self.processor}, {self.memory_bytes / 2**30:.0f} GiB memory, {self.system}",
            f"versions: Python {self.python}, DuckDB {self.duckdb}, SQLite {self.sqlite}",
        ]


def this() -> Machine:
    """Return this machine."""
    return Machine(
        date=f"{now():%Y-%m-%d}",
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        duckdb=duckdb.__version__,
        sqlite=sqlite3.sqlite_version,
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
