"""The marks of a call in a list: its start, which way it went, how it ended."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tollbook.model.outcome import is_missed
from tollbook.render import formatting
from tollbook.web.templatetags import tollbook as shown


def start(call: dict[str, Any]) -> SafeString:
    """Return the day and the time at which a call began, PBX time."""
    day = shown.day_of(call["started_local"])
    return format_html('<span class="day">{}</span> {}', day, shown.local_time(call))


def way(call: dict[str, Any]) -> SafeString:
    """Return the arrow of a direction."""
    direction = call["direction"]
    return format_html(
        '<span class="way {0}" title="{0}"><svg aria-hidden="true"><use href="#{1}"/></svg>'
        '<span class="unseen">{0}</span></span>',
        direction,
        shown.arrow(direction),
    )


def outcome(call: dict[str, Any]) -> SafeString:
    """Return how a call ended."""
    missed = " missed" if is_missed(call["direction"], call["outcome"]) else ""
    said = formatting.outcome(call["direction"], call["outcome"])
    return format_html('<span class="outcome {}{}">{}</span>', call["outcome"], missed, said)
