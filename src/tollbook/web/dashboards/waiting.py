"""Callers who were missed and have not been called back, the latest first, with whose telephone rang."""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.engine.runtime import engine
from tollbook.store import questions
from tollbook.store.filters import read_asked, spelled_out
from tollbook.store.ledger import Ledger
from tollbook.store.named import telephone_owners
from tollbook.web.missed.asked import AskedMissed, question
from tollbook.web.missed.readiness import readiness
from tollbook.web.missed.shown import RungTelephone, ShownMissed, missed_page
from tollbook.web.zones import today


class WaitingCallers(msgspec.Struct, frozen=True):
    """The callers, the days' words by which their calls are listed, and what is not looked at yet, in words."""

    callers: list[dict[str, Any]]
    words: dict[str, str]
    behind: str = ""


def waiting_callers(ledger: Ledger, words: dict[str, str], most: int) -> WaitingCallers:
    """Return who waits of some days; of days that the list of missed calls does not look back to, by the calls."""
    ready = readiness()
    asked = msgspec.structs.replace(question(AskedMissed(words=words), most), order="latest")
    first = spelled_out(words, today(words.get("pbx", ""))).get("from", "")
    if first < asked.since.date().isoformat():
        callers = _of_before(ledger, words, most)
        return WaitingCallers(callers, words, ready.beside(callers))
    known = msgspec.structs.replace(asked, where=asked.where.and_("caller <> ''"))
    callers = [_caller(each) for each in missed_page(engine().site.recent(ledger), known).rows]
    return WaitingCallers(callers, words, ready.beside(callers))


def _caller(shown: ShownMissed) -> dict[str, Any]:
    row, rang = shown.row, shown.telephones[-1] if shown.telephones else RungTelephone("", "")
    return {
        "pbx": row.pbx,
        "caller": row.caller,
        "tries": row.tries,
        "last_local": row.last_local,
        "extension": rang.extension,
        "name": rang.name,
        "number_e164": row.number_e164,
        "number_name": row.name,
    }


def _of_before(ledger: Ledger, words: dict[str, str], most: int) -> list[dict[str, Any]]:
    where = read_asked({**words, "called-back": "no"}, today(words.get("pbx", "")))
    missed = questions.missed_callers(ledger, where, most)
    rung = [(each["pbx"], each["extension"] or "", str(each["last_local"])[:10]) for each in missed]
    owners = telephone_owners(ledger, rung)
    names = {key: owner.name for key, owner in owners.items()}
    return [{**each, "name": names.get(key, "")} for each, key in zip(missed, rung, strict=True)]
