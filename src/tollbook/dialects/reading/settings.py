"""What the owner of a PBX has set, and what a dialect's option is where nothing is set."""

from __future__ import annotations

import re

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.moments import YEARS
from tollbook.model.pbx import Pbx

_YEAR = re.compile(r"\d{4}", re.ASCII)


def set_to(layout: Layout, pbx: Pbx, name: str) -> str:
    """Return what an option of the dialect is set to, empty for one that it does not have.

    A layout may have changed since. What is none of its choices is as if it were not set; the check of PBXs tells it.
    """
    option = layout.option.get(name)
    said = pbx.settings.get(name, "")
    known = option is None or not option.choices or said in option.choices
    return (said if known else "") or (option.default if option else "")


def year_of(text: str) -> int:
    """Return a year that dates without one are in, 0 for a text that is none.

    >>> year_of("2026"), year_of("20266"), year_of("²")
    (2026, 0, 0)
    """
    return int(text) if _YEAR.fullmatch(text) and int(text) in YEARS else 0


def words(text: str) -> frozenset[str]:
    """Return the words in a setting that is a list.

    >>> sorted(words("acme-trunk, backup-trunk,"))
    ['acme-trunk', 'backup-trunk']
    """
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def pairs(text: str) -> dict[str, str]:
    """Return the pairs in a setting that is a list of them.

    >>> pairs("reception=101, DAHDI/9=201, alone")
    {'reception': '101', 'DAHDI/9': '201'}
    """
    parts = (pair.partition("=") for pair in text.split(","))
    return {key.strip(): value.strip() for key, mark, value in parts if mark}
