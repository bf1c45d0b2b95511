"""Reports of SQL of one's own: their columns follow from the answer, and what is wrong is told by line and column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.offices import ZONE, office
from tollbook.engine.own_sql import OwnSql
from tollbook.model.problem import Misconfigured
from tollbook.model.report import ReportTable, Unit
from tollbook.reports.cases import check_own
from tollbook.reports.known import read_own
from tollbook.reports.own_sql import CUT, check_sql
from tollbook.reports.running import ReportRun, run
from tollbook.store.ledger import Ledger
from tollbook.store.own_sql import apart
from tollbook.store.store import Store

TOML = """
title = "Busy callers"
question = "Who called more than once?"
group = "incoming"
filter = { direction = "incoming" }

[parameters.least]
title = "Calls, at least"
kind = "number"
default = "2"

[[column]]
name = "caller"
title = "Who called"
word = "number"

[[column]]
name = "calls"
title = "Calls"
unit = "count"
total = "sum"
"""
SQL = """SELECT caller, count(*) AS calls, sum(talk_s) AS talk_s
FROM calls GROUP BY caller HAVING count(*) >= $least
ORDER BY ALL"""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


@pytest.fixture(scope="module")
def own_sql() -> Iterator[OwnSql]:
    asking = OwnSql()
    yield asking
    asking.stop()


def written(folder: Path, sql: str, toml: str = TOML) -> Path:
    folder = folder / "busy-callers"
    folder.mkdir()
    (folder / "report.toml").write_text(toml)
    (folder / "query.sql").write_text(sql)
    return folder


def ran(store: Store, own_sql: OwnSql, folder: Path, **settings: str) -> ReportTable:
    wanted = ReportRun(
        settings=settings,
        today=date(2026, 11, 15),
        zone=ZONE,
        made_at=datetime(2026, 11, 15, tzinfo=UTC),
        own_sql=partial(own_sql.ask, who="anna"),
    )
    return run(Ledger(store), read_own(folder), wanted)


def faults(folder: Path) -> list[str]:
    with pytest.raises(Misconfigured) as told:
        check_sql(read_own(folder))
    return [str(fault) for fault in told.value.problems]


def test_a_report_has_the_columns_of_its_sql_with_what_is_declared(
    store: Store, own_sql: OwnSql, tmp_path: Path
) -> None:
    found = ran(store, own_sql, written(tmp_path, SQL), least="3")

    assert [(each.title, each.unit) for each in found.columns] == [
        ("Who called", Unit.TEXT),
        ("Calls", Unit.COUNT),
        ("Talk", Unit.SECONDS),
    ]
    counted = store.rows(
        "SELECT caller, count(*), sum(talk_s) FROM calls WHERE direction = 'incoming' GROUP BY 1 HAVING count(*) >= 3"
    )
    assert sorted(found.rows) == sorted(counted)
    assert found.rows
    assert found.totals is not None
    assert found.totals[1] == sum(count for _, count, _ in counted)
    assert found.drills[0] is not None
    assert found.drills[0]["number"] == found.rows[0][0]


def test_units_and_titles_follow_from_names_and_types(store: Store, own_sql: OwnSql, tmp_path: Path) -> None:
    sql = (
        "SELECT current_date AS day, started_local, cost, 0.5::DOUBLE AS part, count(*) OVER () AS calls, ring_s, id "
        "FROM calls"
    )
    toml = 'title = "A"\nquestion = "B?"\ngroup = "time"\n'

    found = ran(store, own_sql, written(tmp_path, sql, toml))

    assert [each.unit for each in found.columns] == [
        Unit.DAY,
        Unit.MOMENT,
        Unit.NUMBER,
        Unit.NUMBER,
        Unit.COUNT,
        Unit.SECONDS,
        Unit.TEXT,
    ]
    assert found.columns[2].meaning.startswith("what the call costs")


def test_an_answer_that_is_cut_says_so(
    store: Store, own_sql: OwnSql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del own_sql  # its processes know nothing of the limit that is set here
    monkeypatch.setattr(apart, "OWN_SQL_ROWS", 3)
    here = OwnSql()
    monkeypatch.setattr(here._jobs, "run", lambda work, *given, wanted: work(*given))  # noqa: ARG005,SLF001 - in this process

    found = ran(
        store, here, written(tmp_path, "SELECT id FROM calls", 'title = "A"\nquestion = "B?"\ngroup = "time"\n')
    )

    assert len(found.rows) == 3
    assert CUT in found.notes


def test_faults_of_the_sql_are_told_by_line_and_column(tmp_path: Path) -> None:
    (fault,) = faults(written(tmp_path, SQL.replace("talk_s)", "talks)")))

    assert "busy-callers/query.sql:1:39\n" in fault
    assert "talk_s" in fault


def test_faults_of_names_of_columns_and_charts_are_told(tmp_path: Path) -> None:
    toml = TOML.replace('name = "calls"', 'name = "cals"')
    chart = '\n[chart]\nkind = "bars"\nx = "who"\ny = ["calls"]\n'

    told = faults(written(tmp_path, SQL, toml + chart))

    assert "the SQL gives no column 'cals'" in told[0]
    assert "did you mean 'calls'?" in told[0]
    assert "a chart cannot have 'who' as x" in told[1]


def test_a_unit_that_does_not_fit_the_type_is_told_with_what_to_write(tmp_path: Path) -> None:
    toml = TOML.replace('title = "Who called"', 'title = "Who called"\nunit = "day"')

    (fault,) = faults(written(tmp_path, SQL, toml))

    assert "the column 'caller' cannot be shown as day" in fault
    assert "write (caller)::DATE in the SQL" in fault


def test_sql_that_is_empty_or_no_text_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path, " \n")
    with pytest.raises(Misconfigured, match="the SQL of busy-callers is empty"):
        read_own(folder)

    (folder / "query.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_own(folder)


def test_cases_pin_the_figures_of_a_report_in_sql(tmp_path: Path) -> None:
    folder = written(tmp_path, SQL)
    (folder / "cases.toml").write_text("""
[[case]]
name = "who called twice stands there, who called once does not"
calls = '''
started_local,       direction, caller,     talk_s
2026-02-24 10:00:00, incoming,  2125550101, 60
2026-02-24 11:00:00, incoming,  2125550101, 30
2026-02-24 12:00:00, incoming,  2125550102, 10
2026-02-24 13:00:00, outgoing,  2125550102, 10
'''
rows = "2125550101, 2, 90"
""")

    assert check_own(folder).differences == []

    (folder / "query.sql").write_text(SQL.replace("sum(talk_s)", "max(talk_s)"))
    assert len(check_own(folder).differences) == 1


def test_where_no_engine_is_at_work_nothing_is_asked(store: Store, tmp_path: Path) -> None:
    wanted = ReportRun(today=date(2026, 11, 15), zone=ZONE, made_at=datetime(2026, 11, 15, tzinfo=UTC))

    with pytest.raises(Misconfigured, match="cannot be asked here"):
        run(Ledger(store), read_own(written(tmp_path, SQL)), wanted)
