"""What can be set for a PBX on a serial line."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import Kind, Setting, choice, seconds
from tollbook.sources.serial.line_settings import DATA_BITS, FLOWS, PARITIES, SPEEDS, STOP_BITS, LineSettings

TCP = "tcp://"


def _device(text: str) -> str:
    if text.startswith(TCP):
        _ = address(text)
    elif not text.startswith("/"):
        raise ValueError("the full path of a device, as /dev/ttyUSB0, or tcp://host:port of a device server")
    return text


def address(device: str) -> tuple[str, int]:
    """Return host and port of a device server; raises ValueError with what is expected.

    >>> address("tcp://192.0.2.10:4001")
    ('192.0.2.10', 4001)
    """
    message = "a device server's address as tcp://host:port, with nothing after the port"
    try:
        parts = urlsplit(device)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(message) from None
    if not host or not port or parts.path or parts.query or parts.username is not None:
        raise ValueError(message)
    return host, port


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where one PBX's serial line ends, and how it is spoken on."""

    device: Annotated[
        str,
        Setting(
            "serial port, best by a name that stays (/dev/serial/by-id/…), or tcp://host:port of a raw TCP device "
            "server; how such a server speaks on the line is set in the server",
            Kind(_device),
            required=True,
            example="/dev/ttyUSB0",
            reach=Reach.DEVICE,
        ),
    ]
    speed: Annotated[str, Setting("bits a second, as the PBX is set", choice(*SPEEDS), default="9600")] = "9600"
    data_bits: Annotated[str, Setting("data bits, as the PBX is set", choice(*DATA_BITS), default="8")] = "8"
    parity: Annotated[str, Setting("parity, as the PBX is set", choice(*PARITIES), default="none")] = "none"
    stop_bits: Annotated[str, Setting("stop bits, as the PBX is set", choice(*STOP_BITS), default="1")] = "1"
    flow: Annotated[
        str,
        Setting(
            "how the PBX is made to wait: none, rts-cts (two wires of the cable), or xon-xoff (two characters)",
            choice(*FLOWS),
            default="none",
        ),
    ] = "none"
    carrier: Annotated[
        str,
        Setting(
            "the cable's DCD wire: ignored, or watched, so that its drop counts as the cable pulled out",
            choice("ignored", "watched"),
            default="ignored",
            advanced=True,
        ),
    ] = "ignored"
    idle: Annotated[
        float,
        Setting(
            "open the line anew after so long without a byte; 0s never does, which is right for nearly all",
            seconds(0, 604_800),
            default="0s",
            advanced=True,
        ),
    ] = 0.0

    @property
    def manners(self) -> LineSettings:
        """How is spoken on the line."""
        return LineSettings(
            speed=self.speed,
            data_bits=self.data_bits,
            parity=self.parity,
            stop_bits=self.stop_bits,
            flow=self.flow,
            watches_carrier=self.carrier == "watched",
        )
