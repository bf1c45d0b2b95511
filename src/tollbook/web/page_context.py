"""What every page shows around its own contents: the menu, who is signed in, whether anything is wrong, help."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from django.http import HttpRequest
from django.urls import resolve

from tollbook.engine.runtime import engine
from tollbook.model.access import Access
from tollbook.model.health import State
from tollbook.model.problem import Unavailable
from tollbook.store.ledger import Reopening
from tollbook.web.alerts.showing import open_count
from tollbook.web.asking import pbxs_of
from tollbook.web.help.links import help_for
from tollbook.web.people.roles import SIGNED_IN, access_of, needed_by

TROUBLED = frozenset((State.NOT_REACHABLE, State.NEEDS_ATTENTION, State.NOT_READABLE, State.NO_ROOM))


class Place(msgspec.Struct, frozen=True):
    """A page that the menu leads to; `troubles` is how many things there need attention."""

    title: str
    path: str
    here: bool = False
    troubles: int = 0


class Section(msgspec.Struct, frozen=True):
    """An entry of the menu, with the pages within it where there are several."""

    title: str
    path: str
    here: bool
    places: list[Place] = []
    own_troubles: int = 0

    @property
    def troubles(self) -> int:
        """How many things within it need attention."""
        return self.own_troubles + sum(place.troubles for place in self.places)


_VERSION = version("tollbook")
_ALONE = (("Home", "/"), ("Calls", "/calls/"), ("Missed", "/missed/"), ("Reports", "/reports/"))
_COSTS = (
    ("Budgets", "/costs/budgets/"),
    ("Charge-back", "/costs/charge-back/"),
    ("Phone bills", "/costs/phone-bills/"),
    ("Monthly charges", "/costs/monthly-charges/"),
    ("Without a price", "/costs/unpriced/"),
    ("PBX charges", "/costs/pbx-charges/"),
    ("Preview", "/costs/preview/"),
    ("Carrier bills", "/costs/bills/"),
)
_ALERTS = ("Alerts", "/alerts/")
_SET_UP = (
    ("PBXs", "/pbxs/"),
    ("Formats", "/formats/"),
    ("Directory", "/directory/"),
    ("Tariffs", "/tariffs/"),
    ("Exports", "/sinks/"),
    ("Deliveries", "/deliveries/"),
    ("Places", "/places/"),
    ("Wallboards", "/wallboards/"),
    ("People", "/people/"),
    ("API tokens", "/tokens/"),
    ("Audit", "/audit/"),
    ("System", "/system/"),
)
_PART_OF = {
    "/pbx/": "/pbxs/",
    "/sink/": "/sinks/",
    "/alert/": "/alerts/",
    "/delivery/": "/deliveries/",
    "/place-groups/": "/places/",
    "/tariff/": "/tariffs/",
    **dict.fromkeys(("/schedule/", "/schedules/"), "/reports/"),
}


class Allowed:
    """What whoever looks at a page may do, as templates ask for it: `may.pbxs_change`."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def __getitem__(self, name: str) -> bool:
        """Say whether they have a permission; raises KeyError for no such one."""
        return self._access.may(name.replace("_", "."))


@cache
def _needed(path: str) -> str:
    return needed_by(resolve(path).func) or ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's contents; next to nothing before anybody has signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"version": _VERSION}
    access = access_of(request)
    menu = _menu(_section(request.path), access, open_count(request) if access.may("calls.see") else 0)
    here = next((section for section in menu if section.here), None)
    return {
        "version": _VERSION,
        "menu": menu,
        "section": here.title if here else "",
        "places": here.places if here else [],
        "may": Allowed(access),
        "menu_troubles": sum(section.troubles for section in menu),
        "several_pbxs": _has_several_pbxs(request),
        "is_centre": engine().site.centre is not None,
        "help_page": help_for(request.resolver_match.view_name if request.resolver_match else ""),
    }


def _has_several_pbxs(request: HttpRequest) -> bool:
    try:
        return len(pbxs_of(request)) > 1
    except (
        Unavailable,
        Reopening,
    ):  # the page says so itself where it needs them; a page of a fault has this frame, too
        return False


def _menu(here: str, access: Access, open_hits: int) -> list[Section]:
    troubled = {
        "/pbxs/": sum(each.state in TROUBLED for each in engine().health()),
        "/sinks/": sum(each.state in TROUBLED for each in engine().sinks.health()),
        "/deliveries/": engine().outbox.troubles(),
        "/places/": sum(each.topic == "places" for each in engine().troubles.known()),
    }
    alone = [Section(title, path, path == here) for title, path in _open(_ALONE, access)]
    costs, set_up = (
        [_with_places(title, found, here, troubled)] if (found := _open(known, access)) else []
        for title, known in (("Costs", _COSTS), ("Set-up", _SET_UP))
    )
    alerts = [Section(*_ALERTS, _ALERTS[1] == here, own_troubles=open_hits)] if _is_open(_ALERTS[1], access) else []
    return [*alone, *costs, *alerts, *set_up]


def _is_open(path: str, access: Access) -> bool:
    permission = _needed(path)
    return permission == SIGNED_IN or access.may(permission)


def _open(known: tuple[tuple[str, str], ...], access: Access) -> list[tuple[str, str]]:
    return [(title, path) for title, path in known if _is_open(path, access)]


def _with_places(title: str, known: list[tuple[str, str]], here: str, troubled: dict[str, int]) -> Section:
    places = [Place(name, path, path == here, troubled.get(path, 0)) for name, path in known]
    return Section(title, places[0].path, any(place.here for place in places), places)


def _section(path: str) -> str:
    """Return the path of the page in the menu that an address belongs to."""
    of_costs = next((place for _, place in _COSTS if path.startswith(place)), "")
    if of_costs:
        return of_costs
    first = "/" + path.strip("/").partition("/")[0] + "/" if path.strip("/") else "/"
    return _PART_OF.get(first, first)
