"""Takes what a PBX prints on a serial line: a device of this machine, or a raw TCP device server."""

from tollbook.sources.contract import Group, SourceKind
from tollbook.sources.serial.line import arrivals
from tollbook.sources.serial.options import Options

SOURCE = SourceKind(
    title="Serial line (RS-232, USB adapter)",
    group=Group.SENT,
    about="A cable from the PBX's printer or SMDR port ends in this machine.",
    checklist=(
        "Is it the right device, and does nothing else have it open?",
        "Are speed, data bits, parity and flow control those of the PBX?",
        "Is the cable a null-modem one where one is needed? Some PBXs send only while DTR or CTS is raised.",
    ),
    options=Options,
    arrivals=arrivals,
    stream=True,
)

__all__ = ["SOURCE", "Options", "arrivals"]
