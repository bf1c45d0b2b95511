"""Planning backups: what the API and the command line do when the plan is changed or ended."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.backup import BackupPlan
from tollbook.model.limits import BACKUPS_KEPT, LONGEST_BACKUP_H
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.backups.models import BackupPlanRecord

_ONLY = 1
"""The number of the one row."""


def plan() -> BackupPlan | None:
    """Return the plan of the site; None where backups are made only when somebody asks."""
    found = BackupPlanRecord.objects.first()
    return found.value() if found else None


@transaction.atomic
def set_plan(actor: Actor, wanted: BackupPlan, site: Path) -> BackupPlan:
    """Keep a plan in place of the one there was; raises `Misconfigured` with every fault."""
    _check(wanted, site)
    before = plan()
    BackupPlanRecord.objects.update_or_create(pk=_ONLY, defaults=msgspec.structs.asdict(wanted))
    was = msgspec.structs.asdict(before) if before else {}
    changes = audit.differences(was, msgspec.structs.asdict(wanted))
    audit.record(actor, "backup.plan", wanted.folder, changes)
    transaction.on_commit(changed.tell)
    return wanted


@transaction.atomic
def end_plan(actor: Actor) -> BackupPlan:
    """Make no more backups by themselves; those that were made stay. Raises `NotThere` where there is no plan."""
    before = plan()
    if before is None:
        raise NotThere(
            Problem(
                "no backups are planned",
                "so there is nothing to end",
                help="`tollbook backup-plan set FOLDER` plans them",
            )
        )
    BackupPlanRecord.objects.all().delete()
    audit.record(actor, "backup.end", before.folder)
    transaction.on_commit(changed.tell)
    return before


def _check(wanted: BackupPlan, site: Path) -> None:
    problems, folder = [], Path(wanted.folder)
    if not folder.is_absolute():
        problems.append(
            Problem("the backups' folder must be a full path", f"got {wanted.folder!r}", help="such as /srv/backups")
        )
    elif not folder.is_dir():
        help_ = "make it first, for the user that runs Tollbook"
        problems.append(Problem("the backups' folder cannot be used", "there is no such folder", str(folder), help_))
    elif Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(site)):
        reason, help_ = "it is in the site's own folder", "choose a place outside, best on another disk"
        problems.append(Problem("the backups' folder cannot be used", reason, str(folder), help_))
    if not 1 <= wanted.every_h <= LONGEST_BACKUP_H:
        problems.append(
            Problem(f"'every' must be between 1 and {LONGEST_BACKUP_H} hours", f"got {wanted.every_h}"),
        )
    if not 1 <= wanted.keep <= BACKUPS_KEPT:
        problems.append(Problem(f"'keep' must be between 1 and {BACKUPS_KEPT}", f"got {wanted.keep}"))
    if problems:
        raise Misconfigured(*problems)
