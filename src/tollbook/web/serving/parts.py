"""A part of a page that is led elsewhere leads the whole page there.

A browser follows a redirect by itself, so that a page which asks for its own part again and again would be given a part
of another page, and would find nothing in it that it knows: what is shown there would vanish.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

_FIRST, _LAST = 300, 399


class PartsLeadThePage:
    """Turns the redirect of a part into one of its page."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand a request on."""
        answer = self._get_response(request)
        if not request.headers.get("HX-Request") or not _FIRST <= answer.status_code <= _LAST:
            return answer
        if "Location" not in answer.headers:
            return answer
        return HttpResponse(status=204, headers={"HX-Redirect": answer.headers["Location"]})
