"""What a program finds in its environment, and what of it no message may show.

Of Tollbook's own variables only the harmless ones are handed on: a service's environment may hold its secrets.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

from tollbook.model.problem import Unavailable

Variables = tuple[tuple[str, str], ...]
ALLOWED = "TOLLBOOK_COMMANDS"
"""Set to `allowed` in Tollbook's own environment, by who may decide what runs on the machine."""
_HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HIDDEN = "…"


def read_variable(text: str) -> tuple[str, str]:
    """Return name and value; raises ValueError with what is expected."""
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        message = "NAME=value, divided by blanks; a value with a blank stands in quotation marks"
        raise ValueError(message)
    return name, value


class Environment(msgspec.Struct, frozen=True):
    """The variables of a program, later ones before earlier ones, and the values among them that are secret."""

    variables: Variables
    secrets: tuple[str, ...]

    def hide(self, text: str) -> str:
        """Return text without the secrets.

        >>> Environment((), ("opensesame",)).hide("401 for opensesame")
        '401 for …'
        """
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


def environment_of(pairs: Variables, file: str) -> Environment:
    """Return a program's environment; raises `Unavailable` for a file of variables that cannot be used."""
    own = tuple((name, os.environ[name]) for name in _HANDED_ON if name in os.environ)
    secret = _read_file(file) if file else ()
    return Environment((*own, *pairs, *secret), tuple(value for _, value in secret if value))


def must_be_allowed() -> None:
    """Raise `Unavailable` unless programs may be run here."""
    if os.environ.get(ALLOWED) != "allowed":
        message = (
            "programs may not be run here: whoever may edit PBXs could run anything as Tollbook's user; "
            f"to allow it set {ALLOWED}=allowed in Tollbook's environment and start it again"
        )
        raise Unavailable(message, permanent=True)


def _read_file(path: str) -> Variables:
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        message = f"the environment file cannot be read: {getattr(fault, 'strerror', None) or 'it is not UTF-8'}"
        raise Unavailable(message, permanent=True) from None
    return tuple(_line(number, line) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#")


def _line(number: int, line: str) -> tuple[str, str]:
    try:
        return read_variable(line)
    except ValueError:
        message = f"line {number} of the environment file is not NAME=value"
        raise Unavailable(message, permanent=True) from None
