"""How far the state of missed calls is behind the records that have come: only without a gap may it say "nobody"."""

from __future__ import annotations

from collections.abc import Sized

import msgspec

from tollbook.engine.runtime import engine
from tollbook.render.formatting import long_time

_BRIEF_S = 5
"""Records that came so lately are on their way: a list that has entries need not tell of them."""


class MissedReadiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the list knows all that has come, and `behind`, what it waits for in words; empty where it does.

    `unread_entries` of the journal wait to be read, the first for `unread_s` seconds. While `rereading` records are
    read again. `unseen_changes` are new or changed calls that the list does not have yet.
    """

    behind: str
    unread_entries: int
    unread_s: int
    rereading: bool
    unseen_changes: int

    def beside(self, entries: Sized) -> str:
        """Return what is to be said beside entries: nothing of what comes all the time, where there are some."""
        is_brief = self.unread_s < _BRIEF_S and not self.rereading and not self.unseen_changes
        return "" if is_brief and entries else self.behind


def readiness() -> MissedReadiness:
    """Bring the state up as far as can be waited for; return what is missing then.

    Ask before what is shown is asked: what comes in between is then no gap that nobody was told of.
    """
    lag, kept = engine().lag(), engine().missed_watch.brought_up()
    told = list[str]()
    if lag.trouble:
        told.append("Records cannot be read just now: Home says why.")
    elif lag.rebuilding:
        told.append(f"Records are being read again from the journal, {lag.left:,} entries to go.")
    elif lag.entries:
        told.append(f"Records that came in the last {long_time(max(lag.waits_s, 1))} are still being read.")
    if kept.left:
        told.append(f"About {kept.left:,} new or changed calls are not looked at yet.")
    return MissedReadiness(
        behind=" ".join(told),
        unread_entries=lag.entries,
        unread_s=lag.waits_s,
        rereading=lag.rebuilding,
        unseen_changes=kept.left,
    )
