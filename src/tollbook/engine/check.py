"""Checks a PBX as a person wrote it, before anything is started with it."""

from __future__ import annotations

from tollbook.dialects.known import layout_of
from tollbook.model.pbx import Pbx, name_problems, zone_problems
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Declared, declared, read_options, unknown_settings
from tollbook.sources import known as sources


def source_options(kind: str) -> list[Declared]:
    """Return what can be set for a kind of source; raises `Misconfigured` for a kind there is not."""
    return list(declared(sources.options_of(kind)))


def problems_of(pbx: Pbx) -> list[Problem]:
    """Return everything wrong with a PBX's settings; nothing when it can be started."""
    problems = name_problems(pbx.name) + zone_problems(pbx.timezone)
    where = f"PBX {pbx.name}"
    known: set[str] = set()
    try:
        known |= set(layout_of(pbx.dialect).option)
    except Misconfigured as fault:
        problems += fault.problems
    try:
        options = sources.options_of(pbx.source)
        known |= {each.name for each in declared(options)}
        read_options(options, pbx.settings, where)
    except Misconfigured as fault:
        problems += fault.problems
    if known:
        problems += unknown_settings(known | {"timezone"}, pbx.settings, where)
    return problems
