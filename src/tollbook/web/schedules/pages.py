"""Schedules: what is sent when, what became of each run, and what a run has made."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.model.schedule import QuestionKind, ReportSchedule
from tollbook.site.destinations import operations as destinations_known
from tollbook.site.outbox import operations as box
from tollbook.site.schedules import operations
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask
from tollbook.web.schedules.answering import words_known
from tollbook.web.schedules.asked import WrittenSchedule, asker_of, next_moments, several_shown, shown, written
from tollbook.web.schedules.form import ScheduleForm

_RUNS, _REFRESH_S = 30, 10


def _named(request: HttpRequest, name: str) -> ReportSchedule:
    try:
        return operations.find(asker_of(request), name)
    except NotThere as fault:
        raise Http404 from fault


@needs("schedules.change")
def schedules(request: HttpRequest) -> HttpResponse:
    """The schedules of whoever looks, or all of them for an administrator."""
    asker = asker_of(request)
    context = {
        "schedules": several_shown(operations.every(asker)),
        "sees_all": asker.sees_all,
        "has_destination": bool(destinations_known.every()),
    }
    return render(request, "web/schedules.html", context)


@needs("schedules.change")
def schedule(request: HttpRequest, name: str) -> HttpResponse:
    """One schedule: what it sends, when it runs next, and its history."""
    found = _named(request, name)
    context = {
        "schedule": shown(found),
        "runs": operations.history(asker_of(request), name, _RUNS),
        "entries": box.entries(_RUNS, topic=found.topic),
        "left": box.unsubscribed(found.topic),
        "refresh_s": _REFRESH_S,
    }
    return render(request, "web/schedule.html", context)


@needs("schedules.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new schedule; a report's page hands its filter over in the address."""
    form = ScheduleForm(request, _from_address(request), is_known=False)
    if form.is_valid() and form.save():
        assert form.schedule is not None  # noqa: S101 - for the type: it is kept
        messages.success(request, f"{form.schedule.name} is set up.")
        return redirect("schedule", name=form.schedule.name)
    return render(request, "web/schedule-form.html", {"form": form, "known": None})


def _from_address(request: HttpRequest) -> WrittenSchedule:
    given = {name: ",".join(request.GET.getlist(name))[:1000] for name in request.GET}
    report = given.pop("report", "")[:100]
    settings = {name.removeprefix("set-"): text for name, text in given.items() if name.startswith("set-")}
    known = words_known(QuestionKind(report) if report in list(QuestionKind) else QuestionKind.REPORT)
    words = {name: text for name, text in given.items() if text and name in known}
    return WrittenSchedule(name="", report=report, words=words, settings=settings)


@needs("schedules.change")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """What a schedule sends, when and to whom."""
    found = _named(request, name)
    form = ScheduleForm(request, written(found), is_known=True)
    if form.is_valid() and form.save():
        messages.success(request, "The schedule is changed.")
        return redirect("schedule", name=name)
    return render(request, "web/schedule-form.html", {"form": form, "known": found})


@needs("schedules.change")
def ahead(request: HttpRequest) -> HttpResponse:
    """The next moments of what is being typed, as a part of the form."""
    try:
        moments = next_moments(request.GET.get("when", "")[:100], request.GET.get("zone", "")[:60])
        found, fault = [f"{at:%a} {at.day} {at:%b %Y %H:%M}" for at in moments], ""
    except Misconfigured as why:
        found, fault = [], f"{why.problems[0].what}: {why.problems[0].reason}" if request.GET.get("when") else ""
    return render(request, "web/parts/schedule-next.html", {"moments": found, "fault": fault})


def _pause(request: HttpRequest, found: ReportSchedule) -> None:
    operations.pause(asker_of(request), found.name, paused=not found.paused)
    messages.success(request, f"{found.name} is {'resumed' if found.paused else 'paused: nothing is sent'}.")


def _run(request: HttpRequest, found: ReportSchedule) -> None:
    operations.run_now(asker_of(request), found.name)
    engine().schedules.news()
    messages.success(request, "It is being made. The history below says what comes of it.")


def _bring_back(request: HttpRequest, found: ReportSchedule) -> None:
    recipient = request.POST.get("recipient", "")[:300]
    if box.subscribe_again(found.topic, recipient):
        messages.success(request, f"{recipient} gets it again.")


_DEEDS: dict[str, Callable[[HttpRequest, ReportSchedule], None]] = {
    "pause": _pause,
    "run": _run,
    "bring-back": _bring_back,
}
"""What can be done with a schedule."""


@needs("schedules.change")
@require_POST
def act(request: HttpRequest, name: str, deed: str) -> HttpResponse:
    """Do something with a schedule."""
    found = _named(request, name)
    if deed not in _DEEDS:
        raise Http404
    _DEEDS[deed](request, found)
    return redirect("schedule", name=name)


@needs("schedules.change")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it is meant, then remove the schedule."""
    found = _named(request, name)
    if request.method == "POST":
        operations.remove(asker_of(request), name)
        messages.success(request, f"{name} is removed.")
        return redirect("schedules")
    loss = "Nothing more is sent, and its history with what it has made is deleted."
    where = {"list": reverse("schedules"), "list_title": "Schedules", "back": reverse("schedule", args=[found.name])}
    return ask(request, Removal(name=name, loss=loss, **where))


@needs("schedules.change")
def output(request: HttpRequest, name: str, run: int, place: int) -> HttpResponse:
    """A file that a run has made, to keep."""
    try:
        file, type_, content = operations.output(asker_of(request), name, run, place)
    except NotThere as fault:
        raise Http404 from fault
    headers = {"Content-Disposition": f'attachment; filename="{ascii_name(file)}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=type_, headers=headers)


def ascii_name(name: str) -> str:
    """Return a file's name as it may stand in a header."""
    return "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\/' else "-" for letter in name
    )
