"""Where a run takes place: its sizes, its temporary folder, and the site full of calls that several subjects share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import structs
from rich.console import Console

from bench.tables import Table
from tollbook.clock import monotonic_s
from tollbook.model.directory import Assignment, Department, Directory, Person
from tollbook.simulator.history import HistoryFile, write_history

UNTIL = datetime(2026, 1, 1, 5, tzinfo=UTC)
"""Midnight in the simulated office's zone: the generated calls fill the year before."""
SPAN = timedelta(days=365)
ZONE = "America/New_York"
PBX = "hts"
COLUMNS = (
    "account_code", "caller", "called", "source_channel", "destination_channel", "feature", "option1", "option2",
    "started_local", "answered_local", "ended_local", "total_s", "talk_s", "status", "call_id",
)  # fmt: skip
"""The fifteen items of a record, by the names that the tables of the peers give them."""
PLAN = {"": {"country": "US", "area-code": "212"}}
"""The dial plan of the simulated office."""
_OFFICE = [str(number) for number in range(100, 400)]
_DEPARTMENTS = [Department(number, f"Department {number}", parent=(number - 1) // 3 or None) for number in range(1, 9)]
DIRECTORY = Directory(
    people=[Person(number, f"Person {number}") for number in range(1, len(_OFFICE) + 1)],
    departments=_DEPARTMENTS,
    assignments=[
        Assignment(id=number, kind="extension", value=value, person=number, department=number % len(_DEPARTMENTS) + 1)
        for number, value in enumerate(_OFFICE, 1)
    ],
)
"""Whose the extensions are, in a tree of departments."""
_MOVES = date(2025, 7, 1)
_STAYED, *_OTHERS = DIRECTORY.assignments
MOVED = structs.replace(
    DIRECTORY,
    assignments=[
        structs.replace(_STAYED, until=_MOVES),
        structs.replace(_STAYED, id=len(_OFFICE) + 1, first=_MOVES, department=8),
        *_OTHERS,
    ],
)
"""The same after one of them has moved in the middle of the year."""
_CACHE = "tollbook-bench-cache"


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    calls: int = 1_000_000
    more: int = 10
    """How many times as many calls the large reports read."""
    repeats: int = 5
    requests: int = 200
    live_calls: int = 30
    idle_s: float = 20.0
    burst_lines: int = 200_000
    crowd_pbxs: int = 500
    crowd_records: int = 25_000
    crowd_s: float = 60.0
    dialect_calls: int = 30_000
    month_more: int = 100
    """How many times as many calls a month is asked of."""
    fleet_sites: int = 200
    fleet_more: int = 1
    """How many times as many calls a centre is asked about."""
    sqlite_more: bool = False
    """Whether SQLite is asked over the large number of calls, too."""


class Fact(StrEnum):
    """A figure that a floor is set for."""

    IMPORT_RATE = "calls imported a second"
    IMPORT_RATIO = "import time, DuckDB's read_csv = 1"
    BY_DEPARTMENT_S = "calls by department, all time"
    BY_COUNTRY_S = "calls by country and kind, all time"
    CATALOGUE_S = "slowest report of the catalogue, those of lines left out"
    CATALOGUE_LINES_S = "slowest report of lines in use"
    CATALOGUE_MEDIAN_S = "report of the catalogue, median"
    CATALOGUE_GAIN = "PostgreSQL's time for breakdowns of the catalogue, ours = 1"
    MONTH_S = "slowest report of a month out of many more calls"
    RENUMBERING_RATE = "calls numbered again a second"
    REPRICING_RATE = "calls priced again a second"
    SLOWEST_REPORT_S = "slowest report"
    SLOWEST_REPORT_CALLS = "calls that the slowest report read"
    REPORT_GAIN = "PostgreSQL's time for all reports, ours = 1"
    LIVE_P95_S = "from the PBX's answer to the screen, p95"
    IDLE_BYTES = "idle memory"
    PAGE_P95_S = "slowest page, p95"
    FIXED_RATE = "lines of fixed columns read a second, slowest dialect"
    BURST_RATE = "lines of a burst stored a second"
    CROWD_LATEST_S = "from a PBX among many to the list of calls, longest"
    CROWD_LOST = "records of many PBXs lost"
    CROWD_DOUBLED = "records of many PBXs stored twice"
    CROWD_BYTES = "memory of idle connections"
    POSTGRES_RATE = "rows a second into PostgreSQL"
    POSTGRES_LAG_S = "from the disk to PostgreSQL, longest"
    MARIA_RATE = "rows a second into MariaDB"
    MARIA_LAG_S = "from the disk to MariaDB, longest"
    CLICKHOUSE_RATE = "rows a second into ClickHouse"
    CLICKHOUSE_LAG_S = "from the disk to ClickHouse, longest"
    FLEET_RATE = "calls a second of many sites over NATS into ClickHouse"
    FLEET_LAG_S = "from a site of many to ClickHouse, longest"
    FLEET_BYTES = "bytes of a call in ClickHouse"
    CENTRE_MONTH_S = "slowest report of a month at a centre"
    ALERTS_RATE = "calls a second that ten thousand alerts look at"
    ALERT_MAIL_S = "from a record to the mail of an alert, longest"


class SubjectFailed(Exception):
    """A subject could not be measured; the text says why. The others go on."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a subject found."""

    tables: list[Table]
    facts: dict[Fact, float] = {}


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One run: its sizes, its folders, and the console that its progress goes to; `begun` on the monotonic clock."""

    sizes: Sizes
    folder: Path
    cache: Path
    progress: Console
    begun: float

    def passed_s(self) -> float:
        """Return how long the run has taken so far."""
        return monotonic_s() - self.begun

    def say(self, what: str) -> None:
        """Tell what is being measured now."""
        self.progress.print(f"{self.passed_s():5.0f} s  {what}", style="dim", markup=False, highlight=False)

    def master(self) -> Path:
        """Return the generated Master.csv, written now where there is none yet."""
        path = self.cache / f"Master-{self.sizes.calls}.csv"
        if not path.exists():
            self.say(f"writing {path.name}")
            part = path.with_suffix(".part")
            write_history(HistoryFile(out=part, until=UNTIL, rows=self.sizes.calls, span=SPAN))
            part.replace(path)
        return path

    @property
    def site(self) -> Path:
        """The folder of the site that holds the generated calls."""
        return self.folder / "site"


@contextmanager
def prepared(sizes: Sizes, *, keep: bool, progress: Console) -> Iterator[Scene]:
    """Make a scene that goes with the block, all but the cache of one that is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="tollbook-bench-"))
    cache = Path(tempfile.gettempdir()) / _CACHE if keep else folder
    cache.mkdir(exist_ok=True)
    try:
        yield Scene(sizes=sizes, folder=folder, cache=cache, progress=progress, begun=monotonic_s())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
