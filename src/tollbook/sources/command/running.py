"""Running a program again and again, and telling how it went.

One that ends well has answered and is run again after a while; one that fails is a PBX that is gone. A program is there
once it has printed something, or has run for a moment, so that one that fails at once is tried ever less often.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import msgspec

from tollbook import gate
from tollbook.clock import monotonic_s
from tollbook.gate import aside
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources.command.options import Options
from tollbook.sources.command.program import Program
from tollbook.sources.command.surroundings import Environment, environment_of
from tollbook.sources.common import reason_of
from tollbook.sources.contract import Answered, Event, Surroundings

_SETTLED_S = 2.0
_MOST_LINES, _MOST_CHARACTERS = 3, 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Run the program as long as it ends well; raises `Unavailable` when it fails, for the engine to try again."""
    while not around.stopping.is_set():
        options = await aside(_within_reach, options, around.fence)
        environment = await aside(environment_of, options.environment, options.environment_file, around.fence)
        began_at = monotonic_s()
        inbox = EventMerge(around, idle_s=options.idle)
        program = await _started(options, environment, inbox)
        try:
            await _settled(program, inbox)
            if program.failure and not program.inflow.has_bytes:
                raise _failed(program, environment)
            inbox.add(program.inflow)
            inbox.only()
            async with aclosing(inbox.events()) as events:
                async for event in events:
                    yield event
        finally:
            await program.end()
        if around.stopping.is_set():
            return
        if program.inflow.fault:
            raise _failed(program, environment)
        message = f"{options.name} ran to its end and is run again in {options.interval:g} s"
        yield Answered(message, monotonic_s() - began_at)
        await around.pause(options.interval)


def _within_reach(options: Options, fence: Fence) -> Options:
    """Return the options with the program and its folder as the fence knows them; raises `OutOfReach`."""
    program = gate.program(fence, options.command[0], options.directory)
    folder = str(gate.place(fence, options.directory, Reach.READ)) if options.directory else ""
    return msgspec.structs.replace(options, command=(program, *options.command[1:]), directory=folder)


async def _started(options: Options, environment: Environment, inbox: EventMerge) -> Program:
    inflow = StreamConnection(f"program {options.name}", inbox.news, telnet=False)
    try:
        _, program = await asyncio.get_running_loop().subprocess_exec(
            lambda: Program(inflow, options.name),
            *options.command,
            stdin=asyncio.subprocess.DEVNULL,
            cwd=options.directory or "/",
            env=dict(environment.variables),
            start_new_session=True,
        )
    except OSError as fault:
        raise await asyncio.to_thread(_not_run, options, fault) from fault
    return program


async def _settled(program: Program, inbox: EventMerge) -> None:
    """Return when it has printed something, has ended, or has run for a moment."""
    inflow, until = program.inflow, monotonic_s() + _SETTLED_S
    while not inflow.has_bytes and not inflow.lost and (patience_s := until - monotonic_s()) > 0:
        await inbox.changed(patience_s)


def _failed(program: Program, environment: Environment) -> Unavailable:
    said = environment.hide(program.complaints.decode(errors="replace"))
    lines = [_UNPRINTABLE.sub(" ", line).strip() for line in said.splitlines() if line.strip()]
    words = " / ".join(lines[-_MOST_LINES:])[-_MOST_CHARACTERS:]
    return Unavailable(f"{program.inflow.fault}{f': {words}' if words else ''}")


def _not_run(options: Options, fault: OSError) -> Unavailable:
    """Return why a program could not be started."""
    program, folder = options.command[0], options.directory
    if folder and not os.access(folder, os.X_OK):
        message = f"the folder {folder} is not there, or Tollbook's user may not enter it"
        return Unavailable(message, permanent=True)
    found = Path(folder or "/", program).exists() and "/" in program
    if found and fault.errno == errno.ENOENT:
        message = f"{program} cannot be run: what its first line names, after #!, is not there"
        return Unavailable(message, permanent=True)
    mend = _MENDS.get(fault.errno or 0)
    return Unavailable(f"{program} cannot be run: {mend or reason_of(fault)}", permanent=bool(mend))


_MENDS = {
    errno.ENOENT: "there is no such program; give its full path",
    errno.ENOTDIR: "there is no such program; give its full path",
    errno.EACCES: "Tollbook's user may not execute it; 'chmod +x' lets everybody",
    errno.ENOEXEC: "it is no program; a script begins with a line such as #!/bin/sh",
}
