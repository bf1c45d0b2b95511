"""Looks at everything that settings name on the machine and in its network: is it within the fence?

For the moment in which settings are kept, and for the start of a source or sink: a fence may have moved meanwhile.
"""

from __future__ import annotations

import msgspec

from tollbook import gate
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Problem, Unavailable
from tollbook.plugins import declared

_MUST = {
    Reach.READ: "must be something that may be read",
    Reach.KEY: "must be something that may be read",
    Reach.WRITE: "must be something that may be written to",
    Reach.DEVICE: "must be a serial port that may be opened",
    Reach.RUN: "must be a program that may be run",
    Reach.CONNECT: "must be somewhere that may be connected to",
}


def problems_in_reach(options: msgspec.Struct, where: str, fence: Fence) -> list[Problem]:
    """Return a problem for every option that names what is out of reach."""
    problems = []
    for each in declared(type(options)):
        reach = each.setting.reach
        barred = gate.barred(fence, reach, getattr(options, each.name.replace("-", "_"))) if reach else None
        if reach and barred:
            problems.append(Problem(f"'{each.name}' {_MUST[reach]}", barred.reason, where, barred.help))
    return problems


def is_out_of_reach(problem: Problem) -> bool:
    """Say whether a problem is that an option names what is out of reach."""
    return problem.what.partition("' ")[2] in _MUST.values()


def check_reach(options: msgspec.Struct, where: str, fence: Fence) -> None:
    """Raise `Unavailable` where an option names what is out of reach."""
    for problem in problems_in_reach(options, where, fence):
        raise Unavailable(f"{problem.what}: {problem.reason}; {problem.help}", permanent=True)
