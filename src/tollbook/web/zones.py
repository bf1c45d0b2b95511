"""In which time zone the pages show times that are of no PBX."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from tollbook.engine.runtime import engine


def site_zone() -> ZoneInfo:
    """Return the zone of the first PBX, where most people who look are; UTC where there is none yet."""
    return next((pbx.zone for pbx in engine().pbxs_of_calls().values()), ZoneInfo("UTC"))


def today(pbx: str = "") -> date:
    """Return what day it is by the clock of a PBX; where none is named, or none is so called, by that of the first."""
    return engine().today(pbx)
