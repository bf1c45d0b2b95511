"""What destinations of calls are called on the pages of costs."""

from __future__ import annotations

from tollbook.model.meaning import KIND_TITLES
from tollbook.numbering.places import country_names


def destination_title(country: str | None, kind: str | None) -> str:
    """Return a country and a kind of number in words.

    >>> destination_title("DE", "mobile"), destination_title("", None)
    ('Germany, mobile', 'Numbers without a dial plan')
    """
    named = country_names().get(country or "", country or "")
    return ", ".join(filter(None, (named, KIND_TITLES.get(kind or "", "")))) or "Numbers without a dial plan"
