"""What a tariff's document and its price list may say: every setting with its default and its meaning.

The tables of the document are declared here and in `tariff`, where a table is used as it is written. The reading, the
messages about what is wrong and the reference page come from these declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated

import msgspec
from msgspec import inspect

from tollbook.model.recurring import Recurrence
from tollbook.rating.tariff import (
    MOST_PLACES,
    Boundary,
    FeeWhen,
    Markup,
    Measured,
    NoAnswerSupervision,
    SharedBy,
    StepsFrom,
    Tax,
    Toward,
    Use,
    says,
)

FREE, BLOCKED = "free", "blocked"
_AMOUNT = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
NO_AMOUNT = "an amount has a point and no comma"


class WrittenRounding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one rounding, at the end."""

    places: Annotated[int, says("decimal places of an amount")] = MOST_PLACES
    to: Annotated[Decimal | None, says("in place of `places`: to multiples of this amount, such as 0.05")] = None
    how: Annotated[Toward, says("`half-up` and `half-even` to the nearest, or always `up` or `down`")] = "half-up"


class WrittenTariff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said once for a tariff, above all tables with double brackets."""

    title: Annotated[str, says("its name, as people choose it")]
    currency: Annotated[str, says("three letters, such as `EUR`")]
    valid_from: Annotated[str, says("the day it begins, or the moment; else that of its file's name")] = ""
    zone: Annotated[str, says("whose clock counts for bands, such as `Europe/Berlin`; else the PBX's")] = ""
    holidays: Annotated[str, says("a country or a part of it, such as `DE-BY`: its holidays are the day `hol`")] = ""
    holiday_dates: Annotated[list[str], says("more holidays: `2026-12-24` once, `12-24` each year")] = []
    boundary: Annotated[
        Boundary,
        says(
            "a call over the edge of a band: each `second` by its band, all by that of the `start`, or each `part` "
            "rounded up by itself",
        ),
    ] = "second"
    fee_when: Annotated[FeeWhen, says("the connect fee is due for `answered` calls, or for each `attempt`")] = (
        "answered"
    )
    steps_from: Annotated[
        StepsFrom,
        says(
            "increments after the `first` interval are counted from its end, or from the beginning of the `call`: "
            "with 60/7 a call of 100 s is charged as 102 s or 105 s",
        ),
    ] = "first"
    duration: Annotated[Measured, says("what is charged: `talk`, or `total` from dialling on")] = "talk"
    duration_rounding: Annotated[Toward, says("how fractions of a second become whole ones")] = "up"
    duration_unit_s: Annotated[int, says("lengths are whole multiples of so many seconds")] = 1
    round: Annotated[WrittenRounding, says("see [rounding](#round)")] = WrittenRounding()
    tax: Annotated[Tax, says("see [tax](#tax)")] = Tax()
    markup: Annotated[Markup, says("see [mark-up](#markup)")] = Markup()
    no_answer_supervision: Annotated[
        NoAnswerSupervision | None,
        says("see [lines without answer supervision](#no_answer_supervision)"),
    ] = None
    use: Annotated[Use, says("`rates`, or `pbx`: the charge that the PBX itself wrote counts")] = "rates"
    pulse_price: Annotated[
        Decimal | None,
        says('with `use = "pbx"`: not its charge counts but its units, at this price'),
    ] = None


class WrittenBand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A part of the week in which rates hold. Of bands that overlap the first counts."""

    name: Annotated[str, says("rates say by it in which band they hold")]
    days: Annotated[
        str | list[str],
        says("`mon` to `sun` and `hol`, lists and ranges such as `mon-fri,hol`; else all. A holiday is `hol` alone"),
    ] = ""
    from_: Annotated[str, says("when it begins")] = "00:00"
    to: Annotated[str, says("when it ends; before `from`, it goes on over midnight")] = "24:00"


class WrittenStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price from a second of the call on, where the short form does not say it."""

    price: Annotated[Decimal, says("for `per_s` seconds")]
    from_s: Annotated[int, says("the second from which on it counts; 0 in the first step")] = 0
    per_s: Annotated[int, says("seconds that the price is for")] = 60
    increment_s: Annotated[int, says("seconds charged whole once they are started")] = 1


class WrittenRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What calls to a destination cost. The columns of a price list are called the same."""

    to: Annotated[str, says("the destination, see [below](#destinations)")]
    name: Annotated[str, says("its name, for explanations")] = ""
    band: Annotated[str, says("the band in which the rate holds; else at any time")] = ""
    connect_fee: Annotated[Decimal, says("for each call")] = Decimal(0)
    price: Annotated[str | None, says("for `per_s` seconds; or `free`, or `blocked`: calls have no price")] = None
    per_s: Annotated[int, says("seconds that the price is for")] = 60
    first_s: Annotated[int | None, says("the first interval, charged whole; else as long as `next_s`")] = None
    next_s: Annotated[int | None, says("seconds after it that are charged whole once they are started; else 1")] = None
    first_price: Annotated[Decimal | None, says("what the first interval costs in one piece; needs `first_s`")] = None
    free_s: Annotated[int, says("seconds taken off each call first")] = 0
    free_below_s: Annotated[int, says("calls up to so long cost nothing, fee included")] = 0
    minimum: Annotated[Decimal | None, says("the least that an answered call costs, fee included")] = None
    maximum: Annotated[Decimal | None, says("the most that a call costs, fee included")] = None
    from_s: Annotated[
        int,
        says("in a price list only: the row is a step of the rate above it, from this second on"),
    ] = 0
    steps: Annotated[list[WrittenStep], says("in the document only, in place of `price`: see [steps](#steps)")] = []

    @property
    def priced(self) -> Decimal | None:
        """The price as an amount, None where it is none; what is free or blocked has the amount 0."""
        if self.price in (FREE, BLOCKED):
            return Decimal(0)
        try:
            return Decimal(self.price) if self.price is not None and _AMOUNT.fullmatch(self.price) else None
        except InvalidOperation:
            return None


class WrittenBundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What is included for each period. It holds one of seconds, calls and an amount of money."""

    name: Annotated[str, says("its name, for explanations")]
    to: Annotated[list[str], says("the destinations it is for")]
    seconds: Annotated[int | None, says("seconds that it holds")] = None
    calls: Annotated[int | None, says("calls that it holds")] = None
    amount: Annotated[Decimal | None, says("money that it holds")] = None
    increment_s: Annotated[int, says("seconds taken from it whole once they are started")] = 1
    fee: Annotated[Decimal, says("for a call that it covers, in place of the connect fee")] = Decimal(0)
    per: Annotated[Recurrence, says("how often it is filled: each `day`, `week`, `month` or `year`")] = "month"
    from_: Annotated[int, says("the day of the period on which it is filled; of a week, 1 is Monday")] = 1
    shared_by: Annotated[SharedBy, says("each `trunk`, `pbx` or `extension` has its own, or the `site` one")] = "trunk"


# ---------------------------------------------------------------- texts that Python would take for amounts


def odd_amounts(found: object, written: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Yield which amounts of a table are texts that are none, each by its keys, before it is made a value.

    Python reads `1_000`, and digits of every script, which a carrier never wrote.

    >>> list(odd_amounts({"connect_fee": "1_000", "steps": [{"price": "0.1"}, {"price": "1,5"}]}, WrittenRate))
    [('connect_fee', '1_000'), ('steps.1.price', '1,5')]
    """
    yield from _odd(found, _shape_of(written), "")


def is_amount(text: str) -> bool:
    """Say whether a text is written as an amount."""
    return bool(_AMOUNT.fullmatch(text))


@cache
def _shape_of(written: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(written)


def _odd(found: object, shape: inspect.Type, at: str) -> Iterator[tuple[str, str]]:
    match shape, found:
        case inspect.Metadata(), _:
            yield from _odd(found, shape.type, at)
        case inspect.DecimalType(), str(text) if not is_amount(text):
            yield at, text
        case inspect.UnionType(), _:
            for each in shape.types:
                yield from _odd(found, each, at)
        case inspect.ListType(), list():
            for number, each in enumerate(found):
                yield from _odd(each, shape.item_type, f"{at}.{number}")
        case inspect.StructType(), dict():
            for field in shape.fields:
                yield from _odd(found.get(field.encode_name), field.type, f"{at}.{field.encode_name}".strip("."))


AMOUNTS = frozenset(at for at, _ in odd_amounts(dict.fromkeys(WrittenRate.__struct_fields__, "x"), WrittenRate))
"""The columns of a price list that are amounts and no words."""
