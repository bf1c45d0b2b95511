"""Takes apart what a PBX wrote where a number stands: addresses of SIP, pauses, marks between groups, masked digits."""

from __future__ import annotations

import re

import msgspec
from phonenumbers import convert_alpha_characters_in_number

LONGEST = 200
"""Characters of a text that are looked at; an address with more is no telephone number."""
_SCHEME = re.compile(r"(?i)^<?\s*(?:sips?|tel|callto)\s*:\s*")
_ENCODED = re.compile(r"%([0-7][0-9A-Fa-f])")
_WITHHELD = re.compile(r"(?i)anonym|privat|withh?eld|restrict|blocked|secret|no.?caller.?id|clir")
_MASKED = re.compile(r"[Xx?•█]|\.{2,}|\d\*{2,}|^\*{3,}$")
"""Digits that the PBX hides: `X`, `?`, dots in a row (secret dialling), stars behind a digit."""
_PAUSE = re.compile(r"[,;PpWwTt~!&F]")
"""Marks of a pause, of the wait for a tone and of a hook flash."""
_VANITY = re.compile(r"[+\d][\d\s\-.()]*[A-Za-z]{3,}[A-Za-z\d\s\-]*")
"""Letters in place of digits, as on a telephone's keys: `1-800-FLOWERS`."""
_GROUP = re.compile(r"[\s\-./()]+")
_OPTIONAL_ZERO = re.compile(r"^((?:\+|00)[\d\s]{1,6})\(0\)")
"""The trunk prefix in brackets, which nobody dials behind a country code: `+44 (0)20 …`."""
_SIGNS = re.compile(r"[\d*#]*\+?[\d*#]*", re.ASCII)
_BEFORE_PAUSE = re.compile(r"[\s(]*[+\dXx*#][\dXx*#\s\-./()]{2,}[,;PpWwTt~!]+")
_SIGN = re.compile(r"[\w*#+]")
MASK = "•"
"""Stands for a sign that is not shown."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The signs of a number: `parts` lie between pauses, and each is cut into groups as it was written.

    `hidden` says that digits were masked, or the number withheld; `unreadable` that it holds no number at all.
    """

    parts: tuple[tuple[str, ...], ...] = ()
    extension: str | None = None
    hidden: bool = False
    unreadable: bool = False

    @property
    def signs(self) -> str:
        """All signs in a row."""
        return "".join("".join(groups) for groups in self.parts)


def taken_apart(text: str) -> Written:
    """Return the signs of what was written.

    >>> taken_apart("tel:+1-201-555-0123;ext=1234")
    Written(parts=(('+1', '201', '555', '0123'),), extension='1234', hidden=False, unreadable=False)
    >>> taken_apart("9,12015550123").parts, taken_apart("XXXX").hidden
    ((('9',), ('12015550123',)), True)
    """
    address, extension = _address(text)
    if _WITHHELD.search(address):
        return Written(hidden=True)
    address = address.lstrip("=").rstrip("#") or address
    if any(each.isdigit() or each in "*.?Xx•█" for each in address) and _MASKED.search(address):
        return Written(hidden=True)
    if _VANITY.fullmatch(address):
        address = convert_alpha_characters_in_number(address)
    address = _OPTIONAL_ZERO.sub(r"\1", address)
    parts = tuple(groups for each in _PAUSE.split(address) if (groups := _groups(each)))
    whole = all(_SIGNS.fullmatch(each) for groups in parts for each in groups)
    if not parts or not whole:
        return Written(extension=extension, unreadable=True)
    return Written(parts=parts, extension=extension)


def with_end_hidden(text: str, count: int) -> str:
    """Return what was written without its last `count` signs, and without the address round it.

    >>> with_end_hidden("sip:12015550123,,4711@192.0.2.10", 4), with_end_hidden("12015550123,,4711#", 4)
    ('12015550123,,••••', '12015550123,,••••#')
    """
    signs = list(_address(text)[0])
    end = len("".join(signs).rstrip("#"))
    places = [place for place in range(end) if _SIGN.match(signs[place]) and not _PAUSE.match(signs[place])]
    for place in places[-count:]:
        signs[place] = MASK
    return "".join(signs)


def behind_pause(text: str) -> str:
    """Return what stands behind a number and a pause where the whole cannot be read as one.

    >>> behind_pause("12015550123,,47AB"), behind_pause("XXXX,4711"), behind_pause("Berg, Anna 4711")
    ('47AB', '4711', '')
    """
    found = _BEFORE_PAUSE.match(address := _address(text)[0])
    behind = address[found.end() :] if found else ""
    return "".join(each for each in behind.rstrip("#") if _SIGN.match(each) and not _PAUSE.match(each))


def _address(text: str) -> tuple[str, str | None]:
    return _without_address(text.strip()[:LONGEST])


def _groups(part: str) -> tuple[str, ...]:
    return tuple(each for each in _GROUP.split(part) if each)


def _without_address(text: str) -> tuple[str, str | None]:
    """Return the part of an address that is a number, and the extension that it names."""
    bare, schemes = _SCHEME.subn("", text)
    if not schemes and "@" not in bare:
        return bare, None
    bare = _ENCODED.sub(lambda found: chr(int(found[1], 16)), bare.partition("@")[0].rstrip(">"))
    user, *parameters = bare.split(";")
    said = {name.lower(): value for name, _, value in (each.partition("=") for each in parameters)}
    context = said.get("phone-context", "")
    if context.startswith("+") and not user.startswith("+"):
        user = context + user
    return user.partition(":")[0], said.get("ext") or None
