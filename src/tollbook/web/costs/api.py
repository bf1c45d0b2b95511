"""`/api/prices/unpriced`: what has no price."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tollbook.store.unpriced import UnpricedCalls, unpriced
from tollbook.web.api.listing import listed
from tollbook.web.api.shapes import FILTERS, lists
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.costs.asked import meant

router = WordRouter(tags=["costs"])


@router.get(
    "/prices/unpriced",
    summary="Calls that should have a price and have none",
    openapi_extra=lists(UnpricedCalls, words=FILTERS),
)
def list_unpriced(request: HttpRequest) -> HttpResponseBase:
    """List by reason and destination how many calls have no price, of those that all given filters mean."""
    found = unpriced(ledger_of(request), meant(words_of(request)))
    return listed(request, UnpricedCalls.__struct_fields__, map(msgspec.structs.asdict, found))
