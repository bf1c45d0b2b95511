"""What numbers mean, in words of a page: by the dial plan of their PBX, with the place where one is known."""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.engine.runtime import engine
from tollbook.model.meaning import Number
from tollbook.model.outcome import Direction
from tollbook.model.pbx import Pbx
from tollbook.numbering.plans import Plans, read_plans
from tollbook.numbering.written import MASK
from tollbook.render.numbers import number_told, taken_off

HIDDEN = "hidden, since it may be a PIN"


class Meaning(msgspec.Struct, frozen=True):
    """What a number means in a line, and what was taken off, each under its title.

    While `is_coming` the place is not there yet, and it is worth asking again.
    """

    told: str
    taken_off: list[tuple[str, str]] = []
    is_coming: bool = False


def meaning(number: Number) -> Meaning:
    """Return the words for a number."""
    places = engine().places
    place = places.find(number.e164)
    return Meaning(number_told(number, place), taken_off(number), bool(number.e164 and places.is_coming))


def meaning_of(pbx: Pbx | None, call: dict[str, Any], outside: str) -> Meaning | None:
    """Return the words for the outside number of a call; None where it has no meaning, or is of no interest.

    Of a PBX that was removed, what was taken off is not known any more.
    """
    if not call["number_kind"] or call["direction"] == Direction.INTERNAL or not outside:
        return None
    number = number_in_call(read_plans(pbx.plan if pbx else {}, call["pbx"]), call, outside)
    found = meaning(number)
    behind = [("Dialled once the call stood", HIDDEN)] if MASK in outside else []
    told = ", ".join(filter(None, (found.told, call["number_name"])))
    return msgspec.structs.replace(found, told=told, taken_off=[*found.taken_off, *behind])


def number_in_call(plans: Plans, call: dict[str, Any], outside: str) -> Number:
    """Return what the number of a call means as it is stored, with what was taken off where that is still known."""
    calling = call["direction"] == Direction.INCOMING
    found = plans.number(outside.partition(MASK)[0], calling=calling, trunk_group=call["trunk_group"] or "")
    stored = (call["number_e164"] or None, call["number_kind"])
    if (found.e164, found.kind) == stored:
        return found
    return Number(
        dialled=outside,
        e164=stored[0],
        country=call["number_country"] or None,
        kind=call["number_kind"],
        reach=call["number_reach"],
    )
