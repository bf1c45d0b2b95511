"""Syslog's envelope around a record, in either of its formats and over either kind of TCP stream.

A PBX that sends syslog is a `UdpSender` or a `TcpDialler` whose form has this envelope.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tollbook import clock
from tollbook.simulator.streams.form import LineForm

LOCAL0_INFO = 16 * 8 + 6


class SyslogFormat(Enum):
    """How a message begins."""

    RFC3164 = "3164"
    """``<134>Nov  3 14:00:00 pbx SMDR: ``."""
    RFC5424 = "5424"
    """``<134>1 2025-11-03T14:00:00.000000Z pbx SMDR - - - ``."""


class Over(Enum):
    """How one message is told from the next."""

    UDP = "udp"
    """Each is a datagram."""
    TCP_NEWLINE = "tcp-newline"
    """Each ends with LF."""
    TCP_OCTETS = "tcp-octets"
    """Each stands behind its length, as RFC 6587 has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Goes around a record; `now` gives aware UTC instants."""

    format: SyslogFormat = SyslogFormat.RFC3164
    over: Over = Over.UDP
    host: str = "pbx"
    tag: str = "SMDR"
    priority: int = LOCAL0_INFO
    now: Callable[[], datetime] = clock.now

    def __call__(self, record: bytes) -> bytes:
        """The message that carries the record."""
        return _DELIMITED[self.over](_HEADS[self.format](self).encode() + record)


def syslog_form(envelope: Envelope | None = None) -> LineForm:
    """The form of records that travel as syslog."""
    return LineForm(end=b"", envelope=envelope or Envelope())


def _head_3164(envelope: Envelope) -> str:
    at = envelope.now()
    return f"<{envelope.priority}>{at:%b} {at.day:2d} {at:%H:%M:%S} {envelope.host} {envelope.tag}: "


def _head_5424(envelope: Envelope) -> str:
    at = envelope.now()
    return f"<{envelope.priority}>1 {at:%Y-%m-%dT%H:%M:%S.%f}Z {envelope.host} {envelope.tag} - - - "


_HEADS = {SyslogFormat.RFC3164: _head_3164, SyslogFormat.RFC5424: _head_5424}
_DELIMITED: dict[Over, Callable[[bytes], bytes]] = {
    Over.UDP: lambda message: message,
    Over.TCP_NEWLINE: lambda message: message + b"\n",
    Over.TCP_OCTETS: lambda message: b"%d %b" % (len(message), message),
}
