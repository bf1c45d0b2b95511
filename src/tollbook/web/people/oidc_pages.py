"""Signing on at an OpenID Connect issuer: led there from the sign-in page, and back.

What a sign-on is known by (state, nonce, verifier) stands in the session of the browser that began it, is good once,
and for ten minutes. A second step is the issuer's affair.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import msgspec
import structlog
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.page_limits import SIGN_ONS_AT_ONCE, SIGN_ONS_OF_ADDRESS
from tollbook.model.problem import Misconfigured, NotAllowed, Problem, Unavailable
from tollbook.site.people import sign_on
from tollbook.site.people.oidc.issuer import OidcIssuer, OidcRequest
from tollbook.site.people.oidc.options import OidcOptions
from tollbook.site.people.outside import person_of
from tollbook.web.people.actors import address_of
from tollbook.web.people.attempts import Attempts, is_this_machine, network_of, wait_text

SIGN_ONS_TRIED = Attempts(SIGN_ONS_OF_ADDRESS)
_WAITING = threading.BoundedSemaphore(SIGN_ONS_AT_ONCE)
_PENDING, _PENDING_S = "oidc", 600
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_LONGEST_CODE = 4096
_log = structlog.get_logger()


@require_GET
@never_cache
@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """Lead to the issuer."""
    options = sign_on.oidc_options()
    if options is None:
        return redirect("sign-in")
    address = address_of(request)
    wait_s = 0 if is_this_machine(address) else SIGN_ONS_TRIED.begin(network_of(address))
    if wait_s:
        return _page(request, Problem(wait_text(wait_s), ""), 429)
    asked = OidcRequest(state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=_verifier())
    try:
        with _issuer(options) as issuer:
            place = issuer.begin(asked, sign_on.redirect_uri())
    except (Unavailable, Misconfigured) as fault:
        return _refused(request, fault)
    kept = {**msgspec.structs.asdict(asked), "at": int(clock.now().timestamp()), "next": _following(request)}
    request.session[_PENDING] = kept
    request.session.set_expiry(_PENDING_S)
    return redirect(place)


@require_GET
@never_cache
@login_not_required
def back(request: HttpRequest) -> HttpResponse:
    """Sign in whom the issuer leads back, and go on to where they wanted."""
    options = sign_on.oidc_options()
    kept: dict[str, Any] = request.session.pop(_PENDING, {})
    if options is None:
        return redirect("sign-in")
    try:
        asked = _asked(request, kept)
        with _issuer(options) as issuer:
            _check_led_by(request, options, required=issuer.addresses().authorization_response_iss_parameter_supported)
            who = issuer.end(asked, request.GET["code"], sign_on.redirect_uri())
        user = person_of(who, sign_on.rules_of(options))
    except (Unavailable, Misconfigured) as fault:
        return _refused(request, fault)
    request.session.set_expiry(None)
    login(request, user, _BACKEND)
    return redirect(str(kept["next"]))


def _asked(request: HttpRequest, kept: dict[str, Any]) -> OidcRequest:
    """Return what the sign-on was known by that an answer is for; raises `NotAllowed` for one of no sign-on."""
    state = request.GET.get("state", "")
    is_ours = kept and hmac.compare_digest(state.encode(), str(kept["state"]).encode())
    if not is_ours or kept["at"] + _PENDING_S < clock.now().timestamp():
        reason = "this answer belongs to no sign-on that this browser has begun and not ended, or it took too long"
        raise NotAllowed(Problem("you are not signed in", reason, help="begin again on the sign-in page"))
    if "error" in request.GET or not 0 < len(request.GET.get("code", "")) <= _LONGEST_CODE:
        denied = request.GET.get("error") == "access_denied"
        reason = "the issuer did not let you in" if denied else "the issuer could not do it"
        raise NotAllowed(Problem("you are not signed in", reason, help="begin again on the sign-in page"))
    return OidcRequest(state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])


def _check_led_by(request: HttpRequest, options: OidcOptions, *, required: bool) -> None:
    """Raise `NotAllowed` for an answer of another issuer, where issuers say whose it is (RFC 9207)."""
    led_by = request.GET.get("iss")
    if led_by != options.issuer and (led_by is not None or required):
        reason = "the answer is of another issuer than the one that was asked"
        raise NotAllowed(Problem("you are not signed in", reason, help="begin again on the sign-in page"))


@contextmanager
def _issuer(options: OidcOptions) -> Iterator[OidcIssuer]:
    """Yield the issuer; raises `Unavailable` where too many wait for it already."""
    if not _WAITING.acquire(blocking=False):
        raise Unavailable("too many sign-ons wait for the issuer")
    try:
        with closing(OidcIssuer(options, engine().site.fence)) as issuer:
            yield issuer
    finally:
        _WAITING.release()


def _following(request: HttpRequest) -> str:
    """Return where somebody wants to go once signed in: a page of this site."""
    wanted = request.GET.get("next", "")
    here = {request.get_host()}
    return wanted if url_has_allowed_host_and_scheme(wanted, here, require_https=request.is_secure()) else "/"


def _verifier() -> str:
    return secrets.token_urlsafe(48)


def _refused(request: HttpRequest, fault: Unavailable | Misconfigured) -> HttpResponse:
    """Say why nobody is signed in. How the issuer fails is for the log: whoever asks is a stranger yet."""
    if isinstance(fault, NotAllowed):
        return _page(request, fault.problems[0], 403)
    _log.warning("a sign-on at the issuer failed", why=str(fault))
    reason = "the service where you sign on cannot be used at the moment"
    help_ = "try again in a minute; an administrator sees why by `tollbook sign-on oidc test`"
    return _page(request, Problem("you are not signed in", reason, help=help_), 502)


def _page(request: HttpRequest, problem: Problem, status: int) -> HttpResponse:
    return render(request, "web/sign-on-refused.html", {"problem": problem}, status=status)
