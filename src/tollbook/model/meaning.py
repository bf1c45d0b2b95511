"""What is said of a number: the words of its kind and its reach, and the value that has them."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Kind = Literal[
    "internal",
    "fixed",
    "mobile",
    "fixed_or_mobile",
    "toll_free",
    "premium",
    "shared_cost",
    "voip",
    "uan",
    "pager",
    "personal",
    "satellite",
    "emergency",
    "short_code",
    "premium_short",
    "operator",
    "feature_code",
    "private",
    "incomplete",
    "unknown",
]
"""What kind of number it is. `fixed_or_mobile`: the numbering plan of its country does not tell the two apart.
`uan` is a company's number for the whole country; `private` one that was withheld or masked."""
KINDS: tuple[str, ...] = get_args(Kind)
KIND_TITLES: dict[str, str] = {
    "internal": "extension",
    "fixed": "fixed line",
    "mobile": "mobile",
    "fixed_or_mobile": "fixed line or mobile",
    "toll_free": "toll-free",
    "premium": "premium rate",
    "shared_cost": "shared cost",
    "voip": "internet telephony",
    "uan": "company number",
    "pager": "pager",
    "personal": "personal number",
    "satellite": "satellite telephone",
    "emergency": "emergency",
    "short_code": "short number",
    "premium_short": "short number, premium rate",
    "operator": "operator",
    "feature_code": "network code",
    "private": "withheld or masked",
    "incomplete": "digits missing",
    "unknown": "not recognised",
}
"""What pages call the kinds."""
Reach = Literal["internal", "local", "national", "international", "service", "unknown"]
"""How far a call to it goes, seen from the PBX: `local` is its own area, `service` a short number of its country."""
REACHES: tuple[str, ...] = get_args(Reach)
REACH_TITLES: dict[str, str] = {**{each: each for each in REACHES}, "service": "short number of the country"}
"""What pages call the reaches."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What digits mean.

    `e164` is there only where the number is valid. `country` is the ISO 3166 code (two letters) of where the number
    belongs; None for satellites and what cannot be told. `number` is a short number without what stood before it;
    `extension` that of the PBX, or the one a `tel:` address names. What was taken off: `carrier_code` chooses a
    carrier, `feature_code` is a code of the network (`*67`), `account_code` was dialled before the number.
    """

    kind: Kind
    reach: Reach
    e164: str | None = None
    country: str | None = None
    number: str | None = None
    extension: str | None = None
    carrier_code: str | None = None
    feature_code: str | None = None
    account_code: str | None = None


class Number(Found, frozen=True, kw_only=True):
    """What a PBX wrote, `dialled`, and what it means.

    `after_answer` was sent when the call stood: it may be a PIN or the number of a card.
    """

    dialled: str
    after_answer: str | None = None
