"""What an import would give, found out without importing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tollbook.model.problem import Problem

FORCE = "--even-if-unreadable stores it all the same, as rejects"


class DryReject(msgspec.Struct, frozen=True, kw_only=True):
    """A record that could not be read: its line, from 1, and in an archive the number of its file, from 0."""

    line: int
    member: int
    reason: str
    field: str
    raw: str


class DryFit(msgspec.Struct, frozen=True, kw_only=True):
    """A format that would read the file: of the `lines` of a sample it makes `calls`."""

    slug: str
    title: str
    lines: int
    calls: int


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would give today.

    frames = calls + duplicates + skipped + rejected; `calls` are records that the ledger does not have. `skips` counts
    the skipped ones by what they are. `rejects` are the first of those that cannot be read. Where nothing can be, it
    is not `readable`, and `fits` are formats that would read it.
    """

    frames: int = 0
    calls: int = 0
    duplicates: int = 0
    skipped: int = 0
    rejected: int = 0
    skips: dict[str, int] = {}
    rejects: list[DryReject] = []
    readable: bool = True
    fits: list[DryFit] = []

    @property
    def shown(self) -> list[DryReject]:
        """The rejects that a page shows: of a file of which nothing can be read, a few tell all."""
        return self.rejects if self.readable else self.rejects[:3]


def refusal(name: str, pbx: str, found: DryRun) -> Problem:
    """Say why a file is not imported of which nothing can be read, and what to do."""
    first = found.rejects[0]
    reason = f"none of its {found.frames} records is one of {pbx}; line {first.line}: {first.reason}"
    fits = " or ".join(f"{fit.slug} ({fit.calls} of {fit.lines} lines)" for fit in found.fits)
    other = f"the format {fits} would read it: was another PBX meant?" if fits else "no format would read it"
    return Problem(f"nothing of {name} can be read; nothing was stored", reason, help=f"{other}; {FORCE}")


class UploadStage(StrEnum):
    """What is being done with an uploaded file."""

    ARRIVING = "arriving"
    READING = "reading"
    READ = "read"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is there and not imported: bytes taken of it, bytes read of it, and what its import would give.

    `trouble` says why nothing more can be done with it. `body` is its import once that has begun.
    """

    upload: str
    pbx: str
    name: str
    stage: UploadStage = UploadStage.ARRIVING
    bytes_taken: int = 0
    bytes_read: int = 0
    found: DryRun | None = None
    body: int | None = None
    trouble: str = ""
