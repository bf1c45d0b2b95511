"""The manual in the browser: its contents, a page of it, and what holds some words."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe

from tollbook import manual
from tollbook.web.help.html import html_of
from tollbook.web.people.roles import SIGNED_IN, needs

_LONGEST = 60
"""Characters of what is searched for."""


@needs(SIGNED_IN)
def page(request: HttpRequest, name: str = manual.FIRST) -> HttpResponse:
    """One page; without a name the contents, with the pages that hold some words where they are asked for."""
    found = manual.pages().get(name)
    if found is None:
        raise Http404
    find = request.GET.get("find", "").strip()[:_LONGEST]
    context = {
        "page": found,
        "is_first": name == manual.FIRST,
        "html": mark_safe(html_of(found, address)),  # noqa: S308 - of our own files, in which no HTML is taken as such
        "find": find,
        "found": [(address(each.name), each.title, line) for each, line in manual.holding(find)],
    }
    return render(request, "web/help.html", context)


def address(name: str) -> str:
    """Return where a page of the manual is."""
    return reverse("help") if name == manual.FIRST else reverse("help-page", args=[name])
