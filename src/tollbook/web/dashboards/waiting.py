"""Callers who were missed and have not been called back, the latest first, with whose telephone rang."""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.store import questions
from tollbook.store.filters import read_asked
from tollbook.store.ledger import Ledger
from tollbook.store.named import telephone_owners
from tollbook.web.zones import today


class WaitingCallers(msgspec.Struct, frozen=True):
    """The callers, and the days' words by which their calls are listed."""

    callers: list[dict[str, Any]]
    words: dict[str, str]


def waiting_callers(ledger: Ledger, words: dict[str, str], most: int) -> WaitingCallers:
    """Return who waits of some days."""
    where = read_asked({**words, "called-back": "no"}, today(words.get("pbx", "")))
    missed = questions.missed_callers(ledger, where, most)
    rung = [(each["pbx"], each["extension"] or "", str(each["last_local"])[:10]) for each in missed]
    owners = telephone_owners(ledger, rung)
    names = {key: owner.name for key, owner in owners.items()}
    callers = [{**each, "name": names.get(key, "")} for each, key in zip(missed, rung, strict=True)]
    return WaitingCallers(callers, words)
