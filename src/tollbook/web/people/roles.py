"""Who may do what: an administrator changes PBXs and people, a viewer looks at calls. The API signs its own in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

Rest = ParamSpec("Rest")
_View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]


class SignedIn(LoginRequiredMiddleware):
    """Leads to the sign-in page whoever is not signed in; a part of a page asks the browser to load it again."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the API through; it knows its callers by their token."""
        if request.path_info.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override] # any response will do; the stubs name Django's own
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
    ) -> HttpResponseBase:
        """Swap no sign-in form into the middle of a page, and lead back from it to a page, not to a form's address."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        messages.error(request, "You were signed out before this was sent, and nothing was changed. Do it again.")
        page = urlsplit(request.headers.get("Referer", ""))
        return redirect_to_login(page.path if page.netloc == request.get_host() else "/")


def person(request: HttpRequest) -> User:
    """Return who is signed in; only for views behind the sign-in."""
    return cast("User", request.user)


def for_admins(view: _View[Rest]) -> _View[Rest]:
    """Keep a view to administrators; anybody else gets the page that says so."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if not person(request).is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked
