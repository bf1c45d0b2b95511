"""What whoever makes a request may see: calls, and PBXs."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.model.access import Access
from tollbook.model.pbx import Pbx
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.ledger import Ledger
from tollbook.web.people.roles import access_of


def ledger_of(request: HttpRequest) -> Ledger:
    """Return the ledger as whoever makes a request may see it; only for requests that were let in."""
    return engine().ledger(access_of(request))


def recent_of(request: HttpRequest) -> Ledger:
    """Return the ledger of recent calls, for what follows calls one by one; see `Site.recent`."""
    return engine().site.recent(ledger_of(request))


def check_pbxs(names: str) -> None:
    """Raise `NotThere` unless all names, separated by commas, are of PBXs that calls are or were of."""
    there = engine().pbxs_of_calls()
    pbxs.check_known(*(name for name in names.split(",") if name.strip() not in there))


def pbxs_of(request: HttpRequest) -> dict[str, Pbx]:
    """Return the PBXs by name, for whoever sees some calls only those that have such calls."""
    access, known = access_of(request), engine().pbxs_of_calls()
    if access.is_whole:
        return known
    seen = _pbxs_within(msgspec.json.encode(access), str(engine().site.path), ledger_of(request).entry())
    return {name: pbx for name, pbx in known.items() if name in seen}


@lru_cache(maxsize=64)
def _pbxs_within(access: bytes, _site: str, _entry: int) -> frozenset[str]:
    """Return the PBXs with calls that an access takes in; asked again when another entry of the journal was read."""
    ledger = engine().ledger(msgspec.json.decode(access, type=Access))
    return frozenset(name for (name,) in ledger.rows("SELECT DISTINCT pbx FROM call"))
