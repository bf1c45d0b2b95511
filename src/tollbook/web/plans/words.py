"""A dial plan for reading."""

from __future__ import annotations

from tollbook.numbering.places import country_names
from tollbook.numbering.plan import PLAN_SETTINGS
from tollbook.web.pbxs.form import label_of

_TITLES = {
    "outside": "Outside line",
    "outside-written": "Outside line in records",
    "international": "Prefix for calls abroad",
    "national": "Prefix for other areas",
    "carriers": "Carrier codes",
    "emergency": "Emergency numbers",
    "local": "Local dialling",
    "after-answer": "Digits after the answer",
}


def title_of(name: str) -> str:
    """Return what pages call a setting of a dial plan."""
    return _TITLES.get(name, label_of(name))


def plan_told(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return the settings of a plan, each under its title, in the order in which they are declared.

    >>> plan_told({"outside": "9", "country": "US"})
    [('Country', 'United States'), ('Outside line', '9')]
    """
    named = {**texts, "country": country_names().get(texts.get("country", ""), "")}
    return [(title_of(name), named[name]) for name in PLAN_SETTINGS if named.get(name)]
