"""Checks a PBX as a person wrote it, before anything is started with it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tollbook.dialects.known import Catalogue
from tollbook.dialects.layout.layout import OptionText
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx, name_problems, zone_problems
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Declared, declared, read_options, unknown_settings
from tollbook.site.reaching import problems_in_reach
from tollbook.sources import known as sources


def source_options(kind: str) -> list[Declared]:
    """Return what can be set for a kind of source, where it listens first; raises `Misconfigured` for one unknown."""
    return sorted(declared(sources.options_of(kind)), key=lambda each: each.name != "listen")


class PbxBounds(msgspec.Struct, frozen=True):
    """What a PBX has to be within: the formats that there are, and what its settings may reach; a centre has none."""

    catalogue: Catalogue
    fence: Fence
    of_a_centre: bool = False


_NOT_AT_A_CENTRE = Problem(
    "a centre has no PBX of its own",
    "its calls are those that other sites hand on",
    help="set the PBX up at a site of its own, and let that send its calls here: `tollbook guide many-sites`",
)


def problems_of(pbx: Pbx, bounds: PbxBounds) -> list[Problem]:
    """Return everything wrong with a PBX's settings; nothing when it can be started."""
    if bounds.of_a_centre:
        return [_NOT_AT_A_CENTRE]
    problems = name_problems(pbx.name) + zone_problems(pbx.timezone)
    where, settings = f"PBX {pbx.name}", sources.renamed(pbx.source, pbx.settings)
    known: set[str] = set()
    try:
        options = bounds.catalogue.layout_of(pbx.dialect).option
        known |= set(options)
        problems += [
            each for name, option in options.items() for each in choice_problems(name, option, settings, where)
        ]
    except Misconfigured as fault:
        problems += fault.problems
    try:
        asked = sources.options_of(pbx.source)
        known |= {each.name for each in declared(asked)}
        options_read = read_options(asked, settings, where)
        problems += problems_in_reach(options_read, where, bounds.fence)
        problems += sources.problems_of_site(pbx.source, options_read, bounds.fence)
    except Misconfigured as fault:
        problems += fault.problems
    if known:
        problems += unknown_settings(known | {"timezone"}, settings, where)
    return problems


def choice_problems(name: str, option: OptionText, settings: Mapping[str, str], where: str) -> list[Problem]:
    """Say what is wrong with an option of the dialect that is one of a few words."""
    text = settings.get(name, "")
    if not text or not option.choices or text in option.choices:
        return []
    return [Problem(f"'{name}' must be one of {', '.join(option.choices)}", f"got {text!r}", where, option.help)]


def secret_names(pbx: Pbx) -> set[str]:
    """Return the options of a PBX that are never shown; all that it has where its source is of an older version."""
    try:
        return {each.name for each in source_options(pbx.source) if each.setting.secret}
    except Misconfigured:  # what it kept secret cannot be told any more
        return set(pbx.settings)
