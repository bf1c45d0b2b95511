"""PBXs that send their records by themselves: over TCP, UDP, syslog, a serial line, HTTP, or into a folder.

`StreamingPbx` is one on the caller's event loop. What carries the records is a `Carrier` given to it, how they look on
the line is a `LineForm`; neither knows what is in a record. In a thread they run in a `Switchroom`, as all PBXs do.
"""

from tollbook.simulator.streams.dialogue import MitelHello, PanasonicLogin, Telnet
from tollbook.simulator.streams.folder import UploadedFiles, Uploader, Uploading
from tollbook.simulator.streams.form import BARE, CRLF, FORMS, LineForm, PageHeading, Parity
from tollbook.simulator.streams.network import (
    Envelope,
    Over,
    SyslogFormat,
    TcpDialler,
    TcpListener,
    UdpSender,
    syslog_form,
)
from tollbook.simulator.streams.outbox import RESEND_ALL, Outbox, Pace, paced
from tollbook.simulator.streams.pbx import ReconnectPause, StreamingPbx, StreamSetup
from tollbook.simulator.streams.push import Pusher, Target, basic, bearer
from tollbook.simulator.streams.serial import Pty, SerialPort
from tollbook.simulator.streams.wire import Carrier, RecordWire

__all__ = [
    "BARE",
    "CRLF",
    "FORMS",
    "RESEND_ALL",
    "Carrier",
    "Envelope",
    "LineForm",
    "MitelHello",
    "Outbox",
    "Over",
    "Pace",
    "PageHeading",
    "PanasonicLogin",
    "Parity",
    "Pty",
    "Pusher",
    "ReconnectPause",
    "RecordWire",
    "SerialPort",
    "StreamSetup",
    "StreamingPbx",
    "SyslogFormat",
    "Target",
    "TcpDialler",
    "TcpListener",
    "Telnet",
    "UdpSender",
    "UploadedFiles",
    "Uploader",
    "Uploading",
    "basic",
    "bearer",
    "paced",
    "syslog_form",
]  # fmt: skip
