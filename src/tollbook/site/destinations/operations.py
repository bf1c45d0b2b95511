"""Setting destinations up: what the API, the command line and the pages do when one is added, changed or removed.

Every change is checked whole before any of it is kept; the change and its line in the audit are one transaction, and
whoever subscribed is told afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from django.db import transaction

from tollbook.gate import web_address
from tollbook.model.actor import Actor
from tollbook.model.limits import DESTINATIONS
from tollbook.model.message import MessageDestination
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.destinations.checks import problems_of, secret_names
from tollbook.site.destinations.models import DestinationRecord, PagesAddressRecord
from tollbook.site.outbox import operations as outbox

_LONGEST_ADDRESS = 300
InReach = Callable[[MessageDestination], list[Problem]]
"""Says which settings name what is out of reach of this server."""


def every() -> list[MessageDestination]:
    """Return every destination of the site by name."""
    return [record.value() for record in DestinationRecord.objects.all()]


def find(name: str) -> MessageDestination:
    """Return a destination; raises `NotThere`."""
    found = DestinationRecord.objects.filter(name=name).first()
    if found:
        return found.value()
    names = DestinationRecord.objects.values_list("name", flat=True)
    reason = "this site has no such destination"
    raise NotThere(Problem(f"no destination is called {name!r}", reason, help=nearest(name, names)))


def add(actor: Actor, destination: MessageDestination, in_reach: InReach) -> MessageDestination:
    """Keep a new destination; returns it as kept. Raises `Misconfigured` with every fault."""
    kept = tidied(destination)
    _check(problems_of(kept) + _taken(kept.name) + _one_too_many() or in_reach(kept))
    with transaction.atomic():
        _check(_taken(kept.name))
        return _keep(actor, "destination.add", None, kept)


def checked(destination: MessageDestination, in_reach: InReach) -> MessageDestination:
    """Return a destination that need not be kept, as it would be; raises `Misconfigured` with every fault."""
    given = tidied(destination)
    _check(problems_of(given) or in_reach(given))
    return given


def tidied(destination: MessageDestination) -> MessageDestination:
    """Return a destination as it is written, its kind spelt as its folder is."""
    return msgspec.structs.replace(destination, kind=destination.kind.replace("-", "_"))


def edit(
    actor: Actor,
    name: str,
    settings: dict[str, str | None],
    in_reach: InReach,
) -> MessageDestination:
    """Change settings of a destination, of which None takes one away; raises `NotThere`, `Misconfigured`."""
    before = find(name)
    merged = {key: text for key, text in {**before.settings, **settings}.items() if text is not None}
    kept = msgspec.structs.replace(before, settings=merged)
    _check(problems_of(kept) or in_reach(kept))
    with transaction.atomic():
        return _keep(actor, "destination.edit", before, kept)


@transaction.atomic
def pause(actor: Actor, name: str, *, paused: bool) -> MessageDestination:
    """Let messages to a destination wait, or go on; raises `NotThere`."""
    before = find(name)
    action = "destination.pause" if paused else "destination.resume"
    return _keep(actor, action, before, msgspec.structs.replace(before, paused=paused))


@transaction.atomic
def remove(actor: Actor, name: str) -> MessageDestination:
    """Send nothing more to a destination; what waits for it is cancelled. Raises `NotThere`."""
    destination = find(name)
    DestinationRecord.objects.filter(name=name).delete()
    outbox.cancel(destination=name, reason="the destination was removed")
    audit.record(actor, "destination.remove", name)
    transaction.on_commit(changed.tell)
    return destination


# ---------------------------------------------------------------- the pages' address


def pages_address() -> str:
    """Return the address under which recipients reach the pages, without a slash at its end; empty if none is set."""
    found = PagesAddressRecord.objects.first()
    return found.address if found else ""


@transaction.atomic
def set_pages_address(actor: Actor, address: str) -> str:
    """Say under which address recipients reach the pages; empty: messages carry no links. Raises `Misconfigured`."""
    kept = address.strip().rstrip("/")
    try:
        parts = urlsplit(web_address(kept)) if kept else urlsplit("")
    except ValueError as fault:
        raise Misconfigured(Problem(f"'address' must be {fault}", f"got {address[:100]!r}")) from None
    if parts.query or parts.fragment or not kept.isascii() or len(kept) > _LONGEST_ADDRESS:
        what = "'address' must be one of a site alone, such as https://calls.example.com"
        raise Misconfigured(Problem(what, f"got {address[:100]!r}"))
    before = pages_address()
    PagesAddressRecord.objects.all().delete()
    if kept:
        PagesAddressRecord.objects.create(address=kept)
    audit.record(actor, "destination.address", kept, {"address": [before, kept]})
    return kept


# ---------------------------------------------------------------- inside


def _taken(name: str) -> list[Problem]:
    if not DestinationRecord.objects.filter(name=name).exists():
        return []
    what, hint = f"there is a destination called {name!r} already", "choose another name, or remove that one first"
    return [Problem(what, "a name stands for one destination", help=hint)]


def _one_too_many() -> list[Problem]:
    if DestinationRecord.objects.count() < DESTINATIONS:
        return []
    what, reason = f"a site has {DESTINATIONS} destinations at most", "each has a thread of its own"
    return [Problem(what, reason, help="remove one first")]


def _check(problems: list[Problem]) -> None:
    if problems:
        raise Misconfigured(*problems)


def _keep(
    actor: Actor,
    action: str,
    before: MessageDestination | None,
    destination: MessageDestination,
) -> MessageDestination:
    values = msgspec.structs.asdict(destination)
    name = values.pop("name")
    DestinationRecord.objects.update_or_create(name=name, defaults=values)
    was = msgspec.structs.asdict(before) if before else {}
    audit.record(actor, action, name, audit.differences(was, {"name": name, **values}, secret_names(destination)))
    transaction.on_commit(changed.tell)
    return destination
