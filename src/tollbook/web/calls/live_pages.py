"""The addresses that calls and bytes arrive at as events."""

from __future__ import annotations

import asyncio

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from tollbook.engine.runtime import engine
from tollbook.store.filters import NONE
from tollbook.web.asking import recent_of
from tollbook.web.calls import listing
from tollbook.web.calls import live as feed
from tollbook.web.people.roles import needs


@needs("calls.see")
async def live(request: HttpRequest, form: str) -> HttpResponseBase:
    """Stream new calls as rows. Beyond the limit nothing is sent, and the page stays as it is.

    `since` is how far the store was when the page was made.
    """
    listened_to = engine().feed
    if not feed.is_form(form) or not feed.has_room(listened_to):
        return HttpResponse(status=204)
    since, ledger = request.GET.get("since", ""), await asyncio.to_thread(recent_of, request)
    return StreamingHttpResponse(
        feed.stream(listened_to, ledger, form, lambda: str(ledger.position().last) != since),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@needs("calls.see")
async def news(request: HttpRequest) -> HttpResponseBase:
    """Stream how many calls are new in the list that the address means, as a link to that list of now."""
    listened_to = engine().feed
    if not feed.has_room(listened_to):
        return HttpResponse(status=204)
    count = await asyncio.to_thread(_counting, request)
    return StreamingHttpResponse(
        feed.news(listened_to, count),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _counting(request: HttpRequest) -> feed.NewCalls:
    asked, ledger = listing.asked(request.GET), recent_of(request)
    since = listing.snapshot(asked, ledger).last
    return feed.NewCalls(ledger, asked.where or NONE, since, reverse("calls") + asked.address())


@needs("pbxs.change")
async def arrivals(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Stream the bytes of a PBX as they arrive; nothing where it is paused or too many look on."""
    pbx = engine().pbxs().get(name)
    if pbx is None:
        raise Http404
    if pbx.paused or not feed.may_look():
        return HttpResponse(status=204)
    return StreamingHttpResponse(
        feed.arrivals(engine(), pbx),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
