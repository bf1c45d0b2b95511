"""Parts of calls by who talked: `call_share`, a table of questions that has a row for each extension that talked.

A call that was handed from one extension to another has a part for each of them, as `rating.shares` divides it; any
other is one row, as it stands in `call`. Nothing of it is stored: legs are there already, and a leg that comes late
divides its call otherwise.
"""

from __future__ import annotations

from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.rating.shares import SHARE_PLACES
from tollbook.store.ledger import Ledger
from tollbook.store.owning import owner_by_span

_AS_THEY_ARE = (
    "id", "pbx", "direction", "started_local", "number_country", "number_kind", "account_assignment", "tariff",
    "price_currency", "unpriced_because",
)  # fmt: skip
CALL_SHARE = {
    **dict.fromkeys(_AS_THEY_ARE, "as in `call`"),
    "extension": "who talked; of a call that is not divided, its extension",
    "assignment": "whose it is by the directory on the day of the call: found as a call's is, with that extension",
    "talk_s": "seconds of the call's talk that count for it",
    "cost": "its share of the cost",
    "price": "its share of the price",
    "counted": "1 in one row of each call, that of its own extension where that talked; else 0",
}
"""The columns of `call_share`. Talk, cost, price and `counted` add up to those of the calls."""
_MILLION = 10**SHARE_PLACES
_SHARE = f"DECIMAL({SHARE_PLACES + 1}, {SHARE_PLACES})"
_MILLIONTH = f"0.{1:0{SHARE_PLACES}}::DECIMAL({SHARE_PLACES}, {SHARE_PLACES})"
_QUERY = """WITH talked AS (
  SELECT t.rowid AS place, l.extension AS talker, any_value(t.extension) AS own, min(l.started_at) AS began,
    least(sum(l.talk_s), {longest})::BIGINT AS talked_s
  FROM call t JOIN leg l ON l.call = t.id
  WHERE t.legs > 1 AND {within} AND l.talk_s > 0 AND l.direction <> 'internal' AND l.extension <> '' GROUP BY ALL
), summed AS (
  SELECT place, talker, talked_s, sum(talked_s) OVER (PARTITION BY place)::BIGINT AS of_s, sum(talked_s) OVER (
    PARTITION BY place ORDER BY talker IS DISTINCT FROM own, began, talker ROWS UNBOUNDED PRECEDING
  )::BIGINT AS until_s FROM talked
), part AS (
  SELECT t.* REPLACE (coalesce(s.talker, t.extension) AS extension), s.talker IS NOT NULL AS divided,
    coalesce(s.until_s = s.talked_s, true) AS first,
    coalesce(((s.until_s - s.talked_s) * {million} + s.of_s // 2) // s.of_s, 0) AS since,
    coalesce((s.until_s * {million} + s.of_s // 2) // s.of_s, {million}) AS until
  FROM call t LEFT JOIN (FROM summed WHERE talked_s < of_s) s ON s.place = t.rowid
  WHERE t.legs > 1 AND {within}
), call_share AS (
  SELECT {same}, t.extension, t.assignment, t.talk_s, t.cost * 1::{share} AS cost, t.price * 1::{share} AS price,
    1 AS counted FROM call t WHERE (t.legs IS NULL OR t.legs < 2) AND {within}
  UNION ALL
  SELECT {same}, t.extension, CASE WHEN t.divided THEN {owner} ELSE t.assignment END,
    (t.talk_s * t.until + {half}) // {million} - (t.talk_s * t.since + {half}) // {million}, t.cost * t.share,
    t.price * t.share, t.first::INTEGER
  FROM (SELECT *, ((until - since) * {millionth})::{share} AS share FROM part) t
)"""


def with_call_share(ledger: Ledger, within: str) -> str:
    """Return the beginning of a question, `WITH call_share AS …`, over calls `t` for which a condition holds.

    The condition is over columns of `call`, and has no values but by name.
    """
    owner = owner_by_span(ledger.rows, "t.started_local::DATE")
    return _QUERY.format(
        within=f"({within})",
        same=", ".join(f"t.{name}" for name in _AS_THEY_ARE),
        owner=owner,
        share=_SHARE,
        million=_MILLION,
        millionth=_MILLIONTH,
        half=_MILLION // 2,
        longest=LONGEST_DURATION_S,
    )
