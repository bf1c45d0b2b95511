"""The site's logo: kept in its folder, and put at the head of PDFs."""

from __future__ import annotations

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollbook.engine.jobs import JobFailed
from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.page_limits import LOGO_BYTES
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.logo import check_logo
from tollbook.render.reports.pdf import logo_drawn
from tollbook.site.audit import operations as audit
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import BYTES, answers
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.system.kept_logo import FILE, kept_logo

router = WordRouter(tags=["site"])


class LogoState(msgspec.Struct, frozen=True):
    """How many bytes the logo has; 0 where there is none."""

    size: int


def keep_logo(data: bytes, actor: Actor) -> None:
    """Keep a picture as the logo; raises `Misconfigured` for what cannot be printed."""
    check_logo(data)
    try:
        engine().jobs.run(logo_drawn, data)
    except JobFailed:
        reason = "its points cannot be read"
        raise Misconfigured(Problem("the picture cannot be the logo", reason, help="save it as PNG again")) from None
    new = engine().site.path / f"{FILE}.new"
    new.touch(0o600)
    new.write_bytes(data)
    new.replace(engine().site.path / FILE)
    audit.record(actor, "site.logo", FILE)


def remove_logo(actor: Actor) -> None:
    """Go on without a logo."""
    if kept_logo():
        (engine().site.path / FILE).unlink(missing_ok=True)
        audit.record(actor, "site.logo-remove", FILE)


@router.put("/site/logo", summary="Set the logo", openapi_extra={**BYTES, **answers(LogoState)})
@needs("system.change")
def set_site_logo(request: HttpRequest) -> HttpResponse:
    """Put a picture at the head of PDFs; it is sent as PNG."""
    data = request.read(LOGO_BYTES + 1)
    keep_logo(data, actor_of(request))
    return answer(LogoState(len(data)))


@router.delete("/site/logo", summary="Remove the logo", openapi_extra=answers(LogoState))
@needs("system.change")
def remove_site_logo(request: HttpRequest) -> HttpResponse:
    """Have no picture at the head of PDFs."""
    remove_logo(actor_of(request))
    return answer(LogoState(0))


@needs("system.see")
def logo(request: HttpRequest) -> HttpResponse:
    """The logo itself, for the page that shows it."""
    del request
    data = kept_logo()
    if not data:
        raise Http404
    return HttpResponse(data, content_type="image/png", headers={"Cache-Control": "no-store"})


@needs("system.change")
@require_POST
def change_logo(request: HttpRequest) -> HttpResponse:
    """Keep the picture that was chosen, or none."""
    file = request.FILES.get("logo")
    try:
        if "remove" in request.POST:
            remove_logo(actor_of(request))
            messages.success(request, "PDFs have no logo from now on.")
        elif file is None:
            messages.error(request, "Choose a picture first.")
        else:
            keep_logo(file.read(LOGO_BYTES + 1), actor_of(request))
            messages.success(request, "The logo stands at the head of PDFs from now on.")
    except Misconfigured as fault:
        told = fault.problems[0]
        messages.error(request, f"{told.what[:1].upper()}{told.what[1:]}: {told.reason}. {told.help or ''}".strip())
    return redirect("system")
