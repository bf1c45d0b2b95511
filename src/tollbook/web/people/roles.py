"""Who may do what: every address of a page or of the API says what it needs, and one that says nothing opens to nobody.

The API signs its own in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from tollbook.model.access import PERMISSIONS, Access
from tollbook.model.problem import NotAllowed, Problem
from tollbook.site.people.access import access_of as access_of_actor
from tollbook.web.people.actors import actor_of
from tollbook.web.people.two_step_rule import OPEN_WITHOUT, lacks_second_step

SIGNED_IN = "signed-in"
"""What an address needs that is open to whoever was let in."""
View = TypeVar("View", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[View], View]:
    """Keep an address to those who have a permission; anybody else gets the page, or the refusal, that says so."""
    if permission != SIGNED_IN and permission not in PERMISSIONS:
        raise LookupError(f"no permission is called {permission!r}")

    def marked(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined] # a function has room for it
        return view

    return marked


def needed_by(view: Callable[..., Any]) -> str | None:
    """Return the permission that an address needs; None where nobody has said."""
    return getattr(view, "permission", None)


def access_of(request: HttpRequest) -> Access:
    """Return what whoever makes a request may do and see; looked up once for a request."""
    known: Access | None = getattr(request, "tollbook_access", None)
    if known is None:
        known = access_of_actor(actor_of(request))
        request.tollbook_access = known  # type: ignore[attr-defined] # a request has room for it
    return known


def may(request: HttpRequest, permission: str) -> bool:
    """Say whether whoever makes a request has a permission."""
    return permission == SIGNED_IN or access_of(request).may(permission)


def check_may(request: HttpRequest, permission: str) -> None:
    """Raise `NotAllowed` where whoever makes a request has not got a permission."""
    if may(request, permission):
        return
    title = PERMISSIONS[permission].title
    actor, access = actor_of(request), access_of(request)
    told = f"the token {actor.name!r}" if actor.kind == "token" else actor.name
    reason = f"{told} is {access.role or 'nobody'} here, and may not {title}"
    if permission in access.permissions:
        reason = f"{told} may see some calls only, and this is for those who may see all"
    help_ = "make a token that may" if actor.kind == "token" else "ask an administrator for a role that may"
    raise NotAllowed(Problem(f"this needs the permission {permission!r}", reason, help=help_))


class SignedIn(LoginRequiredMiddleware):
    """Leads to the sign-in page whoever is not signed in; a part of a page asks the browser to load it again."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the API through, which knows its own; raises PermissionDenied for what is not allowed."""
        if request.path_info.startswith("/api/") or not getattr(view_func, "login_required", True):
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        permission = needed_by(view_func)
        if refused is None and (permission is None or not may(request, permission)):
            raise PermissionDenied
        name = request.resolver_match.view_name if request.resolver_match else ""
        if refused is None and name not in OPEN_WITHOUT and lacks_second_step(request):
            return self._led_to_second_step(request)
        return refused

    def _led_to_second_step(self, request: HttpRequest) -> HttpResponseBase:
        """Lead to where a second step is set up; a part of a page asks the browser to load it again."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect("second-step-new")

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
