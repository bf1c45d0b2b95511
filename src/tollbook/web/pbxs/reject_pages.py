"""The records of a PBX that could not be read: looked at, tried again, put aside and brought back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tollbook.engine.runtime import engine
from tollbook.model.limits import REJECT_NOTE
from tollbook.model.problem import Misconfigured
from tollbook.render.formatting import spelt
from tollbook.site.audit import operations as audit
from tollbook.store import rejects as asked
from tollbook.store.rejects import RejectFilter
from tollbook.web.asking import ledger_of
from tollbook.web.pbxs import rejecting
from tollbook.web.pbxs.pages import pbx_named
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

_SHOWN = 200
_LONGEST_NUMBER = 18


@needs("raw.see")
def rejects(request: HttpRequest, name: str) -> HttpResponse:
    """The records that could not be read, with the reason; or those put aside, with the note."""
    pbx, ledger = pbx_named(name), ledger_of(request)
    wanted = _wanted(request.GET, name)
    rows = list(asked.rejects(ledger, wanted, _SHOWN))
    other = RejectFilter(pbx=name, body=wanted.body, aside=not wanted.aside)
    totals = {each.aside: asked.count_rejects(ledger, each) for each in (wanted, other)}
    context: dict[str, Any] = {
        "pbx": pbx,
        "rows": [{**row, "raw": spelt(str(row["raw"]).encode())} for row in rows],
        "aside": wanted.aside,
        "body": wanted.body,
        "standing": totals[False],
        "put_aside": totals[True],
        "total": totals[wanted.aside],
        "shown": len(rows),
        "longest_note": REJECT_NOTE,
    }
    return render(request, "web/pbx-rejects.html", context)


def _wanted(given: Any, name: str, ids: tuple[str, ...] | None = None) -> RejectFilter:  # noqa: ANN401 - a query or a form
    body = given.get("import", "")
    number = int(body) if body.isdecimal() and len(body) <= _LONGEST_NUMBER else None
    return RejectFilter(pbx=name, body=number, ids=ids, aside=given.get("aside") == "yes")


@needs("pbxs.change")
@require_POST
def move(request: HttpRequest, name: str) -> HttpResponse:
    """Put the chosen rejects aside, or bring them back; all of the list where that was said."""
    pbx_named(name)
    ids = None if request.POST.get("which") == "all" else tuple(request.POST.getlist("reject"))
    wanted = _wanted(request.POST, name, ids)
    actor, ledger = actor_of(request), ledger_of(request)
    try:
        if wanted.aside:
            said = f"{rejecting.bring_back(actor, ledger, wanted):,} brought back."
        else:
            said = f"{rejecting.put_aside(actor, ledger, wanted, request.POST.get('note', '')):,} put aside."
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.".capitalize())
    else:
        messages.success(request, said if ids != () else "No record was chosen.")
    words = {"aside": "yes"} if wanted.aside else {}
    words |= {"import": str(wanted.body)} if wanted.body is not None else {}
    return HttpResponseRedirect(f"{reverse('pbx-rejects', kwargs={'name': name})}?{urlencode(words)}")


@needs("pbxs.change")
@require_POST
def retry(request: HttpRequest, name: str) -> HttpResponse:
    """Read the rejects again with the settings of today."""
    became = engine().retry_rejects(pbx_named(name).name)
    audit.record(actor_of(request), "pbx.retry", name, {"mended": ["", str(became)]})
    text = {0: "None of them can be read yet.", 1: "One of them is a call now."}
    messages.info(request, text.get(became, f"{became} of them are calls now."))
    return redirect("pbx-rejects", name=name)
