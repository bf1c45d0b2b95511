"""Setting sinks up: what the API, the command line and the pages do when one is added, changed or removed.

Every change is checked whole before any of it is kept; the change and its line in the audit are one transaction, and
whoever subscribed is told afterwards. A password never stays in a URL: it is taken out at once and kept as a setting
of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.health import Tested
from tollbook.model.limits import SINKS
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.model.sink import Sink
from tollbook.site import changed, crossing
from tollbook.site.audit import operations as audit
from tollbook.site.credentials import take_credentials
from tollbook.site.sinks.checks import problems_of, secret_names
from tollbook.site.sinks.models import SinkRecord

Misfits = Callable[[Sink], list[Problem]]
"""Says what does not fit at the other side of a sink; raises `Misconfigured` for columns that there are not."""


class SinkChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a sink; None leaves a thing as it is, and as a value takes a setting or word away."""

    columns: str | None = None
    settings: dict[str, str | None] = {}
    filter: dict[str, str | None] = {}


def every() -> list[Sink]:
    """Return every sink of the site by name: the engine's directory."""
    return [record.value() for record in SinkRecord.objects.all()]


def find(name: str) -> Sink:
    """Return a sink; raises `NotThere`."""
    found = SinkRecord.objects.filter(name=name).first()
    if found:
        return found.value()
    names = SinkRecord.objects.values_list("name", flat=True)
    raise NotThere(Problem(f"no sink is called {name!r}", "this site has no such sink", help=nearest(name, names)))


def add(actor: Actor, sink: Sink, misfits: Misfits) -> Sink:
    """Keep a new sink; returns it as kept. Raises `Misconfigured` with every fault."""
    kept = _tidied(sink)
    _check(problems_of(kept) + _taken(kept.name) + _one_too_many() + crossing.problems_of_sink(kept) or misfits(kept))
    with transaction.atomic():
        _check(_taken(kept.name))
        return _keep(actor, "sink.add", None, kept)


def try_out(sink: Sink, reach: Callable[[Sink], Tested]) -> Tested:
    """Test a sink that is not kept, or not as it is here; raises `Misconfigured` with every fault of its settings."""
    given = _tidied(sink)
    _check(problems_of(given) + crossing.problems_of_sink(given))
    return reach(given)


def _tidied(sink: Sink) -> Sink:
    return msgspec.structs.replace(sink, settings=take_credentials(sink.settings), kind=sink.kind.replace("-", "_"))


def edit(actor: Actor, name: str, change: SinkChange, misfits: Misfits) -> Sink:
    """Change a sink, which goes on where it stood; returns it as kept.

    Raises `NotThere`, and `Misconfigured` with every fault.
    """
    before = find(name)
    settings = _merged(before.settings, change.settings)
    kept = msgspec.structs.replace(
        before,
        settings=take_credentials(settings),
        filter=_merged(before.filter, change.filter),
        columns=change.columns if change.columns is not None else before.columns,
    )
    _check(problems_of(kept) + crossing.problems_of_sink(kept) or misfits(kept))
    with transaction.atomic():
        if find(name) != before:  # the other side may have taken its time
            raise Misconfigured(
                Problem(f"{name} has just been changed", "by somebody else", help="look, and try again"),
            )
        return _keep(actor, "sink.edit", before, kept)


@transaction.atomic
def pause(actor: Actor, name: str, *, paused: bool) -> Sink:
    """Stop or go on handing calls to a sink, whatever else may be wrong with its settings; raises `NotThere`."""
    before = find(name)
    action = "sink.pause" if paused else "sink.resume"
    return _keep(actor, action, before, msgspec.structs.replace(before, paused=paused))


@transaction.atomic
def remove(actor: Actor, name: str) -> Sink:
    """Hand nothing more to a sink; what it was handed stays where it is. Raises `NotThere`."""
    sink = find(name)
    SinkRecord.objects.filter(name=name).delete()
    audit.record(actor, "sink.remove", name)
    transaction.on_commit(changed.tell)
    return sink


def _taken(name: str) -> list[Problem]:
    if not SinkRecord.objects.filter(name=name).exists():
        return []
    what, hint = f"there is a sink called {name!r} already", "choose another name, or remove that one first"
    return [Problem(what, "a name stands for one sink", help=hint)]


def _one_too_many() -> list[Problem]:
    if SinkRecord.objects.count() < SINKS:
        return []
    return [Problem(f"a site has {SINKS} sinks at most", "each has a thread of its own", help="remove one first")]


def _merged(before: dict[str, str], given: dict[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in {**before, **given}.items() if text is not None}


def _check(problems: list[Problem]) -> None:
    if problems:
        raise Misconfigured(*problems)


def _keep(actor: Actor, action: str, before: Sink | None, sink: Sink) -> Sink:
    values = msgspec.structs.asdict(sink)
    name = values.pop("name")
    SinkRecord.objects.update_or_create(name=name, defaults=values)
    was = msgspec.structs.asdict(before) if before else {}
    secret = secret_names(sink)
    audit.record(actor, action, name, audit.differences(was, {"name": name, **values}, secret))
    transaction.on_commit(changed.tell)
    return sink
