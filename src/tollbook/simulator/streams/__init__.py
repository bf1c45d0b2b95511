"""PBXs that send their records by themselves: over TCP, UDP, syslog, a serial line, HTTP, or into a folder.

`StreamingPbx` is one on the caller's event loop, `Switchroom` runs any number in a thread. What carries the records is
a `Carrier` given to it, how they look on the line is a `LineForm`; neither knows what is in a record.

>>> with Switchroom() as room:
...     pbx = room.start(TcpListener(), StreamSetup(form=FORMS["crlf"], resend=20))
...     pbx.send([b"1015 063 00:09:18 O5550100"])
...     pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=7, ending=BreakOff.RESET))
"""

from tollbook.simulator.misbehaviour import ALWAYS, NEXT, BreakOff, Clearing, Schedule, randomly
from tollbook.simulator.streams.dialogue import MitelHello, PanasonicLogin, Telnet
from tollbook.simulator.streams.faults import FaultKind, PbxFault, parse
from tollbook.simulator.streams.folder import UploadedFiles, Uploader, Uploading
from tollbook.simulator.streams.form import BARE, CRLF, FORMS, LineForm, PageHeading, Parity
from tollbook.simulator.streams.outbox import RESEND_ALL
from tollbook.simulator.streams.pacing import Pace, paced
from tollbook.simulator.streams.pbx import Backoff, StreamingPbx, StreamSetup
from tollbook.simulator.streams.push import Pusher, Target, basic, bearer
from tollbook.simulator.streams.running import RunningStream, Switchroom
from tollbook.simulator.streams.serial import Pty, SerialPort
from tollbook.simulator.streams.syslog import Envelope, Over, SyslogFormat, syslog_form
from tollbook.simulator.streams.tcp import TcpDialler, TcpListener
from tollbook.simulator.streams.udp import UdpSender

__all__ = [
    "ALWAYS",
    "BARE",
    "CRLF",
    "FORMS",
    "NEXT",
    "RESEND_ALL",
    "Backoff",
    "BreakOff",
    "Clearing",
    "Envelope",
    "FaultKind",
    "LineForm",
    "MitelHello",
    "Over",
    "Pace",
    "PageHeading",
    "PanasonicLogin",
    "Parity",
    "PbxFault",
    "Pty",
    "Pusher",
    "RunningStream",
    "Schedule",
    "SerialPort",
    "StreamSetup",
    "StreamingPbx",
    "Switchroom",
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
    "parse",
    "randomly",
    "syslog_form",
]
