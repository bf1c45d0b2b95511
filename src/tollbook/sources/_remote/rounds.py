"""Looks at a server's folder in rounds: takes what is new or has grown, then moves or deletes what is stored.

A file is taken once it has been left alone, or at once when its last change lies days back; text that never comes to
rest is taken line by line. What was taken before is known from the journal, so nothing is kept here that a restart
would lose. One file's fault keeps no other from being taken: it is raised when the others had their turn.
"""

from __future__ import annotations

import posixpath
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import timedelta

import msgspec

from tollbook.clock import monotonic_s, now
from tollbook.model.naming import shortly
from tollbook.model.problem import Unavailable
from tollbook.sources._remote.options import RemoteFiles
from tollbook.sources._remote.server import ConnectionLost, RemoteFile, RemoteListing, RemoteLook, Server
from tollbook.sources._remote.taking import Taken, WantedFile, take
from tollbook.sources.contract import Answered, Asking, Event, Past, Surroundings, Troubled
from tollbook.sources.files import Choice, names_to_move_to, too_many, worst

_SURELY_AT_REST = timedelta(hours=26)
"""Older than this a file is by any clock, in any zone that a server may mistake for UTC."""
_NEVER_AT_REST = 2
"""Changes seen in a row after which text is taken as it grows."""
_MOST_LOSSES = 3
"""Connections lost in one round before it is given up."""


class RemoteFolder(msgspec.Struct, frozen=True):
    """A server's folder as a source watches it; `connect` gives a server that has not been asked anything yet."""

    address: str
    files: RemoteFiles
    connect: Callable[[], Server]


class _KnownFile:
    """What is known of one file: its look, since when it looks so, and whether all of it is taken."""

    def __init__(self, look: RemoteLook) -> None:
        self.look_now = look
        self.unchanged_since = monotonic_s()
        self.changes = 0
        self.done = False

    def look(self, look: RemoteLook) -> None:
        """Note how the file looks now."""
        if look != self.look_now:
            self.changes = 0 if self.done else self.changes + 1
            self.look_now, self.unchanged_since, self.done = look, monotonic_s(), False

    def is_at_rest(self, minimum_age_s: float) -> bool:
        """Say whether the file has been left alone for long enough."""
        if monotonic_s() - self.unchanged_since >= minimum_age_s:
            self.changes = 0
            return True
        return self.changes == 0 and self.look_now.is_older(_SURELY_AT_REST, now())


class _Round:
    """What one round has come to."""

    def __init__(self, listing: RemoteListing) -> None:
        self.listing = listing
        self.taken: set[bytes] = set()
        self.failed: set[bytes] = set()
        self.losses = 0
        self.faults: list[Unavailable] = []

    def note(self, fault: Unavailable) -> None:
        """Keep a file's fault for later; a connection that is lost again and again ends the round."""
        self.faults.append(fault)
        self.losses += isinstance(fault, ConnectionLost)
        if self.losses >= _MOST_LOSSES:
            raise fault


async def watch(folder: RemoteFolder, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Look at the folder at the interval, for ever; raises `Unavailable`."""
    _check(folder.files)
    known: dict[bytes, _KnownFile] = {}
    failed_before = False
    while True:
        started = monotonic_s()
        if folder.files.after != "leave":
            yield Asking()
        server = folder.connect()
        try:
            listing = await server.listing(Choice(folder.files.names, folder.files.most))
            this = _Round(listing)
            _note(listing, known)
            async with aclosing(_round(this, server, _RoundTask(folder, known, around.past))) as events:
                async for event in events:
                    yield event
        finally:
            await server.close()
        waiting = [each for each in listing.found if not known[each.name].done and each.name not in this.failed]
        if this.faults and (failed_before or not waiting):
            yield Troubled(worst(this.faults))
        failed_before = bool(this.faults)
        if not this.faults:
            yield Answered(_told(this, waiting, folder.files), monotonic_s() - started)
        await around.pause(_next_look(folder.files, [known[found.name] for found in waiting], monotonic_s() - started))


def _check(files: RemoteFiles) -> None:
    target = posixpath.normpath(posixpath.join(files.path, files.move_to))
    if files.after == "move" and target == posixpath.normpath(files.path):
        message = "'move-to' is the folder the files are in already; name another one, such as 'taken'"
        raise Unavailable(message, permanent=True)


def _note(listing: RemoteListing, known: dict[bytes, _KnownFile]) -> None:
    for found in listing.found:
        known.setdefault(found.name, _KnownFile(found.look)).look(found.look)
    for name in known.keys() - {found.name for found in listing.found}:
        del known[name]


class _RoundTask(msgspec.Struct, frozen=True):
    """What a round works with."""

    folder: RemoteFolder
    known: dict[bytes, _KnownFile]
    past: Past


async def _round(this: _Round, server: Server, task: _RoundTask) -> AsyncGenerator[Event, None]:
    """Take every file that is to be taken, then let go of those that are stored."""
    files = task.folder.files
    for found in sorted(this.listing.found, key=lambda each: (each.look.modified, each.name)):
        if task.known[found.name].done:
            continue
        async with aclosing(_take(found, this, server, task)) as events:
            async for event in events:
                yield event
    if this.listing.more and files.after == "leave":
        this.faults.append(too_many(files.most))
    going = [found for found in this.listing.found if task.known[found.name].done]
    if files.after == "leave" or not going:
        return
    await task.past.stored()
    for found in going:
        try:
            await _let_go(found, server, files)
        except Unavailable as fault:
            this.note(fault)


async def _take(found: RemoteFile, this: _Round, server: Server, task: _RoundTask) -> AsyncGenerator[Event, None]:
    """Take one file, if its time has come."""
    known, files = task.known[found.name], task.folder.files
    at_rest = known.is_at_rest(files.minimum_age)
    if not at_rest and known.changes < _NEVER_AT_REST:
        return
    origin = f"{task.folder.address}/{found.shown}"
    wanted = WantedFile(found=found, origin=origin, growing=not at_rest, largest_mb=files.largest)
    taken = Taken(found)
    try:
        async with aclosing(take(wanted, server, task.past, taken)) as events:
            async for event in events:
                yield event
    except Unavailable as fault:
        this.failed.add(found.name)
        this.note(fault)
    finally:
        known.look(taken.look)
        known.done = taken.done
        if taken.length:
            this.taken.add(found.name)


async def _let_go(found: RemoteFile, server: Server, files: RemoteFiles) -> None:
    """Move or delete a file whose calls are stored, unless it has changed since it was taken."""
    look = await server.look(found.name)
    if look is None or not look.is_like(found.look):
        return
    if files.after == "delete":
        await server.delete(found.name)
        return
    folder = files.move_to.encode()
    await server.make_folder(folder)
    for name in names_to_move_to(found.name):
        path = folder + b"/" + name
        if await server.look(path) is None:
            await server.rename(found.name, path)
            return
    message = f"{shortly(found.name)} is taken but cannot be moved: the folder of 'move-to' is full of its name"
    raise Unavailable(message, permanent=True)


def _next_look(files: RemoteFiles, waiting: list[_KnownFile], passed_s: float) -> float:
    """Return when to look again: when a file that was seen once may have come to rest, or at the interval."""
    ages = [files.minimum_age - (monotonic_s() - each.unchanged_since) for each in waiting if not each.changes]
    return max(min([files.interval - passed_s, *ages]), 0.02)


def _told(this: _Round, waiting: list[RemoteFile], files: RemoteFiles) -> str:
    there = len(this.listing.found)
    if not there:
        others = this.listing.unfitting.told(Choice(files.names, files.most))
        return f"answers; {others or 'no file has come yet'}" + _aside(this)
    taken = len(this.taken)
    known = there - len(this.taken | {found.name for found in waiting})
    told = f"{taken} {'file' if taken == 1 else 'files'} taken, {known} known"
    if waiting:
        names = ", ".join(shortly(found.name) for found in waiting[:3])
        told += f", {len(waiting)} still being written: {names}"
    return told + _aside(this)


def _aside(this: _Round) -> str:
    passed_over = this.listing.passed_over
    told = f"; {passed_over} {'name is' if passed_over == 1 else 'names are'} no file's and passed over"
    return (told if passed_over else "") + ("; more wait for the next round" if this.listing.more else "")
