"""When an answer is sent at all: `rows`, or a total of the report against a number, such as `cost > 100`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from tollbook.model.problem import Misconfigured, Problem

ROWS = "rows"
_FORM = re.compile(
    r"(?P<name>[a-z][a-z0-9_-]{0,39})(?:\s*(?P<sign>>=|<=|>|<|=)\s*(?P<number>-?\d{1,15}(?:\.\d{1,6})?))?"
)
_SIGNS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}


class SendingCondition(msgspec.Struct, frozen=True, kw_only=True):
    """A measure, or `rows`, and what it has to be."""

    name: str
    sign: str
    number: Decimal

    def holds(self, figures: Mapping[str, Decimal]) -> bool:
        """Say whether it holds of an answer; raises `Misconfigured` where the answer has no such figure."""
        if self.name not in figures:
            known = ", ".join(figures)
            raise Misconfigured(Problem(f"'only-if' cannot ask for {self.name!r}", f"the report has: {known}"))
        return _SIGNS[self.sign](figures[self.name], self.number)


def read_condition(text: str) -> SendingCondition | None:
    """Return a condition as people write it; None for none. Raises `Misconfigured`.

    >>> read_condition("cost > 100")
    SendingCondition(name='cost', sign='>', number=Decimal('100'))
    >>> read_condition("rows"), read_condition("")
    (SendingCondition(name='rows', sign='>', number=Decimal('0')), None)
    """
    words = " ".join(text.lower().split())
    if not words:
        return None
    found = _FORM.fullmatch(words)
    if not found or (found["number"] is None and found["name"] != ROWS):
        help_ = "write rows, or a column of the report and a number: cost > 100, missed >= 5"
        raise Misconfigured(Problem("'only-if' cannot be understood", f"got {text[:60]!r}", help=help_))
    name, number = found["name"].replace("-", "_"), Decimal(found["number"] or "0")
    return SendingCondition(name=name, sign=found["sign"] or ">", number=number)
