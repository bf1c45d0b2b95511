"""SQL of one's own: what a technician writes gives the right answer, and hostile statements come to nothing.

Each hostile statement meets both fences apart: the checker refuses it; and given unchecked to an instance that is shut
it reads no file, writes nothing, and is ended in time.
"""

from __future__ import annotations

import hashlib
import threading
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.offices import office
from tests.fakes.own_sql import give_unchecked
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs
from tollbook.engine.own_sql import OwnSql
from tollbook.model.problem import Misconfigured
from tollbook.store.filters import ALL, Where, read_filter
from tollbook.store.ledger import Ledger, Scope
from tollbook.store.own_sql.apart import OwnQuestion
from tollbook.store.own_sql.checking import check
from tollbook.store.own_sql.snapshot import SnapshotOf, write_snapshot
from tollbook.store.schema import VIEWS
from tollbook.store.store import Store

HERE = Path(__file__).parent
HOSTILE: dict[str, list[str]] = tomllib.loads((HERE / "hostile.toml").read_text("utf-8"))
BENIGN: list[str] = tomllib.loads((HERE / "benign.toml").read_text("utf-8"))["statements"]
ENDLESS = ("endless", "allowed_and_endless")
REFUSED = [text for kind, texts in HOSTILE.items() if kind != "allowed_and_endless" for text in texts]
QUICK = [text for kind, texts in HOSTILE.items() if kind not in ENDLESS for text in texts]
SECRET = "what nobody may read 7f3a"
DAYS = {"from": date(2026, 10, 1), "to": date(2026, 10, 31)}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with office() as opened:
        yield opened


@pytest.fixture(scope="module")
def own_sql() -> Iterator[OwnSql]:
    asking = OwnSql()
    yield asking
    asking.stop()


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    pool = Jobs()
    yield pool
    pool.stop()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, store: Store) -> Path:
    folder = tmp_path_factory.mktemp("ground")
    (folder / "secret.txt").write_text(SECRET)
    (folder / "outside").mkdir()
    (folder / "asked").mkdir()
    whole = {view: tuple(columns) for view, (_, columns, _) in VIEWS.items()}
    write_snapshot(Ledger(store), folder / "asked/snapshot.duckdb", SnapshotOf(whole, ALL), lambda: False)
    return folder


def aimed(text: str, ground: Path) -> str:
    return text.format(secret=ground / "secret.txt", outside=ground / "outside", store=ground / "asked/../calls.duckdb")


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    return [tuple(f"{value:.9g}" if isinstance(value, float) else str(value) for value in row) for row in rows]


def test_there_are_hundreds_of_hostile_statements_and_dozens_of_others() -> None:
    assert len({*REFUSED, *HOSTILE["allowed_and_endless"]}) >= 200
    assert len(set(BENIGN)) >= 40


@pytest.mark.parametrize("text", REFUSED)
def test_a_hostile_statement_is_refused_and_told_what_is_wrong(text: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        check(aimed(text, tmp_path), "query.sql", ["from", "to"])

    assert all(fault.what and fault.reason and fault.where.startswith("query.sql") for fault in refused.value.problems)


def test_a_hostile_statement_that_nobody_checked_does_no_harm(jobs: Jobs, ground: Path) -> None:
    before = files(ground)
    limits = HeavyJob(limits=JobLimits(time_s=60))

    told = [
        jobs.run(give_unchecked, str(ground / "asked/snapshot.duckdb"), aimed(text, ground), wanted=limits)
        for text in QUICK
    ]

    assert [text for text, answer in zip(QUICK, told, strict=True) if SECRET in answer or "root:" in answer] == []
    assert files(ground) == before


@pytest.mark.slow
@pytest.mark.parametrize("text", [text for kind in ENDLESS for text in HOSTILE[kind]])
def test_an_endless_statement_that_nobody_checked_comes_to_an_end(jobs: Jobs, ground: Path, text: str) -> None:
    limits = HeavyJob(limits=JobLimits(time_s=0.5, memory=1 << 30))

    try:
        told = jobs.run(give_unchecked, str(ground / "asked/snapshot.duckdb"), aimed(text, ground), wanted=limits)
    except JobFailed as fault:
        told = str(fault)

    assert len(told) < 1 << 20


@pytest.mark.parametrize("text", BENIGN)
def test_what_a_technician_writes_gives_what_the_store_says(store: Store, own_sql: OwnSql, text: str) -> None:
    values = {name: value for name, value in DAYS.items() if f"${name}" in text}

    found = own_sql.ask(Ledger(store), OwnQuestion(text=text, values=DAYS), ALL, "anna")

    assert plain(found.rows) == plain(store.rows(text, values))


def test_a_statement_sees_the_calls_of_a_filter_alone(store: Store, own_sql: OwnSql) -> None:
    where = read_filter({"direction": "incoming"})
    text = "SELECT direction, count(*) FROM calls GROUP BY 1 UNION ALL SELECT 'agg', count(*) FROM calls_agg"

    found = own_sql.ask(Ledger(store), OwnQuestion(text=text), where, "anna")

    count = store.rows("SELECT count(*) FROM calls WHERE direction = 'incoming'")[0][0]
    assert count
    assert sorted(found.rows) == [("agg", count), ("incoming", count)]


def test_a_statement_sees_no_more_than_who_asks(store: Store, own_sql: OwnSql) -> None:
    scope = Scope(calls=Where("extension = $mine", {"mine": store.rows("SELECT max(extension) FROM calls")[0][0]}))

    found = own_sql.ask(Ledger(store, scope), OwnQuestion(text="SELECT DISTINCT extension FROM calls"), ALL, "anna")

    assert found.rows == [(scope.calls.values["mine"],)]


def test_faults_are_told_by_line_and_column_with_what_to_write_instead(store: Store, own_sql: OwnSql) -> None:
    text = "SELECT extensoin,\n       count(*)\nFROM calls\nGROUP BY 1"

    with pytest.raises(Misconfigured) as told:
        own_sql.ask(Ledger(store), OwnQuestion(text=text), ALL, "anna")

    (fault,) = told.value.problems
    assert fault.where == "query.sql:1:8\n  | SELECT extensoin,"
    assert '"extension"' in fault.help


def test_every_fault_is_told_in_the_order_in_which_it_was_typed() -> None:
    with pytest.raises(Misconfigured) as told:
        check("SELECT getenv('x'),\n  'é', read_text('y')\nFROM cals", "query.sql")

    assert [fault.where.partition("\n")[0] for fault in told.value.problems] == [
        "query.sql:1:8",
        "query.sql:2:8",
        "query.sql:3:6",
    ]
    assert told.value.problems[-1].help == "did you mean 'calls'?"


@pytest.mark.parametrize("text", HOSTILE["allowed_and_endless"][::3])
def test_a_statement_that_takes_too_much_is_ended_and_says_so(store: Store, text: str) -> None:
    asking = OwnSql(time_s=3)

    with pytest.raises(Misconfigured, match=r"the SQL was ended|not enough memory|took longer"):
        asking.ask(Ledger(store), OwnQuestion(text=text.format()), ALL, "anna")

    asking.stop()


def test_while_a_statement_runs_others_are_answered_and_it_can_be_cancelled(store: Store, own_sql: OwnSql) -> None:
    told: list[str] = []

    def ask() -> None:
        try:
            own_sql.ask(Ledger(store), OwnQuestion(text=HOSTILE["allowed_and_endless"][0]), ALL, "bert")
        except Misconfigured as fault:
            told.append(fault.problems[0].what)

    asking = threading.Thread(target=ask)
    asking.start()
    while "bert" not in own_sql.running:
        asking.join(0.01)
    calls = store.rows("SELECT count(*) FROM calls")
    beside = own_sql.ask(Ledger(store), OwnQuestion(text="SELECT count(*) FROM calls"), ALL, "anna")
    is_cancelled = own_sql.cancel("bert")
    asking.join()

    assert beside.rows == calls
    assert is_cancelled
    assert told == ["the SQL was cancelled"]


def test_nothing_is_left_of_a_statement(store: Store, own_sql: OwnSql, tmp_path: Path, monkeypatch: Any) -> None:  # noqa: ANN401 - pytest's own
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    own_sql.ask(Ledger(store), OwnQuestion(text="SELECT * FROM calls"), ALL, "anna")

    assert list(tmp_path.iterdir()) == []
    assert store.rows("SELECT count(*) FROM duckdb_databases() WHERE database_name LIKE 'own_%'") == [(0,)]


def test_a_statement_nested_without_end_is_refused() -> None:
    for opened, closed in (("(", ")"), ("[", "]"), ("abs(", ")"), ("NOT ", ""), ("(SELECT * FROM ", ")")):
        with pytest.raises(Misconfigured):
            check(f"SELECT {opened * 1500}1{closed * 1500}", "query.sql")
