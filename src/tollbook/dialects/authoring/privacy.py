"""Telephone numbers in samples: which digits could be somebody's, and fictitious ones in their place.

Long digits are no cause for suspicion where they are an extension of the PBX, a number of the range set aside for
fiction (555-0100 to 555-0199, whatever stands before it), or the PBX's own id of a call.
"""

from __future__ import annotations

import re

LONGEST_EXTENSION = 6
_FICTITIOUS = re.compile(r"\+?\d{0,8}55501\d\d")
_NO_NUMBER = re.compile(
    r"""
      (?<!\d)1[67]\d{5,8}(\.\d+)?(?!\d)      # an epoch second of these years, as PBXs name their calls; maybe cut off
    | (?<!\d)1[67]\d{11}(?!\d)              # the same in milliseconds
    | (?<!\d)(946684798|2147483648|4294967295)(?!\d)  # ends of ranges that programs count in
    | (?<!\d)\d?(\d)\3{6,}(?!\d)             # one digit over and over
    | -[0-9a-f]{8}\b                         # the part of a channel that is the PBX's own
    | [01]-(0\d|1[0-4])[0-5]\d00(?!\d)      # a zone: whether it is summer, and hours, minutes and seconds from UTC
    | (?<![\dA-F])[\dA-F]{16}_\d+             # a call's id in hexadecimal
    | \d!K[A-Z].{0,48}                       # the part of a frame in which no outside number stands
    | (?<![\d+])(0{7}\d|10000100)(?!\d)      # types of records, as an exchange numbers them
    | \b[TA]\d{8}\b                          # a trunk by its group, line and channel
    | ((00|19|20|99)\d\d[-/.]\d\d?[-/.]\d\d?|\d\d[-/.]\d\d[-/.]20\d\d)([ T]+[\d:]+)?  # a date, and a time
    | (?<!\d)20[0-4]\d(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{4}(\d\d)?)?(?!\d)  # the same without signs between
    | (?<!\d)(0[1-9]|1[0-2])([0-2]\d|3[01])20[0-4]\d(?!\d)  # and with the year last
    """,
    re.VERBOSE,
)
_GROUPED = re.compile(r"[+(]\d+(?:(?:\)?-|\)|\()\d+|\)? \d+(?![\d:'/]))*|\d(?:[()-]?\d)+")
"""Blanks divide the columns of a record; one groups digits only where a plus or a bracket begins a number, and no time
of day or duration follows."""
_SUBSCRIBERS = 100


def suspicious(text: str) -> list[str]:
    """Return the digits in a text that could be a real telephone number, grouped in writing or not.

    >>> suspicious("I 101 (212) 555-9876"), suspicious("I 101 2125550123")
    (['2125559876'], [])
    """
    found = _GROUPED.findall(_NO_NUMBER.sub(" ", text))
    bare = [re.sub(r"[^\d+]", "", digits) for digits in found]
    return [digits for digits in bare if len(digits) > LONGEST_EXTENSION and not _FICTITIOUS.fullmatch(digits)]


class Masker:
    """Puts fictitious numbers in the place of others: the same one for the same number, and as long as it was.

    `keeping` keeps what stands before a number's last seven digits; numbers that end alike are then replaced alike.
    """

    def __init__(self, *, keeping: bool = False) -> None:
        self._given: dict[str, str] = {}
        self._keeping = keeping

    @property
    def given(self) -> int:
        """How many numbers have been replaced."""
        return len(self._given)

    def masked(self, text: str) -> str:
        """Return a text in which no digits could be a real telephone number; every other sign stays where it is.

        >>> Masker().masked("101 02 (212) 555-9876 00:01'05")
        "101 02 (000) 555-0100 00:01'05"
        """
        pieces, end = list[str](), 0
        for kept in _NO_NUMBER.finditer(text):
            pieces += [self._part(text[end : kept.start()]), kept[0]]
            end = kept.end()
        return "".join([*pieces, self._part(text[end:])])

    def _part(self, text: str) -> str:
        return _GROUPED.sub(lambda found: self._number(found[0]), text)

    def _number(self, written: str) -> str:
        digits = re.sub(r"\D", "", written)
        if not suspicious(written):
            return written
        own = digits[-_ENDING:] if self._keeping else digits
        other = self._given.setdefault(own, _fictitious(own, len(self._given)))
        before = len(digits) - len(own)
        places = iter(digits[:before] + other if before <= _LONGEST_BEFORE else "9" * len(digits))
        return "".join(next(places) if sign.isdigit() else sign for sign in written)


def _fictitious(digits: str, number: int) -> str:
    """Return a fictitious number as long as another; one that is too long for it is of one digit over and over."""
    ending = f"55501{number % _SUBSCRIBERS:02d}"
    before = len(digits) - len(ending)
    if before > _LONGEST_BEFORE:
        return "9" * len(digits)
    return "0" * before + ending


_LONGEST_BEFORE, _ENDING = 8, 7
