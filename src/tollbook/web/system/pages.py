"""The page about the site as a whole, and what is wrong with it for the first page."""

from __future__ import annotations

import shutil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.web.people.roles import needs
from tollbook.web.system.kept_logo import kept_logo

_TOLD_ELSEWHERE = frozenset(("notices", "store"))
"""What the first page shows by itself."""


@needs("system.see")
def system(request: HttpRequest) -> HttpResponse:
    """Version, room, work that goes on, and what is wrong; with `check` what came of looking at all there is."""
    site = engine().site
    context = {
        "findings": engine().troubles.found(),
        "folder": site.path,
        "free": shutil.disk_usage(site.path).free,
        "sizes": [(path.name, path.stat().st_size) for path in sorted(site.path.iterdir()) if path.is_file()],
        "has_logo": bool(kept_logo()),
        "lag": engine().lag(),
        "checked": engine().doctor() if "check" in request.GET else [],
    }
    return render(request, "web/system.html", context)


@needs("system.see")
def troubles(request: HttpRequest) -> HttpResponse:
    """What is wrong, for the first page, which is sent without it."""
    findings = [each for each in engine().troubles.found() if each.topic not in _TOLD_ELSEWHERE]
    return render(request, "web/parts/findings.html", {"findings": findings})
