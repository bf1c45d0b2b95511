"""How long a site keeps things, as a text of a set-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import tomli_w

from tollbook.model.actor import Actor
from tollbook.model.retention import RetentionPolicy
from tollbook.site.audit import operations as audit
from tollbook.site.retention import operations
from tollbook.web.config.costs import CostChange, converted

FILE = "retention.toml"


class WrittenRetention(RetentionPolicy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The days as they are written; what is left out is kept for ever."""


def written() -> dict[str, str]:
    """Return the days by file name; where all is kept it is empty."""
    days = {name: each for name, each in msgspec.structs.asdict(operations.policy()).items() if each}
    return {FILE: tomli_w.dumps(days)}


def apply(actor: Actor, document: Mapping[str, Any]) -> Iterator[CostChange]:
    """Keep things as long as a text says, and yield what changes; raises `Misconfigured`."""
    if not document:
        return
    told = msgspec.structs.asdict(converted(FILE, document, WrittenRetention))
    differs = audit.differences(msgspec.structs.asdict(operations.policy()), told)
    if differs:
        operations.set_policy(actor, RetentionPolicy(**told))
    yield CostChange("settings", "retention", "change" if differs else "same", differs)
