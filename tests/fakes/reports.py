"""Reports that have been run, made by hand: every unit, texts that mean harm, long ones and wide ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from tollbook.model.report import (
    ChartKind,
    ReportChart,
    ReportColumn,
    ReportPeriod,
    ReportRow,
    ReportTable,
    Unit,
)

MADE_AT = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
OCTOBER = ReportPeriod(first=date(2026, 10, 1), last=date(2026, 10, 31), words="October 2026", zone="Europe/Berlin")
HOSTILE = (
    '=HYPERLINK("http://192.0.2.1","pay")',
    "+1+1|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\ttab\rreturn",
    '#eval("1+1") *bold* _x_ $y$ <label> @ref \\ // c /* d */ `raw` [b] #let x = 1',
    "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'",
    "bell\x07 escape\x1b[2J null\x00 delete\x7f next\x85line",
    "שלום עולם 101",
    "محمد علي 202",
    "abc\u202egnp.exe",
    "王小明 日本語 한국어",
    "กรุงเทพ हिन्दी ქართული",
    "\U0001f600 \u260e",
    "𓀀 \ue000 \uffff",
    "long " + "word " * 99,
    "x" * 500,
    "9" * 64,
    "'quoted'; DROP TABLE call; --",
    "",
    "   ",
)


def every_unit() -> ReportTable:
    """Return a table with a column of each unit, empty cells, a row of all others and totals."""
    units = (
        *(("who", Unit.TEXT), ("day", Unit.DAY), ("week", Unit.WEEK), ("month", Unit.MONTH), ("quarter", Unit.QUARTER)),
        *(("year", Unit.YEAR), ("hour", Unit.HOUR), ("half", Unit.HALF_HOUR), ("weekday", Unit.WEEKDAY)),
        *(("at", Unit.MOMENT), ("calls", Unit.COUNT), ("talk", Unit.SECONDS), ("cost", Unit.AMOUNT)),
        *(("share", Unit.SHARE), ("load", Unit.NUMBER)),
    )
    columns = tuple(
        ReportColumn(
            name=name,
            title=name.capitalize(),
            unit=unit,
            currency="EUR" if unit == Unit.AMOUNT else "",
            is_measure=place > 9,
        )
        for place, (name, unit) in enumerate(units)
    )
    day = date(2026, 10, 5)
    months = (date(2026, 10, 1), date(2026, 10, 1), date(2026, 1, 1))
    at = datetime(2026, 10, 5, 8, 30, 12)  # noqa: DTZ001 - the clock of the PBX has no zone
    rows: list[ReportRow] = [
        ("Zoë", day, day, *months, 9, 17, 1, at, 1234, 558, Decimal("12.5000"), 0.25, 1.5),
        ("Sales", day, day, *months, 0, 0, 7, at, 1, 3700.4, Decimal("1234567.1234"), 0.5, 2),
        ("others", *("others",) * 9, 5, 0, Decimal("-1.00"), 0.25, None),
    ]
    totals: ReportRow = (None, *(None,) * 9, 1240, 4258.4, Decimal("1234578.6234"), 1, None)
    return ReportTable(
        report="every-unit",
        title="Every unit",
        question="What does each unit look like?",
        period=OCTOBER,
        filter={"direction": "outgoing"},
        scope="Sales and below",
        made_at=MADE_AT,
        calls=1240,
        columns=columns,
        rows=rows,
        has_others=True,
        totals=totals,
        notes=("12 calls of unknown extensions are in the total, not in a department.",),
    )


PLAIN_COLUMNS = (
    ReportColumn(name="who", title="Extension"),
    ReportColumn(name="calls", title="Calls", unit=Unit.COUNT, is_measure=True),
    ReportColumn(name="talk", title="Talk time", unit=Unit.SECONDS, is_measure=True),
    ReportColumn(name="cost", title="Cost", unit=Unit.AMOUNT, currency="EUR", is_measure=True),
)


def hostile() -> ReportTable:
    """Return a table whose texts are such as harm somebody somewhere, with numbers that are too long for most."""
    rows: list[ReportRow] = [(text, place, place * 61, Decimal(place)) for place, text in enumerate(HOSTILE)]
    rows.append(("64 digits", int("9" * 64), 10**12, Decimal("9" * 60 + ".1234")))
    return ReportTable(
        report="hostile",
        title=HOSTILE[0],
        question=HOSTILE[5],
        period=replace(OCTOBER, words=HOSTILE[6]),
        filter={"number": HOSTILE[6], "=1+1": HOSTILE[3]},
        scope=HOSTILE[7],
        made_at=MADE_AT,
        columns=(replace(PLAIN_COLUMNS[0], title=HOSTILE[6]), *PLAIN_COLUMNS[1:]),
        rows=rows,
        totals=(None, None, None, None),
        notes=HOSTILE,
        chart=ReportChart(kind=ChartKind.BARS, x="who", y=("talk",)),
    )


def by_department() -> ReportTable:
    """Return extensions by department with subtotals, and a chart."""
    columns = (ReportColumn(name="department", title="Department"), *PLAIN_COLUMNS)
    groups = ("Sales", "Support", "Warehouse")
    rows: list[ReportRow] = []
    subtotals: dict[int, ReportRow] = {}
    for group_place, group in enumerate(groups):
        some = [
            (group, f"{group_place + 1}0{each}", 10 * each + group_place, 600 * each + 7, Decimal(each * 125) / 100)
            for each in range(1, 9)
        ]
        rows += some
        subtotals[len(rows) - 1] = (group, None, *summed(some, 2))
    return ReportTable(
        report="by-department",
        title="Calls by department",
        question="Which department calls how much, and what does it cost?",
        period=OCTOBER,
        made_at=MADE_AT,
        calls=1104,
        columns=columns,
        rows=rows,
        subtotals=subtotals,
        totals=(None, None, *summed(rows, 2)),
        notes=("Internal calls are counted once.",),
        chart=ReportChart(kind=ChartKind.BARS, x="who", y=("talk",)),
    )


def summed(rows: Sequence[ReportRow], first: int) -> ReportRow:
    """Return the sums of columns, from one on."""
    return tuple(sum(values) for values in list(zip(*rows, strict=True))[first:])


def call_list(rows: int) -> ReportTable:
    """Return a list of calls as long as wanted, in eight columns with totals."""
    columns = (
        ReportColumn(name="at", title="Began", unit=Unit.MOMENT),
        ReportColumn(name="who", title="Extension"),
        ReportColumn(name="person", title="Person"),
        ReportColumn(name="number", title="Number"),
        ReportColumn(name="direction", title="Direction"),
        *PLAIN_COLUMNS[1:],
    )
    began = datetime(2026, 10, 1, 8)  # noqa: DTZ001 - the clock of the PBX has no zone
    found: list[ReportRow] = [
        (
            began + timedelta(seconds=100 * place),
            str(100 + place % 400),
            f"Person with a name {place % 977}",
            f"+1 201 555 01{place % 100:02}",
            ("incoming", "outgoing", "internal")[place % 3],
            1,
            place % 3700,
            Decimal(place % 900) / 100,
        )
        for place in range(rows)
    ]
    totals = (None, None, None, None, None, *summed(found, 5)) if found else None
    return ReportTable(
        report="call-list",
        title="List of calls",
        question="Which calls were there?",
        period=OCTOBER,
        made_at=MADE_AT,
        calls=rows,
        columns=columns,
        rows=found,
        totals=totals,
    )


def heat_map() -> ReportTable:
    """Return calls by hour and weekday, as a heat map."""
    columns = (
        ReportColumn(name="weekday", title="Weekday", unit=Unit.WEEKDAY),
        ReportColumn(name="hour", title="Hour", unit=Unit.HOUR),
        PLAIN_COLUMNS[1],
    )
    rows: list[ReportRow] = [
        (weekday, hour, (hour * (23 - hour) * (8 - weekday)) // 7) for weekday in range(1, 8) for hour in range(24)
    ]
    return ReportTable(
        report="heat-map",
        title="When calls come",
        period=OCTOBER,
        made_at=MADE_AT,
        columns=columns,
        rows=rows,
        chart=ReportChart(kind=ChartKind.HEAT, x="hour", y=("calls",), by="weekday"),
    )


def trend(kind: ChartKind = ChartKind.LINE) -> ReportTable:
    """Return calls by month and direction, as lines or columns."""
    columns = (
        ReportColumn(name="month", title="Month", unit=Unit.MONTH),
        ReportColumn(name="direction", title="Direction"),
        *PLAIN_COLUMNS[1:],
    )
    rows: list[ReportRow] = [
        (date(2026, month, 1), way, month * 100 % 700 + place * 90, 60 * month + place, Decimal(month + place))
        for month in range(1, 11)
        for place, way in enumerate(("incoming", "outgoing", "internal"))
    ]
    return ReportTable(
        report="trend",
        title="Calls by month",
        period=OCTOBER,
        made_at=MADE_AT,
        columns=columns,
        rows=rows,
        totals=(None, None, *summed(rows, 2)),
        chart=ReportChart(kind=kind, x="month", y=("calls",), by="direction"),
    )


def empty() -> ReportTable:
    """Return a report that found nothing."""
    return replace(every_unit(), rows=[], has_others=False, totals=None, calls=0)
