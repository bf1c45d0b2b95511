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
_TALKED = """CASE WHEN g.unit_s = 1 THEN s
  WHEN g.unit_how = 'up' THEN (s + g.unit_s - 1) // g.unit_s * g.unit_s
  WHEN g.unit_how = 'down' THEN s // g.unit_s * g.unit_s
  WHEN g.unit_how = 'half-up' THEN (2 * s + g.unit_s) // (2 * g.unit_s) * g.unit_s
  ELSE (s // g.unit_s + CASE WHEN 2 * (s % g.unit_s) > g.unit_s
    OR (2 * (s % g.unit_s) = g.unit_s AND s // g.unit_s % 2 = 1) THEN 1 ELSE 0 END) * g.unit_s END"""
MATCHED = f"""
CREATE OR REPLACE TEMP TABLE matched AS
WITH lined AS (
  SELECT r.place, r.began, r.pbx, r.trunk_group, r.side, r.text, l.version, l.because AS line_because,
    r.outcome = 'answered' OR (r.outcome = 'unknown' AND r.talk_s > 0) AS answered,
    (CASE WHEN g.total THEN r.total_s ELSE r.talk_s END)::BIGINT AS s
  FROM to_price r JOIN priced_line l ON l.pbx = r.pbx AND l.trunk = r.trunk AND l.trunk_group = r.trunk_group
    AND l.direction = r.direction AND r.began >= l.first AND r.began < l.until
  LEFT JOIN rating_version g ON g.version = l.version
), measured AS (
  SELECT i.* REPLACE (i.answered AND i.talked > g.below_s AS answered),
    CASE WHEN i.answered AND i.talked > g.below_s THEN i.began + to_seconds(g.take_off_s) ELSE i.began END AS moment
  FROM (SELECT i.*, {_TALKED} AS talked FROM lined i LEFT JOIN rating_version g ON g.version = i.version) i
  LEFT JOIN rating_version g ON g.version = i.version
), banded AS (
  SELECT m.*, b.band, b.until AS band_until FROM measured m
  ASOF LEFT JOIN band_span b ON b.version = m.version AND b.first <= m.moment
)
SELECT m.place, m.version, m.answered, m.talked, t.terms, m.line_because,
  w.because AS because,
  coalesce(g.by_pbx OR (NOT m.answered AND g.attempt AND w.free) OR (m.answered AND w.because IS NULL AND (
    NOT w.whole OR m.talked > {LONGEST_S}
    OR m.band_until <= m.moment
    OR (g.edges AND m.band_until < m.moment + to_seconds(m.talked) AND NOT (t.even AND g.seconds))
  )), false) AS by_itself
FROM banded m LEFT JOIN rating_version g ON g.version = m.version
LEFT JOIN rated n ON n.pbx = m.pbx AND n.trunk_group = m.trunk_group AND n.side = m.side AND n.text = m.text
  AND n.version = m.version
LEFT JOIN band_terms t ON t.version = m.version AND t.vector = n.vector AND t.band = m.band
LEFT JOIN whole_terms w ON w.version = m.version AND w.terms = t.terms
"""


def _billed(number: int) -> str:
    """Return the seconds that a step charges, of `c` in all; increments count from its beginning or the call's."""
    begin, until, increment = f"w.from_s{number}", f"w.until_s{number}", f"w.increment_s{number}"
    base = f"CASE WHEN g.first THEN {begin} ELSE 0 END"
    end = f"{base} + (least(c, {until}) - {base} + {increment} - 1) // {increment} * {increment}"
    return f"CASE WHEN c > {begin} THEN {end} - {begin} ELSE 0 END"


def _due(line: str) -> str:
    """Return an amount, of `u` units, rounded as the version says."""
    times, plus, by = (f"w.{line}_{name}" for name in ("times", "plus", "by"))
    sum_ = f"(u * {times} + {plus})"
    rest = f"({sum_} % {by})"
    count = f"""CASE g.how WHEN 'half-up' THEN (2 * {sum_} + {by}) // (2 * {by})
      WHEN 'up' THEN ({sum_} + {by} - 1) // {by} WHEN 'down' THEN {sum_} // {by} ELSE {sum_} // {by}
      + CASE WHEN 2 * {rest} > {by} OR (2 * {rest} = {by} AND {sum_} // {by} % 2 = 1) THEN 1 ELSE 0 END END"""
    return f"(({count}) * w.piece)::DECIMAL(26, 0) * 0.000000000001::DECIMAL(12, 12)"


_NOTHING = "nothing"
RECKONED = f"""
INSERT INTO priced
WITH rated_calls AS (
  SELECT m.*, CASE
      WHEN m.version < 0 OR m.line_because IS NOT NULL THEN 'none'
      WHEN NOT m.answered AND NOT g.attempt THEN '{_NOTHING}'
      WHEN m.because IS NOT NULL THEN 'none'
      WHEN NOT m.answered THEN 'fee'
      WHEN w.free_below_s > 0 AND greatest(m.talked - g.take_off_s, 0) <= w.free_below_s THEN '{_NOTHING}'
      ELSE 'seconds' END AS way,
    greatest(greatest(m.talked - g.take_off_s, 0) - w.free_s, 0) AS c
  FROM matched m LEFT JOIN rating_version g ON g.version = m.version
  LEFT JOIN whole_terms w ON w.version = m.version AND w.terms = m.terms WHERE NOT m.by_itself
), billed AS (
  SELECT p.*, {", ".join(f"{_billed(number)} AS b{number}" for number in range(MOST_STEPS))}
  FROM rated_calls p LEFT JOIN rating_version g ON g.version = p.version
  LEFT JOIN whole_terms w ON w.version = p.version AND w.terms = p.terms
), summed AS (
  SELECT p.*, CASE WHEN p.way = 'seconds' THEN greatest(w.minimum, CASE WHEN w.maximum >= 0
      THEN least(w.maximum, v) ELSE v END) ELSE w.fee END AS u
  FROM billed p LEFT JOIN whole_terms w ON w.version = p.version AND w.terms = p.terms,
  LATERAL (SELECT w.fee + {
    " + ".join(f"p.b{n} * w.a_second{n} + CASE WHEN p.b{n} > 0 THEN w.flat{n} ELSE 0 END" for n in range(MOST_STEPS))
} AS v)
)
SELECT p.place,
  CASE p.way WHEN '{_NOTHING}' THEN 0 WHEN 'none' THEN NULL ELSE {_due("cost")} END,
  CASE p.way WHEN '{_NOTHING}' THEN 0 WHEN 'none' THEN NULL ELSE {_due("price")} END,
  CASE WHEN p.version >= 0 THEN g.currency END,
  g.label,
  CASE p.way WHEN 'seconds' THEN {
    " + ".join(f"p.b{number}" for number in range(MOST_STEPS))
} WHEN 'none' THEN NULL ELSE 0 END,
  CASE WHEN p.way = 'none' THEN coalesce(p.line_because, p.because) END,
  NULL, NULL
FROM summed p LEFT JOIN rating_version g ON g.version = p.version
LEFT JOIN whole_terms w ON w.version = p.version AND w.terms = p.terms
"""
