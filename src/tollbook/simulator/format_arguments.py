"""Arguments that say in which format of the catalogue a simulated PBX writes, and what follows from that."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from tollbook import clock
from tollbook.simulator.arguments import STYLES, office_of
from tollbook.simulator.formats import PastCalls, SimulatedFormat, Writer, calls_between, calls_from_now, find

ROWS_AS_RECORDS = "panasonic-kx-hts"
"""The format that has a simulator of its own, in every style its manual leaves open."""

_CARRIERS: Mapping[str, Mapping[str, object]] = {
    "tcp_client": {"tcp": 0},
    "serial": {"pty": True},
}
"""How records travel where nobody says it, by the source that takes them: what needs no address of somebody else's."""
_ADDRESSED: Mapping[str, str] = {
    "tcp_server": "--tcp-to HOST:PORT",
    "udp": "--udp-to HOST:PORT",
    "syslog": "--syslog-to HOST:PORT",
    "http_push": "--push-to URL",
    "folder": "--ftp-folder DIR",
    "ftp": "--ftp-folder DIR",
    "sftp": "--ftp-folder DIR",
}


def add_format(mode: argparse.ArgumentParser) -> None:
    """Add the options that name a format."""
    mode.add_argument("--dialect", metavar="SLUG", help=f"the format of the records; default {ROWS_AS_RECORDS}")
    mode.add_argument("--folder", type=Path, metavar="DIR", help="a folder of one's own dialects, beside the catalogue")


def format_of(options: argparse.Namespace) -> SimulatedFormat | None:
    """The format that the options name; None for the one that has a simulator of its own.

    Raises:
        ValueError: there is none of that name, or options mean nothing to it.
    """
    if options.dialect in (None, ROWS_AS_RECORDS):
        return None
    found = find(options.dialect, options.folder)
    given = [f"--{name.replace('_', '-')}" for name in STYLES if getattr(options, name) is not None]
    if given:
        raise ValueError(f"{given[0]} is how a KX-HTS writes its records; {found.slug} writes them in its own way")
    return found


def settle_carrier(options: argparse.Namespace, found: SimulatedFormat) -> None:
    """Set the carrier that the format's records usually travel by, where that needs nobody else's address.

    Raises:
        ValueError: it needs one; says how it is given.
    """
    usual = next(iter(found.transports()), "tcp_client")
    if usual in _CARRIERS:
        for name, value in _CARRIERS[usual].items():
            setattr(options, name, value)
        return
    way = _ADDRESSED.get(usual, "--tcp PORT")
    raise ValueError(f"say where the records are to go: {found.slug} usually takes {way}")


def living_in(options: argparse.Namespace, writer: Writer) -> Iterator[bytes]:
    """Records, in a format, of an office's calls that end now."""
    return writer.records(calls_from_now(office_of(options), writer.writes))


def past_in(options: argparse.Namespace, writer: Writer) -> Iterator[bytes]:
    """A file, in a format, of an office's past calls, in blocks."""
    until = options.until or clock.now()
    past = PastCalls(
        office=office_of(options),
        start=until - timedelta(days=options.days),
        end=until,
        calls=options.rows,
    )
    return writer.file(calls_between(past, writer.writes))
