"""Settings of PBXs and sinks as the API takes and shows them: what is secret is named, and never shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import Field

Short = Annotated[str, Field(max_length=100)]
Name = Annotated[str, Field(max_length=40)]
Text = Annotated[str, Field(max_length=20_000)]
MOST = 50
"""Settings of one thing."""


def without_secrets(settings: Mapping[str, str], secret: Collection[str]) -> dict[str, object]:
    """Return the fields `settings`, without the secret ones, and `secrets`, which are the names of those."""
    return {
        "settings": {name: text for name, text in settings.items() if name not in secret},
        "secrets": sorted(name for name in settings if name in secret),
    }
