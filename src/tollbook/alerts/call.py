"""A call as rules look at it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class AlertCall(msgspec.Struct, frozen=True, kw_only=True):
    """What rules read of a call. `number` is the one outside as it is shown; instants are UTC, naive as in the store.

    `price` is in the currency's unit times a million.
    """

    id: str
    pbx: str
    started_at: datetime
    ended_at: datetime
    started_local: datetime
    direction: str
    outcome: str
    missed: bool
    extension: str
    number: str
    trunk: str
    trunk_group: str
    account: str
    kind: str
    reach: str
    country: str
    talk_s: int
    total_s: int
    price: int | None
    currency: str
    legs: int


MICRO = 1_000_000
"""Parts of a currency's unit in which prices are counted."""
