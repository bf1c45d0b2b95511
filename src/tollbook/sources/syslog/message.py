r"""One syslog message: what its header says, and the record behind it.

RFC 5424, RFC 3164 as it is really sent (with or without host and tag, with a year, with an RFC 3339 time), and Cisco's,
whose header may hold a sequence number, a host and a time in many forms, and whose text begins with its own name,
`%VOIPAAA-5-VOIP_CALL_HISTORY:`; that belongs to the record. Where a header is of no known form, only its priority is
taken off: half a header before a record is seen and can be mended, half a record cannot.

>>> read_message(b"<134>Nov  3 14:00:00 pbx SMDR: 1015 063 00:09:18").text
b'1015 063 00:09:18'
>>> read_message(b"1015 063 00:09:18").text
b'1015 063 00:09:18'
"""

from __future__ import annotations

import re

import msgspec

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
PRIORITY = re.compile(rb"<(\d{1,3})>")
_TIME_3164 = rb"[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?"
_TIME_3339 = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.,Zz:+-]*"
_TIME = rb"(?:" + _TIME_3164 + rb"|" + _TIME_3339 + rb") "
_HOST = rb"(?!\d+ )[A-Za-z0-9_.:-]+ "
"""A number is none: it is an extension, of a PBX that leaves its name out."""
_TAG = rb"(?P<tag>[A-Za-z_][A-Za-z0-9_./-]{0,47})(?:\[[^\]]{0,64}\])?:(?: |$)"
_FORMS = (
    re.compile(
        rb"1 (?:-|" + _TIME_3339 + rb") \S+ (?P<tag>\S+) \S+ \S+ "
        rb"(?:-|(?:\[(?:[^\]\"]|\"(?:[^\"\\]|\\.)*+\")*+\])++)(?: (?:\xef\xbb\xbf)?|$)",
        re.DOTALL,
    ),
    re.compile(rb"[^%]{0,160}(?<![^ ])(?=(?P<tag>%[A-Z0-9_]+(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+):)", re.DOTALL),
    re.compile(_TIME + _TAG),
    re.compile(_TIME + _HOST + _TAG),
    re.compile(_TIME + _HOST),
    re.compile(_TIME),
    re.compile(_TAG),
)
"""What stands between the priority and the record; the first that fits is taken."""


class Message(msgspec.Struct, frozen=True):
    """A message: its facility (empty where it has no valid priority), its tag (empty where it has none), its text."""

    facility: str
    tag: bytes
    text: bytes


def read_message(raw: bytes, *, whole_header: bool = True) -> Message:
    """Return a message; with `whole_header` off only the priority is taken off. What has no priority is all text."""
    priority = PRIORITY.match(raw)
    if not priority:
        return Message("", b"", raw)
    facility = int(priority[1]) >> 3
    name = FACILITIES[facility] if facility < len(FACILITIES) else ""
    rest = raw[priority.end() :]
    for form in _FORMS:
        if header := form.match(rest):
            return Message(name, header.groupdict().get("tag") or b"", rest[header.end() :] if whole_header else rest)
    return Message(name, b"", rest)
