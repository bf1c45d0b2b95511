"""Five questions that reports ask, in the words of each database.

One text serves all; only what the databases spell differently is filled in. Every question has one right answer,
down to the order of its rows, so that the answers can be compared.
"""

from __future__ import annotations

import msgspec

COLUMNS = (
    "id", "pbx", "direction", "outcome", "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s",
    "total_s", "extension", "caller", "called", "trunk", "account_code", "feature",
)  # fmt: skip
"""What the row stores are given of each call: all that reports use."""
KINDS = {"id": "uuid", "_at": "timestamp", "_local": "timestamp", "_s": "integer"}
"""The type of a column by the end of its name; all others are text."""
INDEXES = ("started_local", "extension, started_local", "caller, started_at", "called, started_at")


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a database spells what is not the same in all."""

    hour: str
    month: str


DUCKDB = Dialect(hour="hour(started_local)", month="year(started_local) * 100 + month(started_local)")
POSTGRESQL = Dialect(
    hour="extract(hour FROM started_local)::integer",
    month="extract(year FROM started_local)::integer * 100 + extract(month FROM started_local)::integer",
)
SQLITE = Dialect(
    hour="CAST(substr(started_local, 12, 2) AS INTEGER)",
    month="substr(started_local, 1, 4) * 100 + substr(started_local, 6, 2)",
)

_MONTH = "started_local >= '2025-11-01' AND started_local < '2025-12-01'"
_QUARTER = "started_local >= '2025-10-01' AND started_local < '2026-01-01'"

_QUESTIONS = {
    "calls by hour and direction, a month": f"""
SELECT {{hour}} AS hour, direction, count(*) FROM calls WHERE {_MONTH} GROUP BY 1, 2 ORDER BY 1, 2
""",  # noqa: S608 - our own words
    "busiest extensions with talk time, a quarter": f"""
SELECT extension, count(*) AS calls, count(*) FILTER (WHERE outcome = 'answered') AS answered, sum(talk_s) AS talk_s
FROM calls WHERE extension <> '' AND {_QUARTER} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
""",  # noqa: S608 - our own words
    "missed callers not called back, a month": f"""
WITH span AS (SELECT * FROM calls WHERE {_MONTH}),
missed AS (
  SELECT pbx, caller, count(*) AS tries, max(started_at) AS last_at FROM span
  WHERE direction = 'incoming' AND outcome <> 'answered' AND caller <> '' GROUP BY 1, 2
)
SELECT caller, tries, last_at FROM missed m
WHERE NOT EXISTS (
  SELECT 1 FROM span d WHERE d.pbx = m.pbx AND d.started_at > m.last_at AND d.outcome = 'answered'
  AND d.direction = 'incoming' AND d.caller = m.caller
) AND NOT EXISTS (
  SELECT 1 FROM span d WHERE d.pbx = m.pbx AND d.started_at > m.last_at AND d.outcome = 'answered'
  AND d.direction = 'outgoing' AND d.called LIKE '%' || m.caller
) ORDER BY 3 DESC, 1 LIMIT 50
""",  # noqa: S608 - our own words
    "longest calls to a part of a number, all time": """
SELECT started_local, extension, called, talk_s FROM calls WHERE called LIKE '%5550117%'
ORDER BY talk_s DESC, started_local, id LIMIT 50
""",
    "calls and talk time by month, trunk and outcome, all time": """
SELECT {month} AS month, trunk, outcome, count(*), sum(talk_s) FROM calls GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""",
}
NAMES = tuple(_QUESTIONS)


def spelt(dialect: Dialect) -> list[str]:
    """Return the questions, in order, as a database wants them."""
    words = msgspec.structs.asdict(dialect)
    return [text.format(**words).strip() for text in _QUESTIONS.values()]


def kind_of(column: str) -> str:
    """Return the type of a column.

    >>> kind_of("ring_s"), kind_of("started_local"), kind_of("caller")
    ('integer', 'timestamp', 'text')
    """
    return next((kind for ending, kind in KINDS.items() if column.endswith(ending)), "text")
