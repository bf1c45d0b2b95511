"""The command that adds a Python package to the very environment that this program runs in.

`pip install` alone would be wrong almost everywhere: the `.venv` of `make` has uv and no pip, pipx and uv keep an
environment for each program, and a pip that is on the PATH belongs to some other Python.
"""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """Where this program is installed: the folder of its environment, its Python, and whether pip is in it."""

    prefix: Path
    python: Path
    has_pip: bool


def this_installation() -> Installation:
    """Return the environment that this process runs in."""
    return Installation(
        prefix=Path(sys.prefix),
        python=Path(sys.executable),
        has_pip=find_spec("pip") is not None,
    )


def install_command(package: str, into: Installation | None = None) -> str:
    """Return what to type to add a package, as a line of a shell."""
    into = into or this_installation()
    uv = into.python.with_name("uv")
    if uv.exists():
        words = [str(uv), "pip", "install", "--python", str(into.python)]
    elif (into.prefix / "pipx_metadata.json").exists():
        words = ["pipx", "inject", into.prefix.name]
    elif into.has_pip:
        words = [str(into.python), "-m", "pip", "install"]
    else:
        words = ["uv", "pip", "install", "--python", str(into.python)]
    return shlex.join([*words, package])
