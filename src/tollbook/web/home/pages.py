"""The first page: is it working, and what happened on this day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tollbook import clock
from tollbook.engine.jobs import JobFailed
from tollbook.engine.runtime import engine
from tollbook.model.health import Health, State
from tollbook.model.outcome import Direction
from tollbook.site.audit import operations as audit
from tollbook.store import questions
from tollbook.store.filters import read_asked, read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.named import telephone_owners
from tollbook.web.asking import ledger_of
from tollbook.web.calls.parties import named
from tollbook.web.home import charts
from tollbook.web.page_context import TROUBLED
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import for_admins, person
from tollbook.web.zones import site_zone

_FEED_ROWS = 8


class Day(msgspec.Struct, frozen=True):
    """The day shown, its neighbours (none in the future), and what it is called."""

    on: date
    is_today: bool
    before: date
    after: date | None

    @property
    def iso(self) -> str:
        """The day as addresses and filters write it."""
        return self.on.isoformat()


def _today() -> date:
    return clock.now().astimezone(site_zone()).date()


def _day(text: str) -> Day:
    today = _today()
    try:
        chosen = min(date.fromisoformat(text), today) if text else today
        before = chosen - timedelta(days=1)
    except (ValueError, OverflowError):
        chosen, before = today, today - timedelta(days=1)
    after = chosen + timedelta(days=1) if chosen < today else None
    return Day(on=chosen, is_today=chosen == today, before=before, after=after)


def _hours(counts: list[tuple[int, str, int]]) -> list[dict[str, Any]]:
    """Return the rows of the table beside the chart: the hours that had calls."""
    hours = sorted({hour for hour, _, _ in counts})
    found = {(hour, direction): calls for hour, direction, calls in counts}
    names = [each.value for each in Direction]
    return [{"hour": f"{hour:02}:00", "calls": [found.get((hour, name), 0) for name in names]} for hour in hours]


def _of_day(ledger: Ledger, day: Day) -> dict[str, Any]:
    days = {"from": day.iso, "to": day.iso}
    where = read_filter(days)
    totals = questions.day_totals(ledger, where)
    if not totals["calls"]:
        last = questions.last_day(ledger)
        return {"totals": totals, "last_day": last, "ever_called": last is not None}
    counts = questions.calls_by_hour(ledger, where)
    missed = questions.missed_callers(ledger, read_asked({**days, "called-back": "no"}, day.on))
    extensions = questions.busiest_extensions(ledger, where)
    rung = {(each["pbx"], each["extension"] or "") for each in missed}
    owners = _owners(ledger, day, rung | {(pbx, each["extension"]) for each in extensions for pbx in each["pbxs"]})
    return {
        "totals": totals,
        "ever_called": True,
        "directions": [each.value for each in Direction],
        "hours": _hours(counts),
        "chart": charts.shown(day.iso, tuple(counts)),
        "missed": [{**each, "name": owners.get((each["pbx"], each["extension"]), "")} for each in missed],
        "extensions": [{**each, "name": _of_all(owners, each["pbxs"], each["extension"])} for each in extensions],
        "most_calls": max((each["calls"] for each in extensions), default=0),
    }


def _owners(ledger: Ledger, day: Day, telephones: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the names of whose telephones are on a day, by PBX and extension."""
    found = telephone_owners(ledger, [(pbx, extension, day.iso) for pbx, extension in telephones])
    return {(pbx, extension): owner.name for (pbx, extension, _), owner in found.items()}


def _of_all(owners: dict[tuple[str, str], str], pbxs: list[str], extension: str) -> str:
    """Return whose an extension is, on each of the PBXs that have one of this number."""
    names = dict.fromkeys(owners.get((pbx, extension), "") for pbx in sorted(pbxs))
    return ", ".join(filter(None, names))


def _overall(health: list[Health]) -> str:
    """Return what can be said of all PBXs in one word: the state of those that are not well, if any."""
    return next((each.state.value for each in health if each.state is not State.WORKING), State.WORKING.value)


def _unplanned(ledger: Ledger) -> list[str]:
    """Return the PBXs that have calls, and no dial plan by which their numbers would mean something."""
    without = [name for name, pbx in engine().pbxs().items() if not pbx.plan]
    called = questions.pbxs_with_calls(ledger) if without else set()
    return [name for name in without if name in called]


def home(request: HttpRequest) -> HttpResponse:
    """The day, the PBXs, and the calls as they arrive."""
    day = _day(request.GET.get("day", ""))
    ledger = ledger_of(request)
    health = engine().health()
    listing = questions.CallListing(limit=_FEED_ROWS)
    latest = named(ledger, questions.calls(ledger, listing)) if day.is_today else []
    context = {
        "day": day,
        "since": ledger.entry(),
        "health": health,
        "troubles": [each for each in health if each.state in TROUBLED],
        "overall": _overall(health),
        "latest": latest,
        "lag": engine().lag(),
        "notices": engine().notices(),
        "unplanned": _unplanned(ledger) if person(request).is_staff else [],
        "numbering": [name for name in engine().pbxs() if engine().numbering(name)],
    }
    return render(request, "web/home.html", context | _of_day(ledger, day))


def hours_chart(request: HttpRequest) -> HttpResponse:
    """The chart of a day's calls by hour, for the page that was sent without it."""
    day = _day(request.GET.get("day", ""))
    where = read_filter({"from": day.iso, "to": day.iso})
    try:
        chart = charts.drawn(day.iso, tuple(questions.calls_by_hour(ledger_of(request), where)))
    except JobFailed as fault:
        return render(request, "web/parts/chart.html", {"trouble": str(fault)})
    return render(request, "web/parts/chart.html", {"drawn": chart})


@for_admins
@require_POST
def notice_done(request: HttpRequest, number: int) -> HttpResponse:
    """Note that somebody has dealt with what was found when the site was opened."""
    if engine().settle_notice(number):
        audit.record(actor_of(request), "notice.done", str(number))
    return redirect("home")
