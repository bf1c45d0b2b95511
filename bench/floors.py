"""The floors and aims of the design that these figures answer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bench.scene import Fact, Sizes
from bench.tables import Table, count, duration, megabytes, ratio


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the design: a figure, the worst that will do, and what it should come to."""

    what: str
    fact: Fact
    show: Callable[[float], str]
    floor: float | None
    aim: float | None
    more_is_better: bool = False


FLOORS = (
    Floor(
        what="history import, calls a second",
        fact=Fact.IMPORT_RATE,
        show=count,
        floor=100_000,
        aim=None,
        more_is_better=True,
    ),
    Floor(what="history import, time, DuckDB's read_csv = 1", fact=Fact.IMPORT_RATIO, show=ratio, floor=3.5, aim=3),
    Floor(what="slowest report", fact=Fact.SLOWEST_REPORT_S, show=duration, floor=1, aim=0.3),
    Floor(
        what="all reports, time of indexed PostgreSQL, ours = 1",
        fact=Fact.REPORT_GAIN,
        show=ratio,
        floor=None,
        aim=20,
        more_is_better=True,
    ),
    Floor(what="slowest report of the catalogue", fact=Fact.CATALOGUE_S, show=duration, floor=None, aim=0.3),
    Floor(what="slowest report of lines in use", fact=Fact.CATALOGUE_LINES_S, show=duration, floor=None, aim=1),
    Floor(what="reports of the catalogue, median", fact=Fact.CATALOGUE_MEDIAN_S, show=duration, floor=None, aim=0.3),
    Floor(
        what="breakdowns of the catalogue, time of indexed PostgreSQL, ours = 1",
        fact=Fact.CATALOGUE_GAIN,
        show=ratio,
        floor=None,
        aim=20,
        more_is_better=True,
    ),
    Floor(what="slowest report of a month, many more calls", fact=Fact.MONTH_S, show=duration, floor=None, aim=1),
    Floor(what="calls by department, all time", fact=Fact.BY_DEPARTMENT_S, show=duration, floor=None, aim=0.3),
    Floor(what="calls by country and kind, all time", fact=Fact.BY_COUNTRY_S, show=duration, floor=None, aim=0.15),
    Floor(
        what="another dial plan, calls numbered again a second",
        fact=Fact.RENUMBERING_RATE,
        show=count,
        floor=300_000,
        aim=None,
        more_is_better=True,
    ),
    Floor(
        what="another version of a tariff, calls priced again a second",
        fact=Fact.REPRICING_RATE,
        show=count,
        floor=300_000,
        aim=1_000_000,
        more_is_better=True,
    ),
    Floor(what="PBX's answer to the screen, p95", fact=Fact.LIVE_P95_S, show=duration, floor=1, aim=0.2),
    Floor(what="idle server, one PBX, RSS", fact=Fact.IDLE_BYTES, show=megabytes, floor=250e6, aim=150e6),
    Floor(what="slowest page, p95", fact=Fact.PAGE_P95_S, show=duration, floor=0.3, aim=0.1),
    Floor(
        what="fixed columns, lines read a second on one core, slowest dialect",
        fact=Fact.FIXED_RATE,
        show=count,
        floor=150_000,
        aim=300_000,
        more_is_better=True,
    ),
    Floor(
        what="burst over one connection, lines a second into journal and store",
        fact=Fact.BURST_RATE,
        show=count,
        floor=30_000,
        aim=100_000,
        more_is_better=True,
    ),
    Floor(what="500 PBXs, record to list, longest", fact=Fact.CROWD_LATEST_S, show=duration, floor=1, aim=None),
    Floor(what="500 PBXs, records lost", fact=Fact.CROWD_LOST, show=count, floor=0, aim=None),
    Floor(what="500 PBXs, records doubled", fact=Fact.CROWD_DOUBLED, show=count, floor=0, aim=None),
    Floor(what="500 idle connections, RSS above one", fact=Fact.CROWD_BYTES, show=megabytes, floor=60e6, aim=None),
    Floor(
        what="history into PostgreSQL, rows a second",
        fact=Fact.POSTGRES_RATE,
        show=count,
        floor=80_000,
        aim=None,
        more_is_better=True,
    ),
    Floor(
        what="history into MariaDB, rows a second",
        fact=Fact.MARIA_RATE,
        show=count,
        floor=30_000,
        aim=None,
        more_is_better=True,
    ),
    Floor(
        what="100 calls a second into PostgreSQL, longest lag",
        fact=Fact.POSTGRES_LAG_S,
        show=duration,
        floor=1,
        aim=None,
    ),
    Floor(what="100 calls a second into MariaDB, longest lag", fact=Fact.MARIA_LAG_S, show=duration, floor=1, aim=None),
    Floor(
        what="history into ClickHouse, rows a second",
        fact=Fact.CLICKHOUSE_RATE,
        show=count,
        floor=None,
        aim=100_000,
        more_is_better=True,
    ),
    Floor(
        what="100 calls a second into ClickHouse, longest lag",
        fact=Fact.CLICKHOUSE_LAG_S,
        show=duration,
        floor=None,
        aim=1,
    ),
    Floor(
        what="many sites over NATS into ClickHouse, calls a second",
        fact=Fact.FLEET_RATE,
        show=count,
        floor=None,
        aim=100_000,
        more_is_better=True,
    ),
    Floor(what="many sites, some calls each, longest lag", fact=Fact.FLEET_LAG_S, show=duration, floor=None, aim=10),
    Floor(what="bytes of a call in ClickHouse", fact=Fact.FLEET_BYTES, show=count, floor=None, aim=100),
    Floor(what="slowest report of a month at a centre", fact=Fact.CENTRE_MONTH_S, show=duration, floor=None, aim=1),
    Floor(
        what="10,000 alerts, calls looked at a second",
        fact=Fact.ALERTS_RATE,
        show=count,
        floor=5_000,
        aim=None,
        more_is_better=True,
    ),
    Floor(what="100 calls a second, record to mail, longest", fact=Fact.ALERT_MAIL_S, show=duration, floor=2, aim=None),
)


def table(facts: dict[Fact, float], sizes: Sizes) -> Table:
    """Hold what was measured against the floors."""
    report_calls = facts.get(Fact.SLOWEST_REPORT_CALLS, sizes.calls * sizes.more)
    return Table(
        title="Floors and aims of the design",
        columns=("what", "floor", "aim", "measured", "floor met", "aim met"),
        words=frozenset(("what", "floor met", "aim met")),
        rows=[_row(floor, facts.get(floor.fact)) for floor in FLOORS],
        notes=(
            f"Reports over {count(report_calls)} calls, streams into empty sites, all else with {count(sizes.calls)}.",
            f"The burst was of {count(sizes.burst_lines)} lines; the 500 PBXs were {count(sizes.crowd_pbxs)}.",
            "Not measured here: losses by kill -9, power cuts and full disks, which tests look at.",
        ),
    )


def _row(floor: Floor, measured: float | None) -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        return "-" if value is None else floor.show(value)

    verdicts = [_verdict(floor, measured, limit) for limit in (floor.floor, floor.aim)]
    return (floor.what, shown(floor.floor), shown(floor.aim), shown(measured), *verdicts)


def _verdict(floor: Floor, measured: float | None, limit: float | None) -> str:
    if limit is None:
        return "-"
    if measured is None:
        return "not measured"
    met = measured >= limit if floor.more_is_better else measured <= limit
    return "yes" if met else "NO"
