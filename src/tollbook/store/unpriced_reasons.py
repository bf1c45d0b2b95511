"""Why calls have no price although they should: the reasons that a price is missing, each by a word of its own.

What a call keeps is a sentence with the names of its tariff in it. The words stand for all sentences of one kind, so
that calls can be asked for and counted by them.
"""

from __future__ import annotations

import msgspec

from tollbook.rating.charging import BLOCKED, INCOMPLETE, NO_BAND, NO_RATE, UNKNOWN
from tollbook.rating.lines import NO_TARIFF
from tollbook.store.pricing import GONE, TOO_MUCH


class UnpricedReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason: in words, how the sentences that calls keep are told, and what to do about it.

    `texts` are sentences or, with a % in them, patterns. `further` is what has to hold of a call beside that.
    """

    title: str
    texts: tuple[str, ...]
    what_to_do: str
    further: str = ""


REASONS: dict[str, UnpricedReason] = {
    "no-tariff": UnpricedReason(
        title="No tariff is assigned",
        texts=(NO_TARIFF,),
        what_to_do="Assign a tariff to the line: tollbook tariff assign TARIFF --pbx NAME. Then price the calls again: "
        "tollbook rate run.",
    ),
    "no-version": UnpricedReason(
        title="No version was valid",
        texts=("no version of the tariff % was valid",),
        what_to_do="Add a version that is valid from an earlier day: tollbook tariff add TARIFF FILE --from DAY. Then "
        "price the calls again: tollbook rate run.",
    ),
    "no-rate": UnpricedReason(
        title="The tariff has no rate",
        texts=(NO_RATE, "the tariff has no rate for % in the band %"),
        what_to_do="Add a rate for the destination in a new version of the tariff: tollbook tariff add TARIFF FILE. "
        "Then price the calls again: tollbook rate run.",
    ),
    "no-band": UnpricedReason(
        title="No band fits the time",
        texts=(NO_BAND,),
        what_to_do="Add a last band without days and hours to the tariff, such as 'rest', and rates for it. Then price "
        "the calls again: tollbook rate run.",
    ),
    "blocked": UnpricedReason(
        title="Blocked in the tariff",
        texts=(BLOCKED,),
        what_to_do="The carrier does not offer the destination, and calls there were made all the same. Check the "
        "bill, and bar the destination in the PBX.",
    ),
    "incomplete": UnpricedReason(
        title="Digits are missing",
        texts=(INCOMPLETE,),
        what_to_do="Mostly somebody hung up while dialling. If there are many, check the dial plan: tollbook plan show "
        "NAME.",
    ),
    "no-plan": UnpricedReason(
        title="The PBX has no dial plan",
        texts=(UNKNOWN,),
        further="number_kind IS NULL",
        what_to_do="Set the dial plan of the PBX: tollbook plan set NAME --set country=DE. Its calls are priced again "
        "by themselves.",
    ),
    "unknown-number": UnpricedReason(
        title="The number was not recognised",
        texts=(UNKNOWN,),
        what_to_do="Check the digit for an outside line and the area code in the dial plan: tollbook plan show NAME. "
        "For short numbers of your carrier add a rate such as '=0190'.",
    ),
    "no-pbx-charge": UnpricedReason(
        title="The PBX wrote no charge",
        texts=("the PBX wrote no % for this call",),
        what_to_do="Let the PBX write charges or pulses, or price these lines by rates.",
    ),
    "version-gone": UnpricedReason(
        title="The tariff's file is gone",
        texts=(GONE,),
        what_to_do="Put the version's files back into the folder tariffs of the site, from a backup.",
    ),
    "too-much": UnpricedReason(
        title="The amount is too large",
        texts=(TOO_MUCH,),
        what_to_do="Check the price in the tariff: decimals may be lost.",
    ),
    "fault": UnpricedReason(
        title="The price could not be reckoned",
        texts=("%",),
        what_to_do="The log says what failed. Please report it.",
    ),
}
"""By word, in the order in which they are looked for: the last fits all that is left."""
ANY = "any"
UNPRICED = "(price IS NULL AND (unpriced_because IS NOT NULL OR direction = 'outgoing'))"
"""Calls that should have a price and have none. A PBX of which no call has a price keeps no sentence with them."""
BECAUSE = f"coalesce(unpriced_because, '{NO_TARIFF}')"
"""Why such a call has no price, in its own words."""


def _condition(reason: UnpricedReason) -> str:
    said = " OR ".join(f"{BECAUSE} {'LIKE' if '%' in text else '='} '{text}'" for text in reason.texts)
    return f"({said}) AND {reason.further}" if reason.further else f"({said})"


_CASES = " ".join(f"WHEN {_condition(each)} THEN '{word}'" for word, each in REASONS.items())
REASON = f"(CASE {_CASES} END)"
"""The word of the reason of such a call."""
