"""Formats: those there are, and the workbench in which a person makes one of pasted lines."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from tollbook import clock
from tollbook.dialects.authoring.guessing_words import GIVES
from tollbook.dialects.reading.kinds import KINDS
from tollbook.engine.runtime import engine
from tollbook.model.fields import MEANINGS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs.models import FormatChange
from tollbook.store.rejects import RejectFilter, rejects
from tollbook.web.asking import ledger_of
from tollbook.web.formats import keeping, rereading
from tollbook.web.formats.apart import formats_found, previewed
from tollbook.web.formats.changes import changed
from tollbook.web.formats.draft import FORMS, LARGEST_SAMPLE, Draft, drafted, guessed, layout_of, read_draft
from tollbook.web.formats.search import LONGEST_QUESTION, makers
from tollbook.web.pbxs.pages import pbx_named
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal, ask

_MOST_REJECTS = 200
_NOT_OFFERED = ("direction", "outcome", "currency", "leg", "source_channel", "destination_channel")
"""Fields of a call that are no column here: rules and amounts give them, or only a format worked at as text does."""
_LONGEST_NUMBER = 10


@needs("pbxs.see")
def formats(request: HttpRequest) -> HttpResponse:
    """Every format there is: the site's own first, then those that come with Tollbook."""
    catalogue, pbxs = engine().catalogue, list(engine().pbxs().values())
    layouts = catalogue.layouts()
    own = {slug: layout for slug, layout in layouts.items() if catalogue.is_own(slug)}
    find = request.GET.get("find", "")[:LONGEST_QUESTION]
    context = {
        "own": makers(own, pbxs),
        "makers": makers({slug: layout for slug, layout in layouts.items() if slug not in own}, pbxs, find),
        "find": find,
        "problems": catalogue.problems(),
    }
    return render(request, "web/formats.html", context)


@needs("pbxs.change")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for lines: pasted ones, or those of a PBX that could not be read."""
    sample = request.POST.get("sample", "")[:LARGEST_SAMPLE]
    if request.method == "POST" and sample.strip():
        found = formats_found(sample.encode(), engine().catalogue)
        context = _workbench(guessed(sample), found.problems) | {"fits": found.fits}
        return render(request, "web/format-workbench.html", context)
    name = request.GET.get("pbx", "")
    asked = {
        "sample": _rejected(request, name) if name else "",
        "pbx": name,
        "pbxs": engine().pbxs(),
        "asked": request.POST,
    }
    return render(request, "web/format-new.html", asked)


def _rejected(request: HttpRequest, name: str) -> str:
    rows = rejects(ledger_of(request), RejectFilter(pbx=pbx_named(name).name), _MOST_REJECTS)
    return "\n".join(reversed([str(row["raw"]) for row in rows]))


@needs("pbxs.change")
def workbench(request: HttpRequest) -> HttpResponse:
    """The workbench: the fields as they were sent, changed as a button says, and what they make of the sample."""
    if request.method != "POST":
        return redirect("format-new")
    draft, problems = read_draft(request.POST), []
    act = request.POST.get("act", "read")
    act = f"split:{request.POST.get('split-at', '')}" if act == "split" else act
    try:
        draft = changed(draft, act)
        if act == "keep":
            return _keep(request, draft)
    except Misconfigured as fault:
        problems = list(fault.problems)
    part = "web/parts/workbench.html" if request.headers.get("HX-Request") else "web/format-workbench.html"
    return render(request, part, _workbench(draft, problems))


def _keep(request: HttpRequest, draft: Draft) -> HttpResponse:
    keeping.check_name(draft.slug)
    keeping.keep(draft.slug, layout_of(draft), draft.sample)
    audit.record(actor_of(request), "format.keep", draft.slug)
    messages.success(request, f"Format {draft.slug} saved.")
    return redirect("format-own", slug=draft.slug)


def _workbench(draft: Draft, problems: list[Problem] | None = None) -> dict[str, Any]:
    """Return what the workbench shows; a draft that makes no layout shows why instead of a result."""
    context: dict[str, Any] = {
        "draft": draft,
        "problems": [*(problems or [])],
        "forms": FORMS,
        "kinds": [kind for kind in KINDS if kind != "wall-time"],
        "meanings": {name: means for name, means in MEANINGS.items() if name not in _NOT_OFFERED},
        "gives": [*GIVES, "skip"],
        "own": engine().catalogue.is_own(draft.slug),
    }
    try:
        layout = layout_of(draft)
        found = keeping.delivered_faults(draft.slug, layout)
        context["result"] = previewed(layout, draft.sample, clock.now_us())
    except Misconfigured as fault:
        found = list(fault.problems)
    context["problems"] += [each for each in found if each not in context["problems"]]
    return context


@needs("pbxs.change")
def own(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the site's own formats in the workbench, and the PBXs that write it or might."""
    layout = engine().catalogue.layouts().get(slug)
    if layout is None or not engine().catalogue.is_own(slug):
        raise Http404
    draft = drafted(layout, slug, keeping.sample_of(slug))
    pbxs = sorted(engine().pbxs().values(), key=lambda each: (each.dialect != slug, each.name))
    return render(request, "web/format-workbench.html", {**_workbench(draft), "pbxs": pbxs, "kept": True})


@needs("pbxs.change")
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """A format of the catalogue as the beginning of one's own."""
    layout = engine().catalogue.layouts().get(slug)
    if layout is None:
        raise Http404
    draft = drafted(layout, f"my-{slug}", request.POST.get("sample", ""))
    return render(request, "web/format-workbench.html", _workbench(draft))


@needs("pbxs.change")
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether it is meant, then take one of the site's own formats away, unless a PBX writes it."""
    if not engine().catalogue.is_own(slug):
        raise Http404
    if request.method != "POST":
        loss = "Its folder is deleted, and no PBX can be read in it any more. This cannot be undone."
        back = reverse("format-own", args=[slug])
        return ask(request, Removal(name=slug, loss=loss, list=reverse("formats"), list_title="Formats", back=back))
    try:
        keeping.remove(slug)
        audit.record(actor_of(request), "format.remove", slug)
        messages.success(request, f"The format {slug} is removed.")
    except Misconfigured as fault:
        messages.error(request, f"{fault.problems[0].what}: {fault.problems[0].reason}.")
        return redirect("format-own", slug=slug)
    return redirect("formats")


@needs("pbxs.change")
def of_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """The format of a PBX: another one for its history and all that comes, with counts before and after, and back."""
    pbx = pbx_named(name)
    context: dict[str, Any] = {"pbx": pbx, "layouts": engine().catalogue.layouts(), "problems": []}
    if request.method == "POST":
        try:
            _change_format(request, name)
        except Misconfigured as fault:
            context["problems"] = list(fault.problems)
        else:
            return redirect("pbx-format", name=name)
    context |= {"last": rereading.last_change(name), "chosen": request.GET.get("format", pbx.dialect)}
    part = "web/parts/reread.html" if request.headers.get("HX-Request") else "web/pbx-format.html"
    return render(request, part, context)


def _change_format(request: HttpRequest, name: str) -> None:
    undone = request.POST.get("undo", "")
    if undone:
        number = int(undone) if undone.isascii() and undone.isdigit() and len(undone) < _LONGEST_NUMBER else 0
        rereading.undo(actor_of(request), get_object_or_404(FormatChange, pk=number, pbx=name, undone_at=None))
        messages.success(request, f"{name} has its former format again; its history is being read in it.")
        return
    change = rereading.use(actor_of(request), pbx_named(name), request.POST.get("dialect", ""))
    messages.success(request, f"The history of {name} is being read again as {change.became}.")
