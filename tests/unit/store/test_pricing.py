"""What calls cost, as columns: a few are reckoned one by one, many with whole numbers, to the same amounts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.calls import Made, calls_of
from tests.fakes.rating import a_tariff
from tests.unit.rating.test_properties import rich_tariffs
from tollbook.model.outcome import Direction
from tollbook.model.pricing import PriceRun, Pricing, TariffRule, VersionInUse
from tollbook.model.reading import Reading
from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import NO_RATE, Rater
from tollbook.rating.lines import NO_TARIFF, Line, PbxPricing, unconcerned
from tollbook.rating.tariff import Band, Tariff
from tollbook.store import pricing, pricing_many
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.store import Store

BERLIN = {"": {"country": "DE", "outside": "0", "area-code": "30"}}
PLAIN = """
title = "Plain"
currency = "EUR"
zone = "Europe/Berlin"

[[rate]]
to = "+4989"
price = "0.06"
next_s = 60

[[rate]]
to = "GB"
price = "0.12"
connect_fee = "0.05"
"""
BEGUN = datetime(2026, 1, 5, 9, tzinfo=UTC)
COLUMNS = (
    "SELECT cost, price, currency, split_part(tariff, '@', 1), billed_s, unpriced_because FROM calls ORDER BY position"
)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened
        pricing.take_back(opened)


def prices_by(store: Store, *tariffs_given: Tariff) -> Pricing:
    """Give a store some versions of one tariff, each valid from a later year."""
    known = {each.digest: each for each in tariffs_given}
    pricing.lend(store, known.get)
    versions = tuple(
        VersionInUse(tariff="a", name=f"{2026 + number}-01-01", digest=each.digest, valid_from=f"{2026 + number}-01-01")
        for number, each in enumerate(tariffs_given)
    )
    return Pricing((PriceRun(rules=(TariffRule(id=1, tariff="a"),), versions=versions),))


def put(store: Store, *made: Made, body: int = 1, pbx: str = "hts") -> None:
    piece = Piece(pbx=pbx, body=body, stream=True, member=0, received_at=0, reading=Reading(calls_of(*made), [], []))
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def called(number: str, talk_s: int = 61, begun: datetime = BEGUN, **other: object) -> Made:
    at = int(begun.timestamp())
    return {
        "direction": "outgoing", "caller": "101", "called": number, "talk_s": talk_s, "total_s": talk_s + 5,
        "outcome": "answered", "started_at": at, "answered_at": at, "ended_at": at + talk_s, **other,
    }  # fmt: skip


def pricings() -> st.SearchStrategy[Pricing]:
    """Return pricings of some rules for lines and directions, whether or not their tariffs have versions."""
    rules = st.builds(
        TariffRule,
        id=st.integers(1, 9),
        tariff=st.sampled_from("ab"),
        trunk=st.sampled_from(("", "CO1")),
        trunk_group=st.sampled_from(("", "A")),
        direction=st.sampled_from(("", *Direction)),
        first=st.sampled_from((None, date(2026, 3, 1))),
    )
    version = VersionInUse(tariff="a", name="2026-01-01", digest="0", valid_from="2026-01-01")
    runs = st.builds(PriceRun, rules=st.lists(rules, max_size=3).map(tuple), versions=st.sampled_from(((), (version,))))
    return st.lists(runs, max_size=2).map(lambda found: Pricing(tuple(found)))


def costs(store: Store) -> list[tuple[object, ...]]:
    return store.rows(COLUMNS)


def test_calls_cost_what_their_tariff_says_or_say_why_they_have_no_price(store: Store) -> None:
    store.renumber("hts", BERLIN)
    store.reprice("hts", prices_by(store, a_tariff(PLAIN)), "Europe/Berlin")

    put(
        store,
        called("0089230025"),
        called("000442079460135", 30),
        called("00033142685300"),
        called("0"),
        called("0089230025", 0, outcome="unanswered"),
        {"direction": "incoming", "caller": "0089230025", "called": "101"},
        called("0089230025", begun=BEGUN - timedelta(days=30)),
    )

    by = "a/2026-01-01"
    nothing = (None, None, None)
    assert costs(store) == [
        (Decimal("0.12"), Decimal("0.12"), "EUR", by, 120, None),
        (Decimal("0.11"), Decimal("0.11"), "EUR", by, 30, None),
        (None, None, "EUR", by, None, "the tariff has no rate for this destination"),
        (None, None, "EUR", by, None, "digits of the number are missing"),
        (Decimal(0), Decimal(0), "EUR", by, 0, None),
        (*nothing, None, None, None),
        (*nothing, None, None, "no version of the tariff a was valid"),
    ]


def test_other_prices_are_put_in_at_once_and_are_no_change_of_the_call_itself(store: Store) -> None:
    store.renumber("hts", BERLIN)
    store.reprice("hts", prices_by(store, a_tariff(PLAIN)), "Europe/Berlin")
    put(store, called("0089230025"), called("000442079460135"))
    before = store.rows("SELECT change, meaning FROM call ORDER BY position")

    dearer = a_tariff(PLAIN.replace("0.06", "0.07"))
    assert store.reprice("hts", prices_by(store, dearer), "Europe/Berlin") == 2
    assert store.reprice("hts", prices_by(store, dearer), "Europe/Berlin") == 0

    assert [cost for cost, *_ in costs(store)] == [Decimal("0.14"), Decimal("0.172")]
    after = store.rows("SELECT change, meaning FROM call ORDER BY position")
    assert [change for change, _ in after] == [change for change, _ in before]
    assert min(meaning for _, meaning in after) > max(meaning for _, meaning in before)
    assert store.reprice("hts", Pricing(), "Europe/Berlin") == 2
    assert costs(store) == [(None,) * 6] * 2


def test_a_version_counts_from_its_day_by_the_clock_of_the_tariff(store: Store) -> None:
    store.renumber("hts", BERLIN)
    both = prices_by(store, a_tariff(PLAIN), a_tariff(PLAIN.replace("0.06", "0.10")))
    store.reprice("hts", both, "Europe/Berlin")
    new_year = datetime(2026, 12, 31, 23, tzinfo=UTC)

    put(store, called("0089230025", 60, new_year - timedelta(seconds=1)), called("0089230025", 60, new_year))

    assert [(cost, tariff) for cost, _, _, tariff, *_ in costs(store)] == [
        (Decimal("0.06"), "a/2026-01-01"), (Decimal("0.10"), "a/2027-01-01"),
    ]  # fmt: skip


def test_a_version_that_was_taken_away_leaves_calls_without_a_price_and_says_so(store: Store) -> None:
    store.renumber("hts", BERLIN)
    prices = prices_by(store, a_tariff(PLAIN))
    pricing.take_back(store)

    store.reprice("hts", prices, "Europe/Berlin")
    put(store, *(called("0089230025", length) for length in range(300)))

    assert {row[-1] for row in costs(store)} == {pricing.GONE}


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        yield opened
        pricing.take_back(opened)


EXAMPLES, CALLS = 20, 60


@settings(max_examples=EXAMPLES, deadline=None)
@given(tariff=rich_tariffs(), seed=st.integers(0, 2**32))
def test_many_calls_cost_what_each_of_them_costs_alone(shared: Store, tariff: Tariff, seed: int) -> None:
    chance = random.Random(seed)
    calls = [(chance.randrange(400 * 86_400), _some_length(chance)) for _ in range(CALLS)]
    shared.reprice("hts", prices_by(shared, tariff), "Europe/Berlin")
    source = """SELECT row_number() OVER () AS place, make_timestamp((epoch + after) * 1000000) AS began, 'hts' AS pbx,
      '' AS trunk, '' AS trunk_group, 'outgoing' AS direction,
      CASE WHEN talk_s % 9 = 1 THEN 'unanswered' ELSE 'answered' END AS outcome, talk_s,
      talk_s + 7 AS total_s, '' AS charge, 0 AS units, 'called' AS side, '0089230025' AS text
      FROM (SELECT ?::BIGINT AS epoch, unnest(?::BIGINT[]) AS after, unnest(?::INTEGER[]) AS talk_s)"""
    values = [int(BEGUN.timestamp()), [after for after, _ in calls], [talk for _, talk in calls]]
    told = []
    for few in (0, len(calls)):
        with shared.cursor() as cursor, pytest.MonkeyPatch.context() as patch:
            patch.setattr(pricing_many, "FEW", few)
            pricing_many.price(cursor, source, values)
            told.append(cursor.execute("FROM priced ORDER BY place").fetchall())

    assert told[0] == told[1]


def _some_length(chance: random.Random) -> int:
    """Return a length in seconds, often near the edges of steps."""
    return (
        chance.choice(
            (chance.randrange(130), 60 * chance.randrange(70) + chance.randrange(-1, 2), chance.randrange(4000))
        )
        % 4000
    )


def test_a_fault_over_a_price_keeps_no_call_from_being_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.renumber("hts", BERLIN)
    store.reprice("hts", prices_by(store, a_tariff(PLAIN)), "Europe/Berlin")

    def fails(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Rater, "rate_in", fails)
    put(store, *(called("0089230025", length) for length in range(300)))
    put(store, called("0089230025"), body=2)

    assert len(costs(store)) == 301
    assert {row[-1] for row in costs(store)} == {pricing.FAULT}


def test_an_amount_beyond_what_a_ledger_keeps_is_no_price_however_many_calls_there_are(store: Store) -> None:
    store.renumber("hts", BERLIN)
    dear = a_tariff(PLAIN.replace('price = "0.06"', 'price = "1000000000"\nper_s = 1'))
    store.reprice("hts", prices_by(store, dear), "Europe/Berlin")

    put(store, called("0089230025", 1_000_000))
    put(store, *(called("0089230025", 1_000_000, offset=number) for number in range(300)), body=2)

    assert [row[-1] for row in costs(store)] == [pricing.TOO_MUCH] * 301


@pytest.mark.parametrize("count", [1, 300])
def test_a_day_that_no_tariff_knows_is_the_reason_why_a_call_has_no_price(store: Store, count: int) -> None:
    store.renumber("hts", BERLIN)
    store.reprice("hts", prices_by(store, a_tariff(PLAIN)), "Europe/Berlin")

    put(
        store, *(called("0089230025", begun=datetime(9999, 12, 31, tzinfo=UTC), offset=place) for place in range(count))
    )

    assert {row[-1] for row in costs(store)} == {pricing.NO_SUCH_DAY}


@pytest.mark.parametrize("direction", [*Direction])
@pytest.mark.parametrize("ruled", ["", *Direction])
@pytest.mark.parametrize("count", [1, 300])
def test_a_direction_is_priced_where_a_rule_is_for_it_and_else_calls_have_nothing(
    store: Store, count: int, ruled: str, direction: Direction
) -> None:
    store.renumber("hts", BERLIN)
    found = prices_by(store, a_tariff(PLAIN))
    rule = TariffRule(id=1, tariff="a", direction=ruled)
    found = Pricing((msgspec.structs.replace(found.runs[0], rules=(rule,)),))
    store.reprice("hts", found, "Europe/Berlin")
    made = [called("0089230025", 61, offset=place, direction=direction) for place in range(count)]
    put(store, *made, called("0089230025", begun=datetime(9999, 12, 31, tzinfo=UTC), offset=count, direction=direction))

    *many, far = store.rows("SELECT tariff IS NOT NULL, unpriced_because FROM calls ORDER BY started_at")

    reason = NO_TARIFF if direction == "outgoing" else None
    expected = {(True, None), (True, NO_RATE)} if ruled in ("", direction) else {(False, reason)}
    assert set(many) <= expected
    assert far == (False, pricing.NO_SUCH_DAY)
    before = costs(store)
    assert store.reprice("hts", found, "Europe/Berlin") == 0
    assert costs(store) == before


@given(pricings())
def test_an_unconcerned_direction_has_neither_version_nor_reason_on_any_line(made: Pricing) -> None:
    spans = PbxPricing(made, ZoneInfo("Europe/Berlin"), lambda _digest: None).spans
    lines = [Line(trunk, group, each) for trunk in ("", "CO1") for group in ("", "A") for each in unconcerned(made)]

    assert {(span.version, span.because) for line in lines for span in spans(line)} <= {(None, "")}


def test_calls_of_far_apart_years_are_priced_without_looking_at_the_days_between(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: set[date] = set()
    changes = BandCalendar.changes

    def noted(calendar: BandCalendar, day: date) -> Iterator[tuple[datetime, Band | None]]:
        looked_at.add(day)
        return changes(calendar, day)

    monkeypatch.setattr(BandCalendar, "changes", noted)
    bands = '\n[[band]]\nname = "day"\nfrom = "08:00"\nto = "18:00"\n[[band]]\nname = "rest"\n'
    store.renumber("hts", BERLIN)
    store.reprice("hts", prices_by(store, a_tariff(PLAIN + bands)), "Europe/Berlin")
    far = [datetime(year, 1, 5, 9, tzinfo=UTC) for year in (2026, 9000)]

    put(store, *(called("0089230025", 60, far[number % 2], offset=number) for number in range(300)))

    assert {cost for cost, *_ in costs(store)} == {Decimal("0.06")}
    assert {day.isoformat() for day in looked_at} == {"2026-01-05", "2026-01-06", "9000-01-05", "9000-01-06"}


def test_setting_all_calls_again_takes_more_memory_for_as_long_as_that_lasts(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = "SELECT current_setting('memory_limit')"
    before, within = store.rows(limit), list[object]()

    def fails(connection: duckdb.DuckDBPyConnection, _pbx: str) -> int:
        within.append(connection.execute(limit).fetchall())
        raise ZeroDivisionError

    monkeypatch.setattr(pricing_many, "reprice", fails)
    with pytest.raises(ZeroDivisionError):
        store.reprice("hts", Pricing(), "UTC")

    assert within != [before]
    assert store.rows(limit) == before
