"""Checks a sink as a person wrote it, as far as can be said without reaching the other side."""

from __future__ import annotations

from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sink import Sink
from tollbook.plugins import declared, read_options, unknown_settings
from tollbook.sinks import known
from tollbook.store.filters import WORDS, read_filter


def problems_of(sink: Sink) -> list[Problem]:
    """Return what is wrong with a sink's name, kind, options and filter."""
    where, found = f"sink {sink.name}", []
    if not NAME.fullmatch(sink.name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        found.append(Problem(f"{sink.name!r} cannot be a sink's name", reason, help="for example 'warehouse'"))
    try:
        options = known.options_of(sink.kind)
        found += unknown_settings({each.name for each in declared(options)}, sink.settings, where)
        read_options(options, sink.settings, where)
    except Misconfigured as fault:
        found += fault.problems
    found += [
        Problem(f"nothing can be filtered by {name!r}", f"known are: {', '.join(WORDS)}", where)
        for name in sink.filter
        if name not in WORDS
    ]
    try:
        read_filter(sink.filter, where)
    except Misconfigured as fault:
        found += fault.problems
    return found


def secret_names(sink: Sink) -> set[str]:
    """Return the settings of a sink that are never shown; all of them for a kind there is not."""
    try:
        return {each.name for each in declared(known.options_of(sink.kind)) if each.setting.secret}
    except Misconfigured:  # of an older version: what it kept secret cannot be told any more
        return set(sink.settings)
