"""Which calls the words of a request mean, for the API and the pages of costs."""

from __future__ import annotations

from collections.abc import Mapping

from tollbook.site.pbxs import operations as pbxs
from tollbook.store.filters import ASKED, Where, read_asked
from tollbook.web.zones import today


def meant(words: Mapping[str, str]) -> Where:
    """Return which calls words mean; raises `Misconfigured` with every fault."""
    given = {name: text for name, text in words.items() if name in ASKED}
    pbxs.check_known(*given.get("pbx", "").split(","))
    return read_asked(given, today(given.get("pbx", "")))
