"""How several records of a PBX are known to be one call, as a dialect declares it.

A dialect without rules writes one record a call. The words are chosen so that each PBX family needs few of them:
which records belong together (`same`, `joins`, `within_s`, `follows`), where one call ends and the next begins
(`first`, `last`, `order`), and whether instants or durations are to be trusted (`times`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tollbook.model.call import SOME_TEXTS, TEXTS

OUTSIDE_NUMBER = "outside_number"
"""Stands in `same` for the number outside the PBX: the caller of an incoming call, else the number called."""
KEYS = frozenset((*TEXTS, *SOME_TEXTS, OUTSIDE_NUMBER))
"""What records can have the same of."""


class Order(StrEnum):
    """What puts the records of a call in order: where they stand, when they begin, or that and then their `leg`."""

    PLACE = "place"
    TIME = "time"
    LEG = "leg"


class Times(StrEnum):
    """What can be trusted in the records of one call.

    `instants`: each record says when it began, so that talk which overlaps is counted once. `durations`: records share
    a start or round it, so that the PBX's own ring time stands and talk is added up.
    """

    INSTANTS = "instants"
    DURATIONS = "durations"


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[assembly]` of a dialect.

    - `same`: columns that the records of one call have the same of, or `outside_number`. A record in which the first of
      them is empty is a whole call.
    - `joins`: a column naming another call, by what its records have the same of, that this record is part of too.
    - `within_s`: seconds between the end of one record and the start of the next that are still one call; ids begin
      anew when a PBX restarts, and a caller calls again.
    - `first`: words of `leg` whose record always begins a call.
    - `last`: words of `leg` whose record always ends a call. A word in both is a call by itself.
    - `order`: `place` (as they came), `time`, or `leg` (by time, then by the text of `leg`: a segment's letter).
    - `times`: `instants` or `durations`, whichever of them the PBX writes exactly.
    - `follows`: words of `leg` whose record belongs to the one just before it in the same body, and only fills in what
      that one leaves empty.
    """

    same: tuple[str, ...] = ()
    joins: str = ""
    within_s: int = 3600
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    order: Order = Order.PLACE
    times: Times = Times.INSTANTS
    follows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rules that cannot hold."""
        unknown = [name for name in (*self.same, *filter(None, [self.joins])) if name not in KEYS]
        faults = {
            f"no column is called {', '.join(unknown)}; there are {', '.join(sorted(KEYS))}": bool(unknown),
            "nothing says which records are one call: give `same` or `follows`": not (self.same or self.follows),
            "`joins` needs exactly one column in `same`": bool(self.joins) and len(self.same) != 1,
            "`joins` names a column of a record": self.joins == OUTSIDE_NUMBER,
            "`within_s` must be 0 or more": self.within_s < 0,
        }
        for fault, is_so in faults.items():
            if is_so:
                raise ValueError(fault)
