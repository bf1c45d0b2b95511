"""What each extension is charged of a call that was handed on: cost and price divided by who talked.

The seconds that each extension talked with the outside, by all of them, are its share: millionths, which together are
one. An amount times a share is exact, so that parts add up to the whole; a share is off by less than a millionth.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, pairwise

import msgspec

from tollbook.model.limits import LONGEST_DURATION_S
from tollbook.rating.tariff import EXACT

SHARE_PLACES = 6
_MILLION: int = 10**SHARE_PLACES


class TalkedLeg(msgspec.Struct, frozen=True, kw_only=True):
    """Who had a call during one of its legs, since when, and how long they talked; `outside` with the outside."""

    extension: str
    began: datetime
    talk_s: int
    outside: bool = True


class CallShare(msgspec.Struct, frozen=True, kw_only=True):
    """A call, or the part of it that is an extension's. Amounts are None where the call has no price.

    `talk_s` are the seconds of the call's talk that count for the extension, which add up, too; `talked_s` those that
    it talked by its legs: of several that talked at once each has all of them.
    """

    extension: str
    talk_s: int
    talked_s: int
    cost: Decimal | None = None
    price: Decimal | None = None


def shared(call: CallShare, legs: Sequence[TalkedLeg]) -> list[CallShare]:
    """Return the parts of a call, that of its own extension first, then in the order in which they began to talk.

    A call on which fewer than two extensions talked with the outside is one part, as it is.

    >>> talk = {"101": 125, "105": 175}
    >>> legs = [TalkedLeg(extension=name, began=datetime(2026, 1, 5), talk_s=talk[name]) for name in talk]
    >>> call = CallShare(extension="101", talk_s=300, talked_s=300, price=Decimal("0.1"))
    >>> [(part.extension, part.talk_s, str(part.price)) for part in shared(call, legs)]
    [('101', 125, '0.0416667'), ('105', 175, '0.0583333')]
    """
    talked = _talked(call.extension, legs)
    if len(talked) < 2:  # noqa: PLR2004 - there is nobody to divide it with
        return [call]
    sums = [0, *accumulate(talked.values())]
    shares = pairwise([(until * _MILLION + sums[-1] // 2) // sums[-1] for until in sums])
    return [
        CallShare(
            extension=extension,
            talk_s=_seconds(call.talk_s, until) - _seconds(call.talk_s, since),
            talked_s=talked[extension],
            cost=_amount(call.cost, until - since),
            price=_amount(call.price, until - since),
        )
        for extension, (since, until) in zip(talked, shares, strict=True)
    ]


def _talked(own: str, legs: Sequence[TalkedLeg]) -> dict[str, int]:
    """Return the seconds that each extension talked with the outside, in the order of their parts."""
    seconds: dict[str, int] = {}
    began: dict[str, datetime] = {}
    for leg in legs:
        if leg.outside and leg.extension and leg.talk_s > 0:
            seconds[leg.extension] = min(seconds.get(leg.extension, 0) + leg.talk_s, LONGEST_DURATION_S)
            began[leg.extension] = min(began.get(leg.extension, leg.began), leg.began)
    order = sorted(seconds, key=lambda extension: (extension != own, began[extension], extension))
    return {extension: seconds[extension] for extension in order}


def _seconds(talk_s: int, millionths: int) -> int:
    """Return the nearest whole seconds to a share of some."""
    return (talk_s * millionths + _MILLION // 2) // _MILLION


def _amount(amount: Decimal | None, millionths: int) -> Decimal | None:
    return None if amount is None else EXACT.multiply(amount, EXACT.scaleb(Decimal(millionths), -SHARE_PLACES))
