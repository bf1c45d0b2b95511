"""How values are written on pages: times, durations, bytes, raw text."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from tollbook.model.outcome import Outcome, is_missed

_KIB = 1024
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


def duration(seconds: int) -> str:
    """Return m:ss, or h:mm:ss from an hour on.

    >>> duration(5), duration(558), duration(3700)
    ('0:05', '9:18', '1:01:40')
    """
    minutes, rest = divmod(seconds, _MINUTE_S)
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(text: str) -> str:
    """Return an amount with two decimal places at least, and no more than it needs.

    >>> money("0.1"), money("12.0000"), money("0.0125")
    ('0.10', '12.00', '0.0125')
    """
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.rstrip('0'):0<2}"


def to_cents(text: str) -> str:
    """Return an amount to two decimal places, for a page where it stands in a column with others.

    >>> to_cents("259.897"), to_cents("0.005"), to_cents("-3"), to_cents("9999999999.999")
    ('259.90', '0.01', '-3.00', '10000000000.00')
    """
    return f"{Decimal(text).quantize(Decimal('0.01'), ROUND_HALF_UP):f}"


def outcome(direction: str, outcome: str) -> str:
    """Return how a call ended; of a missed one that it was missed, and what is known beyond that.

    >>> outcome("incoming", "unanswered"), outcome("incoming", "busy"), outcome("outgoing", "busy")
    ('missed', 'missed, busy', 'busy')
    """
    if not is_missed(direction, outcome):
        return outcome
    return "missed" if outcome == Outcome.UNANSWERED else f"missed, {outcome}"


def long_time(seconds: float) -> str:
    """Return a stretch of time roughly, in one or two units.

    >>> long_time(42), long_time(600), long_time(9000), long_time(200000)
    ('42 s', '10 min', '2 h 30 min', '2 d 7 h')
    """
    whole = int(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def talk(seconds: int) -> str:
    """Return a sum of talk times: in hours and minutes, however many.

    >>> talk(42), talk(600), talk(227_520)
    ('42 s', '10 min', '63 h 12 min')
    """
    if seconds < _HOUR_S:
        return long_time(seconds)
    return f"{seconds // _HOUR_S:,} h {seconds % _HOUR_S // _MINUTE_S} min"


def amount(size: int) -> str:
    """Return a number of bytes for people.

    >>> amount(1), amount(178), amount(2048), amount(52_428_800)
    ('1 byte', '178 bytes', '2.0 KiB', '50.0 MiB')
    """
    if size < _KIB:
        return "1 byte" if size == 1 else f"{size} bytes"
    value, units = float(size), iter(("KiB", "MiB", "GiB", "TiB"))
    unit = ""
    while value >= _KIB:
        value, unit = value / _KIB, next(units)
    return f"{value:.1f} {unit}"


def local_moment(text: str) -> datetime:
    """Return a wall time or an instant as the store writes it."""
    return datetime.fromisoformat(text)


def sentence(text: str) -> str:
    """Return a text with a capital, unless it begins with an address or another name that would no longer be itself.

    >>> sentence("watching"), sentence("tcp://192.0.2.10 is connected")
    ('Watching', 'tcp://192.0.2.10 is connected')
    """
    return text[:1].upper() + text[1:] if text.partition(" ")[0].rstrip(",:;.").isalpha() else text


def visible(raw: bytes) -> str:
    r"""Return raw bytes as text in which everything can be seen: control characters as their pictures.

    >>> visible(b'"102",5' + bytes([13, 10, 0xFF]))
    '"102",5␍␊\\xff'
    """
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(chr(0x2400 + ord(each)) if each < " " else "␡" if each == "\x7f" else each for each in text)


def spelt(raw: bytes, *, broken: bool = False) -> str:
    r"""Return bytes as a line carried them: line ends as `\\r` and `\\n`, whatever else cannot be printed as a number.

    With `broken` a line of text ends after each line end.

    >>> spelt(bytes([2]) + b"101" + bytes([3, 13, 10, 0xFF])), spelt("Zoë".encode())
    ('\\x02101\\x03\\r\\n\\xff', 'Zoë')
    """
    text = raw.decode("utf-8", "backslashreplace")
    shown = "".join(map(_printed, text))
    return _LINE_ENDS.sub(r"\g<0>\n", shown) if broken else shown


_LINE_ENDS = re.compile(r"(?<!\\)(?:\\r\\n|\\r|\\n)")


def _printed(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode-escape").decode("ascii")
