"""The office whose telephone system is simulated: who sits where, and when they talk.

Extensions 101 to 116 are SIP phones whose user names are not their numbers, 201 to 208
hang on extension ports 1 to 8 (``DAHDI/9`` to ``DAHDI/16``). Calls leave by four analog
trunks and one SIP trunk; a doorphone is on ``DAHDI/33``.
"""

from zoneinfo import ZoneInfo

import msgspec

SIP_EXTENSIONS = tuple(str(number) for number in range(101, 117))
PORT_EXTENSIONS = {str(200 + n): f"DAHDI/{8 + n}" for n in range(1, 9)}
ANALOG_TRUNKS = ("DAHDI/1", "DAHDI/2", "DAHDI/3", "DAHDI/4")
SIP_TRUNK = "SIP/carrier1_"
DOORPHONE = "DAHDI/33"

VOICEMAIL, PAGING, MEETME = "500", "600", "700"

HOUR_SHAPE = (
    (1, 1, 1, 1, 1, 2, 8, 30, 80, 130, 140, 120, 75, 95, 130, 125, 110, 85, 45, 20, 12, 8, 4, 2),
    (1, 1, 1, 1, 1, 1, 3, 6, 15, 25, 30, 28, 18, 15, 12, 10, 8, 6, 5, 4, 4, 3, 2, 1),
)
"""Calls in each local hour, in no particular unit: an office day, then a quiet day."""

DAY_SHAPE = (1.15, 1.0, 1.0, 0.97, 0.88, 0.5, 0.25)
"""Monday to Sunday; the last two use the quiet day's hours."""

ACCOUNT_CODES = ("55501", "55502", "55510", "55537", "55555", "90210")

AREA_CODES = ("212", "213", "312", "415", "617", "702", "305", "206")
CALLERS = tuple(f"{area}55501{n:02d}" for n in range(100) for area in AREA_CODES) + tuple(
    f"20455501{n:02d}" for n in range(100)
)
DIALLED = (
    tuple(f"55501{n:02d}" for n in range(100))
    + tuple(f"1{area}55501{n:02d}" for n in range(100) for area in AREA_CODES)
    + tuple(f"01133199001{n:03d}" for n in range(40))
    + tuple(f"190055501{n:02d}" for n in range(5))
)


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """An office and the habits of its people.

    The same office, seed and span give the same calls on every machine. `zone` is the zone
    of the PBX's wall clock.
    """

    zone: ZoneInfo = msgspec.field(default_factory=lambda: ZoneInfo("America/New_York"))
    seed: int = 1
    twins: float = 0.0
    """Share of rows that are followed by a truly identical one; 0 means no two are alike."""
    accented: str = ""
    """User name of extension 108's phone, to bring letters beyond ASCII into the file."""

    def sip_users(self) -> dict[str, str]:
        """SIP user name of each SIP phone, and its extension number."""
        users = {f"desk{extension}": extension for extension in SIP_EXTENSIONS}
        if self.accented:
            users = {self.accented if e == "108" else u: e for u, e in users.items()}
        return users

    def devices(self) -> dict[str, str]:
        """Extension numbers and the channel names of their telephones, without suffix."""
        return {e: f"SIP/{user}" for user, e in self.sip_users().items()} | PORT_EXTENSIONS
