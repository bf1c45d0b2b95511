"""The kinds of alert there are: the folders in `kinds/`."""

from __future__ import annotations

from functools import lru_cache

from tollbook.alerts.contract import AlertKind, Looked
from tollbook.model.problem import Misconfigured
from tollbook.plugins import Kinds, declared, read_options, unknown_settings

_KINDS = Kinds("tollbook.alerts.kinds", AlertKind, "alert", "what is looked for among calls")
kinds, find = _KINDS.names, _KINDS.find


def looked_for(kind: str, settings: dict[str, str]) -> Looked:
    """Return what a rule of a kind looks for; raises `Misconfigured` with every fault.

    Ten thousand rules have few settings that differ: what they look for is made once.
    """
    return _looked_for(kind, tuple(sorted(settings.items())))


@lru_cache(4096)
def _looked_for(kind: str, settings: tuple[tuple[str, str], ...]) -> Looked:
    found, given = find(kind), dict(settings)
    problems = unknown_settings({each.name for each in declared(found.options)}, given, f"alerts of the kind {kind}")
    if problems:
        raise Misconfigured(*problems)
    return found.looks_for(read_options(found.options, given, ""))
