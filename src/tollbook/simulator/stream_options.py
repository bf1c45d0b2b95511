"""The options of the mode `stream`: one carrier, what belongs to it, and how records come."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, get_type_hints

import msgspec
from msgspec.structs import replace
from typer import Option

from tollbook.simulator import streams
from tollbook.simulator.formats import SimulatedFormat, Writer, calls_from_now
from tollbook.simulator.options import (
    ROWS_AS_RECORDS,
    Duration,
    Faults,
    FormatOptions,
    Quiet,
    by_name,
    faults_of,
    one_of,
    say_of,
)
from tollbook.simulator.row import CallRow
from tollbook.simulator.row import writer as row_writer
from tollbook.simulator.serving import Run, calls_now
from tollbook.simulator.streams.dialogue import Handshake

BATCH_RECORDS = 1000
SLOWLY = streams.ReconnectPause(first_s=1, longest_s=60)
JSON_NAMES = (
    "account_code", "caller", "called", "source_channel", "destination_channel", "feature", "option1", "option2",
    "started_local", "answered_local", "ended_local", "total_s", "talk_s", "status", "call_id",
)  # fmt: skip
"""The columns of a row by the names they have in the dialect."""


class Of(msgspec.Struct, frozen=True):
    """The carriers that an option means something to."""

    carriers: tuple[str, ...]


_FORMATS = {choice.value: choice for choice in streams.SyslogFormat}
_TCP, _UPLOAD, _PUSH, _SYSLOG = (Of((name,)) for name in ("tcp", "ftp_folder", "push_to", "syslog_to"))
_ANY_TCP = Of(("tcp", "tcp_to"))
_LINE = Of(("tcp", "tcp_to", "udp_to", "serial", "pty", "push_to", "ftp_folder"))
_PAGES = Of(("tcp", "tcp_to", "serial", "pty", "ftp_folder"))
_SERIAL = Of(("serial", "pty"))
_RESENDING = Of(("tcp", "tcp_to", "syslog_to", "pty", "serial"))


class StreamOptions(FormatOptions, frozen=True, kw_only=True):
    """What the command line says; exactly one of the carriers, which come first, is given."""

    tcp: Annotated[int | None, Option(metavar="PORT", help="listen; 0 takes a free port")] = None
    tcp_to: Annotated[str | None, Option(metavar="HOST:PORT", help="connect to a collector")] = None
    udp_to: Annotated[str | None, Option(metavar="HOST:PORT", help="one datagram a record")] = None
    syslog_to: Annotated[str | None, Option(metavar="HOST:PORT", help="one message a record")] = None
    serial: Annotated[Path | None, Option(metavar="DEVICE", help="a serial device")] = None
    pty: Annotated[bool, Option("--pty", help="make a pseudo-terminal and say its path")] = False
    push_to: Annotated[str | None, Option(metavar="URL", help="post each record, until it is taken")] = None
    ftp_folder: Annotated[Path | None, Option(metavar="DIR", help="write files as an upload would")] = None
    host: Annotated[str | None, Option(metavar="ADDRESS", help="listen there; default 127.0.0.1"), _TCP] = None
    login: Annotated[bool, Option("--login", help="ask for user id and password first"), _TCP] = False
    user: Annotated[str | None, Option(metavar="NAME", help="of the log-in; default SMDR"), _TCP] = None
    password: Annotated[
        str | None, Option(metavar="WORD", help="of the log-in (default PCCSMDR) or of the hello (default none)"), _TCP,
    ] = None  # fmt: skip
    telnet: Annotated[bool, Option("--telnet", help="begin with telnet negotiation"), _ANY_TCP] = False
    hello: Annotated[bool, Option("--hello", help="expect the Mitel 5000's binary log-in first"), _TCP] = False
    ack: Annotated[str | None, one_of({"sopho": "sopho"}, "number records, and wait for the numbers"), _ANY_TCP] = None
    line: Annotated[
        streams.LineForm | None,
        one_of(streams.FORMS, "what stands around a record; default crlf"),
        _LINE,
    ] = None
    heading_every: Annotated[
        int | None, Option(metavar="N", help="a form feed and a heading before each N records"), _PAGES,
    ] = None  # fmt: skip
    syslog_format: Annotated[streams.SyslogFormat, one_of(_FORMATS, "of the message"), _SYSLOG] = (
        streams.SyslogFormat.RFC3164
    )
    syslog_over: Annotated[streams.Over, one_of(by_name(streams.Over), "what carries messages"), _SYSLOG] = (
        streams.Over.UDP
    )
    baud: Annotated[int, Option(metavar="N", help="of the serial device"), Of(("serial",))] = 9600
    parity_error: Annotated[bool, Option("--parity-error", help="7E1 text as it looks to who reads 8N1"), _SERIAL] = (
        False
    )
    token: Annotated[str | None, Option(metavar="TOKEN", help="sent as a bearer token"), _PUSH] = None
    basic: Annotated[str | None, Option(metavar="USER:PASSWORD", help="sent as basic authentication"), _PUSH] = None
    push_json: Annotated[bool, Option("--push-json", help="post JSON objects instead of text"), _PUSH] = False
    upload: Annotated[streams.Uploading, one_of(by_name(streams.Uploading), "how files appear"), _UPLOAD] = (
        streams.Uploading.RENAMED
    )
    rotate_after: Annotated[int, Option(metavar="ROWS", help="records in a file"), _UPLOAD] = 100
    resend: Annotated[str, Option(metavar="N|all", help="records sent again after reconnecting"), _RESENDING] = "0"
    rate: Annotated[float, Option(metavar="N", help="records a second; 0: as fast as it goes")] = 1.0
    burst: Annotated[int, Option(metavar="N", help="so many records at once")] = 1
    backlog: Annotated[int, Option(metavar="N", help="records in its memory at first")] = 0
    buffer: Annotated[int, Option(metavar="N", help="records its memory holds")] = 3000
    records: Annotated[Path | None, Option(metavar="FILE", help="send a file's lines instead of calls")] = None
    duration: Duration = None
    fault: Faults = msgspec.field(default_factory=list)
    quiet: Quiet = False


_BELONGS: Mapping[str, tuple[str, ...]] = {
    name: meta.carriers
    for name, hint in get_type_hints(StreamOptions, include_extras=True).items()
    for meta in getattr(hint, "__metadata__", ())
    if isinstance(meta, Of)
}


def stream_of(options: StreamOptions) -> Run[bytes]:
    """The PBX that the options describe. Raises `ValueError`: they do not go together; says which."""
    found = options.format()
    if found and not any(_given(options, name) for name in _CARRIERS):
        options = _settled(options, found)
    name = _checked(options)
    writer = found.writer() if found else None
    setup = _setup(options, writer)
    records = iter(_records(options, writer))
    # What is posted says of itself what it is.
    kind = "application/json" if options.push_json or (writer and writer.is_json) else "text/plain"
    return Run(
        pbx=streams.StreamingPbx(_CARRIERS[name](options, kind), setup, say=say_of(options.quiet)),
        records=records,
        pace=streams.Pace(rate=options.rate, burst=options.burst),
        backlog=islice(records, options.backlog),
        faults=faults_of(options.fault),
        duration_s=options.duration,
        say=say_of(options.quiet),
        **({} if options.rate else {"room": options.buffer or BATCH_RECORDS}),
    )


def _settled(options: StreamOptions, found: SimulatedFormat) -> StreamOptions:
    """The options with the carrier that the format's records usually travel by, where that needs no address.

    Raises:
        ValueError: it needs that of somebody else; says how it is given.
    """
    usual = next(iter(found.transports()), "tcp_client")
    if usual == "tcp_client":
        return replace(options, tcp=0)
    if usual == "serial":
        return replace(options, pty=True)
    way = _ADDRESSED.get(usual, "--tcp PORT")
    raise ValueError(f"say where the records are to go: {found.slug} usually takes {way}")


_ADDRESSED: Mapping[str, str] = {
    "tcp_server": "--tcp-to HOST:PORT",
    "udp": "--udp-to HOST:PORT",
    "syslog": "--syslog-to HOST:PORT",
    "http_push": "--push-to URL",
    **dict.fromkeys(("folder", "ftp", "sftp"), "--ftp-folder DIR"),
}


def _checked(options: StreamOptions) -> str:
    """The name of the one carrier, once all options are known to go with it."""
    chosen = [name for name in _CARRIERS if _given(options, name)]
    if not chosen:
        raise ValueError(f"say how records travel: one of {_flags(_CARRIERS)}")
    if len(chosen) > 1:
        raise ValueError(f"a PBX has one way to send its records; leave out all but one of {_flags(chosen)}")
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


def _given(options: StreamOptions, name: str) -> bool:
    return bool(getattr(options, name) != _USUAL[name])


_USUAL = {field.name: field.default for field in msgspec.structs.fields(StreamOptions)}


def _setup(options: StreamOptions, writer: Writer | None) -> streams.StreamSetup:
    return streams.StreamSetup(
        form=_form(options, writer),
        capacity=options.buffer,
        resend=streams.RESEND_ALL if options.resend == "all" else int(options.resend),
        dialogues=tuple(_dialogues(options)),
        acknowledged=options.ack is not None,
        backoff=SLOWLY,
        seed=options.seed,
    )


def _dialogues(options: StreamOptions) -> Iterator[Handshake]:
    if options.telnet:
        yield streams.Telnet()
    if options.login:
        usual = streams.PanasonicLogin()
        yield replace(usual, user=options.user or usual.user, password=options.password or usual.password)
    if options.hello:
        yield streams.MitelHello(password=options.password or "")


def _form(options: StreamOptions, writer: Writer | None) -> streams.LineForm:
    if options.syslog_to:
        return streams.syslog_form(streams.Envelope(format=options.syslog_format, over=options.syslog_over))
    form = _usual_form(options, writer)
    if options.heading_every:
        lines = form.page.lines if form.page else streams.PageHeading(every=1).lines
        form = replace(form, page=streams.PageHeading(every=options.heading_every, lines=lines))
    return replace(form, parity=streams.Parity.EVEN) if options.parity_error else form


def _usual_form(options: StreamOptions, writer: Writer | None) -> streams.LineForm:
    """The form of the line that was chosen, of the format, or of what carries the records."""
    own = writer.form() if writer else None
    usual = "length" if options.hello else "none" if options.push_to else "crlf"
    if own and not options.line and usual == "crlf":
        form = own
    else:
        form = replace(options.line or streams.FORMS[usual], page=own.page if own and not options.push_to else None)
    if options.udp_to:
        form = replace(form, page=None)
    if options.ftp_folder and form.page:
        # Each file begins with the heading, as a file that somebody opens does.
        form = replace(form, page=replace(form.page, every=options.rotate_after))
    return form


def _records(options: StreamOptions, writer: Writer | None) -> Iterable[bytes]:
    if options.records:
        return _lines_of(options.records)
    if writer:
        return writer.records(calls_from_now(options.office(), writer.writes))
    return map(as_json if options.push_json else row_writer(options.style()), calls_now(options.office()))


def _lines_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def as_json(row: CallRow) -> bytes:
    """A row as a JSON object; durations are numbers, all else is text."""
    cells = zip(JSON_NAMES, row.columns, strict=True)
    return json.dumps({name: int(cell) if name.endswith("_s") else cell for name, cell in cells}).encode()


def _pusher(options: StreamOptions, content_type: str) -> streams.Carrier:
    user, _, password = (options.basic or "").partition(":")
    authorization = (
        streams.bearer(options.token) if options.token else streams.basic(user, password) if options.basic else ""
    )
    return streams.Pusher(
        streams.Target(
            url=options.push_to or "",
            authorization=authorization,
            content_type=content_type,
            retry_first_s=SLOWLY.first_s,
            retry_longest_s=SLOWLY.longest_s,
        ),
    )


def _uploader(options: StreamOptions, _: str) -> streams.Carrier:
    folder = options.ftp_folder or Path()
    return streams.Uploader(streams.UploadedFiles(folder=folder, manner=options.upload, records=options.rotate_after))


def _to_syslog(options: StreamOptions, _: str) -> streams.Carrier:
    where = _host_and_port(options.syslog_to)
    return streams.UdpSender(*where) if options.syslog_over is streams.Over.UDP else streams.TcpDialler(*where)


_CARRIERS: Mapping[str, Callable[[StreamOptions, str], streams.Carrier]] = {
    "tcp": lambda options, _: streams.TcpListener(options.tcp or 0, host=options.host or "127.0.0.1"),
    "tcp_to": lambda options, _: streams.TcpDialler(*_host_and_port(options.tcp_to)),
    "udp_to": lambda options, _: streams.UdpSender(*_host_and_port(options.udp_to)),
    "syslog_to": _to_syslog,
    "serial": lambda options, _: streams.SerialPort(options.serial or Path(), baud=options.baud),
    "pty": lambda _options, _: streams.Pty(),
    "push_to": _pusher,
    "ftp_folder": _uploader,
}


def _flags(names: Iterable[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


def _host_and_port(text: str | None) -> tuple[str, int]:
    host, _, port = (text or "").rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:9000")
    return host.strip("[]"), int(port)
