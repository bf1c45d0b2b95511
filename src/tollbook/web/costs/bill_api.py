"""`/api/bills/check`: a carrier's bill against the ledger."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tollbook.model.page_limits import BILL_FILE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.rating.bills.bill_form import ROLES
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import BYTES, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.costs.billing import BillCheck, BillRow, checked_bill
from tollbook.web.people.roles import needs

router = WordRouter(tags=["costs"])

_WORDS = {
    "tariff": text("tariff of the carrier: calls that it prices are compared"),
    "pbx": text("name of a PBX, or several separated by commas"),
    "from": text("first day, by the clock of the bill; that of the bill's first call unless said"),
    "to": text("last day, included"),
    "tolerance": text("how far the times of a call may differ: 120s unless said"),
    "seconds": text("seconds by which lengths may differ; 1 unless said"),
    "price": text("amount by which prices may differ; what the bill rounds away unless said"),
    "zone": text("time zone of the bill, such as Europe/Berlin"),
    "decimal": text("what stands before decimals: point or comma"),
    "date-order": text("order of the parts of a date: dmy, mdy or ymd"),
    "duration": text("what a length is: seconds, minutes, m:s or h:m"),
    "number": text("how numbers without + are meant: dialled, or e164, with their country code"),
    "country": text("country in which numbers are dialled, two letters; that of the dial plan unless said"),
    "currency": text("currency of the bill, three letters"),
    **{f"column.{role}": text(f"name of the column of the {role}, or #2 for the second") for role in ROLES},
}


@router.post(
    "/bills/check", summary="Check a bill", openapi_extra={**BYTES, **lists(BillRow, of=BillCheck, words=_WORDS)}
)
@needs("prices.change")
def check_bill(request: HttpRequest) -> HttpResponseBase:
    """Lay the calls of a bill, a CSV file that is sent, beside ours, and say how they differ. Nothing is kept.

    What the file does not say is asked: then `ready` is false, and the settings of the questions are words of the next
    request. In other formats than JSON it is a list of all calls, the equal ones too.
    """
    words = words_of(request)
    data = request.read(BILL_FILE + 1)
    form = words.get("format", "json")
    found = checked_bill(request, words, data, whole=form != "json")
    if form == "json":
        return answer(found)
    if not found.ready:
        raise Misconfigured(
            *(
                Problem(
                    f"'{each.setting}' is missing",
                    f"{each.what} {each.why.capitalize()}",
                    help=" or ".join(f"{each.setting}={choice.value}" for choice in each.choices),
                )
                for each in found.questions
            ),
        )
    return listed(request, BillRow.__struct_fields__, map(msgspec.structs.asdict, found.calls))
