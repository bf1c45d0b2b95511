"""Pages of a site full of calls, asked for one after another over one connection, as a browser does."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import quantiles

import httpx2
import msgspec

from bench.busy import full_site
from bench.scene import Fact, Result, Scene
from bench.serving import ServerFailed
from bench.tables import Table, count, duration
from tollbook.clock import monotonic_s

_WARM_UP = 3
_FIRST_DAY = date(2025, 2, 3)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and the addresses that are asked for in turn."""

    name: str
    addresses: tuple[str, ...]


_PAGES = (
    Page(name="home, today", addresses=("/",)),
    Page(
        name="home, another day each time",
        addresses=tuple(f"/?day={_FIRST_DAY + timedelta(day)}" for day in range(330)),
    ),
    Page(name="calls, newest", addresses=("/calls/",)),
    Page(
        name="calls, filtered, sorted, far on",
        addresses=(
            "/calls/?extension=104",
            "/calls/?number=5550117",
            "/calls/?from=2025-11-01&to=2025-11-30&direction=incoming&outcome=unanswered",
            "/calls/?sort=-talk_s",
            "/calls/?text=desk107",
            "/calls/?page=200",
            "/calls/?page=10000",
            "/calls/?sort=caller&page=9000",
            "/calls/?number=%2B1+213+555+0117",
        ),
    ),
)


def measure(scene: Scene) -> Result:
    """Ask for every page some hundred times."""
    scene.say("pages: making the site ready")
    with full_site(scene, "pages") as (server, _), server.signed_in() as client:
        times = {page.name: _times(scene, client, page) for page in _PAGES}
    rows = [
        (name, *map(duration, (percentile(each, 50), percentile(each, 95), max(each)))) for name, each in times.items()
    ]
    table = Table(
        title=f"A page, with {count(scene.sizes.calls)} calls in the site",
        columns=("page", "p50", "p95", "longest"),
        words=frozenset(("page",)),
        rows=rows,
        notes=(
            f"{scene.sizes.requests} requests each, one after another, through the server that people use, signed in.",
        ),
    )
    return Result(tables=[table], facts={Fact.PAGE_P95_S: max(percentile(each, 95) for each in times.values())})


def _times(scene: Scene, client: httpx2.Client, page: Page) -> list[float]:
    scene.say(f"pages: {page.name}")
    turns = [page.addresses[turn % len(page.addresses)] for turn in range(scene.sizes.requests)]
    for address in turns[:_WARM_UP]:
        _ask(client, address)
    return [_ask(client, address) for address in turns]


def _ask(client: httpx2.Client, address: str) -> float:
    begun = monotonic_s()
    answer = client.get(address)
    seconds = monotonic_s() - begun
    if answer.status_code != httpx2.codes.OK:
        message = f"{address} was answered {answer.status_code}"
        raise ServerFailed(message)
    return seconds


def percentile(times: list[float], share: int) -> float:
    """Return the time that so many in a hundred do not go over.

    >>> percentile([1.0, 2.0, 3.0], 50)
    2.0
    """
    return quantiles(times, n=100, method="inclusive")[share - 1] if len(times) > 1 else times[0]
