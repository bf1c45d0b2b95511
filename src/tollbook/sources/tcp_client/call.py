"""Calling the PBX: connect, log in, and take what comes until the line goes dead."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tollbook.clock import monotonic_s
from tollbook.gate import aside
from tollbook.model.body import Ending
from tollbook.model.fence import Fence
from tollbook.model.limits import LOGIN_HEARD
from tollbook.model.problem import Unavailable
from tollbook.sources._streams.event_merge import EventMerge
from tollbook.sources._streams.stream_connection import Endpoint, StreamConnection, connected
from tollbook.sources.contract import Began, Ended, Event, Surroundings, Took
from tollbook.sources.tcp_client.dialogue import LINE_ENDS, LoginDialogue, is_prompt, may_be_greeting
from tollbook.sources.tcp_client.handshake import Answering, shown
from tollbook.sources.tcp_client.options import Options

_SHOWN = 80
_ACCEPTED_AFTER_S = 2.0
"""A PBX that does not accept a password asks for it again at once."""
_ASKED_AFTER_S, _ANSWERED_AFTER_S = 1.0, 3.0
"""When a PBX that wants a log-in has asked for it, and how long it is then silent before it can be said to wait."""


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Take one connection's stream; raises `Unavailable` when it ends, for the engine to have another made."""
    dialogue = LoginDialogue(options.dialogue(), await _words(options, around.fence), LINE_ENDS[options.line_end])
    inbox = EventMerge(around, idle_s=options.idle)
    origin = f"tcp://{options.host}:{options.port}"
    to = Endpoint(options.host, options.port, options.host, options.timeout)
    inflow = await connected(to, lambda: _connection(options, origin, inbox), around.fence)
    try:
        await (_shake_hands if options.in_bytes else _log_in)(options, inflow, dialogue, inbox)
    except Unavailable as fault:
        for event in _kept(inflow, dialogue, str(fault)):
            yield event
        inflow.hang_up()
        raise
    except BaseException:
        inflow.hang_up()
        raise
    inbox.add(inflow)
    inbox.only()
    async with aclosing(inbox.events()) as events:
        async for event in events:
            yield event
    if not around.stopping.is_set():
        raise Unavailable(f"{inflow.fault or 'the PBX closed the connection'}: {options.host}, port {options.port}")


def _connection(options: Options, origin: str, inbox: EventMerge) -> StreamConnection:
    talk = Answering(options.answers) if options.in_bytes and options.answers else None
    return StreamConnection(origin, inbox.news, talk, telnet=not options.in_bytes)


async def _words(options: Options, fence: Fence) -> dict[str, str]:
    return {"username": options.username, "password": await aside(options.secret, fence)}


async def _shake_hands(
    options: Options,
    inflow: StreamConnection,
    _dialogue: LoginDialogue,
    inbox: EventMerge,
) -> None:
    """Go through the handshake; what comes after it stays in the connection. Raises `Unavailable` where it fails."""
    heard = b""
    for step in options.handshake:
        if step.what == "send":
            inflow.say(step.data)
            continue
        until = monotonic_s() + options.timeout
        while step.data.startswith(heard) and len(heard) < len(step.data) and not inflow.lost:
            data = await _heard(inflow, inbox, until - monotonic_s())
            heard += data
            if not data:
                break
        if not heard.startswith(step.data):
            inflow.put_back(heard[len(step.data) :])  # behind a refusal there may still be records
            why = "and closed the connection" if inflow.lost else "after what it was sent"
            raise Unavailable(f"the PBX said {shown(heard)} {why}, where {shown(step.data)} belongs")
        heard = heard[len(step.data) :]
    inflow.put_back(heard)


async def _log_in(options: Options, inflow: StreamConnection, dialogue: LoginDialogue, inbox: EventMerge) -> None:
    """Go through the dialogue; what comes after it stays in the connection, without the echo of the last answer."""
    until = monotonic_s() + options.timeout
    while not dialogue.over:
        data = await _heard(inflow, inbox, options.timeout)
        said = dialogue.meet(data)
        if not data or len(dialogue.heard) > LOGIN_HEARD or monotonic_s() > until:
            raise _no_question(options, inflow, dialogue)
        if said:
            until = monotonic_s() + options.timeout
            inflow.say(said)
    if options.dialogue():
        await _accepted(inflow, dialogue, inbox)
    else:
        await _unasked(inflow, inbox)


async def _accepted(inflow: StreamConnection, dialogue: LoginDialogue, inbox: EventMerge) -> None:
    """Wait for the password's echo, or what comes instead of one; raises `Unavailable` when it is asked again."""
    until = monotonic_s() + _ACCEPTED_AFTER_S
    while (patience_s := until - monotonic_s()) > 0:
        data = await _heard(inflow, inbox, patience_s)
        if dialogue.asks_again(dialogue.heard + data):
            raise Unavailable("the PBX does not accept the user id or the password", permanent=True)
        kept = dialogue.after_echo(data) if data else None
        if kept is not None and kept.strip():
            inflow.put_back(kept)
            return
        if inflow.lost:
            raise Unavailable("the PBX closed the connection after the log-in: another program may be connected to it")
    inflow.put_back(dialogue.heard)


async def _unasked(inflow: StreamConnection, inbox: EventMerge) -> None:
    """Raise `Unavailable` where the PBX asks for a log-in that is not set: it would stay silent for ever.

    Only what may be a greeting is held back until then, for a second at most; records are not.
    """
    data, until = b"", monotonic_s() + _ASKED_AFTER_S
    while not (inflow.lost or is_prompt(data)) and may_be_greeting(data) and (patience_s := until - monotonic_s()) > 0:
        data += await _heard(inflow, inbox, patience_s)
    more = await _heard(inflow, inbox, _ANSWERED_AFTER_S) if is_prompt(data) else b""
    inflow.put_back(data + more)
    if is_prompt(data) and not more and not inflow.lost:
        shown = data[-_SHOWN:].decode("latin-1").strip()
        help_ = "set 'login' (panasonic, or steps with what it asks), 'username' and 'password'"
        raise Unavailable(f"the PBX asks for a log-in, {shown!r}, and none is set: {help_}", permanent=True)


async def _heard(inflow: StreamConnection, inbox: EventMerge, patience_s: float) -> bytes:
    """Return the next bytes, or nothing when none come in time or no more will."""
    until = monotonic_s() + patience_s
    while not inflow.has_bytes and not inflow.lost and monotonic_s() < until:
        await inbox.changed(until - monotonic_s())
    return inflow.take() if inflow.has_bytes else b""


def _no_question(options: Options, inflow: StreamConnection, dialogue: LoginDialogue) -> Unavailable:
    came = dialogue.heard[-_SHOWN:].decode("latin-1").strip()
    what = f"it sent {came!r}" if came else "it sent nothing"
    why = "and closed the connection" if inflow.lost else f"within {options.timeout:g} s"
    return Unavailable(
        f"the PBX did not ask for {dialogue.waits_for}: {what} {why}; is a log-in set that it does not want?",
    )


def _kept(inflow: StreamConnection, dialogue: LoginDialogue, reason: str) -> list[Event]:
    """Keep what came although it met no step: it may be records, of a PBX that wants no log-in."""
    data = dialogue.heard + inflow.take() if inflow.has_bytes else dialogue.heard
    return [Began(inflow.origin), Took(data), Ended(Ending.CUT, reason)] if data.strip() else []
