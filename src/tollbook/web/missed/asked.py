"""Which entries of missed calls an address means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

import msgspec

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.missed import State
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.missed import operations
from tollbook.store.filters import ASKED, read_asked
from tollbook.store.missed_questions import MissedQuestion
from tollbook.web.zones import today

STATES: dict[State, str] = {"open": "Open", "done": "Done", "all": "All"}
FILTERS = tuple(name for name in ASKED if name not in ("direction", "outcome", "called-back"))
"""Words of the filter of calls that choose among missed ones."""
PER_PAGE = 50
_MOST = 10_000
_LONGEST_PAGE = 7
"""A number of so many digits is beyond every page."""


class AskedMissed(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: a state, words of the filter, and a page from 1 on."""

    state: State = "open"
    words: dict[str, str] = {}
    page: int = 1

    def address(self, **other: str | int) -> str:
        """Return the words of the address that means this, or the same with others."""
        told: dict[str, Any] = {"state": self.state, **self.words, "page": self.page, **other}
        usual = {"state": "open", "page": 1}
        return "?" + urlencode({name: text for name, text in told.items() if text and usual.get(name) != text})


def asked_missed(words: Mapping[str, str]) -> AskedMissed:
    """Return what words ask for; raises `Misconfigured`."""
    said = words.get("state", "") or "open"
    state = next((each for each in STATES if each == said), None)
    if state is None:
        reason = f"got {said[:40]!r}"
        raise Misconfigured(Problem(f"'state' must be one of {', '.join(STATES)}", reason, help=nearest(said, STATES)))
    kept = {name: words[name].strip() for name in FILTERS if words.get(name, "").strip()}
    return AskedMissed(state=state, words=kept, page=_page(words.get("page", "")))


def question(asked: AskedMissed, limit: int = PER_PAGE) -> MissedQuestion:
    """Return what is asked of the state, which is brought up first; raises `Misconfigured` for words of no filter."""
    where = read_asked(dict(asked.words), today(asked.words.get("pbx", "")))
    kept, now = engine().missed_watch.brought_up(), clock.now()
    ahead = {name: pbx.zone.utcoffset(now.astimezone(pbx.zone)) for name, pbx in engine().pbxs_of_calls().items()}
    return MissedQuestion(
        since=kept.since,
        now=now.replace(tzinfo=None),
        offsets={name: int(offset.total_seconds()) for name, offset in ahead.items() if offset is not None},
        follow_ups=operations.follow_ups(kept.since.replace(tzinfo=UTC)),
        where=where,
        state=asked.state,
        limit=min(limit, _MOST),
        offset=(asked.page - 1) * limit,
    )


def _page(text: str) -> int:
    if not text or (text.isascii() and text.isdigit() and len(text) < _LONGEST_PAGE):
        return max(int(text or 1), 1)
    raise Misconfigured(Problem("'page' must be a whole number from 1 on", f"got {text[:40]!r}"))
