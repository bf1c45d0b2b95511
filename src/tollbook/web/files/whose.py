"""Whose a file is, and whether they may still see what is in it."""

from __future__ import annotations

from hashlib import sha256

import msgspec
from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.model.problem import NotAllowed, NotThere, Problem
from tollbook.model.ready_file import ReadyFile
from tollbook.site.people.models import TokenRecord
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of, person
from tollbook.web.people.roles import access_of

_PRIVATE = "SELECT id FROM main.call_note WHERE private ORDER BY id"


def owner_of(request: HttpRequest) -> str:
    """Return by what files of whoever asks are known: somebody who has their name later is another."""
    actor = actor_of(request)
    if actor.kind == "person":
        return f"person {person(request).pk}"
    if actor.kind == "token":
        made = TokenRecord.objects.filter(name=actor.name).values_list("added_at", flat=True).first()
        return f"token {actor.name} of {made}"
    return f"{actor.kind} {actor.name}"


def access_now(request: HttpRequest) -> str:
    """Return a digest of what whoever asks may do and see.

    Of somebody who sees some calls only, the extensions of the directory are in it that their scope means: a department
    may have lost some since. Of somebody who does not see private numbers, which calls are private is in it.
    """
    access, ledger = access_of(request), ledger_of(request)
    extensions = [] if access.is_whole else ledger.rows("SELECT id FROM span ORDER BY id")
    hidden = ledger.rows(_PRIVATE) if ledger.scope.hides_private else []
    told = (
        access.role,
        sorted(access.permissions),
        None if access.scope is None else [sorted(line.items()) for line in access.scope],
        sorted(access.assignments),
        [str(number) for (number,) in extensions],
        [str(call) for (call,) in hidden],
    )
    return sha256(msgspec.json.encode(told)).hexdigest()


def files_of(request: HttpRequest) -> list[ReadyFile]:
    """Return the files of whoever asks, the newest first; of a command on the machine everybody's."""
    every = engine().files.every()
    if actor_of(request).kind == "command":
        return every
    owner = owner_of(request)
    return [each for each in every if each.owner == owner]


def one_of(request: HttpRequest, key: str) -> ReadyFile:
    """Return a file of whoever asks; raises `NotThere`, also for one of somebody else."""
    found = next((each for each in files_of(request) if each.key == key), None)
    if found is None:
        reason = "you have asked for none of that name, or it was removed, or it is over"
        raise NotThere(Problem("there is no such file", reason, help="make it again"))
    return found


def is_open(request: HttpRequest, there: ReadyFile) -> bool:
    """Say whether whoever asks may have a file: it is theirs, and they may see now what they could when they asked."""
    return there.owner == owner_of(request) and there.access == access_now(request)


def open_one(request: HttpRequest, key: str) -> ReadyFile:
    """Return a file that whoever asks may have; raises `NotThere`, and `NotAllowed` where they may not any more."""
    there = one_of(request, key)
    if there.owner != owner_of(request):
        reason = f"{there.asked_by} asked for it"
        raise NotAllowed(Problem("the file is somebody else's", reason, help="ask for one of your own"))
    if there.access != access_now(request):
        reason = "it was made of what you could see when you asked for it, and that has changed since"
        raise NotAllowed(Problem("the file is not handed out any more", reason, help="make it again"))
    return there
