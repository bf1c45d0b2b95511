"""Takes the records out of messages, and leaves out what else the same host has to tell."""

from __future__ import annotations

from collections.abc import Callable

from tollbook.sources._streams.datagram_port import ended
from tollbook.sources._streams.stream_connection import StreamConnection
from tollbook.sources._streams.tally import Tally
from tollbook.sources.syslog.division import MessageDivision, MessagePart
from tollbook.sources.syslog.message import read_message
from tollbook.sources.syslog.options import Options


class MessageFilter:
    """One PBX's. What it leaves out is counted, and told to `refuse`."""

    def __init__(self, options: Options, refuse: Callable[[str, str], None]) -> None:
        self._options = options
        self._others = Tally(refuse, "messages left out, as their facility or tag is not the one set")

    def record(self, raw: bytes, peer: str) -> bytes:
        """Return the record of a message, nothing for one that is left out."""
        message = read_message(raw, whole_header=self._options.header == "whole")
        facilities, tag = self._options.facility, self._options.tag
        if (facilities and message.facility not in facilities) or (tag and not tag.is_in(message.tag)):
            self._others.count(peer)
            return b""
        return message.text


class Messages(StreamConnection):
    """One TCP connection: what waits in it are records, without their headers."""

    def __init__(self, origin: str, news: Callable[[], None], sieve: MessageFilter, peer: str) -> None:
        super().__init__(origin, news, telnet=False)
        self._sieve, self._peer = sieve, peer
        self._division = MessageDivision()
        self._left_out = False

    def data_received(self, data: bytes) -> None:
        """Hold the records of what came until they are taken."""
        self._keep(b"".join(map(self._record, self._division.feed(data))))

    def connection_lost(self, fault: Exception | None) -> None:
        """Note that no more will come; a message that had not come to its length was cut off, whoever closed."""
        if self._division.counted and not self.fault and not fault:
            self.fault = "the connection was closed in the middle of a message"
        self._keep(b"".join(map(self._record, self._division.end())))
        super().connection_lost(fault)

    def _keep(self, records: bytes) -> None:
        super().data_received(records) if records else self.alive()

    def _record(self, part: MessagePart) -> bytes:
        if part.begins:
            record = self._sieve.record(part.data, self._peer)
            self._left_out = not record
        else:
            record = b"" if self._left_out else part.data
        if not part.ends or self._left_out:
            return record
        return ended(record) if record else b"\n"
