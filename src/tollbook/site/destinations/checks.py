"""Checks a destination as a person wrote it, as far as can be said without reaching the other side."""

from __future__ import annotations

from tollbook.delivery import known
from tollbook.model.message import MessageDestination
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import declared, read_options, unknown_settings


def problems_of(destination: MessageDestination) -> list[Problem]:
    """Return what is wrong with a destination's name, kind and options."""
    where, found = f"destination {destination.name}", []
    if not NAME.fullmatch(destination.name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        what = f"{destination.name!r} cannot be a destination's name"
        found.append(Problem(what, reason, help="for example 'office-mail'"))
    try:
        kind = known.find(destination.kind)
        found += unknown_settings({each.name for each in declared(kind.options)}, destination.settings, where)
        found += kind.check(read_options(kind.options, destination.settings, where))
    except Misconfigured as fault:
        found += fault.problems
    return found


def recipient_problems(destination: MessageDestination, recipients: list[str]) -> list[Problem]:
    """Return what is wrong with whom a message is for."""
    kind, where = known.find(destination.kind), f"destination {destination.name}"
    if not kind.addressed:
        given = next((each for each in recipients if each), "")
        reason = f"{destination.name} is a {kind.title.partition(' (')[0].lower()}, which says itself where it leads"
        return [Problem("recipients cannot be said here", reason, where)] if given else []
    if not recipients:
        return [Problem("there is no recipient", f"{destination.name} has to be told to whom", where)]
    faults = [(each, kind.recipient_fault(each)) for each in recipients]
    return [Problem(f"{each[:100]!r} cannot be a recipient", fault, where) for each, fault in faults if fault]


def secret_names(destination: MessageDestination) -> set[str]:
    """Return the settings of a destination that are never shown; all of them for a kind there is not."""
    try:
        return {each.name for each in declared(known.options_of(destination.kind)) if each.setting.secret}
    except Misconfigured:  # of an older version: what it kept secret cannot be told any more
        return set(destination.settings)
