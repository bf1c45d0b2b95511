"""The calls that whoever makes a request may see."""

from __future__ import annotations

from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.store.ledger import Ledger
from tollbook.web.people.roles import access_of


def ledger_of(request: HttpRequest) -> Ledger:
    """Return the ledger as whoever makes a request may see it; only for requests that were let in."""
    return engine().ledger(access_of(request))
