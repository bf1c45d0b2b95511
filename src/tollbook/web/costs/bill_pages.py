"""The page on which a carrier's bill is checked: a file, what it does not say, then what differs.

The text of the bill stands on the page from the first answer on, so that questions can be answered without sending the
file again, and nothing has to be kept.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.model.page_limits import BILL_FILE, BILL_PASTE
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.spreadsheets import decoded
from tollbook.rating.bills.checking import BILL_OUTCOMES
from tollbook.web.api.listing import table_format, written
from tollbook.web.costs.billing import BILL_WORDS, BillCheck, BillRow, BillSum, checked_bill
from tollbook.web.people.roles import needs

_WORDS = ("tariff", "pbx", "from", "to", "tolerance")
_MOST_ROWS, _MOST_UNREAD = 200, 50
_ANSWER = "set."
"""What the name of an answer begins with in the form."""
_TITLES = {
    "zone": "Time zone",
    "decimal": "Decimal mark",
    "date-order": "Order of dates",
    "duration": "Unit of lengths",
    "number": "Numbers without +",
    "country": "Country",
    "currency": "Currency",
    **{f"column.{role}": f"Column of the {role}" for role in ("number", "date", "time", "duration", "price")},
}


class BillField(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of the bill in the form: one that was answered, or a question."""

    name: str
    label: str
    value: str = ""
    help: str = ""
    choices: list[tuple[str, str]] = []


class ShownOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one outcome, as the page shows them."""

    title: str
    sum: BillSum
    calls: list[BillRow]


@needs("prices.change")
def bills(request: HttpRequest) -> HttpResponse:
    """A bill to choose, its questions, and what differs; or all of that as a CSV file."""
    words = {name: text for name in _WORDS if (text := request.POST.get(name, "").strip())}
    answers = {name: text for name in BILL_WORDS if (text := request.POST.get(f"{_ANSWER}{name}", "").strip())}
    context: dict[str, Any] = {
        "words": words,
        "answered": [_field(name, value) for name, value in answers.items()],
        "pbxs": list(engine().pbxs_of_calls()),
        "tariffs": sorted({each.tariff for each in engine().tariffs.versions()}),
    }
    if request.method != "POST":
        return render(request, "web/costs-bills.html", context)
    try:
        data = _data(request)
        is_download = request.POST.get("act") == "download"
        found = checked_bill(request, {**words, **answers}, data, whole=is_download)
        if is_download and found.ready:
            return _as_file(request, found)
        context |= {"text": _kept(data), "is_long": len(data) > BILL_PASTE, **_shown(found)}
    except Misconfigured as fault:
        context["problems"] = fault.problems
    except Unavailable as fault:
        context["problems"] = [Problem(str(fault), "one is checked at a time")]
    return render(request, "web/costs-bills.html", context)


def _data(request: HttpRequest) -> bytes:
    """Return the bill that was chosen, else the one that stands on the page; raises `Misconfigured`."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        data: bytes = file.read(BILL_FILE + 1)
        return data
    text = request.POST.get("text", "")
    if not text.strip():
        raise Misconfigured(Problem("no bill was chosen", "choose the CSV file with its calls"))
    return text.encode()


def _kept(data: bytes) -> str:
    """Return the text of a bill for the page; nothing of one that is too long for it, which is chosen again."""
    return decoded(data) if len(data) <= BILL_PASTE else ""


def _as_file(request: HttpRequest, found: BillCheck) -> HttpResponse:
    made = table_format("csv", "comma")
    names = {name: name for name in BillRow.__struct_fields__}
    answer: Any = written(request, made, names, map(msgspec.structs.asdict, found.calls))
    answer["Content-Disposition"] = 'attachment; filename="bill-check.csv"'
    shown: HttpResponse = answer
    return shown


def _field(name: str, value: str) -> BillField:
    return BillField(name=f"{_ANSWER}{name}", label=_TITLES.get(name, name), value=value)


def _shown(found: BillCheck) -> dict[str, Any]:
    if not found.ready:
        questions = [
            BillField(
                name=f"{_ANSWER}{each.setting}",
                label=each.what,
                help=each.why,
                choices=[(choice.value, choice.means) for choice in each.choices],
            )
            for each in found.questions
        ]
        return {"questions": questions, "understood": found.understood}
    return {
        "found": found,
        "understood": found.understood,
        "outcomes": [
            ShownOutcome(
                title=BILL_OUTCOMES[each.outcome],
                sum=each,
                calls=[call for call in found.calls if call.outcome == each.outcome][:_MOST_ROWS],
            )
            for each in found.sums
        ],
        "unread": found.unread[:_MOST_UNREAD],
        "most": _MOST_ROWS,
    }
