"""Runs a site's server in this process, and says where it is."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tollbook import gate
from tollbook.cli import address, hosting
from tollbook.cli.encryption import HELP, Encryption, readable_on_the_way
from tollbook.cli.exits import say
from tollbook.cli.output import write_text
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.engine.engine import Engine

Listen = Annotated[str, typer.Option(metavar="HOST:PORT", help="Address and port to listen on; port 0: any free port.")]
Asked = Callable[[], bool]
"""Says whether somebody has asked for the server to stop."""
_LARGEST_PORT = 65_535
_STOPS = (signal.SIGINT, signal.SIGTERM)


def read_listen(text: str) -> tuple[str, int]:
    """Return host and port.

    >>> read_listen("127.0.0.1:8470"), read_listen("[::1]:80"), read_listen("8470")
    (('127.0.0.1', 8470), ('::1', 80), ('127.0.0.1', 8470))
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= _LARGEST_PORT):
        hint = "for example 127.0.0.1:8470, or 0.0.0.0:8470 for the whole network"
        raise Misconfigured(Problem("'--listen' must be HOST:PORT", f"got {text!r}", help=hint))
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def check_free(host: str, port: int) -> None:
    """Raise `Misconfigured` when a server could not listen there."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except OSError as fault:
        hint = "another program, perhaps another Tollbook, listens there; choose with --listen HOST:PORT"
        if fault.errno in (errno.EADDRNOTAVAIL, socket.EAI_NONAME):
            hint = "that is no address of this machine; 0.0.0.0 stands for all of them"
        raise Misconfigured(Problem(f"cannot listen on {host}:{port}", str(fault), help=hint)) from fault


@contextmanager
def stopping_in_order() -> Iterator[Asked]:
    """Let Ctrl-C and SIGTERM end a server in order: what was taken is stored, the site given free, the exit code 0.

    A signal only leaves a note, which the server looks for once it listens: an exception out of nowhere, in the middle
    of an import say, could leave a lock held that another thread then waits for.
    """
    asked = threading.Event()
    before = {number: signal.signal(number, lambda _number, _frame: asked.set()) for number in _STOPS}
    try:
        yield asked.is_set
    finally:
        for number, former in before.items():
            signal.signal(number, former)
    if asked.is_set():
        write_text("stopped; every call taken is stored")


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """A site to serve, and where.

    `stop_asked` says whether a signal has come; `prepare` is called while it is made ready, `listening` with its URL.
    """

    site: Path
    host: str
    port: int
    stop_asked: Asked
    encryption: Encryption = Encryption()
    prepare: Callable[[Path], object] = lambda _site: None
    listening: Callable[[str], None] = lambda _url: None


def serve_site(serving: Serving) -> None:
    """Serve a site until a signal comes; a new one is made first."""
    from tollbook.web.serving.door import raise_descriptors

    check_free(serving.host, serving.port)
    serving.encryption.context()  # a file that will not do is told before anything is opened
    raise_descriptors()
    while _served(serving):
        say("another process works with these settings now; this one begins anew, and serves pages")


def _served(serving: Serving) -> bool:
    """Serve until a signal comes, or until another process has taken the work away; return whether that is so."""
    with hosting.opened(serving.site, "serve") as site, ExitStack() as inner:
        serving.prepare(serving.site)
        from tollbook.web.centre.worker import telling

        duty = inner.enter_context(hosting.on_duty(site))
        engine = inner.enter_context(hosting.at_work(site, sources=True, duty=duty))
        if duty is None or duty.works:
            inner.enter_context(telling(engine))
        else:
            say("another process works with these settings; this one serves pages, and takes its place once it is gone")
        lost = threading.Event()
        if duty:
            duty.lost = lost.set
        _serve(serving, engine, lost.is_set)
        return lost.is_set() and not serving.stop_asked()


def _serve(serving: Serving, engine: Engine, over: Asked) -> None:
    from tollbook.web.api import access
    from tollbook.web.people.first_run import ensure_setup_code
    from tollbook.web.serving import secret_files
    from tollbook.web.serving.server import ListenAddress, serve

    token = access.site_token(serving.site)
    code = ensure_setup_code(serving.site)
    for fault in secret_files.faults(serving.site):
        say(str(fault))
    engine.on_the_way = readable_on_the_way(serving.host, serving.encryption)
    tls = serving.encryption.context()

    def listening(bound: str) -> None:
        port, scheme = int(bound.rpartition(":")[2]), "https" if tls else "http"
        url = address.url_of(serving.host, port, scheme)
        gate.note_own_port(port)
        there = address.ServerAddress(url=url, token=token, pid=os.getpid(), certificate=serving.encryption.pem())
        address.write(serving.site, there)
        for line in _told(serving.site, [url, *address.urls_elsewhere(serving.host, port, scheme)], code):
            write_text(line)
        if engine.on_the_way:
            say(f"warning: {engine.on_the_way}\n   help: {HELP}")
        serving.listening(url)

    place = ListenAddress(host=serving.host, port=serving.port, stop_asked=serving.stop_asked, over=over, tls=tls)
    try:
        serve(engine, place, on_listening=listening)
    finally:
        address.remove(serving.site)


def _told(path: Path, urls: list[str], code: str | None) -> list[str]:
    url, *others = urls
    told = [f"Tollbook serves {path}", f" pages: {url}/", f"   API: {url}/api/docs"]
    if others:
        told.append(f" from other machines: {' or '.join(f'{each}/' for each in others)}")
    return [*told, f"  code: {code}   (asked for once, when you make the first administrator)"] if code else told
