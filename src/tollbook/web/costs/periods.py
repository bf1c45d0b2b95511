"""The form at the head of the pages of costs: of which days and which PBX."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, QueryDict

from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured
from tollbook.store.filters import Where
from tollbook.web.api.words import LONGEST_TEXT
from tollbook.web.costs.asked import meant

_WORDS = ("from", "to", "pbx")


class AskedDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls a page is about: its words as they were given, and their condition; with faults there is none."""

    words: dict[str, str]
    pbxs: list[str]
    where: Where | None = None
    faults: list[str] = []

    @property
    def first(self) -> str:
        """The first day, empty for all."""
        return self.words.get("from", "")

    @property
    def last(self) -> str:
        """The last day, empty for all."""
        return self.words.get("to", "")

    @property
    def pbx(self) -> str:
        """The PBX, empty for all."""
        return self.words.get("pbx", "")


def asked_days(request: HttpRequest, given: QueryDict | None = None) -> AskedDays:
    """Read the words of an address, or of a form; never raises."""
    query = request.GET if given is None else given
    words = {name: text[:LONGEST_TEXT] for name in _WORDS if (text := str(query.get(name, "")).strip())}
    known = list(engine().pbxs_of_calls())
    try:
        return AskedDays(words=words, pbxs=known, where=meant(words))
    except Misconfigured as fault:
        faults = [f"{each.what}: {each.reason}" for each in fault.problems]
        return AskedDays(words=words, pbxs=known, faults=faults)
