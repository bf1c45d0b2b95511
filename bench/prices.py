"""What calls cost: all of them priced by a tariff of many prefixes and two bands, beside one rater call by call."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC
from typing import Any

from bench.meaning import large_store
from bench.scene import PBX, Fact, Result, Scene
from bench.tables import Table, count, duration, ratio
from tollbook.clock import monotonic_s
from tollbook.model.pricing import PriceRun, Pricing, TariffRule, VersionInUse
from tollbook.rating.tariff import Tariff
from tollbook.rating.tariff_text import TariffText, read_tariff
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import STORED, PricedCall, Pricer, fields, pricing_in_use
from tollbook.store.store import Store

_PREFIXES = 120_000
_ONE_BY_ONE = 20_000
"""Calls that the rater beside is given: it would take half an hour for all."""
_DOCUMENT = """
title = "Many prefixes"
currency = "USD"
zone = "America/New_York"
round = { places = 4 }
tax = { percent = "8.875" }
markup = { percent = "12.5" }

[[band]]
name = "day"
days = "mon-fri"
from = "08:00"
to = "18:00"

[[band]]
name = "rest"
"""


def measure(scene: Scene) -> Result:
    """Price the larger number of calls, then all of them again by another version; ask for totals."""
    scene.say(f"prices: a tariff of {count(_PREFIXES)} prefixes")
    versions = [_tariff(seed) for seed in (1, 2)]
    known = {each.digest: each for each in versions}
    with closing(Store(large_store(scene))) as store:
        store.lend_tariffs(known.get)
        calls = int(store.rows("SELECT count(*) FROM call")[0][0])
        rows: list[tuple[str, ...]] = []
        took: list[float] = []
        for number, tariff in enumerate(versions, 1):
            scene.say(f"prices: version {number}")
            begun = monotonic_s()
            store.reprice(PBX, _pricing(tariff), "America/New_York")
            took.append(monotonic_s() - begun)
        priced = int(store.rows("SELECT count(*) FROM call WHERE price IS NOT NULL")[0][0])
        scene.say("prices: one by one")
        alone = _one_by_one(store)
        again = calls / took[-1]
        rows.append(("all calls, priced the first time", duration(took[0]), f"{count(calls / took[0])} calls/s", ""))
        rows.append(("all calls, by another version", duration(took[1]), f"{count(again)} calls/s", ""))
        rows.append(("the same tariff, call by call", "", f"{count(alone)} calls/s", ratio(again / alone)))
        begun = monotonic_s()
        store.rows("SELECT o.department, sum(price) FROM call LEFT JOIN main.owner o ON o.id = assignment GROUP BY 1")
        rows.append(("price by department, all time", duration(monotonic_s() - begun), "", ""))
    table = Table(
        title=f"Prices of {count(calls)} calls, {count(priced)} of them outgoing and answered for",
        columns=("what", "time", "rate", "beside"),
        words=frozenset(("what",)),
        rows=rows,
        notes=(f"Two bands, tax and mark-up. Call by call: {count(_ONE_BY_ONE)} of the calls, on one core.",),
    )
    return Result(tables=[table], facts={Fact.REPRICING_RATE: again})


def priced(store: Store) -> None:
    """Price all calls of a store by a tariff of many prefixes."""
    tariff = _tariff(1)
    store.lend_tariffs({tariff.digest: tariff}.get)
    store.reprice(PBX, _pricing(tariff), "America/New_York")


def _tariff(seed: int) -> Tariff:
    chance = random.Random(seed)
    prefixes = {f"+1{chance.randrange(10 ** chance.randint(3, 6)):03}" for _ in range(_PREFIXES * 2)}
    rates = [
        f"{prefix},{band},0.{chance.randint(5, 900):04},{chance.choice((1, 30, 60))},6"
        for prefix in chance.sample(sorted(prefixes), min(_PREFIXES, len(prefixes)))
        for band in ("day", "rest")
    ]
    lines = ["to,band,price,first_s,next_s", "*,,0.25,60,60", *rates]
    return read_tariff(TariffText(_DOCUMENT, "bench.toml"), TariffText("\n".join(lines), "bench.csv"))


def _pricing(tariff: Tariff) -> Pricing:
    version = VersionInUse(tariff="bench", name="2000-01-01", digest=tariff.digest, valid_from="2000-01-01")
    return Pricing((PriceRun(rules=(TariffRule(id=1, tariff="bench"),), versions=(version,)),))


def _one_by_one(store: Store) -> float:
    """Return how many calls a second are priced one by one."""
    with store.cursor() as cursor:
        pricer = Pricer(pricing_in_use(cursor), usable_plans(cursor, [PBX]))
        found = cursor.execute(
            f"SELECT coalesce(t.answered_at, t.started_at) AS began, {fields(STORED)} FROM call t "  # noqa: S608 - ours
            f"WHERE direction = 'outgoing' LIMIT {_ONE_BY_ONE}",
        )
        names = [name for name, *_ in found.description or ()]
        calls = [_call(dict(zip(names, row, strict=True))) for row in found.fetchall()]
    begun = monotonic_s()
    for call in calls:
        pricer.reckon(call)
    return len(calls) / (monotonic_s() - begun)


def _call(values: dict[str, Any]) -> PricedCall:
    return PricedCall(**{**values, "began": values["began"].replace(tzinfo=UTC)})
