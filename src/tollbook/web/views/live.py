"""The address that calls arrive at as events."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from tollbook.engine.runtime import engine
from tollbook.web import live as feed


async def live(request: HttpRequest, form: str) -> HttpResponseBase:
    """Stream new calls as rows. Beyond the limit nothing is sent, and the page stays as it is.

    `since` is how far the store was when the page was made.
    """
    listened_to = engine().feed
    if not feed.is_form(form) or not feed.has_room(listened_to):
        return HttpResponse(status=204)
    since, store = request.GET.get("since", ""), engine().site.store
    return StreamingHttpResponse(
        feed.stream(listened_to, form, lambda: str(store.progress()[0]) != since),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
