"""What was found, in words for somebody: with outside numbers and costs only where they may see these."""

from __future__ import annotations

from collections.abc import Mapping

from tollbook.numbering.written import MASK

_HIDDEN_DIGITS = 3


def masked(number: str) -> str:
    """Return a number without its last three digits, as the ledger shows it to whoever may not see it whole.

    One that is masked already stays as it is.

    >>> masked("+442079460135"), masked("anna@example.org"), masked("11")
    ('+442079460•••', '•••', '••')
    """
    if MASK in number:
        return number
    if any(each.isalpha() or each == "@" for each in number):
        return MASK * _HIDDEN_DIGITS
    found = list(number)
    places = [place for place, each in enumerate(found) if each.isdigit()]
    for place in places[-_HIDDEN_DIGITS:]:
        found[place] = MASK
    return "".join(found)


def told(text: str, parts: Mapping[str, str], *, numbers: bool, costs: bool) -> str:
    """Return what was found in a sentence.

    >>> told(
    ...     "2 calls to {number} cost {cost}",
    ...     {"number": "+442079460135", "cost": "1.20 EUR"},
    ...     numbers=False,
    ...     costs=True,
    ... )
    '2 calls to +442079460••• cost 1.20 EUR'
    """
    number = parts.get("number", "")
    shown = {"{number}": number if numbers else masked(number), "{cost}": parts.get("cost", "") if costs else "…"}
    for mark, value in shown.items():
        text = text.replace(mark, value or "a withheld number")
    return text
