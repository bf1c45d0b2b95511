"""The page that hangs on a wall: opened by the secret in its address, without a sign-in, and showing its board alone.

What always holds: a link that never was, is revoked or has ended is answered alike; nothing of the program is linked
to; the secret stands in no text of an answer and no line of a log. Whoever tries links is told to wait, but never one
that opens a board: many screens stand behind one address.

The page asks for its tiles again when calls come, told by a stream that says no more than that, and every half a
minute. A screen without scripts loads itself again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables

from tollbook.engine.runtime import engine
from tollbook.model.dashboard import Wallboard
from tollbook.model.page_limits import WALL_LINKS_TRIED
from tollbook.site.dashboards import wallboards
from tollbook.store.questions import seen_by
from tollbook.web.calls import live as feed
from tollbook.web.people.actors import address_of
from tollbook.web.people.attempts import Attempts, network_of
from tollbook.web.wallboards.showing import ledger_of_board, shown

PACE_S = 2.0
"""A wall is told of calls no more often than this."""
LINKS_TRIED = Attempts(WALL_LINKS_TRIED)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}


@login_not_required
@sensitive_variables("secret")
def board(request: HttpRequest, secret: str) -> HttpResponse:
    """A board as it is now; only its tiles where the page itself asks."""
    found = wallboards.opened(secret)
    if found is None:
        return _gone(request)
    part = "web/parts/wall-tiles.html" if request.headers.get("HX-Request") else "web/wall.html"
    return _kept_quiet(render(request, part, {"wall": shown(found)}))


def _gone(request: HttpRequest) -> HttpResponse:
    """Answer alike for a link that never was and for one that opens nothing any more."""
    wait_s = LINKS_TRIED.begin(network_of(address_of(request)))
    part = "web/parts/wall-gone.html" if request.headers.get("HX-Request") else "web/wall-gone.html"
    answer = _kept_quiet(render(request, part, {}, status=429 if wait_s else 404))
    answer["HX-Reswap"] = "outerHTML"  # so that the page asks no more
    if wait_s:
        answer["Retry-After"] = str(wait_s)
    return answer


def _kept_quiet(answer: HttpResponse) -> HttpResponse:
    for name, text in _HEADERS.items():
        answer[name] = text
    return answer


@login_not_required
async def live(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Tell a wall that there is something new, and nothing of what it is."""
    found = await asyncio.to_thread(wallboards.opened, secret)
    if found is None:
        return await asyncio.to_thread(_gone, request)
    if not feed.has_room(engine().feed):
        return HttpResponse(status=204)
    return StreamingHttpResponse(
        _news(found, secret),
        content_type="text/event-stream",
        headers={**_HEADERS, "X-Accel-Buffering": "no"},
    )


async def _news(board: Wallboard, secret: str) -> AsyncIterator[str]:
    """Yield an event for calls that the board has, and end when its link opens nothing any more."""
    ledger = engine().site.recent(await asyncio.to_thread(ledger_of_board, board))

    def told(calls: list[dict[str, Any]]) -> str:
        return "event: news\ndata: now\n\n" if seen_by(ledger, calls) else ""

    async with aclosing(feed.paced(engine().feed, told, PACE_S)) as events:
        async for event in events:
            if await asyncio.to_thread(wallboards.opened, secret) is None:
                yield "event: news\ndata: gone\n\n"
                return
            yield event
