"""The page of files that were asked for, and what can be done with one."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.page_limits import READY_FILE_KEPT_S, READY_FILES_BYTES
from tollbook.model.problem import Misconfigured
from tollbook.model.ready_file import FileAsked, FileState
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.audit.looking import ask, look_at_file
from tollbook.web.files import api, making
from tollbook.web.files.whose import access_now, files_of, one_of, open_one, owner_of
from tollbook.web.people.roles import needs
from tollbook.web.reports.asked import SETTING
from tollbook.web.zones import site_zone

_DAY_S = 86_400
_MOST_WORDS = 60
_MAKE = "report-files-make"


@never_cache
@needs("calls.see")
def files(request: HttpRequest) -> HttpResponse:
    """The files of whoever looks: those that are made, that are ready, and that failed."""
    found, access, owner = files_of(request), access_now(request), owner_of(request)
    shown = [
        {
            "file": each,
            "percent": int(100 * each.part),
            "is_open": each.state is FileState.READY and each.access == access and each.owner == owner,
            "is_ready": each.state is FileState.READY,
        }
        for each in found
    ]
    context = {
        "files": shown,
        "is_busy": any(each.is_under_way for each in found),
        "days": READY_FILE_KEPT_S // _DAY_S,
        "most": READY_FILES_BYTES,
        "zone": site_zone(),
    }
    return render(request, "web/report-files.html", context)


@needs("calls.see")
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Have a file made of a report, a breakdown or a phone bill, by the words of its page."""
    pairs = parse_qsl(str(request.POST.get("words", "")), max_num_fields=_MOST_WORDS)
    settings = tuple(text[:LONGEST_TEXT] for name, text in pairs if name == "set")
    words: dict[str, str] = {}
    for name, text in pairs:
        if name != "set":
            words[name] = f"{words[name]},{text}"[:LONGEST_TEXT] if name in words else text[:LONGEST_TEXT]
    words["format"] = str(request.POST.get("format", ""))
    known = {"explore": "explore", "phone-bill": "phone-bill"}
    of = known.get(str(request.POST.get("of", "")), "report")
    report = str(request.POST.get("report", ""))[:LONGEST_TEXT]
    asked = FileAsked(of=of, report=report, words=words, settings=settings)  # type: ignore[arg-type] # it is one of them
    return ask(request, _page_of(asked)) if look_at_file(request, _MAKE, asked) else _asked(request, asked)


@needs("calls.see")
@require_POST
def again(request: HttpRequest, key: str) -> HttpResponse:
    """Have a file made once more, of what may be seen now; the one there was goes."""
    try:
        there = one_of(request, key)
        if look_at_file(request, _MAKE, there.asked):
            return ask(request, reverse("report-files"))
        engine().files.remove(there.key)
    except Misconfigured as fault:
        return _refused(request, fault)
    return _asked(request, there.asked)


@needs("calls.see")
@require_POST
def cancel(request: HttpRequest, key: str) -> HttpResponse:
    """Give a file up."""
    try:
        there = engine().files.cancel(one_of(request, key).key)
    except Misconfigured as fault:
        return _refused(request, fault)
    messages.success(request, f"{there.title} is not made.")
    return redirect("report-files")


@needs("calls.see")
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    """Remove a file."""
    try:
        there = engine().files.remove(one_of(request, key).key)
    except Misconfigured as fault:
        return _refused(request, fault)
    messages.success(request, f"The file of {there.title} is removed.")
    return redirect("report-files")


@needs("calls.see")
def get(request: HttpRequest, key: str) -> HttpResponseBase:
    """Hand a file out, or say why not."""
    try:
        there = open_one(request, key)
        if look_at_file(request, "report-file", there.asked):
            return ask(request)
        return api.handed_out(request, there)
    except Misconfigured as fault:
        return _refused(request, fault)


def _asked(request: HttpRequest, asked: FileAsked) -> HttpResponse:
    try:
        there = making.ask(request, asked)
    except Misconfigured as fault:
        return _refused(request, fault)
    messages.success(request, f"{there.title} is being made. It stands here when it is ready.")
    return redirect("report-files")


def _page_of(asked: FileAsked) -> str:
    """Return the page on which the same can be asked for again."""
    pages = {"explore": reverse("report-explore"), "phone-bill": reverse("phone-bills")}
    try:
        address = pages.get(asked.of) or reverse("report", args=[asked.report])
    except NoReverseMatch:  # it cannot be a report's name
        return reverse("reports")
    settings = [each.partition("=") for each in asked.settings]
    words = [*asked.words.items(), *((f"{SETTING}{name}", text) for name, _, text in settings)]
    return f"{address}?{urlencode([(name, text) for name, text in words if name != 'format'])}"


def _refused(request: HttpRequest, fault: Misconfigured) -> HttpResponse:
    for each in fault.problems:
        told = f"{each.what}: {each.reason}"
        messages.error(request, f"{told[:1].upper()}{told[1:]}")
    return redirect("report-files")
