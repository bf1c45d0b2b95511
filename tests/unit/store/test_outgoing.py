"""What a sink is handed: which changes, in which columns, and how they are written to files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fakes.calls import NOON, Made, calls_of
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.model.sink import CallFile, Field, FieldType, FileForm
from tollbook.store import changes, outgoing
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.filters import ALL, Where, read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, Period, Window, form_of
from tollbook.store.store import Store

DAY_S = 86_400


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def put(store: Store, *made: Made, body: int = 1) -> None:
    piece = Piece(
        pbx="hts",
        body=body,
        stream=True,
        member=0,
        received_at=0,
        reading=Reading(calls_of(*made), [], []),
    )
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def numbered(count: int) -> list[Made]:
    """Return calls whose place is their number, the odd ones incoming."""
    ways = ("outgoing", "incoming")
    return [{"talk_s": number, "direction": ways[number % 2]} for number in range(1, count + 1)]


def take_out(store: Store, *talks: int) -> None:
    with store.cursor() as cursor:
        ids = [key for talk in talks for (key,) in store.rows("SELECT id FROM call WHERE talk_s = ?", [talk])]
        changes.take_out(cursor, ids)


def the_window(ledger: Ledger, asked: ChangeQuery, *, columns: str = "id; talk_s", where: Where = ALL) -> Window | None:
    return outgoing.window(ledger, form_of(ledger, columns, where), asked)[1]


def talks(window: Window | None) -> list[int]:
    assert window
    with closing(window):
        return [talk for _, talk in window.rows()]


# ---------------------------------------------------------------- columns


def test_each_column_has_the_type_of_what_it_holds(ledger: Ledger) -> None:
    columns = (
        "id; caller; talk_s; started_at; AT = started_local; DAY = date(started_local); TIME = time(started_local); "
        "MINUTES = talk_s / 60; PRICE = 1.5; pbx_units"
    )

    assert form_of(ledger, columns, ALL).fields == [
        Field("id", FieldType.ID, "id"),
        Field("caller", FieldType.TEXT, "caller"),
        Field("talk_s", FieldType.INTEGER, "talk_s"),
        Field("started_at", FieldType.INSTANT, "started_at"),
        Field("AT", FieldType.LOCAL, "started_local"),
        Field("DAY", FieldType.DATE),
        Field("TIME", FieldType.TIME),
        Field("MINUTES", FieldType.NUMBER),
        Field("PRICE", FieldType.NUMBER),
        Field("pbx_units", FieldType.INTEGER, "pbx_units"),
    ]


@pytest.mark.parametrize(
    ("columns", "key"),
    [("", "id"), ("agg", "TOLLBOOK_ID"), ("talk_s; CALL_KEY = id", "CALL_KEY")],
)
def test_the_key_is_the_column_that_holds_the_id(ledger: Ledger, columns: str, key: str) -> None:
    assert form_of(ledger, columns, ALL).key == key


@pytest.mark.parametrize(
    ("columns", "says"),
    [("talk_s", "the field 'id' is missing"), ("id; A = caller / 60; B = upper(talk_s)", "cannot be made")],
)
def test_columns_without_the_key_and_columns_that_cannot_be_made_are_refused(
    ledger: Ledger,
    columns: str,
    says: str,
) -> None:
    with pytest.raises(Misconfigured, match=says):
        form_of(ledger, columns, ALL)


def test_a_former_name_of_a_column_still_means_it(store: Store, ledger: Ledger) -> None:
    put(store, {"charge": "1.20"})

    window = the_window(ledger, ChangeQuery(after=0, most=9), columns="id; charge; P = pbx_charge")
    assert window
    with closing(window):
        assert [row[1:] for row in window.rows()] == [("1.20", "1.20")]


# ---------------------------------------------------------------- windows


def test_changes_are_handed_out_in_their_order_as_many_as_are_asked_for(store: Store, ledger: Ledger) -> None:
    put(store, *numbered(5))
    first = the_window(ledger, ChangeQuery(after=0, most=3))
    second = the_window(ledger, ChangeQuery(after=3, most=3))

    assert first
    assert second
    assert [(each.upto, each.count, each.numbers()) for each in (first, second)] == [(3, 3, [1, 2, 3]), (5, 2, [4, 5])]
    assert (talks(first), talks(second)) == ([1, 2, 3], [4, 5])
    assert the_window(ledger, ChangeQuery(after=5, most=3)) is None


def test_what_a_filter_leaves_out_is_passed_over_and_is_gone_for_who_had_it(store: Store, ledger: Ledger) -> None:
    put(store, *numbered(5))
    incoming = read_filter({"direction": "incoming"})
    outgoing_ids = [str(key) for (key,) in store.rows("SELECT id FROM call WHERE direction = 'outgoing'")]

    fresh = the_window(ledger, ChangeQuery(after=0, most=9, fresh=True), where=incoming)
    assert fresh
    assert (fresh.gone, fresh.upto, talks(fresh)) == ([], 5, [1, 3, 5])
    going_on = the_window(ledger, ChangeQuery(after=0, most=2), where=incoming)
    assert going_on
    assert (going_on.gone, going_on.upto, talks(going_on)) == (outgoing_ids[:1], 3, [1, 3])


def test_what_is_looked_through_at_once_has_a_limit(
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
    ledger: Ledger,
) -> None:
    monkeypatch.setattr(outgoing, "_WIDEST", 4)
    put(store, *numbered(9))
    nothing = read_filter({"extension": "999"})

    assert [
        (
            each.upto
            if (each := the_window(ledger, ChangeQuery(after=after, most=1, fresh=True), where=nothing))
            else None
        )
        for after in (0, 4, 8)
    ] == [4, 8, 9]


def test_a_call_that_is_no_more_is_gone_up_to_the_change_that_is_covered(store: Store, ledger: Ledger) -> None:
    put(store, *numbered(3))
    (last,) = [str(key) for (key,) in store.rows("SELECT id FROM call WHERE talk_s = 3")]
    take_out(store, 3)

    part = the_window(ledger, ChangeQuery(after=0, most=2))
    whole = the_window(ledger, ChangeQuery(after=0, most=9))
    rest = the_window(ledger, ChangeQuery(after=3, most=9))
    assert part
    assert whole
    assert rest
    assert [(each.upto, each.gone, each.count) for each in (part, whole, rest)] == [
        (2, [], 2),
        (4, [last], 2),
        (4, [last], 0),
    ]


def test_calls_of_before_a_day_are_left_out_up_to_a_change_and_then_no_longer(store: Store, ledger: Ledger) -> None:
    put(store, *({"talk_s": number, "started_at": NOON + number * DAY_S} for number in (1, 2, 3)))
    put(store, {"talk_s": 4, "started_at": NOON}, body=2)
    (day,) = store.rows("SELECT started_local::DATE::VARCHAR FROM call WHERE talk_s = 2")[0]

    assert talks(the_window(ledger, ChangeQuery(after=0, most=9, since=day))) == [1, 2, 3, 4]
    assert talks(the_window(ledger, ChangeQuery(after=0, most=9, until=3, since=day))) == [2, 3, 4]
    assert talks(the_window(ledger, ChangeQuery(after=0, most=9, until=4, since=day))) == [2, 3]


def test_nothing_is_handed_out_while_the_store_is_being_made_again(store: Store, ledger: Ledger) -> None:
    put(store, *numbered(2))
    with store.cursor() as cursor:
        cursor.execute("INSERT INTO before SELECT id, change, meaning, 0, 0 FROM call")

    there, window = outgoing.window(ledger, form_of(ledger, "", ALL), ChangeQuery(after=0, most=9))
    assert ((there.last, there.settled), window) == ((2, False), None)


def test_a_history_that_reaches_into_what_came_meanwhile_is_not_all_fresh(store: Store, ledger: Ledger) -> None:
    put(store, {"caller": "1"}, {"caller": "2"}, {"caller": "3"})
    for until, fresh in ((2, False), (3, True)):
        window = the_window(ledger, ChangeQuery(after=0, most=9, until=until, fresh=True))
        assert window
        assert (window.upto, window.fresh) == (3, fresh)
        window.close()


# ---------------------------------------------------------------- files


def test_csv_for_a_database_has_no_heading_and_the_order_of_the_ids(
    tmp_path: Path,
    store: Store,
    ledger: Ledger,
) -> None:
    put(store, {"caller": "a\0b", "talk_s": 1}, {"caller": "", "talk_s": 2}, {"caller": "it's", "talk_s": 3})
    window = the_window(
        ledger,
        ChangeQuery(after=0, most=9),
        columns="id; caller; DAY = date(started_local); answered_at",
    )
    assert window
    path = tmp_path / "it's.csv"
    window.write(path, CallFile(null="none"))

    rows = list(csv.reader(path.read_text().splitlines()))
    wanted = store.rows("SELECT id::VARCHAR, caller FROM call ORDER BY id")
    assert rows == [
        [key, caller.replace("\0", "\N{REPLACEMENT CHARACTER}"), "2023-11-14", "none"] for key, caller in wanted
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    window.close()
    assert not path.exists()


def test_parquet_has_every_text_as_it_is_and_times_of_day_as_texts(
    tmp_path: Path,
    store: Store,
    ledger: Ledger,
) -> None:
    put(store, {"caller": "a\0b", "talk_s": 1}, {"caller": "", "talk_s": 2}, {"caller": "\\N", "talk_s": 3})
    window = the_window(ledger, ChangeQuery(after=0, most=9), columns="id; caller; CLOCK = clock(talk_s)")
    assert window
    path = tmp_path / "it's.parquet"
    window.write(path, CallFile(form=FileForm.PARQUET))

    with duckdb.connect() as connection:
        found = connection.execute("SELECT id, caller, CLOCK FROM read_parquet(?)", [str(path)]).fetchall()
    wanted = store.rows("SELECT id, caller, '00:00:0' || talk_s FROM call ORDER BY id")
    assert found == wanted
    window.close()
    assert not path.exists()


FILES: dict[str, Callable[[list[str]], list[dict[str, Any]]]] = {
    "csv": lambda text: [*csv.DictReader(text)],
    "jsonl": lambda text: [json.loads(line) for line in text],
}


@pytest.mark.parametrize("form", FILES)
def test_a_day_is_written_oldest_first_with_no_formula_for_a_spreadsheet(
    tmp_path: Path,
    store: Store,
    ledger: Ledger,
    form: str,
) -> None:
    put(
        store,
        {"started_at": NOON + 60, "caller": "=1+1", "talk_s": 2},
        {"started_at": NOON, "caller": "5550101", "talk_s": 1},
        {"started_at": NOON + DAY_S, "caller": "5550102", "talk_s": 3},
    )
    path = tmp_path / "it's a day"
    chosen = form_of(ledger, "id; caller; talk_s", ALL)
    outgoing.write_period(ledger, chosen, Period(unit="day", name="2023-11-14", path=path, form=form))

    kept = {"csv": "'=1+1", "jsonl": "=1+1"}[form]
    rows = FILES[form](path.read_text().splitlines())
    assert [(row["caller"], int(row["talk_s"])) for row in rows] == [("5550101", 1), (kept, 2)]


def test_a_period_has_another_digest_once_one_of_its_calls_is_another(store: Store, ledger: Ledger) -> None:
    put(store, {"started_at": NOON}, {"started_at": NOON + DAY_S})
    form = form_of(ledger, "", ALL)
    before = outgoing.periods(ledger, form, "day")
    put(store, {"started_at": NOON + DAY_S}, body=2)
    after = outgoing.periods(ledger, form, "day")

    assert list(before) == list(after) == ["2023-11-14", "2023-11-15"]
    assert [before[day] == after[day] for day in before] == [True, False]
    assert list(outgoing.periods(ledger, form, "month")) == ["2023-11"]
