"""A file that somebody has asked for and that is made in the background, until it is fetched or has ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

FileOf = Literal["report", "explore", "phone-bill"]


class FileState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = frozenset((FileState.WAITING, FileState.MAKING))


class FileAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What is made: a report by its slug, a breakdown or a phone bill, by the words that its address has.

    `settings` are parameters of a report, `name=value` each.
    """

    of: FileOf = "report"
    report: str = ""
    words: dict[str, str] = {}
    settings: tuple[str, ...] = ()


class ReadyFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file by its key, which nobody can guess.

    `owner` tells whoever asked from everybody else, also from one of the same name later; `access` is a digest of what
    they could see then. `part` of it is done, from 0 to 1; `reason` says why there is none. Instants are UTC.
    """

    key: str
    owner: str
    asked_by: str
    access: str
    asked: FileAsked
    title: str
    form: str
    media_type: str
    name: str = ""
    state: FileState = FileState.WAITING
    part: float = 0.0
    reason: str = ""
    rows: int = 0
    size: int = 0
    asked_at: datetime
    ended_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is still to be made."""
        return self.state in UNDER_WAY
