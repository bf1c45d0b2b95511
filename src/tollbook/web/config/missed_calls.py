"""What a site has set for its missed calls, as a text of a set-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.missed import MissedSettings
from tollbook.site.missed import operations
from tollbook.web.config.costs import CostChange, converted

FILE = "missed-calls.toml"


class WrittenMissedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings as they are written; what is left out stays."""

    target_minutes: int | None = None
    open: str | None = None
    shortest_s: int | None = None
    span_days: int | None = None
    holidays: str | None = None


def written() -> dict[str, str]:
    """Return the settings by file name; where nobody has set anything it is empty."""
    kept = operations.settings()
    return {FILE: "" if kept == MissedSettings() else tomli_w.dumps(msgspec.to_builtins(kept))}


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Make the settings what a text says, and yield what changes; raises `Misconfigured`."""
    if not document:
        return
    told = msgspec.structs.asdict(converted(FILE, document, WrittenMissedSettings))
    before = operations.settings()
    wanted = {name: value for name, value in told.items() if value is not None}
    kept = operations.change_settings(actor, msgspec.structs.replace(before, **wanted))
    yield CostChange("settings", "missed-calls", "same" if kept == before else "change")
