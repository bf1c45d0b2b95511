"""Watches a folder: text is taken line by line as it grows, archives once they are complete.

Events of the operating system are hints only; the folder is also looked at again and again, as network shares need.
What was taken before is known from the journal: a file that still begins with those bytes is read on from their end,
any other is a new one, and the store tells records it has already.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import structlog
from watchfiles import awatch

from tollbook.clock import monotonic_s
from tollbook.gate import aside
from tollbook.model.body import Ending
from tollbook.model.limits import FILE_IN_A_ROUND
from tollbook.model.problem import Unavailable
from tollbook.sources.common import reason_of
from tollbook.sources.contract import Answered, Began, Ended, Event, Surroundings, Took, Troubled
from tollbook.sources.files import LINE_ENDS, Choice, check_size, last_line_end, too_many, worst
from tollbook.sources.folder.files import LocalFile, LocalLook, LocalReading, dispose, find, is_archive, read_more
from tollbook.sources.folder.options import Options

_log = structlog.get_logger()


class _Seen:
    """What is known of one file: its look when last seen, since when it looks so, and how much of it is taken."""

    def __init__(self, found: LocalFile) -> None:
        self.found = found
        self.unchanged_since = monotonic_s()
        self.body: int | None = None
        self.taken = 0
        self.ends_a_line = True
        self.archive = False
        self.done = self.has_more = False

    def look(self, found: LocalFile) -> None:
        """Note how the file looks now."""
        if found.look != self.found.look:
            self.unchanged_since = monotonic_s()
            self.done = False
        self.found = found
        self.has_more = False


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Look at the folder, for ever."""
    seen: dict[str, _Seen] = {}
    task = _LookTask(seen, options, LocalReading(around.past, around.fence))
    async with _hints(Path(options.path)) as hint:
        while True:
            started = monotonic_s()
            look = await aside(find, options, around.fence)
            files = look.files
            for path in set(seen) - {found.origin for found in files}:
                for event in _given_up(seen.pop(path)):
                    yield event
            faults: list[Unavailable] = []
            for found in files:
                async with aclosing(_take(found, task)) as events:
                    try:
                        async for event in events:
                            yield event
                    except Unavailable as fault:
                        faults.append(fault)  # the other files' calls need not wait until this one is mended
                    except FileNotFoundError:
                        continue  # it went since it was listed; the next look sees that, and ends its body
            if look.more and options.after == "leave":
                faults.append(too_many(options.most))
            if faults:
                yield Troubled(worst(faults))
            else:
                yield Answered(_told(files, seen) or _none(look, options), monotonic_s() - started)
            hint.clear()
            await _wait(around, hint, _next_look(seen, options))


class _LookTask(msgspec.Struct, frozen=True):
    """What a look works with."""

    seen: dict[str, _Seen]
    options: Options
    reading: LocalReading


def _told(files: list[LocalFile], seen: dict[str, _Seen]) -> str:
    waiting = [found.shown for found in files if (file := seen.get(found.origin)) is None or not file.done]
    if waiting:
        return f"watching; still being written: {', '.join(waiting[:3])}"
    if not files:
        return ""
    what = f"{files[0].shown} is" if len(files) == 1 else f"all {len(files)} files are"
    return f"watching; {what} taken"


def _none(look: LocalLook, options: Options) -> str:
    """Tell of a folder that holds no file to take."""
    return f"watching; {look.unfitting.told(Choice(options.names, options.most)) or 'no file has come yet'}"


def _next_look(seen: dict[str, _Seen], options: Options) -> float:
    """Return when to look again: at the next file's coming of age, or at the usual time."""
    if any(each.has_more for each in seen.values()):
        return 0.0
    ages = [monotonic_s() - each.unchanged_since for each in seen.values() if not each.done]
    return max(min([options.interval, *(options.minimum_age - age for age in ages)]), 0.02)


async def _take(found: LocalFile, task: _LookTask) -> AsyncGenerator[Event, None]:
    """Yield what is new in one file, and its end once it is complete; raises FileNotFoundError where it went."""
    options, reading = task.options, task.reading
    file = task.seen.get(found.origin)
    if file is None:
        file = _Seen(found)
        await _recall(file, reading)
        task.seen[found.origin] = file
        if file.done:
            await _let_go(found, options, reading)
    elif found.look != file.found.look and not await _goes_on(file, found, reading):
        for event in _given_up(file):
            yield event
        file = task.seen[found.origin] = _Seen(found)
    file.look(found)
    if file.done:
        return
    check_size(os.fsencode(found.path.name), found.size, options.largest)
    aged = monotonic_s() - file.unchanged_since >= options.minimum_age or found.age_s >= options.minimum_age
    file.archive = await aside(is_archive, reading.fence, found.path)
    if found.size > file.taken and (aged or not file.archive):
        async with aclosing(_read(file, reading, whole=aged)) as events:
            async for event in events:
                yield event
    if aged and file.taken >= found.size:
        if file.body is not None:
            yield Began(found.origin, file.body)
            yield Ended(Ending.COMPLETE, mark=found.look)
        file.done = True
        await _let_go(found, options, reading)


async def _recall(file: _Seen, reading: LocalReading) -> None:
    """Find out from the journal how much of a file met for the first time was taken by an earlier run."""
    past = reading.past
    body = await past.latest(file.found.origin)
    if body is None:
        return
    if body.dropped_at is not None and file.found.size == body.length:
        file.done = True  # nothing is left to compare it with
        file.body, file.taken = body.id, body.length
        return
    last = await past.read(body.id, body.length - 1) if body.length else b"\n"
    file.archive = await aside(is_archive, reading.fence, file.found.path)
    complete = body.state == Ending.COMPLETE
    if complete and body.mark == file.found.look:
        file.done = True
    elif file.found.size < body.length or not await reading.begins_with(file.found.path, body):
        return
    elif complete and file.archive:
        file.done = file.found.size == body.length  # an archive that ended was unpacked; it cannot be gone on with
        if not file.done:
            return
    elif body.state != "open" and file.found.size > body.length and last not in LINE_ENDS:
        return
    file.body, file.taken, file.ends_a_line = body.id, body.length, last in LINE_ENDS


async def _goes_on(file: _Seen, found: LocalFile, reading: LocalReading) -> bool:
    """Say whether a file that has changed has only grown since it was read."""
    if found.size < file.taken:
        return False
    if file.body is None:
        return True
    body = await reading.past.latest(found.origin)
    if body is None or (file.done and (file.archive or not file.ends_a_line)):
        return False
    return await reading.begins_with(found.path, body, thorough=found.inode != file.found.inode)


def _given_up(file: _Seen) -> Iterator[Event]:
    """Yield the end of a file that went, or became another one, before it was seen to be complete."""
    if file.body is not None and not file.done:
        ending = Ending.COMPLETE if file.ends_a_line and not file.archive else Ending.CUT
        yield Began(file.found.origin, file.body)
        yield Ended(ending, "the file went before it was complete" if ending is Ending.CUT else "")


async def _read(file: _Seen, reading: LocalReading, *, whole: bool) -> AsyncGenerator[Event, None]:
    """Yield the file's new bytes: as many as a file may have at a time, and only whole lines while it is written."""
    until = file.taken + FILE_IN_A_ROUND
    while file.taken < until:
        data = await _piece(file.found, file.taken, reading)
        if not whole:
            data = data[: last_line_end(data)]
        if not data:
            return
        yield Began(file.found.origin, file.body)
        yield Took(data)
        if file.body is None:
            body = await reading.past.latest(file.found.origin)
            file.body = body.id if body else None
        file.taken += len(data)
        file.ends_a_line = data[-1:] in LINE_ENDS
    file.has_more = True


async def _piece(found: LocalFile, start: int, reading: LocalReading) -> bytes:
    try:
        return await aside(read_more, reading.fence, found, start)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise Unavailable(f"{found.shown} cannot be read: {reason_of(fault)}") from fault


async def _let_go(found: LocalFile, options: Options, reading: LocalReading) -> None:
    """Move or delete a file, but only once its calls are in the store."""
    if options.after == "leave":
        return
    await reading.past.stored()
    try:
        await aside(dispose, found, options, reading.fence)
    except OSError as fault:
        raise Unavailable(f"{found.shown} is taken but cannot be {options.after}d: {reason_of(fault)}") from fault


@asynccontextmanager
async def _hints(path: Path) -> AsyncGenerator[asyncio.Event, None]:
    """Give an event that is set when the operating system says that something has changed."""
    hint = asyncio.Event()
    folder = path if await aside(path.is_dir) else path.parent
    task = asyncio.create_task(_listen(folder, hint))
    try:
        yield hint
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(folder: Path, hint: asyncio.Event) -> None:
    try:
        async for _ in awatch(folder, recursive=False, debounce=50, step=20, stop_event=None):
            hint.set()
    except (OSError, RuntimeError) as fault:
        _log.info("no events from this folder; it is looked at in turn instead", folder=folder.name, reason=str(fault))


async def _wait(around: Surroundings, hint: asyncio.Event, seconds: float) -> None:
    waits = {asyncio.ensure_future(around.pause(seconds)), asyncio.ensure_future(hint.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
