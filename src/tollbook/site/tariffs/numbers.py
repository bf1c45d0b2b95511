"""What a tariff sees of a number that somebody types."""

from __future__ import annotations

import msgspec

from tollbook.numbering.dialled import number_of
from tollbook.numbering.plan import read_plan
from tollbook.rating.rates import Destination, destination

_ANY_COUNTRY = "DE"
"""What a number written as E.164 means does not depend on where it is dialled."""
_BETWEEN = str.maketrans("", "", " -/().\u00a0")


def typed_number(text: str) -> Destination | None:
    """Return what a tariff sees of E.164, its + may be left out, or of a short number; None for what is no number.

    >>> typed_number("+44 20 7946 0135").country, typed_number("112").dialled, typed_number("London")
    ('GB', '112', None)
    """
    bare = text.translate(_BETWEEN).removeprefix("+")
    if not bare or any(sign not in "0123456789*#" for sign in bare):
        return None
    found = number_of(f"+{bare}", read_plan({"country": _ANY_COUNTRY}, "dial plan")) if bare.isdecimal() else None
    known = destination(found) if found and found.e164 == f"+{bare}" else Destination(dialled=bare)
    return msgspec.structs.replace(known, dialled=bare, e164=f"+{bare}")
