"""What the mode `stream` is told on the command line: one carrier, what belongs to it, and what goes wrong."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook.simulator.arguments import add_style, office_of, style_of
from tollbook.simulator.format_arguments import ROWS_AS_RECORDS, add_format, format_of, living_in, settle_carrier
from tollbook.simulator.formats import Writer
from tollbook.simulator.row import writer as row_writer
from tollbook.simulator.stream_command import LiveStream, as_json, lines_of, living
from tollbook.simulator.streams import syslog
from tollbook.simulator.streams.dialogue import Handshake, MitelHello, PanasonicLogin, Telnet
from tollbook.simulator.streams.faults import FaultKind, parse
from tollbook.simulator.streams.folder import UploadedFiles, Uploader, Uploading
from tollbook.simulator.streams.form import FORMS, LineForm, PageHeading, Parity
from tollbook.simulator.streams.outbox import RESEND_ALL
from tollbook.simulator.streams.pacing import Pace
from tollbook.simulator.streams.pbx import Backoff, StreamSetup
from tollbook.simulator.streams.push import Pusher, Target, basic, bearer
from tollbook.simulator.streams.serial import Pty, SerialPort
from tollbook.simulator.streams.tcp import TcpDialler, TcpListener
from tollbook.simulator.streams.udp import UdpSender
from tollbook.simulator.streams.wire import Carrier

if TYPE_CHECKING:
    Modes = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

EPILOG = "faults: " + ", ".join(kind.value for kind in FaultKind)
BUFFER_RECORDS = 3000
ROTATE_AFTER = 100
"""Records in a file."""
SLOWLY = Backoff(first_s=1, longest_s=60)

_BELONGS: Mapping[str, tuple[str, ...]] = {
    "host": ("tcp",),
    "login": ("tcp",),
    "user": ("tcp",),
    "password": ("tcp",),
    "telnet": ("tcp", "tcp_to"),
    "hello": ("tcp",),
    "ack": ("tcp", "tcp_to"),
    "line": ("tcp", "tcp_to", "udp_to", "serial", "pty", "push_to", "ftp_folder"),
    "heading_every": ("tcp", "tcp_to", "serial", "pty", "ftp_folder"),
    "syslog_format": ("syslog_to",),
    "syslog_over": ("syslog_to",),
    "baud": ("serial",),
    "parity_error": ("serial", "pty"),
    "token": ("push_to",),
    "basic": ("push_to",),
    "push_json": ("push_to",),
    "upload": ("ftp_folder",),
    "rotate_after": ("ftp_folder",),
    "resend": ("tcp", "tcp_to", "syslog_to", "pty", "serial"),
}
"""Options, and the carriers they mean something to."""


def add_stream(modes: "Modes") -> None:
    """Add the mode."""
    mode = modes.add_parser("stream", help="send records over TCP, UDP, syslog, a serial line, HTTP …", epilog=EPILOG)
    _add_carriers(mode.add_argument_group("how records travel (one of them)").add_mutually_exclusive_group())
    _add_manners(mode)
    _add_line(mode)
    mode.add_argument("--rate", type=float, default=1.0, metavar="N", help="records a second; 0: as fast as it goes")
    mode.add_argument("--burst", type=int, default=1, metavar="N", help="so many records at once")
    mode.add_argument("--backlog", type=int, default=0, metavar="N", help="records in its memory at first")
    mode.add_argument("--buffer", type=int, default=BUFFER_RECORDS, metavar="N", help="records its memory holds")
    mode.add_argument("--resend", type=_resend, metavar="N|all", help="records sent again after each reconnection")
    mode.add_argument("--records", type=Path, metavar="FILE", help="send a file's lines instead of an office's calls")
    mode.add_argument("--duration", type=float, metavar="S", help="seconds; for ever without it")
    mode.add_argument("--fault", action="append", default=[], help="'cut ending=reset times=3 after=10'; repeatable")
    mode.add_argument("--quiet", action="store_true", help="say nothing")
    add_format(mode)
    add_style(mode)


def _add_carriers(carriers: "argparse._MutuallyExclusiveGroup") -> None:
    carriers.add_argument("--tcp", type=int, metavar="PORT", help="listen; 0 takes a free port")
    carriers.add_argument("--tcp-to", type=_host_and_port, metavar="HOST:PORT", help="connect to a collector")
    carriers.add_argument("--udp-to", type=_host_and_port, metavar="HOST:PORT", help="one datagram a record")
    carriers.add_argument("--syslog-to", type=_host_and_port, metavar="HOST:PORT", help="one message a record")
    carriers.add_argument("--serial", type=Path, metavar="DEVICE", help="a serial device")
    carriers.add_argument("--pty", action="store_true", help="make a pseudo-terminal and say its path")
    carriers.add_argument("--push-to", metavar="URL", help="post each record, until it is taken")
    carriers.add_argument("--ftp-folder", type=Path, metavar="DIR", help="write files as an upload would")


def _add_manners(mode: argparse.ArgumentParser) -> None:
    mode.add_argument("--host", metavar="ADDRESS", help="with --tcp: listen there; default 127.0.0.1")
    mode.add_argument("--login", action="store_true", help="with --tcp: ask for user id and password first")
    mode.add_argument("--user", help="of the log-in; default SMDR")
    mode.add_argument("--password", help="of the log-in (default PCCSMDR) or of the hello (default none)")
    mode.add_argument("--telnet", action="store_true", help="begin with telnet negotiation")
    mode.add_argument("--hello", action="store_true", help="expect the Mitel 5000's binary log-in first")
    mode.add_argument("--ack", choices=("sopho",), help="number records, and wait for each number to come back")
    mode.add_argument("--syslog-format", choices=[each.value for each in syslog.SyslogFormat], help="default 3164")
    mode.add_argument("--syslog-over", choices=[each.value for each in syslog.Over], help="default udp")
    mode.add_argument("--baud", type=int, metavar="N", help="of the serial device; default 9600")
    mode.add_argument("--token", help="with --push-to: sent as a bearer token")
    mode.add_argument("--basic", metavar="USER:PASSWORD", help="with --push-to: sent as basic authentication")
    mode.add_argument("--push-json", action="store_true", help="post JSON objects instead of text")
    mode.add_argument("--upload", choices=[each.value for each in Uploading], help="how files appear; default renamed")
    mode.add_argument("--rotate-after", type=int, metavar="ROWS", help="records in a file; default 100")


def _add_line(mode: argparse.ArgumentParser) -> None:
    mode.add_argument("--line", choices=list(FORMS), help="what stands around a record; default crlf")
    mode.add_argument("--heading-every", type=int, metavar="N", help="a form feed and a heading before each N records")
    mode.add_argument("--parity-error", action="store_true", help="7E1 text as it looks to who reads 8N1")


def stream_of(options: argparse.Namespace) -> LiveStream:
    """The PBX that the options describe.

    Raises:
        ValueError: they do not go together; says which.
    """
    found = format_of(options)
    if found and not any(_given(options, name) for name in _CARRIERS):
        settle_carrier(options, found)
    carrier_name = _checked(options)
    writer = found.writer() if found else None
    # What is posted says of itself what it is.
    options.content_type = "application/json" if options.push_json or (writer and writer.is_json) else "text/plain"
    return LiveStream(
        carrier=_CARRIERS[carrier_name](options),
        records=_records(options, writer),
        setup=_setup(options, writer),
        pace=Pace(rate=options.rate, burst=options.burst),
        backlog=options.backlog,
        duration_s=options.duration,
        faults=tuple(parse(text) for text in options.fault),
        say=_silence if options.quiet else _print,
    )


def _checked(options: argparse.Namespace) -> str:
    """The name of the one carrier, once all options are known to go with it."""
    chosen = [name for name in _CARRIERS if _given(options, name)]
    if not chosen:
        raise ValueError(f"say how records travel: one of {_flags(_CARRIERS)}")
    [carrier] = chosen
    for name, carriers in _BELONGS.items():
        if _given(options, name) and carrier not in carriers:
            raise ValueError(f"{_flags([name])} means nothing to {_flags([carrier])}; it goes with {_flags(carriers)}")
    if options.hello and (options.login or options.telnet):
        raise ValueError("--hello is a log-in of its own; leave out --login and --telnet")
    if options.token and options.basic:
        raise ValueError("a request carries either --token or --basic")
    if options.push_json and options.records:
        raise ValueError("--push-json names the columns of the office's own calls; leave out --records")
    if options.push_json and options.dialect not in (None, ROWS_AS_RECORDS):
        raise ValueError("--push-json names the columns of a KX-HTS; another format has its own")
    return carrier


def _given(options: argparse.Namespace, name: str) -> bool:
    value = getattr(options, name)
    return value is not None and value is not False


def _setup(options: argparse.Namespace, writer: Writer | None) -> StreamSetup:
    return StreamSetup(
        form=_form(options, writer),
        capacity=options.buffer,
        resend=options.resend or 0,
        dialogues=tuple(_dialogues(options)),
        acknowledged=options.ack is not None,
        backoff=SLOWLY,
        seed=options.seed,
    )


def _dialogues(options: argparse.Namespace) -> Iterable[Handshake]:
    if options.telnet:
        yield Telnet()
    if options.login:
        usual = PanasonicLogin()
        yield replace(usual, user=options.user or usual.user, password=options.password or usual.password)
    if options.hello:
        yield MitelHello(password=options.password or "")


def _form(options: argparse.Namespace, writer: Writer | None) -> LineForm:
    form = _usual_form(options, writer)
    if options.heading_every:
        lines = form.page.lines if form.page else PageHeading(every=1).lines
        form = replace(form, page=PageHeading(every=options.heading_every, lines=lines))
    if options.parity_error:
        form = replace(form, parity=Parity.EVEN)
    if options.syslog_to:
        form = syslog.syslog_form(
            syslog.Envelope(
                format=syslog.SyslogFormat(options.syslog_format or "3164"),
                over=syslog.Over(options.syslog_over or "udp"),
            ),
        )
    return form


def _usual_form(options: argparse.Namespace, writer: Writer | None) -> LineForm:
    """The form of the line that was chosen, of the format, or of what carries the records."""
    own = writer.form() if writer else None
    usual = "length" if options.hello else "none" if options.push_to else "crlf"
    if own and not options.line and usual == "crlf":
        form = own
    else:
        form = replace(FORMS[options.line or usual], page=own.page if own and not options.push_to else None)
    if options.udp_to:
        form = replace(form, page=None)
    if options.ftp_folder and form.page:
        # Each file begins with the heading, as a file that somebody opens does.
        form = replace(form, page=replace(form.page, every=options.rotate_after or ROTATE_AFTER))
    return form


def _records(options: argparse.Namespace, writer: Writer | None) -> Iterable[bytes]:
    if options.records:
        return lines_of(options.records)
    if writer:
        return living_in(options, writer)
    return living(office_of(options), as_json if options.push_json else row_writer(style_of(options)))


def _syslog_carrier(options: argparse.Namespace) -> Carrier:
    over = syslog.Over(options.syslog_over or "udp")
    return UdpSender(*options.syslog_to) if over is syslog.Over.UDP else TcpDialler(*options.syslog_to)


def _pusher(options: argparse.Namespace) -> Carrier:
    user, _, password = (options.basic or "").partition(":")
    authorization = bearer(options.token) if options.token else basic(user, password) if options.basic else ""
    return Pusher(
        Target(
            url=options.push_to,
            authorization=authorization,
            content_type=options.content_type,
            retry_first_s=SLOWLY.first_s,
            retry_longest_s=SLOWLY.longest_s,
        ),
    )


def _uploader(options: argparse.Namespace) -> Carrier:
    manner = Uploading(options.upload or Uploading.RENAMED.value)
    return Uploader(
        UploadedFiles(folder=options.ftp_folder, manner=manner, records=options.rotate_after or ROTATE_AFTER)
    )


_CARRIERS: Mapping[str, Callable[[argparse.Namespace], Carrier]] = {
    "tcp": lambda options: TcpListener(options.tcp, host=options.host or "127.0.0.1"),
    "tcp_to": lambda options: TcpDialler(*options.tcp_to),
    "udp_to": lambda options: UdpSender(*options.udp_to),
    "syslog_to": _syslog_carrier,
    "serial": lambda options: SerialPort(options.serial, baud=options.baud or 9600),
    "pty": lambda _options: Pty(),
    "push_to": _pusher,
    "ftp_folder": _uploader,
}


def _flags(names: Iterable[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:9000")
    return host.strip("[]"), int(port)


def _resend(text: str) -> int:
    return RESEND_ALL if text == "all" else int(text)


def _silence(_line: str) -> None:
    return


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - for the terminal
