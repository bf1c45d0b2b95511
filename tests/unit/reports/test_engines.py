"""Two engines: what DuckDB answers, ClickHouse answers, too, with the same dimensions, measures, reports and filters.

Questions are written for DuckDB and carried over by `tollbook.store.clickhouse`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tests.fakes.clickhouse import FarSite, far_site
from tollbook.plugins import folders
from tollbook.reports.answering import find
from tollbook.reports.breakdown import Breakdown, apart, offered
from tollbook.reports.case_site import CaseSite, LaidOut, case_site, small_site
from tollbook.reports.cases import answered, read_cases
from tollbook.reports.known import CATALOGUE, reports
from tollbook.reports.running import ReportRun, run
from tollbook.reports.vocabulary import measures
from tollbook.store.filters import ALL, ASKED, read_asked, read_filter
from tollbook.store.ledger import Ledger, Scope

FOLDERS = {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}
SMALL = LaidOut(calls=small_site().calls)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here() -> Iterator[CaseSite]:
    with case_site() as made:
        yield made


@pytest.fixture(scope="module")
def there() -> Iterator[FarSite]:
    with far_site() as made:
        yield made


@pytest.mark.parametrize("slug", sorted(reports()))
def test_a_report_of_the_catalogue_answers_on_clickhouse_as_on_duckdb(
    here: CaseSite, there: FarSite, slug: str
) -> None:
    cases = read_cases(FOLDERS[slug], slug)

    assert cases
    for case in cases:
        near, far = answered(here, reports()[slug], case), answered(there, reports()[slug], case)
        assert far.rows == near.rows, case.name
        assert far == near, case.name


PARTS = tuple(name for name, each in offered().items() if not any(measures()[part].percentile for part in each.parts))
WEIGHED = tuple(
    name for name, each in offered().items() if all(measures()[part].how != "distinct" for part in each.parts)
)
DIMENSIONS = [tuple(apart())[place : place + 3] for place in range(0, len(apart()), 3)]


@pytest.mark.parametrize(
    "told", [PARTS, WEIGHED, tuple(offered())], ids=["in two steps", "by the value", "of the calls themselves"]
)
@pytest.mark.parametrize("names", DIMENSIONS, ids=",".join)
def test_every_dimension_has_every_measure_there(
    here: CaseSite, there: FarSite, names: tuple[str, ...], told: tuple[str, ...]
) -> None:
    asked = Breakdown(rows=names, measures=told, subtotals=True)

    assert find(there.ledger_of(SMALL), asked, ALL) == find(here.ledger_of(SMALL), asked, ALL)


def test_percentiles_are_the_same_where_their_place_is_a_whole_number(here: CaseSite, there: FarSite) -> None:
    waits = "".join(f"2026-02-24 09:0{ring}:00, incoming, {ring}\n" for ring in range(10))
    ten = LaidOut(calls=f"started_local, direction, ring_s\n{waits}")
    asked = Breakdown(measures=("wait_p50", "wait_p90"))

    assert find(there.ledger_of(ten), asked, ALL).total[:2] == (4, 8)
    assert find(here.ledger_of(ten), asked, ALL).total[:2] == (4, 8)


EXPRESSIONS = (
    "lower('ÄÖ'), right('Äöü', 2)",
    "translate('+44 (20) 7946', ' ()', '')",
    "split_part('a / b', ' / ', 2), split_part('a', ' / ', 2), split_part(nullif('a', 'a'), ' / ', 1)",
    "0.25::DECIMAL(24, 12) / 3, 5 / 2, 95 // 30",
    "(TIMESTAMP '1930-05-07 10:00:00.25')::DATE, TIMESTAMP '2150-01-01 00:00:00.25' + INTERVAL 1 HOUR",
    "date_trunc('week', DATE '1930-05-07')::DATE, isodow(DATE '1930-05-07')",
    "greatest(DATE '0001-01-01', DATE '1930-01-01'), DATE '9999-12-31' > DATE '2150-01-01'",
    "3 IN (1, 1 + 2), TRY_CAST('0.5 EUR' AS DECIMAL(24, 12))",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_same_value_there(here: CaseSite, there: FarSite, expression: str) -> None:
    near, far = (site.ledger_of(SMALL).rows(f"SELECT {expression}") for site in (here, there))

    assert far == near


def test_lists_that_are_bound_stand_side_by_side_there(here: CaseSite, there: FarSite) -> None:
    lists = {"numbers": [3, 1, 2], "texts": ["it's", "a \\ b", ""], "days": [date(1930, 5, 7)] * 3, "few": [1, 3]}
    question = (
        "WITH side AS (SELECT unnest($numbers::INTEGER[]) AS number, unnest($texts::VARCHAR[]) AS text, "
        "unnest($days::DATE[]) AS day) "
        "SELECT number, text, day FROM side WHERE number IN (SELECT unnest($few::INTEGER[])) ORDER BY number"
    )
    near, far = (site.ledger_of(SMALL).rows(question, lists) for site in (here, there))

    assert far == near == [(1, "a \\ b", date(1930, 5, 7)), (3, "it's", date(1930, 5, 7))]


WORDS = {
    "pbx": "desk",
    "from": "2026-02-24",
    "to": "2026-02-25T23:10",
    "extension": "101,-",
    "number": "20 7946 0135",
    "trunk": "CO1,-",
    "direction": "incoming,outgoing",
    "outcome": "missed",
    "country": "GB,-",
    "kind": "mobile,-",
    "reach": "international",
    "person": "Anna Berg",
    "department": "Sales",
    "cost-centre": "4711",
    "company": "-",
    "min-duration": "1m",
    "max-duration": "90",
    "unpriced": "no-rate",
    "account": "77",
    "weekday": "mon-wed",
    "time": "22:00-09:15",
    "trunk-group": "lobby",
    "ddi": "5000",
    "auth-code": "-",
    "feature": "queue",
    "device": "-",
    "status": "-",
    "priced-by": "basic",
    "bundle": "minutes",
    "currency": "EUR",
    "site": "-",
    "text": "9460909",
    "called-back": "yes",
    "period": "last-7-days",
}


OF_THIS_MACHINE = ("tag", "note")
"""Filters that ask what people noted on calls, which the store beside the site has a copy of."""


def chosen(ledger: Ledger, word: str, text: str) -> list[object]:
    where = read_asked({word: text}, small_site().today)
    query = f"SELECT id FROM call WHERE {where.sql} ORDER BY id"  # noqa: S608 - values are bound
    return [key for (key,) in ledger.rows(query, where.values)]


@pytest.mark.parametrize("word", [word for word in ASKED if word not in OF_THIS_MACHINE])
def test_every_filter_chooses_the_same_calls_there(here: CaseSite, there: FarSite, word: str) -> None:
    near = chosen(here.ledger_of(SMALL), word, WORDS[word])

    assert chosen(there.ledger_of(SMALL), word, WORDS[word]) == near
    assert 0 < len(near) <= 12


@pytest.mark.parametrize("slug", ["call-list", "by-department", "lines-in-use", "unused-extensions"])
def test_a_scope_takes_in_the_same_there(there: FarSite, slug: str) -> None:
    sales = Scope(calls=read_filter({"department": "Sales"}), pbxs=("desk",))
    made_at = datetime(2026, 3, 1, tzinfo=UTC)
    wanted = ReportRun(words={"from": "2026-02-01"}, today=small_site().today, zone=small_site().zone, made_at=made_at)
    far = run(there.ledger_of(SMALL, sales), reports()[slug], wanted)

    assert far == run(Ledger(there.store, sales), reports()[slug], wanted)
    assert far.rows != run(Ledger(there.store), reports()[slug], wanted).rows
