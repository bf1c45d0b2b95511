"""What a backup holds: `manifest.json` in its folder, written last and read first.

What always holds: a folder without a manifest is no backup, and a file that the manifest does not name is not of it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath

import msgspec

from tollbook.model.problem import Misconfigured, Problem

FILE = "manifest.json"
FORM = 1
"""The version of this form; a program reads those up to its own."""
_LARGEST = 64 << 20


class BackedUp(msgspec.Struct, frozen=True):
    """One file of a backup: its path within, its size in bytes, and the SHA-256 of its bytes."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: of which site it was made, when (UTC) and by which version, and every file of it.

    `journal` and `ledger` are the versions of their tables, `settings` the changes applied to those of the settings.
    `calls` is how many the ledger holds, `damaged` how many entries of the journal did not fit their checksums.
    """

    form: int = FORM
    tollbook: str
    site: str
    made_at: str
    journal: int
    ledger: int
    settings: list[str]
    calls: int
    damaged: int
    files: list[BackedUp]

    @property
    def bytes(self) -> int:
        """All files together."""
        return sum(file.bytes for file in self.files)


def read(backup: Path) -> Manifest:
    """Return the manifest of a backup; raises `Misconfigured` for a folder that is none, or is of a newer form."""
    path = backup / FILE
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as fault:
        hint = "name the folder that `tollbook backup` made, the one with manifest.json in it"
        raise Misconfigured(Problem("this is no backup", f"{FILE}: {fault.strerror}", str(backup), hint)) from fault
    try:
        form = msgspec.json.decode(text, type=_Form).form
        if form > FORM:
            raise _newer(backup, f"its form is {form}, and this program reads up to {FORM}")
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as fault:
        hint = "take another backup; in this one the manifest is damaged"
        raise Misconfigured(Problem(f"{FILE} cannot be read", str(fault), str(path), hint)) from fault
    for each in found.files:
        _check_within(each.path, path)
    return found


class _Form(msgspec.Struct):
    form: int


def _newer(backup: Path, reason: str) -> Misconfigured:
    return Misconfigured(
        Problem(
            "the backup is of a newer Tollbook",
            reason,
            str(backup),
            "restore it with that program, or a newer one",
        ),
    )


def _check_within(text: str, manifest: Path) -> None:
    """Raise `Misconfigured` for a path that leads out of the site's folder, whoever wrote it."""
    path = PurePosixPath(text)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in text or "\0" in text:
        reason = f"{text!r} is no path within a site"
        raise Misconfigured(Problem(f"{FILE} cannot be used", reason, str(manifest), "take another backup"))


def backed_up(folder: Path, path: Path) -> BackedUp:
    """Return a file as the manifest lists it."""
    return BackedUp(path.relative_to(folder).as_posix(), path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(backup: Path, manifest: Manifest) -> None:
    """Write a manifest into a backup."""
    (backup / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def settle_on_disk(folder: Path) -> None:
    """Give every file and folder to its owner alone, and have all of it on the disk when this returns."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(place, name)
            path.chmod(0o600)
            sync(path)
        Path(place).chmod(0o700)
        sync(Path(place))


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
