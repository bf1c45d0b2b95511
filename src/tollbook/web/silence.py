"""What to look at when a stream brings nothing: by kind of source, the likeliest first."""

from __future__ import annotations

_FIRST = "A record is written when a call ends: make a short call, hang up, and watch."
_ENABLED = "On the PBX, is the output of call records (SMDR, CDR) enabled, and for the calls you make?"
_SENT_HERE = (
    "On the PBX, is the destination this machine's address, and the port the one in the settings?",
    "Does a firewall on this machine or between the two let the port through?",
)
_BY_KIND = {
    "tcp_client": (
        "Are address and port those of the PBX's record output? Many PBXs use 2300; some let it be set.",
        "Does another program hold the connection? Many PBXs serve one at a time.",
        "Does the PBX ask for a log-in? Then it stays silent until it has been told one: see the settings.",
    ),
    "tcp_server": _SENT_HERE,
    "udp": _SENT_HERE,
    "syslog": (*_SENT_HERE, "Are the facility and level under which the PBX logs its calls switched on?"),
    "http_push": (*_SENT_HERE, "Does the PBX show an error for its posts, such as a wrong address or password?"),
    "serial": (
        "Is it the right device, and does nothing else have it open?",
        "Are speed, data bits, parity and flow control those of the PBX?",
        "Is the cable a null-modem one where one is needed? Some PBXs send only while DTR or CTS is raised.",
    ),
    "command": ("Does the command print anything when you run it by hand, as the user that the server runs as?",),
}
_UNREADABLE = "Bytes, but no record is cut: the PBX ends its records with nothing that is known. Tell us what you see."


def checklist(source: str) -> tuple[str, ...]:
    """Return what to look at, one sentence or two each."""
    return (_FIRST, _ENABLED, *_BY_KIND.get(source, ()), _UNREADABLE)
