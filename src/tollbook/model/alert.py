"""Alerts: rules over calls, what they found, and how far the calls have been looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

import msgspec

from tollbook.model.access import Access
from tollbook.model.actor import Actor

AlertLevel = Literal["warning", "critical"]
LEVELS: tuple[AlertLevel, ...] = get_args(AlertLevel)
"""From the lower to the higher."""
When = Literal["always", "inside", "outside"]
WHENS: tuple[When, ...] = get_args(When)
"""Calls of any time, those within the hours of a rule, or those outside of them."""


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is kept: of a kind, with the kind's settings, for calls that filter words mean.

    `hours` are office hours such as `mon-fri 08:00-18:00`, `holidays` a country or a part of it (`DE-BY`) whose
    holidays lie outside of them, by the clock of the PBX. It tells of calls that ended at `since` or later; of none
    before the PBX has `history_days` days of calls. `digest_m` are minutes in which hits are collected for a message,
    `throttle_m` those that lie between two messages at least. `deliveries` are names of where messages go.
    """

    id: int
    name: str
    kind: str
    settings: Mapping[str, str] = {}
    words: Mapping[str, str] = {}
    hours: str = ""
    when: When = "always"
    holidays: str = ""
    since: datetime
    history_days: int = 0
    enabled: bool = True
    muted_until: datetime | None = None
    digest_m: int = 0
    throttle_m: int = 60
    deliveries: tuple[str, ...] = ()
    owner: Actor
    preset: bool = False


class OwnedRule(msgspec.Struct, frozen=True):
    """A rule, and what its owner may see."""

    rule: AlertRule
    access: Access


class AlertFound(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found: once per `key`, whatever is found of it later.

    `text` says it in a sentence, with `{number}` and `{cost}` where `parts` has them. `calls` are ids of some of its
    calls, the last ones first. `amount` is what was measured: it only grows. `at` is the moment that it tells of.
    """

    rule: int
    key: str
    level: AlertLevel
    at: datetime
    pbx: str = ""
    text: str
    parts: Mapping[str, str] = {}
    amount: int = 0
    calls: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    """Keys that it can have had before: those of records that its call is assembled from."""


class AlertPosition(msgspec.Struct, frozen=True):
    """Up to which change of the ledger calls were looked at."""

    epoch: str
    change: int
