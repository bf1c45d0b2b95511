"""How several records of a PBX are known to be one call, as a dialect declares it.

A dialect without rules writes one record a call. The words are chosen so that each PBX family needs few of them:
which records belong together (`same`, `joins`, `within_s`, `follows`), where one call ends and the next begins
(`first`, `last`, `order`), and whether instants or durations are to be trusted (`times`). Of a PBX that writes events,
none of which is a call, `talk` says between which of them people talk, and `unended` what shows that one has ended.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tollbook.model.call import SOME_TEXTS, TEXTS

OUTSIDE_NUMBER = "outside_number"
"""Stands in `same` for the number outside the PBX: the caller of an incoming call, else the number called."""
KEYS = frozenset((*TEXTS, *SOME_TEXTS, OUTSIDE_NUMBER))
"""What records can have the same of."""


MOST_PARTIES = 10
"""Parties that talk may be said to need."""


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


class TalkRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[assembly.talk]`: between which events of a call there is talk.

    An event whose `leg` is one of `begins` lets a party in, one of `ends` takes it out again; `each` is the column that
    names the party, and without it the call has one. People talk while so many `parties` are in. Who is not taken out
    stays until the last event of the call. A call in which people talked is answered, from when they first did.
    """

    begins: tuple[str, ...]
    ends: tuple[str, ...]
    each: str = ""
    parties: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot hold."""
        if not (self.begins and self.ends):
            raise ValueError("`talk` needs words of `leg` for where it `begins` and where it `ends`")
        if set(self.begins) & set(self.ends):
            raise ValueError("an event cannot both begin and end `talk`")
        if self.each and self.each not in KEYS - {OUTSIDE_NUMBER}:
            raise ValueError(f"no column is called {self.each}; there are {', '.join(sorted(KEYS - {OUTSIDE_NUMBER}))}")
        if not 1 <= self.parties <= MOST_PARTIES:
            raise ValueError(f"`parties` are 1 to {MOST_PARTIES}")
        if self.parties > 1 and not self.each:
            raise ValueError("several `parties` need a column that names each")


class UnendedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[assembly.unended]`: what is the `status` of a call `without` any record of some words of `leg`."""

    without: tuple[str, ...]
    status: str

    def __post_init__(self) -> None:
        """Refuse what would take every call for one without an end, or leave such a call without a status."""
        if not (self.without and self.status):
            raise ValueError("`unended` needs words of `leg` that a call is `without`, and the `status` that says so")


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
    - `talk`: between which records people talk, where records are events that have no durations.
    - `unended`: what is told of a call whose end has not come.
    """

    same: tuple[str, ...] = ()
    joins: str = ""
    within_s: int = 3600
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    order: Order = Order.PLACE
    times: Times = Times.INSTANTS
    follows: tuple[str, ...] = ()
    talk: TalkRule | None = None
    unended: UnendedRule | None = None

    def __post_init__(self) -> None:
        """Refuse rules that cannot hold."""
        unknown = [name for name in (*self.same, *filter(None, [self.joins])) if name not in KEYS]
        faults = {
            f"no column is called {', '.join(unknown)}; there are {', '.join(sorted(KEYS))}": bool(unknown),
            "nothing says which records are one call: give `same` or `follows`": not (self.same or self.follows),
            "`joins` needs exactly one column in `same`": bool(self.joins) and len(self.same) != 1,
            "`joins` names a column of a record": self.joins == OUTSIDE_NUMBER,
            "`within_s` must be 0 or more": self.within_s < 0,
            "`talk` is between instants: `times` cannot be durations": bool(self.talk)
            and self.times is Times.DURATIONS,
        }
        for fault, is_so in faults.items():
            if is_so:
                raise ValueError(fault)
