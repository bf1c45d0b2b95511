"""Waits for syslog messages that hold records, over UDP and TCP."""

from tollbook.sources.common import SENT_HERE
from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.syslog.listen import arrivals
from tollbook.sources.syslog.options import Options

SOURCE = SourceKind(
    title="Syslog (the PBX or a gateway sends messages)",
    group=Group.SENT,
    about="The PBX or a gateway writes its records to a syslog server; Tollbook is that server.",
    checklist=(*SENT_HERE, "Are the facility and level under which the PBX logs its calls switched on?"),
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]
