"""Prices many calls at once, into the table `priced`: with whole numbers by DuckDB, and the rest one by one.

Few things decide over a price: the line and the moment say which version counts, number and version say which terms
hold in each of its bands, the moment says in which band. Each is found out once for all calls that have it in common
and joined; then a price is a row of whole numbers and the seconds of the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from tollbook.rating.bands import BandCalendar
from tollbook.rating.charging import NoPrice, Rater
from tollbook.rating.lines import EARLIEST, LATEST, Line, unconcerned
from tollbook.rating.rates import Destination
from tollbook.rating.tariff import ALWAYS, Band, Terms
from tollbook.rating.whole_numbers import MOST_STEPS, WholeTerms, whole_terms
from tollbook.store import bundling
from tollbook.store.arrow import INTEGER, TEXT, table
from tollbook.store.changes import in_runs
from tollbook.store.numbering import usable_plans
from tollbook.store.pricing import (
    GONE,
    STORED,
    PricedCall,
    Pricer,
    PricingInUse,
    fields,
    pricing_in_use,
    rater_of,
    tell,
)
from tollbook.store.pricing_statements import ARRANGED, LINE, MATCHED, RECKONED, TERMS, VERSION, WHOLE
from tollbook.store.registering import make_table, put_rows, registered
from tollbook.store.schema import PRICED, schemas_with_calls
from tollbook.store.unbacked import IS_MASKED

_Connection = duckdb.DuckDBPyConnection
FEW = 200
"""Calls that are sooner reckoned one by one."""
_TYPES = ("BIGINT", *PRICED.values())
_MADE = ", ".join(f"{name} {kind}" for name, kind in zip(("place", *PRICED), _TYPES, strict=True))
_WITHOUT_BUNDLES = f"t.bundle IS NULL OR t.tariff IS DISTINCT FROM p.tariff OR p.unpriced_because = '{GONE}'"
"""Whether a price stands as it is, and no bundle is to be settled first."""
_CONCERNED = f"""WHERE pbx IN (SELECT pbx FROM main.pricing) AND NOT (
  (pbx, direction) IN (SELECT (pbx, direction) FROM unconcerned)
  AND began >= TIMESTAMP '{EARLIEST.date()}' AND began < TIMESTAMP '{LATEST.date()}')"""
"""What is left out would come out with nothing, as most calls of an office do: it is neither joined nor reckoned."""
_OUTSIDE = -1
"""Stands for no band, and for no version."""
_NEVER = 1 << 40
_DAY = timedelta(days=1)
_MOST_REMEMBERED = 200_000
_MOST_VERSIONS = 64


def price(connection: _Connection, source: str, values: Sequence[object] = ()) -> None:
    """Fill the temporary table `priced` with what calls cost that a query gives.

    The query gives `place`, `began` (UTC) and `pricing.fields`. Calls of PBXs that have no prices get none, and are
    not in the table; nor are those in a direction that nothing is priced in.
    """
    in_use = pricing_in_use(connection)
    put_aside = [(pbx, each) for pbx, used in in_use.items() for each in unconcerned(used.pricing)]
    make_table(connection, "unconcerned", "pbx VARCHAR, direction VARCHAR", put_aside)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE to_price AS SELECT * FROM ({source}) s {_CONCERNED}", values)
    pbxs = {pbx for (pbx,) in connection.execute("SELECT DISTINCT pbx FROM to_price").fetchall()}
    price_by(connection, {pbx: used for pbx, used in in_use.items() if pbx in pbxs}, _versions)


def price_by(connection: _Connection, in_use: dict[str, PricingInUse], versions: Versions) -> None:
    """Fill the temporary table `priced` with what the calls of the temporary table `to_price` cost by something.

    All calls there are of PBXs in `in_use`. `versions` are remembered from one time to the next, and no two threads
    may share them: those of this module are the store's writer's.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE priced ({_MADE})")
    if not in_use:
        return
    pricer = Pricer(in_use, usable_plans(connection, list(in_use)))
    (count,) = connection.execute("SELECT count(*) FROM to_price").fetchall()[0]
    if count > FEW:
        together = _are_priced_together(connection, pricer, versions)
        alone = "SELECT place FROM matched WHERE by_itself" if together else "FROM to_price"
        _price_one_by_one(connection, pricer, f"FROM to_price SEMI JOIN ({alone}) USING (place)")
    elif count:
        _price_one_by_one(connection, pricer, "FROM to_price ORDER BY place")


def any_priced(connection: _Connection) -> bool:
    """Say whether calls of any PBX have prices."""
    return bool(connection.execute("SELECT 1 FROM main.pricing LIMIT 1").fetchall())


def reprice(connection: _Connection, pbx: str) -> int:
    """Price all calls of a PBX again, inside the caller's transaction; return how many cost something else now."""
    bundling.mark_taken_out(connection, "t.pbx = ?", [pbx])
    counts = {schema: _reprice(connection, f"{schema}.call", pbx) for schema in schemas_with_calls(connection)}
    bundling.mark(connection, f"SELECT t.*, {bundling.BEGAN} AS began FROM call t WHERE t.pbx = ?", [pbx])
    return counts["main"] + bundling.settle(connection)


def _reprice(connection: _Connection, source: str, pbx: str) -> int:
    def set_run(first: int, upto: int, offset: int) -> int:
        rows = f"t.pbx = ? AND t.rowid >= {first} AND t.rowid < {upto} AND NOT {IS_MASKED}"
        chosen = f"t.rowid AS place, coalesce(t.answered_at, t.started_at) AS began, {fields(STORED)}"
        price(connection, f"SELECT {chosen} FROM {source} t WHERE {rows}", [pbx])
        differs = {name: f"t.{name} IS DISTINCT FROM p.{name}" for name in PRICED}
        told_apart = ", ".join(f"{differ} AS other_{name}" for name, differ in differs.items())
        found = (
            f"SELECT t.rowid AS place, p.* EXCLUDE (place), {told_apart} FROM {source} t "
            "LEFT JOIN priced p ON p.place = t.rowid"
        )
        # What bundles have made of a price stays until they are settled, so that what comes out the same is not set.
        changed = f"{found} WHERE {rows} AND ({' OR '.join(differs.values())}) AND ({_WITHOUT_BUNDLES})"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE repriced AS {changed}", [pbx])
        # Each column that is set keeps what it was in memory until the transaction ends.
        asked = ", ".join(f"coalesce(bool_or(other_{name}), false)" for name in PRICED)
        told = connection.execute(f"SELECT {asked} FROM repriced").fetchall()[0]
        sets = [f"{name} = p.{name}" for name, is_other in zip(PRICED, told, strict=True) if is_other]
        if not sets:
            return 0
        set_all = ", ".join((*sets, f"meaning = {offset} + t.rowid"))
        statement = f"UPDATE {source} t SET {set_all} FROM repriced p WHERE t.rowid = p.place"
        return int(connection.execute(statement).fetchall()[0][0])

    return in_runs(connection, source, set_run)


def aligned(connection: _Connection, rows: int) -> None:
    """Put what is `priced` into the temporary table `aligned`, a row for each place from 0, empty where none is."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE aligned AS SELECT {', '.join(PRICED)} FROM range({rows}) r(place) "
        "LEFT JOIN priced USING (place) ORDER BY place",
    )


def _price_one_by_one(connection: _Connection, pricer: Pricer, query: str) -> None:
    found = connection.execute(query)
    names = [name for name, *_ in found.description or ()]
    told = []
    for row in found.fetchall():
        values = dict(zip(names, row, strict=True))
        place, began = values.pop("place"), values.pop("began")
        told.append((place, *pricer.reckon(PricedCall(**values, began=began.replace(tzinfo=UTC))).columns()))
    put_rows(connection, "priced", told, _TYPES)


def _are_priced_together(connection: _Connection, pricer: Pricer, versions: Versions) -> bool:
    """Price calls together; return whether nothing failed in that but the database, whose faults are raised."""
    try:
        _price_together(connection, pricer, versions)
    except duckdb.Error:
        raise
    except Exception as fault:  # noqa: BLE001 - a fault over one of them keeps no other from having its price
        tell("calls could not be priced together, and are one by one", f"{type(fault).__name__}: {fault}")
        return False
    return True


def _price_together(connection: _Connection, pricer: Pricer, versions: Versions) -> None:
    first, last = connection.execute("SELECT min(began), max(began) FROM to_price").fetchall()[0]
    days = [day for (day,) in connection.execute("SELECT DISTINCT began::DATE FROM to_price").fetchall()]
    common = _Common(pricer, versions, (first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)), days)
    lines = connection.execute("SELECT DISTINCT pbx, trunk, trunk_group, direction FROM to_price").fetchall()
    make_table(connection, "priced_line", LINE, common.lines(lines))
    numbers = connection.execute("SELECT DISTINCT pbx, trunk_group, side, text FROM to_price").fetchall()
    rated = table(common.rated(numbers))
    make_table(connection, "rating_version", VERSION, common.versions())
    make_table(
        connection, "band_span", "version INTEGER, first TIMESTAMP, band INTEGER, until TIMESTAMP", common.bands()
    )
    make_table(
        connection,
        "band_terms",
        "version INTEGER, vector INTEGER, band INTEGER, terms INTEGER, even BOOLEAN",
        common.band_terms(),
    )
    make_table(connection, "whole_terms", TERMS, common.terms())
    for statement in ARRANGED:
        connection.execute(statement)
    with registered(connection, "rated", rated):
        connection.execute(MATCHED)
    connection.execute(RECKONED)


class _Version:
    """A version at work: which terms a number has in each of its bands, each combination once, with a number."""

    def __init__(self, rater: Rater, label: str) -> None:
        self.rater, self.label = rater, label
        self.bands = (*(band.name for band in rater.tariff.bands), ALWAYS)
        self.terms: dict[Terms | str, int] = {}
        self.vectors: dict[tuple[int, ...], int] = {}
        self._known: dict[Destination, int] = {}

    def vector(self, number: Destination) -> int:
        """Return the number of the combination that a telephone number has."""
        found = self._known.get(number)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            rates = [self.rater.rate_in(number, band) for band in self.bands]
            terms = [rate.reason if isinstance(rate, NoPrice) else rate.terms for rate in rates]
            places = tuple(self.terms.setdefault(each, len(self.terms)) for each in terms)
            found = self._known[number] = self.vectors.setdefault(places, len(self.vectors))
        return found


class Versions:
    """Versions at work, by the identity of what prices by them; a few are remembered."""

    def __init__(self) -> None:
        self._known: dict[int, _Version] = {}

    def version(self, rater: Rater, label: str) -> _Version:
        """Return a version at work."""
        known = self._known.get(id(rater))
        if known is None:
            if len(self._known) >= _MOST_VERSIONS:
                self._known.clear()
            known = self._known[id(rater)] = _Version(rater, label)
        return known


_versions = Versions()


class _Common:
    """What calls from a moment until another have in common, on some days of UTC, as rows of tables."""

    def __init__(
        self,
        pricer: Pricer,
        versions: Versions,
        span: tuple[datetime, datetime],
        days: Sequence[date],
    ) -> None:
        self._pricer, self._versions = pricer, versions
        self._first, self._last = span
        self._days = sorted({each for day in days if day < date.max for each in (day, day + _DAY)})
        self._found: list[_Version] = []
        self._numbers: dict[int, int] = {}
        self._of_pbx: dict[str, set[int]] = {}

    def lines(self, lines: list[tuple[str, str, str, str]]) -> list[tuple[Any, ...]]:
        """Return which version counts on each line, from when until when, or why none does."""
        rows = []
        for pbx, trunk, group, direction in lines:
            zone = self._pricer.zone(pbx)
            for span in self._pricer.spans(pbx, Line(trunk, group, direction)):
                if span.first > self._last or span.until <= self._first:
                    continue
                rater = rater_of(span.version.digest, zone) if span.version else None
                number = self._number(pbx, rater, span.version.label) if rater and span.version else _OUTSIDE
                because = span.because or (GONE if span.version and not rater else None)
                rows.append((pbx, trunk, group, direction, span.first, span.until, number, because or None))
        return rows

    def _number(self, pbx: str, rater: Rater, label: str) -> int:
        version = self._versions.version(rater, label)
        number = self._numbers.setdefault(id(version), len(self._found))
        if number == len(self._found):
            self._found.append(version)
        self._of_pbx.setdefault(pbx, set()).add(number)
        return number

    def rated(self, numbers: list[tuple[str, str, str, str]]) -> dict[str, Any]:
        """Return the combination of terms that each telephone number has in each version of its PBX, as columns."""
        rows = []
        for pbx, group, side, text in numbers:
            number = self._pricer.number(pbx, side, text, group)
            rows += [(pbx, group, side, text, v, self._found[v].vector(number)) for v in self._of_pbx.get(pbx, ())]
        kinds = {"pbx": TEXT, "trunk_group": TEXT, "side": TEXT, "text": TEXT, "version": INTEGER, "vector": INTEGER}
        return {name: (kind, [row[place] for row in rows]) for place, (name, kind) in enumerate(kinds.items())}

    def versions(self) -> Iterator[tuple[Any, ...]]:
        """Yield what is said once for each version."""
        for number, version in enumerate(self._found):
            tariff = version.rater.tariff
            supervision = tariff.no_answer_supervision
            yield (
                number,
                version.label,
                tariff.currency,
                tariff.use == "pbx",
                tariff.fee_when == "attempt",
                tariff.duration == "total",
                tariff.duration_unit_s,
                tariff.duration_rounding,
                supervision.take_off_s if supervision else 0,
                supervision.free_below_s if supervision else -1,
                tariff.boundary != "start" and bool(tariff.bands),
                tariff.boundary == "second" and tariff.steps_from == "first",
                tariff.steps_from == "first",
                tariff.rounding.how,
            )

    def bands(self) -> Iterator[tuple[Any, ...]]:
        """Yield from when until when each band holds: as far as is known, which ends with a day not asked for."""
        for number, version in enumerate(self._found):
            places = {name: place for place, name in enumerate(version.bands)}
            spans = _band_spans(version.rater.calendar, self._days)
            yield from ((number, first, places[band.name if band else ALWAYS], until) for first, band, until in spans)

    def band_terms(self) -> Iterator[tuple[Any, ...]]:
        """Yield the terms of each combination by band, and whether it has the same in all of them."""
        for number, version in enumerate(self._found):
            for places, vector in version.vectors.items():
                for band, terms in enumerate(places):
                    yield number, vector, band, terms, len(set(places)) == 1

    def terms(self) -> Iterator[tuple[Any, ...]]:
        """Yield all terms in whole numbers."""
        for number, version in enumerate(self._found):
            for terms, place in version.terms.items():
                if isinstance(terms, str):
                    yield number, place, terms, False, False, *[None] * len(WHOLE)
                    continue
                whole = whole_terms(version.rater.tariff, terms)
                yield (
                    number,
                    place,
                    None,
                    bool(whole),
                    bool(whole and whole.free),
                    *(_row(whole) if whole else [None] * len(WHOLE)),
                )


def _row(whole: WholeTerms) -> list[int]:
    steps: list[int] = []
    for number in range(MOST_STEPS):
        step = whole.steps[number] if number < len(whole.steps) else None
        own = (step.from_s, step.until_s, step.increment_s, step.units_a_second, step.units_flat) if step else ()
        steps += own or (_NEVER, _NEVER, 1, 0, 0)
    return [
        whole.free_s, whole.free_below_s, whole.fee, whole.minimum, whole.maximum, whole.piece, *whole.price,
        *whole.cost, *steps,
    ]  # fmt: skip


def _band_spans(calendar: BandCalendar, days: Sequence[date]) -> list[tuple[datetime, Band | None, datetime]]:
    """Return from when until when each band holds on some days, which are in order."""
    found: list[tuple[datetime, Band | None, datetime]] = []
    for day in days:
        changes = [*calendar.changes(day)]
        ends = [*(moment for moment, _ in changes[1:]), changes[0][0] + _DAY]
        for (moment, band), until in zip(changes, ends, strict=True):
            goes_on = bool(found) and found[-1][1:] == (band, moment)
            found.append((found.pop()[0], band, until) if goes_on else (moment, band, until))
    return found
