"""All lines in use."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.alerts.contract import AlertKind, LinesBusy
from tollbook.plugins import Kind, Setting, whole

_MOST_LINES = 10_000


def _optional(text: str) -> int | None:
    return int(whole(1, _MOST_LINES).read(text)) if text else None


class LinesBusyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many lines there are."""

    lines: Annotated[
        int,
        Setting(
            "lines that the trunk group has: all in use is critical", whole(1, _MOST_LINES), required=True, example="30"
        ),
    ]
    warning: Annotated[int | None, Setting("lines in use from which on it is told of", Kind(_optional))] = None


ALERT = AlertKind(
    title="All lines busy",
    about="as many calls at once as a trunk group has lines; name the group among “only some calls”",
    options=LinesBusyOptions,
    looks_for=lambda options: LinesBusy(warning=options.warning, lines=options.lines),
)
