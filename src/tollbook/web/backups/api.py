"""`/api/backup`: the site's backups. Only commands on the machine change them: a backup holds every secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.backup import BackupPlan, BackupState
from tollbook.model.problem import Problem
from tollbook.site.audit import operations as audit
from tollbook.site.backups import operations as backups
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.roles import needs

router = WordRouter(tags=["site"])

_REFUSAL = Problem(
    "only a command on the machine makes backups",
    "it holds every password and secret of the site, in a folder of the machine",
    help="use `tollbook backup` on the machine",
)
Folder = Annotated[str, Field(max_length=1000)]


class WantedBackup(Schema):
    """A backup to make, in a folder that is not there yet, or is empty."""

    model_config = ConfigDict(extra="forbid")

    folder: Folder


class WantedPlan(Schema):
    """Backups to make by themselves: into which folder, every how many hours, and how many are kept."""

    model_config = ConfigDict(extra="forbid")

    folder: Folder
    every_h: int = 24
    keep: int = 14


@router.get("/backup", summary="How the backups stand", openapi_extra=answers(BackupState))
@needs("system.see")
def backup_state(request: HttpRequest) -> HttpResponse:
    """Say what is planned, which backup is the newest, and what is being made."""
    return answer(runtime.engine().backups.state())


@router.post("/backup", include_in_schema=False)
@needs("system.change")
def make(request: HttpRequest, wanted: WantedBackup) -> HttpResponse:
    """Begin to make a backup; the state says how far it is, and what came of it."""
    check_command(request, _REFUSAL)
    runtime.engine().backups.ask(Path(wanted.folder))
    audit.record(actor_of(request), "backup.make", wanted.folder)
    return answer(runtime.engine().backups.state(), 202)


@router.put("/backup/plan", include_in_schema=False)
@needs("system.change")
def plan(request: HttpRequest, wanted: WantedPlan) -> HttpResponse:
    """Plan backups, in place of what was planned."""
    check_command(request, _REFUSAL)
    backups.set_plan(actor_of(request), BackupPlan(**wanted.dict()), runtime.engine().site.path)
    return answer(runtime.engine().backups.state())


@router.delete("/backup/plan", include_in_schema=False)
@needs("system.change")
def end(request: HttpRequest) -> HttpResponse:
    """Make no more backups by themselves."""
    check_command(request, _REFUSAL)
    return answer(backups.end_plan(actor_of(request)))
