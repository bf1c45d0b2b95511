"""What a program finds in its environment, and what of it no message may show.

Of Tollbook's own variables only the harmless ones are handed on: a service's environment may hold its secrets.
"""

from __future__ import annotations

import os
import re

import msgspec

from tollbook.gate import read_text
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.sources.common import reason_of

Variables = tuple[tuple[str, str], ...]
_HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LEADS_ELSEWHERE = re.compile(
    r"(LD_|DYLD_|PYTHON|PERL|RUBY|NODE_|BASH_FUNC).*|PATH|ENV|BASH_ENV|IFS|SHELLOPTS|PS4|JAVA_TOOL_OPTIONS|GCONV_PATH",
)
"""Variables by which a loader, a shell or an interpreter runs other code than that of the program that is listed."""
_HIDDEN = "…"


def read_variable(text: str) -> tuple[str, str]:
    """Return name and value; raises ValueError with what is expected."""
    name, equals, value = text.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise ValueError("NAME=value, divided by blanks; a value with a blank stands in quotation marks")
    if _LEADS_ELSEWHERE.fullmatch(name):
        message = f"without {name}, which has a program run other code than its own; set it in a script of yours"
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


def environment_of(pairs: Variables, file: str, fence: Fence) -> Environment:
    """Return a program's environment; raises `Unavailable` for a file of variables that cannot be used."""
    own = tuple((name, os.environ[name]) for name in _HANDED_ON if name in os.environ)
    secret = _read_file(file, fence) if file else ()
    return Environment((*own, *pairs, *secret), tuple(value for _, value in secret if value))


def _read_file(path: str, fence: Fence) -> Variables:
    try:
        lines = read_text(fence, path, Reach.KEY).splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise Unavailable(f"the environment file cannot be read: {reason_of(fault)}", permanent=True) from None
    return tuple(_line(number, line) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#")


def _line(number: int, line: str) -> tuple[str, str]:
    try:
        return read_variable(line)
    except ValueError:
        message = f"line {number} of the environment file is not NAME=value, or names what may not be set"
        raise Unavailable(message, permanent=True) from None
