"""Whatever happens to a site, its bundles are used as if all of its records had been read in order, just now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.rating import a_tariff
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, allow, copy_site, import_file, lend_reserve, settle, until
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.pbx import Pbx
from tollbook.model.pricing import PriceRun, Pricing, TariffRule, VersionInUse

PLAN = {"": {"country": "US", "outside": "9", "area-code": "212"}}
TARIFF = """
title = "With bundles"
currency = "USD"
zone = "Asia/Tokyo"

[[rate]]
to = "*"
price = "0.60"
connect_fee = "0.05"

[[bundle]]
name = "minutes"
to = ["US"]
seconds = 1500
increment_s = 60
per = "day"
shared_by = "site"

[[bundle]]
name = "money"
to = ["*"]
amount = "4"
per = "month"
shared_by = "extension"
"""
"""In Tokyo a day ends at 15 UTC, in the midst of the calls."""
CHEAP, DEAR = a_tariff(TARIFF), a_tariff(TARIFF.replace("1500", "900").replace("0.60", "1.20"))
KNOWN = {each.digest: each for each in (CHEAP, DEAR)}
LINES = some_lines(400)
OTHERS = some_lines(200, seed=2)
COLUMNS = """SELECT id, cost, price, billed_s, tariff, bundle, bundle_taken, unpriced_because FROM call ORDER BY id"""
Rows = list[tuple[Any, ...]]


def a_run(digest: str, first: str = "", until_: str = "") -> PriceRun:
    version = VersionInUse(tariff="a", name="2020-01-01", digest=digest, valid_from="2020-01-01")
    return PriceRun(rules=(TariffRule(id=1, tariff="a"),), versions=(version,), first=first, until=until_)


PRICES = Pricing((a_run(CHEAP.digest),))
DEARER_SINCE = Pricing((a_run(CHEAP.digest), a_run(DEAR.digest, "2024-01-08T16:00:00Z", "2024-01-08T19:00:00Z")))


class BundledSite:
    """Two PBXs that share a bundle; what they are and what prices their calls can be changed."""

    def __init__(self, path: Path, pbxs: list[Pbx], prices: Pricing = PRICES) -> None:
        self.path, self.pbxs, self.prices = path, pbxs, prices
        lend_reserve(path)
        allow(path, *pbxs)
        self.site = Site.open(path, purpose="a test")
        self.engine = Engine(self.site, lambda: self.pbxs)
        self.engine.meanings.prices = lambda: self.prices
        self.site.store.lend_tariffs(KNOWN.get)
        self.engine.start(sources=False)
        self.at_work = True
        settle(self.engine)

    def change(self, *, prices: Pricing | None = None, **of_hts: object) -> None:
        self.prices = prices or self.prices
        self.pbxs = [msgspec.structs.replace(self.pbxs[0], **of_hts), *self.pbxs[1:]]
        self.engine.apply()
        settle(self.engine)

    def rows(self) -> Rows:
        return self.site.store.rows(COLUMNS)

    def unreachable(self) -> Rows:
        """Return calls whose last change the feed of changes never comes to."""
        return self.site.store.rows("SELECT id FROM call, changes WHERE meaning > last OR meaning < change")

    def stop(self) -> None:
        if self.at_work:
            self.at_work = False
            self.engine.stop()
            self.site.close()

    def read_afresh(self) -> Rows:
        """Return what another site has that reads the same journal from its beginning."""
        self.stop()
        other = self.path.with_name("afresh")
        copy_site(self.path, other)
        for each in other.glob("calls.duckdb*"):
            each.unlink()
        afresh = BundledSite(other, self.pbxs, self.prices)
        found = afresh.rows()
        afresh.stop()
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BundledSite]:
    pbxs = [msgspec.structs.replace(a_pbx(name), plan=PLAN) for name in ("hts", "other")]
    made = BundledSite(tmp_path / "site", pbxs)
    import_file(made.engine, "hts", b"".join(LINES[200:]))
    import_file(made.engine, "other", b"".join(OTHERS))
    yield made
    made.stop()


def imported_late(site: BundledSite) -> None:
    import_file(site.engine, "hts", b"".join(LINES[:200]))


def imported_again(site: BundledSite) -> None:
    import_file(site.engine, "hts", b"".join(LINES[150:]))
    import_file(site.engine, "hts", b"".join(LINES[200:]))


def taken_back(site: BundledSite) -> None:
    body = import_file(site.engine, "hts", b"".join(LINES[:200]))
    site.engine.imports.take_back(body)
    settle(site.engine)


def put_back(site: BundledSite) -> None:
    body = import_file(site.engine, "hts", b"".join(LINES[:200]))
    for again in (site.engine.imports.take_back, site.engine.imports.put_back):
        again(body)
        settle(site.engine)


def removed(site: BundledSite) -> None:
    site.change(removed=True)


def removed_and_brought_back(site: BundledSite) -> None:
    site.change(removed=True)
    imported_elsewhere = b"".join(some_lines(100, seed=3))
    import_file(site.engine, "other", imported_elsewhere)
    site.change(removed=False)


def given_another_zone(site: BundledSite) -> None:
    site.change(timezone="America/Los_Angeles")


def given_another_dial_plan(site: BundledSite) -> None:
    site.change(plan={"": {"country": "GB", "outside": "9"}})


def given_no_dial_plan_and_one_again(site: BundledSite) -> None:
    site.change(plan={})
    site.change(plan=PLAN)


def priced_again_for_some_hours(site: BundledSite) -> None:
    site.change(prices=DEARER_SINCE)
    import_file(site.engine, "hts", b"".join(LINES[:200]))


def rebuilt(site: BundledSite) -> None:
    import_file(site.engine, "hts", b"".join(LINES[:200]))
    site.engine.rebuild()
    settle(site.engine)


EVENTS: list[Callable[[BundledSite], None]] = [
    imported_late, imported_again, taken_back, put_back, removed, removed_and_brought_back, given_another_zone,
    given_another_dial_plan, given_no_dial_plan_and_one_again, priced_again_for_some_hours, rebuilt,
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: each.__name__)
def test_bundles_are_used_as_if_all_had_been_read_in_order(
    site: BundledSite,
    event: Callable[[BundledSite], None],
) -> None:
    event(site)
    found = site.rows()

    assert {row[5] for row in found} == {None, "minutes", "money"}
    assert site.unreachable() == []
    assert found == site.read_afresh()


def test_prices_for_some_hours_are_taken_back_with_all_that_bundles_had_given(site: BundledSite) -> None:
    before = site.rows()
    site.change(prices=DEARER_SINCE)
    assert site.rows() != before

    site.change(prices=PRICES)

    assert site.rows() == before
    assert before == site.read_afresh()


def test_what_is_lost_while_prices_change_comes_out_the_same(site: BundledSite) -> None:
    site.change(prices=DEARER_SINCE)
    found = site.rows()
    site.engine.rebuild()
    until(lambda: site.engine.lag().rebuilding or site.engine.lag().entries == 0)
    site.change(prices=PRICES)
    site.change(prices=DEARER_SINCE)

    assert site.rows() == found
    assert found == site.read_afresh()
