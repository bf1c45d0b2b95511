"""What the owner of a PBX has set, and what a dialect's option is where nothing is set."""

from __future__ import annotations

from tollbook.dialects.layout import Layout
from tollbook.model.pbx import Pbx


def set_to(layout: Layout, pbx: Pbx, name: str) -> str:
    """Return what an option of the dialect is set to, empty for one that it does not have."""
    option = layout.option.get(name)
    return pbx.settings.get(name, "") or (option.default if option else "")


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
