"""The rejects that stand, and those that somebody put aside: still kept and listed, and no longer a reason to worry.

Who put what aside is state of the site; the store has a copy, so that both are one question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tollbook.store.ledger import Ledger, Values
from tollbook.store.schema import REJECT_VIEW

ASIDE = ("note", "put_aside_by", "put_aside_at")
"""What is said of a reject that was put aside, beside the columns of the view."""
_WRITTEN = {"id": "CAST(id AS VARCHAR)", "received_at": "strftime(received_at, '%Y-%m-%dT%H:%M:%SZ')"}


class RejectFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rejects are meant: of a PBX, of one import, only these; those that stand, or those put aside."""

    pbx: str = ""
    body: int | None = None
    ids: tuple[str, ...] | None = None
    aside: bool = False

    def condition(self) -> tuple[str, Values]:
        """Return it as SQL with the values bound in it."""
        parts: dict[str, tuple[str, Any]] = {}
        if self.pbx:
            parts["pbx"] = ("pbx = $pbx", self.pbx)
        if self.body is not None:
            parts["body"] = ("body = $body", self.body)
        if self.ids is not None:
            parts["ids"] = ("id IN (SELECT TRY_CAST(unnest($ids::VARCHAR[]) AS UUID))", list(self.ids))
        there = "put_aside_at IS NOT NULL" if self.aside else "put_aside_at IS NULL"
        return " AND ".join([there, *(sql for sql, _ in parts.values())]), {n: value for n, (_, value) in parts.items()}


_ALL = (
    "(SELECT r.*, a.note, a.who AS put_aside_by, a.moment AS put_aside_at "
    "FROM rejects r LEFT JOIN put_aside a ON a.id = r.id)"
)


def rejects(ledger: Ledger, wanted: RejectFilter, limit: int = 0) -> Iterator[dict[str, Any]]:
    """Yield rejects, newest first."""
    names = (*REJECT_VIEW, *(ASIDE if wanted.aside else ()))
    chosen = ", ".join(f"{_WRITTEN.get(name, name)} AS {name}" for name in names)
    condition, values = wanted.condition()
    most = f" LIMIT {int(limit)}" if limit else ""
    inner = f"SELECT * FROM {_ALL} WHERE {condition} ORDER BY received_at DESC, body DESC, member, position, id{most}"
    for row in ledger.stream(f"SELECT {chosen} FROM ({inner})", values):
        reject = dict(zip(names, row, strict=True))
        yield {**reject, "raw": _text(reject["raw"])}


def _text(raw: bytes | str) -> str:
    """Return a raw record as text, which it is already where ClickHouse answers: its bytes are texts."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace")


def reject_ids(ledger: Ledger, wanted: RejectFilter, most: int) -> list[tuple[str, str]]:
    """Return the ids of rejects with their PBXs, at most so many."""
    condition, values = wanted.condition()
    query = f"SELECT CAST(id AS VARCHAR), pbx FROM {_ALL} WHERE {condition} ORDER BY id LIMIT {int(most)}"
    return ledger.rows(query, values)


def count_rejects(ledger: Ledger, wanted: RejectFilter) -> int:
    """Return how many rejects are meant."""
    condition, values = wanted.condition()
    return int(ledger.rows(f"SELECT count(*) FROM {_ALL} WHERE {condition}", values)[0][0])
