"""The statements by which DuckDB prices many calls with whole numbers, and the tables that they join."""

from __future__ import annotations

from tollbook.rating.whole_numbers import LONGEST_S, MOST_STEPS

VERSION = """version INTEGER, label VARCHAR, currency VARCHAR, by_pbx BOOLEAN, attempt BOOLEAN,
  total BOOLEAN, unit_s BIGINT, unit_how VARCHAR, take_off_s BIGINT, below_s BIGINT, edges BOOLEAN, seconds BOOLEAN,
  first BOOLEAN, how VARCHAR"""
_STEP = ("from_s", "until_s", "increment_s", "a_second", "flat")
_STEPS = [f"{name}{number}" for number in range(MOST_STEPS) for name in _STEP]
_LINES = [f"{line}_{name}" for line in ("price", "cost") for name in ("times", "plus", "by")]
WHOLE = ("free_s", "free_below_s", "fee", "minimum", "maximum", "piece", *_LINES, *_STEPS)
TERMS = f"""version INTEGER, terms INTEGER, because VARCHAR, whole BOOLEAN, free BOOLEAN,
  {", ".join(f"{n} HUGEINT" for n in WHOLE)}"""


LINE = """pbx VARCHAR, trunk VARCHAR, trunk_group VARCHAR, direction VARCHAR, first TIMESTAMP, until TIMESTAMP,
  version INTEGER, because VARCHAR"""
_SLOT_US = 900_000_000
"""A quarter of an hour in microseconds: where it lies in one band, that is found by its number and not by order."""
ARRANGED = (
    """CREATE OR REPLACE TEMP TABLE line_version AS
    SELECT l.*, g.* EXCLUDE (version) FROM priced_line l LEFT JOIN rating_version g USING (version)""",
    f"""CREATE OR REPLACE TEMP TABLE band_slot AS
    SELECT version, slot, any_value(band) AS band, min(until) AS until, count(*) > 1 AS mixed FROM (
      SELECT version, band, epoch_us(until) AS until,
        unnest(range(epoch_us(first) // {_SLOT_US}, (epoch_us(until) - 1) // {_SLOT_US} + 1)) AS slot
      FROM band_span
    ) GROUP BY version, slot""",
    """CREATE OR REPLACE TEMP TABLE version_terms AS
    SELECT (row_number() OVER () - 1)::INTEGER AS key, * FROM (
      SELECT g.*, w.* EXCLUDE (version) FROM rating_version g JOIN whole_terms w USING (version)
      UNION ALL BY NAME SELECT *, NULL::INTEGER AS terms FROM rating_version
    )""",
)
"""What calls are joined with, put together once: lines and terms with what their version says, bands by slot.

Of a version there is one row without terms, too.
"""
_TALKED = """CASE WHEN unit_s = 1 THEN s
  WHEN unit_how = 'up' THEN (s + unit_s - 1) // unit_s * unit_s
  WHEN unit_how = 'down' THEN s // unit_s * unit_s
  WHEN unit_how = 'half-up' THEN (2 * s + unit_s) // (2 * unit_s) * unit_s
  ELSE (s // unit_s + CASE WHEN 2 * (s % unit_s) > unit_s
    OR (2 * (s % unit_s) = unit_s AND s // unit_s % 2 = 1) THEN 1 ELSE 0 END) * unit_s END"""
MATCHED = f"""
CREATE OR REPLACE TEMP TABLE matched AS
WITH lined AS (
  SELECT r.place, r.began, r.pbx, r.trunk_group, r.side, r.text,
    g.* EXCLUDE (pbx, trunk, trunk_group, direction, first, until),
    r.outcome = 'answered' OR (r.outcome = 'unknown' AND r.talk_s > 0) AS taken,
    (CASE WHEN g.total THEN r.total_s ELSE r.talk_s END)::BIGINT AS s
  FROM to_price r LEFT JOIN line_version g ON g.pbx = r.pbx AND g.trunk = r.trunk AND g.trunk_group = r.trunk_group
    AND g.direction = r.direction AND r.began >= g.first AND r.began < g.until
), talking AS (
  SELECT *, {_TALKED} AS talked FROM lined
), measured AS (
  SELECT *, taken AND talked > below_s AS answered,
    epoch_us(began) + CASE WHEN taken AND talked > below_s THEN take_off_s * 1000000 ELSE 0 END AS moment FROM talking
)
SELECT m.place, x.key, m.version, m.answered, m.talked, m.because AS line_because,
  m.version IS NULL OR coalesce(
    (m.version >= 0 AND b.mixed IS DISTINCT FROM false) OR m.by_pbx OR (NOT m.answered AND m.attempt AND x.free)
    OR (m.answered AND x.because IS NULL AND (
      NOT x.whole OR m.talked > {LONGEST_S} OR b.until <= m.moment
      OR (m.edges AND b.until < m.moment + m.talked * 1000000 AND NOT (t.even AND m.seconds))
    )), false) AS by_itself
FROM measured m
LEFT JOIN rated n ON n.pbx = m.pbx AND n.trunk_group = m.trunk_group AND n.side = m.side AND n.text = m.text
  AND n.version = m.version
LEFT JOIN band_slot b ON b.version = m.version AND b.slot = m.moment // {_SLOT_US}
LEFT JOIN band_terms t ON t.version = m.version AND t.vector = n.vector AND t.band = b.band
LEFT JOIN version_terms x ON x.version = m.version AND x.terms IS NOT DISTINCT FROM t.terms
"""
"""The joins are left ones throughout: so DuckDB knows how many rows there are, and hashes the small sides.

By itself is a call without a line, in a slot of two bands or none, or whose price whole numbers do not say.
"""


def _billed(number: int) -> str:
    """Return the seconds that a step charges, of `c` in all; increments count from its beginning or the call's."""
    begin, until, increment = f"from_s{number}", f"until_s{number}", f"increment_s{number}"
    base = f"CASE WHEN first THEN {begin} ELSE 0 END"
    end = f"{base} + (least(c, {until}) - {base} + {increment} - 1) // {increment} * {increment}"
    return f"CASE WHEN c > {begin} THEN {end} - {begin} ELSE 0 END"


def _due(line: str) -> str:
    """Return an amount, of `u` units, rounded as the version says."""
    times, plus, by = (f"{line}_{name}" for name in ("times", "plus", "by"))
    sum_ = f"(u * {times} + {plus})"
    rest = f"({sum_} % {by})"
    count = f"""CASE how WHEN 'half-up' THEN (2 * {sum_} + {by}) // (2 * {by})
      WHEN 'up' THEN ({sum_} + {by} - 1) // {by} WHEN 'down' THEN {sum_} // {by} ELSE {sum_} // {by}
      + CASE WHEN 2 * {rest} > {by} OR (2 * {rest} = {by} AND {sum_} // {by} % 2 = 1) THEN 1 ELSE 0 END END"""
    return f"(({count}) * piece)::DECIMAL(26, 0) * 0.000000000001::DECIMAL(12, 12)"


_NOTHING = "nothing"
RECKONED = f"""
INSERT INTO priced
WITH rated_calls AS (
  SELECT m.place, m.version, m.line_because, x.* EXCLUDE (version), CASE
      WHEN m.version < 0 OR m.line_because IS NOT NULL THEN 'none'
      WHEN NOT m.answered AND NOT x.attempt THEN '{_NOTHING}'
      WHEN x.because IS NOT NULL THEN 'none'
      WHEN NOT m.answered THEN 'fee'
      WHEN x.free_below_s > 0 AND greatest(m.talked - x.take_off_s, 0) <= x.free_below_s THEN '{_NOTHING}'
      ELSE 'seconds' END AS way,
    greatest(greatest(m.talked - x.take_off_s, 0) - x.free_s, 0) AS c
  FROM matched m LEFT JOIN version_terms x ON x.key = m.key WHERE NOT m.by_itself
), billed AS (
  SELECT *, {", ".join(f"{_billed(number)} AS b{number}" for number in range(MOST_STEPS))} FROM rated_calls
), valued AS (
  SELECT *, fee + {
    " + ".join(f"b{n} * a_second{n} + CASE WHEN b{n} > 0 THEN flat{n} ELSE 0 END" for n in range(MOST_STEPS))
} AS v FROM billed
), summed AS (
  SELECT *, CASE WHEN way = 'seconds' THEN greatest(minimum, CASE WHEN maximum >= 0 THEN least(maximum, v) ELSE v END)
    ELSE fee END AS u FROM valued
)
SELECT place,
  CASE way WHEN '{_NOTHING}' THEN 0 WHEN 'none' THEN NULL ELSE {_due("cost")} END,
  CASE way WHEN '{_NOTHING}' THEN 0 WHEN 'none' THEN NULL ELSE {_due("price")} END,
  CASE WHEN version >= 0 THEN currency END,
  label,
  CASE way WHEN 'seconds' THEN {" + ".join(f"b{n}" for n in range(MOST_STEPS))} WHEN 'none' THEN NULL ELSE 0 END,
  CASE WHEN way = 'none' THEN coalesce(line_because, because) END,
  NULL, NULL
FROM summed
"""
