"""The files of a site that hold a secret: read and made in one way.

What always holds: a secret that is missing a part opens nothing. A file is made whole, with fsync, and for its owner
alone; one that cannot be used is left as it is, and stands in for nothing: this process uses a secret of its own in its
place, which nobody knows, and the start says so.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tollbook.model.limits import SMALL_FILE
from tollbook.model.problem import Problem


class SecretFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with a secret: its name, how many random bytes a new one has, and what is amiss while it is unusable."""

    name: str
    random_bytes: int
    without: str


API_TOKEN = SecretFile(
    name="api-token",
    random_bytes=32,
    without="the API takes no site token, but commands on this machine and tokens made for programs",
)
SECRET_KEY = SecretFile(name="secret-key", random_bytes=50, without="everybody has to sign in again after each start")
_ALL = (API_TOKEN, SECRET_KEY)
SHORTEST = 32
"""Characters: less than any that is made here has, for a person may have written one."""


def ensure(site: Path, secret: SecretFile) -> str:
    """Return a site's secret, made now where there is no file; one of this process alone where it cannot be used."""
    path = site / secret.name
    if not os.path.lexists(path):
        write(path, secrets.token_urlsafe(secret.random_bytes).encode())
    text = read(path)
    return secrets.token_urlsafe(secret.random_bytes) if _amiss(text) else text


def faults(site: Path) -> Iterator[Problem]:
    """Yield what is wrong with the secrets of a site, and what to do."""
    for secret in _ALL:
        path = site / secret.name
        amiss = _amiss(read(path)) if os.path.lexists(path) else ""
        if amiss:
            help_ = "put the file back from a backup, or remove it: the next start makes a new one"
            yield Problem(f"{secret.name} cannot be used: {secret.without}", amiss, str(path), help_)


def read(path: Path) -> str:
    """Return the text of a file without blanks around it; nothing where it cannot be read, or is no secret of ours."""
    try:
        with path.open("rb") as file:
            return file.read(SMALL_FILE).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write(path: Path, data: bytes) -> None:
    """Put a file in its place in one step, on the disk as this returns; never readable by others, not for a moment."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _amiss(text: str) -> str:
    """Say what is wrong with the text of a secret; nothing where it is well."""
    if not text:
        return "it is empty, or is no file of plain characters that Tollbook may read"
    if len(text) < SHORTEST:
        return f"it has {len(text)} characters, and a whole one at least {SHORTEST}"
    return "" if text.isprintable() and " " not in text else "it holds characters that no secret of Tollbook has"
