"""Backups that failed."""

from __future__ import annotations

import msgspec

from tollbook.alerts.contract import AlertKind, SiteState


class BackupFailedOptions(msgspec.Struct, frozen=True, kw_only=True):
    """There are none."""


ALERT = AlertKind(
    title="Backup failed",
    about="a planned backup failed or is overdue",
    options=BackupFailedOptions,
    looks_for=lambda _: SiteState(topics=("backups",)),
    at_once=True,
    needs="pbxs.see",
)
