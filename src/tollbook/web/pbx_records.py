"""Changes to the table of PBXs, each followed by the engine reading it again."""

from __future__ import annotations

from tollbook.engine.runtime import engine
from tollbook.model.pbx import Pbx
from tollbook.web.models import PbxRecord


def taken_names() -> frozenset[str]:
    """Return every name there is or was; calls stay under a removed PBX's name."""
    return frozenset(PbxRecord.objects.values_list("name", flat=True))


def add(pbx: Pbx) -> None:
    """Add a checked PBX and start it."""
    PbxRecord.objects.create(
        name=pbx.name, dialect=pbx.dialect, source=pbx.source, timezone=pbx.timezone, settings=pbx.settings
    )
    engine().apply()


def change(pbx: Pbx) -> None:
    """Keep a checked PBX's new settings and start it with them."""
    PbxRecord.objects.filter(name=pbx.name).update(timezone=pbx.timezone, settings=pbx.settings)
    engine().apply()


def pause(name: str, *, paused: bool) -> None:
    """Stop asking a PBX, or go on."""
    PbxRecord.objects.filter(name=name).update(paused=paused)
    engine().apply()


def remove(name: str, *, removed: bool) -> None:
    """Take a PBX out of the site, its calls staying; or bring it back."""
    PbxRecord.objects.filter(name=name).update(removed=removed)
    engine().apply()


def removed_names() -> list[str]:
    """Return the PBXs that were removed and can be brought back."""
    return list(PbxRecord.objects.filter(removed=True).values_list("name", flat=True))
