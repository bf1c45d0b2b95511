"""`/api/directory/…/import` and `…/export`: the directory and the phone book as files for spreadsheets."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tollbook.model.page_limits import DIRECTORY_FILE
from tollbook.site.directory import importing, phone_book_import
from tollbook.site.directory.spreadsheet import ImportPreview
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.shapes import BYTES, answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.directory.plans import plan_of, sees_private
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["directory"])

AssignmentLine = msgspec.defstruct(
    "AssignmentLine",
    [(f"{name}_", str, msgspec.field(name=name)) for name in importing.COLUMNS],
    namespace={"__doc__": "An assignment as a row of a file."},
)
PhoneBookLine = msgspec.defstruct(
    "PhoneBookLine",
    [(name, str) for name in phone_book_import.COLUMNS],
    namespace={"__doc__": "An entry of the phone book as a row of a file."},
)
_IMPORT = {**BYTES, **answers(ImportPreview)}
_DIALLED = {"pbx": text("the PBX at which its numbers are dialled"), "country": text("or their country: DE")}


@router.get("/directory/assignments/export", summary="The directory as a file", openapi_extra=lists(AssignmentLine))
@needs("directory.see")
def export_assignments(request: HttpRequest) -> HttpResponseBase:
    """Write every assignment; imported again, that changes nothing."""
    return listed(request, importing.COLUMNS, importing.exported())


@router.post("/directory/assignments/import", summary="Take the directory from a file", openapi_extra=_IMPORT)
@needs("directory.change")
def import_assignments(
    request: HttpRequest,
    *,
    apply: bool = False,
    leave_out: bool = False,
    strict: bool = False,
) -> HttpResponse:
    """Say what a CSV file would change, and every fault of it; with `apply` it is changed.

    A file with a fault changes nothing, unless rows with a fault are to be left out (`leave_out`). With `strict` an
    unknown cost centre is a fault.
    """
    data, wanted = request.read(DIRECTORY_FILE + 1), importing.Strictness(strict=strict, leave_out=leave_out)
    if not apply:
        return answer(importing.preview(data, wanted))
    return answer(importing.apply(actor_of(request), data, wanted))


@router.get("/directory/phone-book/export", summary="The phone book as a file", openapi_extra=lists(PhoneBookLine))
@needs("directory.see")
def export_phone_book(request: HttpRequest) -> HttpResponseBase:
    """Write every entry, private ones for administrators alone; imported again, that changes nothing."""
    rows = phone_book_import.exported(private=sees_private(request))
    return listed(request, phone_book_import.COLUMNS, rows)


@router.post(
    "/directory/phone-book/import",
    summary="Take the phone book from a file",
    openapi_extra={**BYTES, **answers(ImportPreview, words=_DIALLED)},
)
@needs("directory.change")
def import_phone_book(request: HttpRequest, *, apply: bool = False, leave_out: bool = False) -> HttpResponse:
    """Say what a CSV file would change, and every fault of it; with `apply` it is changed.

    Numbers without a country code are read as they are dialled at a PBX, or in a country.
    """
    words = words_of(request)
    data, plan = request.read(DIRECTORY_FILE + 1), plan_of(words.get("pbx", ""), words.get("country", ""))
    if not apply:
        return answer(phone_book_import.preview(data, plan))
    return answer(phone_book_import.apply(actor_of(request), data, plan, leave_out=leave_out))
