"""`/api/tariffs`, `/api/tariff-rules` and `/api/prices`: what calls cost, and by what."""

from __future__ import annotations

from datetime import date

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.page_limits import TARIFF_UPLOAD
from tollbook.model.pricing import TariffRule
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.files import StoredVersion, TariffFolder
from tollbook.store.price_questions import ExplainedPrice, explained_price
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import Name, Short
from tollbook.web.api.shapes import BYTES, answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.tariffs.texts import packed, unpacked

router = WordRouter(tags=["tariffs"])

_FROM = {"from": text("day from which it is valid, where the document does not say: 2026-01-01")}


class GivenRule(Schema):
    """Which calls a tariff prices: of a PBX, or of one of its trunks or trunk groups, in a direction; empty is any."""

    model_config = ConfigDict(extra="forbid")

    tariff: Name
    pbx: Name = ""
    trunk: Short = ""
    trunk_group: Short = ""
    direction: Short = "outgoing"
    first: date | None = Field(default=None, alias="from")
    until: date | None = None


class AskedPeriod(Schema):
    """From which day until before which; null is always."""

    model_config = ConfigDict(extra="forbid")

    first: date | None = Field(default=None, alias="from")
    until: date | None = None


class PriceState(msgspec.Struct, frozen=True):
    """The PBXs whose calls are being priced again, and what went wrong with it."""

    pricing: list[str]
    trouble: str


def folder() -> TariffFolder:
    """Return the folder of the site's tariffs."""
    return runtime.engine().tariffs


@router.get("/tariffs", summary="List the versions of tariffs", openapi_extra=lists(StoredVersion))
@needs("prices.see")
def list_tariffs(request: HttpRequest) -> HttpResponseBase:
    """List every version of every tariff."""
    return listed(request, StoredVersion.__struct_fields__, map(msgspec.to_builtins, folder().versions()))


@router.post(
    "/tariffs/{tariff}",
    summary="Add a version of a tariff",
    openapi_extra={**BYTES, **answers(operations.AddedVersion, words=_FROM)},
)
@needs("prices.change")
def add_tariff(request: HttpRequest, tariff: str, *, dry_run: bool = False) -> HttpResponse:
    """Take a version: its document, or a zip of `tariff.toml` and `tariff.csv`; with `dry_run` say what it changes."""
    data = request.read(TARIFF_UPLOAD + 1)
    if len(data) > TARIFF_UPLOAD:
        raise Misconfigured(Problem("the tariff is too large", f"more than {TARIFF_UPLOAD} bytes were sent"))
    document, prices = unpacked(data)
    given = operations.GivenVersion(
        tariff=tariff,
        document=document,
        prices=prices,
        first=words_of(request).get("from", ""),
    )
    return answer(operations.add(actor_of(request), folder(), given, dry_run=dry_run))


@router.get("/tariffs/{tariff}", summary="One version of a tariff", openapi_extra=answers(StoredVersion))
@needs("prices.see")
def show_tariff(request: HttpRequest, tariff: str, version: str = "") -> HttpResponse:
    """Return what is said of a version; without a name of the last one."""
    return answer(folder().texts(tariff, version)[0])


@router.get("/tariffs/{tariff}/texts", summary="The texts of a tariff", openapi_extra=answers(bytes))
@needs("prices.see")
def texts_of_tariff(request: HttpRequest, tariff: str, version: str = "") -> HttpResponse:
    """Return a version as it was added: a zip of `tariff.toml` and `tariff.csv`."""
    _, document, prices = folder().texts(tariff, version)
    return HttpResponse(packed(document, prices), content_type="application/zip")


@router.get("/tariff-rules", summary="List which calls tariffs price", openapi_extra=lists(TariffRule))
@needs("prices.see")
def list_rules(request: HttpRequest) -> HttpResponseBase:
    """List to which calls tariffs are assigned."""
    return listed(request, TariffRule.__struct_fields__, map(msgspec.to_builtins, operations.rules()))


@router.post("/tariff-rules", summary="Assign a tariff", openapi_extra=answers(TariffRule))
@needs("prices.change")
def assign_tariff(request: HttpRequest, rule: GivenRule) -> HttpResponse:
    """Let a tariff price calls from now on."""
    if rule.pbx:
        pbxs.find(rule.pbx)
    return answer(operations.assign(actor_of(request), folder(), TariffRule(id=operations.NEW, **rule.dict())))


@router.delete("/tariff-rules/{number}", summary="Take an assignment away", openapi_extra=answers(TariffRule))
@needs("prices.change")
def unassign_tariff(request: HttpRequest, number: int) -> HttpResponse:
    """Price calls from now on without it."""
    return answer(operations.unassign(actor_of(request), folder(), number))


@router.get("/prices", summary="Whether calls are being priced", openapi_extra=answers(PriceState))
@needs("prices.see")
def price_state(request: HttpRequest) -> HttpResponse:
    """Say of which PBXs calls are being priced again."""
    meanings = runtime.engine().meanings
    return answer(PriceState(meanings.pricing, meanings.trouble))


@router.post("/prices/again", summary="Price calls again", openapi_extra=answers(PriceState))
@needs("prices.change")
def price_again(request: HttpRequest, period: AskedPeriod) -> HttpResponse:
    """Price calls of some days by the tariffs of now, in the background; `prices/undo` takes that back."""
    first, until = (each.isoformat() if each else "" for each in (period.first, period.until))
    operations.price_again(actor_of(request), folder(), first, until)
    return price_state(request)


@router.post("/prices/undo", summary="Take back the last pricing", openapi_extra=answers(PriceState))
@needs("prices.change")
def price_as_before(request: HttpRequest) -> HttpResponse:
    """Give calls the price again that they had before they were priced again last."""
    operations.price_as_before(actor_of(request))
    return price_state(request)


@router.get("/calls/{key}/price", summary="How one call's price came about", openapi_extra=answers(ExplainedPrice))
@needs("costs.see")
def price_of_call(request: HttpRequest, key: str) -> HttpResponse:
    """Return what a call costs, and how that came about in sentences."""
    found = explained_price(ledger_of(request), key)
    if found is None:
        hint = "`tollbook calls --format json` shows ids"
        raise NotThere(Problem(f"no call has the id {key!r}", "this site has no such call", help=hint))
    return answer(found)
