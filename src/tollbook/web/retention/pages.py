"""The page on how long things are kept: days for each kind, what would go, and what the last runs have done."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.model.retention import KINDS, LEAST_DAYS, RetentionPolicy
from tollbook.site.retention import operations
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs
from tollbook.web.retention import personal
from tollbook.web.retention.api import RetentionPreview, preview_of
from tollbook.web.retention.personal import Wanted
from tollbook.web.retention.told import told

_TITLES = {
    "records": "Records",
    "numbers": "Numbers",
    "calls": "Calls",
    "history": "History",
    "looks": "Looks",
    "backups": "Backups",
}
_LONGEST_DIGITS = 5
_COUNTED = {
    "calls": "calls",
    "rejects": "records that could not be read",
    "phone_book": "entries of the phone book",
    "people": "people of the directory",
    "assignments": "assignments of the directory",
    "notes": "notes on calls",
    "follow_ups": "follow-ups of missed calls",
    "alerts": "alerts",
}


class RetentionField(msgspec.Struct, frozen=True):
    """A kind as the form shows it."""

    name: str
    title: str
    help: str
    least: int
    days: str


@needs("system.see")
def retention(request: HttpRequest) -> HttpResponse:
    """How long each kind is kept. Posted: what would go by that, or the new policy."""
    given = {name: request.POST.get(name, "").strip() for name in KINDS}
    if request.method != "POST" or not may(request, "system.change"):
        return _page(request, _days(operations.policy()))
    try:
        if "run" in request.POST:
            operations.ask(actor_of(request))
            messages.success(request, "Begun. The page says below what it has done.")
            return redirect("retention")
        wanted = _read(given)
        if "keep" not in request.POST or request.POST.get("seen") != _told_days(given):
            return _page(request, given, preview=preview_of(wanted))
        operations.set_policy(actor_of(request), wanted)
    except Misconfigured as fault:
        return _page(request, given, faults=fault.problems)
    messages.success(request, "Saved. What is too old goes now, and once a day from now on.")
    return redirect("retention")


@needs("system.change")
def personal_data(request: HttpRequest) -> HttpResponseBase:
    """What is known of one number or person: counted, given as a file, or removed."""
    given = {name: request.POST.get(name, "").strip()[:200] for name in ("number", "person")}
    if request.method != "POST":
        return render(request, "web/personal-data.html", given)
    try:
        wanted = Wanted(**given)
        if "give" in request.POST:
            file = personal.given(actor_of(request), wanted)
            return FileResponse(file, as_attachment=True, filename="personal-data.zip", content_type="application/zip")
        if "erase" in request.POST:
            done = personal.erased(actor_of(request), wanted)
            counted = f"{done.calls:,} calls have no number any more" if wanted.number else "The person was removed"
            messages.success(request, f"{counted}. Backups, and what exports wrote, still have it.")
            return redirect("personal-data")
        found = msgspec.structs.asdict(personal.found(actor_of(request), wanted))
    except (Misconfigured, NotThere) as fault:
        return render(request, "web/personal-data.html", {**given, "faults": fault.problems}, status=422)
    counts = [(title, found[name]) for name, title in _COUNTED.items() if found[name]]
    return render(request, "web/personal-data.html", {**given, "looked": True, "counts": counts})


def _told_days(given: dict[str, str]) -> str:
    """Return the days in one text: what is kept is what somebody has seen the preview of."""
    return ",".join(given[name] for name in KINDS)


def _days(policy: RetentionPolicy) -> dict[str, str]:
    return {name: str(days or "") for name, days in msgspec.structs.asdict(policy).items()}


def _read(given: dict[str, str]) -> RetentionPolicy:
    bad = [name for name, text in given.items() if text and not _is_number(text)]
    if bad:
        raise Misconfigured(
            *(Problem(f"'{_TITLES[name]}' takes a number of days", f"got {given[name][:40]!r}") for name in bad)
        )
    policy = RetentionPolicy(**{name: int(text) if text else None for name, text in given.items()})
    operations.check_policy(policy)
    return policy


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_DIGITS


def _page(
    request: HttpRequest,
    given: dict[str, str],
    *,
    preview: RetentionPreview | None = None,
    faults: tuple[Problem, ...] = (),
) -> HttpResponse:
    fields = [RetentionField(name, _TITLES[name], KINDS[name], LEAST_DAYS[name], given[name]) for name in KINDS]
    context: dict[str, Any] = {
        "fields": fields,
        "seen": _told_days(given),
        "preview": preview,
        "faults": faults,
        "running": engine().retention.running,
        "waits": engine().retention.waits(),
        "runs": [(run, told(run.counts)) for run in operations.runs()],
        "planned": engine().backups.state().plan is not None,
    }
    return render(request, "web/retention.html", context, status=422 if faults else 200)
