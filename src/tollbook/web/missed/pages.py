"""The page of missed calls: who is to be called back, what is done, and what the site has set for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.missed import LONGEST_NOTE, MOST_AT_ONCE
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.missed import operations
from tollbook.store.named import offered_names
from tollbook.web.asking import pbxs_of, recent_of
from tollbook.web.directory.answering import FormPage, kept
from tollbook.web.missed.acting import ACTS, act, act_on_many, done_how
from tollbook.web.missed.asked import PER_PAGE, STATES, AskedMissed, asked_missed, question
from tollbook.web.missed.form import MissedSettingsForm
from tollbook.web.missed.readiness import readiness
from tollbook.web.missed.shown import missed_page
from tollbook.web.page_context import TROUBLED
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import may, needs

_SAID = {
    "claim": "You said that you will call.",
    "release": "The caller waits for somebody again.",
    "called": "Done: the caller was called.",
    "set-aside": "Set aside.",
    "reopen": "The caller waits again.",
}
_PERIODS = {"": "All days", "today": "Today", "yesterday": "Yesterday", "last-7-days": "Last 7 days"}
_FIELDS = ("department", "pbx", "period", "from", "to")
"""Words that the form asks for, or that its days take the place of."""


@needs("calls.see")
def missed(request: HttpRequest) -> HttpResponse:
    """The entries that the address means; a browser that follows the calls asks for the list alone."""
    since = recent_of(request).position().last  # before the list is made: a call in between makes it load again
    context = _listed(request)
    is_part = bool(request.headers.get("HX-Request"))
    if not is_part:
        ledger = recent_of(request)
        context |= {
            "pbxs": list(pbxs_of(request)),
            "departments": offered_names(ledger).departments,
            "periods": _PERIODS,
            "kept": [(name, text) for name, text in context["asked"].words.items() if name not in _FIELDS],
            "since": since,
        }
    return render(request, "web/parts/missed-list.html" if is_part else "web/missed.html", context)


def _listed(request: HttpRequest) -> dict[str, Any]:
    try:
        asked, ready = asked_missed({name: str(text) for name, text in request.GET.items()}), readiness()
        page = missed_page(recent_of(request), question(asked))
    except Misconfigured as fault:
        faults = [f"{each.what}: {each.reason}" for each in fault.problems]
        return {"asked": AskedMissed(), "faults": faults, "rows": [], "tabs": [], "longest_note": LONGEST_NOTE}
    counts = {"open": page.open, "done": page.done, "all": page.open + page.done}
    there = counts[asked.state]
    health = engine().missed_watch.health
    return {
        "asked": asked,
        "rows": page.rows,
        "over": page.over,
        "tabs": [
            (title, asked.address(state=state, page=1), state == asked.state, counts[state])
            for state, title in STATES.items()
        ],
        "here": reverse("missed") + asked.address(),
        "previous": asked.address(page=asked.page - 1) if asked.page > 1 else "",
        "next": asked.address(page=asked.page + 1) if there > asked.page * PER_PAGE else "",
        "settings": operations.settings(),
        "may_dial": may(request, "numbers.see"),
        "longest_note": LONGEST_NOTE,
        "behind": ready.beside(page.rows),
        "trouble": health.message if health.state in TROUBLED else "",
    }


@require_POST
@needs("missed.change")
def do(request: HttpRequest, call: UUID, word: str) -> HttpResponse:
    """Claim an entry, release it, say that it is done, or open it again; then back to the list."""
    if word not in ACTS:
        raise Http404
    try:
        act(request, call, word, str(request.POST.get("note", "")))
        messages.success(request, _SAID[word])
    except (Misconfigured, NotThere) as fault:
        messages.error(request, "; ".join(f"{each.what}: {each.reason}" for each in fault.problems))
    return redirect(reverse("missed") + _back(str(request.POST.get("list", ""))).removesuffix("?"))


@require_POST
@needs("missed.change")
def set_many_aside(request: HttpRequest) -> HttpResponse:
    """Say of the entries that were marked that they are done, with one note; then back to the list."""
    try:
        calls = [UUID(text) for text in request.POST.getlist("call")[: MOST_AT_ONCE + 1]]
        how = done_how(str(request.POST.get("how", "")))
        told = act_on_many(request, calls, how, str(request.POST.get("note", "")))
        left = f" {told.left} {'is' if told.left == 1 else 'are'} left: done meanwhile." if told.left else ""
        messages.success(request, f"{told.done} {'called' if how == 'called' else 'set aside'}.{left}")
    except ValueError:
        messages.error(request, "What was marked is no missed call.")
    except Misconfigured as fault:
        messages.error(request, "; ".join(f"{each.what}: {each.reason}" for each in fault.problems))
    return redirect(reverse("missed") + _back(str(request.POST.get("list", ""))).removesuffix("?"))


def _back(text: str) -> str:
    """Return the words of the list that a form stood in; they are read again, so that they lead nowhere else."""
    try:
        return asked_missed({name: str(each) for name, each in QueryDict(text.lstrip("?")).items()}).address()
    except Misconfigured:
        return ""


@needs("pbxs.change")
def settings(request: HttpRequest) -> HttpResponse:
    """How soon callers are due, when the site is open, which calls are too short, how far back the list looks."""
    page = FormPage(
        title="Settings of missed calls",
        back=reverse("missed"),
        back_title="Missed calls",
        lead="They hold for the whole site. The list is worked out again at once.",
    )
    initial = msgspec.structs.asdict(operations.settings())

    def keep(given: dict[str, Any]) -> str:
        operations.change_settings(actor_of(request), MissedSettingsForm.given(given))
        return "The settings are kept."

    return kept(request, MissedSettingsForm(request.POST or None, initial), page, keep)
