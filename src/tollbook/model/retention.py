"""How long a site keeps what it knows of calls: the policy, what that comes to on a day, and what a run has done."""

from __future__ import annotations

from datetime import datetime

import msgspec

LEAST_DAYS = {"records": 7, "numbers": 30, "calls": 60, "history": 30, "looks": 30, "backups": 1}
"""The shortest time that each kind can be kept. Records and numbers are wanted by what a PBX sends again, by alerts and
by missed calls; calls by the months of reports and bundles."""
MOST_DAYS = 36_525
KINDS = {
    "records": "the records as the PBX wrote them",
    "numbers": "the last three digits of outside numbers, and names of callers",
    "calls": "the calls themselves, with their notes",
    "history": "what alerts found, who called back, messages and files that were sent",
    "looks": "who looked at whose calls",
    "backups": "backups that were made by plan",
}
"""What is kept for a time of its own, as people say it."""


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How many days each kind is kept; None: for ever."""

    records: int | None = None
    numbers: int | None = None
    calls: int | None = None
    history: int | None = None
    looks: int | None = None
    backups: int | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is ever dropped, masked or deleted."""
        return not any(msgspec.structs.astuple(self))


class RetentionCutoffs(msgspec.Struct, frozen=True, kw_only=True):
    """Before which moment (UTC) what is of a kind goes; None: nothing does.

    `calls` is the first of a month in the local time of each PBX: months go whole, so that no report has half of one.
    """

    records: datetime | None = None
    numbers: datetime | None = None
    calls: datetime | None = None
    history: datetime | None = None
    looks: datetime | None = None
    backups: datetime | None = None


class RetentionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has done, or would do.

    `records` are calls that have no record any more, `bodies` answers, files and connections whose `bytes` the journal
    dropped, and `held` those that it keeps although they are old: they have records that are younger, or that could not
    be read.
    """

    records: int = 0
    bodies: int = 0
    bytes: int = 0
    held: int = 0
    numbers: int = 0
    calls: int = 0
    rejects: int = 0
    notes: int = 0
    history: int = 0
    looks: int = 0
    backups: int = 0
