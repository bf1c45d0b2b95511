"""The options that several commands share, and the site a command is about."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tollbook.cli.completing import names_in
from tollbook.cli.output import AnswerFormat, OutputFormat
from tollbook.model.problem import Misconfigured, Problem

Form = Annotated[OutputFormat, typer.Option("--format", help="Output format.")]
AnswerForm = Annotated[AnswerFormat, typer.Option("--format", help="Output format.")]
offered_pbxs = names_in("pbx")
ThePbx = Annotated[
    str, typer.Option("--pbx", metavar="NAME", help="The PBX that it belongs to.", autocompletion=offered_pbxs)
]
OfPbx = Annotated[str, typer.Option("--pbx", metavar="NAME", help="Only this PBX.", autocompletion=offered_pbxs)]
PbxName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The PBX's name.", show_default=False, autocompletion=offered_pbxs),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


class Given(msgspec.Struct, frozen=True):
    """What was given before the command's name."""

    site: Path | None = None


def site_of(context: typer.Context) -> Path:
    """Return the site's folder; raises `Misconfigured` when none was named."""
    given = context.find_object(Given)
    if given and given.site:
        return given.site.absolute()
    hint = "tollbook --site DIR …, or set TOLLBOOK_SITE"
    raise Misconfigured(Problem("no site is named", "a site is the folder that holds a ledger", help=hint))


def machine_user() -> str:
    """Return who gave this command, as the machine knows them; one without a name by their number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may stand in no list
        return f"user {os.getuid()}"


def asked_secret(prompt: str, *, again: str = "") -> str:
    """Return a secret that is typed unseen, or the first line of stdin where that is no terminal.

    With `again` it is typed twice; raises `Misconfigured` where the two differ.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass(prompt)
    if again and getpass.getpass(again) != typed:
        raise Misconfigured(Problem("the two are not alike", "what was typed differs", help="try again"))
    return typed
