"""The statements by which a preview compares what calls cost with what they would cost, and adds that up."""

from __future__ import annotations

from tollbook.store.schema import SHOWN

_AMOUNT, _SUM = "DECIMAL(24, 12)", "DECIMAL(38, 12)"
_MONEY = f"currency VARCHAR, calls BIGINT, old {_SUM}, new {_SUM}, old_cost {_SUM}, new_cost {_SUM}"
LASTING = f"""
CREATE OR REPLACE TEMP TABLE preview_destinations (country VARCHAR, kind VARCHAR, {_MONEY});
CREATE OR REPLACE TEMP TABLE preview_departments (department VARCHAR, {_MONEY});
CREATE OR REPLACE TEMP TABLE preview_reasons (because VARCHAR, calls BIGINT);
CREATE OR REPLACE TEMP TABLE preview_counts (
  calls BIGINT, dearer BIGINT, cheaper BIGINT, other BIGINT, becoming_priced BIGINT, becoming_unpriced BIGINT,
  unpriced BIGINT
);
CREATE OR REPLACE TEMP TABLE preview_most (
  place BIGINT, old {_AMOUNT}, old_currency VARCHAR, new {_AMOUNT}, new_currency VARCHAR
)
"""
"""What is held from lot to lot."""
_OWES = "t.direction = 'outgoing'"
COMPARED = f"""
SELECT * FROM (
  SELECT t.place, t.number_country AS country, t.number_kind AS kind, o.department,
    t.price AS old, t.cost AS old_cost, CASE WHEN t.price IS NOT NULL THEN t.price_currency END AS old_currency,
    p.price AS new, p.cost AS new_cost, CASE WHEN p.price IS NOT NULL THEN p.price_currency END AS new_currency,
    p.unpriced_because AS because,
    t.price IS NULL AND (t.unpriced_because IS NOT NULL OR {_OWES}) AS old_unpriced,
    p.price IS NULL AND (p.unpriced_because IS NOT NULL OR {_OWES}) AS new_unpriced
  FROM {{calls}} LEFT JOIN priced p ON p.place = t.place LEFT JOIN main.owner o ON o.id = t.assignment
) WHERE old IS NOT NULL OR new IS NOT NULL OR old_unpriced OR new_unpriced
"""
_SAME = "old_currency = new_currency"


def _summed(table: str, keys: str) -> str:
    """Return a statement that adds sums by some columns; a call whose currency changes counts in both."""
    return f"""
INSERT INTO {table}
SELECT {keys}, coalesce(new_currency, old_currency), count(*), coalesce(sum(old) FILTER (one), 0),
  coalesce(sum(new), 0), coalesce(sum(old_cost) FILTER (one), 0), coalesce(sum(new_cost), 0)
FROM (SELECT *, (old_currency IS NULL OR new_currency IS NULL OR {_SAME}) AS one FROM compared) GROUP BY ALL
UNION ALL
SELECT {keys}, old_currency, count(*), sum(old), 0, sum(old_cost), 0 FROM compared WHERE old_currency <> new_currency
GROUP BY ALL"""


SUMMED = (
    _summed("preview_destinations", "country, kind"),
    _summed("preview_departments", "department"),
    "INSERT INTO preview_reasons SELECT because, count(*) FROM compared WHERE new_unpriced GROUP BY because",
)
COUNTED = f"""
INSERT INTO preview_counts
SELECT count(*), count(*) FILTER ({_SAME} AND new > old), count(*) FILTER ({_SAME} AND new < old),
  count(*) FILTER (old_currency <> new_currency), count(*) FILTER (old IS NULL AND new IS NOT NULL),
  count(*) FILTER (old IS NOT NULL AND new IS NULL), count(*) FILTER (new_unpriced) FROM compared
"""
_OTHERWISE = "old_currency <> new_currency OR new <> old"
_RANKED = f"""QUALIFY row_number() OVER (
  PARTITION BY old_currency, new_currency
  ORDER BY CASE WHEN {_SAME} THEN abs(new - old) ELSE greatest(old, new) END DESC, place) <= {{most}}"""
"""Calls of one currency are compared with one another alone, and those that change it too."""
TOP = f"""
INSERT INTO preview_most SELECT place, old, old_currency, new, new_currency FROM compared
WHERE {_OTHERWISE} {_RANKED}
"""
MOST = f"CREATE OR REPLACE TEMP TABLE changed_most AS FROM preview_most {_RANKED}"
CHOSEN = f"""
SELECT t.id::VARCHAR, t.pbx, t.started_local, t.extension, {SHOWN["called"]}, t.number_country, t.talk_s,
  m.old, m.old_currency, m.new, m.new_currency
FROM (SELECT *, rowid AS place FROM call WHERE rowid IN (SELECT place FROM changed_most)) t
JOIN changed_most m ON m.place = t.place
ORDER BY m.old_currency, m.new_currency, abs(m.new - m.old) DESC, t.place
"""
