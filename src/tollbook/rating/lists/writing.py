"""Writes rates as rows of a price list, as they are read again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tollbook.rating.price_list import COLUMNS
from tollbook.rating.tariff import PriceStep, Rate, Terms


def rows_of(rate: Rate) -> Iterator[tuple[str, ...]]:
    """Yield the rows of `COLUMNS` that a rate is written in: one for each step that the short form cannot say."""
    head = {"to": rate.to, "name": rate.name, "band": rate.band}
    first, *others = _cells(rate.terms)
    yield _row({**head, **_once(rate.terms), **first})
    for cells in others:
        yield _row({**head, **cells})


def _cells(terms: Terms) -> list[dict[str, str]]:
    if terms.blocked:
        return [{"price": "blocked"}]
    if not terms.steps:
        return [{"price": "" if terms.connect_fee or terms.minimum else "free"}]
    steps = list(terms.steps)
    head = steps[0]
    cells = _step(head)
    if len(steps) > 1 and _follows(head, steps[1]):
        second = steps.pop(1)
        cells["next_s"] = str(second.increment_s)
        cells |= {"price": _text(second.price), "per_s": str(second.per_s)} if head.flat else {}
    return [cells, *({**_step(each), "from_s": str(each.from_s)} for each in steps[1:])]


def _step(step: PriceStep) -> dict[str, str]:
    lengths = {"first_s": str(step.increment_s)}
    if step.flat:
        return {"first_price": _text(step.price), **lengths}
    return {"price": _text(step.price), "per_s": str(step.per_s), **lengths, "next_s": str(step.increment_s)}


def _follows(head: PriceStep, second: PriceStep) -> bool:
    """Say whether a step is what the short form says of all time after the first interval."""
    same = head.flat or (head.price == second.price and head.per_s == second.per_s)
    return second.from_s == head.increment_s and same and not second.flat


def _once(terms: Terms) -> dict[str, str]:
    amounts = {"connect_fee": terms.connect_fee or None, "minimum": terms.minimum, "maximum": terms.maximum}
    lengths = {"free_s": terms.free_s, "free_below_s": terms.free_below_s}
    return {
        **{name: _text(amount) for name, amount in amounts.items() if amount is not None},
        **{name: str(length) for name, length in lengths.items() if length},
    }


def _row(cells: dict[str, str]) -> tuple[str, ...]:
    return tuple(cells.get(name, "") for name in COLUMNS)


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
