"""Filters and tags of Tollbook's pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tollbook.engine.runtime import engine
from tollbook.model.outcome import is_missed
from tollbook.render import formatting
from tollbook.render.numbers import spaced
from tollbook.web.directory.words import kind_title
from tollbook.web.tariffs.words import price_told, rule_told
from tollbook.web.zones import site_zone

register = template.Library()

_TIGHT_COMMA = re.compile(r",(?! |$)")
_ARROWS = {"incoming": "in", "outgoing": "out", "internal": "internal", "transit": "transit"}

register.filter("duration", formatting.duration)
register.filter("long_time", formatting.long_time)
register.filter("talk", formatting.talk)
register.filter("amount", formatting.amount)
register.filter("money", formatting.money)
register.filter("to_cents", formatting.to_cents)
register.filter("sentence", formatting.sentence)
register.filter("directory_kind", kind_title)
register.filter("rule_told", rule_told)
register.filter("price_told", price_told)
register.filter("spaced", lambda number: number if "*" in number else spaced(number))


@register.filter
def breakable(text: str) -> SafeString:
    """Return a list within a text so that a line may end after its commas.

    >>> breakable("desk1=101,desk2=<102>, and more")
    'desk1=101,<wbr>desk2=&lt;102&gt;, and more'
    """
    return format_html_join(SafeString(",<wbr>"), "{}", ((part,) for part in _TIGHT_COMMA.split(text)))


@register.filter
def coded(text: str) -> SafeString:
    """Return a message in HTML, its commands and settings between backticks as code.

    >>> coded("run `tollbook doctor` & wait")
    'run <code>tollbook doctor</code> &amp; wait'
    """
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if odd % 2 else part,) for odd, part in parts)
    )


@register.filter
def arrow(direction: str) -> str:
    """Return the id of a direction's symbol in the page's sprite."""
    return f"arrow-{_ARROWS.get(direction, 'internal')}"


@register.filter
def missed(call: dict[str, Any]) -> bool:
    """Say whether a call was missed."""
    return is_missed(call["direction"], call["outcome"])


@register.filter
def outcome(call: dict[str, Any]) -> str:
    """Return how a call ended, in words."""
    return formatting.outcome(call["direction"], call["outcome"])


@register.filter
def day_of(text: str) -> str:
    """Return the day of a wall time, as 23 Nov 2026."""
    moment = formatting.local_moment(text)
    return f"{moment.day} {moment:%b %Y}"


@register.filter
def clock_of(text: str) -> str:
    """Return the time of day of a wall time."""
    return f"{formatting.local_moment(text):%H:%M:%S}"


def _clock(pbx: str) -> str:
    """Return how times of day of a PBX are shown: without seconds where it writes none, and ours are reckoned."""
    found = engine().pbxs_of_calls().get(pbx)
    if found is None:
        return "%H:%M:%S"
    own = engine().catalogue.is_own(found.dialect)
    tells = _of_own(found.dialect) if own else _of_catalogue(found.dialect)
    return "%H:%M:%S" if tells else "%H:%M"


def _of_own(slug: str) -> bool:
    layout = engine().catalogue.layouts().get(slug)
    return layout is None or layout.tells_seconds


# What comes with the program does not change while it runs; a list asks for each of its rows.
_of_catalogue = cache(_of_own)


def moment_of(call: dict[str, Any], field: str) -> SafeString:
    """Show an instant of a call in PBX time; UTC is there for whoever asks."""
    at, found = datetime.fromisoformat(call[field]), engine().pbxs_of_calls().get(call["pbx"])
    there = at.astimezone(found.zone if found else site_zone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        call[field],
        f"{zone_of(call['pbx'])} (UTC {at:%H:%M:%S})",
        f"{there.day} {there:%b %Y}, {there:{_clock(call['pbx'])}}",
    )


@register.simple_tag
def local_time(call: dict[str, Any], shown: str = "clock") -> SafeString:
    """Show a call's start in PBX time; the instant and the zone are there for whoever asks."""
    text = f"{formatting.local_moment(call['started_local']):{_clock(call['pbx'])}}"
    if shown == "full":
        text = f"{day_of(call['started_local'])}, {text}"
    title = f"{zone_of(call['pbx'])} (UTC {clock_of(call['started_at'])})"
    return format_html('<time datetime="{}" title="{}">{}</time>', call["started_at"], title, text)


@register.filter
def zone_of(pbx: str) -> str:
    """Return the name of a PBX's time zone."""
    found = engine().pbxs_of_calls().get(pbx)
    return found.timezone if found else "PBX time"


@register.filter
def moment(instant: str | datetime | None, zone: str = "") -> SafeString | str:
    """Show an instant as the clocks of a zone did, by default the site's; UTC is there for whoever asks."""
    if not instant:
        return "—"
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    there = at.astimezone(ZoneInfo(zone) if zone else site_zone())
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{utc:%Y-%m-%d %H:%M:%S} UTC",
        f"{there.day} {there:%b %Y %H:%M:%S}",
    )


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"
