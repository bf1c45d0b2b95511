"""Trying a PBX out: asking it now, reading a pasted sample, and the records that could not be read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tollbook import clock
from tollbook.engine.runtime import engine
from tollbook.model.health import Tested
from tollbook.model.problem import Misconfigured
from tollbook.model.reading import Reading
from tollbook.render.formatting import visible
from tollbook.sources import known
from tollbook.store import questions
from tollbook.web.asking import ledger_of
from tollbook.web.formats.sample_results import counts_of, lines_of
from tollbook.web.pbxs.arriving import last_shown
from tollbook.web.pbxs.connection_status import standing
from tollbook.web.pbxs.pages import clears, health_of, pbx_named
from tollbook.web.pbxs.troubleshooting import checklist
from tollbook.web.people.roles import needs

LARGEST_SAMPLE = 200_000
_SHOWN_OF_AN_ANSWER = 4096
_SHOWN_REJECTS = 200


@needs("pbxs.change")
def test(request: HttpRequest, name: str) -> HttpResponse:
    """What a PBX sent last: bytes, and the records in them; one that is asked can be asked now.

    With `added` it is the last step of setting it up. Where nothing comes by itself, a file is imported instead.
    """
    pbx = pbx_named(name)
    if known.is_by_hand(pbx.source):
        return redirect("pbx-imports", name=name)
    health = health_of(name)
    context: dict[str, Any] = {
        "pbx": pbx,
        "health": health,
        "is_added": "added" in request.GET,
        "findings": [each for each in engine().troubles.found() if each.pbx == name],
    }
    try:
        context["last"] = last_shown(engine(), pbx)
    except Misconfigured as fault:
        context["problems"] = fault.problems
    if known.is_stream(pbx.source):
        told = standing(health, pbx.source, clock.now()) if health else ""
        return render(request, "web/pbx-stream.html", {**context, "checklist": checklist(pbx.source), "standing": told})
    counts = questions.counts_by_pbx(ledger_of(request)).get(name, questions.Counts())
    context |= {"clears": clears(pbx), "counts": counts}
    if request.method == "POST":
        context |= _tested(name)
    return render(request, "web/pbx-test.html", context)


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


@needs("pbxs.change")
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
