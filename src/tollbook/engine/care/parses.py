"""What a wrong parse looks like, looked for among all calls of every PBX: for the doctor, and for a PBX's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

import msgspec

from tollbook.dialects.checks.all_checks import suspicions
from tollbook.model.parse_figures import FindingAside, ParseFigures, Suspicion, SuspicionAside, sorted_out
from tollbook.model.pbx import Pbx
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger
from tollbook.store.parse_figures import parse_figures
from tollbook.store.store import Store

_KEPT_S = 300
_Key = tuple[int, tuple[tuple[str, str], ...]]
_kept: WeakKeyDictionary[Store, tuple[_Key, dict[str, tuple[Suspicion, ...]]]] = WeakKeyDictionary()
"""What was found last over each store: to look at a million calls each half minute would tell nothing more."""


class ParseLook(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a PBX, and what is odd about them.

    `aside` is what somebody put aside of that. Where not all of its calls may be seen nothing can be odd: `is_whole` is
    false then.
    """

    figures: ParseFigures = ParseFigures()
    suspicions: tuple[Suspicion, ...] = ()
    aside: tuple[SuspicionAside, ...] = ()
    is_whole: bool = True


def look_at(ledger: Ledger, pbx: str, now: datetime, asides: Sequence[FindingAside] = ()) -> ParseLook:
    """Return what became of a PBX's lines, and whether its calls look like calls; `now` is aware."""
    figures = parse_figures(ledger, now, pbx).get(pbx, ParseFigures())
    if ledger.scope.calls != ALL or ledger.scope.pbxs is not None:
        return ParseLook(figures=figures, is_whole=False)
    stand, aside = sorted_out(suspicions(figures), asides)
    return ParseLook(figures=figures, suspicions=stand, aside=aside)


def suspicions_of(store: Store, pbxs: Iterable[Pbx], now: datetime) -> dict[str, tuple[Suspicion, ...]]:
    """Return what is odd about the PBXs that are set up, by name; `now` is aware."""
    figures = parse_figures(Ledger(store), now)
    found = {pbx.name: suspicions(figures[pbx.name]) for pbx in pbxs if pbx.name in figures}
    return {name: odd for name, odd in found.items() if odd}


def kept_suspicions(store: Store, pbxs: Iterable[Pbx], now: datetime) -> dict[str, tuple[Suspicion, ...]]:
    """Return what is odd, as of five minutes ago at most, and looked for again once settings are others."""
    key = int(now.timestamp()) // _KEPT_S, tuple(sorted(store.digests().items()))
    kept = _kept.get(store)
    if kept is None or kept[0] != key:
        kept = _kept[store] = key, suspicions_of(store, pbxs, now)
    return kept[1]
