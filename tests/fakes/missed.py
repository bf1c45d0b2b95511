"""A store with calls of some callers, and what its state of missed calls then says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.fakes.calls import Made, calls_of
from tollbook.model.missed import MissedSettings
from tollbook.model.reading import Reading
from tollbook.numbering.plans import PlanSettings
from tollbook.store.batch import Batch, Piece, pack
from tollbook.store.ledger import Ledger
from tollbook.store.missed_keeping import MissedState
from tollbook.store.missed_questions import MissedFound, MissedQuestion, missed_entries
from tollbook.store.store import Store

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - as the store keeps instants
"""The first minute of a Monday, UTC; the PBXs' clocks show the same."""
NOW = MONDAY + timedelta(days=4)
ALWAYS = MissedSettings(open="always", target_minutes=60, shortest_s=5, span_days=30)
CALLER = "02079460135"
LONDON: PlanSettings = {"": {"country": "GB", "area-code": "20", "outside": "9"}}


def instant(hour: float) -> int:
    """Return the moment some hours into Monday, in seconds since 1970 UTC."""
    return int((MONDAY - datetime(1970, 1, 1)).total_seconds() + hour * 3600)  # noqa: DTZ001 - as above


def lost(hour: float, caller: str = CALLER, **other: object) -> Made:
    """Return an incoming call that nobody took."""
    at = instant(hour)
    usual = {"extension": "101", "called": "101", "ring_s": 20, "started_at": at, "started_local": at}
    return {"direction": "incoming", "outcome": "unanswered", "caller": caller, **usual, **other}


def taken(hour: float, caller: str = CALLER, **other: object) -> Made:
    """Return an incoming call that somebody took after five seconds."""
    talked = {"outcome": "answered", "ring_s": 5, "talk_s": 60, "extension": "102", "called": "102"}
    return {**lost(hour, caller), **talked, **other}


def dialled(hour: float, called: str = CALLER, **other: object) -> Made:
    """Return an outgoing call that was answered."""
    sides: Made = {"direction": "outgoing", "caller": "103", "called": called, "extension": "103"}
    return {**taken(hour), **sides, **other}


def put(store: Store, *made: Made, pbx: str = "front", body: int = 1) -> None:
    """Store calls of a PBX as one body."""
    piece = Piece(pbx=pbx, body=body, stream=False, member=0, received_at=0, reading=Reading(calls_of(*made), [], []))
    store.write(Batch(reads=[pack([piece])], entry=body, unfinished={}))


def put_each(store: Store, *made: Made) -> None:
    """Store calls, those of each PBX (`pbx`) together."""
    for body, pbx in enumerate(dict.fromkeys(str(each.get("pbx", "front")) for each in made), 1):
        put(store, *(each for each in made if each.get("pbx", "front") == pbx), pbx=pbx, body=body)


def asked(store: Store, settings: MissedSettings = ALWAYS, **other: object) -> MissedQuestion:
    """Return a question of what there is now, the state brought up by another holder of it each time."""
    kept = MissedState(store.cursor).bring_up(settings, NOW)
    assert kept
    told: dict[str, object] = {"state": "all", **other}
    return MissedQuestion(since=kept.since, now=NOW, offsets={"front": 0, "hotel": 0}, **told)  # type: ignore[arg-type] # words of it


def found(store: Store, settings: MissedSettings = ALWAYS, **other: object) -> MissedFound:
    """Return the entries, the latest first."""
    return missed_entries(Ledger(store), asked(store, settings, **other))


Told = list[tuple[int, str]]


def told(entries: MissedFound) -> Told:
    """Return of each entry, oldest first, how often it was tried and what became of it."""
    in_order = sorted(entries.entries, key=lambda each: (each.first_at, each.id))
    return [(each.tries, each.closed_how or "open") for each in in_order]


def rows_of(store: Store) -> Iterable[tuple[object, ...]]:
    """Return all that the state says of calls."""
    columns = "number, pbx, began, ended, waited_s, outcome, due, is_again, closed_at, closed_how, entry = id"
    return sorted(store.rows(f"SELECT id, {columns}, entry, closed_by FROM missed.tries"), key=str)  # noqa: S608 - ours
