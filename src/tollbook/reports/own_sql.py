"""Reports of SQL of one's own: what it may name, what its columns are, and whether it is in order.

The SQL sees the documented views `calls`, `legs`, `calls_agg` and `rejects`, of the calls that the report's filter and
days choose, and as `$name` each parameter, `$from`, `$to` and `$today`. Columns need not be declared: titles and units
follow from names and types, and `[[column]]` says what it should be otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import msgspec

from tollbook.model.page_limits import OWN_SQL_ROWS
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.report import Unit
from tollbook.reports.definition import FILE, QUERY, QueryColumn, Report, ReportDefinition, chart_problems
from tollbook.store.filters import Where
from tollbook.store.ledger import Ledger
from tollbook.store.own_sql.apart import OwnQuestion, SqlAnswer, ask, examine
from tollbook.store.own_sql.checking import CheckedStatement
from tollbook.store.own_sql.snapshot import SnapshotOf, write_snapshot
from tollbook.store.schema import CALL_VIEW

CUT = f"The answer has more rows; these are the first {OWN_SQL_ROWS:,}."
_WHOLE = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")
_UNITS = {
    "DATE": Unit.DAY,
    "TIMESTAMP": Unit.MOMENT,
    "DOUBLE": Unit.NUMBER,
    "FLOAT": Unit.NUMBER,
    "INTERVAL": Unit.SECONDS,
}
_NUMBERS = r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL.*"
_FITS = {
    **dict.fromkeys((Unit.COUNT, Unit.SHARE, Unit.NUMBER), (rf"{_NUMBERS}|DOUBLE|FLOAT", "INTEGER")),
    Unit.SECONDS: (rf"{_NUMBERS}|DOUBLE|FLOAT|INTERVAL", "INTEGER"),
    Unit.AMOUNT: (_NUMBERS, "DECIMAL(18, 2)"),
    **dict.fromkeys((Unit.HOUR, Unit.HALF_HOUR, Unit.WEEKDAY), (_WHOLE.pattern, "INTEGER")),
    **dict.fromkeys((Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.YEAR), ("DATE", "DATE")),
    Unit.MOMENT: ("TIMESTAMP.*", "TIMESTAMP"),
    Unit.TEXT: (".*", "VARCHAR"),
}
"""Which types can be shown as values of a unit, and the one to turn others into."""
_SOME_DAY = date(2026, 1, 1)


class AsksOwnSql(Protocol):
    """Asks SQL of one's own over the calls of a condition; raises `Misconfigured` with why it gives nothing."""

    def __call__(self, ledger: Ledger, question: OwnQuestion, where: Where) -> SqlAnswer:
        """Ask."""


class OwnDays(msgspec.Struct, frozen=True):
    """The days that a statement can name: the first and last of the report, None where open, and today."""

    first: date | None
    last: date | None
    today: date


def asking_nothing(ledger: Ledger, question: OwnQuestion, where: Where) -> SqlAnswer:
    """Refuse: where no engine is at work nothing can be asked."""
    del ledger, where
    raise Misconfigured(Problem("SQL of one's own cannot be asked here", "no server is at work", question.place))


def ask_here(ledger: Ledger, question: OwnQuestion, where: Where) -> SqlAnswer:
    """Ask in this process, which nothing but the statement itself ends: for a command whose user wrote the SQL."""
    checked = examine(question)
    if not isinstance(checked, CheckedStatement):
        raise Misconfigured(*checked)
    with TemporaryDirectory(prefix="tollbook-") as folder:
        path = Path(folder) / "snapshot.duckdb"
        write_snapshot(ledger, path, SnapshotOf(checked.tables, where), lambda: False)
        found = ask(path, checked, question)
    if not isinstance(found, SqlAnswer):
        raise Misconfigured(*found)
    return found


def question_of(report: Report, settings: Mapping[str, str | int], days: OwnDays) -> OwnQuestion:
    """Return what a report asks."""
    values = {"from": days.first, "to": days.last, "today": days.today, **settings}
    return OwnQuestion(text=report.query, place=f"{report.slug}/{QUERY}" if report.slug else "SQL", values=values)


def columns_of(
    answered: Iterable[tuple[str, str]], definition: ReportDefinition, place: str
) -> tuple[QueryColumn, ...]:
    """Return the columns of an answer, those that the report declares as it does; raises `Misconfigured`.

    `answered` are names with DuckDB's names of their types.
    """
    names: dict[str, str] = {}
    for name, kind in answered:
        while name in names:
            name = f"{name}_"  # noqa: PLW2901 - two columns of one name would be one in files
        names[name] = kind
    said = {each.name: each for each in definition.column}
    faults = [
        Problem(f"the SQL gives no column {name!r}", f"it gives {', '.join(names)}", place, nearest(name, names))
        for name in said
        if name not in names
    ]
    faults += [
        Problem(
            f"the column {name!r} cannot be shown as {each.unit.value}",
            f"the SQL gives {names[name]}",
            place,
            f"write ({name})::{_FITS[each.unit][1]} in the SQL, or another unit",
        )
        for name, each in said.items()
        if name in names and not re.fullmatch(_FITS[each.unit][0], names[name])
    ]
    columns = tuple(said.get(name) or _column(name, kind) for name, kind in names.items())
    faults += chart_problems(msgspec.structs.replace(definition, column=columns), place)
    if faults:
        raise Misconfigured(*faults)
    return columns


def _column(name: str, kind: str) -> QueryColumn:
    """Return a column by its name and type.

    >>> _column("talk_s", "HUGEINT").unit.value, _column("talk_s", "HUGEINT").title
    ('seconds', 'Talk')
    >>> _column("day", "DATE").unit.value, _column("calls", "BIGINT").unit.value, _column("calls", "BIGINT").title
    ('day', 'count', 'Calls')
    """
    is_whole = bool(_WHOLE.fullmatch(kind))
    unit = _UNITS.get(kind) or (Unit.NUMBER if kind.startswith("DECIMAL") else Unit.COUNT if is_whole else Unit.TEXT)
    is_time = name.endswith("_s") and unit in (Unit.COUNT, Unit.NUMBER)
    title = name.removesuffix("_s") if is_time else name
    plain = re.fullmatch(r"\w+", title)
    return QueryColumn(
        name=name,
        title=(title.replace("_", " ").strip().capitalize() if plain else title)[:100] or name,
        unit=Unit.SECONDS if is_time else unit,
        meaning=CALL_VIEW[name][1] if name in CALL_VIEW else "",
    )


def check_sql(report: Report) -> Sequence[QueryColumn]:
    """Return the columns of a report's SQL, its parameters as usual; raises `Misconfigured` with every fault."""
    settings = report.settings({})
    found = examine(question_of(report, settings, OwnDays(_SOME_DAY, _SOME_DAY, _SOME_DAY)))
    if not isinstance(found, CheckedStatement):
        raise Misconfigured(*found)
    return columns_of(found.columns, report.filled(settings), f"{report.slug}/{FILE}")
