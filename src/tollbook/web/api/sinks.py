"""Setting sinks up: what the API, the command line and the pages do when one is added, changed or removed.

Every change is checked whole before any of it is kept, and the engine is told afterwards. A password never stays in a
URL: it is taken out at once and kept as a setting of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.engine import runtime
from tollbook.engine.sinks import settings_problems
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.sink import Sink
from tollbook.plugins import declared
from tollbook.sinks import known
from tollbook.web.api.faults import NotThere, nearest
from tollbook.web.api.pbxs import take_credentials
from tollbook.web.models import SinkRecord


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a sink; None leaves a thing as it is, and as a value takes a setting or word away."""

    columns: str | None = None
    settings: dict[str, str | None] = {}
    words: dict[str, str | None] = {}


def find(name: str) -> Sink:
    """Return a sink; raises `NotThere`."""
    found = SinkRecord.objects.filter(name=name).first()
    if found:
        return found.value()
    names = SinkRecord.objects.values_list("name", flat=True)
    raise NotThere(Problem(f"no sink is called {name!r}", "this site has no such sink", help=nearest(name, names)))


def add(sink: Sink) -> Sink:
    """Keep a new sink and start it with what is new from now on; returns it as kept."""
    kept = msgspec.structs.replace(sink, settings=take_credentials(sink.settings), kind=sink.kind.replace("-", "_"))
    problems = settings_problems(kept)
    if SinkRecord.objects.filter(name=kept.name).exists():
        hint = "choose another name, or remove that one first"
        problems.append(
            Problem(f"there is a sink called {kept.name!r} already", "a name stands for one sink", help=hint),
        )
    return _keep(kept, problems)


def edit(name: str, change: Change) -> Sink:
    """Change a sink and start it again where it stood; returns it as kept."""
    before = find(name)
    settings = _merged(before.settings, change.settings)
    kept = msgspec.structs.replace(
        before,
        settings=take_credentials(settings),
        words=_merged(before.words, change.words),
        columns=change.columns if change.columns is not None else before.columns,
    )
    return _keep(kept, settings_problems(kept))


def pause(name: str, *, paused: bool) -> Sink:
    """Stop or go on handing calls to a sink, whatever else may be wrong with its settings."""
    sink = msgspec.structs.replace(find(name), paused=paused)
    _save(sink)
    return sink


def remove(name: str) -> Sink:
    """Hand nothing more to a sink and forget where it stood; what it was handed stays where it is."""
    sink = find(name)
    SinkRecord.objects.filter(name=name).delete()
    engine = runtime.engine()
    engine.apply()
    engine.sinks.forget(name)
    return sink


def shown(sink: Sink) -> dict[str, Any]:
    """Return a sink as it may be shown: secret settings by name only."""
    secret = secret_names(sink.kind) or set(sink.settings)
    return {
        "name": sink.name,
        "kind": sink.kind,
        "columns": sink.columns,
        "words": sink.words,
        "paused": sink.paused,
        "settings": {name: text for name, text in sink.settings.items() if name not in secret},
        "secrets": sorted(secret & sink.settings.keys()),
    }


def secret_names(kind: str) -> set[str]:
    """Return the options of a kind of sink that are never shown; none for a kind there is not."""
    try:
        return {each.name for each in declared(known.options_of(kind)) if each.setting.secret}
    except Misconfigured:  # of an older version: what it kept secret cannot be told any more
        return set()


def _merged(before: dict[str, str], changed: dict[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in {**before, **changed}.items() if text is not None}


def _keep(sink: Sink, problems: list[Problem]) -> Sink:
    if not problems:
        problems = _misfits(sink)
    if problems:
        raise Misconfigured(*problems)
    _save(sink)
    return sink


def _misfits(sink: Sink) -> list[Problem]:
    """Return what does not fit at the other side; one that does not answer now is met later, by its courier."""
    engine = runtime.engine()
    engine.sinks.preview(sink, 1)
    if not known.overwrites(sink.kind):
        return []
    try:
        return engine.sinks.problems_of(sink)
    except Unavailable:
        return []


def _save(sink: Sink) -> None:
    values = msgspec.structs.asdict(sink)
    SinkRecord.objects.update_or_create(name=values.pop("name"), defaults=values)
    runtime.engine().apply()
