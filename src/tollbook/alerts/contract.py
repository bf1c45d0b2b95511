"""What a kind of alert says of itself: its options, and from these what it looks for.

Each kind is a folder in `kinds/` with one value, `ALERT`. What it looks for is one of a few forms that are evaluated
for all kinds alike: calls one by one, windows of calls, lines in use, use that is unusual, or what the site itself
finds. So a kind holds no loop and asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.model.alert import AlertLevel

Measured = Literal["calls", "minutes", "cost"]
MEASURED = ("calls", "minutes", "cost")
Dimension = Literal["extension", "trunk", "trunk_group", "account", "department", "number", "country", "currency"]


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls can be meant at all: by values of fields of `AlertCall`, and numbers that are at least or at most."""

    equal: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    least: tuple[tuple[str, int], ...] = ()
    most: tuple[tuple[str, int], ...] = ()

    def fits(self, call: AlertCall) -> bool:
        """Say whether a call can be meant."""
        return (
            all(getattr(call, name) in values for name, values in self.equal)
            and all((getattr(call, name) or 0) >= least for name, least in self.least)
            and all((getattr(call, name) or 0) <= most for name, most in self.most)
        )


class EachCall(msgspec.Struct, frozen=True, kw_only=True):
    """Calls are told of one by one. `critical` is the number of the field `by` from which on one is critical."""

    narrow: Narrowing
    told: Callable[[AlertCall], str]
    level: AlertLevel = "warning"
    by: str = ""
    critical: int | None = None


class CallWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What calls of a subject come to within any stretch of `window_s`, from `warning` or `critical` on.

    `told` is given the subject in words, the amount and the level's limit; amounts of cost are in millionths.
    """

    narrow: Narrowing
    per: tuple[Dimension, ...]
    measure: Measured
    window_s: int
    warning: int
    critical: int | None
    told: Callable[[str, int], str]


class LinesBusy(msgspec.Struct, frozen=True, kw_only=True):
    """From how many calls at once on the lines of a trunk group are told of."""

    warning: int | None
    lines: int


class UnusualUse(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of an extension in an hour, to any number or by country, beside what the weeks before had.

    It is told of from `least` calls and from `factor` times the most of before on; from twice that on it is critical.
    """

    narrow: Narrowing
    by_country: bool
    weeks: int
    least: int
    factor: int


class SiteState(msgspec.Struct, frozen=True, kw_only=True):
    """What the site itself finds: by topics of its troubles, states of budgets, or lost callers who are overdue."""

    topics: tuple[str, ...] = ()
    budgets: bool = False
    overdue: bool = False
    silent_s: int = 0
    """After so many seconds without a record a PBX is silent; 0 is never."""
    rejects: int = 0
    """From so many rejects of a PBX in an hour on; 0 is never."""


Looked = EachCall | CallWindow | LinesBusy | UnusualUse | SiteState


class AlertKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind: what it is called, its options, and what follows from them; `about` says what it is good for."""

    title: str
    about: str
    options: type[msgspec.Struct]
    looks_for: Callable[[Any], Looked]
    at_once: bool = False
    """Whether a rule tells of each hit at once where nothing else is said."""
    needs: str = ""
    """The permission without which nobody is shown what is found, where it is of no calls."""
