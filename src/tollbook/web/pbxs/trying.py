"""Trying a PBX out: asking it now, reading a pasted sample, and the records that could not be read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.health import Tested
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.render.formatting import visible
from tollbook.site.audit import operations as audit
from tollbook.sources import known
from tollbook.store import questions
from tollbook.web.asking import ledger_of
from tollbook.web.formats.sample_results import counts_of, lines_of
from tollbook.web.pbxs.arriving import last_shown
from tollbook.web.pbxs.connection_status import standing
from tollbook.web.pbxs.pages import clears, health_of, pbx_named
from tollbook.web.pbxs.troubleshooting import checklist
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import for_admins

LARGEST_SAMPLE = 200_000
_SHOWN_OF_AN_ANSWER = 4096
_SHOWN_REJECTS = 200


@for_admins
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Say what asking does, then ask once and show what came."""
    pbx = pbx_named(name)
    if known.is_stream(pbx.source):
        return _stream(request, pbx)
    context: dict[str, Any] = {"pbx": pbx, "clears": clears(pbx)}
    if request.method == "POST":
        context |= _tested(name)
    return render(request, "web/pbx-test.html", context)


def _stream(request: HttpRequest, pbx: Pbx) -> HttpResponse:
    """A PBX that sends by itself is not asked: what it sends is shown, live where scripts run, else as of now."""
    health = health_of(pbx.name)
    context: dict[str, Any] = {"pbx": pbx, "health": health, "checklist": checklist(pbx.source)}
    if health:
        context["standing"] = standing(health, pbx.source, clock.now())
    try:
        context["last"] = last_shown(engine(), pbx)
    except Misconfigured as fault:
        context["problems"] = fault.problems
    return render(request, "web/pbx-stream.html", context)


def _tested(name: str) -> dict[str, Any]:
    try:
        tested = engine().test(name)
    except Misconfigured as fault:
        return {"problems": fault.problems}
    return {"tested": tested, "answer": _beginning(tested)}


def _beginning(tested: Tested) -> str:
    if tested.body is None:
        return ""
    raw = engine().site.journal.slice(tested.body, 0, _SHOWN_OF_AN_ANSWER)
    return "\n".join(visible(line) for line in raw.replace(b"\r\n", b"\n").split(b"\n"))


@for_admins
def sample(request: HttpRequest, name: str) -> HttpResponse:
    """Read pasted records as this PBX's would be, and store nothing."""
    pbx = pbx_named(name)
    context: dict[str, Any] = {"pbx": pbx, "text": "", "example": _EXAMPLE}
    if request.method == "POST":
        text = request.POST.get("text", "")[:LARGEST_SAMPLE]
        context |= {"text": text, "tried": True}
        try:
            context |= _counted(engine().try_text(pbx, text.encode()))
        except Misconfigured as fault:
            context["problems"] = fault.problems
    return render(request, "web/pbx-sample.html", context)


_EXAMPLE = (
    '"","102","201","SIP/name-00ee9a70","DAHDI/9-1","","Dial","DAHDI/9,30,","2016-06-09 16:38:49",'
    '"2016-06-09 16:38:51","2016-06-09 16:38:54",5,3,"ANSWERED","1465457929"'
)
"""The manual's own example, in the form that the PBX most likely writes."""


def _counted(reading: Reading) -> dict[str, Any]:
    return {"lines": lines_of(reading), "counts": counts_of(reading)}


def rejects(request: HttpRequest, name: str) -> HttpResponse:
    """The records that could not be read, with the reason."""
    pbx = pbx_named(name)
    rows = list(questions.rejects(ledger_of(request), name, _SHOWN_REJECTS))
    total = questions.counts_by_pbx(ledger_of(request)).get(name, questions.Counts()).rejected
    context = {
        "pbx": pbx,
        "rows": [{**row, "raw": visible(str(row["raw"]).encode())} for row in rows],
        "total": total,
        "shown": len(rows),
    }
    return render(request, "web/pbx-rejects.html", context)


@for_admins
@require_POST
def retry(request: HttpRequest, name: str) -> HttpResponse:
    """Read the rejects again with the settings of today."""
    became = engine().retry_rejects(pbx_named(name).name)
    audit.record(actor_of(request), "pbx.retry", name, {"mended": ["", str(became)]})
    text = {0: "None of them can be read yet.", 1: "One of them is a call now."}
    messages.info(request, text.get(became, f"{became} of them are calls now."))
    return redirect("pbx-rejects", name=name)
