"""What can go wrong, as values and as the few exceptions that stages raise.

A record that cannot be read is a value (`Rejected`), never an exception. Configuration faults are a list of
`Problem`, all found before anything starts. Only the outside world raises: `Unavailable`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec

_MOST_NAMED = 50
"""Names that a message lists: a directory has ten thousands."""


class Problem(msgspec.Struct, frozen=True):
    """One fault in what a person wrote: what is wrong, why, where it stands and what to do now."""

    what: str
    reason: str
    where: str = ""
    help: str = ""

    def __str__(self) -> str:
        """Lay the fault out over several lines, as every command prints it."""
        lines = [f"error: {self.what}", f" reason: {self.reason}"]
        if self.where:
            lines.append(f" --> {self.where}")
        if self.help:
            lines.append(f" help: {self.help}")
        return "\n".join(lines)


class Misconfigured(Exception):
    """What a person wrote cannot be used; carries every `Problem` found, not just the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n\n".join(str(problem) for problem in problems))
        self.problems = problems


class NotThere(Misconfigured):
    """Something was asked for by a name that nothing has."""


class NotAllowed(Misconfigured):
    """Who asks is known, and may not do this."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say what was probably meant, or what there is."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    if close:
        return f"did you mean '{close[0]}'?"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"known are: {', '.join(names[:_MOST_NAMED]) or 'none yet'}{more}"


class Unavailable(Exception):
    """Something outside does not answer as it should.

    `permanent` says that trying again cannot help until a person has changed something (a wrong password, a login
    page where records belong). Its text is written for the person who has to mend it and never holds a secret.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
