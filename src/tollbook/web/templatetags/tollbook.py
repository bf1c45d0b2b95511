"""Filters and tags of Tollbook's pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tollbook.engine.runtime import engine
from tollbook.render import formatting

register = template.Library()

_ARROWS = {"incoming": "in", "outgoing": "out", "internal": "internal", "transit": "transit"}

register.filter("duration", formatting.duration)
register.filter("long_time", formatting.long_time)
register.filter("talk", formatting.talk)
register.filter("amount", formatting.amount)
register.filter("sentence", formatting.sentence)


@register.filter
def arrow(direction: str) -> str:
    """Return the id of a direction's symbol in the page's sprite."""
    return f"arrow-{_ARROWS.get(direction, 'internal')}"


@register.filter
def day_of(text: str) -> str:
    """Return the day of a wall time, as 23 Nov 2026."""
    moment = formatting.local_moment(text)
    return f"{moment.day} {moment:%b %Y}"


@register.filter
def clock_of(text: str) -> str:
    """Return the time of day of a wall time."""
    return f"{formatting.local_moment(text):%H:%M:%S}"


@register.simple_tag
def local_time(call: dict[str, Any], shown: str = "clock") -> SafeString:
    """Show a call's start in PBX time; the instant and the zone are there for whoever asks."""
    text = clock_of(call["started_local"])
    if shown == "full":
        text = f"{day_of(call['started_local'])}, {text}"
    title = f"{zone_of(call['pbx'])} (UTC {clock_of(call['started_at'])})"
    return format_html('<time datetime="{}" title="{}">{}</time>', call["started_at"], title, text)


@register.filter
def zone_of(pbx: str) -> str:
    """Return the name of a PBX's time zone."""
    found = engine().pbxs().get(pbx)
    return found.timezone if found else "PBX time"


@register.filter
def utc_moment(text: str | None) -> SafeString | str:
    """Show an instant in UTC."""
    if not text:
        return "—"
    moment = datetime.fromisoformat(text)
    return format_html(
        '<time datetime="{}">{} {}</time>',
        text,
        f"{moment.day} {moment:%b %Y}",
        f"{moment:%H:%M:%S} UTC",
    )


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"
