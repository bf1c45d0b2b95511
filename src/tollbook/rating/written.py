"""Checks the tables of a tariff's document and the rows of its price list one by one, and makes values of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

import msgspec

from tollbook.model.problem import nearest
from tollbook.rating.document import BLOCKED, NO_AMOUNT, WrittenBand, WrittenBundle, WrittenRate
from tollbook.rating.rates import is_place
from tollbook.rating.tariff import DAYS, Band, Bundle, PriceStep, Terms

_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_LAST_MINUTE = 1440
_MOST = Decimal(10) ** 9
_PLACES = 12
_LONGEST_S = 10 * 366 * 86_400
MOST_STEPS = 100


Fault = tuple[str, str, str]
"""What is wrong, why, and what to do; what is wrong names its key first, in quotes."""


class Faults(Exception):
    """What is wrong with one table or row."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(str(faults))
        self.faults = faults


# ---------------------------------------------------------------- rates


def terms_of(written: WrittenRate) -> Terms:
    """Return what a rate charges; raises `Faults`."""
    faults = [*_amount_faults(written), *_length_faults(written)]
    if faults:
        raise Faults(*faults)
    return Terms(
        connect_fee=written.connect_fee,
        steps=_steps(written),
        free_s=written.free_s,
        free_below_s=written.free_below_s,
        minimum=written.minimum,
        maximum=written.maximum,
        blocked=written.price == BLOCKED,
    )


def place_faults(to: str, key: str = "to") -> Iterator[Fault]:
    """Yield what is wrong with a destination."""
    if not is_place(to):
        how = (
            "=110 as dialled, +4989 for a prefix of the number with its country code, 'DE mobile', 'DE', 'mobile', or *"
        )
        yield f"{key!r} is no destination: {to!r}", "it is none of the ways in which destinations are written", how


def band_faults(band: str, known: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with the band of a rate."""
    if band and band not in known:
        yield f"'band' is unknown: {band!r}", "each band has a table [[band]]", nearest(band, known)


def later_step(written: WrittenRate) -> PriceStep:
    """Return the step that a further row of a price list adds to a rate; raises `Faults`."""
    faults = [*_amount_faults(written), *_length_faults(written)]
    if (written.priced is None or written.price == BLOCKED) and not faults:
        faults.append(("'price' is missing", "a row with 'from_s' says what seconds cost from there on", ""))
    reason, help_ = "it is for the call as a whole", "say it in the first row of the rate"
    for_all = ("connect_fee", "first_price", "free_s", "free_below_s", "minimum", "maximum")
    faults += [
        (f"{name!r} does not count in a row with 'from_s'", reason, help_) for name in for_all if getattr(written, name)
    ]
    if faults:
        raise Faults(*faults)
    return PriceStep(
        from_s=written.from_s,
        price=written.priced or Decimal(0),
        per_s=written.per_s,
        increment_s=written.next_s or written.first_s or 1,
    )


def _amount_faults(written: WrittenRate) -> Iterator[Fault]:
    amounts = {
        "connect_fee": written.connect_fee,
        "first_price": written.first_price,
        "minimum": written.minimum,
        "maximum": written.maximum,
        "price": written.priced,
    }
    for name, amount in amounts.items():
        if isinstance(amount, Decimal):
            yield from amount_faults(name, amount)
    if written.price is not None and written.priced is None:
        yield (
            f"'price' is no amount: {written.price!r}",
            NO_AMOUNT,
            'such as "0.05", "free" or "blocked"',
        )
    if written.price is None and not written.steps and not (written.connect_fee or written.minimum):
        yield (
            "'price' is missing",
            "a rate without one would cost nothing",
            'for numbers that cost nothing write price = "free"',
        )
    if written.steps and (
        written.price is not None or written.first_price is not None or written.first_s or written.next_s
    ):
        yield (
            "'price' and 'steps' are both given",
            "steps say all that 'price', 'first_s' and 'next_s' do",
            "leave one out",
        )
    if written.minimum is not None and written.maximum is not None and written.minimum > written.maximum:
        yield "'minimum' is more than 'maximum'", f"{written.minimum} > {written.maximum}", ""
    if written.first_price is not None and not written.first_s:
        yield "'first_s' is missing", "'first_price' is the price of that many first seconds", ""


def length_faults(name: str, length: int) -> Iterator[Fault]:
    """Yield what is wrong with a number of seconds that may be 0."""
    if not 0 <= length <= _LONGEST_S:
        yield f"{name!r} must be a number of seconds", f"it is {length}", ""


def amount_faults(name: str, amount: Decimal) -> Iterator[Fault]:
    """Yield what is wrong with an amount."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or amount.is_nan() or not 0 <= amount <= _MOST:
        yield f"{name!r} must be between 0 and {_MOST}", f"it is {amount}", ""
    elif exponent < -_PLACES:
        yield f"{name!r} has more than {_PLACES} decimal places", f"it is {amount}", ""


def _length_faults(written: WrittenRate) -> Iterator[Fault]:
    lengths = {"per_s": written.per_s, "first_s": written.first_s, "next_s": written.next_s}
    lengths |= {
        f"{key} of step {number}": value
        for number, step in enumerate(written.steps, 1)
        for key, value in (("per_s", step.per_s), ("increment_s", step.increment_s))
    }
    for name, length in lengths.items():
        if length is not None and not 1 <= length <= _LONGEST_S:
            reason = f"it is {length}; 0 means 'not set', 60 or 'the whole call', depending on who wrote it"
            yield f"'{name}' must be a number of seconds from 1", reason, "write what the carrier charges by"
    for name, length in (
        ("free_s", written.free_s),
        ("free_below_s", written.free_below_s),
        ("from_s", written.from_s),
    ):
        yield from length_faults(name, length)
    begins = [step.from_s for step in written.steps]
    if begins and (begins[0] != 0 or sorted(set(begins)) != begins or len(begins) > MOST_STEPS):
        yield (
            "'steps' are not in order",
            f"they begin at {', '.join(map(str, begins))} s",
            "the first from_s is 0, each later one is greater",
        )
    for step in written.steps:
        yield from amount_faults("price", step.price)


def _steps(written: WrittenRate) -> tuple[PriceStep, ...]:
    """Return the steps of a rate; those of the short form: the first interval, and what follows it."""
    if written.steps:
        return tuple(
            PriceStep(from_s=each.from_s, price=each.price, per_s=each.per_s, increment_s=each.increment_s)
            for each in written.steps
        )
    price = written.priced
    if price is None and written.first_price is None:
        return ()
    price = price or Decimal(0)
    later = written.next_s or 1
    first_s = written.first_s or later
    rest = PriceStep(price=price, per_s=written.per_s, increment_s=later)
    if written.first_price is not None:
        first = PriceStep(price=written.first_price, per_s=first_s, increment_s=first_s, flat=True)
    elif first_s == later:
        return (rest,)
    else:
        first = PriceStep(price=price, per_s=written.per_s, increment_s=first_s)
    return (first, msgspec.structs.replace(rest, from_s=first_s))


# ---------------------------------------------------------------- bands and bundles


def band_of(written: WrittenBand) -> Band:
    """Return a band; raises `Faults`."""
    faults: list[Fault] = []
    if not written.name.strip():
        faults.append(("'name' is empty", "rates say by it in which band they hold", ""))
    minutes = {key: _minute(text) for key, text in (("from", written.from_), ("to", written.to))}
    for key, minute in minutes.items():
        if minute is None:
            text = written.from_ if key == "from" else written.to
            faults.append(
                (f"{key!r} is no time of the day: {text!r}", "a time is written 08:00, the end of the day 24:00", ""),
            )
    words = ",".join(written.days) if isinstance(written.days, list) else written.days
    days = _days(words)
    if days is None:
        faults.append(
            (
                f"'days' are unknown: {words!r}",
                "days are mon to sun and hol for holidays",
                "such as mon-fri or sat,sun,hol",
            ),
        )
    first, end = minutes["from"], minutes["to"]
    if first is not None and first == end:
        faults.append(
            ("the band has no length", f"it begins and ends at {written.from_}", "a whole day is 00:00 to 24:00"),
        )
    if faults or days is None or first is None or end is None:
        raise Faults(*faults)
    return Band(name=written.name, days=days, from_minute=first, to_minute=end)


def _minute(text: str) -> int | None:
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found else -1
    return minute if 0 <= minute <= _LAST_MINUTE and text[3:] < "60" else None


def _days(text: str) -> frozenset[str] | None:
    """Return the days that a list names; ranges may go over the end of the week.

    >>> sorted(_days("sat-mon,hol"))
    ['hol', 'mon', 'sat', 'sun']
    """
    week, found = DAYS[:7], set[str]()
    for part in text.lower().replace(" ", ",").split(","):
        first, dash, last = part.partition("-")
        if part in DAYS:
            found.add(part)
        elif dash and first in week and last in week:
            begin, count = week.index(first), (week.index(last) - week.index(first)) % 7
            found.update(week[(begin + day) % 7] for day in range(count + 1))
        elif part:
            return None
    return frozenset(found or DAYS)


def bundle_of(written: WrittenBundle) -> Bundle:
    """Return a bundle; raises `Faults`."""
    faults = [fault for to in written.to for fault in place_faults(to)]
    if not written.to:
        faults.append(("'to' is empty", "a bundle is for some destinations", 'to = ["*"] for all of them'))
    sizes = [each for each in (written.seconds, written.calls, written.amount) if each is not None]
    if len(sizes) != 1 or not Decimal(sizes[0]).is_finite() or not 0 < sizes[0] <= _MOST:
        faults.append(
            (
                "it must be said what the bundle holds",
                "one of 'seconds', 'calls' and 'amount', above 0 and up to 1000000000",
                "",
            ),
        )
    if not 1 <= written.increment_s <= _LONGEST_S:
        faults.append(("'increment_s' must be a number of seconds from 1", f"it is {written.increment_s}", ""))
    last = {"day": 1, "week": 7, "month": 28, "year": 366}[written.per]
    if not 1 <= written.from_ <= last:
        faults.append((f"'from' must be between 1 and {last}", f"a {written.per} begins on day {written.from_}", ""))
    faults += [*amount_faults("fee", written.fee), *amount_faults("amount", written.amount or Decimal(0))]
    if faults:
        raise Faults(*faults)
    return Bundle(
        name=written.name,
        to=tuple(written.to),
        seconds=written.seconds,
        calls=written.calls,
        amount=written.amount,
        increment_s=written.increment_s,
        fee=written.fee,
        per=written.per,
        first=written.from_,
        shared_by=written.shared_by,
    )
