"""`/api/phone-bill`: the phone bill of a person, an extension or a department."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine.jobs import JobFailed
from tollbook.engine.runtime import engine
from tollbook.model.phone_bill import Mask, PhoneBill
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.render.bills.files import BILL_FORMATS, BillOptions, bill_file, bill_file_name, refuse_too_many
from tollbook.site.phone_bills import operations
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers, choice, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.chargeback.bill_asked import WHOLE_MONTHS, asked_bill, asked_subtotals
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.reports.asked import options_of


class WantedMask(Schema):
    """What phone bills leave out of numbers unless somebody says otherwise."""

    model_config = ConfigDict(extra="forbid")

    mask: Annotated[str, Field(max_length=40)]


class UsualMask(msgspec.Struct, frozen=True):
    """What phone bills leave out of numbers unless somebody says otherwise."""

    mask: Mask


router = WordRouter(tags=["chargeback"])
_WORDS = {
    "person": text("whose bill: a person, by name or mail"),
    "extension": text("whose bill: an extension"),
    "department": text("whose bill: a department with all below it, by its path"),
    "pbx": text("the PBX of the extension; needed where there are several"),
    "month": text(f"the month, 2026-10; or several, 2026-07..2026-09; or one of {', '.join(WHOLE_MONTHS)}"),
    "mask": choice("BillMask", "what is left out of numbers; else what the site has set"),
    "by": choice("BillSubtotals", "by what calls are put together in a PDF; kind unless said"),
    "format": choice("BillFormat", "how the bill is written; json unless said"),
    "csv": choice("CsvStyle", "how CSV is written"),
    "paper": choice("Paper", "on which paper a PDF is"),
}


@router.get("/phone-bill", summary="A phone bill", openapi_extra=answers(PhoneBill, words=_WORDS, files=True))
@needs("costs.see")
def make_phone_bill(request: HttpRequest) -> HttpResponse:
    """Return the phone bill of one person, extension or department for some months, as JSON or as a file.

    It has the calls and monthly charges of their line in the charge-back statement, and adds up to it.
    """
    words = words_of(request)
    name = words.get("format", "").strip() or "json"
    if name not in BILL_FORMATS:
        known = ", ".join(BILL_FORMATS)
        raise Misconfigured(Problem(f"no bill can be had as {name[:40]!r}", f"known are: {known}"))
    of_reports = options_of(words)
    by = asked_subtotals(words.get("by", ""))
    options = BillOptions(csv=of_reports.csv, paper=of_reports.paper, by=by, logo=of_reports.logo)
    bill, form = asked_bill(ledger_of(request), words), BILL_FORMATS[name]
    refuse_too_many(name, bill)  # here: a process of its own could only say that it failed
    try:
        data = engine().jobs.run(bill_file, name, bill, options) if form.is_heavy else bill_file(name, bill, options)
    except JobFailed as fault:
        raise Unavailable(f"the file could not be made: {fault}") from None
    response = HttpResponse(data, content_type=form.media_type, headers={"Cache-Control": "no-store"})
    if name != "json":
        response["Content-Disposition"] = f'attachment; filename="{bill_file_name(name, bill)}"'
    return response


@router.get("/phone-bill/mask", summary="What phone bills leave out", openapi_extra=answers(UsualMask))
@needs("costs.see")
def show_phone_bill_mask(request: HttpRequest) -> HttpResponse:
    """Return what phone bills leave out of numbers unless somebody says otherwise."""
    del request
    return answer(UsualMask(operations.usual_mask()))


@router.put("/phone-bill/mask", summary="Set what phone bills leave out", openapi_extra=answers(UsualMask))
@needs("prices.change")
def set_phone_bill_mask(request: HttpRequest, wanted: WantedMask) -> HttpResponse:
    """Set what phone bills leave out of numbers unless somebody says otherwise."""
    return answer(UsualMask(operations.set_usual_mask(actor_of(request), wanted.mask)))
