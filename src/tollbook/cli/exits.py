"""How a command ends: its exit code, and what it says when something is wrong. Nobody's mistake gives a traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import cache
from typing import Any, Self

import typer
import typer.main

from tollbook.model.problem import Misconfigured, Problem, Unavailable


class Exit(IntEnum):
    """The exit codes; the manual's `reference/exit-codes.md` is written from them."""

    WELL = 0, "it went well"
    FOUND = (
        1,
        (
            "it went well and found faults: `status`, `doctor`, a dry run, `pbx test`, `report check`, `dialect "
            "detect` or `test`"
        ),
    )
    WRONG = 2, "the command or the configuration is wrong; nothing was done"
    BUSY = 3, "another process has the site open, and it is not a server that could be asked"
    OUTSIDE = 4, "something outside failed: a server, a file, a disk"
    OURS = 5, "Tollbook itself failed; its traceback is shown, please report it"
    INTERRUPTED = 130, "it was interrupted with Ctrl-C"
    STOPPED = 143, "it was stopped by SIGTERM (`serve` and `demo` end with 0)"

    means: str

    def __new__(cls, number: int, means: str) -> Self:
        """Let a code say what it stands for."""
        code = int.__new__(cls, number)
        code._value_ = number
        code.means = means
        return code


class CommandRefused(Exception):
    """The API refused what was asked; carries its problems and the code to leave with."""

    def __init__(self, problems: Iterable[Problem], code: Exit) -> None:
        self.problems = tuple(problems)
        self.code = code
        super().__init__("\n\n".join(map(str, self.problems)))


class Busy(Exception):
    """The site is held by a process that cannot be asked; the text names it."""


def run(app: typer.Typer, arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code, having said on stderr what went wrong."""
    try:
        outcome = command_of(app)(arguments, standalone_mode=False, prog_name="tollbook")
    except Exception as fault:  # noqa: BLE001 - the one place where every command's faults end
        return _told(fault)
    return int(outcome) if isinstance(outcome, int) else Exit.WELL


@cache
def command_of(app: typer.Typer) -> Callable[..., object]:
    """Return the program with all of its commands; to put it together takes longer than some of them do."""
    return typer.main.get_command(app)


def say(text: str) -> None:
    """Write a line for the person, beside whatever the command prints; nothing in it can command a terminal."""
    shown = "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)
    sys.stderr.write(shown + "\n")
    sys.stderr.flush()


def _told(fault: Exception) -> int:
    for kind, (tell, code) in _FAULTS.items():
        if isinstance(fault, kind):
            text = tell(fault)
            if text:
                say(text)
            return int(getattr(fault, "code", code))
    traceback.print_exception(fault)
    hint = "please report it with the lines above"
    say(str(Problem("Tollbook failed", str(fault) or type(fault).__name__, help=hint)))
    return Exit.OURS


def _usage(fault: typer.TyperException) -> str:
    """Say what is wrong with a command; Typer's own kinds of mistake are told apart by what they carry."""
    if type(fault).__name__ == "NoArgsIsHelpError":
        return fault.format_message()
    context: typer.Context | None = getattr(fault, "ctx", None)
    if context is None:
        return str(Problem(_lowered(fault.format_message()), "the command is not written as it should be"))
    what, _, reason = _lowered(fault.format_message()).partition(": ")
    usage = context.get_usage().removeprefix("Usage: ")
    hint = f"`{context.command_path} --help` lists what can be given"
    return str(Problem(what, _in_plain_words(reason) if reason else f"it is written: {usage}", help=hint))


def _in_plain_words(reason: str) -> str:
    """Return what is wrong with a value, without the words of the library that reads them."""
    for theirs, ours in _PLAIN_WORDS.items():
        if reason.startswith(theirs):
            return ours + reason.removeprefix(theirs).removeprefix(_WHOLE)
    return reason


_WHOLE = ", unable to parse string as an integer"
_PLAIN_WORDS = {
    "Input should be a valid integer": "it must be a whole number",
    "Input should be a valid number": "it must be a number",
    "Input should be ": "it must be ",
    "Value error, ": "",
}


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _outside(fault: Exception) -> str:
    return str(Problem(_lowered(str(fault)), "it lies outside this program", help="`tollbook doctor` looks for causes"))


def _file(fault: OSError) -> str:
    return str(Problem(f"cannot use {fault.filename!r}", fault.strerror or str(fault)))


def _busy(fault: Exception) -> str:
    hint = "wait until it ends, or stop it; a running `tollbook serve` would answer commands"
    return str(Problem(str(fault), "one process at a time may have a site open", help=hint))


_Tell = Callable[[Any], str]
_FAULTS: dict[type[Exception], tuple[_Tell, Exit]] = {
    CommandRefused: (str, Exit.WRONG),
    Misconfigured: (str, Exit.WRONG),
    Busy: (_busy, Exit.BUSY),
    Unavailable: (_outside, Exit.OUTSIDE),
    typer.TyperException: (_usage, Exit.WRONG),
    typer.Abort: (lambda _: "nothing was done", Exit.WRONG),
    OSError: (_file, Exit.OUTSIDE),
}
