"""Missed calls as people work them off: what a site has set, and what somebody has said of an entry."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from tollbook.model.problem import Problem

ClosedHow = Literal["called back", "got through"]
"""How the ledger tells that an entry is done."""
DoneHow = Literal["called", "set aside"]
"""How somebody says that an entry is done: they have called otherwise than by a PBX of the site, or nobody needs to."""
State = Literal["open", "done", "all"]
LONGEST_NOTE = 500
MOST_AT_ONCE = 200
"""Entries that are set aside together."""
LONGEST_REGION = 20
LONGEST_SPAN_DAYS, LONGEST_TARGET, LONGEST_SHORT_S = 180, 7 * 1440, 120


class MissedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a site has set: how soon callers are due, when it is open, which calls are too short, how far back it looks.

    `open` are opening hours by the clock of each PBX, `target_minutes` minutes of these; on the `holidays` of a country
    or a part of it (`DE-BY`) there are none. An unanswered call that rang
    for less than `shortest_s` seconds is left out.
    """

    target_minutes: int = 60
    open: str = "mon-fri 08:00-18:00"
    shortest_s: int = 5
    span_days: int = 30
    holidays: str = ""

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the numbers; the opening hours have their own reading."""
        bounds = (
            ("target_minutes", self.target_minutes, 0, LONGEST_TARGET, "minutes within opening hours"),
            ("shortest_s", self.shortest_s, 0, LONGEST_SHORT_S, "seconds"),
            ("span_days", self.span_days, 1, LONGEST_SPAN_DAYS, "days"),
        )
        return [
            Problem(f"'{name}' must be {least} to {most}", f"got {value}", help=f"a whole number of {unit}")
            for name, value, least, most, unit in bounds
            if not least <= value <= most
        ]


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of an entry, by one of its calls. Moments are UTC.

    `claimed_by` said that they will call. `done_by` said that it is done; a try after `done_at` opens it again.
    """

    call: UUID
    claimed_by: str = ""
    claimed_at: datetime | None = None
    done_by: str = ""
    done_at: datetime | None = None
    done_how: str = ""
    note: str = ""
