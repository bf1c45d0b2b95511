"""Backups of a site: the plan for those that Tollbook makes by itself, and how they stand."""

from __future__ import annotations

import msgspec


class BackupPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where backups go by themselves, how many hours lie between two, and how many are kept."""

    folder: str
    every_h: int = 24
    keep: int = 14


class BackupState(msgspec.Struct, frozen=True, kw_only=True):
    """How the backups of a site stand. Instants are UTC, ISO 8601 with `Z`, None where there was none.

    `running` is the folder that is being filled, of whose `of` bytes about `done` are there. `last_*` tell of the
    newest backup in the plan's folder, `failed_*` of the last try by plan where it failed, and `overdue` whether the
    newest is too old. `asked` is the number of the last backup that somebody asked for; once `asked_done`,
    `asked_failure` says why it came to nothing, and is empty where it is made.
    """

    plan: BackupPlan | None = None
    running: str = ""
    done: int = 0
    of: int = 0
    last_at: str | None = None
    last_folder: str = ""
    last_bytes: int = 0
    failed_at: str | None = None
    failed_why: str = ""
    asked: int = 0
    asked_done: bool = False
    asked_failure: str = ""
    asked_bytes: int = 0
    overdue: bool = False
