"""`/api/prices/unpriced`, `…/preview`, `…/pbx-charges`: what has no price, what prices would be, what PBXs charge."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tollbook.model.page_limits import PREVIEWED_CALLS, TARIFF_UPLOAD
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.pbx_charges import ChargeComparison, ChargesCompared, charges_compared
from tollbook.store.unpriced import UnpricedCalls, unpriced
from tollbook.web.api.listing import answer, listed, whole
from tollbook.web.api.shapes import BYTES, FILTERS, answers, lists, text, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.costs.asked import meant
from tollbook.web.costs.previewing import USUAL_MOST, TariffPreview, previewed_calls
from tollbook.web.people.roles import needs
from tollbook.web.tariffs.texts import unpacked

router = WordRouter(tags=["costs"])


@router.get(
    "/prices/unpriced",
    summary="Calls that should have a price and have none",
    openapi_extra=lists(UnpricedCalls, words=FILTERS),
)
@needs("prices.see")
def list_unpriced(request: HttpRequest) -> HttpResponseBase:
    """List by reason and destination how many calls have no price, of those that all given filters mean."""
    found = unpriced(ledger_of(request), meant(words_of(request)))
    return listed(request, UnpricedCalls.__struct_fields__, map(msgspec.structs.asdict, found))


_PREVIEW = {
    "tariff": text("name of the tariff; one that is not assigned takes the place of those that are"),
    "version": text("the version of it that counts for all of these calls, where nothing is sent"),
    "instead-of": text("the one assigned tariff whose place it takes; all unless said"),
    "valid-from": text("day from which what is sent is valid, where it does not say; the first of these calls unless"),
    "most": whole_number(f"most calls to list of those that change most; {USUAL_MOST} unless said"),
}


@router.post(
    "/prices/preview",
    summary="What calls would cost",
    openapi_extra={**BYTES, **answers(TariffPreview, words={**FILTERS, **_PREVIEW})},
)
@needs("prices.change")
def preview_prices(request: HttpRequest) -> HttpResponse:
    """Say what calls would cost by a version of a tariff that is sent, as it is to be added, or by another tariff.

    It is what `prices/again` for the same days would make of them. Nothing is changed. Where nothing is sent the
    versions of the tariff that the site has count.
    """
    data = request.read(TARIFF_UPLOAD + 1)
    if len(data) > TARIFF_UPLOAD:
        raise Misconfigured(Problem("the tariff is too large", f"more than {TARIFF_UPLOAD} bytes were sent"))
    words = words_of(request)
    most = whole(words, "most", USUAL_MOST)
    return answer(previewed_calls(request, words, unpacked(data) if data else None, most))


@router.get(
    "/prices/pbx-charges",
    summary="What PBXs reckon themselves, beside what calls cost",
    openapi_extra=lists(
        ChargeComparison,
        of=ChargesCompared,
        words={
            **FILTERS,
            "most": whole_number(f"most calls to list of those that differ most; {USUAL_MOST} unless said"),
        },
    ),
)
@needs("prices.see")
def compare_pbx_charges(request: HttpRequest) -> HttpResponseBase:
    """Return the totals of PBXs that write charges or units, and the calls that differ most.

    In other formats than JSON it is the totals alone.
    """
    words = words_of(request)
    most = min(whole(words, "most", USUAL_MOST), PREVIEWED_CALLS)
    found = charges_compared(ledger_of(request), meant(words), most)
    if words.get("format", "json") == "json":
        return answer(found)
    return listed(request, ChargeComparison.__struct_fields__, map(msgspec.structs.asdict, found.comparisons))
