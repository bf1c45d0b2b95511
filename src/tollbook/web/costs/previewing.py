"""What calls would cost by other tariffs: asked by words and a file, for the API and the page; one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import msgspec
from django.http import HttpRequest

from tollbook.clock import monotonic_s
from tollbook.engine.runtime import engine
from tollbook.model.page_limits import PREVIEW_S, PREVIEWED_CALLS, PREVIEWS_AT_ONCE
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.rating.tariff_text import TariffText
from tollbook.site.tariffs.previewing import AskedTariffs, previewed
from tollbook.store.filters import ASKED, spelled_out
from tollbook.store.price_preview import AskedPreview, PricePreview, preview
from tollbook.web.asking import ledger_of
from tollbook.web.costs.asked import meant
from tollbook.web.zones import today

USUAL_MOST = 20
_at_work = threading.BoundedSemaphore(PREVIEWS_AT_ONCE)
Texts = tuple[TariffText, TariffText | None]


class TariffPreview(PricePreview, frozen=True, kw_only=True):
    """What calls would cost by a tariff: which one and which version, and what is to be known of it."""

    tariff: str
    version: str
    notes: list[str]


def previewed_calls(request: HttpRequest, words: Mapping[str, str], texts: Texts | None, most: int) -> TariffPreview:
    """Return what calls would cost that words mean; raises `Misconfigured` with what is wrong, or `Unavailable`."""
    where, dated = meant(words), _dated(words)
    if most > PREVIEWED_CALLS:
        raise Misconfigured(Problem(f"'most' must be at most {PREVIEWED_CALLS}", f"got {most}"))
    if not words.get("tariff"):
        raise Misconfigured(
            Problem("'tariff' is missing", "a preview is of a tariff's prices", help="tariff=carrier-a")
        )
    asked = AskedTariffs(
        tariff=words["tariff"],
        document=texts[0] if texts else None,
        prices=texts[1] if texts else None,
        valid_from=_day(words.get("valid-from", "")),
        version=words.get("version", ""),
        instead_of=words.get("instead-of", ""),
        first=dated.get("from", ""),
        last=dated.get("to", ""),
    )
    with turn() as check:
        made = previewed(engine().tariffs, asked)
        zones = {name: pbx.timezone for name, pbx in engine().pbxs().items()}
        found = preview(
            ledger_of(request),
            AskedPreview(
                where=where,
                pricing=made.pricing,
                zones=zones,
                tariffs=made.tariffs,
                most=most,
                check=check,
            ),
        )
    told = msgspec.structs.asdict(found)
    return TariffPreview(**told, tariff=asked.tariff, version=made.version, notes=made.notes)


def _dated(words: Mapping[str, str]) -> dict[str, str]:
    given = {name: text for name, text in words.items() if name in ASKED}
    return spelled_out(given, today(given.get("pbx", "")))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Misconfigured(Problem("'valid-from' must be a day such as 2026-01-31", f"got {text!r}")) from None


class _Deadline:
    """Raises `Misconfigured` once its time is over."""

    def __init__(self) -> None:
        self._until_s = monotonic_s() + PREVIEW_S

    def __call__(self) -> None:
        """Look at the clock."""
        if monotonic_s() > self._until_s:
            reason = f"it was given up after {PREVIEW_S} seconds"
            raise Misconfigured(Problem("the preview takes too long", reason, help="ask for fewer days, or one PBX"))


@contextmanager
def turn() -> Iterator[_Deadline]:
    """Wait for nobody: a preview takes a processor, and part of the store's memory."""
    if not _at_work.acquire(blocking=False):
        raise Unavailable("another preview is being made; ask again in a moment")
    try:
        yield _Deadline()
    finally:
        _at_work.release()
