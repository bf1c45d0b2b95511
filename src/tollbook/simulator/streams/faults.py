"""What can go wrong on a line on which a PBX sends by itself, as declared faults.

A `PbxFault` says what happens; a `Schedule` says to which records or, for `AT_CONNECTION`, to which connections.
Several may hit the same record: first its form changes, then its bytes, then what is done with them.
`FaultKind.REFUSE` holds from the moment it is asked for.

What each kind does stands in `spoiling.py` (to bytes) and in `pbx.py` (to connections).
"""

from dataclasses import dataclass, fields
from enum import Enum

from tollbook.simulator.misbehaviour import BreakOff, Clearing, Schedule, member, schedule, settings


class FaultKind(Enum):
    """What goes wrong."""

    CUT = "cut"
    """A record breaks off after `after_bytes` bytes (0: in its middle), and the connection ends as `ending` says.
    The record is sent again whole, unless `clearing` is ``clears``."""
    HALF_OPEN = "half-open"
    """Nothing more comes on this connection, and it is never closed; the next one is a new one."""
    FLAP = "flap"
    """A connection is ended, as `ending` says, after `records` records."""
    SILENCE = "silence"
    """A connection stays silent for `delay_s` (0: until the reader gives up)."""
    DENY = "deny"
    """The right password is refused on a connection with a log-in."""
    REFUSE = "refuse"
    """Nobody listens on the port for `lasting_s` (0: until told to behave)."""
    DRIP = "drip"
    """A record comes one byte at a time, with `delay_s` between bytes."""
    ENDLESS = "endless"
    """`size_bytes` bytes without a line end come before a record."""
    LOST = "lost"
    """A record is never sent."""
    DOUBLED = "doubled"
    """A record is sent twice."""
    SWAPPED = "swapped"
    """Two records come in the wrong order."""
    NUL_END = "nul-end"
    """A record ends with NUL in place of a line end."""
    LEADING_NULS = "leading-nuls"
    """NULs stand before a record."""
    STX_ETX = "stx-etx"
    """A record stands between STX and ETX, without a line end."""
    CR_ONLY = "cr-only"
    """A record ends with CR alone."""
    CRLFLF = "crlflf"
    """A record ends with CR LF LF."""
    HEADING = "heading"
    """A form feed and a page heading stand before a record."""
    TELNET = "telnet"
    """Telnet commands stand in the middle of a record."""
    EIGHTH_BIT = "eighth-bit"
    """Some bytes of a record have their eighth bit set."""
    PARITY = "parity"
    """All bytes of a record have a parity bit, as 7E1 looks to who reads 8N1."""
    NOISE = "noise"
    """Random bytes come before a record, as when a serial line is plugged in."""


AT_CONNECTION = frozenset({FaultKind.FLAP, FaultKind.SILENCE, FaultKind.DENY})
OF_LISTENER = frozenset({FaultKind.REFUSE})
OF_BYTES = frozenset({
    FaultKind.NUL_END, FaultKind.LEADING_NULS, FaultKind.STX_ETX, FaultKind.CR_ONLY, FaultKind.CRLFLF,
    FaultKind.HEADING, FaultKind.TELNET, FaultKind.EIGHTH_BIT, FaultKind.PARITY, FaultKind.NOISE,
})  # fmt: skip
"""What can happen to bytes whatever carries them."""
OF_RECORDS = frozenset({FaultKind.LOST, FaultKind.DOUBLED, FaultKind.SWAPPED})
"""What can happen to whole records whatever carries them."""
OF_LINES = OF_BYTES | OF_RECORDS | {FaultKind.DRIP, FaultKind.ENDLESS}
"""What can happen on a line that carries bytes without bounds."""
OF_CONNECTIONS = OF_LINES | {FaultKind.CUT, FaultKind.HALF_OPEN, FaultKind.FLAP, FaultKind.SILENCE}
"""What can happen on a line that can be cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxFault:
    """One thing that goes wrong, with its measures; those a kind does not use are ignored."""

    kind: FaultKind
    after_bytes: int = 0
    records: int = 10
    size_bytes: int = 10_000_000
    delay_s: float = 0.0
    lasting_s: float = 0.0
    ending: BreakOff = BreakOff.CLOSE
    clearing: Clearing = Clearing.AS_USUAL


def parse(text: str) -> tuple[PbxFault, Schedule]:
    """A fault and its schedule as written on a command line.

    >>> fault, times = parse("cut after_bytes=100 ending=reset times=3")
    >>> fault.kind.value, fault.after_bytes, fault.ending.value, times.times
    ('cut', 100, 'reset', 3)

    Raises:
        ValueError: says what is wrong and what would be right.
    """
    name, values = settings(text, {field.name for field in fields(PbxFault)} - {"kind"})
    plain = PbxFault(kind=member(FaultKind, name))
    fault = PbxFault(
        kind=plain.kind,
        after_bytes=int(values.get("after_bytes", plain.after_bytes)),
        records=int(values.get("records", plain.records)),
        size_bytes=int(values.get("size_bytes", plain.size_bytes)),
        delay_s=float(values.get("delay_s", plain.delay_s)),
        lasting_s=float(values.get("lasting_s", plain.lasting_s)),
        ending=member(BreakOff, values.get("ending", plain.ending.value)),
        clearing=member(Clearing, values.get("clearing", plain.clearing.value)),
    )
    return fault, schedule(values)
