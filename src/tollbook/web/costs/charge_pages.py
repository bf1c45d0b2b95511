"""The page that shows what PBXs reckon themselves beside what calls cost by tariffs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.store.pbx_charges import charges_compared
from tollbook.web.asking import ledger_of
from tollbook.web.costs.periods import asked_days
from tollbook.web.people.roles import needs

_MOST = 50


@needs("prices.see")
def pbx_charges(request: HttpRequest) -> HttpResponse:
    """The totals of PBXs and ours, and the calls that differ most."""
    asked = asked_days(request)
    found = charges_compared(ledger_of(request), asked.where, _MOST) if asked.where else None
    return render(request, "web/costs-pbx-charges.html", {"asked": asked, "found": found})
