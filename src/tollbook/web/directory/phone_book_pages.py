"""The phone book: whose outside numbers are."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.numbering.places import country_names
from tollbook.site.directory import operations
from tollbook.site.directory.models import PhoneBookRecord
from tollbook.site.directory.searching import numbers
from tollbook.site.directory.values import KnownNumber
from tollbook.store.numbers import needles
from tollbook.web.directory.answering import FormPage, in_pages, kept, known, removed, searched
from tollbook.web.directory.forms import NumberForm
from tollbook.web.directory.plans import plan_of, sees_private
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal

_TITLE = "Phone book"
_FEWEST = 3
"""Digits from which on what is searched for is a number."""


@needs("directory.see")
def phone_book(request: HttpRequest) -> HttpResponse:
    """The phone book; private entries for administrators alone."""
    words = searched(request)
    seen = PhoneBookRecord.objects.filter(Q() if sees_private(request) else Q(private=False))
    is_number = sum(map(str.isdecimal, words)) >= _FEWEST
    fitting = seen.filter(numbers(words, needles(words) if is_number else ())) if words else seen
    context = {
        "rows": in_pages(request, fitting, lambda page: [each.value() for each in page]),
        "words": words,
        "is_empty": not seen.exists(),
    }
    return render(request, "web/directory-phone-book.html", context)


def in_phone_book(e164: str) -> bool:
    """Say whether a number is in the phone book, by itself or in a block, whoever sees its name."""
    beginnings = [e164[:end] for end in range(len(e164) + 1)]
    return PhoneBookRecord.objects.filter(Q(number=e164, block=False) | Q(number__in=beginnings, block=True)).exists()


def _page(title: str, **texts: str) -> FormPage:
    return FormPage(title=title, back=reverse("directory-phone-book"), back_title=_TITLE, **texts)


def _form(request: HttpRequest, entry: KnownNumber) -> NumberForm:
    initial = {**msgspec.structs.asdict(entry), "tags": ", ".join(entry.tags), "country": usual_country()}
    form = NumberForm(request.POST or None, initial=initial)
    names = sorted(country_names().items(), key=lambda each: each[1])
    form.fields["country"].choices = [("", "—"), *names]  # type: ignore[attr-defined] # a choice field
    return form


def usual_country() -> str:
    """Return the country in which all PBXs are that have a dial plan; nothing where they are in several."""
    countries = {pbx.plan.get("", {}).get("country", "") for pbx in engine().pbxs().values()} - {""}
    return countries.pop() if len(countries) == 1 else ""


def _keep(request: HttpRequest, before: KnownNumber, given: dict[str, Any]) -> str:
    tags = tuple(given.pop("tags").replace(";", ",").split(","))
    plan = plan_of("", given.pop("country"))
    kept_ = operations.keep_number(actor_of(request), msgspec.structs.replace(before, **given, tags=tags), plan)
    return f"{kept_.number} is {kept_.name or kept_.company}."


@needs("directory.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new entry, for the number of the address."""
    entry = KnownNumber(number=request.GET.get("number", "")[:80], name="")
    page = _page("Name a number", save="Add")
    return kept(request, _form(request, entry), page, lambda given: _keep(request, entry, given))


@needs("directory.change")
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """An entry."""
    entry = known(PhoneBookRecord, number).value()
    page = _page(f"Change {entry.number}", remove=reverse("directory-number-remove", args=[number]))
    return kept(request, _form(request, entry), page, lambda given: _keep(request, entry, given))


@needs("directory.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove an entry."""
    name = str(known(PhoneBookRecord, number))
    removal = Removal(
        name=name,
        loss="Calls show the number alone from then on.",
        list=reverse("directory-phone-book"),
        list_title=_TITLE,
        back=reverse("directory-number", args=[number]),
    )
    return removed(request, removal, lambda: operations.remove_number(actor_of(request), number))
