"""Entries of missed calls as pages and API show them: numbers and names come from the ledger of whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from tollbook.model.missed import FollowUp
from tollbook.numbering.written import MASK
from tollbook.store.ledger import Ledger
from tollbook.store.missed_questions import (
    CallFacts,
    MissedEntry,
    MissedFound,
    MissedQuestion,
    call_facts,
    missed_entries,
    rung_extensions,
)
from tollbook.store.named import NOBODY, telephone_owners
from tollbook.web.zones import today

_NEAR_DAYS = {0: "today", -1: "yesterday", 1: "tomorrow"}
_MOST_OF_A_YEAR = 300
_DIALLED = frozenset("+0123456789*#")
_ENDINGS = {
    "busy": "busy",
    "failed": "failed",
    "voicemail": "voice mail took it",
    "unknown": "unknown: the PBX does not tell whether it was answered",
}
_NO_FACTS = CallFacts(caller="", number="", name="", extension="", person="", department="", ddi="")


class RungTelephone(msgspec.Struct, frozen=True):
    """An extension that rang, and whose it was on that day."""

    extension: str
    name: str


class MissedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One lost caller. Moments that end in `_at` are UTC with `Z`, others are by the clock of the PBX.

    `id` is the first missed call that is seen, `calls` are all of them. `done` is empty while somebody has to call:
    else called back, got through (both by calls), called or set aside (both said by somebody); `after_s` is how long
    that was after the first try. `over` says that it is open and its time is over. `tried_again` says that it is open
    since the caller tried again after it was set aside. `outcomes` has `unknown` where the PBX does not tell whether
    it was answered.
    """

    id: UUID
    done: str
    over: bool
    caller: str
    number_e164: str
    name: str
    pbx: str
    department: str
    rung: list[str]
    ddi: str
    tries: int
    first_at: str
    last_at: str
    first_local: str
    last_local: str
    waited_s: int
    outcomes: list[str]
    due_at: str
    due_local: str
    claimed_by: str
    claimed_at: str
    done_by: str
    done_at: str
    after_s: int | None
    note: str
    tried_again: bool
    calls: list[str]


class ShownMissed(msgspec.Struct, frozen=True, kw_only=True):
    """A row with what only a page needs: the number to be dialled, and whose the telephones were that rang."""

    row: MissedRow
    dialled: str
    telephones: list[RungTelephone]
    today: date

    @property
    def first(self) -> str:
        """When the first try was, by the clock of the PBX."""
        return when(self.row.first_local, self.today)

    @property
    def last(self) -> str:
        """When the last try was; on the day of the first one the time alone."""
        is_same_day = self.row.first_local[:10] == self.row.last_local[:10]
        return f"{_moment(self.row.last_local):%H:%M}" if is_same_day else when(self.row.last_local, self.today)

    @property
    def due(self) -> str:
        """When the caller is due; nothing where they are not."""
        return when(self.row.due_local, self.today) if self.row.due_local else ""

    @property
    def last_call(self) -> str:
        """The last missed call."""
        return self.row.calls[-1]

    @property
    def said(self) -> str:
        """How the calls ended, where that is more than that nobody answered."""
        return ", ".join(_ENDINGS[each] for each in self.row.outcomes if each in _ENDINGS)


class MissedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries as they are shown, and how many there are."""

    rows: list[ShownMissed]
    open: int
    done: int
    over: int


def when(local: str, today: date) -> str:
    """Return a moment of the PBX's clock for people: the day as it is called seen from today, and the time.

    >>> when("2026-03-02T09:00:00", date(2026, 3, 2)), when("2026-02-27T18:30:00", date(2026, 3, 2))
    ('today 09:00', 'Fri 27 Feb 18:30')
    """
    moment = _moment(local)
    days = (moment.date() - today).days
    day = (
        _NEAR_DAYS.get(days)
        or f"{moment:%a} {moment.day} {moment:%b}{'' if abs(days) < _MOST_OF_A_YEAR else f' {moment.year}'}"
    )
    return f"{day} {moment:%H:%M}"


def _moment(local: str) -> datetime:
    return datetime.fromisoformat(local)


def missed_page(ledger: Ledger, asked: MissedQuestion) -> MissedPage:
    """Return the entries of a page through a ledger."""
    found = missed_entries(ledger, asked)
    return MissedPage(rows=shown_entries(ledger, found.entries), **_counts(found))


def _counts(found: MissedFound) -> dict[str, int]:
    return {"open": found.open, "done": found.done, "over": found.over}


def shown_entries(ledger: Ledger, entries: Sequence[MissedEntry]) -> list[ShownMissed]:
    """Return entries as they are shown; some questions for all of them together."""
    if not entries:
        return []
    lasts = call_facts(ledger, ((each.calls[-1], each.last_at) for each in entries))
    closers = ((each.closed_by, each.closed_at) for each in entries)
    talks = call_facts(ledger, ((key, at) for key, at in closers if key and at))
    first_at, last_at = min(each.first_at for each in entries), max(each.last_at for each in entries)
    rung = rung_extensions(ledger, [call for each in entries for call in each.calls], first_at, last_at)
    rows = [_row(each, lasts.get(each.calls[-1], _NO_FACTS), talks, rung) for each in entries]
    days = {(row.pbx, extension, row.last_local[:10]) for row in rows for extension in row.rung}
    owners = telephone_owners(ledger, days)
    return [
        ShownMissed(
            row=row,
            today=today(row.pbx),
            dialled=_dialled(row),
            telephones=[
                RungTelephone(each, owners.get((row.pbx, each, row.last_local[:10]), NOBODY).name) for each in row.rung
            ],
        )
        for row in rows
    ]


def _dialled(row: MissedRow) -> str:
    """Return the number as a telephone dials it; nothing where it is not whole."""
    number = row.number_e164 or "".join(each for each in row.caller if each not in " -()./")
    return number if number and MASK not in number and set(number) <= _DIALLED else ""


def _row(
    entry: MissedEntry,
    facts: CallFacts,
    talks: dict[UUID, CallFacts],
    rung: dict[UUID, list[str]],
) -> MissedRow:
    legs = {extension for call in entry.calls for extension in rung.get(call, ())}
    talk = talks.get(entry.closed_by, _NO_FACTS) if entry.closed_by else _NO_FACTS
    return MissedRow(
        id=entry.id,
        over=entry.is_over,
        caller=facts.caller,
        number_e164=facts.number,
        name=facts.name,
        pbx=entry.pbx,
        department=facts.department,
        rung=sorted({*entry.extensions, *legs}),
        ddi=facts.ddi,
        tries=entry.tries,
        first_at=_told(entry.first_at),
        last_at=_told(entry.last_at),
        first_local=entry.first_local.isoformat(),
        last_local=entry.last_local.isoformat(),
        waited_s=entry.waited_s,
        outcomes=entry.outcomes,
        due_at="" if entry.is_done else _told(entry.due_at),
        due_local=entry.due_local.isoformat() if entry.due_local and not entry.is_done else "",
        calls=[str(each) for each in entry.calls],
        **_said(entry, talk),
    )


def _said(entry: MissedEntry, talk: CallFacts) -> dict[str, Any]:
    """Return who will call, and how and by whom an entry is done: by the calls, else by what somebody said."""
    said = entry.follow_up or FollowUp(call=entry.id)
    is_said = said.done_at is not None and entry.is_done and entry.closed_at is None
    done_at = entry.closed_at or (said.done_at if is_said else None)
    is_claimed = said.claimed_at is not None and (said.done_at is None or said.claimed_at > said.done_at)
    return {
        "done": entry.closed_how or (said.done_how if is_said else ""),
        "claimed_by": said.claimed_by if is_claimed else "",
        "claimed_at": _told(said.claimed_at) if is_claimed else "",
        "done_by": (talk.person or talk.extension) if entry.closed_at else said.done_by if is_said else "",
        "done_at": _told(done_at),
        "after_s": None if done_at is None else max(int((_plain(done_at) - entry.first_at).total_seconds()), 0),
        "note": said.note,
        "tried_again": said.done_at is not None and not entry.is_done,
    }


def _plain(moment: datetime) -> datetime:
    """Return a moment as the store has it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _told(moment: datetime | None) -> str:
    return "" if moment is None else f"{_plain(moment).isoformat(timespec='seconds')}Z"
