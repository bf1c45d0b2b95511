"""What the directory's pages have in common: forms that are kept, removals that are asked for, lists in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.directory import operations
from tollbook.web.directory.forms import DirectoryForm
from tollbook.web.removing import Removal, ask

_ROWS = 100
Record = TypeVar("Record", bound=models.Model)
Row = TypeVar("Row")


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a form: its title, where it leads back to, what its button says.

    `offers` are what its fields with the list `offers` propose, each on a line.
    """

    title: str
    back: str
    back_title: str
    save: str = "Save"
    lead: str = ""
    remove: str = ""
    offers: str = ""


def known(table: type[Record], number: int) -> Record:
    """Return a record by its id; raises `Http404`."""
    try:
        return operations.found(table, number)
    except NotThere as fault:
        raise Http404 from fault


def kept(
    request: HttpRequest,
    form: DirectoryForm,
    page: FormPage,
    keep: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Show a form, or keep what it says: `keep` returns what is then told, or raises what stands at the fields."""
    if form.is_valid():
        try:
            told = keep(form.cleaned_data)
        except (Misconfigured, NotThere) as fault:
            form.show(fault)
        else:
            messages.success(request, told)
            return redirect(page.back)
    return render(request, "web/directory-form.html", {"form": form, "page": page})


def removed(request: HttpRequest, removal: Removal, remove: Callable[[], None]) -> HttpResponse:
    """Ask whether it is meant, then remove something; what hangs on it is said, and it stays."""
    if request.method != "POST":
        return ask(request, removal)
    try:
        remove()
    except NotThere as fault:
        raise Http404 from fault
    except Misconfigured as fault:
        for each in fault.problems:
            messages.error(request, f"{each.what} ({each.reason}). End it instead, or remove those first.")
        return redirect(removal.back or removal.list)
    messages.success(request, f"{removal.name} is removed.")
    return redirect(removal.list)


def in_pages(
    request: HttpRequest,
    rows: QuerySet[Record],
    shown: Callable[[Sequence[Record]], Sequence[Row]],
) -> Page[Row]:
    """Return the page that is asked for; only its records are read, and made what is shown of them."""
    page: Page[Any] = Paginator(rows, _ROWS).get_page(request.GET.get("page"))
    page.object_list = shown(list(page.object_list))
    return page


def in_pages_of(request: HttpRequest, rows: Sequence[Row]) -> Page[Row]:
    """Return the rows of the page that is asked for."""
    return Paginator(rows, _ROWS).get_page(request.GET.get("page"))


def searched(request: HttpRequest) -> str:
    """Return what is searched for."""
    return request.GET.get("q", "").strip()[:200]
