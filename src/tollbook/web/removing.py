"""The page that asks before something is removed, the same for whatever it is."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be removed, what is lost by that, and where to go on from; addresses are of this site."""

    name: str
    loss: str
    list: str
    list_title: str
    back: str = ""
    word: str = "Remove"
    """What is done, as the button says it."""


def ask(request: HttpRequest, removal: Removal) -> HttpResponse:
    """Return the page that asks."""
    told = msgspec.structs.asdict(removal)
    return render(request, "web/remove.html", {**told, "back": removal.back or removal.list})
