"""Which calls the words of a request mean, for the API and the pages of costs."""

from __future__ import annotations

from collections.abc import Mapping

from tollbook.store.filters import ASKED, Where, read_asked
from tollbook.web.asking import check_pbxs
from tollbook.web.zones import today


def meant(words: Mapping[str, str]) -> Where:
    """Return which calls words mean; raises `Misconfigured` with every fault."""
    given = {name: text for name, text in words.items() if name in ASKED}
    check_pbxs(given.get("pbx", ""))
    return read_asked(given, today(given.get("pbx", "")))
