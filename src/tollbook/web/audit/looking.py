"""Notes who looked at whose calls, where a site wants that, and asks why before it shows somebody's.

It stands behind the check of permissions, at the one place where pages pass and the one where the API does: so no
address can leave it out. The same look is noted once in ten minutes, since a page is turned and refreshes itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tollbook.clock import monotonic_s, now
from tollbook.model.actor import Actor
from tollbook.model.problem import NotAllowed, Problem
from tollbook.model.ready_file import FileAsked
from tollbook.site.audit.looks import LONGEST_REASON, look_policy, note_look
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import SIGNED_IN, access_of, needed_by, needs

_LOOKING = frozenset(("calls.see", "costs.see", "raw.see"))
_WHOSE = (
    "person", "extension", "number", "department", "account", "auth-code", "cost-centre", "company", "text", "note",
    "name", "ddi",
)  # fmt: skip
"""Words of an address that say whose calls are looked at."""
_NOT_NOTED = frozenset(
    (
        *("live", "live-news", "report-chart", "calls-save", "calls-saved-remove", "calls-view"),
        *("report-files", "list_files", "show_file"),
        *("report-file", "download_file"),
    )
)
"""What follows a page that was noted, what shows no call, and files: theirs is noted by `look_at_file`."""
_AGAIN_S, _MOST_KEPT = 600.0, 5000
_REASON, _REASON_S = "look-reason", 8 * 3600


class RecentLooks:
    """What was noted of late; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def is_new(self, actor: Actor, what: str) -> bool:
        """Say whether a look was not noted in the last ten minutes, and take it as noted now."""
        key, at = (actor.kind, actor.name, what), monotonic_s()
        with self._lock:
            known = self._at.pop(key, None)
            self._at[key] = at
            while len(self._at) > _MOST_KEPT:
                self._at.popitem(last=False)
        return known is None or known + _AGAIN_S < at

    def forget(self) -> None:
        """Forget everything, as a restart does."""
        with self._lock:
            self._at.clear()


LOOKS = RecentLooks()


def note(request: HttpRequest, permission: str, view: str, parts: dict[str, object]) -> bool:
    """Note a look where the site wants that; returns whether whoever looks has to say why before."""
    if permission not in _LOOKING or request.method != "GET" or view in _NOT_NOTED:
        return False
    whose = str(parts["key"]) if "key" in parts else _in_words(_whose(request.GET))
    return _look(request, f"{view} {whose}".strip(), whose)


def look_at_file(request: HttpRequest, view: str, asked: FileAsked) -> bool:
    """Note that somebody has a file made, or fetches it: of what, and by which words its calls are chosen.

    Returns whether they have to say why before, as at the page of the same report.
    """
    whose = _whose(asked.words)
    others = {name: text for name, text in asked.words.items() if text and name not in (*whose, "format")}
    what = " ".join((view, asked.report or asked.of, _in_words(whose | others), *asked.settings))
    return _look(request, " ".join(what.split()), _in_words(whose))


def _look(request: HttpRequest, what: str, whose: str) -> bool:
    policy = look_policy()
    if not policy.noted or _is_own(request):
        return False
    actor, reason = actor_of(request), _reason(request)
    if policy.asks_reason and whose and not reason and actor.kind == "person":
        return True
    if LOOKS.is_new(actor, f"{what}\n{reason}"):
        note_look(actor, what, reason)
    return False


def check_reason(request: HttpRequest, permission: str, view: str, parts: dict[str, object]) -> None:
    """Note a look of the API; raises `NotAllowed` where a person has not said why."""
    if note(request, permission, view, parts):
        raise _not_said()


def check_reason_of_file(request: HttpRequest, view: str, asked: FileAsked) -> None:
    """Note a file of the API that is made or fetched; raises `NotAllowed` where a person has not said why."""
    if look_at_file(request, view, asked):
        raise _not_said()


def _not_said() -> NotAllowed:
    help_ = f"open {reverse('looking')} and say it; it holds for eight hours"
    return NotAllowed(Problem("it is not said why you look", "this site asks for a reason", help=help_))


class NotedLooks:
    """Notes looks at pages, behind the check of who may open them; the API has its own."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand a request on."""
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        _view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Note a look, or ask why first."""
        permission = needed_by(view_func)
        if permission is None or request.path_info.startswith("/api/"):
            return None
        view = request.resolver_match.url_name if request.resolver_match else ""
        return ask(request) if note(request, permission, str(view), view_kwargs) else None


def ask(request: HttpRequest, following: str = "") -> HttpResponse:
    """Lead to the form that asks why; from there to another address, or to the one that was asked for."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(f"{reverse('looking')}?{urlencode({'next': following or request.get_full_path()})}")


def _is_own(request: HttpRequest) -> bool:
    """Say whether somebody sees the calls of their own telephones alone."""
    access = access_of(request)
    return access.scope == () and bool(access.assignments)


def _whose(words: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name in _WHOSE if (text := words.get(name, "")).strip()}


def _in_words(words: Mapping[str, str]) -> str:
    return " ".join(f"{name}={text}" for name, text in words.items())


def _reason(request: HttpRequest) -> str:
    session = getattr(request, "session", None)
    said = session.get(_REASON) if session is not None else None
    return str(said["text"]) if said and said["at"] + _REASON_S > now().timestamp() else ""


class ReasonForm(forms.Form):
    """Why somebody looks."""

    reason = forms.CharField(
        label="Why do you look at these calls?",
        max_length=LONGEST_REASON,
        help_text="It is noted in the audit with each look of the next eight hours.",
    )


@needs(SIGNED_IN)
def looking(request: HttpRequest) -> HttpResponse:
    """Ask why, and lead on to what was asked for."""
    form = ReasonForm(request.POST or None)
    following = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(following, allowed_hosts=None):
        following = reverse("calls")
    if form.is_valid():
        request.session[_REASON] = {"text": form.cleaned_data["reason"], "at": int(now().timestamp())}
        return redirect(following)
    return render(request, "web/looking.html", {"form": form, "following": following})
