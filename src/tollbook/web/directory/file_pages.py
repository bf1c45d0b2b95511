"""The directory from a spreadsheet: pasted or as a file, shown first, then applied; and as a file again.

What is applied is the text on the page. So a fault can be mended there, and nothing has to be kept in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from tollbook.model.actor import Actor
from tollbook.model.page_limits import DIRECTORY_PASTE
from tollbook.model.spreadsheets import decoded
from tollbook.numbering.plan import DialPlan
from tollbook.site.directory import importing, phone_book_import
from tollbook.site.directory.spreadsheet import ImportPreview
from tollbook.web.api.listing import table_format, written
from tollbook.web.directory.forms import DirectoryFileForm
from tollbook.web.directory.phone_book_pages import usual_country
from tollbook.web.directory.plans import plan_of, sees_private
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

_SHOWN = 500
"""Changes and faults that the page shows of each; counts are of all."""


class DirectoryTable(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the directory that a file can hold: what it is called, and how it is read, applied and written."""

    title: str
    view: str
    columns: Collection[str]
    example: str
    preview: Callable[[bytes, DialPlan], ImportPreview]
    apply: Callable[[Actor, bytes, DialPlan, bool], ImportPreview]
    exported: Callable[[bool], Iterable[dict[str, str]]]


_ROWS_LEFT_OUT, _ALL = importing.Strictness(leave_out=True), importing.Strictness()
TABLES = {
    "extensions": DirectoryTable(
        title="Extensions and codes",
        view="directory-extensions",
        columns=importing.COLUMNS,
        example="kind;value;name;mail;department;cost_centre;from\n"
        "extension;107;Anna Berg;anna@example.com;Sales / North;4711;2026-01-01",
        preview=lambda data, _plan: importing.preview(data, _ALL),
        apply=lambda actor, data, _plan, out: importing.apply(actor, data, _ROWS_LEFT_OUT if out else _ALL),
        exported=lambda _private: importing.exported(),
    ),
    "phone-book": DirectoryTable(
        title="Phone book",
        view="directory-phone-book",
        columns=phone_book_import.COLUMNS,
        example="number;name;company;tags;private;unlisted\n+44 20 7946 0135;;Acme Ltd;supplier;no;no",
        preview=phone_book_import.preview,
        apply=lambda actor, data, plan, out: phone_book_import.apply(actor, data, plan, leave_out=out),
        exported=lambda private: phone_book_import.exported(private=private),
    ),
}


def _table(name: str) -> DirectoryTable:
    if name not in TABLES:
        raise Http404
    return TABLES[name]


@needs("directory.change")
def from_file(request: HttpRequest, name: str) -> HttpResponse:
    """Rows to paste or a file to choose; then what they would change, with every fault; then it is changed."""
    table, form = _table(name), DirectoryFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"table": table, "form": form, "shown": _SHOWN}
    if form.is_valid():
        text = _text(form)
        preview = _acted(request, table, text)
        if preview and preview.applied:
            told = f"{preview.new} new, {preview.changed} changed, {preview.ended} ended, {preview.left_out} left out."
            messages.success(request, told)
            return redirect(table.view)
        context |= {"preview": preview, "form": DirectoryFileForm(initial={"text": text}) if text else form}
    return render(request, "web/directory-file.html", context)


def _text(form: DirectoryFileForm) -> str:
    """Return what was pasted or chosen; with neither, or too much, it is empty and the form says so."""
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    if isinstance(file, UploadedFile):
        text = decoded(file.read(DIRECTORY_PASTE + 1))
    if len(text.encode()) > DIRECTORY_PASTE:
        limit = f"{DIRECTORY_PASTE >> 20} MB are taken here; `tollbook directory import` takes more."
        form.add_error("file" if file else "text", f"This is too much: {limit}")
        return ""
    if not text.strip():
        form.add_error("text", "Paste the rows of your table, or choose a file.")
        return ""
    return str(text)


def _acted(request: HttpRequest, table: DirectoryTable, text: str) -> ImportPreview | None:
    """Return what the rows would change, or what they have changed."""
    if not text:
        return None
    data, plan, act = text.encode(), plan_of("", usual_country()), request.POST.get("act", "")
    if act in ("apply", "leave-out"):
        return table.apply(actor_of(request), data, plan, act == "leave-out")
    return table.preview(data, plan)


@needs("directory.see")
def as_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """The same table as a CSV file; read again, it changes nothing."""
    table = _table(name)
    made = table_format("csv", request.GET.get("csv", "comma"))
    answer = written(request, made, {each: each for each in table.columns}, table.exported(sees_private(request)))
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
