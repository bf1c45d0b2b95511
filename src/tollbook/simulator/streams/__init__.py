"""PBXs that send their records by themselves: over TCP, UDP, syslog, a serial line, HTTP, or into a folder.

`StreamingPbx` is one on the caller's event loop, `Switchroom` runs any number in a thread. What carries the records is
a `Carrier` given to it, how they look on the line is a `Form`; neither knows what is in a record.

>>> with Switchroom() as room:
...     pbx = room.start(TcpListener(), Setup(form=FORMS["crlf"], resend=20))
...     pbx.send([b"1015 063 00:09:18 O5550100"])
...     pbx.misbehave(Fault(kind=Kind.CUT, after_bytes=7, ending=Ending.RESET))
"""

from tollbook.simulator.misbehaviour import ALWAYS, NEXT, Clearing, Ending, Schedule, randomly
from tollbook.simulator.streams.dialogue import Hello, Login, Telnet
from tollbook.simulator.streams.faults import Fault, Kind, parse
from tollbook.simulator.streams.folder import Files, Manner, Uploader
from tollbook.simulator.streams.form import BARE, CRLF, FORMS, Form, Page, Parity
from tollbook.simulator.streams.outbox import RESEND_ALL
from tollbook.simulator.streams.pacing import Pace, paced
from tollbook.simulator.streams.pbx import Backoff, Setup, StreamingPbx
from tollbook.simulator.streams.push import Pusher, Target, basic, bearer
from tollbook.simulator.streams.running import RunningStream, Switchroom
from tollbook.simulator.streams.serial import Pty, SerialPort
from tollbook.simulator.streams.syslog import Envelope, Format, Over, syslog_form
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
    "Clearing",
    "Ending",
    "Envelope",
    "Fault",
    "Files",
    "Form",
    "Format",
    "Hello",
    "Kind",
    "Login",
    "Manner",
    "Over",
    "Pace",
    "Page",
    "Parity",
    "Pty",
    "Pusher",
    "RunningStream",
    "Schedule",
    "SerialPort",
    "Setup",
    "StreamingPbx",
    "Switchroom",
    "Target",
    "TcpDialler",
    "TcpListener",
    "Telnet",
    "UdpSender",
    "Uploader",
    "basic",
    "bearer",
    "paced",
    "parse",
    "randomly",
    "syslog_form",
]
