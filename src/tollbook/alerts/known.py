"""The kinds of alert there are: the folders in `kinds/`."""

from __future__ import annotations

from tollbook.alerts.contract import AlertKind, Looked
from tollbook.model.problem import Misconfigured
from tollbook.plugins import Kinds, declared, read_options, unknown_settings

_KINDS = Kinds("tollbook.alerts.kinds", AlertKind, "alert", "what is looked for among calls")
kinds, find = _KINDS.names, _KINDS.find


def looked_for(kind: str, settings: dict[str, str]) -> Looked:
    """Return what a rule of a kind looks for; raises `Misconfigured` with every fault."""
    found = find(kind)
    known = {each.name for each in declared(found.options)}
    problems = unknown_settings(known, settings, f"alerts of the kind {kind}")
    if problems:
        raise Misconfigured(*problems)
    return found.looks_for(read_options(found.options, settings, ""))
